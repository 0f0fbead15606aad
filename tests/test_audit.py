"""Every write leaves a row that nobody changes, with who did it, in the same transaction, and no value of a person."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts import acting
from accounts import services as accounts
from accounts.links import LinkBroken, LinkExpired, read, sign, who_is_now
from accounts.models import ContactReading, Scope, User
from config import audit
from matching import links, services
from matching.models import Match
from notifications import links as choices
from offers.models import Window
from privacy.register import REGISTER
from sealing.fields import Encrypted
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer, suggested_match
from tests.factories.offers import OfferFactory
from town.models import AuditRow
from town.services import forget_old

MODELS = {
    model._meta.label: model for model in apps.get_models(include_auto_created=True) if not model._meta.proxy
}


def rows(table: str, **fields) -> list[AuditRow]:
    return list(AuditRow.objects.filter(table=table, **fields).order_by("pk"))


# --- Which tables, and which values --------------------------------------------------------------------


def test_of_every_model_it_is_decided_whether_its_writes_are_noted() -> None:
    assert sorted(audit.TABLES) == sorted(MODELS)
    assert not [label for label, noted in audit.TABLES.items() if noted == ""]


def test_what_is_not_watched_exists() -> None:
    for label, noted in audit.TABLES.items():
        if isinstance(noted, audit.Noted):
            names = {field.name for field in MODELS[label]._meta.concrete_fields}
            assert not set(noted.unwatched.split()) - names, label


def test_no_value_is_noted_that_an_erasure_would_take() -> None:
    for label, model in MODELS.items():
        gone = {*REGISTER[label].anonymise.split(), *REGISTER[label].delete.split()}
        columns = {field.column for field in model._meta.concrete_fields if field.name in gone}
        assert not columns & set(audit.kept_columns(model)), label
    assert "address" not in audit.kept_columns(MODELS["offers.Offer"])
    assert "capacity" in audit.kept_columns(MODELS["offers.Offer"])


@pytest.mark.django_db
def test_each_noted_table_has_its_trigger_and_a_lost_one_comes_back_with_the_next_migration() -> None:
    wanted = {(one.table, one.name) for one in audit.triggers()}

    def there() -> set[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, tgname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
                " JOIN pg_proc p ON p.oid = tgfoid WHERE starts_with(proname, 'audit') AND tgenabled = 'O'"
            )
            return set(cursor.fetchall())

    assert there() == wanted
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit ON offers_offer")
        cursor.execute("COMMENT ON TRIGGER audit ON needs_need IS 'of another release'")
        cursor.execute("ALTER TABLE accounts_cityrole DISABLE TRIGGER audit")
        cursor.execute(
            "CREATE TRIGGER audit_old AFTER DELETE ON offers_offer FOR EACH ROW EXECUTE FUNCTION audit()"
        )
    assert audit.install(connection) == [
        "accounts_cityrole.audit",
        "needs_need.audit",
        "offers_offer.audit",
        "offers_offer.audit_old",
    ]
    assert there() == wanted
    assert audit.install(connection) == []


@pytest.mark.django_db
def test_every_noted_table_can_be_written(django_assert_num_queries) -> None:
    """Each path of each trigger leads somewhere: what a row of the town leaves says its town."""
    from tests.test_who_opens_what import build

    world = build()
    # Of the town, or of the one that it is linked with: what was said of a household stands in its own town's file.
    city = apps.get_model("cities.City").objects.get(slug=world.slug)
    towns = {city.pk, *city.linked.values_list("pk", flat=True)}
    seen = {row.table for row in AuditRow.objects.filter(city__in=towns)}
    of_a_town = {
        MODELS[label]._meta.db_table
        for label, noted in audit.TABLES.items()
        if isinstance(noted, audit.Noted) and noted.city and MODELS[label]._default_manager.exists()
    }
    assert len(of_a_town) > 25
    assert of_a_town <= seen


# --- What a write leaves -------------------------------------------------------------------------------


@pytest.mark.django_db
def test_sql_by_hand_leaves_a_row_and_nobody_s_name() -> None:
    offer = OfferFactory(capacity=2)
    before = AuditRow.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE offers_offer SET capacity = 5, address = '3 rue du Quai' WHERE id = %s", [offer.pk]
        )
        cursor.execute("UPDATE offers_offer SET revision = 9, scan_due_at = now() WHERE id = %s", [offer.pk])
        cursor.execute("UPDATE offers_offer SET capacity = capacity WHERE id = %s", [offer.pk])
    assert AuditRow.objects.count() == before + 1, (
        "what the engine marks, and what changes nothing, is no act"
    )
    row = rows("offers_offer", act="update")[-1]
    assert row.what == {"capacity": [2, 5], "address": [None, None]}
    assert (row.actor, row.city, row.about, row.reference) == (
        None,
        offer.city_id,
        offer.owner_id,
        offer.reference,
    )
    assert row.role == connection.settings_dict["USER"]


@pytest.mark.django_db
def test_a_session_s_own_table_of_that_name_swallows_no_note() -> None:
    offer = OfferFactory(capacity=2)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE town_auditrow (LIKE public.town_auditrow INCLUDING ALL)")
        cursor.execute("UPDATE offers_offer SET capacity = 5 WHERE id = %s", [offer.pk])
        cursor.execute("SELECT count(*) FROM pg_temp.town_auditrow")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE pg_temp.town_auditrow")
    assert rows("offers_offer", act="update")[-1].what == {"capacity": [2, 5]}


@pytest.mark.django_db
@pytest.mark.parametrize("function", ["audit()", "audit_of_new_offers_offer()"])
def test_nobody_else_hangs_the_notes_on_a_table_of_their_own(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('public', %s, 'execute')", [function])
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db
@pytest.mark.parametrize("function", ["audit()", "audit_of_new_offers_offer()"])
def test_a_restored_database_takes_that_right_away_again(function: str) -> None:
    """A dump is restored without rights (config/backups.py), and a function is everybody's by itself."""
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC")
        audit.install(connection)
        cursor.execute("SELECT has_function_privilege('public', %s, 'execute')", [function])
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db
def test_each_of_many_new_rows_leaves_its_own_note_in_their_order() -> None:
    offers = [OfferFactory(windows=[]) for _at in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE town_auditrow (LIKE public.town_auditrow INCLUDING ALL)")
        Window.objects.bulk_create(
            Window(offer=offer, first_day=date(2026, month, 1), last_day=date(2026, month, 2))
            for month, some in ((3, offers[::-1]), (5, offers))
            for offer in some
        )
        cursor.execute("DROP TABLE pg_temp.town_auditrow")
    found = rows("offers_window", act="insert")
    assert [row.reference for row in found] == [one.reference for one in [*reversed(offers), *offers]]
    assert [row.about for row in found] == [one.owner_id for one in [*reversed(offers), *offers]]
    assert {row.city for row in found} == {offer.city_id for offer in offers}
    assert [row.key for row in found] == sorted(Window.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_what_is_deleted_leaves_what_may_be_kept_of_it() -> None:
    role = CityRoleFactory()
    offer = OfferFactory()
    window = offer.windows.get()
    role.delete()
    window.delete()
    (gone,) = rows("accounts_cityrole", act="delete")
    assert (gone.about, gone.city, gone.what) == (role.user_id, role.city_id, {})
    (gone,) = rows("offers_window", act="delete")
    assert gone.what["first_day"] == [window.first_day.isoformat(), None]
    assert gone.reference == offer.reference


@pytest.mark.django_db
def test_what_is_taken_back_leaves_no_row() -> None:
    offer = OfferFactory()
    with transaction.atomic():
        type(offer).objects.filter(pk=offer.pk).update(capacity=7)
        assert rows("offers_offer", act="update", what__capacity__isnull=False)
        transaction.set_rollback(True)
    assert not rows("offers_offer", act="update", what__capacity__isnull=False)


@pytest.mark.django_db
def test_a_suggestion_is_the_engine_s_and_what_people_make_of_it_is_noted() -> None:
    now = timezone.now()
    match = suggested_match(now=now)
    assert not rows("matching_match")
    Match.objects.filter(pk=match.pk).update(score=0.5)
    assert not rows("matching_match")
    services.propose(match_id=match.pk, by=CityRoleFactory(city=match.city).user, now=now)
    row = rows("matching_match")[-1]
    assert row.what["state"] == ["suggested", "proposed"]
    (decided,) = rows("matching_decision")
    assert decided.what == {"state": ["suggested", "proposed"]}
    Match.objects.filter(pk=match.pk).update(state="suggested")
    assert rows("matching_match")[-1].what["state"][1] == "suggested"


@pytest.mark.django_db
def test_a_scan_leaves_no_row() -> None:
    now = timezone.now()
    city = CityRoleFactory().city
    due_offer(city=city, now=now)
    due_need(city=city, now=now)
    before = AuditRow.objects.count()
    drain(now)
    assert Match.objects.exists()
    assert AuditRow.objects.count() == before


# --- Who did it ----------------------------------------------------------------------------------------


@pytest.fixture
def town(transactional_db: None):
    return CityRoleFactory(role="administrator")


def test_a_request_leaves_who_sent_it_and_for_which_town(town) -> None:
    client = Client()
    client.force_login(town.user)
    client.post("/compte/", {"name": "Ruth K.", "language": "fr", "phone": ""})
    (written,) = rows("accounts_user", act="update")
    assert (written.actor, written.about, written.city) == (town.user.pk, town.user.pk, None)
    assert written.what == {"name": [None, None]}
    client.post(f"/{town.city.slug}/ma-ville/reglages/contact/", {"phone": "", "email": "ici@ville.example"})
    assert {row.actor for row in rows("cities_city", act="update")} == {town.user.pk}
    # The next who writes is somebody else: nothing of it outlives its transaction.
    User.objects.filter(pk=town.user.pk).update(name="Autre")
    assert rows("accounts_user", act="update")[-1].actor is None


def test_rows_of_one_transaction_say_so(town) -> None:
    with transaction.atomic():
        User.objects.filter(pk=town.user.pk).update(name="A.")
        User.objects.filter(pk=town.user.pk).update(name="B.")
    User.objects.filter(pk=town.user.pk).update(name="C.")
    one, other, later = rows("accounts_user", act="update")
    assert (one.transaction, one.at) == (other.transaction, other.at)
    assert later.transaction != one.transaction
    assert later.at > one.at


def test_a_link_in_a_mail_leaves_whose_link_it_is(town) -> None:
    now = timezone.now()
    match = suggested_match(city=town.city, now=now)
    services.propose(match_id=match.pk, by=CityRoleFactory(city=town.city).user, now=now)
    path = links.answer_path(match, match.offer.owner)
    Client().post(path, {"answer": "accept"})
    written = rows("matching_match", act="update")[-1]
    assert written.what["state"] == ["proposed", "accepted"]
    assert written.actor == match.offer.owner_id
    # On somebody's computer: what they say is theirs, and who was signed in is seen.
    client = Client()
    client.force_login(town.user)
    client.post(path, {"answer": "cancel", "reason": "not_available"})
    written = rows("matching_match", act="update")[-1]
    assert (written.what["state"][1], written.actor) == ("cancelled", town.user.pk)
    assert rows("matching_decision")[-1].actor == match.offer.owner_id


def test_a_link_that_is_too_old_or_only_looked_up_lets_nobody_act(town) -> None:
    person = UserFactory()
    token = sign(salt="tests", subject_id=1, user=person)

    def writes() -> int | None:
        User.objects.filter(pk=town.user.pk).update(name=Concat("name", Value("x")))
        return rows("accounts_user", act="update")[-1].actor

    with acting.during(HttpRequest()):
        assert who_is_now(person.pk) == person.pk
        assert writes() is None
        with pytest.raises(LinkExpired):
            read(token, salt="tests", valid_for=timedelta(seconds=-1))
        assert writes() is None
        with pytest.raises(LinkBroken):
            read(f"{token}x", salt="tests", valid_for=timedelta(days=1))
        assert writes() is None
        assert read(token, salt="tests", valid_for=timedelta(days=1)).user_id == person.pk
        assert writes() == person.pk


def test_a_link_that_never_expires_leaves_whose_link_it_is(town) -> None:
    person = UserFactory()
    with acting.during(HttpRequest()):
        assert choices.person_of(choices.token(person)) == person
        User.objects.filter(pk=town.user.pk).update(name="Autre")
    assert rows("accounts_user", act="update")[-1].actor == person.pk


def test_of_what_was_kept_before_nobody_stands_beside_a_suspension(town) -> None:
    """Formerly a suspension kept who did it: whoever has reported something."""
    offer, reporter = OfferFactory(), UserFactory()
    for act in ("freeze", "pause"):
        offer.changes.create(act=act, from_state="active", to_state=act, by=reporter, at=timezone.now())
    history = import_module("town.migrations.0003_audit")
    (of_offers,) = (row for row in history.HISTORIES if row[0] == "offers_offerchange")
    last = AuditRow.objects.latest("pk").pk
    with connection.cursor() as cursor:
        cursor.execute(history.note(*of_offers))
    copied = AuditRow.objects.filter(pk__gt=last, reference=offer.reference).order_by("pk")
    assert [(row.what["state"][1], row.actor) for row in copied] == [("freeze", None), ("pause", reporter.pk)]


def test_a_key_of_the_api_leaves_whose_key_it_is(town) -> None:
    now = timezone.now()
    match = suggested_match(city=town.city, now=now)
    services.propose(match_id=match.pk, by=CityRoleFactory(city=town.city).user, now=now)
    owner = match.offer.owner
    _token, secret = accounts.issue_token(user=owner, name="Tableur", scopes=Scope.values, by=owner, now=now)
    answer = Client().post(
        f"/api/v1/matches/{match.pk}/accept/",
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200
    assert rows("matching_match", act="update")[-1].actor == owner.pk


def test_the_worker_is_the_service_itself(town, worker, eventually) -> None:
    from needs.tasks import expire_past

    now = timezone.now()
    need = due_need(city=town.city, now=now)
    type(need).objects.filter(pk=need.pk).update(
        first_day=now.date() - timedelta(days=9), last_day=now.date() - timedelta(days=2)
    )
    expire_past.delay()
    eventually(lambda: rows("needs_need", act="update", what__state__isnull=False))
    (expired,) = rows("needs_need", act="update", what__state__isnull=False)
    assert (expired.actor, expired.what["state"][1]) == (None, "expired")


# --- Written once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [AuditRow, ContactReading])
def test_nobody_rewrites_deletes_or_empties_what_was_noted(town, model: type[Model]) -> None:
    accounts.log_contact_reading(
        subject=UserFactory(), reason="desk", city=town.city, by=town.user, now=timezone.now()
    )
    table = model._meta.db_table
    before = model._default_manager.count()
    column = "key" if model is AuditRow else "reference"
    for sql in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        with pytest.raises(IntegrityError, match="written once"), connection.cursor() as cursor:
            cursor.execute(sql)
    assert model._default_manager.count() == before > 0


def test_an_erasure_may_delete_by_saying_so_and_may_not_rewrite(town) -> None:
    with acting.erasing():
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            AuditRow.objects.update(actor=1)
        AuditRow.objects.all().delete()
    assert not AuditRow.objects.exists()


def test_what_has_been_kept_for_two_years_is_forgotten_and_nothing_younger(town) -> None:
    now = timezone.now()
    old, young = now - timedelta(days=732), now - timedelta(days=730)
    AuditRow.objects.bulk_create(
        AuditRow(at=at, table="offers_offer", key=1, act="update", role="accorde") for at in (old, young)
    )
    for at in (old, young):
        accounts.log_contact_reading(
            subject=UserFactory(), reason="desk", city=town.city, by=town.user, now=at
        )
    assert forget_old(now=now) == 2
    assert [row.at for row in rows("offers_offer", act="update")] == [young]
    assert [reading.read_at for reading in ContactReading.objects.all()] == [young]
    assert rows("accounts_contactreading", act="delete"), "that a reading was deleted is noted"
    assert forget_old(now=now) == 0


def test_the_door_closes_behind_an_erasure(town) -> None:
    """Within one transaction too."""
    with transaction.atomic():
        with acting.erasing():
            AuditRow.objects.all().delete()
        User.objects.filter(pk=town.user.pk).update(name="Après")
        with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
            AuditRow.objects.all().delete()


MARK = "Qzxv7"


def test_no_personal_value_is_in_what_is_noted(town) -> None:
    """Whatever text of a person is written, changed or deleted, the notes do not hold it."""
    from tests.test_who_opens_what import build

    build()
    with connection.cursor() as cursor:
        for label, noted in audit.TABLES.items():
            if isinstance(noted, str):
                continue
            model = MODELS[label]
            private = {*REGISTER[label].anonymise.split(), *REGISTER[label].delete.split()}
            for field in model._meta.concrete_fields:
                is_text = field.get_internal_type() == "TextField" and not isinstance(field, Encrypted)
                if field.name in private and is_text:
                    cursor.execute(f'UPDATE "{model._meta.db_table}" SET "{field.column}" = %s', [MARK])
        cursor.execute("SELECT count(*) FROM town_auditrow AS a WHERE a::text LIKE %s", [f"%{MARK}%"])
        assert cursor.fetchone() == (0,)
