"""When a match takes place, for calendars: a stay, a hand-over, lessons by their days, an appointment by its hours."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst

from accounts.models import User
from catalogue.calendars import Entry
from catalogue.saying import titled
from catalogue.slots import parse_slot
from catalogue.vocabulary import HandOver, Kind, Rhythm
from cities.days import hours
from matching.lifecycle import Act
from matching.messages.phrases import when
from matching.models import Decision, Match, MatchQuerySet, MatchState
from matching.selectors import posters_of
from needs.models import NeedEdit
from needs.words import given_words, public_title_of
from notifications.invitations import Composer, from_town
from offers.models import OfferEdit


def with_edits(matches: MatchQuerySet) -> MatchQuerySet:
    """Each with `edits`: how often what its entry is made of has changed; and with all else that `entry` reads."""
    counted = _count(NeedEdit.objects.filter(need=OuterRef("need_id")), "need") + _count(
        OfferEdit.objects.filter(offer=OuterRef("offer_id")), "offer"
    )
    other_days = Decision.objects.filter(match=OuterRef("pk"), act__in=[Act.STAY_LONGER, Act.SHORTEN])
    counted += _count(other_days, "match")
    return matches.select_related(
        "city", "need__commune", "need__organisation", "need__person", "offer__commune", "offer__owner"
    ).annotate(edits=counted)


def entry(match: Match, *, title: str, place: str, url: str) -> Entry:
    """Of a match that `with_edits` has read."""
    starts, ends = _span(match)
    over = match.state == MatchState.CANCELLED or (
        match.state == MatchState.BROKEN_OFF and (isinstance(starts, datetime) or ends <= starts)
    )
    return Entry(
        key=f"match.{match.pk}",
        starts=starts,
        ends=ends if ends > starts else starts + timedelta(days=1),
        title=title,
        details=_details(match),
        place=place,
        url=url,
        changed_at=max(match.changed_at, match.need.changed_at, match.offer.changed_at).astimezone(UTC),
        # Ended or called off, it has changed once more.
        sequence=match.edits + (match.state in (MatchState.CANCELLED, MatchState.BROKEN_OFF)),  # type: ignore[attr-defined]
        is_cancelled=over,
    )


def for_side(match: Match, *, is_owner: bool) -> Entry:
    """As one of the two reads it whose contacts are exchanged: a citizen no more of the need than its figures."""
    title = public_title_of(match.need, quantity=match.quantity) if is_owner else titled(match.need)
    return entry(match, title=title, place=address_of(match), url=page_of(match))


def commune_of(match: Match) -> str:
    """Where people meet, as far as everybody concerned may know."""
    return str((match.offer if _at_the_offers(match) else match.need).commune.name)


def address_of(match: Match) -> str:
    """The same with the address, for those two whose contacts are exchanged."""
    if not _at_the_offers(match) or not match.offer.address:
        return commune_of(match)
    return f"{match.offer.address}, {match.offer.commune.name}"


def page_of(match: Match) -> str:
    """The path of the page for those whom it concerns; they sign in there. A calendar's entries are passed on."""
    return reverse("matching:mine_one", args=[match.city.slug, match.pk])


def _invite(match_id: int, reader: User) -> tuple[str, bytes] | None:
    """What goes with a message that a match is confirmed, has moved, is called off or ends early; to the two sides of
    it alone, and only once it was confirmed.
    """
    match = with_edits(Match.objects.filter(pk=match_id)).first()
    if match is None:
        return None
    is_owner = match.offer.owner_id == reader.pk
    if not (is_owner or reader in posters_of(match.need)) or not reader.email:
        return None
    if not Decision.objects.filter(match=match, act=Act.CONFIRM).exists():
        return None
    return from_town(for_side(match, is_owner=is_owner), city=match.city, reader=reader)


INVITATIONS: Mapping[str, Composer] = dict.fromkeys(
    (
        "match_confirmed",
        "match_moved",
        "match_longer",
        "match_shortened",
        "match_cancelled",
        "match_broken_off",
    ),
    _invite,
)


def _span(match: Match) -> tuple[date | datetime, date | datetime]:
    """Its days, or the hours of an appointment that has its day and its hour."""
    need = match.need
    if need.rhythm == Rhythm.ONCE and match.first_day == match.last_day:
        slots = [slot for slot in map(parse_slot, need.slots) if slot.weekday == match.first_day.weekday()]
        if len(slots) == 1:
            return hours(match.first_day, slots[0].start_minute, slots[0].end_minute, match.city)
    return match.first_day, match.ended_on or match.last_day + timedelta(days=1)


def _details(match: Match) -> str:
    city = match.city
    lines = (
        capfirst(when(match)),
        given_words(match.need, match.quantity),
        f"{city.name} {city.phone}".strip(),
    )
    return "\n".join(lines)


def _at_the_offers(match: Match) -> bool:
    """Whether one goes to whoever offers: to a home, for things that are fetched."""
    offer = match.offer
    return offer.kind == Kind.HOUSING or (offer.kind == Kind.GOODS and offer.hand_over != HandOver.DELIVERED)


def _count(edits: QuerySet[Any], side: str) -> Coalesce:
    counted = edits.order_by().values(side).annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counted), 0)
