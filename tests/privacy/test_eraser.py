"""The database lets its eraser, and nobody else, empty what is written once; where there is none it says so."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from accounts import acting
from accounts.models import ContactReading, PersonEdit, User
from catalogue.models import FieldChange
from matching import services as matching
from matching.models import Decision
from privacy import checks, emptying, eraser, rows
from tests.factories.accounts import UserFactory
from tests.factories.matching import story

pytestmark = pytest.mark.django_db


def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.fixture
def decided():
    told = story()
    matching.dismiss(
        match_id=told.match.pk, by=told.coordinator, now=timezone.now(), reason="not_suitable", note="Un mot"
    )
    return Decision.objects.all()


@pytest.fixture
def edited():
    person = UserFactory()
    PersonEdit.objects.create(person=person, what={"name": ["a", "b"]}, by=None, at=timezone.now())
    return PersonEdit.objects.all()


def test_of_a_decision_the_words_alone_go(decided):
    refused(lambda: decided.update(note=""))
    with acting.erasing():
        refused(lambda: decided.update(note="Autre chose"))
        refused(lambda: decided.update(reason="safety", note=""))
        refused(lambda: decided.delete())
        decided.update(note="")
    assert decided.get().note == ""
    refused(lambda: decided.update(note="Un mot"))


def test_of_an_edit_old_and_new_alone_go(edited):
    refused(lambda: edited.update(what={"name": [None, None]}))
    with acting.erasing():
        refused(lambda: edited.update(what={"name": ["a", "c"]}))
        refused(lambda: edited.update(what={}))
        refused(lambda: edited.delete())
        edited.update(what={"name": [None, None]})


def test_the_eraser_reaches_nothing_else(edited):
    for change in (lambda: User.objects.update(name="x"), lambda: User.objects.count()):
        with pytest.raises(ProgrammingError, match="permission denied"), acting.erasing():
            change()
    assert User.objects.count() == 1


def test_a_setting_opens_nothing_any_more(edited):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('accorde.erasing', 'yes', true)")
    refused(lambda: edited.update(what={"name": [None, None]}))


def test_nobody_empties_a_whole_table(edited):
    for table in ("accounts_contactreading", "town_auditrow"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table}")
    assert not ContactReading.objects.exists()


def test_every_table_that_is_final_is_known_and_open_to_the_eraser():
    known = {rows.model_of(label)._meta.db_table for label in emptying.FINAL}
    known |= {
        model._meta.db_table for model in map(rows.model_of, rows.ROWS) if issubclass(model, FieldChange)
    }
    found = set(eraser.final_tables(connection))
    # Of a town's weights nothing is anybody's.
    assert found == known | {"matching_weightschange"}
    with connection.cursor() as cursor:
        for table in found:
            cursor.execute("SELECT has_table_privilege(%s, %s, 'UPDATE')", [eraser.ERASER, table])
            assert cursor.fetchone() == (True,)


@pytest.fixture
def managed(transactional_db):
    """A login as a managed database gives it: it may write, and make no role."""
    with connection.cursor() as cursor:
        cursor.execute("DROP ROLE IF EXISTS accorde_managed")
        cursor.execute("CREATE ROLE accorde_managed LOGIN PASSWORD 'x'")
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO accorde_managed"
        )
    yield "accorde_managed"
    with connection.cursor() as cursor:
        cursor.execute("DROP OWNED BY accorde_managed")
        cursor.execute("DROP ROLE accorde_managed")


def test_where_the_login_may_not_it_is_said_and_a_grant_mends_it(managed):
    # As that login: what SET SESSION AUTHORIZATION makes of this connection.
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION AUTHORIZATION {managed}")
    try:
        assert not eraser.may_erase(connection)
        assert not eraser.install(connection)
        assert [one.id for one in checks.somebody_may_erase(databases=["default"])] == ["privacy.W001"]
        with pytest.raises(ProgrammingError, match="permission denied"), acting.erasing():
            raise AssertionError("nobody gets in here")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET SESSION AUTHORIZATION")
            cursor.execute(f"GRANT {eraser.ERASER} TO {managed} WITH INHERIT FALSE, SET TRUE")
            cursor.execute(f"SET SESSION AUTHORIZATION {managed}")
    try:
        assert eraser.may_erase(connection)
        assert not checks.somebody_may_erase(databases=["default"])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET SESSION AUTHORIZATION")
