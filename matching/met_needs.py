"""How many published needs an offer that is being written would meet, by the engine's own rules."""

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError

import engine
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching.reasons import engine_records as records
from needs import selectors as needs_read
from offers.models import Offer, OfferState
from offers.periods import Period

# A page that is being read does not wait for more; the latest tell enough.
MOST_LOOKED_AT = 500


def count(*, offer: Offer, periods: Sequence[Period], now: datetime) -> int:
    """The needs of its town's public list that it would meet; of goods those that ask for the like, and so on."""
    needs = needs_read.published(offer.city).filter(kind=offer.kind)
    if offer.kind != Kind.HOUSING:  # for a home several forms may do
        needs = needs.filter(category=offer.category)
    looked_at = needs.select_related("city", "organisation").order_by("-created_at")[:MOST_LOOKED_AT]
    offer.state, offer.created_at, offer.confirmed_at = OfferState.ACTIVE, now, now
    offer.latitude, offer.longitude = offer.commune.latitude, offer.commune.longitude
    try:
        written = records.offer_record(offer, holds=(), asked=0, city=offer.city, periods=periods)
    except (ValueError, ValidationError):
        return 0  # what is wrong with it is said when it is sent
    known = list(records.need_records(looked_at).values())
    if not known:
        return 0
    ranked = engine.rank(known, [written], today=local_day(now, offer.city))
    return sum(bool(ranking.pairings) for ranking in ranked)
