"""Of which states of a match other systems are told (docs/api.md)."""

from datetime import datetime

from matching.models import Match, MatchState
from webhooks import services as webhooks
from webhooks.events import Happening

# Of which states other systems may be told: of nothing that the desk alone has looked at.
HAPPENINGS = {
    MatchState.PROPOSED: Happening.MATCH_PROPOSED,
    MatchState.ACCEPTED: Happening.MATCH_ACCEPTED,
    MatchState.CONFIRMED: Happening.MATCH_CONFIRMED,
    MatchState.UNDER_WAY: Happening.MATCH_BEGUN,
    MatchState.COMPLETED: Happening.MATCH_COMPLETED,
    **dict.fromkeys(
        (
            MatchState.DECLINED,
            MatchState.LAPSED,
            MatchState.REFUSED,
            MatchState.CANCELLED,
            MatchState.BROKEN_OFF,
        ),
        Happening.MATCH_ENDED,
    ),
}


def record(match: Match, before: MatchState, *, now: datetime) -> None:
    """Record what an act means to other systems; nothing where its state is the desk's alone."""
    if match.state not in HAPPENINGS:
        return
    stays = match.state == before
    webhooks.record(
        city_id=match.city_id,
        happening=Happening.MATCH_CHANGED if stays else HAPPENINGS[MatchState(match.state)],
        subject_id=match.pk,
        at=now,
        match=match.pk,
        need=match.need.reference,
        offer=match.offer.reference,
    )
