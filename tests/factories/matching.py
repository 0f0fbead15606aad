"""Matches for tests: never made by hand, always the engine's own suggestions."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Membership, User
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from matching import scanning
from matching.models import Match, MatchState
from needs.models import Need
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

# Monday noon in Strasbourg. Pages read the real clock: give them `now=timezone.now()`.
NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)

NEED_SHAPES: dict[str, dict[str, Any]] = {
    Kind.HOUSING: {},
    Kind.GOODS: {"goods": True},
    Kind.SKILL: {"skill": True},
}
OFFER_SHAPES: dict[str, dict[str, Any]] = {
    Kind.HOUSING: {"vetted": True, "capacity": 3},
    Kind.GOODS: {"goods": True},
    Kind.SKILL: {"interpreting": True},
}


def drain(now: datetime = NOW) -> None:
    """Scan whatever is due, as a worker does, until nothing is."""
    while scanning.scan_due_needs(by=None, now=now) or scanning.scan_due_offers(by=None, now=now):
        pass


def due_offer(*, city: City, kind: str = Kind.HOUSING, now: datetime = NOW, **fields: Any) -> Offer:
    """An active offer that waits for its scan: a visited room for three, 10 duvets, or an interpreter."""
    fields = {"confirmed_at": now, "scan_due_at": now, **OFFER_SHAPES[kind], **fields}
    return OfferFactory(city=city, **fields)


def due_need(*, city: City, kind: str = Kind.HOUSING, now: datetime = NOW, **fields: Any) -> Need:
    """An open need that waits for its scan, for thirty days from ten days after `now`.

    A household of three, 10 duvets of which part is useful, or an interpreter for two hours a week.
    """
    first_day = local_day(now, city) + timedelta(days=10)
    days = {"first_day": first_day, "last_day": first_day + timedelta(days=29)}
    fields = {**days, "scan_due_at": now, "created_at": now, **NEED_SHAPES[kind], **fields}
    return NeedFactory(city=city, **fields)


def suggested_match(
    *,
    now: datetime = NOW,
    city: City | None = None,
    kind: str = Kind.HOUSING,
    need: Need | dict[str, Any] | None = None,
    offer: Offer | dict[str, Any] | None = None,
) -> Match:
    """A need and an offer that suit each other, and the suggestion that the scan makes of them.

    `need` and `offer` are rows, or fields for their factories.
    """
    city = city or CityFactory()
    the_offer = offer if isinstance(offer, Offer) else due_offer(city=city, kind=kind, now=now, **offer or {})
    the_need = need if isinstance(need, Need) else due_need(city=city, kind=kind, now=now, **need or {})
    drain(now)
    return Match.objects.get(need=the_need, offer=the_offer, state=MatchState.SUGGESTED)


@dataclass(frozen=True, slots=True)
class Story:
    """A suggestion, and one person per role around it."""

    match: Match
    city: City
    coordinator: User
    citizen: User
    member: User

    @property
    def state(self) -> str:
        return Match.objects.values_list("state", flat=True).get(pk=self.match.pk)


def story(**options: Any) -> Story:
    """`suggested_match(**options)` with a coordinator of its town and a member of its association."""
    match = suggested_match(**options)
    membership = Membership.objects.filter(organisation=match.need.organisation).first()
    if membership is not None:
        member = membership.user
    elif match.need.organisation is not None:
        member = MembershipFactory(organisation=match.need.organisation).user
    else:
        member = match.need.person
    coordinator = CityRoleFactory(city=match.city).user
    return Story(match, match.city, coordinator, match.offer.owner, member)
