"""Who has a number: only whoever has proven it is found by it (docs/adr/0036).

A couple may share one, so a number may have several people: which of them somebody is says their name.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.links import who_is_now
from accounts.models import User
from accounts.townspeople import is_of
from catalogue.contacts import known_number, region_of
from catalogue.items.words import fold
from cities.models import City

_WORD = re.compile(r"\w+")
# How people are addressed says nothing of who they are.
_TITLES = frozenset(
    {"m", "mr", "mme", "mlle", "melle", "monsieur", "madame", "mademoiselle", "dr", "docteur"}
)


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """Who has the number and bears the name; else `perhaps`, who has the number and another name."""

    person: User | None = None
    perhaps: tuple[User, ...] = ()


def people_at(phone: Any, *, city: City | None = None) -> list[User]:
    """Who has proven this number, the first that was here first; `city`: of those who have to do with the town.

    It may be written as people do ("06 12 34 56 78"): the town's region completes it.
    """
    number = known_number(phone, region=region_of(city.seat_id) if city else "FR")
    if number is None:
        return []
    holders = User.objects.filter(phone=number).exclude(phone_proof="").order_by("pk")
    # Who was in here twice is found by either number.
    keys = {holder.pk if holder.merged_into_id is None else who_is_now(holder.pk): None for holder in holders}
    found = User.objects.in_bulk(list(keys))
    return [found[key] for key in keys if city is None or is_of(found[key], city)]


def on_the_line(*, phone: Any, name: str, city: City) -> OnTheLine:
    """Whom the desk of a town has on the line, by the number that they give and the name. Of anybody who has nothing to
    do with the town nothing is said. Without a name it is whoever has the number for themselves.
    """
    holders = people_at(phone, city=city)
    named = [one for one in holders if goes_by(one, name)]
    if len(named) == 1:
        return OnTheLine(named[0])
    return OnTheLine(perhaps=tuple(named or holders))


def entered_before(*, phone: Any, name: str) -> User | None:
    """Who was entered with this number and name by somebody else, and can't sign in: nobody's account is given away by
    a number that nobody has proven.
    """
    number = known_number(phone)
    if number is None:
        return None
    entered = User.objects.filter(phone=number, email=None, merged_into=None, is_active=True).order_by("pk")
    return next((one for one in entered if goes_by(one, name)), None)


def goes_by(person: User, name: str) -> bool:
    """Whether these may be one person's names: one says what the other says, or less.

    >>> goes_by(User(name="Jeanne Martin"), "Mme MARTIN")
    True
    """
    known, said = _words(person.name), _words(name)
    return known <= said or said <= known


def who_is_it(perhaps: Sequence[User]) -> str:
    """What the desk asks, before anything of them is shown or anything is entered in their name."""
    names = " / ".join(str(one) for one in perhaps)
    return _("Ce numéro est déjà celui de %(names)s. C’est bien cette personne\u202f?") % {"names": names}


def _words(name: str) -> set[str]:
    return set(_WORD.findall(fold(name))) - _TITLES
