"""What holds of every operation: what it does not know it refuses by name, and each refusal has one shape."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import InterfaceError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.throttling import UserRateThrottle

import matching
from accounts.endpoints import Deprecation, Endpoint
from accounts.models import Scope
from accounts.problems import PROBLEM, TYPES
from config.api import document
from homes.models import Visit
from matching import presentation
from offers.models import Offer
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
OPERATIONS = [
    (method, path, operation)
    for path, methods in document()["paths"].items()
    for method, operation in methods.items()
]


def problem_of(answer):
    assert answer["Content-Type"] == PROBLEM
    told = answer.json()
    assert set(told) >= {"type", "title", "status", "errors"}
    assert (told["status"], told["type"] in TYPES, bool(told["title"])) == (answer.status_code, True, True)
    return told


@pytest.fixture
def call(coordinator, known_rows):
    """Each operation at a row that is there."""

    def of(method, path, query="", body=None):
        address = path.format(**known_rows(path)) + query
        if method == "get":
            return coordinator.client.get(address)
        return getattr(coordinator.client, method)(address, body or {}, content_type="application/json")

    return of


class TestEveryOperation:
    """All in one town: to build one for each would take longer than all the calls."""

    def test_refuses_an_unknown_parameter_by_its_name(self, call):
        for method, path, _operation in OPERATIONS:
            told = problem_of(call(method, path, "?xyzzy=1&ordering=title"))
            assert (path, told["type"], set(told["errors"])) == (
                path,
                "validation_error",
                {"xyzzy", "ordering"},
            )

    def test_and_an_unknown_field(self, call):
        for method, path, operation in OPERATIONS:
            if method == "get":
                assert "requestBody" not in operation
                continue
            told = problem_of(call(method, path, body={"xyzzy": 1}))
            assert (path, told["type"], "xyzzy" in told["errors"]) == (path, "validation_error", True)

    def test_says_what_any_may_answer(self):
        always = {"400", "401", "403", "405", "406", "429", "500", "503"}
        for method, _path, operation in OPERATIONS:
            assert always | ({"413", "415"} if method != "get" else set()) <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                assert status < "400" or set(answer["content"]) == {PROBLEM}


class TestParameters:
    def test_refused_by_name(self, coordinator):
        for query, names in (
            ("limit=0", {"limit"}),
            ("limit=201", {"limit"}),
            ("limit=x", {"limit"}),
            ("limit=" + "9" * 5000, {"limit"}),
            ("limit=%00", {"limit"}),
            ("cursor=x", {"cursor"}),
            ("cursor=cD14", {"cursor"}),
            ("cursor=bz0x", {"cursor"}),
            ("offset=10", {"offset"}),
            ("kind=elsewhere", {"kind"}),
            ("kind=goods&kind=skill", {"kind"}),
            ("city=nowhere", {"city"}),
            ("commune=Strasbourg", {"commune"}),
            ("state=active&state=nothing", {"state"}),
            ("changed_since=yesterday", {"changed_since"}),
            ("state=", {"state"}),
            ("state=active&state=", {"state"}),
            ("changed_since=%20", {"changed_since"}),
            ("%ED%A0%80=%ED%A0%80", {"\ufffd\ufffd\ufffd"}),
        ):
            told = problem_of(coordinator.client.get(f"/api/v1/offers/?{query}"))
            assert (query[:20], set(told["errors"])) == (query[:20], names)

    @pytest.mark.parametrize(
        ("query", "name"),
        [
            ("follow-ups/?waiting=maybe", "waiting"),
            ("follow-ups/?waiting=True", "waiting"),
            ("conditions/?waiting=1", "waiting"),
            ("follow-ups/?match=1.5", "match"),
            ("outcomes/?match=1.5", "match"),
            ("outcomes/?changed_since=yesterday", "changed_since"),
            ("organisations/?city=nowhere", "city"),
        ],
    )
    def test_what_is_no_value_of_a_filter_is_refused(self, coordinator, query, name):
        assert set(problem_of(coordinator.get(query))["errors"]) == {name}

    def test_waiting_is_true_or_false(self, coordinator, known_rows):
        number = known_rows("/api/v1/follow-ups/{id}/")["id"]
        found = {
            word: [one["id"] for one in coordinator.get(f"follow-ups/?waiting={word}").json()["results"]]
            for word in ("true", "false")
        }
        assert found == {"true": [number], "false": []}

    def test_several_values_where_the_schema_says_so(self, coordinator):
        assert coordinator.client.get("/api/v1/offers/?state=active&state=paused").status_code == 200

    def test_the_schema_names_them_all(self):
        listed = {one["name"] for one in document()["paths"]["/api/v1/offers/"]["get"]["parameters"]}
        expected = {
            "city",
            "reference",
            "kind",
            "commune",
            "changed_since",
            "category",
            "state",
            "cursor",
            "limit",
        }
        assert listed == expected


class TestBodies:
    def test_one_inside_another_is_named_by_its_way(self, citizen, offer_body):
        day = timezone.localdate().isoformat()
        body = offer_body(windows=[{"first_day": day}, {"first_day": day, "until": day}], reach_km=-1)
        told = problem_of(citizen.post("offers/", body))
        assert set(told["errors"]) == {"windows.1.until", "reach_km"}

    def test_what_was_read_can_be_sent_back(self, citizen, operator, city):
        offer = OfferFactory(owner=citizen.user, city=city, address="12 rue des Invités")
        for program in (citizen, operator):
            shown = program.get(f"offers/{offer.reference}/").json()
            answer = program.patch(f"offers/{offer.reference}/", shown)
            assert (answer.status_code, answer.json()) == (200, shown)
        # The desk does not read the address back, and so has not emptied it.
        assert Offer.objects.get().address == "12 rue des Invités"

    def test_a_moment_may_come_back_in_another_zone(self, citizen, city):
        offer = OfferFactory(owner=citizen.user, city=city)
        created = offer.created_at.astimezone(UTC).isoformat()
        assert citizen.patch(f"offers/{offer.reference}/", {"created_at": created}).status_code == 200

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("kind", "goods"),
            ("state", "paused"),
            ("vetted", 1),
            ("created_at", "2020-01-01"),
            ("reference", None),
        ],
    )
    def test_what_only_is_read_is_refused_when_it_is_another(self, citizen, city, name, value):
        offer = OfferFactory(owner=citizen.user, city=city, vetted=True)
        told = problem_of(citizen.patch(f"offers/{offer.reference}/", {name: value, "title": "Autre"}))
        assert set(told["errors"]) == {name}
        assert Offer.objects.get().title == offer.title

    def test_a_visit_that_was_read_can_be_sent_back(self, coordinator, citizen, known_rows):
        path = f"visits/{known_rows('/api/v1/visits/{id}/')['id']}/"
        for reader in (coordinator, citizen):
            read = reader.get(path).json()
            assert (reader.patch(path, read).status_code, reader.get(path).json()) == (200, read)
        Visit.objects.update(state="cancelled", starts_at=timezone.now())
        read = coordinator.get(path).json()
        assert coordinator.patch(path, read).status_code == 200
        assert coordinator.patch(path, {**read, "note": "Clair"}).status_code == 409

    def test_a_moment_says_its_offset(self, coordinator, matched):
        tomorrow = f"{timezone.localdate() + timedelta(days=1)}T14:00:00"
        body = {"offer": matched().offer.reference, "starts_at": tomorrow}
        answer = coordinator.post("visits/", body)
        assert "Écrivez aussi le décalage" in problem_of(answer)["errors"]["starts_at"][0]
        answer = coordinator.post("visits/", {**body, "starts_at": f"{tomorrow}Z"})
        assert answer.status_code == 201, answer.content

    def test_a_plan_of_no_needs_or_unknown_lines_is_refused(self, coordinator, city, known_rows):
        assert set(problem_of(coordinator.post("plans/", {"city": city.slug, "needs": []}))["errors"]) == {
            "needs"
        }
        number = known_rows("/api/v1/plans/{id}/")["id"]
        answer = coordinator.post(f"plans/{number}/accept/", {"lines": [7]})
        assert set(problem_of(answer)["errors"]) == {"lines"}

    def test_an_opposite_answer_to_a_condition_is_refused(self, coordinator, known_rows):
        path = f"conditions/{known_rows('/api/v1/conditions/{id}/')['id']}/answer/"
        assert coordinator.post(path, {"gives": False}).json()["answer"] == "stays"
        assert coordinator.post(path, {"gives": False}).status_code == 200
        assert problem_of(coordinator.post(path, {"gives": True}))["type"] == "state"

    def test_a_list_is_no_body(self, citizen):
        assert problem_of(citizen.post("offers/", [1]))["type"] == "validation_error"


class TestProblems:
    def test_an_unknown_address(self, client, citizen):
        for path in ("/api/v1/elsewhere/", "/api/v2/offers/", "/api/v1/offers", "/api/x"):
            assert problem_of(client.get(path))["type"] == "not_found"
            assert problem_of(citizen.client.post(path))["type"] == "not_found"

    def test_another_method(self, citizen):
        answer = citizen.client.put("/api/v1/offers/")
        assert (problem_of(answer)["type"], answer["Allow"]) == (
            "method_not_allowed",
            "GET, POST, HEAD, OPTIONS",
        )

    def test_another_form(self, citizen):
        answer = citizen.client.get("/api/v1/offers/", headers={"accept": "text/csv"})
        assert problem_of(answer)["type"] == "not_acceptable"
        answer = citizen.client.post("/api/v1/offers/", "a=1", content_type="text/plain")
        assert problem_of(answer)["type"] == "unsupported_media_type"

    def test_a_body_too_long(self, citizen):
        raw = b'{"text": "' + b"x" * 1_100_000 + b'"}'
        answer = citizen.client.post("/api/v1/offers/", raw, content_type="application/json")
        assert (answer.status_code, problem_of(answer)["type"]) == (413, "too_large")

    def test_what_the_framework_refuses_to_read(self, citizen):
        answer = citizen.client.get("/api/v1/offers/?" + "a=1&" * 1001)
        assert problem_of(answer)["type"] == "bad_request"

    def test_without_a_key_or_with_a_wrong_one(self, client):
        assert problem_of(client.get("/api/v1/offers/"))["type"] == "not_authenticated"
        client = Client(headers={"authorization": "Bearer acc_wrong"})
        assert problem_of(client.get("/api/v1/offers/"))["type"] == "authentication_failed"

    @pytest.mark.parametrize("failure", [InterfaceError("gone"), RedisAway("gone")])
    def test_a_server_that_is_away(self, citizen, monkeypatch, failure):
        """As the driver says it, where the request first needs that server."""

        def fails(*args):
            raise failure

        monkeypatch.setattr(UserRateThrottle, "allow_request", fails)
        answer = citizen.get("offers/")
        assert (problem_of(answer)["type"], answer["Retry-After"]) == ("unavailable", "30")

    def test_the_database_away_at_the_key(self, citizen):
        with connection.execute_wrapper(_no_database):
            answer = citizen.get("offers/")
        assert (problem_of(answer)["type"], answer["Retry-After"]) == ("unavailable", "30")

    def test_a_fault_of_ours(self, citizen):
        citizen.client.raise_request_exception = False
        with connection.execute_wrapper(_a_fault):
            answer = citizen.get("offers/")
        assert (answer.status_code, problem_of(answer)["type"]) == (500, "error")
        assert "SELECT" not in answer.content.decode()

    def test_every_refusal_of_a_match_is_in_the_list(self):
        said = "".join(path.read_text() for path in Path(matching.__file__).parent.rglob("*.py"))
        told = set(re.findall(r'NotPossible\([^"]*"([a-z_]+)"\)', said))
        assert {"state", "role", "early"} <= told
        assert {presentation.NOT_NOW, "taken", *told} <= set(TYPES)


def _no_database(execute, sql, params, many, context):
    raise InterfaceError("connection already closed")


def _a_fault(execute, sql, params, many, context):
    raise RuntimeError(sql)


class TestVersions:
    @pytest.fixture
    def path(self, citizen, city):
        return f"offers/{OfferFactory(owner=citizen.user, city=city).reference}/"

    def test_a_change_of_the_version_that_was_read(self, citizen, path):
        first = citizen.get(path)["ETag"]
        changed = citizen.patch(path, {"title": "Un"}, **{"if-match": first})
        assert (changed.status_code, changed["ETag"] == first) == (200, False)
        answer = citizen.patch(path, {"title": "Deux"}, **{"if-match": first})
        assert (answer.status_code, problem_of(answer)["type"]) == (412, "precondition_failed")
        assert Offer.objects.get().title == "Un"
        weak = f"W/{changed['ETag']}"
        assert citizen.patch(path, {"title": "Deux"}, **{"if-match": f'"x", {weak}'}).status_code == 200
        assert citizen.patch(path, {"title": "Trois"}, **{"if-match": "*"}).status_code == 200
        assert citizen.patch(path, {"title": "Quatre"}).status_code == 200

    def test_an_act_too(self, citizen, operator, path):
        first = citizen.get(path)["ETag"]
        assert operator.patch(path, {"title": "Un"}).status_code == 200
        assert citizen.post(f"{path}pause/", **{"if-match": first}).status_code == 412
        assert Offer.objects.get().state == "active"

    @pytest.mark.parametrize(
        ("path", "body", "header"),
        [
            ("plans/", {}, "If-Match"),
            ("plans/{id}/accept/", {"lines": [1]}, "If-Match"),
            ("plans/", {}, "Idempotency-Key"),
            ("visits/{id}/conclude/", {}, "Idempotency-Key"),
        ],
    )
    def test_a_header_without_effect_is_refused(self, coordinator, known_rows, path, body, header):
        answer = coordinator.post(path.format(**known_rows(f"/api/v1/{path}")), body, **{header: '"x"'})
        assert set(problem_of(answer)["errors"]) == {header}

    @pytest.mark.parametrize(
        ("path", "body", "tables"),
        [
            ("visits/{id}/cancel/", {}, ["offers_offer", "homes_visit"]),
            ("conditions/{id}/answer/", {"gives": False}, ["needs_need", "matching_conditionquestion"]),
            (
                "follow-ups/{id}/answer/",
                {"answer": "not_yet"},
                ["offers_offer", "needs_need", "matching_match", "followups_followup"],
            ),
        ],
    )
    def test_locks_in_the_one_order(self, coordinator, known_rows, settings, path, body, tables):
        # Locked by the endpoint, and by the service again.
        twice = [{"model": name} for name in ("offers.Offer", "needs.Need", "matching.Match")]
        settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, *twice]
        path = path.format(**known_rows(f"/api/v1/{path}"))
        with CaptureQueriesContext(connection) as asked:
            assert coordinator.post(path, body, **{"If-Match": "*"}).status_code == 200
        locks = [re.search(r'FROM "(\w+)"', one["sql"]) for one in asked if "FOR NO KEY" in one["sql"]]
        assert list(dict.fromkeys(found[1] for found in locks))[: len(tables)] == tables

    def test_of_a_match(self, matched, coordinator):
        match = matched()
        version = coordinator.get(f"matches/{match.pk}/")["ETag"]
        stale = coordinator.post(f"matches/{match.pk}/propose/", **{"if-match": '"other"'})
        assert stale.status_code == 412
        answer = coordinator.post(f"matches/{match.pk}/propose/", **{"if-match": version})
        assert (answer.status_code, answer.json()["state"]) == (200, "proposed")

    def test_what_is_known_is_not_sent_again(self, citizen, operator, path):
        version = citizen.get(path)["ETag"]
        answer = citizen.client.get(f"/api/v1/{path}", headers={"if-none-match": f"W/{version}"})
        assert (answer.status_code, answer.content, answer["ETag"]) == (304, b"", version)
        # Who reads something else has another version.
        assert operator.get(path)["ETag"] != version

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_one_is_refused(self, citizen, path, at_once):
        version = {"if-match": citizen.get(path)["ETag"]}
        titles = ("Un", "Deux")
        answers = at_once(
            *[lambda title=title: citizen.patch(path, {"title": title}, **version) for title in titles]
        )
        assert sorted(answer.status_code for answer in answers) == [200, 412]


class TestPages:
    def test_miss_and_double_nothing_while_rows_change(self, coordinator, city):
        """Between any two pages a row comes, one changes, and one that was read goes to another state."""
        there = [OfferFactory(city=city, title=f"{number}").reference for number in range(7)]
        seen, address = [], "/api/v1/offers/?limit=2"
        while address:
            page = coordinator.client.get(address).json()
            seen += [row["reference"] for row in page["results"]]
            address = page["next"]
            OfferFactory(city=city)
            Offer.objects.filter(reference=seen[-1]).update(state="paused", changed_at=timezone.now())
            Offer.objects.filter(reference__in=there).exclude(reference__in=seen).update(
                changed_at=timezone.now(), title="Autre"
            )
        assert seen == there[::-1]


class TestDeprecation:
    def test_its_dates_stand_in_each_answer_and_in_the_schema(self, citizen):
        class Old(Endpoint):
            area = Scope.OFFERS
            deprecations = {
                "list": Deprecation(
                    since=datetime(2026, 12, 1, tzinfo=UTC),
                    sunset=datetime(2027, 12, 1, tzinfo=UTC),
                    link="https://example.org/api#deprecations",
                )
            }

            def list(self, request):
                return Response([])

        request = APIRequestFactory().get("/")
        force_authenticate(request, citizen.user)
        answer = Old.as_view({"get": "list"})(request)
        assert answer["Deprecation"] == "@1796083200"
        assert answer["Sunset"] == "Wed, 01 Dec 2027 00:00:00 GMT"
        assert answer["Link"] == '<https://example.org/api#deprecations>; rel="deprecation"'
        assert not any(citizen.get("offers/").has_header(name) for name in ("Deprecation", "Sunset"))


def test_a_field_has_one_type_in_both_directions():
    """What is read can be sent as it is: the same kind of JSON value, whichever way it goes."""
    schemas = document()["components"]["schemas"]

    def kind(part):
        part = part["allOf"][0] if len(part.get("allOf", ())) == 1 else part
        if "$ref" in part:
            return kind(schemas[part["$ref"].rsplit("/", 1)[1]])
        inner = [kind(one) for one in (*part.get("oneOf", ()), *part.get("anyOf", ()))]
        kinds = part.get("type", []) if isinstance(part.get("type", []), list) else [part["type"]]
        found = {one for one in (*kinds, *(one for many in inner for one in many)) if one != "null"}
        if found == {"array"}:
            return {"array", *(f"of {one}" for one in kind(part["items"]))}
        return found

    wrong = {}
    for read, written in (("Offer", "NewOfferRequest"), ("Need", "NewNeedRequest")):
        for name, part in schemas[written]["properties"].items():
            if name in schemas[read]["properties"]:
                pair = kind(part), kind(schemas[read]["properties"][name])
                if pair[0] != pair[1]:
                    wrong[read, name] = pair
    assert not wrong
    assert json.dumps(schemas)
