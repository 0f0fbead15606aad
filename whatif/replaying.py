"""One year of a question, without the change and with it: the same people, the same chance, one thing different."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan
from typing import Any

from simulation.desk import replay
from simulation.measures import figures
from simulation.policies import POLICIES
from simulation.towns import Town
from simulation.year import year_of
from whatif import own

# The way to decide that is nearest to the desk's: the plan, homes asked side by side, calls to who is silent.
POLICY = "relances"
KEPT = ("people", "people_asked", "nights", "goods", "skills", "wait_median", "hours")
SAME_COMMUNE_KM = 1.5
Year = dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """0 and None: as it is. `rooms_at`: km to the east and north of the town's seat."""

    rooms: int = 0
    rooms_at: tuple[float, float] | None = None
    answer_hours: int | None = None
    coordinators: int = 0
    vetting_days: int | None = None


def changed(town: Town, change: Change) -> Town:
    """The town with this and nothing else different."""
    found = replace(
        town,
        minutes=(
            town.minutes[0] + change.coordinators * own.COORDINATOR_MINUTES[0],
            town.minutes[1] + change.coordinators * own.COORDINATOR_MINUTES[1],
        ),
    )
    if change.answer_hours is not None:
        tonight, _, planned = town.answer_hours
        found = replace(found, answer_hours=(tonight, change.answer_hours, planned))
    if change.vetting_days is not None:
        found = replace(found, vetting_days=change.vetting_days)
    if change.rooms:
        found = _with_rooms(found, change.rooms, change.rooms_at or (0.0, 0.0))
    return found


def _with_rooms(town: Town, rooms: int, at: tuple[float, float]) -> Town:
    """In the commune that is there; one of which nothing was asked so far has no needs, and a place."""
    apart = [
        (east * town.ring_km - at[0]) ** 2 + (north * town.ring_km - at[1]) ** 2
        for (east, north), _ in town.communes
    ]
    nearest = min(range(len(apart)), key=apart.__getitem__)
    if apart[nearest] <= SAME_COMMUNE_KM**2:
        return replace(town, more_rooms=rooms, rooms_at=nearest)
    place = (at[0] / town.ring_km, at[1] / town.ring_km)
    return replace(town, more_rooms=rooms, rooms_at=len(apart), communes=(*town.communes, (place, 0.0)))


def replayed(counted: Mapping[str, Any], change: Change, *, hours: int, seed: int) -> list[Year]:
    """What came of this seed's months: without the change, and with it."""
    town, behaviour = own.town_of(counted, hours=hours), own.behaviour_of(counted)
    found = []
    for one in (town, changed(town, change)):
        measured = figures(replay(year_of(one, behaviour, seed), POLICIES[POLICY]), {})
        found.append({name: None if isnan(measured[name]) else measured[name] for name in KEPT})
    return found
