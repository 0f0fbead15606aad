"""An encrypted column behaves as Django's own, and refuses what the database can no longer answer."""

import json

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.core.serializers import serialize
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models import F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Upper
from django.forms import modelform_factory
from django.utils import timezone

from accounts.models import Organisation, PersonEdit
from catalogue.constraints import violated
from desk.models import Flag, Note
from homes.models import Dwelling
from notifications.channels.push.models import Device
from notifications.models import Message
from offers.models import Offer
from sealing import fields, seals
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import due_need
from tests.factories.offers import OfferFactory

MARK = "Qzxv7 rue"


def kept(row: models.Model, column: str) -> str:
    """What stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}"::text FROM "{row._meta.db_table}" WHERE id = %s', [row.pk])
        return str(cursor.fetchone()[0])


@pytest.fixture
def home(db: None) -> Dwelling:
    now = timezone.now()
    return Dwelling.objects.create(
        city=CityFactory(), commune=CommuneFactory(), title="T3", capacity=4, address=MARK,
        owner_phone="+33612345678", owner_email="Lea@Exemple.fr", created_at=now, changed_at=now,
    )  # fmt: skip


class TestWritten:
    def test_by_each_way_of_writing(self, home: Dwelling) -> None:
        def is_sealed() -> bool:
            home.refresh_from_db()
            value = kept(home, "address")
            return seals.is_sealed(value) and MARK not in value and home.address == MARK

        assert is_sealed()
        before = kept(home, "address")
        home.save(update_fields=["address"])
        assert is_sealed()
        assert kept(home, "address") != before
        Dwelling.objects.update(address=MARK)
        assert is_sealed()
        home.address = MARK
        Dwelling.objects.bulk_update([home], ["address"])
        assert is_sealed()
        Dwelling.objects.update(address=Coalesce(Value(None, Dwelling._meta.get_field("address")), "address"))
        assert is_sealed()
        home.pk = None
        [home] = Dwelling.objects.bulk_create([home])
        assert is_sealed()

    def test_an_empty_text_stays_empty(self, home: Dwelling) -> None:
        assert kept(home, "note") == ""
        assert Dwelling.objects.get(note="") == home
        assert not Dwelling.objects.exclude(note="").exists()
        assert Dwelling.objects.exclude(address="").filter(~Q(address="")).get() == home

    def test_a_condition_of_the_table_sees_emptiness(self, db: None) -> None:
        need = due_need(city=CityFactory())
        note = Note(city=need.city, need=need, by=UserFactory(), at=timezone.now(), text="")
        with pytest.raises(ValidationError, match="Écrivez la note"):
            note.validate_constraints()
        with pytest.raises(IntegrityError, match="note_says_something"), transaction.atomic():
            note.save()
        note.text = "x"
        note.validate_constraints()
        note.save()

    def test_too_long_a_text_is_refused_by_form_and_by_column(self, home: Dwelling) -> None:
        form = modelform_factory(Dwelling, fields=["title"])({"title": "x" * 121}, instance=home)
        assert "title" in form.errors
        assert form.fields["title"].widget.attrs["maxlength"] == "120"
        home.title = "é" * 121
        with pytest.raises(DataError, match="too long"), transaction.atomic():
            home.save()
        home.title = "é" * 120
        home.save()
        assert len(kept(home, "title")) > 120

    def test_a_form_reads_and_writes_it(self, home: Dwelling) -> None:
        form_class = modelform_factory(Dwelling, fields=["address", "owner_email", "owner_phone"])
        shown = form_class(instance=home)
        assert MARK in str(shown["address"])
        form = form_class(
            {"address": "2 quai", "owner_email": "pas une adresse", "owner_phone": "12"}, instance=home
        )
        assert set(form.errors) == {"owner_email", "owner_phone"}
        form = form_class({"address": "2 quai", "owner_phone": "06 12 34 56 79"}, instance=home)
        form.save()
        home.refresh_from_db()
        assert (home.address, home.owner_phone.as_e164, home.owner_email) == ("2 quai", "+33612345679", "")


class TestRead:
    def test_by_each_way_of_reading(self, home: Dwelling) -> None:
        assert Dwelling.objects.values_list("address", flat=True).get() == MARK
        assert Dwelling.objects.values("address").get() == {"address": MARK}
        assert Dwelling.objects.annotate(where=F("address")).get().where == MARK
        assert Dwelling.objects.only("address").get().address == MARK
        newest = Dwelling.objects.filter(pk=OuterRef("pk")).values("address")
        assert Dwelling.objects.annotate(where=models.Subquery(newest)).get().where == MARK
        assert MARK in serialize("json", [home])
        assert Dwelling.objects.raw("SELECT * FROM homes_dwelling")[0].address == MARK

    def test_json_comes_back_as_it_went(self, db: None) -> None:
        message = Message(
            event="x", subject_key="x:1", channel="email", language="fr", created_at=timezone.now()
        )
        message.recipient, message.due_at, message.title, message.body = (
            UserFactory(),
            timezone.now(),
            "T",
            "B",
        )
        message.values = {"name": MARK, "deep": [1, None, {"é": True}]}
        message.save()
        assert Message.objects.get().values == {"name": MARK, "deep": [1, None, {"é": True}]}
        assert MARK not in kept(message, "values")
        assert Message.objects.exclude(values={}).get() == message
        Message.objects.update(values={})
        assert (Message.objects.get(values={}).values, kept(message, "values")) == ({}, "{}")


class TestRefused:
    @pytest.mark.parametrize(
        "asked",
        [
            {"address": MARK}, {"address__contains": "rue"}, {"address__icontains": "rue"}, {"address__in": [MARK]},
            {"address__startswith": "Q"}, {"address__gt": "a"}, {"address__regex": "."}, {"address": F("title")},
            {"address__lower": "x"}, {"owner_email__iexact": "lea@exemple.fr"}, {"owner_phone": "+33612345678"},
        ],
        ids=str,
    )  # fmt: skip
    def test_a_look_up_that_cannot_be_answered(self, home: Dwelling, asked: dict) -> None:
        with pytest.raises(FieldError, match="is encrypted"):
            Dwelling.objects.filter(**asked).exists()

    def test_a_look_into_json(self, db: None) -> None:
        for asked in ({"values__name": "x"}, {"values__contains": {}}, {"values": {"name": "x"}}):
            with pytest.raises(FieldError, match="is encrypted"):
                Message.objects.filter(**asked).exists()

    def test_an_order(self, home: Dwelling) -> None:
        with pytest.raises(pytest.fail.Exception, match="address"):
            list(Dwelling.objects.order_by("address"))
        with pytest.raises(pytest.fail.Exception, match="address"):
            list(Dwelling.objects.order_by(F("address").desc()))

    def test_what_a_function_of_the_database_has_made_of_it(self, home: Dwelling) -> None:
        with pytest.raises(seals.SealBroken):
            list(Dwelling.objects.annotate(low=models.functions.Lower("address")))

    def test_a_key_or_an_order_of_the_model(self, settings) -> None:
        class Meta:
            app_label = "desk"
            managed = False
            ordering = ["-name"]

        model = type(
            "Invented", (models.Model,),
            {"__module__": __name__, "Meta": Meta, "name": fields.EncryptedTextField(unique=True)},
        )  # fmt: skip
        try:
            assert {error.id for error in model._meta.get_field("name").check()} == {
                "sealing.E001",
                "sealing.E002",
            }
        finally:
            model._meta.apps.all_models["desk"].pop("invented")
            model._meta.apps.clear_cache()


class TestFound:
    """By the very text, where a column is a findable one."""

    def test_an_address_in_whatever_letters(self, db: None) -> None:
        offer, other = OfferFactory(address="3 Rue des Lilas "), OfferFactory(address="")
        assert Offer.objects.get(address__iexact="3 rue des lilas") == offer
        assert Offer.objects.get(address__in=["3 RUE DES LILAS", "x"]) == offer
        assert Offer.objects.get(address="") == other
        assert Offer.objects.filter(address=F("address")).count() == 2
        assert not Offer.objects.filter(address="3 rue").exists()
        for asked in (
            {"address__contains": "Lilas"},
            {"address": F("title")},
            {"address": Upper(Value("x"))},
        ):
            with pytest.raises(FieldError, match="is encrypted"):
                Offer.objects.filter(**asked).exists()

    def test_the_index_tells_nothing_of_the_text_to_whoever_has_no_key(self, db: None) -> None:
        offer = OfferFactory(address="3 rue des Lilas")
        _seal, _key, index, _text = kept(offer, "address").split(":")
        assert len(index) == 32
        assert set(index) <= set("0123456789abcdef")

    def test_once_alone(self, db: None) -> None:
        columns = {"p256dh": "k", "auth": "a", "name": "n", "created_at": timezone.now()}
        first = Device.objects.create(person=UserFactory(), endpoint="https://push.example/1", **columns)
        with pytest.raises(IntegrityError) as refused, transaction.atomic():
            Device.objects.create(person=UserFactory(), endpoint=first.endpoint, **columns)
        assert violated(refused.value) == "device_once"
        with pytest.raises(ValidationError, match="déjà inscrit"):
            Device(person=UserFactory(), endpoint=first.endpoint, **columns).validate_constraints()
        second = Device(person=UserFactory(), endpoint="https://push.example/2", **columns)
        second.validate_constraints()
        second.save()
        assert Device.objects.get(endpoint="https://push.example/2") == second

    def test_once_alone_on_two_connections(self, transactional_db: None, at_once) -> None:
        person = UserFactory()
        columns = {"p256dh": "k", "auth": "a", "name": "n", "created_at": timezone.now(), "person": person}

        def add() -> Device:
            return Device.objects.create(endpoint="https://push.example/1", **columns)

        answers = at_once(add, add, add)
        assert sorted(type(answer).__name__ for answer in answers) == [
            "Device",
            "IntegrityError",
            "IntegrityError",
        ]


class TestPairs:
    def test_names_stand_in_clear_and_values_do_not(self, db: None) -> None:
        edit = PersonEdit(
            person=UserFactory(), at=timezone.now(), what={"name": [MARK, "y"], "phone": [None, None]}
        )
        edit.save()
        stored = json.loads(kept(edit, "what"))
        assert stored["phone"] == [None, None]
        assert seals.is_sealed(stored["name"])
        assert PersonEdit.objects.get(what__has_key="name").what == edit.what
        assert PersonEdit.objects.filter(what__has_any_keys=["email", "phone"]).exists()
        assert not PersonEdit.objects.filter(what__has_key="email").exists()
        for asked in ({"what__name": [MARK, "y"]}, {"what": {"name": 1}}, {"what__contains": {}}):
            with pytest.raises(FieldError, match="is encrypted"):
                PersonEdit.objects.filter(**asked).exists()

    def test_a_change_that_changes_nothing_is_refused_as_before(self, db: None) -> None:
        with pytest.raises(IntegrityError, match="says_what"), transaction.atomic():
            PersonEdit.objects.create(person=UserFactory(), at=timezone.now(), what={})

    def test_a_pair_is_of_one_name(self, db: None) -> None:
        edit = PersonEdit.objects.create(person=UserFactory(), at=timezone.now(), what={"name": ["a", "b"]})
        moved = {"phone": json.loads(kept(edit, "what"))["name"]}
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE accounts_personedit DISABLE TRIGGER USER")
            cursor.execute("UPDATE accounts_personedit SET what = %s", [json.dumps(moved)])
            cursor.execute("ALTER TABLE accounts_personedit ENABLE TRIGGER USER")
        with pytest.raises(seals.Tampered):
            PersonEdit.objects.get()


def test_what_was_changed_in_the_database_is_not_shown(home: Dwelling) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE homes_dwelling SET note = address")
    with pytest.raises(seals.Tampered, match=r"homes_dwelling\.note"):
        Dwelling.objects.get()


def test_an_association_is_found_by_what_is_public(db: None) -> None:
    """Its name, its numbers and what it says of itself are the register's."""
    assert not any(
        isinstance(Organisation._meta.get_field(name), fields.Encrypted)
        for name in ("name", "rna", "siret", "about")
    )


def test_no_migration_is_missing(db: None) -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_a_flag_says_what_is_to_be_done(db: None) -> None:
    need = due_need(city=CityFactory())
    flag = Flag(
        city=need.city,
        need=need,
        day=timezone.localdate(),
        words="Rappeler",
        by=UserFactory(),
        at=timezone.now(),
    )
    flag.full_clean()
    flag.save()
    assert Flag.objects.get().words == "Rappeler"
