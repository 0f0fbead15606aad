"""docs/api.md: each request that it shows is one of the API's, and each reading that needs no number is done."""

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.utils import timezone

from config.api import document

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
REQUESTS = re.findall(r"`(GET|POST|PATCH) (/api/v1/[^`]*)`", GUIDE)


def test_each_request_is_an_operation_with_parameters_that_it_has():
    assert len(REQUESTS) > 15
    paths = document()["paths"]
    for method, address in REQUESTS:
        parts = urlsplit(address)
        operation = paths[parts.path][method.lower()]
        named = {one["name"] for one in operation.get("parameters", ())}
        assert {name for name, _value in parse_qsl(parts.query)} <= named, address


@pytest.mark.django_db
def test_each_reading_answers(coordinator, matched):
    matched()
    now = timezone.now().isoformat().replace("+", "%2B")
    read = [address for method, address in REQUESTS if method == "GET" and "{" not in address]
    for address in read:
        answer = coordinator.client.get(address.replace("…", now))
        assert answer.status_code == (400 if address.endswith("why-not/") else 200), (address, answer.content)


def test_it_names_the_generator_that_the_tests_run():
    assert "openapi-python-client generate" in GUIDE
