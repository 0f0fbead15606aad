"""Calling about a match, from its case: what was written to somebody is said to them on the phone.

The call itself, its script, who is calling and what came of it are those of the list of calls
(`notifications.channels.call`). Here is only found, or put on that list, what there is to say.
"""

from datetime import date, datetime

from django.db import transaction

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from matching.models import Match, MatchState
from matching.selectors import contacts_are_open, told_of
from notifications import channel_registry
from notifications import selectors as outbox
from notifications.models import Message, MessageState
from notifications.queued import hand_on

HOST, POSTER = "propose", "demande"
# What has left, arrived or failed can be said aloud; what waits for its turn cannot yet.
_SAID = frozenset(MessageState) - {MessageState.HELD, MessageState.MOOT, MessageState.SUPPRESSED}


def sides(match: Match, *, today: date) -> list[str]:
    """Whom the desk of the need's town may call about a match that is under way: of another town's citizen nothing is
    known before contacts are exchanged, and whoever needs help has nothing to hear before there is a yes.
    """
    found = [HOST] if not match.is_across or contacts_are_open(match, today=today) else []
    return [*found, POSTER] if match.is_live and match.state != MatchState.PROPOSED else found


class NothingToSay(Exception):
    """Nothing that was written to this side can be said once more on the phone."""


@transaction.atomic
def begin(*, match: Match, side: str, by: User, now: datetime) -> Message:
    """Take the call to a side of a match; the entry of the list of calls, which waits there until it is noted.

    Raises NothingToSay, and BeingSaid while a colleague is calling this person.
    """
    require(has_role(by, match.city, COORDINATION))
    Match.objects.select_for_update(no_key=True).get(pk=match.pk)  # two who press at once find one entry
    message = _to_say(match, side)
    if message is None:
        raise NothingToSay
    if message.channel != channel_registry.by_person():
        message = hand_on(message=message, channel=channel_registry.by_person(), due_at=now, by=by, now=now)
    channel_registry.take(message_id=message.pk, by=by, now=now)
    return message


def _to_say(match: Match, side: str) -> Message | None:
    """The call that waits already, else the latest message about the match that nobody has called about."""
    people = [match.offer.owner] if side == HOST else told_of(match.need)
    people = [person for person in people if person.phone]
    by_person = channel_registry.by_person()
    found = list(
        outbox.said_to(people, f"match:{match.pk}")
        .filter(city=match.city_id, state__in=sorted(_SAID))
        .with_reason()
    )
    waiting = [one for one in found if one.channel == by_person and one.state == MessageState.QUEUED]
    if waiting:
        return waiting[0]
    called = {(one.recipient_id, one.event, one.subject_key) for one in found if one.channel == by_person}
    written = (
        one
        for one in found
        if one.channel not in channel_registry.companions()
        and (one.recipient_id, one.event, one.subject_key) not in called
    )
    return next(written, None)
