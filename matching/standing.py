"""Whether a match still stands: what may be asked, what may be promised, and what has been taken back or changed since.

The caller has locked offer, need and match.
"""

from datetime import date, datetime, timedelta

from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import waits
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState, TownAgreement
from matching.reasons import still_fits
from needs.models import Need, NeedState
from offers.models import OfferState

# An offer in one of these keeps no promise; of one that an incident holds back, not until it is closed.
GONE = (OfferState.WITHDRAWN, OfferState.FROZEN)
# Who moves into such a home later has time: the incident may be closed before.
SOON = timedelta(days=3)


def check_may_be_asked(match: Match, *, now: datetime) -> None:
    """Raise NotPossible ("closed", "changed") when a suggestion is not what the engine compared any more, and
    "unaccompanied" while it is not known who accompanies a lone minor.
    """
    if not (match.offer.is_open and match.need.is_open and _poster_may_ask(match.need)):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if waits.is_over(match, now=now):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "closed")
    if _has_changed(match):
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "changed")
    if match.need.lone_minor and not match.need.social_worker:
        raise NotPossible(Act.PROPOSE, MatchState(match.state), "unaccompanied")


def check_still_stands(match: Match, act: Act, *, now: datetime) -> None:
    """Raise "closed" when a yes would come too late: its days over, an offer frozen or withdrawn, a need withdrawn, its
    association suspended before the first yes; "changed" when what was promised is not possible any more.
    The sweeps `cancel_orphans` and `judge_again` call such matches off, but not in the same instant.
    """
    if waits.is_over(match, now=now):
        raise NotPossible(act, MatchState(match.state), "closed")
    is_moot = act == Act.ACCEPT and not _poster_may_ask(match.need)
    if is_taken_back(match) or is_moot:
        raise NotPossible(act, MatchState(match.state), "closed")
    if not compared_again(match, now=now):
        raise NotPossible(act, MatchState(match.state), "changed")


def would_be_taken(match: Match, act: Act, *, now: datetime) -> bool:
    """Whether an act that somebody has the role for would be accepted now, were it sent as it should be; a place that
    somebody else takes meanwhile is known to the services alone.

    Reads the town's agreements and the host's pause where they matter, and judges again what has changed.
    """
    try:
        if act == Act.PROPOSE:
            check_may_be_asked(match, now=now)
    except NotPossible:
        return False
    is_home, over = match.offer.kind == Kind.HOUSING, waits.is_over(match, now=now)
    pause = getattr(match.offer.owner, "message_preference", None)
    today = local_day(now, match.offer.city)
    is_asked_nothing = pause is not None and pause.paused_until is not None and pause.paused_until >= today
    not_vetted = is_home and match.offer.vetted_at is None

    def fits() -> bool:
        return not _has_changed(match) or not still_fits.broken(match, now=now)

    match act:
        case Act.PROPOSE:
            agreed = not match.is_across or any(
                one.answer == TownAgreement.Answer.AGREED for one in match.agreements.all()
            )
            return agreed and not not_vetted and not is_asked_nothing
        case Act.ACCEPT:
            return not over and not is_taken_back(match) and _poster_may_ask(match.need) and fits()
        case Act.CONFIRM:
            return not over and not is_taken_back(match) and fits()
        case Act.START:
            is_early = match.need.lasts and local_day(now, match.city) < match.first_day
            kept = not over and not is_taken_back(match) and match.rehouse_from is None
            return kept and not is_early and fits()
        case Act.ASK_LONGER:
            return not (over or is_taken_back(match) or not_vetted or is_asked_nothing)
        case Act.STAY_LONGER:
            return not over and may_stay_longer(match, now=now)
        case Act.SHORTEN:
            return match.first_day < match.last_day
        case Act.HAND_OVER:
            return not is_taken_back(match)
    return True


def may_stay_longer(match: Match, *, now: datetime) -> bool:
    """Whether a stay may have the days about which its host is asked, as both sides are now."""
    until, by = match.longer_until, match.longer_by
    if until is None or by is None or by <= now or is_taken_back(match):
        return False
    return fits_longer(match, until, now=now)


def fits_longer(match: Match, until: date, *, now: datetime) -> bool:
    """Whether both sides, either of which may have changed since it was asked, can go on until that day."""
    return until <= match.need.last_day and not still_fits.broken_longer(match, until, now=now)


def compared_again(match: Match, *, now: datetime) -> bool:
    """Whether it can still be kept as both sides are now; what can goes on with the new facts."""
    if not _has_changed(match):
        return True
    if still_fits.broken(match, now=now):
        return False
    match.offer_revision, match.need_revision = match.offer.revision, match.need.revision
    match.save(update_fields=["offer_revision", "need_revision"])
    return True


def _has_changed(match: Match) -> bool:
    return (match.offer_revision, match.need_revision) != (match.offer.revision, match.need.revision)


def is_taken_back(match: Match) -> bool:
    """For good, or for as long as an incident is open."""
    return match.offer.state in GONE or match.need.state == NeedState.WITHDRAWN


def _poster_may_ask(need: Need) -> bool:
    return need.organisation is None or need.organisation.is_verified
