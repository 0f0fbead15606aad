"""What every page knows: the town it stands in and what it offers its reader there."""

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.access import May, town_of
from followups.selectors import to_read_count as reports_to_read_count
from notifications.inbox.selectors import to_read_count
from notifications.selectors import undelivered_count, unread_count


def place(request: HttpRequest) -> dict[str, Any]:
    """`city` when the address names one, what the reader `may` do in it, and whether this is the demonstration."""
    city = town_of(request)
    # Outside a town nobody is asked who they are: what is the same for all may be cached.
    may = May() if city is None else May.of(request.user, city)
    has_bell = may.take_calls or may.post
    is_of_team = may.take_calls or may.steer
    return {
        "city": city,
        "may": may,
        # Asked by the navigation of the desk alone.
        "undelivered_count": partial(undelivered_count, city) if city and may.take_calls else 0,
        "to_read_count": partial(to_read_count, city) if city and may.take_calls else 0,
        "waiting_count": city.waiting_associations if city and may.coordinate else 0,  # type: ignore[attr-defined]
        # None for who reads no reports; asked by the navigation of the team alone.
        "reports_count": partial(reports_to_read_count, request.user, city)
        if city and is_of_team and request.user.is_authenticated
        else None,
        # Asked by the bell alone.
        "unread_count": partial(unread_count, request.user, city) if city and has_bell else 0,
        "demo": settings.DEMO,
        "source_url": settings.SOURCE_URL,
    }
