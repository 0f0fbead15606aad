"""What the pages of a town's administration show, as templates read it."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import CityEdit
from catalogue.times import ago
from town.words import seats_in, setting_lines


def setting_events(
    edits: Iterable[CityEdit], *, only: Collection[str] | None = None, now: datetime
) -> list[dict[str, Any]]:
    """The history of the settings, for a timeline."""
    edits = list(edits)
    seats = seats_in(edits)
    return [
        {
            "text": str(edit.by or _("Le service")),
            "at": edit.at,
            "when": ago(edit.at, now),
            "note": "",
            "state": "",
            "lines": setting_lines(edit, seats=seats, only=only),
        }
        for edit in edits
    ]
