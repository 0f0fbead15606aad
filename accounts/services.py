"""Writing people, roles, associations, consents and API keys.

Each service is atomic, takes keywords only, and ends in its actor and moment.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.access import ADMINISTRATION, COORDINATION, forget_roles, has_role, require
from accounts.models import (
    ApiToken,
    CityRole,
    Consent,
    ContactReading,
    LowerCaseEmailField,
    Membership,
    Organisation,
    OrganisationReview,
    User,
)
from accounts.sign_in import has_proven_address, start_code_sign_in
from cities.models import City

__all__ = [
    "ensure_person",
    "give_role",
    "issue_token",
    "log_contact_reading",
    "record_consent",
    "register_organisation",
    "register_organisation_by_visitor",
    "revoke_token",
    "set_language",
    "start_code_sign_in",
    "suspend_organisation",
    "take_role",
    "update_profile",
    "use_token",
    "verify_organisation",
    "withdraw_consent",
]

# Each call of the API would otherwise write a row.
TOKEN_USE_NOTED_EVERY = timedelta(minutes=1)


# --- People -------------------------------------------------------------------------------------------


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
        found.name = name
        found.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
        found.save(update_fields=["name"])
    return found


@transaction.atomic
def update_profile(*, user: User, name: str, phone: Any, language: str, by: User, now: datetime) -> User:
    """What people change about themselves. Raises ValidationError on a number malformed or taken."""
    require(by == user)
    # A copy: a page that shows the refusal must not show the refused name in its header.
    user = User.objects.select_for_update().get(pk=user.pk)
    user.name = name.strip()
    user.phone = phone or None
    user.language = _known_language(language)
    user.full_clean(exclude=["password"])
    user.save(update_fields=["name", "phone", "language"])
    return user


@transaction.atomic
def set_language(*, user: User, language: str, by: User, now: datetime) -> User:
    """The language in which we write to a person. Raises ValidationError on one that we do not speak."""
    if language not in dict(settings.LANGUAGES):
        raise ValidationError({"language": _("Cette langue n’est pas proposée.")})
    user.language = language
    user.save(update_fields=["language"])
    return user


def _known_language(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


# --- Roles --------------------------------------------------------------------------------------------


@transaction.atomic
def give_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> CityRole:
    """Give a role in a city, once; `by` is None when the installation does it (first administrator)."""
    require(by is None or by.is_superuser or has_role(by, city, ADMINISTRATION))
    given = CityRole.objects.filter(user=user, city=city, role=role).first()
    if given is None:
        given = CityRole(user=user, city=city, role=role, given_by=by, given_at=now)
        given.full_clean()
        given.save()
    forget_roles(user)
    return given


@transaction.atomic
def take_role(*, user: User, city: City, role: str, by: User | None, now: datetime) -> None:
    """Take a role back; nothing happens when there was none."""
    require(by is None or by.is_superuser or has_role(by, city, ADMINISTRATION))
    CityRole.objects.filter(user=user, city=city, role=role).delete()
    forget_roles(user)


# --- Associations -------------------------------------------------------------------------------------


@transaction.atomic
def register_organisation(
    *,
    city: City,
    name: str,
    rna: str = "",
    siret: str = "",
    email: str = "",
    phone: Any = "",
    about: str = "",
    by: User,
    now: datetime,
) -> Organisation:
    """An association that awaits its verification, with `by` as its manager; posted twice, it is one.

    Raises ValidationError.
    """
    organisation = Organisation(
        city=city,
        name=name.strip(),
        rna=rna,
        siret=siret,
        email=email,
        phone=phone or "",
        about=about,
        created_at=now,
    )
    organisation.clean_fields()
    same = Organisation.objects.filter(
        city=city, rna=organisation.rna, siret=organisation.siret, memberships__user=by
    ).first()
    if same is not None:
        return same
    organisation.full_clean()
    organisation.save()
    Membership.objects.create(user=by, organisation=organisation, role=Membership.Role.MANAGER)
    forget_roles(by)
    return organisation


@transaction.atomic
def register_organisation_by_visitor(
    *, person_email: str, person_name: str, language: str, now: datetime, **organisation: Any
) -> Organisation:
    """The same by somebody not signed in, who proves the address afterwards; see `register_organisation`."""
    person = ensure_person(email=person_email, name=person_name, language=language, now=now)
    return register_organisation(**organisation, by=person, now=now)


@transaction.atomic
def verify_organisation(*, organisation: Organisation, by: User, now: datetime) -> Organisation:
    """Let the association's needs be matched; coordinators of its city only. Twice changes nothing."""
    organisation = _locked(organisation, by)
    if organisation.state != Organisation.State.VERIFIED:
        organisation.verified_at, organisation.verified_by = now, by
        _move(organisation, Organisation.State.VERIFIED, reason="", by=by, now=now)
    return organisation


