"""What `manage.py check --database default` says about the towns that exist."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Tags, Warning, register
from django.db import DatabaseError, connections

from cities.colours import is_readable_on_white
from cities.models import City


@register(Tags.database)
def towns_have_readable_colours(databases: Sequence[str] | None = None, **_: Any) -> list[Warning]:
    """One warning for each town whose colours, written past the form, cannot be read on white."""
    found: list[Warning] = []
    for alias in databases or ():
        # The check also runs before the first migration, and a database that is away has one of its own; before those
        # of an update too, so that it asks for old columns alone: City.objects looks for `removed_at`.
        try:
            tables = connections[alias].introspection.table_names()
        except DatabaseError:
            continue
        if City._meta.db_table not in tables:
            continue
        for slug, brand, accent in City._base_manager.using(alias).values_list(
            "slug", "brand_colour", "accent_colour"
        ):
            found += [
                Warning(f"{slug}: {colour} on white is below a contrast of 4.5:1.", id="cities.W001")
                for colour in (brand, accent)
                if not is_readable_on_white(colour)
            ]
    return found
