"""The address by which somebody signs in: changed by whoever reads both, and taken back by whoever had it."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import taken_back
from accounts.access import require
from accounts.models import ApiToken, LowerCaseEmailField, PersonEdit, User
from accounts.services.people import WITH_CONTACT
from accounts.services.sessions import end_elsewhere
from catalogue import changes


@transaction.atomic
def change_email(*, user: User, email: str, session_key: str | None, by: User, now: datetime) -> PersonEdit:
    """Another address from now on: codes sent to the old one and to the new one came back. Links that were sent before
    open nothing, and every session but this one ends. Raises ValidationError where the address has an account already.
    """
    require(by == user)
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = changes.values(user)
    user.email = LowerCaseEmailField.normalised(email)
    return _saved(user, before, session_key=session_key, by=by, now=now)


@transaction.atomic
def stop_change(*, edit: PersonEdit, by: None, now: datetime) -> User:
    """As it was before this change: whoever had the contact says that it was not them. They are signed out everywhere,
    and what whoever changed it may have made to come back ends: all keys, a second factor that was added since, and
    what other apps say (`accounts.taken_back`).

    Raises ValidationError where somebody else has the address by now.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=edit.person_id)
    before = changes.values(user)
    if "email" in edit.what:
        user.email = edit.what["email"][0]
    if {"phone", "phone_proof"} & set(edit.what):
        user.phone = edit.what.get("phone", [user.phone])[0]
        user.phone_proof = edit.what.get("phone_proof", [user.phone_proof])[0]
        user.phone_proven_at = edit.at if user.phone_proof else None
    _saved(user, before, session_key=None, by=None, now=now)
    ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=now)
    Authenticator.objects.filter(user=user, created_at__gte=edit.at).delete()
    SocialAccount.objects.filter(user=user, date_joined__gte=edit.at).delete()
    for end in taken_back.registered():
        end(person=user, since=edit.at, by=None, now=now)
    return user


def _saved(
    user: User, before: dict[str, object], *, session_key: str | None, by: User | None, now: datetime
) -> PersonEdit:
    taken = ValidationError(
        _(
            "Cette adresse a déjà un compte. Connectez-vous avec elle, ou demandez à la ville d’en faire un seul."
        )
    )
    if user.email and User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
        raise taken
    user.contact_changes += 1
    user.full_clean(exclude=["password"])
    edit = PersonEdit(person=user, by=by, at=now)
    try:
        with transaction.atomic():
            changes.save_changed(user, before, edit=edit, also=WITH_CONTACT)
    except IntegrityError:  # at this very moment
        raise taken from None
    if user.email != before["email"]:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.filter(email=user.email).delete()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    end_elsewhere(session_key=session_key, user=user)
    return edit
