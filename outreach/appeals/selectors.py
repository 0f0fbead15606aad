"""Who may be asked by an appeal, how many more it takes, and what came of it."""

import math
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from accounts.models import Consent, User
from cities.days import local_day
from cities.models import City
from cities.points import distance_km
from matching.models import Match, MatchState
from matching.selectors import PENDING
from needs import selectors as needs
from needs.models import Need
from notifications import reach
from offers.models import Offer, OfferState
from outreach.appeals.models import Appeal, Asked

EVENT = "appeal"

# Before an appeal has its own: one of fifteen says yes to an urgent question to many (covidliste, 6.6 % of 287,255).
EXPECTED_YES, EXPECTED_ASKED = 1, 15
LEAST_AT_ONCE, MOST_AT_ONCE = 10, 200

# What somebody offered has not served: they or others said no.
_NOT_SERVED = (
    MatchState.DISMISSED, MatchState.DECLINED, MatchState.REFUSED, MatchState.CANCELLED, MatchState.BROKEN_OFF,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """`asked` so far; `came`: offers made in answer."""

    asked: int
    came: int


def appeals(city: City) -> QuerySet[Appeal]:
    """Of a town, the latest first."""
    return Appeal.objects.filter(city=city).select_related("drafted_by", "sent_by", "ended_by", "city")


def writers(appeal: Appeal) -> set[int]:
    """Whoever wrote into it: none of them sends it."""
    return {appeal.drafted_by_id, *appeal.edits.exclude(by=None).values_list("by", flat=True)}


def may_send(appeal: Appeal, user: User) -> bool:
    return appeal.sent_at is None and appeal.ended_at is None and user.pk not in writers(appeal)


def open_needs(appeal: Appeal) -> QuerySet[Need]:
    """The needs of an appeal that still lack something."""
    return needs.published(appeal.city).filter(pk__in=appeal.needs.values("pk"))


def public_needs(appeal: Appeal, *, today: date) -> list[needs.PublicNeed]:
    """The same as everybody sees them, the most urgent first."""
    return list(needs.PublicNeeds(open_needs(appeal), today=today))


def is_answered_for_now(appeal: Appeal) -> bool:
    """Whether each of its open needs has somebody whose answer, or whose guest's, is waited for. What was confirmed has
    been taken from what the need lacks already.
    """
    in_hand = Match.objects.filter(need=OuterRef("pk"), state__in=PENDING)
    return not open_needs(appeal).exclude(Exists(in_hand)).exists()


def willing(city: City) -> QuerySet[User]:
    """Citizens with an offer in the town, once, who agreed to be asked for other needs."""
    agreed = Consent.objects.filter(
        user=OuterRef("pk"), purpose=Consent.Purpose.APPEALS, withdrawn_at__isnull=True
    )
    known = Offer.objects.filter(owner=OuterRef("pk"), city=city).exclude(
        state__in=[OfferState.DRAFT, OfferState.UNCONFIRMED, OfferState.FROZEN]
    )
    return User.objects.filter(Exists(agreed), Exists(known), is_active=True)


def to_ask(appeal: Appeal, *, now: datetime) -> list[int]:
    """Who lives near one of its open needs and was not asked by it: those whom no appeal has asked for longest first,
    then the nearest. Keys of people.
    """
    places = list(open_needs(appeal).values_list("latitude", "longitude"))
    people = willing(appeal.city).exclude(Exists(Asked.objects.filter(person=OuterRef("pk"), appeal=appeal)))
    last = dict(
        people.annotate(last=Max("appeals__at", filter=Q(appeals__appeal__city=appeal.city))).values_list(
            "pk", "last"
        )
    )
    for pk in reach.paused(list(last), local_day(now, appeal.city)):
        del last[pk]
    # Where their latest offer is.
    offers = Offer.objects.filter(owner__in=last, city=appeal.city).order_by("created_at", "pk")
    home = {owner: (lat, lon) for owner, lat, lon in offers.values_list("owner", "latitude", "longitude")}
    if not places or not home:
        return []
    keys = np.array(list(home))
    there = np.array(list(home.values()), float)
    need = np.array(places, float)
    km = distance_km(there[:, :1], there[:, 1:], need[None, :, 0], need[None, :, 1]).min(axis=1)
    near = km <= appeal.reach_km
    found = zip(keys[near].tolist(), km[near].tolist(), strict=True)
    never = datetime.min.replace(tzinfo=now.tzinfo)
    ordered = sorted(found, key=lambda one: (last[one[0]] or never, one[1], one[0]))
    return [key for key, _km in ordered]


def came(appeal: Appeal) -> QuerySet[Offer]:
    """Offers that were made in answer since it left, and to which nobody has said no."""
    refused = Match.objects.filter(
        offer=OuterRef("pk"), need__in=appeal.needs.values("pk"), state__in=_NOT_SERVED
    )
    made = Offer.objects.filter(
        city=appeal.city_id, answers_need__in=appeal.needs.values("reference"), created_at__gte=appeal.sent_at
    )
    gone = [OfferState.DRAFT, OfferState.UNCONFIRMED, OfferState.WITHDRAWN, OfferState.FROZEN]
    return made.exclude(state__in=gone).exclude(Exists(refused))


def how_many_more(appeal: Appeal) -> int:
    """How many people it takes for the offers that are still wanted, as those who were asked have answered so far.

    What came for a need that is met or closed meanwhile serves none of the others.
    """
    answers = came(appeal)
    missing = appeal.wanted - answers.filter(answers_need__in=open_needs(appeal).values("reference")).count()
    if missing <= 0:
        return 0
    rate = (answers.count() + EXPECTED_YES) / (appeal.asked.count() + EXPECTED_ASKED)
    return min(MOST_AT_ONCE, max(LEAST_AT_ONCE, math.ceil(missing / rate)))


def counts(appeal: Appeal) -> Counts:
    return Counts(
        asked=appeal.asked.count(),
        came=came(appeal).count() if appeal.sent_at else 0,
    )
