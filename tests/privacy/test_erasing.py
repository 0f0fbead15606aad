"""Whoever is erased is in no table any more, everybody else is told, and what counts stays."""

import pytest
from django.utils import timezone

from privacy import erasing, rows
from privacy.models import Erasure
from privacy.rows import As
from tests.factories.matching import story
from tests.factories.needs import NeedFactory
from tests.privacy.marks import MARK, PHONE, a_row, mark, marked, private_fields, where_it_is

pytestmark = pytest.mark.django_db

# Whoever has one of these hands it on first: see below.
HANDED_ON = {"accounts.CityRole"}


def known(told):
    """What a row of these tables cannot be made up without."""
    return {
        "accounts.ApiToken": {"digest": "0" * 64},
        "push.Device": {"endpoint": "https://exemple.fr/", "p256dh": "a", "auth": "b"},
        "sms.Stop": {"number": told.citizen.phone},
        "followups.Incident": {
            "state": "closed", "end": "formerly", "closed_at": timezone.now(), "closed_by": told.coordinator,
        },
        "desk.Flag": {"words": MARK},
        "desk.SavedView": {"name": MARK, "query": "q=1"},
        "mfa.Authenticator": {"type": "totp", "data": {"secret": MARK}},
    }  # fmt: skip


def erased(person, how=Erasure.How.OWN, **options):
    now = timezone.now()
    row = erasing.ask(person=person, how=how, by=person, now=now, **options)
    erasing.carry_out_due(by=None, now=now)
    row.refresh_from_db()
    person.refresh_from_db()
    return row


def test_nothing_of_a_person_is_in_any_table():
    """A mark in every field that the register does not keep, in a row of every table that tells of people."""
    told = story(offer={"owner__phone": "+33612345678"})
    citizen = told.citizen
    NeedFactory(person=citizen, organisation=None, city=told.city)
    tables = [
        label for label, _whose in rows.tables(As.SUBJECT) if private_fields(label) and label not in HANDED_ON
    ]
    for label in tables:
        a_row(label, citizen, **known(told).get(label, {}))
    written = mark(citizen)
    assert {label for label in tables if any(map(marked, private_fields(label)))} == set(written)
    assert where_it_is(MARK, PHONE)
    row = erased(citizen)
    assert row.done_at, row.waits_for
    assert where_it_is(MARK, PHONE) == []
