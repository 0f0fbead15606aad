"""Signed links to what somebody chooses about the messages to them, which never expire: one may always refuse; and to
ask for a call, from the page of a question. And the address to which one answers a mail.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import base36_to_int, int_to_base36

from accounts import acting
from accounts.links import contact_changes, note_altered, secrets, who_is_now
from accounts.models import User
from cities.models import City
from notifications.events import Refusable
from notifications.models import Message

_SALT = "notifications.preferences"
_CALL_ME_SALT = "notifications.call_me"
_CALL_ME_FOR = timedelta(days=90)


def token(person: User) -> str:
    """Sent to an address or number that gave way to another since, it opens nothing."""
    return signing.Signer(salt=_SALT).sign(_said(person.pk, person.contact_changes))


def person_of(token: str) -> User | None:
    """Whose choices a link opens, and who acts by it; None when it was cut or altered, or the account is closed."""
    try:
        key = signing.Signer(salt=_SALT).unsign(token)
    except signing.BadSignature:
        note_altered()
        return None
    return _who_acts(key)


def call_me_path(person_id: int, city: City, about: str) -> str:
    """The path of the page on which this person asks to be called about a thing ("match:12"); "" for the desk that has
    them on the phone.
    """
    if acting.is_noted_by_desk():
        return ""
    whose = _said(person_id, contact_changes(person_id))
    signed = signing.TimestampSigner(salt=_CALL_ME_SALT).sign(f"{whose}.{about}")
    return reverse("notifications:call_me", args=[city.slug, signed])


def who_wants_call(token: str) -> tuple[User, str] | None:
    """Who asks, and about what; None when the link was cut or altered, is too old, or the account closed."""
    try:
        said = signing.TimestampSigner(salt=_CALL_ME_SALT).unsign(token, max_age=_CALL_ME_FOR)
    except signing.BadSignature:
        note_altered()
        return None
    key, _, about = said.partition(".")
    person = _who_acts(key)
    return (person, about) if person else None


def _said(person_id: int, changes: int) -> str:
    return f"{person_id}~{changes}" if changes else str(person_id)


def _who_acts(key: str) -> User | None:
    """Who is meant, unless a contact of theirs has given way to another since the link was sent."""
    person_id, _, changes = key.partition("~")
    if contact_changes(int(person_id)) != int(changes or 0):
        return None
    person = User.objects.filter(pk=who_is_now(int(person_id)), is_active=True).first()
    if person is not None:
        acting.by_link(person.pk)
    return person


def address(person: User, city: City | None) -> str:
    """The whole address of the page; without a town, of the one for which one signs in."""
    path = (
        reverse("notifications:choose", args=[city.slug, token(person)]) if city else reverse("my_messages")
    )
    return settings.SITE_URL + path


def address_to_refuse(person: User, city: City, sort: Refusable) -> str:
    """The whole address to which a mail programme posts, to refuse this sort of messages."""
    return settings.SITE_URL + reverse("notifications:refuse", args=[city.slug, token(person), sort])


# --- Addresses -----------------------------------------------------------------------------------------

# Servers may write an address in small letters, and a local part has 64 signs: 14 of 36 are 72 bits.
_TAG_LENGTH = 14


def reply_address(message: Message) -> str:
    """Where an answer to this mail is known as one: "reponses+12-k3…@exemple.fr"; "" without such a mailbox."""
    mailbox, at, host = settings.MAIL_REPLY_ADDRESS.partition("@")
    if not at or message.city_id is None:
        return ""
    number = int_to_base36(message.pk)
    return f"{mailbox}+{number}-{_tag(number)}@{host}"


def message_of_reply_address(address: str) -> Message | None:
    """The message that an answer to this address is for; None when it was cut, altered or made up."""
    mailbox, _, host = settings.MAIL_REPLY_ADDRESS.lower().partition("@")
    local, _, at = address.strip().lower().rpartition("@")
    name, _, tag = local.partition("+")
    number, _, signature = tag.partition("-")
    is_ours = bool(mailbox) and (name, at) == (mailbox, host)
    if not is_ours or not any(
        constant_time_compare(signature.encode(), _tag(number, secret).encode()) for secret in secrets()
    ):
        return None
    return Message.objects.select_related("recipient", "city").filter(pk=base36_to_int(number)).first()


def _tag(number: str, secret: str | None = None) -> str:
    digest = salted_hmac("notifications.reply", number, secret, algorithm="sha256").digest()
    return int_to_base36(int.from_bytes(digest)).zfill(_TAG_LENGTH)[-_TAG_LENGTH:]
