"""Matches for tests, made as in life: a need and an offer that suit, and the engine that finds them."""

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from cities.models import City
from matching import services
from matching.models import Match
from matching.scans import scan_due_needs
from needs.models import Need
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory


class MatchFactory:
    """`MatchFactory(city=…, offer={…}, need={…}, upto="accepted")`: a suggestion, taken as far as told.

    By default a mother with two children for a fortnight from tomorrow, and a visited home for four.
    """

    STEPS = ("suggested", "proposed", "accepted", "confirmed")

    def __new__(cls, **told: Any) -> Match:  # type: ignore[misc]
        return cls.make(**told)

    @classmethod
    def make(
        cls,
        *,
        city: City | None = None,
        offer: dict[str, Any] | Offer | None = None,
        need: dict[str, Any] | Need | None = None,
        upto: str = "suggested",
        by: User | None = None,
        now: datetime | None = None,
    ) -> Match:
        """Taken on by a coordinator (`by`), who does what citizen and association would."""
        now = now or timezone.now()
        city = city or CityFactory()
        today: date = timezone.localdate(now)
        if not isinstance(offer, Offer):
            told = {"vetted": True, "capacity": 4, "confirmed_at": now, "windows": [(today, None)]}
            offer = OfferFactory(city=city, **(told | (offer or {})))
        if not isinstance(need, Need):
            days = {"first_day": today + timedelta(days=1), "last_day": today + timedelta(days=14)}
            need = NeedFactory(city=city, **({**days, "scan_due_at": now, "created_at": now} | (need or {})))
        # Marked again, in case that the need was scanned before its offer came.
        Need.objects.filter(pk=need.pk).update(scan_due_at=now)
        while scan_due_needs(by=None, now=now):
            pass
        match = Match.objects.get(need=need, offer=offer)
        steps = cls.STEPS[1 : cls.STEPS.index(upto) + 1]
        if steps:
            by = by or CityRoleFactory(city=city).user
        for step in steps:
            act = {"proposed": "propose", "accepted": "accept", "confirmed": "confirm"}[step]
            match = getattr(services, act)(match_id=match.pk, by=by, now=now)
        return match
