"""The code that makes an offer active which a visitor sent: where it goes, and whether it is the one that was typed."""

import logging
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import own_codes, sign_in
from accounts.forms import OneCodeForm
from accounts.models import PhoneProof
from accounts.services import prove_phone
from cities.models import City
from notifications import channel_registry
from offers import services
from offers.models import Offer

log = logging.getLogger(__name__)

BY_PHONE = "offer-phone"


def send_code(request: HttpRequest, city: City, offer: Offer) -> str:
    """Send to its owner, who is not signed in, the code that makes it active; where that is typed, "" where none left.

    By mail it signs them in too; a number alone proves itself, where codes are brought to numbers.
    """
    owner = offer.owner
    if owner.email:
        proven_url = reverse("offers:proven", args=[city.slug, offer.reference])
        return str(
            sign_in.start_code_sign_in(
                request=request, user=owner, next_url=proven_url, city=city, reference=offer.reference
            ).url
        )
    if takes_codes(offer):
        send_to_number(request, offer)
        return reverse("offers:sent", args=[city.slug, offer.reference])
    return ""


def waits_for_code(offer: Offer) -> bool:
    """Whether a code went to the number of its owner, and can still be typed."""
    return bool(own_codes.waiting_for(person=offer.owner, purpose=BY_PHONE))


def takes_codes(offer: Offer) -> bool:
    """Whether its owner gave a number alone, and one to which codes are brought."""
    return not offer.owner.email and channel_registry.takes_code(offer.owner.phone)


def send_to_number(request: HttpRequest, offer: Offer) -> None:
    """A code to the number of its owner. Where none leaves, the page says why, and the town calls."""
    if not channel_registry.takes_code(offer.owner.phone):
        return
    number = offer.owner.phone.as_e164
    send = partial(channel_registry.send_code, request=request, number=number)
    try:
        own_codes.send(request=request, person=offer.owner, purpose=BY_PHONE, contact=number, by=send)
    except sign_in.TooManyCodesError as refused:
        messages.warning(request, sign_in.too_many_message(refused))
    except (channel_registry.CodeNotSent, *sign_in.UNAVAILABLE) as failure:
        log.warning("no code sent to a number: %s", type(failure).__name__)
        messages.warning(
            request, _("Nous ne pouvons pas envoyer de code pour l’instant. La ville vous appelle.")
        )


def proves_number(request: HttpRequest, offer: Offer, form: OneCodeForm) -> bool:
    """Whether the code that was typed is the one that went to the number and made the offer active."""
    if not form.is_valid():
        return False
    owner, now = offer.owner, timezone.now()
    said: dict[str, Any] = {"person": owner, "purpose": BY_PHONE}
    try:
        number = own_codes.waiting_for(**said)
        if not number:
            form.add_error("code", _("Ce code n’est plus valable. Demandez-en un autre."))
            return False
        is_right = own_codes.is_right(request=request, contact=number, code=form.cleaned_data["code"], **said)
        if not (is_right and own_codes.spend(**said)):
            form.add_error("code", _("Ce code n’est pas le bon."))
            return False
    except sign_in.TooManyTriesError as refused:
        form.add_error("code", sign_in.too_many_tries_message(refused))
        return False
    except sign_in.UNAVAILABLE:
        form.add_error("code", sign_in.unavailable_message())
        return False
    with transaction.atomic():
        prove_phone(user=owner, phone=number, how=PhoneProof.SMS, by=owner, now=now)
        is_active = services.prove_contact(owner=owner, by=owner, now=now, offer_id=offer.pk)
    if not is_active:
        form.add_error("code", _("Ce n’est plus possible. Appelez la ville."))
    return bool(is_active)
