"""What every page knows: the town it stands in and what it offers its reader there."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import May, person, town_of
from followups.selectors import to_read_count as reports_to_read_count
from notifications.inbox.selectors import Waiting, waiting


def place(request: HttpRequest) -> dict[str, Any]:
    """`city` when the address names one, what the reader `may` do in it, and whether this is the demonstration."""
    city = town_of(request)
    # Outside a town nobody is asked who they are: what is the same for all may be cached.
    may = May() if city is None else May.of(request.user, city)
    is_of_team = may.take_calls or may.steer
    return {
        "city": city,
        "may": may,
        # Asked by the navigation and the bell alone: a part of a page has neither.
        "nav_counts": SimpleLazyObject(lambda: waiting(city, person(request), of_desk=may.take_calls))
        if city and (may.take_calls or may.post)
        else Waiting(),
        "waiting_count": city.waiting_associations if city and may.coordinate else 0,  # type: ignore[attr-defined]
        "remarks_count": city.remarks_to_sort if city and may.take_calls else 0,  # type: ignore[attr-defined]
        # None for who reads no reports; asked by the navigation of the team alone.
        "reports_count": partial(reports_to_read_count, request.user, city)
        if city and is_of_team and request.user.is_authenticated
        else None,
        "demo": settings.DEMO,
        "source_url": settings.SOURCE_URL,
    }
