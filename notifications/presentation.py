"""Messages as the desk reads them: who was told what, by which channel, and what is known of it. Shapes for templates.

Titles alone: the words of a confirmation hold contacts, and reading those is noted elsewhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue.times import days_words, length_words, moment_words, until
from cities.models import City
from notifications import answers, channel_registry, holding, reasons, selectors
from notifications.events import Priority
from notifications.models import ON_THE_WAY, Message, MessageQuerySet, MessageState

# So many of what was said of one thing, the latest.
SHOWN = 50
FIGURES_OF = timedelta(days=30)
# Minutes from which a length is said in days.
DAYS_FROM = 48 * 60
_ANSWERED = MessageState.ANSWERED
_TO_COME = (MessageState.QUEUED, MessageState.HELD, MessageState.SENDING)
_LOST = (MessageState.FAILED, MessageState.UNCERTAIN)
_WHEN = {
    MessageState.SENT: "sent_at",
    MessageState.DELIVERED: "delivered_at",
    MessageState.OPENED: "opened_at",
    MessageState.ANSWERED: "answered_at",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One message: where it stands, and what else is known."""

    message: Message
    state: str
    channel: str
    note: str
    is_lost: bool
    may_resend: bool


def told(messages: MessageQuerySet, city: City, *, now: datetime) -> dict[str, Any]:
    """What was said of something (`selectors.about`), for notifications/_told.html.

    One query, and a second where the reason of something matters, however much was said.
    """
    found = list(messages[: SHOWN + 1])
    gone = selectors.without_reason([message for message in found[:SHOWN] if _hangs_on_its_reason(message)])
    lines = [_line(message, city, stands=message.pk not in gone, now=now) for message in found[:SHOWN]]
    return {
        "lines": lines,
        "lost": sum(line.is_lost for line in lines),
        "has_more": len(found) > SHOWN,
    }


def _hangs_on_its_reason(message: Message) -> bool:
    """Whether it has not left yet, did not arrive, or waits for an answer."""
    return message.state in (*_TO_COME, *_LOST) or _is_asking(message)


def _is_asking(message: Message) -> bool:
    return message.event in answers.events() and message.state in ON_THE_WAY[: ON_THE_WAY.index(_ANSWERED)]


def _line(message: Message, city: City, *, stands: bool, now: datetime) -> Line:
    state = MessageState(message.state)
    # Of what never left, the reason may be gone before a worker has come to it.
    is_moot = state == MessageState.MOOT or (not stands and state in (*_TO_COME, *_LOST))
    is_beside = message.channel in channel_registry.companions()
    is_lost = state in _LOST and not is_moot and not is_beside
    repeats_itself = is_lost and hasattr(message, "repeated_by")
    return Line(
        message=message,
        state=str(MessageState.MOOT.label) if is_moot else _state(message, now=now),
        channel=channel_registry.label(message.channel),
        note=capfirst(_note(message, is_moot=is_moot, stands=stands, repeats_itself=repeats_itself)),
        is_lost=is_lost,
        may_resend=is_lost and not repeats_itself and message.city_id == city.pk,
    )


def _state(message: Message, *, now: datetime) -> str:
    """ "envoyé à 18 h 05", "lu hier à 9 h", "à appeler", "refusé"."""
    state = MessageState(message.state)
    is_by_machine = message.channel in channel_registry.by_machine()
    if state == MessageState.QUEUED:
        if not is_by_machine:
            return _("à appeler")
        if message.due_at > now:
            return _("partira %(when)s") % {"when": until(message.due_at, now)}
    if state == MessageState.HELD and message.why == holding.QUIET and message.due_at > now:
        return _("partira %(when)s") % {"when": until(message.due_at, now)}
    words = str(state.label)
    if state == MessageState.SENT and not is_by_machine:
        words = _("dit")
    told_at = getattr(message, _WHEN[state]) if state in _WHEN else None
    if told_at is None:
        return words
    return _("%(done)s %(when)s") % {"done": words, "when": moment_words(told_at, now)}


def held_words(why: str) -> str:
    """What keeps a message: "attend : cette personne a déjà une question"."""
    known = {
        holding.QUESTION: _("attend\u202f: cette personne a déjà une question"),
        holding.WEEK: _("attend\u202f: cette personne a eu assez de messages cette semaine"),
        holding.PAUSE: _("attend\u202f: cette personne a demandé une pause"),
        holding.QUIET: _("attend la fin de ses heures calmes"),
    }
    return known.get(why, why)


def _note(message: Message, *, is_moot: bool, stands: bool, repeats_itself: bool) -> str:
    """What the state alone does not say: why nothing is wanted any more, whether an answer is, who called."""
    if is_moot:
        first = message.repeat_of
        if first is not None and first.state in ON_THE_WAY:
            return _("le premier message est arrivé")
        return reasons.said_gone(message.event)
    if message.state == MessageState.HELD:
        return held_words(message.why)
    if repeats_itself:
        return _("Repart une fois de lui-même.")
    if message.state == MessageState.UNCERTAIN:
        return _("il est peut-être arrivé")
    if _is_asking(message):
        return _("réponse attendue") if stands else reasons.said_gone(message.event)
    if message.called_by is not None:
        return _("par %(name)s") % {"name": message.called_by}
    return ""


def gone_words(messages: Iterable[Message]) -> dict[int, str]:
    """Of those whose reason is gone, by number, what has happened: for whoever they were written to."""
    found = list(messages)
    gone = selectors.without_reason(found)
    return {message.pk: capfirst(reasons.said_gone(message.event)) for message in found if message.pk in gone}


# --- Figures -------------------------------------------------------------------------------------------


def figures(user: User, city: City, *, now: datetime) -> dict[str, Any]:
    """A town's messages of the last days by state and channel, and how long answers took, for a table."""
    since = now - FIGURES_OF
    counted = selectors.counts(user, city, since=since)
    by_pair = {(channel, state): n for channel, state, n in counted}
    channels = sorted({channel for channel, _state, _n in counted}, key=_place)
    return {
        "channels": [channel_registry.label(channel) for channel in channels],
        "rows": [
            {
                "label": state.label,
                "is_lost": state in _LOST,
                "counts": [by_pair.get((channel, state), 0) for channel in channels],
            }
            for state in MessageState
            if any((channel, state) in by_pair for channel in channels)
        ],
        "answered": _answered(selectors.answer_times(user, city, since=since)),
    }


def _place(channel: str) -> tuple[int, str]:
    known = list(channel_registry.all_channels())
    return (known.index(channel) if channel in known else len(known)), channel


def _answered(times: Mapping[int, timedelta]) -> list[dict[str, str]]:
    labels = {Priority.NIGHT: _("Pour ce soir"), Priority.ASK: _("Pour plus tard")}
    return [
        {"label": label, "value": _length(times[priority])}
        for priority, label in labels.items()
        if priority in times
    ]


def _length(time: timedelta) -> str:
    """ "12 min", "5 h 30", "3 jours"."""
    minutes = max(1, round(time.total_seconds() / 60))
    return length_words(minutes) if minutes < DAYS_FROM else days_words(round(minutes / (24 * 60)))
