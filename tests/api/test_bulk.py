"""Many rows in one request, each by itself; a whole list in one answer."""

import json

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import bulk
from accounts.models import ContactReading
from accounts.problems import PROBLEM
from followups.models import Outcome
from needs.models import Need
from offers import services as offers
from offers.models import Offer
from sealing.seals import NotSealed
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def each_alone(settings):
    """Each row is registered as if it came alone: as many look-ups as rows, on purpose."""
    settings.ZEAL_RAISE = False


def results(answer):
    assert answer.status_code == 200, answer.json()
    return [(row["key"], row["status"]) for row in answer.json()["results"]]


@pytest.mark.usefixtures("each_alone")
class TestEach:
    def test_good_rows_are_kept_and_bad_ones_told_with_their_problem(self, citizen, offer_body):
        answer = citizen.post(
            "offers/bulk/",
            {
                "rows": [
                    {"key": "a", **offer_body()},
                    {"key": "b", **offer_body(capacity=0, commune="Nulle-Part")},
                    {"key": "c", **offer_body(xyzzy=1)},
                    {"key": "d", **offer_body(category="separate_room")},
                ]
            },
        )
        assert results(answer) == [("a", 201), ("b", 400), ("c", 400), ("d", 201)]
        first, second, third, fourth = answer.json()["results"]
        assert [row["reference"] for row in (first, fourth)] == list(
            Offer.objects.order_by("pk").values_list("reference", flat=True)
        )
        assert (first["problem"], second["reference"]) == (None, None)
        assert second["problem"]["type"] == "validation_error"
        assert set(second["problem"]["errors"]) == {"capacity", "commune"}
        assert set(third["problem"]["errors"]) == {"xyzzy"}
        assert Offer.objects.filter(owner=citizen.user, source="api").count() == 2

    def test_sent_again_nothing_is_registered_twice(self, member, need_body):
        rows = [{"key": f"case-{number}", **need_body()} for number in range(3)]
        first = member.post("needs/bulk/", {"rows": rows[:2]})
        again = member.post("needs/bulk/", {"rows": rows})
        assert results(again) == [("case-0", 200), ("case-1", 200), ("case-2", 201)]
        known = [row["reference"] for row in first.json()["results"]]
        assert [row["reference"] for row in again.json()["results"][:2]] == known
        assert Need.objects.count() == 3

    def test_the_key_of_a_row_is_that_of_the_same_request_alone(self, member, need_body):
        alone = member.post("needs/", need_body(), **{"idempotency-key": "case-1"})
        answer = member.post("needs/bulk/", {"rows": [{"key": "case-1", **need_body()}]})
        assert results(answer) == [("case-1", 200)]
        assert answer.json()["results"][0]["reference"] == alone.json()["reference"]

    def test_a_known_key_with_other_contents_is_refused(self, member, need_body):
        member.post("needs/bulk/", {"rows": [{"key": "case-1", **need_body()}]})
        answer = member.post("needs/bulk/", {"rows": [{"key": "case-1", **need_body(title="Autre")}]})
        assert results(answer) == [("case-1", 422)]
        assert answer.json()["results"][0]["problem"]["type"] == "idempotency_key_reused"

    def test_two_rows_of_one_key_are_both_refused(self, citizen, offer_body):
        rows = [{"key": "a", **offer_body()}, {"key": "a", **offer_body()}, {"key": "b", **offer_body()}]
        answer = citizen.post("offers/bulk/", {"rows": rows})
        assert results(answer) == [("a", 400), ("a", 400), ("b", 201)]

    def test_each_needs_a_key(self, citizen, offer_body):
        for key in (None, "", 1, "é", "a b", "x" * 51):
            row = offer_body() if key is None else {"key": key, **offer_body()}
            (told,) = citizen.post("offers/bulk/", {"rows": [row]}).json()["results"]
            assert (told["status"], set(told["problem"]["errors"])) == (400, {"key"})
        assert not Offer.objects.exists()

    def test_what_one_may_not_do_alone_one_may_not_do_so(self, citizen, member, offer_body, need_body):
        owner = {"name": "Ali", "email": "ali@example.org", "consent": "phone"}
        answer = citizen.post(
            "offers/bulk/", {"rows": [{"key": "a", **offer_body(owner=owner)}, {"key": "b", **offer_body()}]}
        )
        assert results(answer) == [("a", 403), ("b", 201)]
        assert answer.json()["results"][0]["problem"]["type"] == "permission_denied"
        rows = [{"key": "a", **need_body(organisation="W000000000")}]
        assert results(member.post("needs/bulk/", {"rows": rows})) == [("a", 400)]

    @pytest.mark.parametrize(
        "body",
        [
            {}, [], {"rows": []}, {"rows": {}}, {"rows": [1]}, {"rows": [{}], "all": True},
            {"rows": [{}] * (bulk.MOST_ROWS + 1)},
        ],
    )  # fmt: skip
    def test_what_is_no_list_of_rows_is_refused_whole(self, citizen, body):
        answer = citizen.client.post("/api/v1/offers/bulk/", body, content_type="application/json")
        assert (answer.status_code, answer["Content-Type"]) == (400, PROBLEM)

    def test_a_key_for_the_whole_request_would_have_no_effect(self, citizen, offer_body):
        rows = [{"key": "a", **offer_body()}]
        answer = citizen.post("offers/bulk/", {"rows": rows}, **{"idempotency-key": "all"})
        assert set(answer.json()["errors"]) == {"Idempotency-Key"}

    def test_a_row_counts_as_a_request(self, citizen, offer_body):
        """As many rows a minute as there are one by one, however they come."""
        rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
        alone, in_bulk = (int(rates[name].removesuffix("/min")) for name in ("user", "bulk"))
        assert in_bulk * bulk.MOST_ROWS == alone
        body = {"rows": [{"key": "a", **offer_body()}]}
        answers = [citizen.post("offers/bulk/", body).status_code for _ in range(in_bulk + 1)]
        assert answers == [200] * in_bulk + [429]
        assert citizen.get("offers/").status_code == 200


