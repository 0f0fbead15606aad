"""When the citizen of a match is asked, and by when they answer.

The caller has locked offer, need and match.
"""

from datetime import datetime

from matching import telling, turns, waits
from matching.models import Match


def ask_in_turn(*, match: Match, by: None, now: datetime) -> bool:
    """Ask the citizen of a match whose question waits for its turn; False, and it goes on waiting, while it has not
    come.
    """
    message = telling.held_question(match)
    held = turns.why_it_waits(match, now=now, message=message, is_next=True)
    if held:
        telling.still_waits(match, message, held, now=now)
        return False
    set_clock(match, held="", now=now)
    match.save(update_fields=["asked_at", "answer_by", "remind_at", "waits_since"])
    telling.ask_now(match, message, by=by, now=now)
    return True


def set_clock(match: Match, *, held: str, now: datetime) -> None:
    """The time to answer begins when the question leaves; of one that waits, it ends with the use of an answer."""
    match.asked_at = now
    if held:
        match.waits_since, match.answer_by, match.remind_at = now, waits.useful_until(match, now=now), None
        return
    leaves = turns.leaves_at(match, now=now)
    match.waits_since, match.answer_by = None, waits.deadline(match, now=leaves)
    match.remind_at = waits.halfway(match.answer_by, now=leaves)
