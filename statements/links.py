"""The signed link to one's own statement: kept in the browser that sent it, and sent where the person is answered."""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from accounts import acting
from accounts.links import contact_changes, note_altered, who_is_now
from statements.models import Statement

_SALT = "statements.own"
VALID_FOR = timedelta(days=2 * 366)


class LinkBroken(Exception):
    """The link was cut or altered, is too old, or was sent to a contact that is another's by now."""


def own_path(statement: Statement) -> str:
    """The page on which its author reads what has become of it, and takes it back."""
    changes = contact_changes(statement.person_id) if statement.person_id else 0
    token = signing.TimestampSigner(salt=_SALT).sign(f"{statement.pk}.{changes}")
    return reverse("statements:own", args=[statement.city.slug, token])


def read(token: str) -> Statement:
    """The statement of a link; what the request writes is its author's then. Raises LinkBroken."""
    try:
        said = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=VALID_FOR)
    except signing.SignatureExpired as error:
        raise LinkBroken from error
    except signing.BadSignature as error:
        note_altered()
        raise LinkBroken from error
    key, changes = map(int, said.split("."))
    statement = (
        Statement.objects.select_related("city", "commune", "person", "organisation", "need")
        .filter(pk=key)
        .first()
    )
    if statement is None:
        raise LinkBroken
    if statement.person_id is not None:
        if contact_changes(statement.person_id) != changes:
            raise LinkBroken
        acting.by_link(who_is_now(statement.person_id))
    return statement
