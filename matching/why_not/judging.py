"""Why does this pair not match? Every rule that it breaks, or where it stands in the need's list.

The engine judges the two rows as they are in this moment. Whether they are open to each other is read from rows: the
states of both, what is promised already, and what people have answered.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

import engine
from accounts.access import COORDINATION, towns_of
from accounts.models import Organisation, User
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from matching.lifecycle import ACTIVE, ANSWERED
from matching.models import Hold, Match, MatchState
from matching.reasons import engine_records as records
from matching.reasons import still_fits
from matching.reasons.facts import params_of, plain
from matching.reasons.sentences import note_sentence, standing_words, unmet_sentence
from matching.scanning import snapshots
from needs.models import Need, NeedChange
from offers.models import Offer, OfferChange


@dataclass(frozen=True, slots=True)
class Unmet:
    """A rule that the pair breaks. Of `open` there is one for each cause (`params["cause"]`)."""

    rule: str
    params: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        return unmet_sentence(self.rule, self.params)


@dataclass(frozen=True, slots=True)
class Note:
    """What else is to be known of a pair that is possible."""

    code: str
    params: Mapping[str, Any]

    @property
    def sentence(self) -> str:
        return note_sentence(self.code, self.params)


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The answer. `rank` and `score` are those that a scan in this moment would give, None when it is not possible.

    `match` is the pair's live match, a suggestion or one under way.
    """

    need: Need
    offer: Offer
    unmet: tuple[Unmet, ...]
    notes: tuple[Note, ...] = ()
    score: float | None = None
    rank: int | None = None
    possible: int | None = None  # how many offers are, for this need
    match: Match | None = None

    @property
    def is_possible(self) -> bool:
        return not self.unmet

    @property
    def standing(self) -> str:
        """Score and rank in words; empty where there are none."""
        if self.score is None or self.rank is None or self.possible is None:
            return ""
        return standing_words(self.score, self.rank, self.possible)


def needs_known_to(user: User) -> QuerySet[Need]:
    """The needs that somebody may ask about: those of the towns that they coordinate."""
    return Need.objects.filter(city__in=towns_of(user, COORDINATION)).select_related(*_LOADED, "organisation")


def offers_known_to(user: User, *, of: City) -> QuerySet[Offer]:
    """The offers that somebody may ask about for a need of this town: those of the towns that they coordinate, and
    those that linked towns share.
    """
    shared = Q(pk__in=Offer.objects.open().filter(share_with_linked=True, city__linked=of))
    own = Q(city__in=towns_of(user, COORDINATION))
    return Offer.objects.filter(own | shared).select_related(*_LOADED)


_LOADED = ("city", "commune")


def why_not(need: Need, offer: Offer, *, now: datetime) -> WhyNot:
    """Judge a pair. Reads the need's loaded `city` and `organisation`, and the offer's `city`.

    A pair that is under way is judged as if it were not, beside being told.
    """
    matches = list(Match.objects.filter(need=need, offer=offer).order_by("-changed_at", "-id"))
    live = next((match for match in matches if match.is_live), None)
    active = live if live is not None and live.state in ACTIVE else None
    held = Hold.objects.filter(Q(offer=offer) | Q(need=need)).select_related("need")
    holds = [hold for hold in held if active is None or hold.match_id != active.pk]
    today = local_day(now, need.city)
    given = [hold for hold in holds if hold.need_id == need.pk and not (hold.released or hold.beside)]
    promised = [*_promised(need, given, today)]
    closed = [
        *_closed_sides(need, offer),
        *promised,
        *_decided(need, offer, matches, active),
    ]
    # Of a need that lacks nothing, the rest is told as if it did.
    of_offer = [hold for hold in holds if hold.offer_id == offer.pk]
    unmet = _unmet(need, offer, closed, () if promised else given, of_offer, today=today)
    if unmet:
        return WhyNot(need, offer, unmet, match=live)
    return _standing(need, offer, live, now=now)


# --- Why a pair is not open ----------------------------------------------------------------------------


def _closed(cause: str, **params: object) -> Unmet:
    return Unmet("open", plain({"cause": cause, **params}))


def _closed_sides(need: Need, offer: Offer) -> Iterator[Unmet]:
    """The offer's state, the need's, and the association's."""
    if not offer.is_open:
        changed = OfferChange.objects.filter(offer=offer, to_state=offer.state).order_by("-at").first()
        since = changed.at if changed else offer.created_at
        yield _closed("offer", state=offer.state, since=local_day(since, offer.city))
    if offer.kind == Kind.HOUSING and offer.has_works:
        yield _closed("works", state=offer.dwelling_state)
    if not need.is_open:
        become = NeedChange.objects.filter(need=need, to_state=need.state).order_by("-at").first()
        since = become.at if become else need.created_at
        yield _closed("need", state=need.state, since=local_day(since, need.city))
    organisation = need.organisation
    if organisation is not None and organisation.state != Organisation.State.VERIFIED:
        yield _closed("association", state=organisation.state)


