"""What the pages show of a town's words: the list, the placeholders explained, who changed what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.times import day_and_hour
from cities.days import local_time
from cities.models import City
from notifications.wording import selectors
from notifications.wording.models import Form, Wording
from notifications.wording.placeholders import PLACEHOLDERS
from notifications.wording.texts import BuiltIn, all_texts

LANGUAGES: Mapping[str, Any] = dict(settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the list: what it says, and in which languages and forms the town says it in its own words."""

    text: BuiltIn
    title: str
    own: list[str]
    broken: list[str]


def lines(city: City) -> dict[str, list[Line]]:
    """By reader, every text that a town may say otherwise."""
    own: dict[str, list[Wording]] = {}
    for wording in selectors.own_of(city):
        own.setdefault(wording.name, []).append(wording)
    found: dict[str, list[Line]] = {}
    for name, text in all_texts().items():
        of_text = own.get(name, [])
        broken = selectors.broken(of_text)
        found.setdefault(str(text.reader.value), []).append(
            Line(
                text,
                text.as_written()[0],
                own=[_where(wording) for wording in of_text if wording not in broken],
                broken=[_where(wording) for wording in broken],
            )
        )
    return found


def orphans(city: City) -> list[str]:
    """What the town wrote for texts that this version has no more."""
    known = all_texts()
    return [
        f"{wording.name} ({_where(wording)})"
        for wording in selectors.own_of(city)
        if wording.name not in known
    ]


def _where(wording: Wording) -> str:
    return f"{wording.get_form_display()} · {LANGUAGES.get(wording.language, wording.language)}"


def tabs(city: City, text: BuiltIn, *, form: Form, language: str) -> list[list[dict[str, Any]]]:
    """The other languages of this text, and its other form."""

    def tab(form_: str, language_: str, words: str) -> dict[str, Any]:
        return {
            "url": reverse("notifications:wording", args=[city.slug, text.name, language_, form_]),
            "text": words,
            "current": (form_, language_) == (form, language),
            "count": None,
        }

    return [
        [tab(each.value, language, str(each.label)) for each in Form],
        [tab(form.value, code, words) for code, words in LANGUAGES.items()],
    ]


def elements(text: BuiltIn) -> list[dict[str, Any]]:
    """The placeholders of a text, explained."""
    return [
        {
            "written": "{" + PLACEHOLDERS[name].token + "}",
            "label": PLACEHOLDERS[name].label,
            "is_required": name in text.required,
        }
        for name in text.names()
    ]


def history(wording: Wording, city: City) -> list[dict[str, Any]]:
    """Who changed the words, the latest first."""
    edits = wording.edits.select_related("by").order_by("-at", "-id")
    return [
        {
            "at": edit.at,
            "when": day_and_hour(local_time(edit.at, city)),
            "text": str(edit.by) if edit.by else "Accorde",
            "note": "",
            "lines": _written(edit.what),
            "state": "",
        }
        for edit in edits
    ]


def _written(what: dict[str, list[str]]) -> list[str]:
    said = [str(pair[1]) for name in ("title", "body") if (pair := what.get(name)) and pair[1]]
    return said or [_("Texte d’Accorde remis")]
