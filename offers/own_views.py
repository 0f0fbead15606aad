"""One's offers in a town, and each offer's page, for its owner and for the desk: parse, one service call, render."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import SIGNED_IN, person, town_page
from accounts.models import User
from catalogue.vocabulary import Kind
from cities.models import City
from offers import selectors, services, words
from offers.forms import OfferForm, current_values, edit_names, period_formset
from offers.models import Offer, OfferState

PER_PAGE = 50


@town_page(SIGNED_IN)
@never_cache
@require_safe
def mine(request: HttpRequest, city: City) -> HttpResponse:
    """What somebody proposed in a town, and where each stands."""
    now = timezone.now()
    page = Paginator(selectors.own_offers(person(request), city), PER_PAGE).get_page(request.GET.get("page"))
    cards = [
        {
            "offer": offer,
            "tag": words.tag(offer),
            "next_step": words.next_step(offer, now=now),
            "asks_again": words.asks_again(offer, now=now) or offer.state == OfferState.EXPIRED,
            "periods": selectors.periods_of(offer),
        }
        for offer in page.object_list
    ]
    return render(request, "offers/mine.html", {"cards": cards, "page_obj": page})


@town_page(SIGNED_IN)
@never_cache
@require_safe
def detail(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """One offer: its receipt, what is known, its history, and what can be done."""
    return offer_page(request, visible_offer(request, city, reference))


def offer_page(request: HttpRequest, offer: Offer, *, contact: User | None = None) -> HttpResponse:
    """The page of an offer; `contact` is its owner when the desk has asked how to reach them."""
    user = person(request)
    now = timezone.now()
    today = timezone.localdate(now)  # the town's: TownTime
    is_owner = user.pk == offer.owner_id
    context = {
        "offer": offer,
        "tag": words.tag(offer),
        "next_step": words.next_step(offer, now=now) if is_owner else "",
        "facts": words.facts(offer, selectors.periods_of(offer), today=today),
        "events": words.history(
            offer, selectors.changes_of(offer), selectors.edits_of(offer), viewer=user, now=now
        ),
        "possible": selectors.possible(offer),
        "asks_again": words.asks_again(offer, now=now),
        "is_new": is_owner and offer.state == OfferState.ACTIVE and offer.changed_at == offer.confirmed_at,
        "steps": words.receipt_steps(offer),
        "received_at": timezone.localtime(offer.created_at),
        "service": offer.city.name,
        "town_contact": offer.city.phone or offer.city.email,
        "is_owner": is_owner,
        "to_visit": offer.kind == Kind.HOUSING and offer.vetted_at is None,
        "contact": contact,
    }
    return render(request, "offers/detail.html", context)


@town_page(SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """All the fields of the kind on one page, and the periods."""
    offer = visible_offer(request, city, reference)
    if not selectors.possible(offer).edit:
        messages.warning(request, _("Cette proposition ne peut plus être modifiée."))
        return redirect("offers:detail", offer.city.slug, offer.reference)
    now = timezone.now()
    today = timezone.localdate(now)  # the town's: TownTime
    names = edit_names(offer.kind)
    windows = selectors.periods_of(offer)
    data = request.POST if request.method == "POST" else None
    form = OfferForm(
        data,
        city=offer.city,
        today=min(today, offer.best_before or today),
        kind=offer.kind,
        names=names,
        initial=current_values(offer, names),
        compact=True,
    )
    form.fields["title"].help_text = ""
    periods = period_formset(data, windows=windows, today=today)
    # Both are asked, so that all that is wrong is shown at once.
    if data is not None and all([form.is_valid(), periods.is_valid()]):
        try:
            services.change(
                offer_id=offer.pk,
                fields=form.offer_fields(),
                windows=periods.periods(),
                by=person(request),
                now=now,
            )
        except ValidationError as error:
            form.add_service_errors(error)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            for note in form.notes:
                messages.info(request, note)
            return redirect("offers:detail", offer.city.slug, offer.reference)
    context = {"offer": offer, "form": form, "periods": periods}
    is_wrong = data is not None
    return render(request, "offers/edit.html", context, status=422 if is_wrong else 200)


@town_page(SIGNED_IN)
@require_POST
def pause(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    return _act(request, city, reference, services.pause, _("Elle est en pause."))


@town_page(SIGNED_IN)
@require_POST
def resume(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    return _act(request, city, reference, services.resume, _("Elle est de nouveau active."))


@town_page(SIGNED_IN)
@require_POST
def reconfirm(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    return _act(request, city, reference, services.reconfirm, _("Merci. C’est noté pour aujourd’hui."))


def _act(
    request: HttpRequest, city: City, reference: str, service: Callable[..., Offer], said: str
) -> HttpResponse:
    offer = visible_offer(request, city, reference)
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
