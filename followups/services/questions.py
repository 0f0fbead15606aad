"""Asking what happened, and writing the answer down."""

from datetime import date, datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts
from accounts.access import require
from accounts.models import User
from catalogue.vocabulary import Category, Kind
from cities.days import local_day
from cities.models import City
from followups import messages
from followups.models import FOLLOWED_STATES, Answer, CheckIn, FollowUp, Going, Outcome, Side
from followups.selectors import FIRST_CHECK_IN, last_check_in_day, speaks_in
from matching import services as matching
from matching.lifecycle import Act, NotPossible, Reason
from matching.models import Match, MatchState
from matching.selectors import told_of
from notifications.services import queue
from webhooks import services as webhooks
from webhooks.events import Happening

ASK_AGAIN_AFTER = timedelta(days=2)
BATCH = 200
# An answer that ends a match, and the reason written with its decision.
ENDING = {
    Answer.NO_SHOW: Reason.NO_SHOW,
    Answer.CHANGED_MIND: Reason.CHANGED_MIND,
    Answer.LOST_CONTACT: Reason.LOST_CONTACT,
}


@transaction.atomic
def plan_due(*, by: None = None, now: datetime) -> int:
    """Ask about each match that began `follow_up_after_days` ago, and again what was "not yet"; how many asked.

    Any number of runs, at once too, ask each question once.
    """
    followed = Match.objects.filter(state__in=FOLLOWED_STATES)
    asked = 0
    for city in City.objects.filter(pk__in=followed.values("city")).order_by("pk"):
        today = local_day(now, city)
        wait = timedelta(days=city.follow_up_after_days)
        begun = followed.filter(city=city, first_day__lte=today - wait, followups__isnull=True)
        FollowUp.objects.bulk_create(
            [
                FollowUp(match=match, due_on=match.first_day + wait, created_at=now)
                for match in begun.order_by("first_day", "pk")[:BATCH]
            ],
            ignore_conflicts=True,  # another run planned the same question meanwhile
        )
        due = (
            FollowUp.objects.to_ask()
            .filter(due_on__lte=today, match__city=city, match__state__in=FOLLOWED_STATES)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("match__city", "match__offer", "match__need__organisation", "match__need__person")
        )
        for followup in due[:BATCH]:
            _ask(followup, now=now)
            asked += 1
    return asked


def complete_over(*, by: None = None, now: datetime) -> int:
    """Complete the matches that took place and whose last day has passed; how many.

    Each commits by itself: locks of several offers and needs held together could meet a coordinator's.
    """
    soon = now.date() + timedelta(days=1)
    running = Match.objects.filter(
        state=MatchState.UNDER_WAY, outcome__answer=Answer.TOOK_PLACE, last_day__lt=soon
    )
    completed = 0
    for match in running.select_related("city").order_by("last_day", "pk")[:BATCH]:
        if match.last_day >= local_day(now, match.city):
            continue
        try:
            matching.complete(match_id=match.pk, by=None, now=now)
        except NotPossible:
            continue  # somebody ended it while we waited for the lock
        completed += 1
    return completed


@transaction.atomic
def answer(*, followup_id: int, answer: str, by: User, now: datetime, note: str = "") -> FollowUp:
    """Write an answer down and let the match follow it. A second answer changes nothing: read `.answer`.

    "Not yet" is asked again two days later; the other answers are the match's outcome. ValidationError for
    a question that was never asked or an answer that does not exist.
    """
    if answer not in Answer.values:
        raise ValidationError({"answer": _("Choisissez une des réponses.")})
    # The match first, and its offer and need before it: somebody may be ending it at this very moment.
    match = matching.locked(FollowUp.objects.values_list("match_id", flat=True).get(pk=followup_id))
    followup = FollowUp.objects.select_for_update(no_key=True).get(pk=followup_id)
    followup.match = match
    if followup.answered_at is not None:
        return followup
    if followup.asked_at is None:
        raise ValidationError({"answer": _("Cette question n’a pas encore été posée.")})
    followup.answer, followup.answered_at, followup.answered_by = answer, now, by
    followup.save(update_fields=["answer", "answered_at", "answered_by"])
    _happened(followup, Happening.FOLLOWUP_ANSWERED, now=now)
    if answer == Answer.NOT_YET:
        if match.state in FOLLOWED_STATES:
            again_on = local_day(now, match.city) + ASK_AGAIN_AFTER
            FollowUp.objects.get_or_create(match=match, due_on=again_on, defaults={"created_at": now})
        return followup
    Outcome.objects.get_or_create(
        match=match, defaults={"answer": answer, "by": by, "note": note[:500], "at": now}
    )
    if match.state in FOLLOWED_STATES:
        _move(match, Answer(answer), by=by, now=now, note=note)
    return followup


