"""Two towns share offers when an administrator of each has said so; either ends it."""

from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts import services as accounts
from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from cities.models import City
from matching.scanning.rescans import rescan_queue
from notifications.services import queue
from town import messages
from town.models import LinkRequest

Answer = LinkRequest.Answer


@transaction.atomic
def ask_link(*, city: City, other: City, by: User, now: datetime) -> LinkRequest:
    """Ask another town; when it has asked already, that is the answer. Raises ValidationError where they are linked."""
    require(has_role(by, city, ADMINISTRATION))
    # In one order: two towns that ask each other in one moment are linked, and not asked twice.
    _lock(city.pk, other.pk)
    if city.linked.contains(other):
        raise ValidationError(_("Vos deux villes sont déjà liées."))
    asked = LinkRequest.objects.waiting().filter(city=other, other=city).first()
    if asked is not None:
        return answer_link(request_id=asked.pk, accepts=True, by=by, now=now)
    waiting = LinkRequest.objects.waiting().filter(city=city, other=other).first()
    if waiting is not None:
        return waiting
    row = LinkRequest(city=city, other=other, asked_by=by, asked_at=now)
    row.full_clean()
    row.save(force_insert=True)
    for person in people.administrators_of(other):
        queue(
            recipient=person,
            event="town_link_asked",
            subject_key=f"link:{row.pk}",
            city=other,
            compose=partial(messages.link_asked, row),
            now=now,
        )
    return row


@transaction.atomic
def answer_link(*, request_id: int, accepts: bool, by: User, now: datetime) -> LinkRequest:
    """An administrator of the town that was asked answers; the first answer counts. Linked, both are looked at anew."""
    row = _locked(request_id)
    require(has_role(by, row.other, ADMINISTRATION))
    if row.answer:
        return row
    _answer(row, Answer.ACCEPTED if accepts else Answer.DECLINED, by=by, now=now)
    if accepts:
        accounts.link_cities(city_id=row.city_id, other_id=row.other_id, by=by, now=now)
        rescan_queue.ask(cities=[row.city, row.other], by=by, now=now)
    queue(
        recipient=row.asked_by,
        event="town_link_answered",
        subject_key=f"link:{row.pk}",
        city=row.city,
        compose=partial(messages.link_answered, row),
        now=now,
    )
    return row


@transaction.atomic
def take_back_link(*, request_id: int, by: User, now: datetime) -> LinkRequest:
    """The town that asked does not any more; nothing happens when it was answered."""
    row = _locked(request_id)
    require(has_role(by, row.city, ADMINISTRATION))
    if not row.answer:
        _answer(row, Answer.TAKEN_BACK, by=by, now=now)
    return row


@transaction.atomic
def end_link(*, city: City, other: City, by: User, now: datetime) -> None:
    """Either town ends it: suggestions across them go with the next scan, what was agreed goes on."""
    require(has_role(by, city, ADMINISTRATION))
    accounts.unlink_cities(city_id=city.pk, other_id=other.pk, by=by, now=now)
    rescan_queue.ask(cities=[city, other], by=by, now=now)


def _locked(request_id: int) -> LinkRequest:
    found = LinkRequest.objects.get(pk=request_id)
    _lock(found.city_id, found.other_id)
    return (
        LinkRequest.objects.select_for_update(of=("self",))
        .select_related("city", "other", "asked_by")
        .get(pk=request_id)
    )


def _lock(*keys: int) -> None:
    list(City.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def _answer(row: LinkRequest, answer: Answer, *, by: User, now: datetime) -> None:
    row.answer, row.answered_by, row.answered_at = answer, by, now
    row.save(update_fields=["answer", "answered_by", "answered_at"])
