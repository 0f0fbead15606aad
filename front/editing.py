"""What the administration of a town reads of its home: what is written in which language, and who changed what."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import get_language_info, override
from django.utils.translation import gettext as _

from catalogue.times import ago
from cities.models import City
from front import selectors
from front.models import HomePicture, HomeWords
from front.words import FIELDS, built_in

MOST_EVENTS = 20
LONGEST_QUOTED = 80


def languages(city: City) -> list[dict[str, Any]]:
    """A line for each language: how much of it is the town's, and what is the town's in French alone."""
    own, unsaid = selectors.counts_of_own(city), selectors.unsaid(city)
    return [
        {
            "code": code,
            "name": capfirst(str(name)),
            "autonym": capfirst(get_language_info(code)["name_local"]),
            "own": own.get(code, 0),
            "unsaid": [label(field) for field in unsaid.get(code, [])],
        }
        for code, name in settings.LANGUAGES
    ]


def label(field: str) -> str:
    """Of a text of the home: "titre"."""
    return str(HomeWords._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def rows(form: Any, city: City, language: str) -> list[dict[str, Any]]:
    """Each field with what stands there without it, and with what the town says in French."""
    french = selectors.own_words(city, selectors.FRENCH) if language != selectors.FRENCH else None
    with override(language):
        texts = built_in(city)
    return [
        {"field": form[name], "built_in": texts[name], "french": getattr(french, name, "")} for name in FIELDS
    ]


def events(city: City, *, now: datetime, language: str = "") -> list[dict[str, Any]]:
    """Who changed what of the home, or of its texts in one language; the latest first."""
    edits = selectors.words_edits(city, languages=[language] if language else [])[:MOST_EVENTS]
    return [
        _event(edit, [_line(name, pair, edit.words.language) for name, pair in edit.what.items()], now)
        for edit in edits
    ]


def picture_events(city: City, *, now: datetime) -> list[dict[str, Any]]:
    """Who added, showed, described or took down a picture; the latest first."""
    states = dict(HomePicture.State.choices)
    found = []
    for edit in selectors.picture_edits(city)[:MOST_EVENTS]:
        lines = [
            _("Image\u202f: %(state)s") % {"state": states.get(pair[1], pair[1])}
            if name == "state"
            else _("Descriptions\u202f: %(texts)s") % {"texts": _quoted(" · ".join((pair[1] or {}).values()))}
            for name, pair in edit.what.items()
        ]
        found.append(_event(edit, lines, now))
    return found


def _event(edit: Any, lines: list[str], now: datetime) -> dict[str, Any]:
    who = str(edit.by or _("Le service"))
    return {"text": who, "at": edit.at, "when": ago(edit.at, now), "note": "", "state": "", "lines": lines}


def _line(name: str, pair: list[Any], language: str) -> str:
    return _("%(label)s (%(language)s)\u202f: %(old)s → %(new)s") % {
        "label": capfirst(label(name)),
        "language": selectors.LANGUAGES.get(language, language),
        "old": _quoted(pair[0]),
        "new": _quoted(pair[1]),
    }


def _quoted(text: str | None) -> str:
    if not text:
        return _("texte d’Accorde")
    return text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}…"