@transaction.atomic
def check_in(*, by: None = None, now: datetime) -> int:
    """Ask both sides of homes and sponsorships under way how it is going, two weeks after the start and then each
    month; of how many matches.

    Any number of runs, at once too, ask each side once. What came due before anybody looked is asked once.
    """
    asked = 0
    lasting = Match.objects.filter(state=MatchState.UNDER_WAY).filter(
        Q(need__kind=Kind.HOUSING) | Q(need__category=Category.SPONSORSHIP)
    )
    for city in City.objects.filter(pk__in=lasting.values("city")).order_by("pk"):
        today = local_day(now, city)
        due = (
            lasting.filter(city=city, first_day__lte=today - FIRST_CHECK_IN, last_day__gte=today)
            .annotate(due_on=last_check_in_day(today))
            .exclude(Exists(CheckIn.objects.filter(match=OuterRef("pk"), due_on=OuterRef("due_on"))))
            .select_for_update(skip_locked=True, of=("self",), no_key=True)
            .select_related("city", "offer__owner", "need__organisation", "need__person", "need__commune")
        )
        for match in due.order_by("first_day", "pk")[:BATCH]:
            _ask_how_it_goes(match, match.due_on, now=now)  # type: ignore[attr-defined]
            asked += 1
    return asked


@transaction.atomic
def say_how_it_goes(*, check_in_id: int, answer: str, by: User, now: datetime, note: str = "") -> CheckIn:
    """Write down how it is going, for the town alone; whoever wants to talk is called. A second answer changes nothing:
    read `.answer`. ValidationError for one that does not exist, PermissionDenied for whoever does not speak for the
    side that is asked.
    """
    if answer not in Going.values:
        raise ValidationError({"answer": _("Choisissez une des réponses.")})
    found = (
        CheckIn.objects.select_for_update(no_key=True, of=("self",))
        .select_related("match__city", "match__need")
        .get(pk=check_in_id)
    )
    require(speaks_in(by, found))
    if found.answered_at is not None:
        return found
    found.answer, found.note, found.answered_at, found.answered_by = answer, note[:500], now, by
    found.save(update_fields=["answer", "note", "answered_at", "answered_by"])
    if answer != Going.WELL:
        for person in accounts.coordinators_of(found.match.city):
            queue(
                recipient=person,
                event="followup_to_read",
                subject_key=f"check_in:{found.pk}",
                city=found.match.city,
                compose=partial(messages.wishes_to_talk, found),
                now=now,
            )
    return found


def _ask_how_it_goes(match: Match, due_on: date, *, now: datetime) -> None:
    posters = told_of(match.need)
    for side, people in ((Side.HOST, [match.offer.owner]), (Side.POSTER, posters)):
        if not people:
            continue  # nobody speaks for the need any more: the desk knows
        found, is_new = CheckIn.objects.get_or_create(
            match=match, side=side, due_on=due_on, defaults={"asked_at": now}
        )
        if not is_new:
            continue  # another worker, while we waited for the lock
        for person in people:
            queue(
                recipient=person,
                event="followup_check_in",
                subject_key=f"check_in:{found.pk}",
                city=match.offer.city if side == Side.HOST else match.city,
                compose=partial(messages.how_is_it_going, found, person),
                now=now,
            )


def _ask(followup: FollowUp, *, now: datetime) -> None:
    match = followup.match
    # An association that nobody speaks for any more: the desk finds out.
    people = told_of(match.need) or list(accounts.coordinators_of(match.city))
    for person in people:
        queue(
            recipient=person,
            event="followup_question",
            subject_key=f"followup:{followup.pk}",
            city=match.city,
            compose=partial(messages.question, followup, person),
            now=now,
        )
    followup.asked_at = now
    followup.save(update_fields=["asked_at"])
    _happened(followup, Happening.FOLLOWUP_ASKED, now=now)


def _happened(followup: FollowUp, happening: Happening, *, now: datetime) -> None:
    """Other systems are told."""
    match = followup.match
    webhooks.record(
        city_id=match.city_id,
        happening=happening,
        subject_id=followup.pk,
        at=now,
        need=match.need.reference,
        offer=match.offer.reference,
        match=match.pk,
        followup=followup.pk,
    )


def _move(match: Match, answer: Answer, *, by: User, now: datetime, note: str) -> None:
    """The match, which is locked, follows the answer, whoever gave it."""
    follow = partial(matching.follow_up, match=match, by=by, now=now)
    if answer in ENDING:
        follow(act=Act.BREAK_OFF, reason=ENDING[answer], note=note)
        return
    if match.state == MatchState.CONFIRMED:
        follow(act=Act.START)
    # Things once handed over are handed over; a stay or lessons go on until their last day.
    if match.offer.kind == Kind.GOODS or match.last_day < local_day(now, match.city):
        follow(act=Act.COMPLETE)
