"""People: entered, and what changes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, UNUSABLE_PASSWORD_SUFFIX_LENGTH
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from phonenumber_field.phonenumber import PhoneNumber

from accounts import phones, selectors
from accounts.access import require
from accounts.models import LowerCaseEmailField, PersonEdit, PhoneProof, User
from accounts.services.sessions import end_elsewhere
from accounts.sign_in import has_proven_address
from catalogue import changes
from catalogue.constraints import clean_fields_of
from catalogue.inserting import insert_many
from cities.models import City

# What goes with a change of contact, in one write: the database holds that a proof is of a number.
WITH_CONTACT = ("phone_proven_at", "contact_changes")
# What went from one row to another beside an address and a number (`merge_people`).
PROOF = "proof"


@transaction.atomic
def ensure_person(
    *,
    email: str | None = None,
    phone: Any = None,
    name: str = "",
    language: str = "fr",
    on_the_line: City | None = None,
    is_another: bool = False,
    by: User | None = None,
    now: datetime,
) -> User:
    """The person with this e-mail or this number, else a new one. Raises ValidationError on a bad contact.

    `by` is the operator or importer who enters somebody else; None when the person fills in a form. An address given is
    the identity: it will be proven by a code. A number is one for the desk of the town that has the person
    `on_the_line`, which proves it; written by anybody else it waits for its proof. A known account is left as it is,
    but for a name missing on an address not yet proven.

    Who has the number on the line and bears another name is asked about (ValidationError with the code "who"), unless
    the desk says that it `is_another`: two people may share a number.
    """
    email = LowerCaseEmailField.normalised(email)
    found = selectors.find_person(email=email)
    proof = PhoneProof.CALL if on_the_line and phone else ""
    if found is None and phone:
        found = _at_number(phone, name, email=email, city=on_the_line, is_another=is_another)
    if found is None:
        try:
            return User.objects.create_user(
                email=email,
                phone=phone,
                phone_proof=proof,
                phone_proven_at=now if proof else None,
                name=name,
                language=_known_language(language),
                created_at=now,
            )
        except (IntegrityError, ValidationError):
            # Malformed, or entered by another form at this very moment.
            found = selectors.find_person(email=email)
            if found is None:
                raise
    if name and not found.name and not has_proven_address(found):
        before = changes.values(found)
        found.name = name
        found.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        changes.save_changed(found, before, edit=PersonEdit(person=found, by=by or found, at=now))
    return found


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody in a list is reached and called: an e-mail, a valid number, or both."""

    email: str
    number: PhoneNumber | None
    name: str

    @property
    def phone(self) -> str:
        """In E.164; empty without one."""
        return self.number.as_e164 if self.number else ""


@transaction.atomic
def ensure_people(*, contacts: Sequence[Contact], now: datetime) -> list[User]:
    """The person of each contact, as `ensure_person` finds or enters them, in as few queries as can be.

    Two contacts may be of one person. An error of one is an error for all: nobody is entered then.
    """
    emails = [LowerCaseEmailField.normalised(one.email) for one in contacts]
    known = {
        user.email: user
        for user in User.objects.filter(email__in={email for email in emails if email}, merged_into=None)
    }
    lone = {contact.phone for contact, email in zip(contacts, emails, strict=True) if not email}
    # Numbers that somebody has, here or further up in the list: whose they are is looked at one by one.
    numbers = {str(phone) for phone in User.objects.filter(phone__in=lone).values_list("phone", flat=True)}
    people: list[User] = []
    fresh: dict[str, User] = {}
    for contact, email in zip(contacts, emails, strict=True):
        is_plain = email and email not in known
        is_new_number = not email and contact.phone not in numbers and len(contacts) > 1
        numbers.add(contact.phone)
        if is_plain and email in fresh and (fresh[email].name or not contact.name):
            people.append(fresh[email])
        elif is_new_number or (is_plain and email not in fresh and len(contacts) > 1):
            user = User(email=email or None, phone=contact.number, name=contact.name, created_at=now)
            user.password = f"{UNUSABLE_PASSWORD_PREFIX}{token_urlsafe(UNUSABLE_PASSWORD_SUFFIX_LENGTH)}"
            fresh[email or contact.phone] = user
            people.append(user)
        elif email in known and (known[email].name or not contact.name):
            people.append(known[email])
        else:
            # One by one: whose number is somebody's, who was in here twice, or had no name yet.
            _enter(fresh)
            known |= fresh
            fresh = {}
            people.append(
                ensure_person(
                    email=contact.email or None, phone=contact.phone or None, name=contact.name, now=now
                )
            )
    _enter(fresh)
    return people


def _enter(people: Mapping[str, User]) -> None:
    clean_fields_of(people.values(), exclude=("phone",))
    for user in people.values():
        user.clean()
    insert_many(people.values())


