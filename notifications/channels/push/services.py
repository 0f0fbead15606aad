"""Devices on which somebody wants to be told, and those that want it no more."""

import logging
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from notifications.channels.push import keys
from notifications.channels.push.channel import may_have
from notifications.channels.push.models import Device
from outside.addresses import Refused, refuse_private

log = logging.getLogger(__name__)

MOST_DEVICES = 10


@transaction.atomic
def add(*, person: User, endpoint: str, p256dh: str, auth: str, name: str, by: User, now: datetime) -> Device:
    """Tell somebody on this device from now on. A browser that was another person's is theirs no more.

    Raises ValidationError where nothing could be sent there, PermissionDenied to who has no messages by push.
    """
    if by != person or not may_have(person):
        raise PermissionDenied
    _check(endpoint, p256dh, auth)
    others = Device.objects.filter(person=person).exclude(endpoint=endpoint)
    if others.select_for_update().count() >= MOST_DEVICES:
        raise ValidationError(_("Vous avez déjà dix appareils. Retirez-en un d’abord."))
    Device.objects.filter(endpoint=endpoint).exclude(person=person).delete()
    device, _is_new = Device.objects.update_or_create(
        endpoint=endpoint,
        person=person,
        defaults={"p256dh": p256dh, "auth": auth, "name": name[:60], "last_ok_at": None},
        create_defaults={
            "p256dh": p256dh,
            "auth": auth,
            "name": name[:60],
            "created_at": now,
        },
    )
    log.info("device %s is told for user %s, says user %s", device.pk, person.pk, by.pk)
    return device


@transaction.atomic
def remove(*, person: User, device_id: int, by: User, now: datetime) -> bool:
    """Tell somebody nothing more on this device; whether there was one of theirs."""
    if by != person:
        raise PermissionDenied
    count, _of_each = Device.objects.filter(pk=device_id, person=person).delete()
    if count:
        log.info("device %s of user %s removed by user %s, %s", device_id, person.pk, by.pk, now.isoformat())
    return bool(count)


@transaction.atomic
def forget_since(*, person: User, since: datetime, by: None, now: datetime) -> None:
    """Somebody else was in the account since then: the devices of that time are told nothing more."""
    count, _of_each = Device.objects.filter(person=person, created_at__gte=since).delete()
    if count:
        log.info(
            "%d devices of user %s removed with a change taken back, %s", count, person.pk, now.isoformat()
        )


def _check(endpoint: str, p256dh: str, auth: str) -> None:
    longest = Device._meta.get_field("endpoint").max_length
    refusal = ValidationError(_("Votre navigateur n’a pas donné d’adresse où vous prévenir."))
    if len(endpoint) > (longest or 0) or not keys.is_a_devices(p256dh, auth):
        raise refusal
    try:
        refuse_private(endpoint)
    except Refused as error:
        raise refusal from error
