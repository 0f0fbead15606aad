"""What happens in a town, written down for those who are told; and whom the administration has told."""

import base64
import json
import secrets
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import F, Max, Min
from django.utils.translation import gettext_lazy as _

from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, has_role
from accounts.models import User
from catalogue.changes import given, save_changed, values
from catalogue.constraints import refusal_of
from catalogue.inserting import insert_many
from cities.models import City
from notifications.services import queue
from notifications.wake_up import wake_on_commit
from outside.addresses import Refused, refuse_private
from webhooks import messages, selectors
from webhooks.events import TEST, Happening
from webhooks.models import LONGEST_URL, Delivery, DeliveryState, Endpoint, EndpointEdit, Event, Forgotten

TASK = "webhooks.tasks.deliver"
MOST_ENDPOINTS = 10
STOP_AFTER = timedelta(days=5)
KEPT = timedelta(days=30)
_REFUSALS = {
    "form": _("Écrivez une adresse qui commence par https://."),
    "unknown": _("Cette adresse ne mène nulle part."),
    "private": _("Cette adresse mène à un réseau privé."),
}
_TWICE = _("Cette adresse est déjà inscrite.")


class NotFound(Exception):
    """The endpoint was taken away meanwhile, or never was."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a happening is of: its town, the number of its row, and the references that are told, and nothing else."""

    city_id: int
    number: int
    references: Mapping[str, str | int]


def record(
    *, city_id: int, happening: Happening, subject_id: int, at: datetime, **references: str | int
) -> int:
    """In the transaction of its cause, which holds the row's lock: the event, and one delivery for each endpoint of
    the town that wants to know; how many of these.
    """
    return record_many(happening=happening, at=at, of=[Subject(city_id, subject_id, references)])


def record_many(*, happening: Happening, at: datetime, of: Sequence[Subject]) -> int:
    """The same of many things at once."""
    insert_many(
        Event(
            city_id=one.city_id,
            happening=happening,
            subject_id=one.number,
            references=one.references,
            at=at,
        )
        for one in of
    )
    listening: dict[int, list[Endpoint]] = defaultdict(list)
    found = Endpoint.objects.listening().filter(
        city__in={one.city_id for one in of}, happenings__contains=[happening]
    )
    for endpoint in found.select_related("city").order_by("pk"):
        listening[endpoint.city_id].append(endpoint)
    told = [
        _delivery(endpoint, happening, at, one.references, subject=f"{happening.subject}:{one.number}")
        for one in of
        for endpoint in listening[one.city_id]
    ]
    if told:
        Delivery.objects.bulk_create(told)
        wake_on_commit(TASK)
    return len(told)


@transaction.atomic
def add(*, city: City, url: str, happenings: Collection[str], by: User, now: datetime) -> Endpoint:
    """An endpoint with a new secret. ValidationError by field; raises PermissionDenied."""
    _check(city, by)
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    if Endpoint.objects.filter(city=city, removed_at__isnull=True).count() >= MOST_ENDPOINTS:
        raise ValidationError(_("C’est assez\u202f: retirez d’abord une destination."))
    said = {"url": _checked(url), "happenings": _in_order(happenings)}
    endpoint = Endpoint(city=city, secret=_new_secret(), created_at=now, **said)
    endpoint.clean_fields()
    with refusal_of("endpoint_once_a_town", _TWICE):
        endpoint.save(force_insert=True)
    EndpointEdit.objects.create(endpoint=endpoint, what=given(said, endpoint), by=by, at=now)
    return endpoint


@transaction.atomic
def change(*, endpoint_id: int, url: str, happenings: Collection[str], by: User, now: datetime) -> Endpoint:
    """Another address, or other happenings. What waits goes to the new address. As `add`; raises NotFound."""
    endpoint = _locked(endpoint_id, by=by)
    before = values(endpoint)
    if url != endpoint.url:
        endpoint.url = _checked(url)
    endpoint.happenings = _in_order(happenings)
    endpoint.clean_fields()
    with refusal_of("endpoint_once_a_town", _TWICE):
        save_changed(endpoint, before, edit=EndpointEdit(endpoint=endpoint, by=by, at=now))
    if endpoint.url != before["url"]:
        _try_at_once(endpoint, now=now)
    return endpoint


