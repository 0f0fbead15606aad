"""Reading one's devices."""

from hashlib import sha256

from accounts.models import User
from notifications.channels.push.models import Device


def devices_of(person: User) -> list[Device]:
    return list(Device.objects.filter(person=person))


def fingerprint(device: Device) -> str:
    """By which a browser finds itself in the list; the address itself is not shown."""
    return sha256(device.endpoint.encode()).hexdigest()
