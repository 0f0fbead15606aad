"""Why does this pair not match? Asked by the desk, from a case or from an offer."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import selectors as accounts
from accounts.models import User
from cities.models import City
from matching.reasons.why_not import needs_known_to, offers_known_to, why_not
from matching.reasons.why_not_forms import ReferenceForm
from needs.models import Need
from offers.models import Offer


@login_required
@never_cache
@require_safe
def of_need(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """A need of the town, and why not this offer."""
    city, user = _desk(request, city_slug)
    need = get_object_or_404(needs_known_to(user).filter(city=city), reference=reference)
    form = ReferenceForm(_asked(request), side="offer", known=offers_known_to(user, of=city))
    offer = form.cleaned_data["reference"] if form.is_bound and form.is_valid() else None
    return _answer(request, city, need, offer, form, reference=reference)


@login_required
@never_cache
@require_safe
def of_offer(request: HttpRequest, city_slug: str, reference: str) -> HttpResponse:
    """An offer of the town, and why not this need."""
    city, user = _desk(request, city_slug)
    offers = Offer.objects.visible_to(user).filter(city=city).select_related("city", "commune")
    offer = get_object_or_404(offers, reference=reference)
    form = ReferenceForm(_asked(request), side="need", known=needs_known_to(user))
    need = form.cleaned_data["reference"] if form.is_bound and form.is_valid() else None
    return _answer(request, city, need, offer, form, reference=reference)


def _desk(request: HttpRequest, city_slug: str) -> tuple[City, User]:
    """The town and its coordinator; 404 for anybody else."""
    city = get_object_or_404(City, slug=city_slug)
    user = request.user
    if not isinstance(user, User) or not accounts.is_coordinator(user, city):
        raise Http404
    return city, user


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
        "back": reverse("matching:case" if of_need else "offers:detail", args=[city.slug, reference]),
        "form": form,
        "answer": answer,
        "reasons": [{"state": "stop", "text": one.sentence} for one in answer.unmet] if answer else [],
    }
    return render(request, "matching/why_not.html", context)
