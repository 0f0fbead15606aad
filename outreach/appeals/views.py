"""A town's appeals: written by one of the team, sent by another; and the link by which one is asked no more."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ANYBODY, STEERING, person, town_page
from accounts.models import User
from cities.days import local_day
from cities.models import City
from needs.selectors import PublicNeeds, published
from outreach.appeals import links, presentation, selectors, services
from outreach.appeals.forms import AppealForm

SHOWN, MOST_NEEDS = 20, 50
USUAL_REACH_KM = 10


@town_page(STEERING)
@require_safe
def index(request: HttpRequest, city: City) -> HttpResponse:
    """The appeals of a town, and how many of its citizens may be asked."""
    now = timezone.now()
    context = {
        "lines": presentation.lines(selectors.appeals(city)[:SHOWN]),
        "willing": selectors.willing(city).count(),
        "needs": PublicNeeds(published(city), today=local_day(now, city))[:MOST_NEEDS],
    }
    return render(request, "appeals/list.html", context)


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """An appeal for the needs that the address names, by their references."""
    now = timezone.now()
    references = [word.upper() for word in request.GET.getlist("besoin")[:MOST_NEEDS]]
    needs = list(published(city).filter(reference__in=references))
    if not needs:
        messages.info(request, _("Choisissez d’abord pour quels besoins."))
        return redirect("outreach:appeals:list", city.slug)
    wanted = request.GET.get("combien", "")
    form = AppealForm(
        request.POST or None,
        words={},
        wanted=int(wanted) if wanted.isascii() and wanted.isdigit() else len(needs),
        reach_km=USUAL_REACH_KM,
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.draft(city=city, needs=needs, **form.chosen(), by=person(request), now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect("outreach:appeals:page", city.slug, made.pk)
    of_these = published(city).filter(pk__in=[need.pk for need in needs])
    context = {"form": form, "needs": list(PublicNeeds(of_these, today=local_day(now, city)))}
    return render(request, "appeals/new.html", context, status=422 if form.errors else 200)


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One appeal as each language reads it, what came of it, and the button of whoever may send or stop it."""
    user, now = person(request), timezone.now()
    shown = get_object_or_404(selectors.appeals(city), pk=pk)
    form = AppealForm(request.POST or None, words=shown.words, wanted=shown.wanted, reach_km=shown.reach_km)
    if request.method == "POST" and form.is_valid():
        try:
            services.rewrite(appeal_id=pk, **form.chosen(), by=user, now=now)
        except services.CannotSend as refusal:
            messages.warning(request, _refusal(refusal))
        except ValidationError as refusal:
            form.refuse(refusal)
        if not form.errors:
            return redirect("outreach:appeals:page", city.slug, pk)
    context = {
        "appeal": shown,
        "form": form,
        "needs": selectors.public_needs(shown, today=local_day(now, city)),
        "editions": presentation.editions(shown, now=now) if shown.ended_at is None else [],
        "counts": selectors.counts(shown),
        "people": len(selectors.to_ask(shown, now=now)) if shown.ended_at is None else 0,
        "may_send": selectors.may_send(shown, user),
        "edits": shown.edits.count(),
    }
    return render(request, "appeals/page.html", context, status=422 if form.errors else 200)


@town_page(STEERING)
@require_POST
def send(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The second person says yes."""
    shown = get_object_or_404(selectors.appeals(city), pk=pk)
    try:
        edits = request.POST.get("edits", "")
        services.send(
            appeal_id=shown.pk,
            edits=int(edits) if edits.isascii() and edits.isdigit() else -1,
            by=person(request),
            now=timezone.now(),
        )
    except services.CannotSend as refusal:
        messages.warning(request, _refusal(refusal))
    else:
        messages.success(request, _("L’appel part. Il s’arrête de lui-même quand rien ne manque plus."))
    return redirect("outreach:appeals:page", city.slug, pk)


@town_page(STEERING)
@require_POST
def stop(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    shown = get_object_or_404(selectors.appeals(city), pk=pk)
    services.stop(appeal_id=shown.pk, by=person(request), now=timezone.now())
    messages.success(request, _("L’appel est arrêté. Plus personne n’est sollicité."))
    return redirect("outreach:appeals:page", city.slug, pk)


@csrf_exempt
@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Without signing in. A mail programme's own button posts here as well (RFC 8058); twice is the same."""
    number = links.to_refuse(token)
    somebody = User.objects.filter(pk=number).first() if number is not None else None
    if somebody is None:
        raise Http404
    if request.method == "POST":
        services.refuse(person=somebody, now=timezone.now())
    return render(request, "appeals/refuse.html", {"is_done": request.method == "POST"})


def _refusal(refusal: services.CannotSend) -> str:
    return {
        "same": _("Vous avez écrit dans cet appel\u202f: une autre personne de l’équipe l’envoie."),
        "sent": _("Cet appel est déjà parti."),
        "ended": _("Cet appel est terminé."),
        "changed": _("Cet appel vient de changer. Relisez-le avant de l’envoyer."),
        "closed": _("Ses besoins sont déjà couverts ou fermés."),
    }[refusal.why]
