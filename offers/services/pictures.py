"""The picture of offered goods."""

import base64
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import DESK, has_role, require
from accounts.models import User
from catalogue.pictures import Shrunk
from catalogue.vocabulary import Kind
from offers.models import Offer, OfferPicture
from offers.selectors import EDITABLE
from offers.services.writing import locked


@transaction.atomic
def add_picture(*, offer_id: int, picture: Shrunk, by: User, now: datetime) -> OfferPicture:
    """Keep it, in place of the one before. ValidationError of what are no goods, or changes no more."""
    offer = _theirs(offer_id, by)
    if offer.kind != Kind.GOODS or offer.state not in EDITABLE:
        raise ValidationError(_("Cette proposition ne peut plus être modifiée."), code="state")
    OfferPicture.objects.filter(offer=offer).delete()
    return OfferPicture.objects.create(
        offer=offer,
        content=base64.b64encode(picture.data).decode("ascii"),
        width=picture.width,
        height=picture.height,
        added_at=now,
    )


@transaction.atomic
def remove_picture(*, offer_id: int, by: User) -> None:
    """Its bytes are erased. Once or twice is the same."""
    OfferPicture.objects.filter(offer=_theirs(offer_id, by)).delete()


def _theirs(offer_id: int, by: User) -> Offer:
    """One change of an offer's picture at a time, by its owner or the desk."""
    offer = locked(offer_id)
    require(by.pk == offer.owner_id or has_role(by, offer.city, DESK))
    return offer
