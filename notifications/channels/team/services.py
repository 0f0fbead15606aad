"""Naming the place where a town's team talks, trying it, leaving it."""

import logging
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ADMINISTRATION, has_role
from accounts.models import User
from cities.models import City
from notifications.channel_transport import NotSent
from notifications.channels.team import addresses, receipts, words
from notifications.channels.team.models import Room, RoomChange
from notifications.channels.team.transport import write
from notifications.services import language_of

log = logging.getLogger(__name__)


@transaction.atomic
def set_room(*, city: City, address: str, by: User, now: datetime) -> Room:
    """Tell the town's team there from now on. Raises ValidationError, PermissionDenied."""
    _check(city, by)
    if len(address) > (Room._meta.get_field("address").max_length or 0):
        raise _refusal("form")
    try:
        name = addresses.name(addresses.place(address))
    except addresses.NoPlace as error:
        raise _refusal(error.why) from error
    values = {"address": address.strip(), "name": name[:200], "set_by": by, "set_at": now, "last_ok_at": None}
    room, _is_new = Room.objects.update_or_create(city=city, defaults=values)
    RoomChange.objects.create(city=city, name=room.name, by=by, at=now)
    return room


@transaction.atomic
def leave_room(*, city: City, by: User, now: datetime) -> None:
    """Tell the team in no place of its own any more; twice changes nothing. Raises PermissionDenied."""
    _check(city, by)
    count, _of_each = Room.objects.filter(city=city).delete()
    if count:
        RoomChange.objects.create(city=city, name="", by=by, at=now)


def try_room(*, room: Room, by: User, now: datetime) -> bool:
    """Write a message of trial there, now; whether it was taken. Raises PermissionDenied.

    Not atomic on purpose: it waits for somebody else's server.
    """
    _check(room.city, by)
    try:
        write(room, words.trial(language_of(by)))
    except NotSent as error:
        log.info("room of town %s tried by user %s: %s", room.city_id, by.pk, error.code)
        return False
    receipts.note_taken(room_id=room.pk, by=by, now=now)
    return True


def _check(city: City, by: User) -> None:
    if not has_role(by, city, ADMINISTRATION):
        raise PermissionDenied


def _refusal(why: str) -> ValidationError:
    return ValidationError(
        {
            "form": _("Nous ne connaissons pas cette adresse. Voyez les exemples ci-dessous."),
            "private": _(
                "Cette adresse est celle d’un réseau privé. Demandez à qui installe Accorde de l’autoriser."
            ),
            "unknown": _("Nous ne trouvons pas ce serveur. Vérifiez son nom."),
        }[why]
    )
