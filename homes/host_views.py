"""The visits of one home, for its host and for the desk that plans them; and the host's answer behind a signed link."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import ANYBODY, COORDINATION, SIGNED_IN, has_role, person, town_page
from accounts.models import User
from catalogue.vocabulary import Kind
from cities.models import City
from homes import links, presentation, selectors, services
from homes.forms import PlanForm, WishForm
from homes.models import Visit, VisitState, Wish
from offers.models import Offer
from offers.selectors import get_offer


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """What was seen of a home and when: coordinators plan here, the host answers here."""
    found, user, now = _home(request, city, reference), person(request), timezone.now()
    is_owner = found.owner_id == user.pk
    coordinates = not is_owner and has_role(user, city, COORDINATION)
    planned = selectors.planned_of(found)
    if is_owner and request.method == "POST" and planned is not None:
        return _answered(request, planned, user, back=request.path)
    form = None
    if coordinates and planned is None:
        form = PlanForm(request.POST or None, offer=found, by=user)
        if request.method == "POST" and form.is_valid():
            try:
                visit = services.plan(
                    offer_id=found.pk,
                    starts_at=form.starts_at(),
                    visitor=form.cleaned_data["visitor"],
                    by=user,
                    now=now,
                )
            except ValidationError as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, _("La visite est prévue. L’hôte est prévenu et invité."))
                return redirect("homes:visit", city.slug, visit.pk)
    visits = selectors.visits_of(user, found)
    context = {
        "offer": found,
        "answer_to": request.path,
        "is_owner": is_owner,
        "form": form,
        "lines": [presentation.line_of_visit(visit, city, viewer=user, now=now) for visit in visits],
        "counts": found.vetted_at is not None,
        **(_asked(planned) if planned is not None else {"planned": None}),
    }
    return render(request, "homes/offer.html", context, status=422 if form and form.errors else 200)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def host(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """What the host reads of the visit without signing in, and what they answer."""
    try:
        grant = links.read(token)
    except links.LinkExpired:
        return render(request, "homes/link_failed.html", status=410)
    except links.LinkBroken:
        return render(request, "homes/link_failed.html", status=404)
    related = ("offer__owner", "offer__city", "offer__commune", "visitor")
    visit = Visit.objects.select_related(*related).filter(pk=grant.subject_id, offer__city=city).first()
    if visit is None or visit.offer.owner_id != grant.user_id or not visit.offer.owner.is_active:
        return render(request, "homes/link_failed.html", status=404)
    if links.is_over(visit, now=timezone.now()):
        return render(request, "homes/link_failed.html", status=410)
    if request.method == "POST":
        return _answered(request, visit, visit.offer.owner, back=request.path)
    return render(
        request, "homes/host.html", {"offer": visit.offer, "answer_to": request.path, **_asked(visit)}
    )


def _asked(visit: Visit) -> dict[str, object]:
    now = timezone.now()
    return {
        "planned": visit if visit.state == VisitState.PLANNED else None,
        "line": presentation.line_of_visit(visit, visit.offer.city, viewer=visit.offer.owner, now=now),
        "may_answer": selectors.host_may_answer(visit, now=now),
        "wish": Wish(visit.wish).label if visit.wish else "",
        "wishing": WishForm(),
    }


def _answered(request: HttpRequest, visit: Visit, by: User, *, back: str) -> HttpResponse:
    now = timezone.now()
    try:
        if "decline" in request.POST:
            services.decline(visit_id=visit.pk, by=by, now=now)
            said = _("La visite est annulée. La ville est prévenue.")
        else:
            services.ask_other_time(visit_id=visit.pk, wish=request.POST.get("wish", ""), by=by, now=now)
            said = _("C’est noté. La ville vous propose un autre moment.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, said)
    return redirect(back)


def _home(request: HttpRequest, city: City, reference: str) -> Offer:
    try:
        found = get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        raise Http404 from None
    if found.kind != Kind.HOUSING:
        raise Http404
    return found
