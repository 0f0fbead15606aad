"""Two spellings of one address are one person."""

import importlib

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.selectors import find_person
from accounts.services import ensure_person
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def test_a_domain_in_either_form_is_the_same_person() -> None:
    first = ensure_person(email="Marie@xn--cole-9oa.fr", name="Marie", now=timezone.now())
    assert first.email == "marie@école.fr"
    assert ensure_person(email="marie@École.fr", now=timezone.now()) == first
    assert find_person(email="marie@xn--cole-9oa.fr") == first


def test_rows_of_before_are_found_in_their_new_spelling() -> None:
    marie, other = UserFactory(), UserFactory(email="ana@exemple.fr")
    User.objects.filter(pk=marie.pk).update(email="marie@exemple.fr")
    EmailAddress.objects.create(user=marie, email="marie@exemple.fr", verified=True)
    with connection.cursor() as cursor:
        for table in ("accounts_user", "account_emailaddress"):
            cursor.execute(
                f"UPDATE {table} SET email = %s WHERE email = %s",
                ["marie@xn--cole-9oa.fr", "marie@exemple.fr"],
            )
    importlib.import_module("accounts.migrations.0024_one_spelling_of_addresses").spell(apps, None)
    assert find_person(email="marie@école.fr") == marie
    assert EmailAddress.objects.get(user=marie).email == "marie@école.fr"
    other.refresh_from_db()
    assert other.email == "ana@exemple.fr"
