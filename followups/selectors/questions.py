"""Reading follow-ups and what became of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import (
    DateField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)

from accounts.access import COORDINATION, associations_of, towns_of
from accounts.models import User
from cities.models import City
from followups.links import Grant
from followups.models import FOLLOWED_STATES, CheckIn, FollowUp, Going, Side
from matching.models import Match
from matching.selectors import posters_of
from needs.models import Need

FIRST_CHECK_IN, EACH_MONTH = timedelta(days=14), timedelta(days=30)
# After so many days without an answer the desk chases it: by mail again, by phone, on the spot.
SILENT_DAYS = (9, 21, 45)
MATCH = ("match__city", "match__need__commune", "match__need__organisation", "match__offer__city")


@dataclass(frozen=True, slots=True)
class Silence:
    """A question after a match that a side has not answered; `step`: the last of SILENT_DAYS that has passed."""

    match: Match
    side: Side
    asked_at: datetime
    step: int


def of_posters(user: User) -> QuerySet[FollowUp]:
    """Those of the needs of one's own and one's associations; for coordinators, of their towns."""
    posted = Q(match__need__person=user) | Q(match__need__organisation__in=associations_of(user))
    mine = posted | Q(match__city__in=towns_of(user, COORDINATION))
    return FollowUp.objects.visible_to(user).filter(mine)


def granted(grant: Grant, *, city_slug: str) -> FollowUp | None:
    """The question of a link, while its person still may see the match; None when it asks nothing of them."""
    person = User.objects.filter(pk=grant.user_id, is_active=True).first()
    if person is None:
        return None
    return (
        FollowUp.objects.visible_to(person)
        .filter(match__city__slug=city_slug, asked_at__isnull=False)
        .select_related("match__city", "match__need", "match__offer", "answered_by")
        .filter(pk=grant.subject_id)
        .first()
    )


def granted_check_in(grant: Grant, *, city_slug: str) -> CheckIn | None:
    """The same of "how is it going?": of one's own side, while one speaks for it."""
    person = User.objects.filter(pk=grant.user_id, is_active=True).first()
    if person is None:
        return None
    found = (
        CheckIn.objects.visible_to(person)
        .filter(match__city__slug=city_slug, pk=grant.subject_id)
        .select_related(*MATCH)
        .first()
    )
    return found if found is not None and speaks_in(person, found) else None


def speaks_in(person: User, check_in: CheckIn) -> bool:
    """Whether somebody speaks for the side that is asked: for a suspended association nobody does."""
    if check_in.side == Side.HOST:
        return check_in.match.offer.owner_id == person.pk
    return person in posters_of(check_in.match.need)


def last_check_in_day(today: date) -> ExpressionWrapper:
    """Of a match that began long enough ago, the last day up to today on which it is asked how it goes."""
    days = Func(
        Value(today, DateField()),
        F("first_day"),
        arg_joiner=" - ",
        template="(%(expressions)s)",
        output_field=IntegerField(),
    )
    first, month = FIRST_CHECK_IN.days, EACH_MONTH.days
    after = (days - first) / month * month + first  # whole months
    return ExpressionWrapper(F("first_day") + after, output_field=DateField())


def gone_silent(user: User, city: City, *, now: datetime) -> list[Silence]:
    """For the desk's basket "à relancer": each side of a match under way that has not answered the last question put to
    it ("did it take place?", "how is it going?") for SILENT_DAYS, the longest silence first. For coordinators.

    `needs_gone_silent` are their needs.
    """
    until = now - timedelta(days=SILENT_DAYS[0])
    questions: Iterable[Any] = [
        *_silent(FollowUp.objects.visible_to(user), city).filter(asked_at__lte=until).select_related(*MATCH),
        *_silent(CheckIn.objects.visible_to(user), city).filter(asked_at__lte=until).select_related(*MATCH),
    ]
    return [
        Silence(
            question.match,
            Side(getattr(question, "side", Side.POSTER)),
            question.asked_at,
            max(days for days in SILENT_DAYS if question.asked_at <= now - timedelta(days=days)),
        )
        for question in sorted(questions, key=lambda one: (one.asked_at, one.match_id))
    ]


def needs_gone_silent(user: User, city: City, *, now: datetime) -> QuerySet[Need]:
    """The needs of `gone_silent`, to filter or count a list of needs by."""
    until = now - timedelta(days=SILENT_DAYS[0])
    needs = Need.objects.visible_to(user).filter(city=city)
    return needs.filter(
        Exists(
            _silent(FollowUp.objects.visible_to(user), city).filter(
                asked_at__lte=until, match__need=OuterRef("pk")
            )
        )
        | Exists(
            _silent(CheckIn.objects.visible_to(user), city).filter(
                asked_at__lte=until, match__need=OuterRef("pk")
            )
        )
    )


def wishes_to_talk(user: User, city: City) -> QuerySet[CheckIn]:
    """What somebody said that the desk should read: it does not go well, or is over and nobody has said so elsewhere.
    The last word of each side, of what is still under way.
    """
    later = CheckIn.objects.filter(
        match=OuterRef("match"), side=OuterRef("side"), due_on__gt=OuterRef("due_on")
    )
    return (
        CheckIn.objects.visible_to(user)
        .filter(match__city=city, match__state__in=FOLLOWED_STATES, answer__in=[Going.TALK, Going.ENDED])
        .exclude(Exists(later.exclude(answer="")))
        .select_related(*MATCH, "answered_by")
        .order_by("-answered_at", "-pk")
    )


def _silent(questions: Any, city: City) -> Any:
    """Of each match and side the last question, where it has no answer."""
    later = questions.model.objects.filter(match=OuterRef("match"), due_on__gt=OuterRef("due_on"))
    if questions.model is CheckIn:
        later = later.filter(side=OuterRef("side"))
    return questions.filter(
        ~Exists(later.filter(asked_at__isnull=False)),
        match__city=city,
        match__state__in=FOLLOWED_STATES,
        asked_at__isnull=False,
        answered_at__isnull=True,
    )
