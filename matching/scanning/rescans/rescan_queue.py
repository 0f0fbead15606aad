"""The queue of parts: who asks, and what is left to do."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Avg, Count, QuerySet

from accounts.models import User
from cities.models import City
from matching.models import Rescan, RescanPart
from matching.scanning.rescans import horizon
from matching.scanning.rescans.parts import Cell, Share, shares
from needs.models import Need
from notifications.wake_up import wake_on_commit

PART_TASK = "matching.tasks.rescan_part"
# A part that fails this often is left as it is, and the rescan says so.
TRIES = 3


@transaction.atomic
def ask(*, cities: Collection[City], by: User | None, now: datetime) -> Rescan:
    """Have everything of these towns looked at again. Towns without an open need have no part in it."""
    rescan = Rescan.objects.create(by=by, asked_at=now, horizon=horizon.current())
    parts = RescanPart.objects.bulk_create(
        RescanPart(
            rescan=rescan,
            city_id=city,
            kind=kind,
            categories=share.categories,
            departments=share.departments,
            needs=share.needs,
        )
        for (city, kind), share in _shares(cities)
    )
    if not parts:
        rescan.finished_at = now
        rescan.save(update_fields=["finished_at"])
    wake_on_commit(PART_TASK)
    return rescan


def _shares(cities: Collection[City]) -> Iterator[tuple[tuple[int, str], Share]]:
    """The parts of each town's needs of each kind."""
    cells: dict[tuple[int, str], list[Cell]] = defaultdict(list)
    open_needs = Need.objects.open().filter(city__in=cities).order_by("city", "kind")
    places = open_needs.values_list("city", "kind", "category", "commune__department_code")
    for city, kind, *cell in places.annotate(Avg("latitude"), Avg("longitude"), Count("pk")):
        cells[city, kind].append(Cell(*cell))
    for group, some in cells.items():
        for share in shares(some):
            yield group, share


def are_waiting() -> bool:
    """Whether some part is undone, whether a worker is at it or not."""
    return undone().exists()


def undone() -> QuerySet[RescanPart]:
    """The parts that a worker may take, or has taken."""
    return RescanPart.objects.filter(finished_at__isnull=True, failures__lt=TRIES)
