"""The schema is valid, complete and true: a fuzzer finds no answer that it does not announce."""

import json
import os
from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as hypothesis_seed
from hypothesis.strategies import booleans, sampled_from
from openapi_spec_validator import validate
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.api import document
from config.wsgi import application
from tests.api.conftest import Program

# `make fuzz CASES=100000`: half of them here, half at the forms (tests/fuzz).
EXAMPLES = max(6, int(os.environ.get("ACCORDE_FUZZ_CASES", "0")) // 2 // 75)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = [(method.upper(), path) for path, methods in document()["paths"].items() for method in methods]


@lru_cache
def served() -> Any:
    """The schema as a program reads it, bound to the application itself: no server between."""
    return schemathesis.openapi.from_wsgi("/api/schema/", application, headers={"Accept": "application/json"})


def test_is_openapi_3_1():
    schema = document()
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)
    validate(json.loads(json.dumps(schema)))


def test_is_made_without_a_warning(capsys):
    SchemaGenerator().get_schema(request=None, public=True)
    assert capsys.readouterr().err == ""


def test_every_operation_is_described():
    for methods in document()["paths"].values():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["tags"]
    assert len(OPERATIONS) == 77


def test_is_in_english_whatever_the_reader():
    assert not any(letter in str(document()["paths"]) + str(document()["components"]) for letter in "éèàç")


@pytest.mark.django_db
def test_is_served_as_yaml_and_json(client):
    assert client.get("/api/schema/")["Content-Type"].startswith("application/vnd.oai.openapi")
    answer = client.get("/api/schema/", headers={"accept": "application/json"})
    assert answer.json()["info"]["title"] == "Accorde"


@pytest.mark.django_db
class TestPage:
    def test_shows_every_operation_without_signing_in(self, client):
        page = client.get("/api/").content.decode()
        for method, path in OPERATIONS:
            assert f"<code>{path}</code>" in page
            assert f">{method}</span>" in page
        for words in ("Idempotency-Key", "windows[].first_day", "Bearer acc_…", "need.commune.insee"):
            assert words in page

    def test_asks_no_other_host(self, client):
        page = client.get("/api/").content.decode()
        sources = [part.split('"')[0] for part in page.split('src="')[1:]]
        assert all(source.startswith("/static/") for source in sources)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_fuzzed(method, path, callers, known_rows, in_one_transaction, without_limit):
    known = known_rows(path)
    today = timezone.localdate().isoformat()
    sensible = {
        "city": "strasbourg", "commune": "67482", "first_day": today, "last_day": today,
        "windows": [{"first_day": today}], "organisation": "W671234567",
    }  # fmt: skip
    operation = served()[path][method]

    @hypothesis_seed(20260309)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), is_known=booleans(), who=sampled_from(callers))
    def fuzz(case: Any, is_known: bool, who: Program) -> None:
        # Half of the time at a row, a town and days that exist, so that the service itself is reached.
        if is_known:
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
            if isinstance(case.body, dict):
                case.body |= {name: value for name, value in sensible.items() if name in case.body}
        # The way in reads the body as it comes, so it asks for it as it is.
        headers = {"Authorization": f"Bearer {who.secret}", "Accept-Encoding": "identity"}
        case.call_and_validate(headers=headers, checks=CHECKS)

    fuzz()


@pytest.fixture
def callers(coordinator, citizen, member, operator, stranger):
    """Everybody who has a key; whoever sees most comes half of the time."""
    return [coordinator] * 4 + [citizen, member, operator, stranger]


@pytest.fixture
def without_limit(monkeypatch):
    """The limit of calls a minute would be shared by all the examples of an operation."""
    rates = dict.fromkeys(("user", "bulk", "export"), "100000/min")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)


@pytest.mark.django_db
def test_too_many_calls(coordinator, monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    answers = [coordinator.get("offers/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["type"] == "throttled"
    assert int(answers[2]["Retry-After"]) > 0


@pytest.mark.django_db
def test_the_schema_needs_no_key_but_refuses_a_wrong_one():
    assert Client().get("/api/schema/").status_code == 200
    assert Client(headers={"authorization": "Bearer acc_wrong"}).get("/api/schema/").status_code == 401
