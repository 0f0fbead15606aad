"""Reading the visits of homes and the dwellings on their way. Lists start from what the reader may see."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Concat

from accounts.models import User
from catalogue.vocabulary import Category, Household, Kind
from cities.days import local_day, midnight
from cities.models import City
from homes.models import Checklist, Cost, Dwelling, Extract, Visit, VisitState
from homes.models.visits import VisitQuerySet
from homes.questions import BUILT_IN
from offers.models import Offer, OfferState

# So long before a visit runs out, the desk is told, and the home stands in the list.
WARNED_BEFORE = timedelta(days=30)
CLOSED = (OfferState.WITHDRAWN, OfferState.FROZEN)


@dataclass(frozen=True, slots=True)
class Missing:
    """What a visit still lacks before it can be concluded."""

    answers: int
    extract: bool
    charter: bool

    def __bool__(self) -> bool:
        return bool(self.answers) or self.extract or self.charter


def questions_of(city: City) -> list[str]:
    """The town's own questions; of a town that has none the built-in ones, in the language that is active."""
    own = Checklist.objects.filter(city=city).values_list("questions", flat=True).first()
    return list(own) if own else [str(question) for question in BUILT_IN]


def asked_at(visit: Visit) -> list[dict[str, str]]:
    """The questions of a visit with what was answered, in the town's order; what was once answered stays as asked."""
    known = {answer["question"]: answer for answer in visit.answers}
    if visit.state != VisitState.PLANNED:
        return list(known.values())
    asked = {**dict.fromkeys(questions_of(visit.offer.city)), **dict.fromkeys(known)}
    return [known.get(question, {"question": question, "answer": "", "note": ""}) for question in asked]


def needs_extract(offer: Offer) -> bool:
    """Whether somebody would live with the host, or a minor alone: then an extract is looked at first."""
    return offer.shared_home or Household.LONE_MINORS in offer.accepts


def missing(visit: Visit) -> Missing:
    return Missing(
        answers=sum(not asked["answer"] for asked in asked_at(visit)),
        extract=needs_extract(visit.offer) and visit.extract != Extract.SEEN,
        charter=visit.charter_on is None,
    )


def visits_of(user: User, offer: Offer) -> list[Visit]:
    """The visits of one home that this reader may see, the latest first."""
    seen = Visit.objects.visible_to(user).filter(offer=offer)
    return list(seen.select_related("offer__city", "visitor", "concluded_by", "extract_by"))


def planned_of(offer: Offer) -> Visit | None:
    return Visit.objects.planned().filter(offer=offer).select_related("offer__city", "visitor").first()


def host_may_answer(visit: Visit, *, now: datetime) -> bool:
    """Whether its host may still call it off or ask for another moment."""
    return visit.state == VisitState.PLANNED and visit.starts_at > now


# --- The desk's lists --------------------------------------------------------------------------------------


def _latest() -> Subquery:
    """Of an offer: its latest visit that came to something."""
    concluded = Visit.objects.filter(offer=OuterRef("pk"), state__in=[VisitState.PASSED, VisitState.REFUSED])
    return Subquery(concluded.order_by("-concluded_at", "-id").values("pk")[:1])


def _homes(user: User, city: City) -> QuerySet[Any]:
    """Homes that may still be visited, each with `latest`, its last visit that came to something, and `is_planned`.
    Places for many are none: the town sees them from their own page.
    """
    homes = Offer.objects.visible_to(user).filter(city=city, kind=Kind.HOUSING).exclude(state__in=CLOSED)
    homes = homes.exclude(category=Category.COLLECTIVE_PLACE)
    return homes.select_related("owner", "commune").annotate(
        latest=_latest(),
        is_planned=Exists(Visit.objects.planned().filter(offer=OuterRef("pk"))),
    )


def to_plan(user: User, city: City) -> QuerySet[Offer]:
    """Active homes that count as not visited, and that nobody is about to visit; who has waited longest first."""
    refused = Visit.objects.filter(pk=OuterRef("latest"), state=VisitState.REFUSED)
    waiting = _homes(user, city).filter(state=OfferState.ACTIVE, vetted_at__isnull=True, is_planned=False)
    return waiting.exclude(Exists(refused)).order_by("created_at", "id")


def planned(user: User, city: City) -> QuerySet[Visit]:
    """What is planned, the next first; what lies behind us and has no word yet comes first of all."""
    seen = Visit.objects.visible_to(user).planned().filter(offer__city=city)
    return seen.select_related("offer__commune", "offer__owner", "visitor").order_by("starts_at", "id")


def planned_this_week(user: User, city: City, *, now: datetime) -> QuerySet[Visit]:
    """Those of the seven days from today on, and those that are overdue."""
    return planned(user, city).filter(starts_at__lt=midnight(local_day(now, city) + timedelta(days=7), city))


def done(user: User, city: City) -> QuerySet[Visit]:
    """Visits by which a home may be proposed today, the latest first."""
    seen = Visit.objects.visible_to(user).standing().filter(offer__city=city)
    return _of_list(seen.exclude(offer__state__in=CLOSED)).order_by("-concluded_at", "-id")


def running_out(user: User, city: City, *, now: datetime) -> QuerySet[Visit]:
    """Those among them that end within a month, the first to end first."""
    ending = done(user, city).filter(valid_until__lte=local_day(now, city) + WARNED_BEFORE)
    return ending.order_by("valid_until", "id")


def refused(user: User, city: City) -> QuerySet[Visit]:
    """Homes that did not suit, and have not been visited again with another end."""
    homes = _homes(user, city).filter(vetted_at__isnull=True).values("latest")
    seen = Visit.objects.visible_to(user).filter(pk__in=homes, state=VisitState.REFUSED)
    return _of_list(seen).order_by("-concluded_at", "-id")


def _of_list(visits: VisitQuerySet) -> VisitQuerySet:
    return visits.select_related("offer__commune", "offer__owner", "visitor", "concluded_by")


def standing_in(city: City) -> VisitQuerySet:
    """The visits by which the homes of a town count as visited."""
    return Visit.objects.standing().filter(offer__city=city).select_related("offer__city")


# --- Dwellings ---------------------------------------------------------------------------------------------


def dwellings(user: User, city: City) -> QuerySet[Dwelling]:
    """Those on their way and those ready, each with `spent`, what it has cost, and `is_offered`."""
    spent = Cost.objects.filter(dwelling=OuterRef("pk")).order_by().values("dwelling")
    offered = Offer.objects.filter(
        city=OuterRef("city"), external_key=Concat(Value("call:dwelling-"), OuterRef("pk"))
    )
    return (
        Dwelling.objects.visible_to(user)
        .filter(city=city)
        .select_related("commune", "city")
        .annotate(
            spent=Coalesce(Subquery(spent.annotate(sum=Sum("euros")).values("sum")), 0),
            is_offered=Exists(offered),
        )
        .order_by(F("due_on").asc(nulls_last=True), "-changed_at", "-id")
    )


def offer_of(dwelling: Dwelling) -> Offer | None:
    """The offer that was made of it, by the key that its form carried."""
    return Offer.objects.filter(city=dwelling.city_id, external_key=f"call:{offer_key(dwelling)}").first()


def offer_key(dwelling: Dwelling) -> str:
    """By what the form of an offer knows of which dwelling it is, so that it is made once."""
    return f"dwelling-{dwelling.pk}"
