"""What people agreed to, and who read their contact."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import consequences, townspeople
from accounts.access import DESK, has_role, require
from accounts.models import Consent, ContactReading, DataCopy, User
from catalogue.constraints import insert_checked
from cities.models import City

# The words stand in accounts/_agree_to_appeals.html; a new wording takes a new version.
APPEALS_WORDING = "2026-1"


@transaction.atomic
def record_consent(
    *, user: User, purpose: str, wording_version: str, how: str = Consent.How.WEB, by: User, now: datetime
) -> Consent:
    """Keep that `user` agreed; `by` is the operator who heard it when it was spoken or on paper."""
    # Locked: whoever takes it back at this moment is waited for, and then it is given anew.
    live = Consent.objects.select_for_update(no_key=True).filter(
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
def withdraw_consent(*, consent: Consent, by: User, now: datetime, city: City | None = None) -> Consent:
    """A person takes back what they agreed to, in all its wordings; the rows stay as a proof of both days. What stood
    on it stops in the same moment (`consequences`). Twice changes nothing.

    `city`: `by` is of its desk, and was told so by the person.
    """
    _require_theirs(consent, by=by, city=city)
    consequences.lock(consent.user)
    live = list(
        Consent.objects.select_for_update(no_key=True)
        .filter(user=consent.user_id, purpose=consent.purpose, withdrawn_at=None)
        .order_by("pk")
    )
    for given in live:
        given.withdrawn_at = now
        given.save(update_fields=["withdrawn_at"])
    if live:
        for consequence in consequences.registered():
            consequence.taken_back(consent.user, consent.purpose, by, now)
    consent.refresh_from_db()
    return consent


@transaction.atomic
def give_consent_again(*, consent: Consent, by: User, now: datetime, city: City | None = None) -> Consent:
    """A person agrees anew to what they had taken back; what stood on it and can, comes back. Twice is the same.

    `city`: as above; it is kept as given on the phone.
    """
    _require_theirs(consent, by=by, city=city)
    consequences.lock(consent.user)
    before = Consent.objects.filter(user=consent.user_id, purpose=consent.purpose, withdrawn_at=None)
    was_given = before.exists()
    again = record_consent(
        user=consent.user,
        purpose=consent.purpose,
        wording_version=consent.wording_version,
        how=Consent.How.WEB if by.pk == consent.user_id else Consent.How.PHONE,
        by=by,
        now=now,
    )
    if not was_given:
        for consequence in consequences.registered():
            consequence.given_again(consent.user, consent.purpose, by, now)
    return again


def _require_theirs(consent: Consent, *, by: User, city: City | None) -> None:
    said_to_desk = city is not None and has_role(by, city, DESK) and townspeople.is_of(consent.user, city)
    require(by.pk == consent.user_id or said_to_desk)


def note_data_copy(*, person: User, how: str, city: City | None = None, by: User, now: datetime) -> DataCopy:
    """Keep that a copy of all their data was given to somebody."""
    copy = DataCopy(person=person, how=how, city=city, by=by, at=now)
    insert_checked(copy, loaded=["person", "city", "by"])
    return copy


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
