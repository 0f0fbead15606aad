"""People: entered, and what changes of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import selectors
from accounts.access import require
from accounts.models import LowerCaseEmailField, PersonEdit, User
from accounts.services.sessions import end_elsewhere
from accounts.sign_in import has_proven_address
from catalogue import changes


@transaction.atomic
def ensure_person(
    *,
    email: str | None = None,
    phone: Any = None,
    name: str = "",
    language: str = "fr",
    by: User | None = None,
    now: datetime,
) -> User:
    """The person with this e-mail or this phone, else a new one. Raises ValidationError on a bad contact.

    `by` is the operator or importer who enters somebody else; None when the person fills in a form. An
    address given is the identity: it will be proven by a code. A number is one only when no address is given
    or when an operator has the caller on the line: a visitor who types somebody's number must not enter
    their account. A known account is left as it is, but for a name missing on an address not yet proven.
    """
    email = LowerCaseEmailField.normalised(email)
    found = selectors.find_person(email=email, phone=phone)
    if found is not None and email and found.email != email and by is None:
        # The number is another's: it stays theirs, and the newcomer is known by the address.
        found, phone = None, None
    if found is None:
        try:
            return User.objects.create_user(
                email=email, phone=phone, name=name, language=_known_language(language), created_at=now
            )
        except (IntegrityError, ValidationError):
            # Malformed, or entered by another form at this very moment.
            found = selectors.find_person(email=email, phone=None if email else phone)
            if found is None:
                raise
    if name and not found.name and not has_proven_address(found):
        before = changes.values(found)
        found.name = name
        found.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        changes.save_changed(found, before, edit=PersonEdit(person=found, by=by or found, at=now))
    return found


@transaction.atomic
def update_profile(*, user: User, name: str, phone: Any, language: str, by: User, now: datetime) -> User:
    """What people change about themselves. Raises ValidationError on a number malformed or taken."""
    require(by == user)
    fields = {"name": name.strip(), "phone": phone or None, "language": _known_language(language)}
    return _change(user, fields, by=by, now=now)


@transaction.atomic
def correct_person(*, user: User, fields: Mapping[str, Any], by: User, now: datetime) -> User:
    """What the installation's staff changes of somebody: an address, an access. Raises ValidationError by field.

    Whose address is another from now on, or whose account is closed, is signed out everywhere.
    """
    require(by.is_staff)
    return _change(user, fields, by=by, now=now)


@transaction.atomic
def forget_person(*, person: User, by: User | None, now: datetime) -> User:
    """Take away what tells who somebody is; the row stays. What the history of its changes holds, and all else, the
    eraser takes away within the hour (`privacy.erasing`).

    Nothing of the installation's staff, who may not have signed in yet.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.is_staff:
        return person
    person.email = person.phone = None
    person.name, person.is_active, person.anonymised_at = "", False, now
    person.save(update_fields=["email", "phone", "name", "is_active", "anonymised_at"])
    note_erased(person=person, by=by, now=now)
    end_elsewhere(session_key=None, user=person)
    return person


def note_erased(*, person: User, by: User | None, now: datetime) -> None:
    """That a person, emptied already, was erased, when and by whom: the proof that it was done."""
    erased = {name: [None, None] for name in ("email", "phone", "name")}
    PersonEdit.objects.create(person=person, what={**erased, "is_active": [True, False]}, by=by, at=now)


@transaction.atomic
def merge_people(*, kept: User, other: User, by: User, now: datetime) -> list[str]:
    """`other` is `kept`: it acts no more, and where only it has an address or a number, they are kept's from now on.

    Which of the two, by name. Both are locked already.
    """
    before_kept, before_other = changes.values(kept), changes.values(other)
    moved = [name for name in ("email", "phone") if getattr(other, name) and not getattr(kept, name)]
    for name in moved:
        setattr(kept, name, getattr(other, name))
        setattr(other, name, None)
    if "email" in moved:
        EmailAddress.objects.filter(user=other, email=kept.email).update(user=kept)
    other.is_active, other.merged_into = False, kept
    other.save(update_fields=["merged_into", "is_active"])
    end_elsewhere(session_key=None, user=other)
    changes.save_changed(other, before_other, edit=PersonEdit(person=other, by=by, at=now))
    changes.save_changed(kept, before_kept, edit=PersonEdit(person=kept, by=by, at=now))
    return moved


@transaction.atomic
def unmerge_people(*, kept: User, other: User, moved: Sequence[str], by: User, now: datetime) -> None:
    """As they were before `merge_people`, which moved these. Both are locked already."""
    before_kept, before_other = changes.values(kept), changes.values(other)
    if "email" in moved:
        EmailAddress.objects.filter(user=kept, email=kept.email).update(user=other)
    for name in moved:
        setattr(other, name, getattr(kept, name))
        setattr(kept, name, None)
    changes.save_changed(kept, before_kept, edit=PersonEdit(person=kept, by=by, at=now))
    other.is_active, other.merged_into = True, None
    other.save(update_fields=["merged_into", *moved])
    changes.save_changed(other, before_other, edit=PersonEdit(person=other, by=by, at=now))


def _change(user: User, fields: Mapping[str, Any], *, by: User, now: datetime) -> User:
    # A copy: a page that shows the refusal must not show the refused name in its header.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, came_in_by = changes.values(user), user.email
    for name, value in fields.items():
        setattr(user, name, value)
    user.full_clean(exclude=["password"])
    changes.save_changed(user, before, edit=PersonEdit(person=user, by=by, at=now))
    if user.email != came_in_by or not user.is_active:
        end_elsewhere(session_key=None, user=user)
    return user


def _known_language(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
