"""A town's letter: asked for, confirmed and left by whoever reads it; written by one of the team, sent by another."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts import visitors
from accounts.access import ANYBODY, PUBLIC, STEERING, person, town_page
from cities.models import City
from outreach import links, presentation, selectors, services
from outreach.forms import AskForm, IssueForm

SHOWN_ISSUES = 20


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, city: City) -> HttpResponse:
    """An address and nothing else. Whoever asks learns nothing of what was asked before."""
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and visitors.passes(request, visitors.Act.LETTER, form):
        try:
            services.ask(
                city=city,
                email=form.cleaned_data["email"],
                language=get_language() or "",
                by=None,
                now=timezone.now(),
            )
        except services.TooMany:
            form.add_error(None, _("Trop de demandes en ce moment. Réessayez demain."))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return render(request, "outreach/asked.html", {"email": form.cleaned_data["email"]})
    return render(request, "outreach/ask.html", {"form": form}, status=422 if form.errors else 200)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The link shows the question; only the button answers it, since mail servers follow links."""
    number = links.to_confirm(token)
    if number is None:
        return render(request, "outreach/no_link.html", status=404)
    if request.method != "POST":
        return render(request, "outreach/confirm.html")
    if not services.confirm(subscription_id=number, by=None, now=timezone.now()):
        return render(request, "outreach/no_link.html", status=404)
    return render(request, "outreach/confirmed.html")


@csrf_exempt
@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Without signing in. A mail programme's own button posts here as well (RFC 8058); twice is the same."""
    number = links.to_leave(token)
    if number is None:
        return render(request, "outreach/no_link.html", status=404)
    if request.method != "POST":
        return render(request, "outreach/leave.html")
    services.leave(subscription_id=number, by=None, now=timezone.now())
    return render(request, "outreach/left.html")


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def issues(request: HttpRequest, city: City) -> HttpResponse:
    """The letters of a town, how many asked for them, and the words of a new one."""
    form = IssueForm(request.POST or None, words={})
    if request.method == "POST" and form.is_valid():
        try:
            issue = services.draft(city=city, words=form.words(), by=person(request), now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect("outreach:issue", city.slug, issue.pk)
    context = {
        "form": form,
        "readers": sum(selectors.count_by_language(city).values()),
        "lines": presentation.lines(selectors.issues(city)[:SHOWN_ISSUES]),
    }
    return render(request, "outreach/issues.html", context, status=422 if form.errors else 200)


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One letter as each language reads it; while it has not left, its words and the button of whoever may send it."""
    user, now = person(request), timezone.now()
    shown = get_object_or_404(selectors.issues(city), pk=pk)
    form = IssueForm(request.POST or None, words=shown.words)
    if request.method == "POST" and form.is_valid():
        try:
            services.rewrite(issue_id=pk, words=form.words(), by=user, now=now)
        except services.CannotSend as refusal:
            messages.warning(request, _refusal(refusal))
        except ValidationError as refusal:
            form.refuse(refusal)
        if not form.errors:
            return redirect("outreach:issue", city.slug, pk)
    context = {
        "issue": shown,
        "form": form,
        "editions": [] if shown.sent_at else presentation.editions(shown, now=now),
        "said": presentation.said(shown),
        "counts": selectors.counts(shown) if shown.sent_at else None,
        "may_send": selectors.may_send(shown, user),
        "readers": sum(selectors.count_by_language(city).values()),
    }
    return render(request, "outreach/issue.html", context, status=422 if form.errors else 200)


@town_page(STEERING)
@require_POST
def send(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The second person says yes."""
    shown = get_object_or_404(selectors.issues(city), pk=pk)
    try:
        services.send(issue_id=shown.pk, by=person(request), now=timezone.now())
    except services.CannotSend as refusal:
        messages.warning(request, _refusal(refusal))
    else:
        messages.success(request, _("La lettre part."))
    return redirect("outreach:issue", city.slug, pk)


def _refusal(refusal: services.CannotSend) -> str:
    return {
        "same": _("Vous avez écrit dans cette lettre\u202f: une autre personne de l’équipe l’envoie."),
        "sent": _("Cette lettre est déjà envoyée."),
        "soon": _("Une lettre est partie il y a moins de six jours. Attendez un peu."),
    }[refusal.why]
