"""Taking an offer or a need back. The page stands here, because it names whoever counts on it."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import COORDINATION, SIGNED_IN, has_role, person, town_page
from cities.models import City
from matching import counted_on, presentation, selectors
from matching.models import Match
from needs import selectors as needs
from needs.forms import WithdrawForm as WithdrawNeedForm
from needs.models import Need
from offers import selectors as offers
from offers.forms import WithdrawForm as WithdrawOfferForm
from offers.models import Offer


@dataclass(frozen=True, slots=True)
class _Taking:
    """What is taken back, on which page, and what follows."""

    what: Offer | Need
    form: Any
    template: str
    page: str
    withdraw: Callable[[frozenset[int]], object]
    done: str


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Ask once before an offer is taken back, and again when people count on it; the reason is optional."""
    try:
        offer = offers.get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        raise Http404 from None
    form = WithdrawOfferForm(request.POST if request.method == "POST" else None)
    taking = _Taking(
        offer,
        form,
        "matching/withdraw_offer.html",
        "offers:detail",
        lambda read: counted_on.withdraw_offer(
            offer_id=offer.pk,
            read=read,
            by=person(request),
            now=timezone.now(),
            reason=form.cleaned_data["reason"],
        ),
        _("La proposition est retirée. Merci de l’avoir faite."),
    )
    return _take_back(request, taking, selectors.in_hand(offer=offer), refused=200)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def need(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Say that a need is no more, and why; once more when somebody has said yes to it."""
    try:
        need = needs.get_need(person(request), city, reference)
    except Need.DoesNotExist:
        raise Http404 from None
    form = WithdrawNeedForm(request.POST if request.method == "POST" else None)
    taking = _Taking(
        need,
        form,
        "matching/withdraw_need.html",
        "needs:detail",
        lambda read: counted_on.withdraw_need(
            need_id=need.pk, read=read, by=person(request), now=timezone.now(), reason=form.reason()
        ),
        _("Votre besoin est retiré. Merci de nous l’avoir dit."),
    )
    return _take_back(request, taking, selectors.in_hand(need=need), refused=422)


def _take_back(
    request: HttpRequest, taking: _Taking, matches: Iterable[Match], *, refused: int
) -> HttpResponse:
    """What lasts is ended first. Whatever was said yes to is named: only who has read all of it takes it back."""
    what, form = taking.what, taking.form
    if request.method == "POST" and form.is_valid():
        with suppress(counted_on.NotRead):
            try:
                taking.withdraw(presentation.read_in(request.POST))
            except ValidationError as refusal:
                messages.warning(request, " ".join(refusal.messages))
            else:
                messages.success(request, taking.done)
            return redirect(taking.page, what.city.slug, what.reference)
    begun, promised = presentation.counting_on(matches, of_offer=isinstance(what, Offer))
    context = {
        "offer" if isinstance(what, Offer) else "need": what,
        "form": form,
        "begun": begun,
        "promised": promised,
        "opens_cases": has_role(request.user, what.city, COORDINATION),
    }
    return render(request, taking.template, context, status=refused if form.is_bound else 200)