def _promised(need: Need, given: Sequence[Hold], today: date) -> Iterator[Unmet]:
    try:
        record = records.need_record(need, given=given)
    except (ValueError, ValidationError):
        return  # told of when the pair is judged
    if engine.is_provided_for(record, today=today):
        yield _closed("promised", kind=need.kind)


def _decided(need: Need, offer: Offer, matches: Iterable[Match], active: Match | None) -> Iterator[Unmet]:
    """That the pair is under way, or what was answered last, if neither side has changed since."""
    answered = (
        match
        for match in matches
        if match.state in ANSWERED
        and (match.need_revision, match.offer_revision) == (need.revision, offer.revision)
    )
    if active is not None:
        yield _closed("in_hand", state=active.state, since=local_day(active.changed_at, need.city))
    elif last := next(answered, None):
        yield _closed("answered", state=last.state, since=local_day(last.changed_at, need.city))


# --- The engine's judgement ----------------------------------------------------------------------------


def _unmet(
    need: Need,
    offer: Offer,
    closed: Sequence[Unmet],
    given: Sequence[Hold],
    of_offer: Sequence[Hold],
    *,
    today: date,
) -> tuple[Unmet, ...]:
    """Every rule that the pair breaks, in the engine's order; `open` is told by its causes."""
    side = "need"
    try:
        need_record = records.need_record(need, given=given)
        side = "offer"
        offer_record = records.offer_record(offer, holds=of_offer, asked=0, city=need.city)
    except (ValueError, ValidationError) as error:
        # Only a row that was written by hand: scans leave it out.
        return (*closed, _closed("unreadable", side=side, field=records.refused_field(error)))
    links = still_fits.links(need.city, offer.city)
    excluded = {(need.pk, offer.pk)} if closed else set()
    told: list[Unmet] = []
    for broken in engine.broken_rules(need_record, offer_record, today=today, links=links, excluded=excluded):
        if broken.rule == "open":
            told += closed
            continue
        params = params_of(engine.explain_near_miss(broken, need_record, offer_record, today), need, offer)
        if broken.rule == "city":
            params |= {"need": need.city.slug, "offer": offer.city.slug}
        if broken.rule == "dates":
            free = engine.broken_rules(need_record, replace(offer_record, holds=()), today=today, links=links)
            gap = next((one.gap for one in free if one.rule == "dates"), 0)
            is_held = gap is not None and broken.gap is not None and gap < broken.gap
            params |= {
                "kind": offer.kind,
                "promised": [_promise(hold, need) for hold in _in_the_way(of_offer, need)] if is_held else [],
            }
        told.append(Unmet(broken.rule, params))
    return tuple(told)


def _in_the_way(holds: Iterable[Hold], need: Need) -> list[Hold]:
    """What is held of an offer on days that the need asks for; of goods all, which are given once."""
    return [
        hold
        for hold in sorted(holds, key=lambda hold: (hold.first_day, hold.pk))
        if need.kind == Kind.GOODS or (hold.first_day <= need.last_day and need.first_day <= hold.last_day)
    ]


def _promise(hold: Hold, need: Need) -> dict[str, Any]:
    """For whom, when and how much. The reference of another town's need is that town's alone."""
    return plain(
        {
            "need": hold.need.reference if hold.need.city_id == need.city_id else None,
            "first_day": hold.first_day,
            "last_day": hold.last_day,
            "quantity": hold.quantity,
        }
    )


# --- Where a possible pair stands ----------------------------------------------------------------------


def _standing(need: Need, offer: Offer, live: Match | None, *, now: datetime) -> WhyNot:
    """Its score and its rank among all that are possible for the need, and why it is not in the list."""
    city = need.city
    snapshot = snapshots.asked([need], city=city, now=now).able()
    pairs = engine.feasible_pairs(
        snapshot.needs,
        snapshot.offers,
        today=local_day(now, city),
        weights=snapshot.weights,
        links=snapshot.links,
        excluded=snapshot.excluded,
    )
    ids = np.asarray(snapshot.offers.ids)[pairs.offer]
    # Nowhere only if somebody has changed one of the two since we judged.
    place = next(iter(np.flatnonzero(ids == offer.pk).tolist()), None)
    rank = None if place is None else place + 1
    score = None if place is None else float(pairs.score[place])
    notes = [Note(*_in_list(need, offer, live, rank))]
    if offer.kind == Kind.HOUSING and offer.vetted_at is None:
        notes.append(Note("not_vetted", {}))
    return WhyNot(need, offer, (), tuple(notes), score, rank, len(pairs), live)


def _in_list(need: Need, offer: Offer, live: Match | None, rank: int | None) -> tuple[str, Mapping[str, Any]]:
    if live is not None and live.state == MatchState.SUGGESTED:
        return "listed", {}
    if rank is not None and rank > engine.KEEP:
        return "beyond_kept", {"kept": engine.KEEP}
    if need.scan_due_at is not None:
        return "need_due", {}
    if offer.scan_due_at is not None:
        return "offer_due", {}
    return "not_found", {}
