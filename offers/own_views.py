"""One's offers in a town, and each offer's page, for its owner and for the desk: parse, one service call, render."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import SIGNED_IN, person, town_page
from accounts.models import User
from accounts.selectors import agrees_to_appeals
from cities.models import City
from notifications.inbox.presentation import written
from notifications.links import call_me_path
from notifications.presentation import told
from notifications.selectors import about
from offers import engagements, selectors, services, words
from offers.engagements import Turn
from offers.forms import PauseForm, PictureForm
from offers.models import Offer, OfferState
from offers.month import month_of

PER_PAGE = 50
# On the list of all offers; the rest stands on the offer's own page.
LINES_IN_A_LIST = 3


@town_page(SIGNED_IN)
@require_safe
def mine(request: HttpRequest, city: City) -> HttpResponse:
    """What somebody proposed in a town, and where each stands."""
    now = timezone.now()
    page = Paginator(selectors.own_offers(person(request), city), PER_PAGE).get_page(request.GET.get("page"))
    told = engagements.of(list(page.object_list), now=now)
    cards = [
        {
            "offer": offer,
            "title": words.title_for_owner(offer),
            "tag": words.tag(offer),
            "next_step": words.next_step(offer, now=now),
            "asks_again": words.asks_again(offer, now=now) or offer.state == OfferState.EXPIRED,
            "periods": selectors.periods_of(offer),
            "lines": _not_over(told[offer.pk])[:LINES_IN_A_LIST],
            "more": max(len(_not_over(told[offer.pk])) - LINES_IN_A_LIST, 0),
        }
        for offer in page.object_list
    ]
    return render(request, "offers/mine.html", {"cards": cards, "page_obj": page})


def _not_over(lines: list[engagements.Engagement]) -> list[engagements.Engagement]:
    return [line for line in lines if line.turn != Turn.OVER]


@town_page(SIGNED_IN)
@require_safe
def detail(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """One offer: its receipt, what is known, its history, and what can be done."""
    return offer_page(request, visible_offer(request, city, reference))


def offer_page(
    request: HttpRequest, offer: Offer, *, contact: User | None = None, pause_form: PauseForm | None = None
) -> HttpResponse:
    """The page of an offer; `contact` is its owner when the desk has asked how to reach them."""
    user = person(request)
    now = timezone.now()
    today = timezone.localdate(now)  # the town's: TownTime
    is_owner = user.pk == offer.owner_id
    if contact is None:
        services.note_address_read(offer=offer, by=user, now=now)
    lines = engagements.of([offer], now=now)[offer.pk] if is_owner else []
    periods = selectors.periods_of(offer)
    context = {
        "offer": offer,
        "offer_title": words.title_for_owner(offer) if is_owner else offer.title,
        "tag": words.tag(offer),
        "next_step": words.next_step(offer, now=now) if is_owner else "",
        "facts": words.facts(offer, periods, today=today),
        "month": month_of(request.GET.get("mois", ""), periods, lines, is_open=offer.is_open, today=today)
        if is_owner
        else None,
        "events": words.history(
            offer, selectors.changes_of(offer), selectors.edits_of(offer), viewer=user, now=now
        ),
        "possible": selectors.possible(offer),
        "pause_form": pause_form or PauseForm(),
        "asks_again": words.asks_again(offer, now=now),
        "is_new": is_owner and offer.state == OfferState.ACTIVE and offer.changed_at == offer.confirmed_at,
        "steps": words.receipt_steps(offer),
        "received_at": timezone.localtime(offer.created_at),
        "service": offer.city.name,
        "town_contact": offer.city.phone or offer.city.email,
        "is_owner": is_owner,
        "lines": _not_over(lines),
        "over": [line for line in lines if line.turn == Turn.OVER],
        "call_me_url": call_me_path(user.pk, offer.city, f"offer:{offer.pk}") if is_owner else "",
        "same_as": selectors.same_as(user, offer),
        "asks_for_appeals": is_owner and not agrees_to_appeals(user),
        "contact": contact,
        "picture": selectors.picture_of(offer),
        "picture_form": PictureForm(),
        "removes_picture": is_owner,
        "takes_picture": is_owner and selectors.takes_picture(offer),
        # The desk's: empty for whoever owns it.
        "told": None if is_owner else told(about(user, [f"offer:{offer.pk}"]), offer.city, now=now),
        "written": [] if is_owner else written(user, [f"offer:{offer.pk}"], now=now),
    }
    status = 422 if pause_form is not None else 200
    return render(request, "offers/detail.html", context, status=status)


@town_page(SIGNED_IN)
@require_POST
def pause(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    offer = visible_offer(request, city, reference)
    return _act(request, offer, services.pause, _("Elle est en pause."))


@town_page(SIGNED_IN)
@require_POST
def pause_until(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Until a day, after which it is taken up again by itself; what is wrong with the day is said beside it."""
    offer = visible_offer(request, city, reference)
    form = PauseForm(request.POST)
    if form.is_valid():
        day = form.cleaned_data["paused_until"]
        try:
            services.pause_until(offer_id=offer.pk, last_day=day, by=person(request), now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Elle est en pause."))
            return redirect("offers:detail", offer.city.slug, offer.reference)
    return offer_page(request, offer, pause_form=form)


@town_page(SIGNED_IN)
@require_POST
def revive(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    own = get_object_or_404(selectors.own_offers(person(request), city), reference=reference.upper())
    return _act(request, own, services.revive, _("Merci. Elle est de nouveau proposée."))


@town_page(SIGNED_IN)
@require_POST
def resume(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    offer = visible_offer(request, city, reference)
    return _act(request, offer, services.resume, _("Elle est de nouveau active."))


@town_page(SIGNED_IN)
@require_POST
def reconfirm(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    offer = visible_offer(request, city, reference)
    return _act(request, offer, services.reconfirm, _("Merci. C’est noté pour aujourd’hui."))


def _act(request: HttpRequest, offer: Offer, service: Callable[..., Offer], said: str) -> HttpResponse:
    try:
        service(offer_id=offer.pk, by=person(request), now=timezone.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect("offers:detail", offer.city.slug, offer.reference)


def visible_offer(request: HttpRequest, city: City, reference: str) -> Offer:
    """The offer of the address, as far as the reader may see it."""
    try:
        return selectors.get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        raise Http404 from None
