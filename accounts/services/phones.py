"""Numbers: written by the person, proven by a code or by the desk on the line, given up."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import PersonEdit, PhoneProof, User
from catalogue import changes


@transaction.atomic
def write_phone(*, user: User, phone: Any, by: User, now: datetime) -> User:
    """The number that somebody says is theirs; it waits for its proof, and until then finds and receives nothing.

    Raises ValidationError on a malformed one, and where a proven number would give way to it.
    """
    require(by == user)
    user = _locked(user)
    if user.phone_proof and user.phone != phone:
        raise ValidationError(
            {
                "phone": _(
                    "Votre numéro actuel est prouvé. Prouvez d’abord le nouveau, par un code ou par la ville."
                )
            }
        )
    return user if user.phone == phone else _saved(user, phone, "", by=by, now=now)


@transaction.atomic
def prove_phone(*, user: User, phone: Any, how: PhoneProof, by: User, now: datetime) -> PersonEdit | None:
    """This number is the person's, from now on: they read a code there, or the desk (`by`) had them on the line.

    The change, or None where it was proven already. Another number that was proven gives way, and links sent before
    open nothing any more.
    """
    require((by == user) is (how == PhoneProof.SMS))
    user = _locked(user)
    if user.phone == phone and user.phone_proof:
        return None
    _saved(user, phone, how, by=by, now=now)
    return user.edits.latest("pk")


@transaction.atomic
def doubt_phone(*, user: User, by: User, now: datetime) -> User:
    """Whoever answers at this number is somebody else, says the desk: it proves nothing any more, and links that were
    sent there open nothing.
    """
    require(by != user)
    user = _locked(user)
    return _saved(user, user.phone, "", by=by, now=now) if user.phone_proof else user


@transaction.atomic
def give_up_phone(*, user: User, by: User, now: datetime) -> User:
    """Without a number from now on. Raises ValidationError where nothing else is left to reach the person by."""
    require(by == user)
    user = _locked(user)
    return _saved(user, None, "", by=by, now=now) if user.phone else user


def _locked(user: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _saved(user: User, phone: Any, how: str, *, by: User, now: datetime) -> User:
    before, had_proof = changes.values(user), bool(user.phone_proof)
    gave_way = had_proof and (user.phone != phone or not how)
    user.phone, user.phone_proof = phone, how
    user.phone_proven_at = now if how else None
    user.contact_changes += gave_way
    user.full_clean(exclude=["password"])
    edit = PersonEdit(person=user, by=by, at=now)
    changes.save_changed(user, before, edit=edit, also=("phone_proven_at", "contact_changes"))
    return user
