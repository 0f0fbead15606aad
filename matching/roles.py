"""In what capacities somebody may act on a match, and what they can do to it with them."""

from accounts.access import DESK, has_role, roles_in, speaks_for
from accounts.models import User
from matching.lifecycle import Act, Role, acts_for, arrow, entitled
from matching.models import Match


def roles_of(user: User | None, match: Match) -> frozenset[Role]:
    """In what capacities somebody may act on a match; the scheduler alone when nobody."""
    if user is None:
        return frozenset({Role.SCHEDULER})
    in_town = roles_in(user, match.city)
    roles = {role for role in (Role.COORDINATOR, Role.OPERATOR) if role in in_town}
    if match.is_across and has_role(user, match.offer.city, DESK):
        roles.add(Role.HOST_TOWN)
    if match.offer.owner_id == user.pk:
        roles.add(Role.CITIZEN)
    if match.need.person_id == user.pk:
        roles.add(Role.ASSOCIATION)
    organisation = match.need.organisation
    if organisation is not None and speaks_for(user, organisation):
        roles.add(Role.ASSOCIATION)
    return frozenset(roles)


def possible(match: Match, roles: frozenset[Role]) -> frozenset[Act]:
    """What somebody with these roles can do to it now: what a page shows as buttons, and the API as words."""
    return acts_for(
        match.state,
        roles,
        across=match.is_across,
        asked_again=match.is_asked_again,
        asked_longer=match.is_asked_longer,
        lasts=match.need.lasts,
    )


def check_may(match: Match, act: Act, *, by: User | None, reason: str = "") -> None:
    """Raise NotPossible unless the table lets them do it now: before anything is written for it."""
    arrow(match.state, act, entitled(act, roles_of(by, match), across=match.is_across), reason=reason)