@transaction.atomic
def rotate(*, endpoint_id: int, by: User, now: datetime) -> Endpoint:
    """A new secret; for a day the former one signs as well. Raises NotFound, PermissionDenied."""
    endpoint = _locked(endpoint_id, by=by)
    before = values(endpoint)
    endpoint.former_secret, endpoint.secret, endpoint.renewed_at = endpoint.secret, _new_secret(), now
    save_changed(endpoint, before, edit=EndpointEdit(endpoint=endpoint, by=by, at=now))
    endpoint.save(update_fields=["secret", "former_secret"])
    return endpoint


@transaction.atomic
def pause(*, endpoint_id: int, by: User, now: datetime) -> Endpoint:
    """Nothing is sent; what happens is kept for it. Raises NotFound, PermissionDenied."""
    endpoint = _locked(endpoint_id, by=by)
    if endpoint.paused_at is None:
        _save(endpoint, by=by, now=now, paused_at=now)
    return endpoint


@transaction.atomic
def resume(*, endpoint_id: int, by: User, now: datetime) -> Endpoint:
    """Sent again, what has waited first: after a pause, or when we have stopped trying. Raises NotFound,
    PermissionDenied.
    """
    endpoint = _locked(endpoint_id, by=by)
    _save(endpoint, by=by, now=now, paused_at=None, stopped_at=None)
    _try_at_once(endpoint, now=now)
    return endpoint


@transaction.atomic
def remove(*, endpoint_id: int, by: User, now: datetime) -> Endpoint:
    """Told nothing more, what waits included. Raises NotFound, PermissionDenied."""
    endpoint = _locked(endpoint_id, by=by)
    _save(endpoint, by=by, now=now, removed_at=now)
    endpoint.deliveries.filter(state=DeliveryState.WAITING).update(state=DeliveryState.FAILED)
    return endpoint


@transaction.atomic
def send_test(*, endpoint_id: int, by: User, now: datetime) -> Delivery:
    """Something to receive, which says of nothing that it has happened. Raises NotFound, PermissionDenied."""
    endpoint = _locked(endpoint_id, by=by)
    delivery = _delivery(endpoint, TEST, now, {})
    delivery.save(force_insert=True)
    _try_at_once(endpoint, now=now)
    return delivery


@transaction.atomic
def replay(*, delivery_id: int, by: User, now: datetime) -> Delivery:
    """Send it anew, whatever became of it: the same words under the same key. What has been sent, or given up, has lost
    its place, and nothing waits for it. Raises NotFound, PermissionDenied.
    """
    endpoint = _locked(Delivery.objects.values_list("endpoint_id", flat=True).get(pk=delivery_id), by=by)
    delivery = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    if delivery.state != DeliveryState.WAITING:
        delivery.subject = ""
    delivery.state, delivery.due_at, delivery.attempts = DeliveryState.WAITING, now, 0
    delivery.delivered_at = None
    delivery.save(update_fields=["subject", "state", "due_at", "attempts", "delivered_at"])
    _try_at_once(endpoint, now=now)
    return delivery


def stop_failing(*, by: None, now: datetime) -> int:
    """Stop calling what has taken nothing for days, and tell the town; how many."""
    failing = Endpoint.objects.listening().filter(failing_since__lte=now - STOP_AFTER)
    return sum(stop(endpoint_id=pk, by=by, now=now) for pk in failing.values_list("pk", flat=True))


@transaction.atomic
def stop(*, endpoint_id: int, by: None, now: datetime) -> bool:
    """Call it no more until somebody resumes it; the administration is told, or who coordinates where there is none."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if endpoint.stopped_at or endpoint.removed_at:
        return False
    _save(endpoint, by=by, now=now, stopped_at=now)
    city = endpoint.city
    for person in accounts.administrators_of(city) or accounts.coordinators_of(city):
        queue(
            recipient=person,
            event="webhook_stopped",
            subject_key=f"webhook:{endpoint.pk}:{now:%Y%m%d%H%M}",
            city=city,
            compose=lambda: messages.stopped(endpoint),
            now=now,
        )
    return True


@transaction.atomic
def forget_old(*, by: None, now: datetime) -> int:
    """What happened a month ago is news to nobody; how many rows went. Of events the first places go, and none between
    others: up to which is kept.
    """
    old, kept = Event.objects.filter(at__lt=now - KEPT), Event.objects.filter(at__gte=now - KEPT)
    first_kept = kept.aggregate(first=Min("place"))["first"]
    old = old.filter(place__isnull=False) if first_kept is None else old.filter(place__lt=first_kept)
    if last := old.aggregate(last=Max("place"))["last"]:
        Forgotten.objects.update_or_create(pk=1, defaults={"place": last})
    return Delivery.objects.filter(created_at__lt=now - KEPT).delete()[0] + old.delete()[0]


@transaction.atomic
def place_anew(*, by: None, now: datetime) -> None:
    """After a backup was put back: whoever had read on since it was made would pass over what now happens, once there
    is as much. All events stand further on, in the order that they had, and each cursor that was given before is
    refused. Further than any was: a thousand places a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('webhooks.place_events', 0))")
        begins = int(now.timestamp() * 1000)
        ahead = begins - selectors.places_kept()[0]
        Event.objects.filter(place__isnull=False).update(place=F("place") + ahead)
        cursor.execute(
            "SELECT setval('webhooks_event_place', last_value + %s, true) FROM webhooks_event_place", [ahead]
        )
        Forgotten.objects.update_or_create(pk=1, defaults={"place": begins})


