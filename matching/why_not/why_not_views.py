"""Why does this pair not match? Asked by the desk, from a case or from an offer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from matching.why_not.judging import needs_known_to, offers_known_to, why_not
from matching.why_not.why_not_forms import ReferenceForm
from needs.models import Need
from offers.models import Offer


@town_page(COORDINATION)
@require_safe
def of_need(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A need of the town, and why not this offer."""
    user = person(request)
    need = get_object_or_404(needs_known_to(user).filter(city=city), reference=reference)
    form = ReferenceForm(_asked(request), side="offer", known=offers_known_to(user, of=city))
    offer = form.cleaned_data["reference"] if form.is_bound and form.is_valid() else None
    return _answer(request, city, need, offer, form, reference=reference)


@town_page(COORDINATION)
@require_safe
def of_offer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """An offer of the town, and why not this need."""
    user = person(request)
    offers = Offer.objects.visible_to(user).filter(city=city).select_related("city", "commune")
    offer = get_object_or_404(offers, reference=reference)
    form = ReferenceForm(_asked(request), side="need", known=needs_known_to(user))
    need = form.cleaned_data["reference"] if form.is_bound and form.is_valid() else None
    return _answer(request, city, need, offer, form, reference=reference)


def _asked(request: HttpRequest) -> object:
    """What was typed; None before anything was."""
    return request.GET if "reference" in request.GET else None


def _answer(
    request: HttpRequest,
    city: City,
    need: Need | None,
    offer: Offer | None,
    form: ReferenceForm,
    *,
    reference: str,
) -> HttpResponse:
    answer = why_not(need, offer, now=timezone.now()) if need is not None and offer is not None else None
    of_need = form.side == "offer"
    context = {
        "city": city,
        "of_need": of_need,
        "question": _("Pourquoi pas celle-ci\u202f?") if of_need else _("Pourquoi pas ce besoin\u202f?"),
        "subject": need if of_need else offer,
        "other": offer if of_need else need,
        "back": reverse("desk:case" if of_need else "offers:detail", args=[city.slug, reference]),
        "form": form,
        "answer": answer,
        "reasons": [{"state": "stop", "text": one.sentence} for one in answer.unmet] if answer else [],
    }
    return render(request, "matching/why_not.html", context)
