"""What the visitor is to find: tonight's family with homes that suit it, a need served in part, one nearly met.

By the town's slug, since each town has its own communes.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from catalogue.vocabulary import Category, Household, Kind, RentPayer, Urgency
from demo.need_rows import NeedWriter
from demo.offer_rows import Drawn, OfferWriter
from needs.models import Need
from offers.models import Condition, DwellingState, HandOver, Offer

FAMILIES = [str(Household.WOMEN), str(Household.COUPLES), str(Household.FAMILIES)]


@dataclass(frozen=True, slots=True)
class Scene:
    """A town's own words for the same story: where, and who is to be placed tonight."""

    family: dict[str, Any]
    home: str
    near: tuple[str, str, str]
    late: str
    village: str
    next_village: str


SCENES = {
    "grenoble": Scene(
        family={
            "title": "Une mère et deux enfants (4 et 7 ans)",
            "text": "L’enfant de 7 ans va à l’école à Échirolles.",
            "commune": "Échirolles",
            "days": (0, 17),
            "reach_km": 15,
            "languages": ["prs", "en"],
            "adult_women": 1,
            "children_3_to_11": 2,
        },
        home="Eybens",
        near=("Claix", "Saint-Martin-d'Hères", "Seyssins"),
        late="Meylan",
        village="Vif",
        next_village="Champagnier",
    ),
    "strasbourg": Scene(
        family={
            "title": "Un couple et un bébé",
            "text": "Le bébé a 8 mois. Le couple parle un peu anglais.",
            "commune": "Schiltigheim",
            "days": (0, 13),
            "reach_km": 12,
            "languages": ["uk", "en"],
            "adult_women": 1,
            "adult_men": 1,
            "couple": True,
            "children_under_3": 1,
        },
        home="Bischheim",
        near=("Hœnheim", "Oberhausbergen", "Souffelweyersheim"),
        late="Ostwald",
        village="Plobsheim",
        next_village="Geispolsheim",
    ),
}


@dataclass(frozen=True, slots=True)
class Offers:
    """The offers of the scene, not yet written."""

    drawn: list[Drawn]
    quilts: Offer


@dataclass(frozen=True, slots=True)
class Needs:
    """The needs of the scene, not yet written."""

    family: Need
    quilts: Need
    nearly: Need

    def all(self) -> list[Need]:
        return [self.family, self.quilts, self.nearly]


def offers_of(scene: Scene, writer: OfferWriter) -> Offers:
    """Four homes for the family (one still to be visited), one that is free too late, and what else is told."""
    citizen, others = writer.people.citizen, [one for one in writer.people.citizens if one.email]
    today = writer.today
    room: dict[str, Any] = {
        "kind": Kind.HOUSING,
        "category": Category.SHARED_ROOM,
        "shared_home": True,
        "accepts": FAMILIES,
    }
    home = writer.certain(
        owner=citizen,
        commune=scene.home,
        windows=[(today - timedelta(days=12), today + timedelta(days=45))],
        confirmed_days_ago=1,
        created_days_ago=14,
        vetted=True,
        title="Chambre chez l’habitant, 3 lits",
        text="Un grand lit et deux petits, salle de bains à part. J’ai deux petits-enfants, il y a des jouets.",
        capacity=3,
        languages=["fr", "en"],
        step_free=True,
        nearest_stop={"grenoble": "tram A, Auguste Delaune", "strasbourg": "tram B, Le Marais"}[
            writer.city.slug
        ],
        **room,
    )
    flat = writer.certain(
        owner=others[0],
        commune=scene.near[0],
        windows=[(today - timedelta(days=2), None)],
        confirmed_days_ago=12,
        created_days_ago=25,
        vetted=True,
        kind=Kind.HOUSING,
        category=Category.WHOLE_DWELLING,
        title="Appartement entier, 4 places",
        text="Deux chambres, cuisine équipée. Nous habitons au-dessus.",
        capacity=4,
        languages=["fr"],
        accepts=FAMILIES,
        rent=0,
        dwelling_state=DwellingState.READY,
    )
    floor = writer.certain(
        owner=others[1],
        commune=scene.near[1],
        windows=[(today - timedelta(days=30), today + timedelta(days=60))],
        confirmed_days_ago=6,
        created_days_ago=20,
        vetted=True,
        title="Étage libre dans notre maison, 4 lits",
        text="Nos enfants sont partis. Jardin, école à cinq minutes.",
        capacity=4,
        languages=["fr", "es"],
        **room,
    )
    unvisited = writer.certain(
        owner=others[2],
        commune=scene.near[2],
        windows=[(today, None)],
        confirmed_days_ago=3,
        created_days_ago=3,
        title="Rez-de-jardin indépendant, 3 lits",
        text="Entrée à part, petite cuisine. Vous pouvez passer voir quand vous voulez.",
        capacity=3,
        languages=["fr"],
        **room | {"category": Category.SEPARATE_ROOM},
    )
    late = writer.certain(
        owner=others[3],
        commune=scene.late,
        windows=[(today + timedelta(days=2), None)],
        confirmed_days_ago=5,
        created_days_ago=18,
        vetted=True,
        title="Studio attenant à la maison, 3 lits",
        text="Libre dès que nos amis seront repartis.",
        capacity=3,
        languages=["fr"],
        **room | {"category": Category.SEPARATE_ROOM},
    )
    # For the couple: one too far, one with steps. Each lacks one thing only.
    far = _whole(
        writer, others[4], scene.next_village, today, step_free=True, title="Deux-pièces de plain-pied"
    )
    steps = _whole(writer, others[5], scene.village, today, step_free=False, title="Petite maison de village")
    quilts = writer.certain(
        owner=others[6],
        commune=writer.city.seat.name,
        latitude=writer.city.seat.latitude,
        longitude=writer.city.seat.longitude,
        windows=[(today - timedelta(days=9), None)],
        confirmed_days_ago=4,
        created_days_ago=9,
        kind=Kind.GOODS,
        category=Category.BEDDING,
        title="Couettes une personne",
        text="Lavées, dans leur housse.",
        capacity=4,
        reach_km=15,
        condition=Condition.GOOD,
        hand_over=HandOver.DELIVERED,
    )
    # The visitor's own list: something to confirm again, something set aside.
    table = writer.certain(
        owner=citizen,
        commune=scene.home,
        windows=[(today - timedelta(days=33), None)],
        confirmed_days_ago=33,
        created_days_ago=33,
        kind=Kind.GOODS,
        category=Category.FURNITURE,
        title="Table et quatre chaises",
        text="Déjà démontée, tient dans un break.",
        capacity=1,
        reach_km=0,
        condition=Condition.GOOD,
        hand_over=HandOver.COLLECTED,
    )
    talk = writer.certain(
        owner=citizen,
        commune=scene.home,
        windows=[(today - timedelta(days=60), None)],
        confirmed_days_ago=20,
        created_days_ago=60,
        kind=Kind.SKILL,
        category=Category.FRENCH_LESSONS,
        title="Conversation en français autour d’un café",
        text="Le jeudi après-midi, chez moi ou à la médiathèque.",
        capacity=2,
        reach_km=6,
        slots=["thu 14:00-18:00"],
    )
    drawn = [home, flat, floor, unvisited, late, far, steps, quilts, table, talk]
    return Offers(drawn, quilts=quilts.offer)