@transaction.atomic
def update_profile(*, user: User, name: str, language: str, by: User, now: datetime) -> User:
    """What people change about themselves; an address and a number have pages and proofs of their own."""
    require(by == user)
    fields = {"name": name.strip(), "language": _known_language(language)}
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
    person.email = person.phone = person.phone_proven_at = None
    person.name, person.phone_proof, person.is_active, person.anonymised_at = "", "", False, now
    person.save(
        update_fields=["email", "phone", "phone_proof", *WITH_CONTACT, "name", "is_active", "anonymised_at"]
    )
    note_erased(person=person, by=by, now=now)
    end_elsewhere(session_key=None, user=person)
    return person


def note_erased(*, person: User, by: User | None, now: datetime) -> None:
    """That a person, emptied already, was erased, when and by whom: the proof that it was done."""
    erased = {name: [None, None] for name in ("email", "phone", "phone_proof", "name")}
    PersonEdit.objects.create(person=person, what={**erased, "is_active": [True, False]}, by=by, at=now)


@transaction.atomic
def merge_people(*, kept: User, other: User, by: User, now: datetime) -> list[str]:
    """`other` is `kept`: it acts no more, and where only it has an address or a number, they are kept's from now on.

    Which of the two, by name, and PROOF. Both are locked already.
    """
    before_kept, before_other = changes.values(kept), changes.values(other)
    moved = [name for name in ("email", "phone") if getattr(other, name) and not getattr(kept, name)]
    # The same number twice: proven for one of them it is for both, who are one.
    if other.phone_proof and not kept.phone_proof and kept.phone == other.phone:
        moved.append(PROOF)
    _hand_over(moved, of=other, to=kept)
    if "email" in moved:
        EmailAddress.objects.filter(user=other, email=kept.email).update(user=kept)
    other.is_active, other.merged_into = False, kept
    edit, also = PersonEdit(person=other, by=by, at=now), ("merged_into", *WITH_CONTACT)
    changes.save_changed(other, before_other, edit=edit, also=also)
    edit = PersonEdit(person=kept, by=by, at=now)
    changes.save_changed(kept, before_kept, edit=edit, also=WITH_CONTACT)
    end_elsewhere(session_key=None, user=other)
    return moved


@transaction.atomic
def unmerge_people(*, kept: User, other: User, moved: Sequence[str], by: User, now: datetime) -> None:
    """As they were before `merge_people`, which moved these. Both are locked already."""
    before_kept, before_other = changes.values(kept), changes.values(other)
    if "email" in moved:
        EmailAddress.objects.filter(user=kept, email=kept.email).update(user=other)
    _hand_over(moved, of=kept, to=other)
    edit = PersonEdit(person=kept, by=by, at=now)
    changes.save_changed(kept, before_kept, edit=edit, also=WITH_CONTACT)
    other.is_active, other.merged_into = True, None
    edit, also = PersonEdit(person=other, by=by, at=now), ("merged_into", *WITH_CONTACT)
    changes.save_changed(other, before_other, edit=edit, also=also)


def _at_number(
    phone: Any, name: str, *, email: str | None, city: City | None, is_another: bool
) -> User | None:
    """Who is known by this number already. Raises ValidationError where the desk is to ask who it is."""
    if city is None:
        # With an address the newcomer is known by that.
        return None if email else phones.entered_before(phone=phone, name=name)
    if is_another:
        return None
    caller = phones.on_the_line(phone=phone, name=name, city=city)
    if caller.perhaps:
        raise ValidationError({"name": ValidationError(phones.who_is_it(caller.perhaps), code="who")})
    return caller.person


def _hand_over(names: Sequence[str], *, of: User, to: User) -> None:
    """These contacts are another row's from now on. A number goes with its proof; that alone, between equal numbers."""
    contacts = [name for name in names if name != PROOF]
    for name in contacts:
        setattr(to, name, getattr(of, name))
    if "phone" in names or (PROOF in names and of.phone == to.phone):
        to.phone_proof, to.phone_proven_at = of.phone_proof, of.phone_proven_at
        of.phone_proof, of.phone_proven_at = "", None
    for name in contacts:
        setattr(of, name, None)


def _change(user: User, fields: Mapping[str, Any], *, by: User, now: datetime) -> User:
    # A copy: a page that shows the refusal must not show the refused name in its header.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, came_in_by = changes.values(user), user.email
    for name, value in fields.items():
        setattr(user, name, value)
    if user.phone != before["phone"] and user.phone_proof:
        user.phone_proof, user.phone_proven_at = "", None
        user.contact_changes += 1
    user.contact_changes += user.email != came_in_by
    user.full_clean(exclude=["password"])
    edit = PersonEdit(person=user, by=by, at=now)
    changes.save_changed(user, before, edit=edit, also=WITH_CONTACT)
    if user.email != came_in_by or not user.is_active:
        end_elsewhere(session_key=None, user=user)
    return user


def _known_language(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
