"""Kinds of towns: how much is offered and asked, when, where, for how long, and how many hours the desk has.

Invented from the public figures of docs/behaviour.md: no town's own data.
"""

from dataclasses import dataclass

from engine.vocabulary import Kind, Urgency

Weighted = tuple[tuple[int, float], ...]
Kinds = tuple[tuple[Kind, float], ...]

# Half of the proposals in Strasbourg are goods, over a quarter homes, 26 % help (docs/behaviour.md).
_STRASBOURG: Kinds = (("goods", 0.48), ("housing", 0.26), ("skill", 0.26))
_HOMES: Kinds = (("goods", 0.22), ("housing", 0.60), ("skill", 0.18))


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """`early`: the share of the offers that come in the first four weeks, half of these in the first.
    `surge`: from which day on, for how many days, what share of the needs. `minutes`: of coordination, on a weekday,
    and on each day of a weekend. `ring_km`: how far the communes around the centre lie; `cities`: linked ones, each
    with as much, 25 km apart.
    """

    name: str
    words: str
    days: int
    offers: int
    needs: int
    offer_kinds: Kinds = _STRASBOURG
    need_kinds: Kinds = (("goods", 0.35), ("housing", 0.45), ("skill", 0.20))
    early: float = 0.4
    surge: tuple[int, int, float] = (0, 0, 0.0)
    stays: Weighted = ((14, 0.2), (30, 0.3), (60, 0.2), (90, 0.2), (180, 0.1))
    urgencies: tuple[tuple[Urgency, float], ...] = (("tonight", 0.2), ("this_week", 0.4), ("planned", 0.4))
    minutes: tuple[int, int] = (240, 30)
    ring_km: float = 9.0
    cities: int = 1

    def __post_init__(self) -> None:
        for name in ("days", "offers", "needs"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: a number from 0 up is expected, not {getattr(self, name)}")


TOWNS = {
    town.name: town
    for town in (
        Town(
            name="ville",
            words="Une ville comme Strasbourg : 1 200 propositions, 700 besoins en un an, un coordinateur"
            " quatre heures par jour",
            days=364,
            offers=1_200,
            needs=700,
        ),
        Town(
            name="calme",
            words="Un bourg de montagne : 150 propositions, 400 besoins, des séjours de un à cinq jours, une heure"
            " de coordination par jour",
            days=364,
            offers=150,
            needs=400,
            offer_kinds=_HOMES,
            need_kinds=(("goods", 0.1), ("housing", 0.85), ("skill", 0.05)),
            stays=((1, 0.25), (2, 0.3), (3, 0.35), (5, 0.1)),
            urgencies=(("tonight", 0.7), ("this_week", 0.2), ("planned", 0.1)),
            minutes=(60, 30),
            ring_km=14.0,
        ),
        Town(
            name="afflux",
            words="Un afflux : 1 500 personnes en quatre semaines, 900 propositions, deux coordinateurs à plein temps",
            days=182,
            offers=900,
            needs=1_000,
            offer_kinds=_HOMES,
            need_kinds=(("goods", 0.10), ("housing", 0.85), ("skill", 0.05)),
            early=0.9,
            surge=(14, 28, 0.98),
            urgencies=(("tonight", 0.4), ("this_week", 0.5), ("planned", 0.1)),
            minutes=(840, 240),
        ),
        Town(
            name="paire",
            words="Deux villes liées à 25 km l’une de l’autre, chacune avec 400 propositions et 250 besoins",
            days=364,
            offers=800,
            needs=500,
            minutes=(180, 20),
            cities=2,
        ),
        Town(
            name="metropole",
            words="Une métropole : 3 000 propositions, 2 000 besoins en un an, deux coordinateurs et demi",
            days=364,
            offers=3_000,
            needs=2_000,
            minutes=(600, 60),
            ring_km=12.0,
        ),
        Town(
            name="petite",
            words="La ville en petit, pour la sensibilité : 120 propositions, 70 besoins en 8 semaines",
            days=56,
            offers=120,
            needs=70,
            minutes=(150, 20),
        ),
        Town(
            name="essai",
            words="Quatre semaines en tout petit, que les tests rejouent : 60 propositions, 30 besoins",
            days=28,
            offers=60,
            needs=30,
            early=0.9,
            minutes=(90, 15),
        ),
    )
}