@transaction.atomic
def suspend_organisation(
    *, organisation: Organisation, reason: str = "", by: User, now: datetime
) -> Organisation:
    """Stop matching the association's needs; coordinators of its city only. Twice changes nothing."""
    organisation = _locked(organisation, by)
    if organisation.state != Organisation.State.SUSPENDED:
        _move(organisation, Organisation.State.SUSPENDED, reason=reason, by=by, now=now)
    return organisation


def _locked(organisation: Organisation, by: User) -> Organisation:
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    require(by.is_superuser or has_role(by, organisation.city, COORDINATION))
    return organisation


def _move(organisation: Organisation, state: str, *, reason: str, by: User, now: datetime) -> None:
    organisation.state = state
    organisation.save(update_fields=["state", "verified_at", "verified_by"])
    review = OrganisationReview(organisation=organisation, state=state, reason=reason.strip(), by=by, at=now)
    review.full_clean()
    review.save()


# --- Consents and readings ----------------------------------------------------------------------------


@transaction.atomic
def record_consent(
    *, user: User, purpose: str, wording_version: str, how: str = Consent.How.WEB, by: User, now: datetime
) -> Consent:
    """Keep that `user` agreed; `by` is the operator who heard it when it was spoken or on paper."""
    consent = Consent.objects.filter(
        user=user, purpose=purpose, wording_version=wording_version, withdrawn_at=None
    ).first()
    if consent is None:
        consent = Consent(
            user=user,
            purpose=purpose,
            wording_version=wording_version,
            given_at=now,
            how=how,
            recorded_by=None if how == Consent.How.WEB else by,
        )
        consent.full_clean()
        consent.save()
    return consent


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: User, now: datetime) -> Consent:
    """A person takes a consent back; the row stays as a proof of both days."""
    require(by.pk == consent.user_id)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = now
        consent.save(update_fields=["withdrawn_at"])
    return consent


@transaction.atomic
def log_contact_reading(
    *, subject: User | None, reason: str, reference: str = "", by: User, now: datetime
) -> ContactReading:
    """Keep that `by` read the contact of `subject`, or exported many (subject None, reason "export")."""
    reading = ContactReading(reader=by, subject=subject, reason=reason, reference=reference, read_at=now)
    reading.full_clean()
    reading.save()
    return reading


# --- API keys -----------------------------------------------------------------------------------------


@transaction.atomic
def issue_token(*, user: User, name: str, by: User, now: datetime) -> tuple[ApiToken, str]:
    """A new key and its secret, which is shown once and never kept."""
    require(by == user or by.is_superuser)
    secret = f"acc_{secrets.token_urlsafe(32)}"
    token = ApiToken(
        user=user, name=name.strip(), prefix=secret[:10], digest=token_digest(secret), created_at=now
    )
    token.full_clean()
    token.save()
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User, now: datetime) -> ApiToken:
    """From now on the key opens nothing."""
    require(by.pk == token.user_id or by.is_superuser)
    if token.revoked_at is None:
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
    return token


@transaction.atomic
def use_token(*, secret: str, now: datetime) -> ApiToken | None:
    """The live key of an active person with this secret, or None; its last use is noted once a minute."""
    digest = token_digest(secret)
    # The index only ever sees a hash, so its timing tells nothing of the secret.
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest, revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or not hmac.compare_digest(token.digest, digest):
        return None
    if token.last_used_at is None or now - token.last_used_at >= TOKEN_USE_NOTED_EVERY:
        token.last_used_at = now
        token.save(update_fields=["last_used_at"])
    return token


def token_digest(secret: str) -> str:
    """SHA-256 is enough: the secret has 256 bits, nobody guesses it."""
    return hashlib.sha256(secret.encode()).hexdigest()
