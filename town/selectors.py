"""What the pages of a town's administration read."""

from collections.abc import Collection

from django.db.models import QuerySet

from accounts.models import CityEdit
from cities.models import City


def setting_edits(city: City, *, fields: Collection[str] | None = None) -> QuerySet[CityEdit]:
    """Who changed what of the settings, the latest first; `fields`: of one of these alone."""
    edits = CityEdit.objects.filter(city=city).select_related("by").order_by("-at", "-pk")
    return edits if fields is None else edits.filter(what__has_any_keys=list(fields))
