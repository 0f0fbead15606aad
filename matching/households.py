"""The same household twice: two associations have posted it, and the desk says in one tap whether it is one.

Two open needs of one town for homes may be of one household when they were posted by two, are of the same persons
(each age and the lone minor counted), have a day in common and lie within `NEAR_KM` of each other. There are many men
who are alone, and few families of six: how many signs more are wanted, `signs` counts and `SIGNS_WANTED` says.

Joining closes one and tells whoever posted it; telling them apart, also afterwards, opens it again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role
from accounts.models import User
from catalogue.fields.needs import HOUSEHOLD
from catalogue.vocabulary import Kind
from cities.points import distance_km
from matching.lifecycle import ACTIVE
from matching.messages import households
from matching.models import HouseholdVerdict, Match
from matching.selectors import told_of
from needs import services as needs
from needs.models import Need, NeedState
from notifications.services import Text, queue

NEAR_KM = 10.0
SAME = (*HOUSEHOLD, "lone_minor")
# Of so many persons and more: how many signs.
SIGNS_WANTED = {5: 1, 3: 2, 1: 3}
CLOSE_KM = 1.0
# Two associations rarely write the very same day for one household.
SAME_DAY = timedelta(days=1)
# Spoken by whoever learns it here: no sign.
SPOKEN_BY_MANY = frozenset({"fr"})
# Where nothing but these would tell two apart, they are the same as well.
SAID = ("couple", "pets", "step_free_needed")
FEW = 2
# What two needs of the same persons are compared by.
TOLD_BY = (
    "organisation", "person", "people", "first_day", "last_day", "languages", "latitude", "longitude", *SAID,
)  # fmt: skip


class InHand(Exception):
    """Somebody is asked or received for the need that would be closed, or the one to be kept is not open."""


def look_alikes(need: Need) -> list[Need]:
    """Open needs that are likely this one's household and were not told apart, the first to begin first."""
    if need.kind != Kind.HOUSING or not need.is_open:
        return []
    judged = HouseholdVerdict.objects.filter(
        Q(lower=need, higher=OuterRef("pk")) | Q(higher=need, lower=OuterRef("pk"))
    )
    household = {name: getattr(need, name) for name in SAME}
    others = (
        Need.objects.open()
        .filter(city=need.city_id, kind=Kind.HOUSING, **household)
        .filter(first_day__lte=need.last_day, last_day__gte=need.first_day)
        .exclude(pk=need.pk)
    )
    # A thousand men are alone, and few of them alike: of all is read what tells, the whole row of those few.
    alike = [
        row.pk
        for row in others.order_by().values_list("pk", *TOLD_BY, named=True)
        if (row.organisation, row.person) != (need.organisation_id, need.person_id)
        and _km_between(need, row) <= NEAR_KM
        and is_likely(need, row)
    ]
    if not alike:
        return []
    found = Need.objects.filter(pk__in=alike).exclude(Exists(judged))
    return list(found.select_related("organisation", "person", "commune", "city").order_by("first_day", "pk"))


def is_likely(need: Need, other: Any) -> bool:
    """Whether two needs of the same persons are likely of one household. `other`: what `TOLD_BY` names of it."""
    if need.people <= FEW and any(getattr(need, name) != getattr(other, name) for name in SAID):
        return False
    wanted = next(signs for persons, signs in SIGNS_WANTED.items() if need.people >= persons)
    return signs(need, other) >= wanted


def signs(need: Need, other: Any) -> int:
    """How many there are: the same days, the same place, a language in common; one fewer where there is none."""
    same_days = (
        abs(need.first_day - other.first_day) <= SAME_DAY and abs(need.last_day - other.last_day) <= SAME_DAY
    )
    spoken, also = ({*one.languages} - SPOKEN_BY_MANY for one in (need, other))
    understood = (1 if spoken & also else -1) if spoken and also else 0
    return same_days + (_km_between(need, other) <= CLOSE_KM) + understood


def _km_between(need: Need, other: Any) -> float:
    return float(distance_km(need.latitude, need.longitude, other.latitude, other.longitude))


def joined_to(need: Need) -> QuerySet[HouseholdVerdict]:
    """What was closed because this need goes on for it."""
    pair = Q(lower=need) | Q(higher=need)
    return (
        HouseholdVerdict.objects.filter(pair, joined__isnull=False)
        .exclude(joined=need)
        .select_related("joined__organisation", "by")
    )


@transaction.atomic
def join(*, kept: Need, closed: Need, by: User, now: datetime) -> None:
    """They are one household: `closed` is withdrawn, whoever posted it is told, and `kept` goes on.

    Raises InHand, PermissionDenied, and ValidationError when `closed` is not open any more.
    """
    kept, closed = _locked(kept, closed, by)
    if not kept.is_open or Match.objects.filter(need=closed, state__in=ACTIVE).exists():
        raise InHand
    if closed.state == NeedState.MET:
        raise needs.not_possible(closed)
    needs.withdraw(need_id=closed.pk, by=by, now=now, reason=_("Le même foyer a déjà une demande."))
    _judge(kept, closed, joined=closed, by=by, now=now)
    _tell(closed, "need_joined", households.joined, by=by, now=now)


@transaction.atomic
def tell_apart(*, need: Need, other: Need, by: User, now: datetime) -> None:
    """They are two households; what was closed for the other is open again, and whoever posted it told.

    Raises PermissionDenied.
    """
    need, other = _locked(need, other, by)
    judged = HouseholdVerdict.objects.filter(**_pair(need, other)).first()
    _judge(need, other, joined=None, by=by, now=now)
    if judged is None or judged.joined_id is None:
        return
    closed = need if judged.joined_id == need.pk else other
    if closed.state == NeedState.WITHDRAWN:
        needs.reopen(need_id=closed.pk, by=by, now=now)
        _tell(closed, "need_open_again", households.open_again, by=by, now=now)


def _locked(one: Need, other: Need, by: User) -> tuple[Need, Need]:
    """Both, locked in the order of their numbers; PermissionDenied unless both are this coordinator's."""
    if one.city_id != other.city_id or not has_role(by, one.city, COORDINATION):
        raise PermissionDenied
    rows = Need.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "city", "organisation", "person"
    )
    found = {need.pk: need for need in rows.filter(pk__in=[one.pk, other.pk]).order_by("pk")}
    return found[one.pk], found[other.pk]


def _pair(one: Need, other: Need) -> dict[str, Any]:
    lower, higher = sorted((one, other), key=lambda need: need.pk)
    return {"lower": lower, "higher": higher}


def _judge(one: Need, other: Need, *, joined: Need | None, by: User, now: datetime) -> None:
    said = {"city": one.city, "joined": joined, "by": by, "at": now}
    HouseholdVerdict.objects.update_or_create(**_pair(one, other), defaults=said)


def _tell(need: Need, event: str, compose: Callable[[Need], Text], *, by: User, now: datetime) -> None:
    """Once for each time that it is closed or opened."""
    turn = need.changes.count()
    for person in told_of(need):
        if person != by:
            queue(
                recipient=person,
                event=event,
                subject_key=f"need:{need.pk}:{turn}",
                city=need.city,
                compose=partial(compose, need),
                now=now,
            )
