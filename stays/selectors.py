"""Reading stays: of a person, of a home, of a need, of a town. Each a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Organisation, User
from catalogue.vocabulary import Category, Kind
from cities.models import City
from matching.models import CONTACT_STATES, Decision, Hold, Match, MatchState
from needs.models import OPEN_STATES, Need
from offers.models import Offer, OfferState
from stays.models import Sponsorship

SIDES = (
    "city", "offer__owner", "offer__commune", "offer__city", "need__commune", "need__organisation", "need__person",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FreeBeds:
    """The beds that nobody has, by day in the order asked for: of a commune's homes, or of one place for many, which
    has a name.
    """

    commune: str
    place: str
    beds: tuple[int, ...]


def of_person(user: User, city: City) -> QuerySet[Match]:
    """Matches of the town that somebody may see and to which both sides have said yes."""
    return Match.objects.visible_to(user).filter(city=city, state__in=CONTACT_STATES).select_related(*SIDES)


def sponsorship_of(user: User, match: Match) -> Sponsorship | None:
    """What was agreed on of a sponsorship, for whom it concerns."""
    return Sponsorship.objects.visible_to(user).filter(match=match).select_related("framed_by").first()


def framing(city: City) -> QuerySet[Organisation]:
    """The associations of the town that may frame a sponsorship."""
    return Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).order_by("name")


def of_need(user: User, need: Need) -> QuerySet[Match]:
    """The same of a need, the first to begin first."""
    return of_person(user, need.city).filter(need=need).order_by("first_day", "pk")


def held(offer: Offer, *, first_day: date, last_day: date) -> list[Hold]:
    """What is held of an offer on some of these days, the first to begin first, each with its match and its need."""
    return list(
        Hold.objects.filter(offer=offer, first_day__lte=last_day, last_day__gte=first_day)
        .select_related("match", "need__organisation", "need__commune")
        .order_by("first_day", "pk")
    )


def asleep_on(user: User, city: City, night: date) -> QuerySet[Match]:
    """Who sleeps where that night: homes that are confirmed or begun, by commune and home. For coordinators."""
    return (
        Match.objects.visible_to(user)
        .filter(
            city=city,
            need__kind=Kind.HOUSING,
            state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY],
            first_day__lte=night,
            last_day__gte=night,
        )
        .select_related(*SIDES)
        .order_by("offer__commune__name", "offer__reference", "pk")
    )


def to_rehouse(user: User, city: City, night: date) -> QuerySet[Need]:
    """Who had a home and has none for that night: it was agreed on and called off, or is over, early or not, while the
    need goes on, also those of an association that is suspended. Open needs, the longest known first. For coordinators.
    """
    there = Match.objects.filter(need=OuterRef("pk"), first_day__lte=night)
    # What was called off keeps the days for which it was agreed.
    called_off = Q(state__in=[MatchState.CANCELLED, MatchState.BROKEN_OFF], last_day__gte=night)
    agreed = Decision.objects.filter(match=OuterRef("pk"), to_state=MatchState.CONFIRMED)
    ended = there.filter(called_off | Q(state=MatchState.COMPLETED)).filter(Exists(agreed))
    sleeps = there.filter(
        state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY], last_day__gte=night, rehouse_from__isnull=True
    )
    return (
        Need.objects.visible_to(user)
        .filter(Exists(ended), ~Exists(sleeps), city=city, kind=Kind.HOUSING)
        .filter(first_day__lte=night, last_day__gte=night, state__in=OPEN_STATES)
        .select_related("city", "organisation")
        .order_by("created_at", "pk")
    )


def free_beds(city: City, days: list[date]) -> list[FreeBeds]:
    """Beds that nobody is asked for, has promised or uses, in homes and places of the town that were visited and are
    open; each commune and each place that has some on one of these days, the places last.
    """
    beds: defaultdict[tuple[str, str], dict[date, int]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(
            _FREE,
            {
                "city": city.pk,
                "first": days[0],
                "last": days[-1],
                "state": OfferState.ACTIVE,
                "kind": Kind.HOUSING,
                "collective": Category.COLLECTIVE_PLACE,
            },
        )
        for commune, place, day, free in cursor.fetchall():
            beds[place, commune][day] = free
    return [
        FreeBeds(commune, place, tuple(by_day.get(day, 0) for day in days))
        for (place, commune), by_day in sorted(beds.items())
        if any(by_day.values())
    ]


# One row a home and day, then summed: what is held is counted beside its home, on the days that it has.
_FREE = """
WITH homes AS (
    SELECT o.id, o.capacity, c.name AS commune,
        CASE WHEN o.category = %(collective)s THEN o.title ELSE '' END AS place
    FROM offers_offer o JOIN cities_commune c ON c.insee = o.commune_id
    WHERE o.city_id = %(city)s AND o.state = %(state)s AND o.kind = %(kind)s AND o.vetted_at IS NOT NULL
), open_days AS (
    SELECT h.id, h.capacity, h.commune, h.place, d.day::date AS day
    FROM homes h JOIN offers_window w ON w.offer_id = h.id
    CROSS JOIN LATERAL generate_series(
        greatest(w.first_day, %(first)s::date), least(coalesce(w.last_day, %(last)s::date), %(last)s::date),
        interval '1 day') AS d (day)
), taken AS (
    SELECT m.offer_id, d.day::date AS day, sum(m.quantity) AS quantity
    FROM matching_hold m JOIN homes h ON h.id = m.offer_id
    CROSS JOIN LATERAL generate_series(
        greatest(m.first_day, %(first)s::date), least(m.last_day, %(last)s::date), interval '1 day') AS d (day)
    GROUP BY m.offer_id, d.day
)
SELECT o.commune, o.place, o.day, sum(greatest(o.capacity - coalesce(t.quantity, 0), 0))::int
FROM open_days o LEFT JOIN taken t ON t.offer_id = o.id AND t.day = o.day
GROUP BY o.commune, o.place, o.day
"""


def days_from(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]
