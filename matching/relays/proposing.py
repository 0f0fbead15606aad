"""A whole relay is proposed in one act: each host is asked for their own days, or nobody is asked at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Self

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from catalogue.vocabulary import Kind
from cities import selectors as cities
from engine.relay import MOST_HOMES
from matching import linked_towns, rewriting, services
from matching.lifecycle import Act, NotPossible
from matching.models import Hold, Match, MatchState
from matching.relays.finding import Possible
from needs import services as needs
from needs.models import Need
from offers.models import Offer


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of one home, as the coordinator saw it: which days, of the offer as it was then."""

    offer_id: int
    offer_revision: int
    first_day: date
    last_day: date

    def __str__(self) -> str:
        """As a form carries it: "17.2.2026-04-01.2026-04-10"."""
        return f"{self.offer_id}.{self.offer_revision}.{self.first_day}.{self.last_day}"

    @classmethod
    def read(cls, text: str) -> Self:
        """ValueError for what no form of ours has sent."""
        offer, revision, first, last = text.split(".")
        return cls(int(offer), int(revision), date.fromisoformat(first), date.fromisoformat(last))

    @classmethod
    def of(cls, part: Match) -> Self:
        return cls(part.offer_id, part.offer_revision, part.first_day, part.last_day)


class NotWhole(Exception):
    """One home cannot be asked, so none is."""

    def __init__(self, offer: Offer, failure: NotPossible) -> None:
        super().__init__(f"offer {offer.pk}: {failure}")
        self.offer, self.failure = offer, failure


@transaction.atomic
def propose(
    *, need_id: int, need_revision: int, parts: Sequence[Wanted], by: User, now: datetime
) -> list[Match]:
    """Ask each host for their days; of a home of a linked town its town is asked first, and the match is still a
    suggestion. All of it, or nothing.

    Raises NotWhole with the first home that cannot be asked and why (as `services.propose`, and "state" when it has
    been asked or has answered), NotPossible ("closed", "changed") of the need itself, ValueError for parts that do not
    follow one another, ObjectDoesNotExist for what is no home, or none that the town knows.
    """
    if not _in_turn(parts):
        raise ValueError("parts: two or three homes, one after the other")
    city = Need.objects.select_related("city").get(pk=need_id, kind=Kind.HOUSING).city
    offers = {
        offer.pk: offer
        for offer in Offer.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city")
        .filter(
            Q(city=city) | Q(city__in=cities.linked_city_ids(city), share_with_linked=True),
            pk__in=[part.offer_id for part in parts],
        )
        .order_by("pk")
    }
    need = Need.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=need_id)
    if len(offers) != len(parts):
        raise Offer.DoesNotExist
    if not need.is_open:
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "closed")
    if need.revision != need_revision:
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "changed")
    possible = Possible.read(need, now=now)
    relay = rewriting.relay_of((offers[part.offer_id], part.first_day, part.last_day) for part in parts)
    asked = []
    for part in parts:
        offer = offers[part.offer_id]
        try:
            asked.append(_ask(part, offer, possible, relay, by=by, now=now))
        except NotPossible as failure:
            raise NotWhole(offer, failure) from failure
    needs.mark_due(need_ids=[need.pk], now=now)  # also where towns alone were asked, and nothing is held yet
    return asked


def _in_turn(parts: Sequence[Wanted]) -> bool:
    return (
        2 <= len(parts) <= MOST_HOMES
        and len({part.offer_id for part in parts}) == len(parts)
        and all(part.first_day <= part.last_day for part in parts)
        and all(one.last_day < other.first_day for one, other in pairwise(parts))
    )


def _ask(
    part: Wanted,
    offer: Offer,
    possible: Possible,
    relay: rewriting.RelayParts | None,
    *,
    by: User,
    now: datetime,
) -> Match:
    need = possible.need
    suggestion = rewriting.suggestion_of(need, offer)
    if not offer.is_open:
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "closed")
    if offer.revision != part.offer_revision:
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "changed")
    wanted = possible.part(offer, part.first_day, part.last_day)
    if wanted is None:
        # Neither side has changed itself: somebody holds these days, or the day is another.
        why = "taken" if _is_held(part, need, offer) else "changed"
        raise NotPossible(Act.PROPOSE, MatchState.SUGGESTED, why)
    match_id = rewriting.as_wanted(suggestion, wanted)
    if offer.city_id != need.city_id:
        return linked_towns.ask(match_id=match_id, by=by, now=now, relay=relay).match
    return services.ask_citizen(match=services.locked(match_id), by=by, now=now, relay=relay)


def _is_held(part: Wanted, need: Need, offer: Offer) -> bool:
    # Of the offer whatever is held is held; the need does not count what is asked beside others, or was given back.
    sides = Q(offer=offer) | Q(need=need, beside=False, released=False)
    return Hold.objects.filter(sides, first_day__lte=part.last_day, last_day__gte=part.first_day).exists()
