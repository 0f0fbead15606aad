"""What was asked and answered, in the thread of a case."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from catalogue.times import ago
from matching.conditions.condition_words import change_words
from matching.conditions.question_lists import asked_of
from matching.models import ConditionQuestion, Scan

Answer = ConditionQuestion.Answer


def events(scan: Scan | None, *, now: datetime) -> list[dict[str, Any]]:
    """What was asked and answered, as lines of the case's thread (see presentation.thread)."""
    found = []
    for one in asked_of(scan) if scan is not None else ():
        change = change_words(one.rule, one.params)
        found.append((one.asked_at, _("Question posée\u202f: %(change)s") % {"change": change}))
        if one.answered_at is not None and one.answer != Answer.MOOT:
            said = (
                _("Réponse\u202f: oui, %(change)s")
                if one.answer == Answer.GIVES
                else _("Réponse\u202f: cela reste")
            )
            found.append((one.answered_at, said % {"change": change}))
    return [{"at": at, "text": text, "note": "", "when": ago(at, now), "state": ""} for at, text in found]
