"""Whether a match still stands: what may be asked, what may be promised, and what has been taken back or changed since.

The caller has locked offer, need and match.
"""

from datetime import datetime, timedelta

from matching import waits
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState
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
