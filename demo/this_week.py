"""What the visitor is to find beside tonight's story: a long stay that only homes in turn cover, and an appointment.

Nobody else in the town has a home for five without steps (`offer_rows`), so that none of the two is needless.
"""

from datetime import date, timedelta
from typing import Any

from catalogue.vocabulary import Category, Household, Kind, Rhythm, Urgency
from demo.need_rows import NeedWriter
from demo.offer_rows import Drawn, OfferWriter
from demo.tonight import Scene
from needs.models import Need

FIRST_DAY, NIGHTS, MOVES_AFTER = 5, 41, 15  # from today on
TUESDAY = 1
HOUR = "tue 14:00-15:30"


def offers_of(scene: Scene, writer: OfferWriter) -> list[Drawn]:
    """Two homes that are free one after the other, and somebody who interprets on Tuesday afternoons."""
    later = [one for one in writer.people.citizens if one.email][-3:]
    today = writer.today
    moves = today + timedelta(days=FIRST_DAY + MOVES_AFTER)
    floor = writer.certain(
        owner=later[0],
        commune=scene.near[0],
        windows=[(today - timedelta(days=8), moves - timedelta(days=1))],
        title="Rez-de-chaussée de notre maison, 5 lits",
        text="Deux chambres et une salle d’eau, de plain-pied. Nos enfants reviennent ensuite pour les vacances.",
        **_HOME | {"category": Category.SHARED_ROOM, "notice_days": 2},
    )
    annexe = writer.certain(
        owner=later[1],
        commune=scene.late,
        windows=[(moves, None)],
        title="Dépendance de plain-pied, 5 lits",
        text="De l’autre côté de la cour, avec une cuisine. Libre quand notre locataire sera parti.",
        **_HOME | {"category": Category.SEPARATE_ROOM},
    )
    interpreter = writer.certain(
        owner=later[2],
        commune=writer.city.seat.name,
        windows=[(today - timedelta(days=40), None)],
        confirmed_days_ago=5,
        created_days_ago=40,
        kind=Kind.SKILL,
        category=Category.INTERPRETING,
        title="Interprète tigrinya et français",
        text="Je me déplace volontiers pour un rendez-vous, le mardi ou le jeudi après-midi.",
        capacity=4,
        reach_km=12,
        languages=["fr", "ti"],
        languages_from=["ti"],
        languages_to=["fr"],
        slots=["tue 13:00-18:00", "thu 13:00-18:00"],
    )
    return [floor, annexe, interpreter]


_HOME: dict[str, Any] = {
    "kind": Kind.HOUSING,
    "confirmed_days_ago": 4,
    "created_days_ago": 30,
    "vetted": True,
    "shared_home": True,
    "capacity": 5,
    "languages": ["fr"],
    "accepts": [str(Household.FAMILIES)],
    "step_free": True,
}


def needs_of(scene: Scene, writer: NeedWriter, *, today: date) -> list[Need]:
    """A family of five for 41 nights, and an interpreter next Tuesday at two."""
    ours = writer.people.association
    # Not tomorrow: by then it would be for tonight.
    until = 2 + (TUESDAY - today.weekday() - 2) % 7
    return [
        writer.certain(
            organisation=ours,
            commune=scene.home,
            posted=timedelta(hours=20),
            days=(FIRST_DAY, FIRST_DAY + NIGHTS - 1),
            kind=Kind.HOUSING,
            category="",
            urgency=Urgency.PLANNED,
            title="Un couple et trois enfants, 41 nuits",
            text="Les enfants ont 2, 5 et 9 ans, et une poussette. L’appartement promis sera prêt ensuite.",
            quantity=5,
            people=5,
            adult_women=1,
            adult_men=1,
            couple=True,
            children_under_3=1,
            children_3_to_11=2,
            languages=["ar", "fr"],
            step_free_needed=True,
            shared_home_ok=True,
            reach_km=20,
        ),
        writer.certain(
            organisation=ours,
            commune=writer.city.seat.name,
            posted=timedelta(hours=5),
            days=(until, until),
            kind=Kind.SKILL,
            category=Category.INTERPRETING,
            urgency=Urgency.PLANNED,
            title="Tigrinya, mardi 14 h à la préfecture",
            text="Le rendez-vous dure une heure environ. On se retrouve devant l’entrée dix minutes avant.",
            rhythm=Rhythm.ONCE,
            quantity=2,
            people=1,
            languages_from=["ti"],
            languages_to=["fr"],
            slots=[HOUR],
            reach_km=8,
        ),
    ]
