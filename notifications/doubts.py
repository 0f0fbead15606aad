"""Messages of which nobody knows whether they arrived.

What decides a night is said once more, marked as a repeat, and the desk is told at once. Of the rest a person decides.
"""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Exists
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from notifications import channel_registry, claims, connections, reach, selectors
from notifications.events import PRIVATE, is_told_again
from notifications.models import Message, MessageState
from notifications.reasons import Words, subject_id
from notifications.services import DELIVER_TASK, Text, queue
from notifications.wake_up import wake_on_commit

log = logging.getLogger(__name__)

IN_DOUBT = "message_in_doubt"


@transaction.atomic
def follow(*, message: Message, by: None, now: datetime) -> Message | None:
    """See to a message that has just become uncertain; the repeat, where there is one.

    A repeat is not repeated: the desk has been told, unless the message is private. Nor is what only accompanies a
    message that says the same.
    """
    if message.channel in channel_registry.companions():
        return None
    if message.repeat_of_id is not None or not is_told_again(message.event, message.priority):
        return None
    repeat = _repeat(message, now=now)
    if message.city is not None and message.event not in PRIVATE:
        for person in accounts.coordinators_of(message.city):
            queue(
                recipient=person,
                event=IN_DOUBT,
                subject_key=f"message:{message.pk}",
                city=message.city,
                compose=partial(_text_for_desk, message),
                now=now,
                channel=_working(reach.reaching(person, IN_DOUBT)) or channel_registry.by_person(),
            )
    return repeat


@transaction.atomic
def set_interrupted_aside(*, channel: str, number: int, by: None, now: datetime) -> int:
    """What was being sent under a number that nobody holds any more; how many. Whoever calls holds it.

    What was claimed with it and not begun goes back to the queue.
    """
    lost = list(
        Message.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient", "city")
        .filter(state=MessageState.SENDING, channel=channel, connection=number)
    )
    line = claims.Line(channel, number)
    begun = claims.begun_on(line)
    waits = [
        message
        for message in lost
        if begun and message.claimed_at == begun.claimed_at and message.pk != begun.message_id
    ]
    if begun:
        ids = [message.pk for message in waits]
        claims.put_back(line=line, ids=ids, claimed_at=begun.claimed_at, by=by, now=now)
    lost = [message for message in lost if message not in waits]
    for message in lost:
        message.state, message.last_error = MessageState.UNCERTAIN, "worker lost"
        message.save(update_fields=["state", "last_error"])
        log.warning("message %s interrupted in mid-send", message.pk)
        follow(message=message, by=by, now=now)
    return len(lost)


def set_restored_aside(*, by: None, now: datetime) -> int:
    """What waited to leave when a backup was made: whether it has left since nobody knows. How many; none leaves by
    itself, a person of each town's desk decides of them.
    """
    waited = [MessageState.QUEUED, MessageState.HELD, MessageState.SENDING]
    return Message.objects.filter(state__in=waited).update(
        state=MessageState.UNCERTAIN, why="", last_error="restored", due_at=now
    )


def mark_interrupted(*, by: None, now: datetime) -> int:
    """Set aside the messages whose worker died while it sent them; how many. A worker that lives keeps its own."""
    count = 0
    for channel, number in selectors.numbers_in_use():
        with connections.left_by_the_dead(channel, number) as is_free:
            if is_free:
                count += set_interrupted_aside(channel=channel, number=number, by=by, now=now)
    return count


def reasons_of_doubts() -> dict[str, Callable[[], Exists]]:
    """The desk is told while nobody knows."""
    return {
        IN_DOUBT: lambda: Exists(Message.objects.filter(pk=subject_id(), state=MessageState.UNCERTAIN)),
    }


GONE: Words = {IN_DOUBT: gettext_lazy("on sait ce que ce message est devenu")}


def _repeat(message: Message, *, now: datetime) -> Message:
    """The same words once more, by another way if the person has one that works and does not bring them already."""
    same = Message.objects.filter(
        recipient=message.recipient, event=message.event, subject_key=message.subject_key
    )
    told_by = set(same.values_list("channel", flat=True))
    channel = _working(reach.ways(message, now), but=told_by) or message.channel
    with translation.override(message.language):
        mark = _("Rappel du même message\u202f: il vous est peut-être déjà parvenu.")
    repeat = message.said_again(channel=channel, due_at=now, now=now)
    repeat.repeat_of, repeat.body = message, f"{mark}\n\n{message.body}"
    repeat.short = f"{mark}\n{message.short}" if message.short else ""
    repeat.save(force_insert=True)
    log.warning("message %s repeats message %s by %s", repeat.pk, message.pk, channel)
    wake_on_commit(DELIVER_TASK)
    return repeat


def _working(ways: Sequence[str], but: Collection[str] = ()) -> str | None:
    """The first of these channels, but for some, that delivers by itself and is in order."""
    without = {*but, *selectors.channels_down()}
    usable = (name for name in ways if name in channel_registry.by_machine())
    return next((name for name in usable if name not in without), None)


def _text_for_desk(message: Message) -> Text:
    assert message.city is not None
    title = _("Un message pour ce soir n’est peut-être pas arrivé")
    return Text(
        title=title,
        body=_(
            "Bonjour,\n\nCe message à %(person)s a été interrompu pendant son envoi\u202f: "
            "«\u00a0%(title)s\u00a0».\n\nIl repart une "
            "fois de lui-même, marqué comme un rappel. Si le temps presse, appelez la personne."
        )
        % {"person": message.recipient, "title": message.title},
        action_label=_("Voir les messages non remis"),
        action_url=reverse("notifications:call:undelivered", args=[message.city.slug]),
        impersonal=title,
    )
