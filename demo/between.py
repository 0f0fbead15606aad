"""Two towns that plan together: each shows the other a home with its places, and a household that it cannot house."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts import services as accounts
from accounts.selectors import coordinators_of
from between import selectors, services
from between.models import How
from catalogue.vocabulary import Category, Kind, Urgency
from cities.days import local_day
from cities.models import City
from demo.people import People
from offers import services as offers
from offers.models import Offer, OfferState

DAYS_OF_PLACES = 120
HOUSEHOLDS = 2
SERVICES = "École primaire à 400 m, dispensaire, tram."


def link(city: City, people: People, others: list[City], *, now: datetime) -> None:
    """Towns that have long agreed to share what their citizens agree to share."""
    for other in others:
        accounts.link_cities(city_id=city.pk, other_id=other.pk, by=people.administrator, now=now)


def show_places(city: City, people: People, *, reserved: list[Offer], now: datetime) -> None:
    """The largest visited home whose owner lets linked towns see it, from today on."""
    homes = Offer.objects.filter(
        city=city,
        kind=Kind.HOUSING,
        state=OfferState.ACTIVE,
        vetted_at__isnull=False,
        owner__email__isnull=False,
    ).exclude(Q(category=Category.COLLECTIVE_PLACE) | Q(owner=people.citizen))
    left = {offer.pk for offer in reserved}
    # A small town may have no home but those of the scene.
    in_order = sorted(homes.select_related("owner"), key=lambda one: (one.pk in left, -one.capacity, one.pk))
    home = next(iter(in_order), None)
    if home is None:
        return
    today = local_day(now, city)
    earlier = now - timedelta(hours=6)
    offers.change(
        offer_id=home.pk, fields={"share_with_linked": True}, windows=None, by=home.owner, now=earlier
    )
    services.publish_places(
        offer_id=home.pk,
        people=home.capacity,
        first_day=today,
        last_day=today + timedelta(days=DAYS_OF_PLACES),
        services=SERVICES,
        by=people.coordinators[1],
        now=now - timedelta(hours=3),
    )


def show_households(city: City, *, now: datetime) -> None:
    """The latest small households that wait for a home and would go to the linked town."""
    today, by = local_day(now, city), coordinators_of(city)[0]
    towns = list(selectors.linked_towns(city)[:1])
    waiting = selectors.needs_to_publish(city, today).exclude(urgency=Urgency.TONIGHT)
    for need in waiting.filter(people__lte=3, scan__suggested=0).order_by("-created_at", "pk")[:HOUSEHOLDS]:
        services.publish_household(
            need_id=need.pk,
            wishes=towns,
            how=How.INTERPRETER,
            yes_on=today - timedelta(days=1),
            by=by,
            now=now - timedelta(hours=2),
        )