def exported(answer):
    assert answer.streaming
    return json.loads(answer.getvalue())


class TestExport:
    def test_all_rows_as_the_list_tells_them(self, coordinator, city, monkeypatch):
        monkeypatch.setattr(bulk, "CHUNK", 3)
        OfferFactory.create_batch(7, city=city)
        text = coordinator.get("offers/export/").getvalue().decode()
        assert json.loads(text) == coordinator.get("offers/").json()["results"]
        assert len(text.splitlines()) == 7 + 2

    def test_asks_as_much_for_many_rows_as_for_few(
        self, coordinator, city, monkeypatch, django_assert_max_num_queries
    ):
        OfferFactory.create_batch(2, city=city)
        with CaptureQueriesContext(connection) as few:
            exported(coordinator.get("offers/export/"))
        OfferFactory.create_batch(7, city=city)
        with django_assert_max_num_queries(len(few)):
            assert len(exported(coordinator.get("offers/export/"))) == 9
        monkeypatch.setattr(bulk, "CHUNK", 4)
        of_a_chunk = 4
        with django_assert_max_num_queries(len(few) + 2 * of_a_chunk):
            assert len(exported(coordinator.get("offers/export/"))) == 9

    def test_what_changes_while_it_is_read(self, coordinator, city, citizen, monkeypatch):
        """A new row is none of it, and one that is withdrawn is told as it then is."""
        monkeypatch.setattr(bulk, "CHUNK", 2)
        rows = OfferFactory.create_batch(4, city=city, owner=citizen.user)
        lines = iter(coordinator.get("offers/export/").streaming_content)
        text = next(lines)
        OfferFactory(city=city)
        offers.withdraw(offer_id=rows[0].pk, by=citizen.user, now=timezone.now())
        told = json.loads(b"".join([text, *lines]))
        assert [row["reference"] for row in told] == [row.reference for row in reversed(rows)]
        assert [row["state"] for row in told] == ["active", "active", "active", "withdrawn"]

    def test_what_breaks_off_is_not_closed(self, coordinator, city, monkeypatch, caplog):
        monkeypatch.setattr(bulk, "CHUNK", 2)
        oldest, *_others = OfferFactory.create_batch(4, city=city)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE offers_offer SET address = 'in clear' WHERE id = %s", [oldest.pk])
        text = b""
        with pytest.raises(NotSealed):  # noqa: PT012 (it comes in the midst)
            for line in coordinator.get("offers/export/").streaming_content:
                text += line
        assert text.count(b"reference") == 2
        assert not text.rstrip().endswith(b"]")
        with pytest.raises(json.JSONDecodeError):
            json.loads(text)
        assert "an export of offer broke off: NotSealed" in caplog.text

    def test_it_is_kept_who_took_what_before_the_first_row_leaves(self, coordinator, citizen, city):
        OfferFactory.create_batch(2, city=city)
        elsewhere = OfferFactory(city=CityFactory(), owner=coordinator.user).city
        answer = coordinator.get("offers/export/")
        kept = {reading.city: reading for reading in ContactReading.objects.filter(reason="export")}
        assert {town: reading.reference for town, reading in kept.items()} == {
            city: f"{city.slug} offer.json 2",
            elsewhere: f"{elsewhere.slug} offer.json 1",
        }
        assert {(reading.reader, reading.subject) for reading in kept.values()} == {(coordinator.user, None)}
        assert len(exported(answer)) == 3

    def test_of_outcomes_too(self, matched, coordinator, city, member):
        match = matched("confirmed")
        Outcome.objects.create(match=match, answer="took_place", at=timezone.now())
        exported(coordinator.get("outcomes/export/"))
        assert ContactReading.objects.get(reason="export").reference == f"{city.slug} outcome.json 1"

    def test_of_a_desk_those_alone_who_coordinate(self, operator, coordinator, matched):
        matched("confirmed")
        for area in ("offers", "needs"):
            answer = operator.get(f"{area}/export/")
            assert (answer.status_code, answer.json()["type"]) == (403, "permission_denied")
            assert exported(coordinator.get(f"{area}/export/"))
        assert exported(operator.get("matches/export/")) == []
        assert {reading.reader for reading in ContactReading.objects.filter(reason="export")} == {
            coordinator.user
        }

    def test_so_often_a_minute(self, stranger):
        answers = [stranger.get("offers/export/").status_code for _ in range(7)]
        assert answers == [200] * 6 + [429]

    def test_of_a_whole_number_of_chunks_and_of_none(self, coordinator, city, monkeypatch):
        monkeypatch.setattr(bulk, "CHUNK", 2)
        assert exported(coordinator.get("offers/export/")) == []
        for _ in range(4):
            OfferFactory(city=city)
        assert len(exported(coordinator.get("offers/export/"))) == 4

    def test_by_the_filters_of_the_list(self, coordinator, city):
        kept, _other = NeedFactory(city=city), NeedFactory(city=city, state="withdrawn")
        found = exported(coordinator.get("needs/export/", state="open"))
        assert [row["reference"] for row in found] == [kept.reference]
        assert set(coordinator.get("needs/export/", limit=5).json()["errors"]) == {"limit"}

    def test_in_the_language_of_the_request(self, matched, coordinator):
        matched()
        texts = {
            language: coordinator.client.get(
                "/api/v1/matches/export/", headers={"accept-language": language}
            ).getvalue()
            for language in ("fr", "en")
        }
        assert texts["fr"] != texts["en"]

    def test_nobody_reads_more_than_in_the_list(self, matched, coordinator, citizen, member, stranger):
        matched("confirmed")
        for program in (coordinator, citizen, member, stranger):
            for area in ("offers", "needs", "matches", "outcomes"):
                listed = program.get(f"{area}/").json()["results"]
                assert exported(program.get(f"{area}/export/")) == listed
        assert exported(stranger.get("matches/export/")) == []
        assert "contact" not in coordinator.get("matches/export/").getvalue().decode()