def needs_of(scene: Scene, writer: NeedWriter) -> Needs:
    """Tonight's family first in the queue, ten quilts of which four are found, and a couple nearly housed."""
    ours = writer.people.association
    family = dict(scene.family)
    size = sum(count for name, count in family.items() if name.startswith(("adult", "children")))
    return Needs(
        family=writer.certain(
            organisation=ours,
            posted=timedelta(minutes=46),
            kind=Kind.HOUSING,
            category="",
            urgency=Urgency.TONIGHT,
            quantity=size,
            people=size,
            case_reference="C-204",
            shared_home_ok=True,
            **family,
        ),
        quilts=writer.certain(
            organisation=ours,
            commune=writer.city.seat.name,
            latitude=writer.city.seat.latitude,
            longitude=writer.city.seat.longitude,
            posted=timedelta(hours=27),
            days=(0, 6),
            kind=Kind.GOODS,
            category=Category.BEDDING,
            urgency=Urgency.THIS_WEEK,
            title="10 couettes",
            text="Pour deux appartements qui ouvrent lundi. Une partie est déjà utile.",
            quantity=10,
            people=10,
            part_useful=True,
            reach_km=15,
        ),
        nearly=writer.certain(
            organisation=ours,
            commune=scene.village,
            posted=timedelta(days=3),
            days=(4, 33),
            kind=Kind.HOUSING,
            category="",
            urgency=Urgency.PLANNED,
            title="Couple, plain-pied",
            text="Les marches sont à éviter. Tous deux travaillent dans la commune.",
            quantity=2,
            people=2,
            adult_women=1,
            adult_men=1,
            couple=True,
            languages=["fr", "sq"],
            step_free_needed=True,
            rent_up_to=400,
            rent_payer=RentPayer.HOUSEHOLD,
            shared_home_ok=False,
            forms=[Category.WHOLE_DWELLING],
            reach_km=4,
        ),
    )


def _whole(
    writer: OfferWriter, owner: Any, commune: str, today: date, *, step_free: bool, title: str
) -> Drawn:
    return writer.certain(
        owner=owner,
        commune=commune,
        windows=[(today - timedelta(days=5), None)],
        confirmed_days_ago=8,
        created_days_ago=21,
        vetted=True,
        kind=Kind.HOUSING,
        category=Category.WHOLE_DWELLING,
        title=title,
        text="Meublé, au calme, charges comprises.",
        capacity=2,
        accepts=[str(Household.COUPLES)],
        step_free=step_free,
        rent=380,
        dwelling_state=DwellingState.READY,
    )
