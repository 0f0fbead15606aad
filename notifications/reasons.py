"""Why a message is to leave: what it speaks of is still so.

Each app says for its own events by which rows it is so (`register`, in its AppConfig). The outbox asks in the moment in
which a message would leave, and for each list of calls. An event of which nobody says anything always has its reason.
"""

from collections.abc import Callable, Mapping

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    Func,
    OuterRef,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast

Reason = Callable[[], Exists]

_reasons: dict[str, Reason] = {}


def register(reasons: Mapping[str, Reason]) -> None:
    """By event, the rows that must exist for its message to have a reason; `subject_id` finds the message's own."""
    _reasons.update(reasons)


def subject_id() -> Cast:
    """In such a query: the number in the message's `subject_key` ("match:12" and "offer:12:3" are about 12)."""
    number = Func(
        OuterRef("subject_key"), Value(":"), Value(2), function="split_part", output_field=TextField()
    )
    return Cast(number, BigIntegerField())


def reason_of(event: str) -> Exists | None:
    """The rows by which a message of that event has its reason; None when it always has."""
    reason = _reasons.get(event)
    return reason() if reason is not None else None


def has_reason() -> Case:
    """Of a message: whether its reason still stands."""
    cases = [When(event=event, then=reason()) for event, reason in sorted(_reasons.items())]
    return Case(*cases, default=Value(True), output_field=BooleanField())
