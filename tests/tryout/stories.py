"""Short stories: what is needed, what is offered, and whom a good coordinator would ask first.

Each is tried as two files are (`match_files`), on Sunday 1 March 2026,
          in Strasbourg. Places lie so many km to the north of
its centre. Whoever is in `never` must not be suggested: a human would be ashamed of it. `best` is who comes first; ""
where nobody suits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STRASBOURG = {"city": "strasbourg", "commune": "67482"}
LAT, LON, KM_PER_DEGREE = 48.5734, 7.7521, 111.195


def at(km: float) -> dict[str, str]:
    return {"lat": f"{LAT + km / KM_PER_DEGREE:.6f}", "lon": f"{LON}"}


@dataclass(frozen=True)
class Story:
    """`offers` by a letter each."""

    name: str
    need: Mapping[str, Any]
    offers: Mapping[str, Mapping[str, Any]]
    best: str
    never: str = ""


def home(km: float = 2.0, **fields: Any) -> dict[str, Any]:
    """A room with its own entrance for two, from now on, confirmed this week."""
    return {
        "kind": "housing", "category": "separate_room", **STRASBOURG, **at(km), "available": "2026-01-01..",
        "capacity": 2, "confirmed_on": "2026-02-26", "languages": "fr", "shared_home": "no", "step_free": "no",
    } | fields  # fmt: skip


def household(**fields: Any) -> dict[str, Any]:
    """A woman alone, for April, planned; she speaks Arabic and French and goes as far as 20 km."""
    return {
        "kind": "housing", **STRASBOURG, **at(0), "reach_km": 20, "first_day": "2026-04-01",
          "last_day": "2026-04-30",
        "urgency": "planned", "adult_women": 1, "languages": "ar|fr",
    } | fields  # fmt: skip


def tonight(**fields: Any) -> dict[str, Any]:
    """A woman alone, for tonight and six nights more."""
    days = {"first_day": "2026-03-01", "last_day": "2026-03-07", "urgency": "tonight", "min_days": 1}
    return household(**days | fields)


def thing(category: str, item: str, km: float = 2.0, **fields: Any) -> dict[str, Any]:
    """One thing in a good state that its owner brings up to 5 km."""
    return {
        "kind": "goods", "category": category, "item": item, **STRASBOURG, **at(km), "reach_km": 5,
        "available": "2026-01-01..", "capacity": 1, "confirmed_on": "2026-02-26",
    } | fields  # fmt: skip


def wanted(category: str, items: str, **fields: Any) -> dict[str, Any]:
    """One of it within a fortnight."""
    return {
        "kind": "goods", "category": category, "items": items, **STRASBOURG, **at(0), "reach_km": 10,
        "first_day": "2026-03-01", "last_day": "2026-03-15", "urgency": "planned", "quantity": 1, "people": 1,
    } | fields  # fmt: skip


def helper(category: str, km: float = 2.0, **fields: Any) -> dict[str, Any]:
    """Two hours a week, from now on."""
    return {
        "kind": "skill", "category": category, **STRASBOURG, **at(km), "reach_km": 10, "available": "2026-01-01..",
        "capacity": 2, "confirmed_on": "2026-02-26", "languages": "fr",
    } | fields  # fmt: skip


def task(category: str, **fields: Any) -> dict[str, Any]:
    """Two hours a week in March and April."""
    return {
        "kind": "skill", "category": category, **STRASBOURG, **at(0), "reach_km": 5, "first_day": "2026-03-02",
        "last_day": "2026-04-30", "urgency": "planned", "quantity": 2, "people": 1, "rhythm": "weekly",
          "languages": "fr",
    } | fields  # fmt: skip


STORIES = (
    # --- A home: what the host asks for
    Story("a woman for this one night: who wants two days' notice cannot", tonight(last_day="2026-03-01"),
          {"a": home(1, notice_days=2), "b": home(6), "c": home(1, dwelling_state="to_renovate",
          category="empty_dwelling")},
          best="b", never="ac"),
    Story("a month, and a host who said a week", household(min_days=20),
          {"a": home(1, longest_stay_days=7), "b": home(9)}, best="b", never="a"),
    Story("a week of a month is useful when it is said so, but the whole month comes first", household(min_days=7),
          {"a": home(1, longest_stay_days=7), "b": home(4)}, best="b"),
    Story("nobody pays, and there is a rent", household(), {"a": home(1, rent=300), "b": home(12)}, best="b",
          never="a"),
    Story("who pays 350 gets the home for 300, and not the one for 400", household(rent_up_to=350),
          {"a": home(2, rent=400), "b": home(2, rent=300)}, best="b", never="a"),
    Story("a home without rent before one that costs all that is paid", household(rent_up_to=400),
          {"a": home(3, rent=400), "b": home(3)}, best="b"),
    Story("works to be done", household(),
          {"a": home(0.5, category="empty_dwelling", dwelling_state="light_works"),
           "b": home(8, category="empty_dwelling", dwelling_state="ready")}, best="b", never="a"),
    Story("an asthmatic child: a smoker's room is none", household(smoke_free_needed="yes", children=1),
          {"a": home(1, smoke_free="no"), "b": home(1), "c": home(9, smoke_free="yes")}, best="c", never="ab"),
    Story("a whole flat where nobody smokes", household(smoke_free_needed="yes"),
          {"a": home(3, category="whole_dwelling"), "b": home(1)}, best="a", never="b"),
    Story("notice that April leaves time for is no obstacle", household(), {"a": home(2, notice_days=7),
          "b": home(15)}, best="a"),
    # --- A home: who comes
    Story("a wheelchair", household(step_free_needed="yes"), {"a": home(1), "b": home(10, step_free="yes")},
          best="b", never="a"),
    Story("the step-free room is kept for who needs it", household(),
          {"a": home(3, step_free="yes"), "b": home(3)}, best="b"),
    Story("a dog", household(pets="yes"), {"a": home(1), "b": home(7, pets_accepted="yes")}, best="b", never="a"),
    Story("a family of five does not fit in a room for two", household(adult_men=1, children=3),
          {"a": home(1), "b": home(14, category="whole_dwelling", capacity=6)}, best="b", never="a"),
    Story("one person takes the room for one, and leaves the house for six", household(),
          {"a": home(3, category="whole_dwelling", capacity=6), "b": home(3, capacity=1)}, best="b"),
    Story("a man, and a host who receives women", household(adult_women=0, adult_men=1),
          {"a": home(1, accepts="women"), "b": home(8, accepts="men|women")}, best="b", never="a"),
    Story("children, and a host who takes no families", household(children=1),
          {"a": home(1, accepts="women|couples"), "b": home(8, accepts="families")}, best="b", never="a"),
    Story("a lone minor goes to who takes lone minors", household(adult_women=0, children=1, lone_minor="yes"),
          {"a": home(1), "b": home(1, accepts="families"), "c": home(9, accepts="lone_minors")}, best="c",
          never="ab"),
    Story("a home for lone minors is kept for them", household(),
          {"a": home(3, accepts="women|lone_minors"), "b": home(3, accepts="women")}, best="b"),
    Story("a couple and a grandmother: each is accepted, or it is no home for them",
          household(adult_men=1, couple="yes", adult_women=2),
          {"a": home(1, capacity=4, accepts="couples"), "b": home(9, capacity=4, accepts="couples|women")}, best="b",
          never="a"),
    Story("who refuses to share a home is given none that is shared", household(shared_home_ok="no"),
          {"a": home(1, category="shared_room", shared_home="yes"), "b": home(9)}, best="b", never="a"),
    Story("a room at home is shared, whatever was ticked", household(shared_home_ok="no"),
          {"a": home(1, category="shared_room", shared_home="no"), "b": home(9)}, best="b", never="a"),
    Story("forms that are accepted", household(forms="whole_dwelling|empty_dwelling"),
          {"a": home(1), "b": home(9, category="whole_dwelling")}, best="b", never="a"),
    # --- A home: where and when
    Story("next door before the other end of the town", household(), {"a": home(15), "b": home(1)}, best="b"),
    Story("farther than she can go, however far the host travels", household(reach_km=5),
          {"a": home(9, reach_km=50), "b": home(4)}, best="b", never="a"),
    Story("all of April before half of it next door", household(min_days=10),
          {"a": home(1, available="2026-04-01..2026-04-15"), "b": home(6)}, best="b"),
    Story("tonight begins tonight", tonight(),
          {"a": home(1, available="2026-03-03..2026-03-31"), "b": home(9)}, best="b"),
    Story("two nights from tonight before five from the day after tomorrow", tonight(),
          {"a": home(1, available="2026-03-03.."), "b": home(1, longest_stay_days=2)}, best="b"),
    Story("somebody who speaks her language, all else the same", household(languages="ti"),
          {"a": home(4), "b": home(4, languages="ti|fr")}, best="b"),
    Story("Dari is Persian", household(languages="prs"), {"a": home(4), "b": home(4, languages="fa")}, best="b"),
    Story("the offer that was confirmed this week before the one of January", household(),
          {"a": home(4, confirmed_on="2026-01-05"), "b": home(4)}, best="b"),
    Story("who was asked three times this month is left in peace", household(),
          {"a": home(4, asked_last_30_days=3), "b": home(4)}, best="b"),
    Story("nobody can", household(adult_men=1, children=4), {"a": home(1), "b": home(2, capacity=4)}, best="",
          never="ab"),
    # --- Things
    Story("saucepans are no washing machine", wanted("household_equipment", "casseroles"),
          {"a": thing("household_equipment", "lave-linge", 1), "b": thing("household_equipment", "casserole", 4)},
          best="b", never="a"),
    Story("a duvet is no pillow", wanted("bedding", "couette", sizes="140"),
          {"a": thing("bedding", "oreiller", 1), "b": thing("bedding", "couette", 4, size="140")}, best="b",
          never="a"),
    Story("a duvet of 220 does for a bed of 140", wanted("bedding", "couette", sizes="140"),
          {"a": thing("bedding", "couette", 2, size="220"), "b": thing("bedding", "couette", 2, size="100")},
          best="a", never="b"),
    Story("the size that was asked before a larger one", wanted("bedding", "couette", sizes="140"),
          {"a": thing("bedding", "couette", 3, size="220"), "b": thing("bedding", "couette", 3, size="140")},
          best="b"),
    Story("the winter coat of a six-year-old", wanted("clothes", "manteau d’enfant", sizes="6 ans"),
          {"a": thing("clothes", "manteau", 1, size="M"), "b": thing("clothes", "manteau d’enfant", 1, size="4 ans"),
           "c": thing("clothes", "manteau d’enfant", 4, size="6 ans"), "d": thing("clothes", "manteau d’enfant", 4,
           size="8 ans")},
          best="c", never="ab"),
    Story("children grow: the next size up does, two up does not", wanted("clothes", "manteau d’enfant",
          sizes="6 ans"),
          {"a": thing("clothes", "manteau d’enfant", 1, size="12 ans"), "b": thing("clothes", "manteau d’enfant", 4,
          size="8 ans")},
          best="b", never="a"),
    Story("shoes of 42 are shoes of 42", wanted("clothes", "baskets", sizes="42"),
          {"a": thing("clothes", "baskets", 1, size="43"), "b": thing("clothes", "baskets", 4, size="42")}, best="b",
          never="a"),
    Story("a coat of which nobody says the size", wanted("clothes", "manteau", sizes="M"),
          {"a": thing("clothes", "manteau", 1), "b": thing("clothes", "manteau", 4, size="M")}, best="b", never="a"),
    Story("a fridge", wanted("household_equipment", "réfrigérateur"),
          {"a": thing("household_equipment", "micro-ondes", 1), "b": thing("household_equipment", "frigo", 3)},
          best="b", never="a"),
    Story("a cot or else a travel cot: the cot first", wanted("baby", "lit bébé|lit parapluie"),
          {"a": thing("baby", "lit parapluie", 3), "b": thing("baby", "lit bébé", 3)}, best="b"),
    Story("four duvets from one cupboard before one here and one there", wanted("bedding", "couette", sizes="140",
          quantity=4, part_useful="yes"),
          {"a": thing("bedding", "couette", 1, size="140"), "b": thing("bedding", "couette", 4, size="140",
          capacity=6)}, best="b"),
    Story("four duvets or none", wanted("bedding", "couette", sizes="140", quantity=4),
          {"a": thing("bedding", "couette", 1, size="140", capacity=3), "b": thing("bedding", "couette", 4,
          size="140", capacity=4)}, best="b", never="a"),
    Story("rice that is no good any more when it is wanted", wanted("food", "riz", first_day="2026-03-10",
          last_day="2026-03-20"),
          {"a": thing("food", "riz", 1, best_before="2026-03-08"), "b": thing("food", "riz", 4,
          best_before="2026-12-31")}, best="b", never="a"),
    Story("today before next week", wanted("baby", "poussette", last_day="2026-03-10"),
          {"a": thing("baby", "poussette", 2, available="2026-03-09.."), "b": thing("baby", "poussette", 3)},
          best="b"),
    # --- Time of people
    Story("an interpreter of Tigrinya, Tuesday at two", task("interpreting", languages_from="ti", languages_to="fr",
          rhythm="once",
          first_day="2026-03-10", last_day="2026-03-10", quantity=1, slots="tue 14:00-15:00"),
          {"a": helper("interpreting", 1, languages_from="ar", languages_to="fr", slots="tue 13:00-17:00"),
           "b": helper("interpreting", 1, languages_from="ti", languages_to="fr", slots="wed 13:00-17:00"),
           "c": helper("interpreting", 4, languages_from="ti", languages_to="fr", slots="tue 13:00-17:00")},
           best="c", never="ab"),
    Story("French lessons on Saturdays", task("french_lessons", slots="sat 09:00-12:00"),
          {"a": helper("french_lessons", 1, slots="mon 18:00-20:00"), "b": helper("french_lessons", 4,
          slots="sat 10:00-12:00")}, best="b", never="a"),
    Story("half an hour in common is no two hours of lessons", task("french_lessons", slots="sat 09:00-12:00"),
          {"a": helper("french_lessons", 1, slots="sat 11:30-13:30"), "b": helper("french_lessons", 4,
          slots="sat 10:00-12:00")}, best="b", never="a"),
    Story("both hours before one of them", task("school_support", part_useful="yes"),
          {"a": helper("school_support", 2, capacity=1), "b": helper("school_support", 4)}, best="b"),
    Story("a paper is translated at home", task("translation", languages_from="uk", languages_to="fr",
          remote_ok="yes", rhythm="once", quantity=1),
          {"a": helper("translation", 150, languages_from="uk", languages_to="fr", remote="yes"),
           "b": helper("translation", 150, languages_from="uk", languages_to="fr")}, best="a", never="b"),
    Story("a lawyer is no cook", task("legal_help"), {"a": helper("meals", 1), "b": helper("legal_help", 8)},
          best="b", never="a"),
    Story("a driver who is away that day", task("transport", rhythm="once", first_day="2026-03-12",
          last_day="2026-03-12", quantity=1),
          {"a": helper("transport", 1, available="2026-03-15.."), "b": helper("transport", 6)}, best="b", never="a"),
    Story("who can every week before who is there for three weeks of nine", task("job_mentoring"),
          {"a": helper("job_mentoring", 2, available="2026-03-01..2026-03-22"), "b": helper("job_mentoring", 5)},
          best="b"),
)  # fmt: skip
