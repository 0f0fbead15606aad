"""Giving somebody a copy of all that is known about them: to themselves after proof, or by their town's desk."""

from datetime import datetime
from typing import IO

from django.db import transaction

from accounts import services as accounts
from accounts.access import DESK, has_role, require
from accounts.models import DataCopy, User
from accounts.townspeople import is_of
from cities.models import City
from privacy.dossier import Dossier, archive

HANDED_OVER = (DataCopy.How.HANDED, DataCopy.How.POST)


class NotByThisDesk(Exception):
    """Why the desk gives no copy: "address" (they take it themselves), "towns" (another town knows them too)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@transaction.atomic
def take(*, person: User, by: User, now: datetime) -> IO[bytes]:
    """Their own archive; that it was taken is kept."""
    require(by.pk == person.pk)
    made = archive(person, now=now)
    accounts.note_data_copy(person=person, how=DataCopy.How.OWN, by=by, now=now)
    return made


def check_by_desk(person: User, city: City) -> None:
    """Raise NotByThisDesk: a desk hands over only to who can't sign in, and nothing that another town was told."""
    if person.email:
        raise NotByThisDesk("address")
    if any(is_of(person, other) for other in City.objects.exclude(pk=city.pk)):
        raise NotByThisDesk("towns")


@transaction.atomic
def hand_over(*, person: User, how: str, city: City, by: User, now: datetime) -> str:
    """The page of somebody who only phoned and was recognised, to be printed; kept as given and as read. What they have
    reported is not in it: the desk may not read that, and whoever may gives it to them.

    Raises NotByThisDesk, PermissionDenied.
    """
    require(has_role(by, city, DESK) and is_of(person, city) and how in HANDED_OVER)
    check_by_desk(person, city)
    accounts.note_data_copy(person=person, how=how, city=city, by=by, now=now)
    accounts.log_contact_reading(subject=person, reason="data-copy", city=city, by=by, now=now)
    return Dossier(person, now=now, read_by_desk=True).page()
