"""What changes when the desk's pages do, each in one query: a page that asks again and has the same is sent nothing."""

from datetime import datetime
from hashlib import blake2s

from django.db.models import CharField, Count, Max, Model, OuterRef, Subquery, Sum
from django.db.models.functions import Cast, Concat, Greatest

from accounts.access import COORDINATION, towns_of
from accounts.models import User
from cities.models import City
from desk.models import Flag, Note
from followups.models import FollowUp
from matching.models import CaseTaken, ConditionQuestion, HouseholdVerdict, Match
from needs.models import Need

# What is late, and since when it waits, is told anew so often.
MINUTES = 5


def of_case(user: User, city: City, reference: str) -> tuple[int, str] | None:
    """The need's number and its version; None where this person has no such case."""
    found = Need.objects.filter(
        city=city, city__in=towns_of(user, COORDINATION), reference=reference
    ).values_list(
        "pk",
        "revision",
        "state",
        "given_days",
        "given_quantity",
        "scan_due_at",
        _latest(Match, "need", "changed_at"),
        _latest(CaseTaken, "need", "at", "given_back_at"),
        _latest(Note, "need", "at"),
        _latest(Flag, "need", "at", "lifted_at"),
        _latest(ConditionQuestion, "need", "asked_at", "answered_at"),
        _latest(FollowUp, "match__need", "asked_at", "answered_at"),
        _latest(HouseholdVerdict, "lower", "at"),
        _latest(HouseholdVerdict, "higher", "at"),
    )
    row = found.first()
    return (row[0], _digest(row)) if row is not None else None


def of_queue(user: User, city: City, *, now: datetime) -> str | None:
    """The version of a town's queue; None where it is not this person's."""
    needs = Need.objects.filter(city=OuterRef("pk")).order_by().values("city")
    # So many, edited so often, of which so much is given: no need leaves or changes unseen.
    state = needs.annotate(
        standing=Concat(
            Cast(Count("*"), CharField()),
            Cast(Sum("revision"), CharField()),
            Cast(Max("pk"), CharField()),
            output_field=CharField(),
        )
    )
    found = City.objects.filter(pk=city.pk, pk__in=towns_of(user, COORDINATION)).values_list(
        Subquery(state.values("standing")),
        _latest(Match, "city", "changed_at"),
        _latest(CaseTaken, "city", "at", "given_back_at"),
        _latest(Flag, "city", "at", "lifted_at"),
        _latest(FollowUp, "match__city", "asked_at", "answered_at"),
    )
    row = found.first()
    return _digest((*row, now.timestamp() // (60 * MINUTES))) if row is not None else None


def _latest(model: type[Model], key: str, *moments: str) -> Subquery:
    """When something last happened to the rows of this key; of two moments the later counts."""
    rows = model._default_manager.filter(**{key: OuterRef("pk")}).order_by().values(key)
    moment = Greatest(*moments) if len(moments) > 1 else moments[0]
    return Subquery(rows.annotate(latest=Max(moment)).values("latest"))


def _digest(row: tuple[object, ...]) -> str:
    return blake2s(repr(row).encode(), digest_size=12).hexdigest()
