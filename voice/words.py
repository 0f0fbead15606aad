"""Texts that a town writes by language: checked, and read in the reader's own, else in French."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext as _

LONGEST_TITLE, LONGEST_TEXT = 120, 4000


@dataclass(frozen=True, slots=True)
class Said:
    """A text and in which language it is, which may be another than the page's."""

    text: str
    language: str
    direction: str


def said(words: Mapping[str, str]) -> Said | None:
    """In the reader's language where the town has written it, else in French; None where it has written nothing."""
    for language in (get_language() or "", settings.LANGUAGE_CODE):
        if words.get(language):
            return in_language(words[language], language)
    return None


def in_language(text: str, language: str) -> Said:
    return Said(text, language, "rtl" if get_language_info(language)["bidi"] else "ltr")


def checked(words: Mapping[str, str], *, field: str, longest: int, needed: bool = True) -> dict[str, str]:
    """By language, what is not empty; the French one first of all. ValidationError by "field_language"."""
    known = dict(settings.LANGUAGES)
    kept = {
        language: text.replace("\r\n", "\n").strip() for language, text in words.items() if language in known
    }
    kept = {language: text for language, text in kept.items() if text}
    refused = {
        f"{field}_{language}": _("C’est trop long\u202f: %(what)s signes au plus.") % {"what": longest}
        for language, text in kept.items()
        if len(text) > longest
    }
    if settings.LANGUAGE_CODE not in kept and (needed or kept):
        refused[f"{field}_{settings.LANGUAGE_CODE}"] = _("Écrivez-le d’abord en français.")
    if refused:
        raise ValidationError(refused)
    return kept
