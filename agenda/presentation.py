"""What stands in somebody's agenda: what their pages show them, without contacts, addresses or what people have typed.
Whoever holds the address of the agenda reads it, the maker of their calendar among them, and who reads a contact is to
be noted.
"""

from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.urls import reverse
from django.utils.text import capfirst

from accounts.access import COORDINATION, towns_of
from accounts.models import User
from catalogue.calendars import Entry
from homes import invitations as visits
from homes.models import Visit, VisitState
from matching import invitations
from matching.models import Match, MatchState
from needs.words import public_title_of
from oncall.models import Shift

PAST = timedelta(days=30)
# Of what begins first: in a large town what comes in half a year has its time.
MOST = 300
AGREED = (MatchState.CONFIRMED, MatchState.UNDER_WAY, MatchState.COMPLETED)


def entries(person: User, *, now: datetime) -> list[Entry]:
    """In the language that is active; the same number of queries however much there is."""
    return [*_shifts(person, now=now), *_visits(person, now=now), *_matches(person, now=now)]


def _matches(person: User, *, now: datetime) -> list[Entry]:
    """What both sides have said yes to: one's own, and for a coordinator all of the town."""
    since = (now - PAST).date()
    agreed = Match.objects.visible_to(person).filter(state__in=AGREED, last_day__gte=since)
    coordinated = set(towns_of(person, COORDINATION).values_list("city", flat=True))
    return [
        _entry(match, person, coordinates=match.city_id in coordinated)
        for match in invitations.with_edits(agreed).order_by("first_day", "pk")[:MOST]
    ]


def _entry(match: Match, person: User, *, coordinates: bool) -> Entry:
    title, url = public_title_of(match.need, quantity=match.quantity), invitations.page_of(match)
    if match.offer.owner_id != person.pk:
        title = f"{title} ({match.need.reference})"
        if coordinates:
            url = reverse("desk:case", args=[match.city.slug, match.need.reference])
    return invitations.entry(match, title=title, place=invitations.commune_of(match), url=url)


def _shifts(person: User, *, now: datetime) -> list[Entry]:
    """One's own of the rota, in the towns where one still has a part in it."""
    own = Shift.objects.visible_to(person).standing().filter(person=person, ends_at__gte=now - PAST)
    edited = own.annotate(changes=Count("edits"), changed_at=Max("edits__at")).select_related("city")
    return [
        Entry(
            key=f"shift.{shift.pk}",
            starts=shift.starts_at,
            ends=shift.ends_at,
            title=f"{capfirst(shift.get_rank_display())} · {shift.city.name}",
            changed_at=shift.changed_at or shift.created_at,  # type: ignore[attr-defined]
            url=reverse("oncall:rota", args=[shift.city.slug]),
            sequence=shift.changes,  # type: ignore[attr-defined]
        )
        for shift in edited.order_by("starts_at", "pk")[:MOST]
    ]


def _visits(person: User, *, now: datetime) -> list[Entry]:
    """Of one's own home, those that one makes, and for a coordinator all of the town."""
    seen = Visit.objects.visible_to(person).exclude(state=VisitState.CANCELLED)
    coming = visits.with_edits(seen.filter(starts_at__gte=now - PAST)).order_by("starts_at", "pk")[:MOST]
    return [_visit(visit, person) for visit in coming]


def _visit(visit: Visit, person: User) -> Entry:
    is_owner = visit.offer.owner_id == person.pk
    title = visits.title_of(visit, is_owner=is_owner)
    if not is_owner and visit.visitor_id != person.pk:
        title = f"{title} · {visit.visitor}"
    url = visits.page_of(visit, is_owner=is_owner)
    return visits.entry(visit, title=title, place=visits.commune_of(visit), url=url)
