"""What people agreed to, and who read their contact."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.access import require
from accounts.models import Consent, ContactReading, User
from catalogue.constraints import insert_checked
from cities.models import City

# The words stand in accounts/_agree_to_appeals.html; a new wording takes a new version.
APPEALS_WORDING = "2026-1"


@transaction.atomic
def record_consent(
    *, user: User, purpose: str, wording_version: str, how: str = Consent.How.WEB, by: User, now: datetime
) -> Consent:
    """Keep that `user` agreed; `by` is the operator who heard it when it was spoken or on paper."""
    live = Consent.objects.filter(
        user=user, purpose=purpose, wording_version=wording_version, withdrawn_at=None
    )
    consent = live.first()
    if consent is None:
        consent = Consent(
            user=user,
            purpose=purpose,
            wording_version=wording_version,
            given_at=now,
            how=how,
            recorded_by=None if how == Consent.How.WEB else by,
        )
        try:
            insert_checked(consent, loaded=["user", "recorded_by"])
        except (IntegrityError, ValidationError):
            # Given in another form at this very moment.
            given = live.first()
            if given is None:
                raise
            return given
    return consent


def agree_to_appeals(*, user: User, by: User, now: datetime) -> Consent:
    """Keep that a person wants to be asked for other needs near by; twice is the same."""
    require(by.pk == user.pk)
    return record_consent(
        user=user, purpose=Consent.Purpose.APPEALS, wording_version=APPEALS_WORDING, by=by, now=now
    )


@transaction.atomic
def withdraw_consent(*, consent: Consent, by: User, now: datetime) -> Consent:
    """A person takes a consent back; the row stays as a proof of both days."""
    require(by.pk == consent.user_id)
    consent = Consent.objects.select_for_update(no_key=True).get(pk=consent.pk)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = now
        consent.save(update_fields=["withdrawn_at"])
    return consent


def log_contact_reading(
    *,
    subject: User | None,
    reason: str,
    reference: str = "",
    city: City | None,
    by: User,
    now: datetime,
    once_in: timedelta = timedelta(),
) -> ContactReading:
    """Keep that `by` read the contact of `subject` for a town, or for the installation. Without a subject: exported
    many (reason "export"), or read how the owner of an empty dwelling is reached (reason "dwelling", its reference).

    `once_in`: who reads the same on and on in that time, as a page that looks while somebody types, has read it once.
    """
    if once_in:
        same = ContactReading.objects.filter(
            reader=by, subject=subject, reason=reason, reference=reference, city=city
        )
        if before := same.filter(read_at__gt=now - once_in).first():
            return before
    reading = ContactReading(
        reader=by, subject=subject, reason=reason, reference=reference, city=city, read_at=now
    )
    insert_checked(reading, loaded=["reader", "subject", "city"])
    return reading
