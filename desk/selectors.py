"""Reading for the desk: the queue and its baskets, and who looks after what. Each a fixed number of queries."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.db.models.lookups import Exact
from django.shortcuts import get_object_or_404

from accounts.models import User
from catalogue.compiled import NUMBERS, Compiled, IsOneOf, Later
from catalogue.vocabulary import Urgency
from cities.models import City
from desk.baskets import NOBODY, Basket, Moment, Wanted, due_flags, lies_in, order_of, silent_followups
from desk.models import Flag, Note, SavedView
from engine.vocabulary import URGENCIES
from followups.models import FollowUp
from matching import tonight
from matching.lifecycle import WAITING
from matching.models import Decision, HouseholdVerdict, Match, MatchState
from needs.models import Need, NeedQuerySet, NeedState
from needs.urgency import URGENCY_RANKS, urgency_rank_on


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases lie in a basket, by urgency."""

    by_urgency: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_urgency.values())


def queue(user: User, city: City, basket: str, wanted: Wanted, *, at: Moment) -> QuerySet[Need]:
    """The cases of a basket that are asked for, in its order; `lines` reads those that the list shows."""
    found = _asked_for(_of_town(user, city), wanted, at=at).filter(lies_in(basket, at))
    return found.order_by(*order_of(basket, at))


def counts(user: User, city: City, wanted: Wanted, *, at: Moment) -> dict[str, Counts]:
    """Of each basket, in one query."""
    rank = urgency_rank_on(at.today)
    names = {f"in_{number}": basket for number, basket in enumerate(Basket)}
    rows = (
        _asked_for(_of_town(user, city), wanted, at=at)
        .order_by()
        .values(urgency_today=rank)
        .annotate(**{name: Count("pk", filter=lies_in(basket, at)) for name, basket in names.items()})
    )
    found: dict[str, dict[str, int]] = {basket: {} for basket in Basket}
    for row in rows:
        counted: dict[str, Any] = dict(row)
        for name, basket in names.items():
            if counted[name]:
                found[basket][URGENCIES[counted["urgency_today"]]] = counted[name]
    return {
        basket: Counts({urgency: by[urgency] for urgency in URGENCIES if urgency in by})
        for basket, by in found.items()
    }


def alone_tonight(user: User, city: City, *, at: Moment) -> QuerySet[Need]:
    """The cases for tonight that nobody has and for which nobody is asked, whatever is asked for: those posted so
    first, then the longest waiting.
    """
    waiting = tonight.waiting(now=at.now, today=at.today).filter(city=city).order_by().values("pk")
    return _of_town(user, city).filter(pk__in=waiting).order_by("urgency_rank", "created_at", "id")


def lines(keys: Collection[int]) -> dict[int, Need]:
    """These cases by key, as the list shows them: each with how many `suggestions` it has, and what `with_desk` adds.

    Apart from their order: thousands are put in order by their keys, and the few that are shown are read whole.
    """
    return {need.pk: need for need in _lines().rows(keys=list(keys))}


@cache
def _lines() -> Compiled[Need, Need]:
    suggested = Match.objects.filter(need=OuterRef("pk"), state=MatchState.SUGGESTED)
    counted = suggested.order_by().values("need").annotate(n=Count("*")).values("n")
    chosen = Need.objects.filter(IsOneOf(F("pk"), Later("keys", NUMBERS)))
    found = with_desk(chosen).select_related("commune", "organisation", "city")
    return Compiled(found.annotate(suggestions=Coalesce(Subquery(counted, output_field=IntegerField()), 0)))


def with_desk(needs: NeedQuerySet) -> NeedQuerySet:
    """Each with `taken_by` and `taken_at`, the name of the coordinator who looks after it and since when, and
    `has_joined`: others were closed for it as the same household.
    """
    taken = tonight.held().filter(need=OuterRef("pk")).order_by()
    pair = Q(lower=OuterRef("pk")) | Q(higher=OuterRef("pk"))
    joined = HouseholdVerdict.objects.filter(pair, joined__isnull=False).exclude(joined=OuterRef("pk"))
    return needs.annotate(
        taken_by=Subquery(taken.values("by__name")),
        taken_by_id=Subquery(taken.values("by")),
        taken_at=Subquery(taken.values("at")),
        has_joined=Exists(joined),
    )


def steps(needs: Collection[Need]) -> dict[int, list[Match]]:
    """Of each of these cases what is asked, promised or under way, what ends or begins first in front."""
    found: dict[int, list[Match]] = {}
    for match in _steps().rows(keys=[need.pk for need in needs]):
        found.setdefault(match.need_id, []).append(match)
    return found


@cache
def _steps() -> Compiled[Match, Match]:
    of_these = IsOneOf(F("need"), Later("keys", NUMBERS))
    going_on = Match.objects.filter(
        of_these, state__in=[*WAITING, MatchState.CONFIRMED, MatchState.UNDER_WAY]
    )
    return Compiled(
        going_on.order_by(Coalesce("confirm_by", "answer_by").asc(nulls_last=True), "first_day", "id")
    )


