"""The page between towns: one's own households and places, who asks for one's places, and what others publish."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from between import selectors
from between.models import PROMISED, Line, LineState, PublishedHousehold, PublishedPlaces
from between.selectors import Shown, ShownPlaces, shown, shown_places
from cities.models import City


@dataclass(frozen=True, slots=True)
class Choice:
    """Places that suit a household. `is_planned`: the plan proposes them; `is_refused`: the person said no to them."""

    places: ShownPlaces
    is_planned: bool
    is_refused: bool


@dataclass(frozen=True, slots=True)
class OwnHousehold:
    row: PublishedHousehold
    shown: Shown
    promised: Line | None
    # Of whom these places are, once that town has agreed too.
    town: City | None
    choices: list[Choice]


def own_households(
    own: Iterable[PublishedHousehold], rows: list[PublishedPlaces], plan: selectors.Plan, *, today: date
) -> list[OwnHousehold]:
    """Each with what is promised to it, or else with what suits it, what the plan proposes first."""
    linked, found = selectors.links(), []
    for row in own:
        lines = row.lines.all()
        promised = next((line for line in lines if line.state in PROMISED), None)
        refused = {line.places_id for line in lines if line.state == LineState.NO}
        declined = {line.places_id for line in lines if line.state == LineState.DECLINED}
        suiting = [] if promised else selectors.choices(row, rows, linked=linked, today=today)
        choices = [
            Choice(shown_places(one), plan.chosen.get(row.pk) == one.pk, one.pk in refused)
            for one in suiting
            if one.pk not in declined
        ]
        agreed = promised is not None and promised.state == LineState.AGREED
        found.append(
            OwnHousehold(
                row,
                shown(row, today),
                promised,
                promised.places.city if promised and agreed else None,
                sorted(choices, key=lambda choice: (not choice.is_planned, choice.is_refused)),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who has said yes to this town's places."""

    line: Line
    shown: Shown
    is_agreed: bool


def asking(lines: Iterable[Line]) -> list[Asking]:
    """What was said yes to, as the household's town publishes it."""
    return [
        Asking(
            line,
            Shown(
                line.household.city.name,
                line.people,
                line.first_day,
                line.last_day,
                tuple(line.household.need.languages),
                (),
            ),
            line.state == LineState.AGREED,
        )
        for line in lines
    ]
