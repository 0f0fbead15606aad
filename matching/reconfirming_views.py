"""One tap from a mail: an offer still holds, no more, or not before a day; no signing in.

The page stands here, because it names whoever counts on what is taken back.
"""

from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.access import ANYBODY, town_page
from accounts.models import User
from catalogue.fields import OFFER
from cities.models import City
from matching import counted_on, presentation, selectors
from matching.link_pages import behind_link, on_the_phone
from notifications.links import call_me_path
from offers import asking, links, services, words
from offers import selectors as offers_read
from offers.forms import PauseForm
from offers.models import Offer, OfferState


def _reference(offer_id: int) -> str:
    return get_object_or_404(Offer, pk=offer_id).reference


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link(signed_in="offers:detail", known_as=_reference)
def still_there(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The offer and the question; once it is answered, what came of it. The link stands for the owner."""
    grant = links.read(token)
    offer = get_object_or_404(_offers(), pk=grant.subject_id, city=city)
    owner = links.owner_of(grant, offer)
    if owner is None:
        raise Http404
    by = on_the_phone(request, city) or owner
    now = timezone.now()
    if request.method != "POST":
        asking.note_asked_opened(offer=offer, by=by, now=now)
        return _page(request, offer)
    form = PauseForm(request.POST)
    said = request.POST.get("answer", "")
    try:
        if offers_read.is_asked(offer):
            _take(offer, said, form, read=presentation.read_in(request.POST), by=by, now=now)
    except counted_on.NotRead:
        return _page(request, offer, taking_back=True)
    except ValidationError as refusal:
        if hasattr(refusal, "error_dict"):
            form.refuse(refusal)
            return _page(request, offer, form)
        messages.warning(request, " ".join(refusal.messages))
    return redirect(request.path)


def _offers() -> QuerySet[Offer]:
    return Offer.objects.select_related("city", "owner", "commune")


def _take(offer: Offer, said: str, form: PauseForm, *, read: frozenset[int], by: User, now: datetime) -> None:
    """Raises NotRead, ValidationError. What is no answer changes nothing."""
    if said == "yes":
        if offer.state == OfferState.UNCONFIRMED:
            services.prove_contact(owner=offer.owner, by=by, now=now, offer_id=offer.pk)
        else:
            services.reconfirm(offer_id=offer.pk, by=by, now=now)
    elif said == "no":
        counted_on.withdraw_offer(offer_id=offer.pk, read=read, by=by, now=now)
    elif said == "pause" and form.is_valid():
        day: date = form.cleaned_data["paused_until"]
        services.pause_until(offer_id=offer.pk, last_day=day, by=by, now=now)
    elif said == "pause":
        raise ValidationError({})


def _page(
    request: HttpRequest, offer: Offer, form: PauseForm | None = None, *, taking_back: bool = False
) -> HttpResponse:
    """`taking_back`: people count on it, and whoever takes it back reads first who they are."""
    now = timezone.now()
    begun, promised = (
        presentation.counting_on(selectors.in_hand(offer=offer), of_offer=True) if taking_back else ([], [])
    )
    context = {
        "offer": offer,
        # A mail may be forwarded: the address of a home is on no page that opens without signing in.
        "facts": [
            fact
            for fact in words.facts(offer, offers_read.periods_of(offer), today=timezone.localdate(now))
            if fact["label"] != OFFER["address"].label
        ],
        "tag": words.tag(offer),
        "next_step": words.next_step(offer, now=now),
        "call_me_url": call_me_path(offer.owner_id, offer.city, f"offer:{offer.pk}"),
        "asks": offers_read.is_asked(offer),
        "is_new": offer.state == OfferState.UNCONFIRMED,
        "form": form or PauseForm(),
        "is_pausing": form is not None,
        "taking_back": taking_back,
        "begun": begun,
        "promised": promised,
        "opens_cases": False,
    }
    status = 422 if form is not None else 200
    return render(request, "matching/still_there.html", context, status=status)
