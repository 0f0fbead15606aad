"""A day centre in each town with beds for the night, and two evenings for which volunteers are wanted."""

from datetime import datetime, time, timedelta
from random import Random

from catalogue.vocabulary import Category, Household
from cities.days import local_day
from cities.models import City
from demo.offer_rows import reference
from demo.people import People
from needs.models import Need
from offers.models import Offer
from shelters import services

BEDS = {
    "capacity": 12,
    "accepts": [Household.MEN],
    "step_free": True,
    "pets_accepted": True,
    "longest_stay_days": 7,
}


def open_one(city: City, people: People, rng: Random, *, now: datetime) -> None:
    """Entered by the visitor's own association, and seen by the town."""
    by, coordinator = people.member, people.coordinators[0]
    today = local_day(now, city)
    shelter = services.found(
        city=city,
        organisation=people.association,
        fields={
            "name": "Accueil de jour du Quai",
            "commune": city.seat,
            "address": "8 quai des Essais",
            "phone": "",
            "arrives_from": time(18),
            "arrives_until": time(21),
            "rules": "Repas chaud à 19 h. Les bagages restent dans la salle.",
        },
        by=by,
        now=now,
    )
    beds = services.add_nights(
        shelter_id=shelter.pk, fields=BEDS, first_day=today, last_day=None, by=by, now=now
    )
    # Drawn from the seed, as all references of the demonstration.
    Offer.objects.filter(pk=beds.offer_id).update(reference=reference("P", rng))
    services.see(shelter_id=shelter.pk, by=coordinator, now=now)
    for title, category, weekday in (
        ("Accueil du soir", Category.RECEPTION, 1),
        ("Service du repas", Category.MEALS, 3),
    ):
        posted = services.add_shifts(
            shelter_id=shelter.pk,
            title=title,
            category=category,
            weekdays=[weekday],
            start_minute=19 * 60,
            end_minute=21 * 60,
            volunteers=2,
            first_day=today + timedelta(days=1),
            last_day=today + timedelta(days=7),
            weekly=False,
            by=by,
            now=now,
        )
        for need in posted:
            Need.objects.filter(pk=need.pk).update(reference=reference("B", rng))
