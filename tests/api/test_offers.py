"""Offers through the API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Consent, User
from offers.models import Offer, OfferState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


class TestWhoSeesWhat:
    def test_owner_and_desk_alone(self, citizen, coordinator, operator, member, stranger, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        for program, status in (
            (citizen, 200), (coordinator, 200), (operator, 200), (member, 404), (stranger, 404),
        ):  # fmt: skip
            assert program.get(f"offers/{offer.reference}/").status_code == status
            listed = [row["reference"] for row in program.get("offers/").json()["results"]]
            assert listed == ([offer.reference] if status == 200 else [])

    def test_address_is_for_its_owner(self, citizen, coordinator, city):
        offer = OfferFactory(owner=citizen.user, city=city, address="12 rue des Invités")
        assert citizen.get(f"offers/{offer.reference}/").json()["address"] == "12 rue des Invités"
        answer = coordinator.get(f"offers/{offer.reference}/")
        assert answer.json()["address"] == ""
        for private in ("Invités", citizen.user.email, str(citizen.user.phone), citizen.user.name):
            assert private not in answer.content.decode()

    @pytest.mark.parametrize("act", ["pause", "resume", "reconfirm", "withdraw"])
    def test_another_towns_is_not_there(self, stranger, city, act):
        offer = OfferFactory(city=city)
        answer = stranger.post(f"offers/{offer.reference}/{act}/")
        assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
        offer.refresh_from_db()
        assert offer.state == OfferState.ACTIVE

    def test_nobody_without_a_key(self, client):
        assert client.get("/api/v1/offers/").status_code == 401


class TestRegister:
    def test_ones_own(self, citizen, offer_body):
        answer = citizen.post("offers/", offer_body())
        assert answer.status_code == 201
        shown = answer.json()
        offer = Offer.objects.get(reference=shown["reference"])
        assert (offer.owner, offer.state, offer.source) == (citizen.user, "active", "api")
        assert (shown["languages"], shown["shared_home"], shown["commune_name"]) == (
            ["fr", "ar"], True, "Strasbourg",
        )  # fmt: skip
        assert shown["windows"] == [
            {"first_day": offer.windows.get().first_day.isoformat(), "last_day": None}
        ]
        assert offer.scan_due_at is not None

    def test_for_a_caller(self, operator, offer_body):
        owner = {"phone": "03 53 01 00 77", "name": "Odette", "consent": "phone"}
        answer = operator.post("offers/", offer_body(owner=owner))
        assert answer.status_code == 201
        person = User.objects.get(phone="+33353010077")
        offer = Offer.objects.get()
        assert (offer.owner, offer.entered_by, offer.state) == (person, operator.user, "active")
        consent = Consent.objects.get(user=person)
        assert (consent.how, consent.recorded_by) == ("phone", operator.user)

    def test_for_somebody_else_is_the_desks(self, citizen, member, stranger, offer_body):
        owner = {"email": "odette@exemple.fr", "consent": "paper"}
        for program in (citizen, member, stranger):
            assert program.post("offers/", offer_body(owner=owner)).status_code == 403
        assert not Offer.objects.exists()
        assert not User.objects.filter(email="odette@exemple.fr").exists()

    def test_for_somebody_without_consent_or_contact(self, operator, offer_body):
        answer = operator.post("offers/", offer_body(owner={"name": "Odette"}))
        assert set(answer.json()["errors"]) == {"owner.consent"}
        answer = operator.post("offers/", offer_body(owner={"name": "Odette", "consent": "phone"}))
        assert set(answer.json()["errors"]) == {"owner.phone"}

    @pytest.mark.parametrize(
        ("changes", "names"),
        [
            ({"city": "nulle-part"}, {"city"}),
            ({"city": ["strasbourg"]}, {"city"}),
            ({"commune": "Xyzzy"}, {"commune"}),
            ({"commune": "\x00"}, {"commune"}),
            ({"capacity": 0}, {"capacity"}),
            ({"capacity": 51}, {"capacity"}),
            ({"category": "bedding"}, {"category"}),
            ({"windows": []}, {"windows"}),
            ({"windows": [{}]}, {"windows.0.first_day"}),
            ({"windows": [{"first_day": "2999-01-01"}]}, {"windows.0.first_day"}),
            ({"languages": ["klingonais"]}, {"languages.0"}),
            ({"slots": ["mon 20-18"]}, {"slots.0"}),
            ({"title": "\x00"}, {"title"}),
            ({"title": None, "windows": None}, {"title", "windows"}),
        ],
    )
    def test_bad_input_by_field(self, citizen, offer_body, changes, names):
        answer = citizen.post("offers/", offer_body(**changes))
        assert (answer.status_code, answer.json()["type"]) == (400, "validation_error")
        assert {name.removesuffix(".non_field_errors") for name in answer.json()["errors"]} == names

    @pytest.mark.parametrize(
        "raw",
        [
            b"{", b'"\\ud800"', b'{"title": "\\udfff"}', b'{"capacity": 1' + b"0" * 400 + b"}", b"[" * 100_000,
            b'{"rent": NaN}', b"\xff",
        ],
        ids=["cut", "surrogate", "surrogate inside", "digits", "deep", "nan", "latin"],
    )  # fmt: skip
    def test_unreadable_body(self, citizen, raw):
        answer = citizen.client.post("/api/v1/offers/", raw, content_type="application/json")
        assert (answer.status_code, answer.json()["type"]) == (400, "parse_error")


class TestPostedTwice:
    def test_the_first_is_given_back(self, citizen, offer_body):
        key = {"idempotency-key": "ligne-12"}
        first = citizen.post("offers/", offer_body(), **key)
        again = citizen.post("offers/", offer_body(), **key)
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert Offer.objects.get().external_key.startswith(f"api:{citizen.user.pk}:ligne-12 ")

    def test_with_another_body_it_is_refused(self, citizen, offer_body):
        key = {"idempotency-key": "ligne-12"}
        citizen.post("offers/", offer_body(), **key)
        answer = citizen.post("offers/", offer_body(title="Autre"), **key)
        assert (answer.status_code, answer.json()["type"]) == (422, "idempotency_key_reused")
        assert Offer.objects.count() == 1

    def test_what_was_refused_has_used_no_key(self, citizen, offer_body):
        key = {"idempotency-key": "ligne-12"}
        assert citizen.post("offers/", offer_body(capacity=0), **key).status_code == 400
        assert citizen.post("offers/", offer_body(), **key).status_code == 201

    def test_the_key_is_ones_own(self, citizen, member, offer_body):
        for program in (citizen, member):
            assert program.post("offers/", offer_body(), **{"idempotency-key": "1"}).status_code == 201
        assert citizen.post("offers/", offer_body(), **{"idempotency-key": "2"}).status_code == 201
        assert Offer.objects.count() == 3

    @pytest.mark.parametrize("key", ["x" * 51, "deux mots", "é"])
    def test_a_key_that_is_none(self, citizen, offer_body, key):
        answer = citizen.post("offers/", offer_body(), **{"idempotency-key": key})
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"Idempotency-Key"})


@pytest.mark.django_db(transaction=True)
def test_posted_at_once_with_two_bodies_it_is_one(citizen, offer_body, at_once):
    key = {"idempotency-key": "ligne-12"}
    bodies = (offer_body(), offer_body(title="Autre"))
    answers = at_once(*[lambda body=body: citizen.post("offers/", body, **key) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert Offer.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_posted_five_times_at_once_it_is_one(citizen, offer_body, at_once):
    key = {"idempotency-key": "ligne-12"}
    answers = at_once(*[lambda: citizen.post("offers/", offer_body(), **key)] * 5)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len({answer.json()["reference"] for answer in answers}) == 1
    assert Offer.objects.count() == 1


class TestChange:
    def test_what_is_sent(self, citizen, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        first, last = (str(timezone.localdate() + timedelta(days=days)) for days in (2, 20))
        body = {"capacity": 3, "windows": [{"first_day": first, "last_day": last}]}
        shown = citizen.patch(f"offers/{offer.reference}/", body).json()
        assert (shown["capacity"], shown["title"]) == (3, offer.title)
        assert shown["windows"] == body["windows"]

    def test_a_visit_ends_with_the_address(self, citizen, operator, city):
        for program in (citizen, operator):
            offer = OfferFactory(owner=citizen.user, city=city, vetted=True)
            path = f"offers/{offer.reference}/"
            assert program.patch(path, {"title": "Chambre claire"}).json()["vetted"] is True
            assert program.patch(path, {"address": "3 rue du Lac"}).json()["vetted"] is False
            assert [edit.by for edit in offer.edits.all()] == [program.user] * 2

    def test_never_town_kind_or_owner(self, citizen, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        body = {"city": CityFactory().slug, "kind": "goods", "state": "paused", "owner": {"email": "a@b.fr"}}
        answer = citizen.patch(f"offers/{offer.reference}/", body)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, set(body))
        offer.refresh_from_db()
        assert (offer.city, offer.kind, offer.state, offer.owner) == (city, "housing", "active", citizen.user)

    def test_refused(self, citizen, stranger, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        path = f"offers/{offer.reference}/"
        assert citizen.patch(path, {"capacity": -1}).status_code == 400
        assert citizen.patch(path, {"windows": [{"last_day": "2026-12-20"}]}).status_code == 400
        assert stranger.patch(path, {"capacity": 3}).status_code == 404
        assert citizen.client.put(f"/api/v1/{path}").status_code == 405
        Offer.objects.update(state=OfferState.WITHDRAWN)
        answer = citizen.patch(path, {"capacity": 3})
        assert (answer.status_code, answer.json()["type"]) == (409, "state")


class TestActs:
    @pytest.mark.parametrize(
        ("act", "start", "end", "impossible"),
        [
            ("pause", "active", "paused", "expired"),
            ("resume", "paused", "active", "withdrawn"),
            ("reconfirm", "expired", "active", "paused"),
            ("withdraw", "active", "withdrawn", "frozen"),
        ],
    )
    def test_once_and_where_it_cannot_be(self, citizen, city, act, start, end, impossible):
        offer = OfferFactory(owner=citizen.user, city=city, state=start)
        answer = citizen.post(f"offers/{offer.reference}/{act}/")
        assert (answer.status_code, answer.json()["state"]) == (200, end)
        Offer.objects.update(state=impossible)
        answer = citizen.post(f"offers/{offer.reference}/{act}/")
        assert (answer.status_code, answer.json()["type"], answer.json()["errors"]) == (409, "state", {})
        assert answer.json()["title"]

    def test_reason_is_kept(self, citizen, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        citizen.post(f"offers/{offer.reference}/withdraw/", {"reason": "Déménagement"})
        assert offer.changes.get(act="withdraw").reason == "Déménagement"


class TestList:
    def test_filters(self, coordinator, city):
        room = OfferFactory(city=city)
        goods = OfferFactory(city=city, goods=True)
        OfferFactory(city=city, skill=True, state=OfferState.PAUSED)

        def found(**query):
            return [row["reference"] for row in coordinator.get("offers/", **query).json()["results"]]

        assert found(kind="housing") == [room.reference]
        assert found(category=["bedding", "shared_room"]) == [goods.reference, room.reference]
        assert len(found(state="paused")) == 1
        assert found(reference=room.reference.lower()) == [room.reference]
        assert len(found(city=city.slug, commune="67482")) == 3
        assert len(found(changed_since="0248-03-28T02:20:40+16:17")) == 3
        assert found(changed_since="2099-01-01T00:00:00Z") == []

    @pytest.mark.parametrize(
        "query",
        [
            {"kind": "x"}, {"state": "x"}, {"city": "\x00"}, {"city": "nulle-part"}, {"reference": "\x00"},
            {"changed_since": "hier"},
            {"changed_since": "99999999999999999999"}, {"category": "\ufffd"},
            {"changed_since": "0001-01-01T00:00:00+16:17"},
        ],
    )  # fmt: skip
    def test_malformed_filter(self, coordinator, query):
        assert coordinator.get("offers/", **query).status_code == 400

    def test_pages(self, coordinator, city):
        references = [OfferFactory(city=city).reference for _ in range(5)][::-1]
        first = coordinator.get("offers/", limit=2).json()
        second = coordinator.client.get(first["next"]).json()
        third = coordinator.client.get(second["next"]).json()
        pages = (first, second, third)
        assert [row["reference"] for page in pages for row in page["results"]] == references
        assert (first["previous"], third["next"]) == (None, None)
        assert coordinator.client.get(second["previous"]).json()["results"] == first["results"]

    def test_as_many_queries_for_twenty(self, coordinator, city):
        def count(rows):
            OfferFactory.create_batch(rows, city=city)
            coordinator.get("offers/")
            with CaptureQueriesContext(connection) as queries:
                assert len(coordinator.get("offers/").json()["results"]) == Offer.objects.count()
            return len(queries)

        assert count(2) == count(18)


@pytest.mark.parametrize("path", ["offers/nothing/", "offers/P-0000-0000/", "offers/%00/", "elsewhere/"])
def test_what_is_not_there_is_told_in_the_apis_shape(citizen, path):
    answer = citizen.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "not_found")


def test_a_person_is_entered_once(operator, offer_body):
    known = UserFactory(email="odette@exemple.fr", name="Odette")
    operator.post(
        "offers/", offer_body(owner={"email": "ODETTE@exemple.fr", "name": "X", "consent": "paper"})
    )
    assert Offer.objects.get().owner == known
