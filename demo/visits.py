"""The visits of a town of the demonstration, and the dwellings that are on their way."""

from collections.abc import Collection
from datetime import datetime, time, timedelta

from catalogue.vocabulary import Kind
from cities.days import at_hour, local_day
from cities.models import City
from demo.people import People
from homes import services
from homes.models import Stage, Visit, VisitChange, VisitState
from homes.questions import BUILT_IN
from homes.services.visits import months_later
from offers.models import Offer, OfferState

# How each dwelling is called, for how many, how far it has come, the rent, and what it has cost.
DWELLINGS = (
    ("Presbytère, deux étages", 6, Stage.WORKS, 420, (("Chaudière", 3200), ("Peinture", 900))),
    ("T3 au-dessus de l’école", 4, Stage.READY, 350, (("Serrures", 180), ("Peinture", 650))),
    ("Logement de fonction, ancienne gendarmerie", 5, Stage.OWNER, 0, ()),
    ("Studio de la maison des associations", 2, Stage.FOUND, None, ()),
)
NOTES = (
    "Escalier étroit, bien éclairé.",
    "Quartier calme, bus à deux minutes.",
    "",
    "La chienne est très douce.",
    "",
)


def note_past(city: City, *, now: datetime) -> None:
    """The visit of each home that counts as visited, as it would have been noted; one of them runs out soon."""
    homes = Offer.objects.filter(city=city, vetted_at__isnull=False).order_by("pk")
    visits = []
    for number, home in enumerate(homes):
        assert home.vetted_at is not None
        assert home.vetted_by_id is not None  # offer_vetted_at_by
        day = local_day(home.vetted_at, city)
        visits.append(
            Visit(
                offer=home,
                visitor_id=home.vetted_by_id,
                starts_at=home.vetted_at - timedelta(hours=1),
                state=VisitState.PASSED,
                answers=[{"question": str(asked), "answer": "yes", "note": ""} for asked in BUILT_IN],
                extract="yes" if home.shared_home else "no",
                extract_on=day if home.shared_home else None,
                extract_by_id=home.vetted_by_id if home.shared_home else None,
                charter_on=day,
                note=NOTES[number % len(NOTES)],
                concluded_at=home.vetted_at,
                concluded_by_id=home.vetted_by_id,
                valid_until=months_later(day, 12) if number else local_day(now, city) + timedelta(days=18),
                created_at=home.vetted_at - timedelta(days=4),
                changed_at=home.vetted_at,
            )
        )
    Visit.objects.bulk_create(visits)
    VisitChange.objects.bulk_create(
        VisitChange(
            visit=visit,
            what={"state": [VisitState.PLANNED, VisitState.PASSED]},
            by_id=visit.concluded_by_id,
            at=visit.starts_at + timedelta(hours=1),
        )
        for visit in visits
    )


def plan_some(city: City, people: People, *, reserved: Collection[Offer], now: datetime) -> None:
    """Visits of this week: one whose host prefers a Saturday, one that stands, one that has just come to a no."""
    first, second = people.coordinators[:2]
    homes = (
        Offer.objects.filter(city=city, kind=Kind.HOUSING, state=OfferState.ACTIVE, vetted_at__isnull=True)
        .exclude(pk__in=[offer.pk for offer in reserved])
        .select_related("owner")
        .order_by("created_at", "pk")[:3]
    )
    asked = now - timedelta(days=1)
    for number, home in enumerate(homes):
        day = local_day(now, city) + timedelta(days=number + 1)
        visit = services.plan(
            offer_id=home.pk,
            starts_at=at_hour(day, time(10 + 4 * (number % 2)), city),
            visitor=(first, second, first)[number],
            by=first,
            now=asked,
        )
        if number == 0:
            services.ask_other_time(visit_id=visit.pk, wish="saturday", by=home.owner, now=now)
        if number == 2:
            services.refuse(visit_id=visit.pk, reason="no_own_room", by=first, now=now)


def note_dwellings(city: City, people: People, *, now: datetime) -> None:
    by, today = people.coordinators[0], local_day(now, city)
    path = list(Stage)
    for number, (title, capacity, reached, rent, costs) in enumerate(DWELLINGS):
        found = now - timedelta(days=90 - 20 * number)
        fields = {
            "title": title, "commune": city.seat, "capacity": capacity, "rent": rent,
            "owner_name": "Mairie", "lease_from": today if reached == Stage.READY else None,
        }  # fmt: skip
        dwelling = services.find_dwelling(city=city, fields=fields, by=by, now=found)
        for step, stage in enumerate(path[1 : path.index(reached) + 1], start=1):
            services.move_to(
                dwelling_id=dwelling.pk,
                stage=stage,
                due_on=today + timedelta(days=14),
                by=by,
                now=found + timedelta(days=4 * step),
            )
        for what, euros in costs:
            day = today - timedelta(days=10)
            services.add_cost(dwelling_id=dwelling.pk, what=what, euros=euros, day=day, by=by, now=now)
