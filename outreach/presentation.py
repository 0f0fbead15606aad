"""What the pages show of an issue: each language as it is read, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language_info

from outreach import messages, selectors
from outreach.models import Issue


@dataclass(frozen=True, slots=True)
class Edition:
    """An issue in one language, as it would leave now; to how many."""

    language: str
    name: str
    direction: str
    title: str
    body: str
    readers: int


def editions(issue: Issue, *, now: datetime) -> list[Edition]:
    readers = selectors.count_by_language(issue.city)
    found = []
    for language, name in settings.LANGUAGES:
        with translation.override(language):
            text = messages.letter(issue, language=language, now=now)
        direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
        found.append(Edition(language, str(name), direction, text.title, text.body, readers.get(language, 0)))
    return found


def lines(issues: Any) -> list[Mapping[str, Any]]:
    """The issues of a town, the latest first, with what became of those that were sent."""
    return [
        {"issue": issue, "counts": selectors.counts(issue) if issue.sent_at else None} for issue in issues
    ]


def said(issue: Issue) -> list[tuple[str, str]]:
    """What the town added, by language."""
    return [
        (language, issue.words[language]) for language, _name in settings.LANGUAGES if language in issue.words
    ]
