"""What people wrote back, as the desk reads it: on its list, on a case and on an offer. Shapes for templates."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from accounts.models import User
from catalogue.times import moment_words
from notifications import answers, channel_registry
from notifications.heard import Heard
from notifications.inbox import selectors


def written(user: User, subjects: Collection[str], *, now: datetime) -> list[dict[str, Any]]:
    """What was answered about these ("match:12"), the latest first."""
    found = selectors.about(user, subjects)
    return rows(found, now=now) if found else []


def rows(found: list[tuple[str, Heard]], *, now: datetime) -> list[dict[str, Any]]:
    """What is known of each. The same number of queries, however many they are."""
    calls = selectors.calls_to_make_about(found)
    asked = [(heard.message.event, heard.message.subject_key) for _word, heard in found if heard.message]
    pages = answers.desk_pages(asked)
    return [
        {
            "word": word,
            "heard": heard,
            "channel": channel_registry.label(heard.CHANNEL),
            "when": moment_words(heard.received_at, now),
            "other_sender": _other_sender(heard),
            "call": calls.get((word, heard.pk)),
            "page": pages.get((heard.message.event, heard.message.subject_key)) if heard.message else None,
            "waits": heard.seen_at is None and heard.became in heard.TO_READ,
            "comes_back_to": heard.became in ("late", "disagrees"),
        }
        for word, heard in found
    ]


def _other_sender(heard: Heard) -> str:
    """Of a mail, the address that wrote, where it is not the one to which we had written."""
    sender = getattr(heard, "sender", "")
    theirs = (heard.person.email or "") if heard.person else ""
    return sender if sender.lower() != theirs.lower() else ""