def chased(needs: Collection[Need], *, at: Moment) -> dict[int, str]:
    """Of those of these cases to which somebody is to come back: what for, where a colleague has said it."""
    nothing = Value("", CharField())
    silent = FollowUp.objects.filter(silent_followups(at), match__need__in=needs)
    flags = Flag.objects.filter(due_flags(at), need__in=needs)
    # Flags first: the columns of a union are those of its first part, and these words are sealed.
    rows = (
        flags.order_by()
        .values_list("need", "words")
        .union(silent.order_by().values_list("match__need", nothing))
    )
    found: dict[int, str] = {}
    for need_id, words in rows:
        found[need_id] = found.get(need_id) or words
    return found


def last_decision(user: User, need_id: int) -> Decision | None:
    """What was decided last in a case."""
    return _decisions(user).filter(match__need=need_id).first()


def decision_on(user: User, match_id: int) -> Decision | None:
    """What was decided last of a match."""
    return _decisions(user).filter(match=match_id).first()


def _decisions(user: User) -> QuerySet[Decision]:
    rows = Decision.objects.filter(match__in=Match.objects.visible_to(user))
    return rows.select_related("by", "match__offer").order_by("-at", "-id")


def notes_of(user: User, need: Need) -> QuerySet[Note]:
    """What the team has written on a case, the latest first."""
    return Note.objects.visible_to(user).filter(need=need).select_related("by")


def flags_of(user: User, need: Need) -> QuerySet[Flag]:
    """The days on which the desk comes back to a case, the next first; lifted ones stay in its thread."""
    return Flag.objects.visible_to(user).filter(need=need).select_related("by", "lifted_by")


def views_of(user: User, city: City) -> QuerySet[SavedView]:
    """One's own views of a town."""
    return SavedView.objects.visible_to(user).filter(city=city)


def views_by_name(user: User, city: City) -> list[SavedView]:
    return sorted(views_of(user, city), key=lambda view: view.name.casefold())


@dataclass(frozen=True, slots=True)
class Choices:
    """What the town's cases can be told apart by: associations and communes, by name."""

    organisations: list[tuple[int, str]]
    communes: list[tuple[str, str]]


def choices(user: User, city: City) -> Choices:
    rows = (
        _of_town(user, city)
        .order_by()
        .values_list("organisation", "organisation__name", "commune", "commune__name")
    )
    organisations: dict[int, str] = {}
    communes: dict[str, str] = {}
    for organisation, name, insee, commune in rows.distinct():
        communes[insee] = commune
        if organisation is not None:
            organisations[organisation] = name
    return Choices(
        organisations=sorted(organisations.items(), key=lambda item: item[1].casefold()),
        communes=sorted(communes.items(), key=lambda item: item[1].casefold()),
    )


def needs(user: User, city: City) -> QuerySet[Need]:
    """The town's needs as its desk opens them."""
    found = with_desk(Need.objects.visible_to(user))
    return found.filter(city=city).select_related("commune", "organisation", "city")


def need(user: User, city: City, reference: str) -> Need:
    """One of them, or 404."""
    return get_object_or_404(needs(user, city), reference=reference)


def case(user: User, city: City, reference: str) -> Need:
    """One of them with `open_flags`: the days to come back to it that nobody has lifted, the next first."""
    flags = Flag.objects.visible_to(user).filter(need=OuterRef("pk"), lifted_at__isnull=True)
    rows = flags.order_by("day", "pk").values(
        row=JSONObject(pk="pk", words="words", day="day", by="by__name")
    )
    found = get_object_or_404(needs(user, city).annotate(open_flags=ArraySubquery(rows)), reference=reference)
    for flag in found.open_flags:  # type: ignore[attr-defined]
        flag["words"] = Flag.opened_words(flag["words"])
    return found


def with_matches(user: User, city: City, reference: str) -> Need:
    """One of them with `match_ids`: of all that was ever suggested, but for what another suggestion replaced."""
    rows = Match.objects.visible_to(user).filter(need=OuterRef("pk")).exclude(state=MatchState.SUPERSEDED)
    found = needs(user, city).annotate(match_ids=ArraySubquery(rows.order_by().values("pk")))
    return get_object_or_404(found, reference=reference)


def _of_town(user: User, city: City) -> NeedQuerySet:
    found: NeedQuerySet = Need.objects.visible_to(user).filter(city=city).exclude(state=NeedState.DRAFT)
    return found


def _asked_for(found: NeedQuerySet, wanted: Wanted, *, at: Moment) -> NeedQuerySet:
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    if wanted.urgency:
        found = found.filter(Exact(urgency_rank_on(at.today), URGENCY_RANKS[Urgency(wanted.urgency)]))
    if wanted.organisation:
        found = found.filter(organisation=int(wanted.organisation))
    if wanted.commune:
        found = found.filter(commune=wanted.commune)
    if wanted.owner:
        held = tonight.held().filter(need=OuterRef("pk"))
        found = (
            found.exclude(Exists(held))
            if wanted.owner == NOBODY
            else found.filter(Exists(held.filter(by=int(wanted.owner))))
        )
    if wanted.age:
        found = found.filter(created_at__lte=at.now - timedelta(days=int(wanted.age)))
    return found
