"""How far a rescan is, from what its parts have committed."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from cities.models import City
from matching.models import Rescan, RescanPart
from matching.scanning.rescans.rescan_queue import TRIES


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rescan is, or one town's share of it, from what its parts have committed."""

    rescan: Rescan
    is_over: bool
    parts: int
    begun: int
    done: int
    failed: int
    needs: int
    needs_done: int
    feasible: int
    written: int
    unchanged: int
    ended_at: datetime | None

    @property
    def percent(self) -> int:
        """Of the needs; 100 only when it is over."""
        if self.is_over:
            return 100
        return min(99, 100 * self.needs_done // self.needs) if self.needs else 0

    @property
    def seconds(self) -> float | None:
        """How long it took, from the asking to the last part's end."""
        if not self.is_over or self.ended_at is None:
            return None
        return (self.ended_at - self.rescan.asked_at).total_seconds()


def progress(rescan: Rescan) -> Progress:
    """How far it is now."""
    rescan = Rescan.objects.select_related("by").get(pk=rescan.pk)
    figures = _figures(rescan.parts.all())[rescan.pk]
    return Progress(rescan=rescan, is_over=rescan.finished_at is not None, **figures)


def of_city(city: City, user: User, *, limit: int = 10) -> list[Progress]:
    """One town's share of the last rescans that looked at it, for its coordinators, the last first. Two queries."""
    parts = RescanPart.objects.visible_to(user).filter(city=city)
    last = list(Rescan.objects.filter(pk__in=parts.values("rescan")).select_related("by")[:limit])
    figures = _figures(parts.filter(rescan__in=last))
    return [
        Progress(rescan=rescan, is_over=own["done"] + own["failed"] == own["parts"], **own)
        for rescan in last
        for own in [figures[rescan.pk]]
    ]


_DONE = Q(finished_at__isnull=False)
# By the names of `Progress`, of which some are those of the part's own fields.
_FIGURES = {
    "parts": Count("pk"),
    "begun": Count("pk", filter=Q(started_at__isnull=False) | Q(failures__gt=0)),
    "done": Count("pk", filter=_DONE),
    "failed": Count("pk", filter=~_DONE & Q(failures__gte=TRIES)),
    "needs": Sum("needs"),
    "needs_done": Coalesce(Sum("needs", filter=_DONE), 0),
    "feasible": Sum("feasible"),
    "written": Sum("written"),
    "unchanged": Sum("unchanged"),
    "ended_at": Max("finished_at"),
}


def _figures(parts: QuerySet[RescanPart]) -> Mapping[int, dict[str, Any]]:
    """The figures of `Progress` for each rescan, from these of its parts; nought where there is none."""
    sums = {f"sum_{name}": figure for name, figure in _FIGURES.items()}
    found: dict[int, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(_FIGURES, 0) | {"ended_at": None})
    for row in parts.values("rescan").annotate(**sums).order_by():
        found[row["rescan"]] = {name: row[f"sum_{name}"] for name in _FIGURES}  # type: ignore[literal-required]
    return found
