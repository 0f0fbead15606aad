"""The two towns of the demonstration, with their real communes."""

import math
from dataclasses import dataclass
from datetime import datetime, time
from itertools import accumulate
from random import Random
from typing import Any

from accounts import services
from cities import selectors
from cities.models import City, Commune

# Ranges of numbers that are never given to anybody (kept by the regulator for films and examples).
PHONES = {"strasbourg": "03 53 01 00 67", "grenoble": "04 65 71 00 38"}

HOURS_IN = {
    "strasbourg": {
        "en": "Monday to Saturday, 8 am to 7 pm. Free of charge.",
        "ar": "من الإثنين إلى السبت، من 8 صباحا إلى 7 مساء. المكالمة مجانية.",
        "uk": "З понеділка до суботи, з 8 до 19 години. Дзвінок безкоштовний.",
        "fa-af": "از دوشنبه تا شنبه، از 8 صبح تا 7 شام. تماس رایگان است.",
        "es": "De lunes a sábado, de 8 a 19 h. Llamada gratuita.",
        "ru": "С понедельника по субботу, с 8 до 19 часов. Звонок бесплатный.",
    },
    "grenoble": {
        "en": "Monday to Friday, 9 am to 6 pm. Free of charge.",
        "ar": "من الإثنين إلى الجمعة، من 9 صباحا إلى 6 مساء. المكالمة مجانية.",
        "uk": "З понеділка до п’ятниці, з 9 до 18 години. Дзвінок безкоштовний.",
        "fa-af": "از دوشنبه تا جمعه، از 9 صبح تا 6 شام. تماس رایگان است.",
        "es": "De lunes a viernes, de 9 a 18 h. Llamada gratuita.",
        "ru": "С понедельника по пятницу, с 9 до 18 часов. Звонок бесплатный.",
    },
}
CHARTER = """J’accueille une personne ou une famille chez moi, pour les jours que nous avons convenus.

– Elle a une clé, un lit à elle et une porte qui ferme.
– Je ne demande ni loyer ni service en échange.
– J’accepte la visite de la ville avant le premier accueil, puis une fois par an.
– Si quelque chose ne va pas, j’appelle la ville. Elle aussi.
– Je peux arrêter. Je préviens la ville assez tôt pour qu’elle trouve un autre toit."""


@dataclass(frozen=True, slots=True)
class Town:
    """What is needed to open a town, and its share of the demonstration at full size."""

    slug: str
    name: str
    seat: str
    epci: str
    hours: str
    offers: int
    needs: int
    organisations: int
    settings: tuple[tuple[str, Any], ...] = ()


TOWNS = (
    Town(
        slug="strasbourg",
        name="Strasbourg",
        seat="67482",
        epci="246700488",
        hours="du lundi au samedi, 8 h – 19 h. Appel gratuit.",
        offers=800,
        needs=250,
        organisations=24,
    ),
    Town(
        slug="grenoble",
        name="Grenoble",
        seat="38185",
        epci="200040715",
        hours="du lundi au vendredi, 9 h – 18 h. Appel gratuit.",
        offers=400,
        needs=150,
        organisations=16,
    ),
)


def open_town(town: Town, *, now: datetime) -> City:
    """Open a town with its number, hours and territory."""
    return services.create_city(
        slug=town.slug,
        name=town.name,
        locative=f"À {town.name}",
        seat=Commune.objects.get(pk=town.seat),
        by=None,
        now=now,
        epci_code=town.epci,
        phone=PHONES[town.slug],
        phone_hours=town.hours,
        phone_hours_in=HOURS_IN[town.slug],
        charter_text=CHARTER,
        email=f"accueil@{town.slug}.demo.example",
        # Somebody tries it at whatever hour.
        quiet_from=time(0),
        quiet_until=time(0),
        **dict(town.settings),
    )


class Places:
    """The communes of a town, drawn in proportion to their people; a point never far from the centre."""

    def __init__(self, city: City, rng: Random) -> None:
        self._rng = rng
        self._communes = list(selectors.communes_of(city).order_by("insee"))
        self._reached = list(accumulate(commune.population for commune in self._communes))

    def named(self, name: str) -> Commune:
        return next(commune for commune in self._communes if commune.name == name)

    def draw(self) -> Commune:
        return self._rng.choices(self._communes, cum_weights=self._reached)[0]

    def point(self, commune: Commune) -> tuple[float, float]:
        """Within 300 m of a village's centre, 3 km of a large town's."""
        spread_km = min(3.0, 0.3 + math.sqrt(commune.population) / 180)
        distance, turn = spread_km * math.sqrt(self._rng.random()), self._rng.random() * 2 * math.pi
        north, east = distance * math.cos(turn) / 111.2, distance * math.sin(turn) / 111.2
        latitude = commune.latitude + north
        return round(latitude, 5), round(commune.longitude + east / math.cos(math.radians(latitude)), 5)
