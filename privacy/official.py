"""How often authorities have asked the towns for somebody's data: a public count.

None is said as none, for that is what people want to know. From one to four it is said that they were fewer than five,
as of every small count here: of a single request in a small town, people guess whose it was.
"""

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from cities import selectors as cities
from insight.figures import cell_words
from insight.published import LEAST
from town.models import OfficialRequest


def counts() -> list[tuple[str, str, str]]:
    """Of each open town: its name, how many requests it received, and of how many it gave something."""
    rows = (
        OfficialRequest.objects.order_by()
        .values("city")
        .annotate(n=Count("pk"), given=Count("pk", Q(granted=True)))
    )
    found = {row["city"]: (row["n"], row["given"]) for row in rows}
    told = []
    for city in cities.open_cities().order_by("name"):
        received, given = found.get(city.pk, (0, 0))
        told.append((city.name, _said(received), _said(given)))
    return told


def _said(number: int) -> str:
    return _("aucune") if number == 0 else cell_words(number if number >= LEAST else None)
