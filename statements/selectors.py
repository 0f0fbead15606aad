"""Reading what persons concerned have stated, and what was recorded of the questions."""

from datetime import date, datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from accounts.access import associations_of
from accounts.models import Organisation, User
from catalogue.vocabulary import Urgency
from cities.models import City
from followups.models import CheckIn, Side
from needs.models import NeedState
from statements.models import Recording, Stage, Statement

# Of what somebody states; its need has a letter of its own.
LETTER = "D"
# How long a number that nobody has confirmed is kept.
KEPT_UNPROVEN = timedelta(days=14)
# What waits so long is closed, and its answers are erased.
FORGOTTEN_AFTER = timedelta(days=365)
# How long after the last day of a need its association still reads how the person is reached.
REACHED_UNTIL = timedelta(days=30)


_SOONEST = Case(*(When(urgency=one, then=place) for place, one in enumerate(Urgency.values)))
_ORDER = (_SOONEST, "created_at", "pk")


def of_town(user: User, city: City, stages: tuple[Stage, ...]) -> QuerySet[Statement]:
    """What the desk of a town sees in these stages: the most urgent first, then the longest waiting."""
    return (
        Statement.objects.visible_to(user)
        .filter(city=city, stage__in=stages)
        .select_related("organisation", "need__commune", "city", "commune")
        .order_by(*_ORDER)
    )


def asked_of(user: User, city: City, *, today: date) -> QuerySet[Statement]:
    """What somebody's associations are asked to look after, and what they do: until so long after its end, and not
    while the association is suspended, for it says how people are reached.
    """
    still = Q(need__last_day__gte=today - REACHED_UNTIL) & ~Q(need__state=NeedState.WITHDRAWN)
    return (
        Statement.objects.visible_to(user)
        .filter(Q(stage=Stage.OFFERED) | Q(stage=Stage.ADOPTED) & still, city=city)
        .filter(organisation__in=associations_of(user))
        .exclude(organisation__state=Organisation.State.SUSPENDED)
        .select_related("organisation", "need__commune", "person", "city", "commune")
        .order_by("-stage", *_ORDER)
    )


def by_number(city: City, reference: str) -> Statement | None:
    """What a person shows the number of, at a desk or to an association: not confirmed yet, and not too old."""
    since = timezone.now() - KEPT_UNPROVEN
    found = Statement.objects.filter(
        city=city, reference=reference, stage=Stage.UNPROVEN, created_at__gt=since
    )
    return found.select_related("city", "commune").first()


def own_of(user: User, city: City) -> QuerySet[Statement]:
    """What somebody has stated themselves in a town and is not a need of it yet."""
    stages = (Stage.WAITING, Stage.OFFERED)
    return Statement.objects.filter(person=user, city=city, stage__in=stages).select_related("city")


def takers(city: City) -> QuerySet[Organisation]:
    """Which associations a coordinator may ask."""
    return Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).order_by("name", "pk")


def unproven(now: datetime) -> QuerySet[Statement]:
    """What nobody has confirmed in time, be it taken back since."""
    never = Q(stage=Stage.UNPROVEN) | Q(stage=Stage.CLOSED, proof="")
    return Statement.objects.filter(never, created_at__lte=now - KEPT_UNPROVEN).order_by("pk")


def with_first_news() -> QuerySet[Statement]:
    """Those whose stay has had its first answered news from their side, of people who were never asked yet what they
    would give.
    """
    asked = Statement.objects.filter(person=OuterRef("person"), asked_to_give_at__isnull=False)
    answered = CheckIn.objects.filter(
        match__need=OuterRef("need"), side=Side.POSTER, answered_at__isnull=False
    )
    return (
        Statement.objects.filter(stage=Stage.ADOPTED, person__is_active=True)
        .filter(Exists(answered), ~Exists(asked))
        .select_related("city", "person")
        .order_by("pk")
    )


def forgotten(now: datetime) -> QuerySet[Statement]:
    """What nobody has looked after for a year."""
    stages = (Stage.WAITING, Stage.OFFERED)
    return Statement.objects.filter(stage__in=stages, changed_at__lte=now - FORGOTTEN_AFTER).order_by("pk")


def recording(city: City, question: str, language: str) -> Recording | None:
    return _recorded(city).filter(question=question, language=language).first()


def is_recorded(city: City, question: str, language: str) -> bool:
    return _recorded(city).filter(question=question, language=language).exists()


def recordings_of(city: City) -> QuerySet[Recording]:
    """What a town has recorded, without the sound."""
    return _recorded(city).defer("content").order_by("question", "language")


def _recorded(city: City) -> QuerySet[Recording]:
    return Recording.objects.filter(city=city).exclude(content="")
