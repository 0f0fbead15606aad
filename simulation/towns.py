"""Kinds of towns: how much is offered and asked, when, where, for how long, and how many hours the desk has.

Invented from the public figures of docs/behaviour.md: no town's own data.
"""

from dataclasses import dataclass

from engine.vocabulary import Kind, Urgency

Weighted = tuple[tuple[int, float], ...]
Kinds = tuple[tuple[Kind, float], ...]
Communes = tuple[tuple[tuple[float, float], float], ...]
Households = tuple[tuple[tuple[int, int, int, bool], float], ...]

# Half of the proposals in Strasbourg are goods, over a quarter homes, 26 % help (docs/behaviour.md).
_STRASBOURG: Kinds = (("goods", 0.48), ("housing", 0.26), ("skill", 0.26))
_HOMES: Kinds = (("goods", 0.22), ("housing", 0.60), ("skill", 0.18))
# To the east and north of the centre in parts of the town's ring, and how much of the town lives there.
COMMUNES: Communes = (
    ((0.0, 0.0), 0.40), ((0.25, 0.1), 0.10), ((-0.2, 0.25), 0.08), ((0.1, -0.35), 0.08), ((0.6, 0.5), 0.06),
    ((-0.7, 0.3), 0.06), ((-0.5, -0.6), 0.06), ((0.7, -0.6), 0.05), ((0.0, 1.0), 0.06), ((1.1, -0.1), 0.05),
)  # fmt: skip
# Women, men, children, a couple: 58 % are alone (OFII), the rest as table 5 of docs/behaviour.md has it.
HOUSEHOLDS: Households = (
    ((0, 1, 0, False), 0.40), ((1, 0, 0, False), 0.18), ((1, 1, 0, True), 0.08), ((1, 0, 1, False), 0.10),
    ((1, 0, 2, False), 0.08), ((1, 1, 1, True), 0.06), ((1, 1, 2, True), 0.06), ((1, 1, 3, True), 0.04),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """`early`: the share of the offers that come in the first four weeks, half of these in the first.
    `surge`: from which day on, for how many days, what share of the needs. `minutes`: of coordination, on a weekday,
    and on each day of a weekend. `ring_km`: how far the communes around the centre lie; `cities`: linked ones, each
    with as much, 25 km apart. `answer_hours`: how long an answer is waited for, tonight, this week, planned.
    `vetting_days`: after how many a home that was offered may be proposed. `more_rooms`: beside `offers`, there from
    the first day on, in the commune `rooms_at`.
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
    communes: Communes = COMMUNES
    households: Households = HOUSEHOLDS
    answer_hours: tuple[int, int, int] = (2, 24, 72)  # as a town begins with
    vetting_days: int = 0
    more_rooms: int = 0
    rooms_at: int = 0

    def __post_init__(self) -> None:
        for name in ("days", "offers", "needs", "vetting_days", "more_rooms"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: a number from 0 up is expected, not {getattr(self, name)}")
        if not 0 <= self.rooms_at < len(self.communes):
            raise ValueError(
                f"rooms_at: one of {len(self.communes)} communes is expected, not {self.rooms_at}"
            )


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
