"""What a page asks for: the person on the line, their spoken consent and the need, all or nothing."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from accounts.models import Consent, User
from accounts.services import ensure_person, record_consent
from catalogue.vocabulary import Source
from needs import selectors
from needs.forms import NeedForm
from needs.models import Need
from needs.services import register

# What the caller heard before saying yes; a new wording has a new version.
CALLER_WORDING = "need-by-phone-1"


def doubles(form: NeedForm) -> list[Need]:
    """Of a form that was looked at: standing needs of the same person or association that look the same."""
    return selectors.doubles(
        form.user,
        form.city,
        person=form.asked_by,
        organisation=form.organisation,
        fields={"kind": form.kind, **form.cleaned_data},
        external_key=form.external_key,
    )


@transaction.atomic
def post(*, form: NeedForm, by: User, now: datetime) -> Need:
    """The need of a valid form; for a caller, the person and their spoken consent with it. ValidationError by field."""
    asking: User | None = None
    if form.is_for_caller:
        asking = ensure_person(
            email=form.cleaned_data["caller_email"] or None,
            phone=form.cleaned_data["caller_phone"] or None,
            name=form.cleaned_data["caller_name"],
            on_the_line=form.city,
            is_another=form.cleaned_data["is_another"],
            by=by,
            now=now,
        )
        record_consent(
            user=asking,
            purpose=Consent.Purpose.RECORD,
            wording_version=CALLER_WORDING,
            how=Consent.How.PHONE,
            by=by,
            now=now,
        )
    elif form.organisation is None:
        asking = by
    return register(
        city=form.city,
        organisation=form.organisation,
        person=asking,
        fields=form.answers(),
        source=Source.PHONE if form.desk else Source.WEB,
        by=by,
        now=now,
        today=form.today,
        external_key=form.external_key,
    )


@transaction.atomic
def post_several(*, forms: Sequence[NeedForm], by: User, now: datetime) -> list[Need]:
    """The needs of valid forms, all or none. ValidationError by field."""
    return [post(form=form, by=by, now=now) for form in forms]
