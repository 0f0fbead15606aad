"""What a town adds in each language to what it sends."""

from collections.abc import Mapping

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_WORDS = 2000


def checked_words(words: Mapping[str, str]) -> dict[str, str]:
    """By language, what is not empty. Raises ValidationError by field."""
    known = dict(settings.LANGUAGES)
    said = {
        language: text.replace("\r\n", "\n").strip() for language, text in words.items() if language in known
    }
    too_long = {
        language: _("C’est trop long\u202f: %(what)s signes au plus.") % {"what": LONGEST_WORDS}
        for language, text in said.items()
        if len(text) > LONGEST_WORDS
    }
    if too_long:
        raise ValidationError(too_long)
    return {language: text for language, text in said.items() if text}
