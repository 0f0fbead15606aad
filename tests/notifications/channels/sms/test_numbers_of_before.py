"""At the update: which numbers that are there count as proven (migration sms 0006)."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps

from accounts.models import Consent, PersonEdit, User
from notifications.channels.sms.models import Became, Reply
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW

MIGRATION = import_module("notifications.channels.sms.migrations.0006_proven_numbers")
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def written(number: int) -> User:
    return UserFactory(phone=f"+3361234567{number}", phone_proof="")


def heard(user: User, at: object) -> None:
    operator = UserFactory()
    Consent.objects.create(
        user=user, purpose="record", wording_version="1", given_at=at, how="phone", recorded_by=operator
    )


def changed(user: User, at: object) -> None:
    PersonEdit.objects.create(person=user, by=user, at=at, what={"phone": [None, str(user.phone)]})


def test_those_that_an_operator_heard_and_those_that_wrote_to_us(capsys):
    by_themselves, on_the_line, changed_since, wrote, wrote_before = map(written, range(5))
    changed(by_themselves, NOW)
    heard(on_the_line, NOW)
    heard(changed_since, NOW)
    changed(changed_since, NOW + HOUR)
    for user in (wrote, wrote_before):
        Reply.objects.create(person=user, text="oui", said="yes", became=Became.NOTED, received_at=NOW)
    changed(wrote, NOW - HOUR)
    changed(wrote_before, NOW + HOUR)

    MIGRATION.prove(apps, None)

    proofs = dict(User.objects.filter(phone__isnull=False).values_list("pk", "phone_proof"))
    assert proofs == {
        by_themselves.pk: "", on_the_line.pk: "call", changed_since.pk: "", wrote.pk: "sms", wrote_before.pk: "",
    }  # fmt: skip
    assert User.objects.get(pk=wrote.pk).phone_proven_at == NOW
    assert "telephone numbers: 2 proven, 3 to be proven" in capsys.readouterr().out
