"""What must never happen: the demonstration's door in a real town."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.urls import NoReverseMatch, reverse


@register()
def door_is_shut(**_: Any) -> list[Error]:
    """An error when anybody may sign in as anybody outside the demonstration."""
    if settings.DEMO and not settings.PRODUCTION:
        return []
    try:
        address = reverse("demo:enter")
    except NoReverseMatch:
        return []
    return [Error(f"{address} lets anybody in: only the demonstration may serve it.", id="demo.E001")]
