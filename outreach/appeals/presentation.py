"""What the pages show of an appeal: as it is read in each language, and what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language_info

from outreach.appeals import messages, selectors
from outreach.appeals.models import Appeal


@dataclass(frozen=True, slots=True)
class Edition:
    """An appeal in one language, as it would leave now."""

    language: str
    name: str
    direction: str
    title: str
    body: str


def editions(appeal: Appeal, *, now: datetime) -> list[Edition]:
    found = []
    for language, name in settings.LANGUAGES:
        with translation.override(language):
            text = messages.appeal(appeal, language=language, now=now)
        direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
        found.append(Edition(language, str(name), direction, text.title, text.body))
    return found


def lines(appeals: Iterable[Appeal]) -> list[Mapping[str, Any]]:
    """The appeals of a town, the latest first, with what became of those that were sent."""
    return [
        {"appeal": appeal, "counts": selectors.counts(appeal) if appeal.sent_at else None}
        for appeal in appeals
    ]
