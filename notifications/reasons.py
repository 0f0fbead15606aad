"""Why a message is to leave: what it speaks of is still so.

Each app says for its own events by which rows it is so (`register`, in its AppConfig). The outbox asks in the moment in
which a message would leave, and for each list of calls. An event of which nobody says anything always has its reason.
"""

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    DateTimeField,
    Exists,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Reason = Callable[[], Exists | Q]
Deadline = Callable[[], QuerySet[Any]]
Words = Mapping[str, "StrPromise"]

_reasons: dict[str, Reason] = {}
_gone: dict[str, "StrPromise"] = {}
_deadlines: dict[tuple[str, str], Deadline] = {}


def register(reasons: Mapping[str, Reason], gone: Words | None = None) -> None:
    """By event, the rows that must exist for its message to have a reason; `subject_id` finds the message's own.

    `gone`: by event, what has happened when it has none any more, as the desk reads it after "sans objet".
    """
    _reasons.update(reasons)
    _gone.update(gone or {})


def said_gone(event: str) -> str:
    """What has happened when a message of that event has no reason any more."""
    return str(_gone.get(event, _("ce dont il parle est terminé")))


def subject_id() -> Cast:
    """In such a query: the number in the message's `subject_key` ("match:12" and "offer:12:3" are about 12)."""
    return Cast(subject_part(2), BigIntegerField())


def subject_part(place: int) -> Func:
    """In such a query: a part of the message's `subject_key`, counted from 1; "" where there is none."""
    return Func(
        OuterRef("subject_key"), Value(":"), Value(place), function="split_part", output_field=TextField()
    )


def register_deadlines(deadlines: Mapping[tuple[str, str], Deadline]) -> None:
    """By event and the word of its `subject_key` ("match"), the moment until which an answer is waited for: one row
    with one column, found by `subject_id`.
    """
    _deadlines.update(deadlines)


def deadline() -> Case:
    """Of a message: until when its answer is waited for; null where none is."""
    cases = [
        When(event=event, subject_key__startswith=f"{word}:", then=Subquery(moment()))
        for (event, word), moment in sorted(_deadlines.items())
    ]
    return Case(*cases, default=None, output_field=DateTimeField())


def reason_of(event: str) -> Exists | Q | None:
    """The rows by which a message of that event has its reason; None when it always has."""
    reason = _reasons.get(event)
    return reason() if reason is not None else None


def has_reason(events: Collection[str] | None = None) -> Case:
    """Of a message: whether its reason still stands. `events`: those that it can have, to ask for no others."""
    asked = [item for item in sorted(_reasons.items()) if events is None or item[0] in events]
    cases = [When(event=event, then=reason()) for event, reason in asked]
    return Case(*cases, default=Value(True), output_field=BooleanField())
