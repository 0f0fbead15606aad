"""What every page knows: the town it stands in and the reader's roles there."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts import selectors as accounts
from config.town import town_of


def place(request: HttpRequest) -> dict[str, Any]:
    """`city` when the address names one, `roles` of the reader in it, and whether this is the demonstration."""
    city = town_of(request)
    roles: frozenset[str] = frozenset()
    if city is not None and request.user.is_authenticated:
        # Whoever has no other part in the town is here as a citizen.
        roles = accounts.roles_in(request.user, city) or frozenset({"citizen"})
    return {"city": city, "roles": roles, "demo": settings.DEMO, "source_url": settings.SOURCE_URL}
