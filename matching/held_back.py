"""What the desk is told of a match in hand: an incident suspends its offer, two homes are there for the same people
after it, what has begun fits no more, nobody speaks for its need any more, or nobody says whether guests still come.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import OuterRef, Subquery

from accounts import selectors as accounts
from accounts.models import MembershipChange, OrganisationReview, User
from cities.days import local_day, waking_hour
from matching import selectors
from matching.lifecycle import ACTIVE, Act
from matching.messages import to_desk
from matching.models import CHANGED, Decision, Match, MatchState
from matching.reasons import still_fits
from matching.standing import GONE
from needs.models import OPEN_STATES
from notifications.services import Text, alert, queue
from offers.models import OfferChange, OfferState
from oncall import selectors as oncall


@transaction.atomic
def tell_desks(*, by: None, now: datetime) -> int:
    """Tell the coordinators of each match in hand whose offer is suspended, once for each time; how many messages."""
    suspended = OfferChange.objects.filter(offer=OuterRef("offer"), to_state=OfferState.FROZEN)
    held = (
        Match.objects.filter(state__in=ACTIVE - {MatchState.PROPOSED}, offer__state=OfferState.FROZEN)
        .annotate(since=Subquery(suspended.order_by("-at", "-id").values("pk")[:1]))
        .filter(since__isnull=False)
        .select_related("city", "offer", "need__commune")
    )
    if not held.exists():  # as a rule after a scan: to ask for all the columns takes several times as long
        return 0
    told = 0
    for match in held.order_by("pk"):
        since = match.since  # type: ignore[attr-defined]
        rung = oncall.steps(match.city, now)[0] if _rings(match, now=now) else []
        told += _ring(rung, match, since=since, now=now)
        told += _tell(match, to_desk.held_back, event="match_held_back", since=since, rung=rung, now=now)
    return told


@transaction.atomic
def tell_of_two_homes(*, by: None, now: datetime) -> int:
    """Tell the coordinators, once for each time, of each match that counts no more although its offer is suspended no
    more: another home has its people, or is asked (`rehousing`), and somebody ends one of the two; how many messages.
    """
    rehoused = Decision.objects.filter(match=OuterRef("pk"), act=Act.REHOUSE).order_by("-at", "-pk")
    both = Match.objects.filter(rehouse_from__isnull=False).exclude(offer__state__in=GONE)
    told = 0
    for match in (
        both.annotate(since=Subquery(rehoused.values("pk")[:1]))
        .select_related("city", "offer", "need__commune")
        .order_by("pk")
    ):
        since = match.since  # type: ignore[attr-defined]
        told += _tell(match, to_desk.two_homes, event="match_two_homes", since=since, now=now)
    return told


@transaction.atomic
def tell_of_changes(*, by: None, now: datetime) -> int:
    """Judge again what has begun and whose offer or need has changed since; how many messages. It goes on meanwhile."""
    changed = Match.objects.filter(CHANGED, state=MatchState.UNDER_WAY)
    told = 0
    for match in changed.select_for_update(no_key=True, of=("self",), skip_locked=True).order_by("pk"):
        if still_fits.broken(match, now=now):
            since = f"{match.offer.revision}.{match.need.revision}"
            told += _tell(match, to_desk.to_review, event="match_to_review", since=since, now=now)
        match.offer_revision, match.need_revision = match.offer.revision, match.need.revision
        match.save(update_fields=["offer_revision", "need_revision"])
    return told


@transaction.atomic
def tell_of_those_left(*, by: None, now: datetime) -> int:
    """Tell the coordinators of each match in hand for whose need nobody speaks any more, once for each time; how many
    messages. The association was suspended, or its last member has gone: the desk takes over.
    """
    reviews = OrganisationReview.objects.filter(organisation=OuterRef("need__organisation"))
    gone = MembershipChange.objects.filter(organisation=OuterRef("need__organisation"))
    left = selectors.left_to_town()
    if not left.exists():  # as a rule after a scan, as above
        return 0
    told = 0
    for match in (
        left.annotate(
            review=Subquery(reviews.order_by("-at", "-pk").values("pk")[:1]),
            gone=Subquery(gone.order_by("-at", "-pk").values("pk")[:1]),
        )
        .select_related("city", "offer", "need__commune", "need__organisation")
        .order_by("pk")
    ):
        organisation = match.need.organisation
        is_suspended = organisation is not None and organisation.is_suspended
        since = f"s{match.review}" if is_suspended else f"m{match.gone}"
        told += _tell(match, to_desk.left_to_town, event="match_left_to_town", since=since, now=now)
    return told


@transaction.atomic
def tell_of_silence(*, by: None, now: datetime) -> int:
    """Tell the desk, once, of confirmed stays of which their association has not said in time that they still hold; how
    many messages. They stay as they are: whoever calls finds out.
    """
    silent = Match.objects.filter(state=MatchState.CONFIRMED, confirm_by__lte=now)
    told = 0
    for match in silent.select_related("city", "offer", "need__commune", "need__organisation").order_by("pk"):
        told += _tell(match, to_desk.nobody_says, event="match_silent", since="silent", now=now)
    return told


def _rings(match: Match, *, now: datetime) -> bool:
    """Whether its people need a bed tonight and have none. Of who moves in later all of the desk is told, by day; on
    their first day it rings once the town is awake.
    """
    if match.rehouse_from is None or match.need.state not in OPEN_STATES:
        return False
    is_awake = waking_hour(now, match.city, match.city.quiet_until, match.city.quiet_from) == now
    moves_in_today = match.first_day <= local_day(now, match.city) and is_awake
    return match.state == MatchState.UNDER_WAY or moves_in_today


def _ring(people: Iterable[User], match: Match, *, since: object, now: datetime) -> int:
    """Its people are to be housed elsewhere: whoever is on call hears of it at once, whatever the hour."""
    return sum(
        alert(
            recipient=person,
            event="match_to_rehouse",
            subject_key=f"match:{match.pk}:{since}",
            city=match.city,
            compose=partial(to_desk.to_rehouse, match),
            now=now,
        )
        for person in people
    )


def _tell(
    match: Match,
    compose: Callable[[Match], Text],
    *,
    event: str,
    since: object,
    rung: Collection[User] = (),
    now: datetime,
) -> int:
    told = 0
    for person in accounts.coordinators_of(match.city):
        if person in rung:
            continue
        message = queue(
            recipient=person,
            event=event,
            subject_key=f"match:{match.pk}:{since}",
            city=match.city,
            compose=partial(compose, match),
            now=now,
        )
        told += message is not None
    return told