@transaction.atomic
def place_events(*, by: None) -> int:
    """Give each event that has been committed its place after all that have one; how many.

    One at a time, and in the order of their numbers: whoever holds a subject's lock commits before the next writes of
    it, so what happened to it first has the lower number, and is there to be placed. A place, once read, stays: nothing
    that is committed later stands before it.
    """
    if not Event.objects.filter(place__isnull=True).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('webhooks.place_events', 0))")
        cursor.execute(
            """
            WITH placed AS MATERIALIZED (
                SELECT id, nextval('webhooks_event_place') AS place
                FROM (SELECT id FROM webhooks_event WHERE place IS NULL ORDER BY id) AS waiting
            )
            UPDATE webhooks_event SET place = placed.place FROM placed WHERE webhooks_event.id = placed.id
            """
        )
        return int(cursor.rowcount)


def said(happening: str, *, city: City, at: datetime, references: Mapping[str, str | int]) -> dict[str, Any]:
    """What is told of a happening, to whoever is called and to whoever asks."""
    data = {"city": city.slug, **references}
    return {"type": happening, "timestamp": at.astimezone(UTC).isoformat(), "data": data}


def _delivery(
    endpoint: Endpoint,
    happening: str,
    at: datetime,
    references: Mapping[str, str | int],
    *,
    subject: str = "",
) -> Delivery:
    told = said(happening, city=endpoint.city, at=at, references=references)
    return Delivery(
        endpoint=endpoint,
        key=f"msg_{secrets.token_urlsafe(18)}",
        happening=happening,
        subject=subject,
        body=json.dumps(told, separators=(",", ":")),
        due_at=at,
        created_at=at,
    )


def _checked(url: str) -> str:
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise ValidationError({"url": _REFUSALS["form"]})
    try:
        refuse_private(url)
    except Refused as refusal:
        raise ValidationError({"url": _REFUSALS[refusal.why]}) from refusal
    return url


def _in_order(happenings: Collection[str]) -> list[str]:
    known = [happening.value for happening in Happening if happening in happenings]
    if not known or len(known) != len(set(happenings)):
        raise ValidationError({"happenings": _("Choisissez au moins un événement de la liste.")})
    return known


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _locked(endpoint_id: int, *, by: User) -> Endpoint:
    found = Endpoint.objects.filter(removed_at__isnull=True).select_related("city")
    endpoint = found.select_for_update(no_key=True, of=("self",)).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound
    _check(endpoint.city, by)
    return endpoint


def _save(endpoint: Endpoint, *, by: User | None, now: datetime, **moments: datetime | None) -> None:
    before = values(endpoint)
    for name, moment in moments.items():
        setattr(endpoint, name, moment)
    save_changed(endpoint, before, edit=EndpointEdit(endpoint=endpoint, by=by, at=now))


def _try_at_once(endpoint: Endpoint, *, now: datetime) -> None:
    """Whatever kept it: it is called again, and all that waits with it."""
    endpoint.failures, endpoint.failing_since, endpoint.next_try_at = 0, None, None
    endpoint.save(update_fields=["failures", "failing_since", "next_try_at"])
    endpoint.deliveries.filter(state=DeliveryState.WAITING).update(due_at=now)
    wake_on_commit(TASK)


def _check(city: City, by: User) -> None:
    if not has_role(by, city, ADMINISTRATION):
        raise PermissionDenied
