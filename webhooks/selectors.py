"""Reading endpoints and what was told to them."""

from datetime import datetime

from django.db import connection
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet

from accounts.models import User
from cities.models import City
from webhooks.models import Delivery, DeliveryState, Endpoint, Event, Forgotten


def of_town(user: User, city: City) -> QuerySet[Endpoint]:
    """Each with `waiting` and `given_up`: how many deliveries wait, and how many never arrived."""
    return (
        Endpoint.objects.visible_to(user)
        .filter(city=city)
        .annotate(
            waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
            given_up=Count("deliveries", filter=Q(deliveries__state=DeliveryState.FAILED)),
        )
    )


def log_of(endpoint: Endpoint) -> QuerySet[Delivery]:
    """The latest first."""
    return Delivery.objects.filter(endpoint=endpoint).order_by("-id")


def placed_events() -> QuerySet[Event]:
    """Those that have their place, in that order."""
    return Event.objects.filter(place__isnull=False).select_related("city").order_by("place")


def places_kept() -> tuple[int, int, int]:
    """The last place whose event is gone, the last whose event is kept, and the last that was given; 0 where there is
    none. All places up to the second are committed: they are given by one after the other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM webhooks_event_place")
        (last,) = cursor.fetchone()
    forgotten = Forgotten.objects.values_list("place", flat=True).first()
    return forgotten or 0, Event.objects.aggregate(newest=Max("place"))["newest"] or 0, last


def to_call(now: datetime) -> list[int]:
    """The endpoints for which something is due and that may be called."""
    due = Delivery.objects.due(now).filter(endpoint=OuterRef("pk"))
    return list(Endpoint.objects.ready(now).filter(Exists(due)).order_by("pk").values_list("pk", flat=True))


def next_for(endpoint_id: int, now: datetime) -> Delivery | None:
    """What this endpoint is told next; None while it may not be called, or nothing is due."""
    ready = Endpoint.objects.ready(now).filter(pk=endpoint_id)
    due = Delivery.objects.due(now).filter(endpoint__in=ready)
    return due.select_related("endpoint").first()
