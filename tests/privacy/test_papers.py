"""What everybody reads of their data is held by tests; what a town keeps on paper is made of the code."""

import ast
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from privacy import official, papers
from privacy.promises import PROMISES
from privacy.told import SECTIONS, TOLD, Shown
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from town.models import OfficialRequest
from town.services import note_official_request

ROOT = Path(__file__).resolve().parent.parent.parent
PROMISED = re.compile(r"^\| `(?P<key>[a-z-]+)` \|(?P<tests>.*)\|$", re.M)
TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<name>\w+)`")


def named_tests() -> dict[str, list[tuple[str, str]]]:
    text = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    part = text.partition("## What is promised")[2].partition("\n## ")[0]
    return {found["key"]: TEST.findall(found["tests"]) for found in PROMISED.finditer(part)}


def test_each_promise_names_the_tests_that_hold_it() -> None:
    named = named_tests()
    assert set(named) == {promise.key for promise in PROMISES}
    assert not [key for key, tests in named.items() if not tests]


def test_each_test_that_is_named_is_there() -> None:
    lost = []
    for tests in named_tests().values():
        for file, name in tests:
            tree = ast.parse((ROOT / file).read_text("utf-8"))
            functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            lost += [] if name in functions else [f"{file}::{name}"]
    assert not lost


@pytest.mark.django_db
class TestPublicPage:
    def test_each_promise_stands_on_it(self, client: Any) -> None:
        page = client.get("/vos-donnees/").text
        assert not [promise.key for promise in PROMISES if str(promise.words) not in page]

    def test_it_counts_what_authorities_asked_and_hides_small_numbers(self, client: Any) -> None:
        city, quiet = CityFactory(name="Strasbourg"), CityFactory(name="Grenoble")
        assert {name: rest for name, *rest in official.counts()} == {
            "Strasbourg": ["aucune", "aucune"], "Grenoble": ["aucune", "aucune"],
        }  # fmt: skip
        by = CityRoleFactory(city=city, role="administrator").user
        for number in range(6):
            note_official_request(
                city=city,
                day=timezone.localdate(),
                authority="police",
                granted=number < 2,
                by=by,
                now=timezone.now(),
            )
        assert {name: rest for name, *rest in official.counts()} == {
            "Strasbourg": ["6", "moins de 5"], quiet.name: ["aucune", "aucune"],
        }  # fmt: skip
        assert "Strasbourg" in client.get("/vos-donnees/").text


@pytest.mark.django_db
class TestOfficialRequests:
    def test_the_administration_counts_them_and_nobody_else(self, as_user: Any) -> None:
        city = CityFactory()
        page = as_user(CityRoleFactory(city=city, role="administrator").user)
        address = reverse("papers:official", args=[city.slug])
        said = {"day": timezone.localdate().isoformat(), "authority": "court", "granted": "on"}
        assert "La demande est comptée" in page.post(address, said, follow=True).text
        row = OfficialRequest.objects.get()
        assert (row.city, row.authority, row.granted) == (city, "court", True)
        with pytest.raises(PermissionDenied):
            note_official_request(
                city=city, day=timezone.localdate(), authority="court", granted=False,
                by=CityRoleFactory(city=city).user, now=timezone.now(),
            )  # fmt: skip

    def test_a_day_to_come_is_refused(self, as_user: Any) -> None:
        city = CityFactory()
        by = CityRoleFactory(city=city, role="administrator").user
        tomorrow = timezone.localdate() + timedelta(days=1)
        with pytest.raises(ValidationError):
            note_official_request(
                city=city, day=tomorrow, authority="court", granted=False, by=by, now=timezone.now()
            )
        answer = as_user(by).post(
            reverse("papers:official", args=[city.slug]), {"day": tomorrow.isoformat(), "authority": "court"}
        )
        assert answer.status_code == 422


class TestSecurity:
    def test_the_file_is_as_rfc_9116_wants_it(self, client: Any, settings: Any, db: None) -> None:
        settings.LEGAL = {**settings.LEGAL, "security": "securite@exemple.fr"}
        settings.SITE_URL = "https://accorde.exemple.fr"
        answer = client.get("/.well-known/security.txt")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
        assert fields["Contact"] == "mailto:securite@exemple.fr"
        expires = datetime.fromisoformat(fields["Expires"])
        assert timedelta(days=30) < expires - timezone.now() < timedelta(days=365)
        assert fields["Canonical"] == "https://accorde.exemple.fr/.well-known/security.txt"
        assert client.get(fields["Policy"].removeprefix(settings.SITE_URL)).status_code == 200

    def test_a_page_may_be_the_contact(self, client: Any, settings: Any, db: None) -> None:
        settings.LEGAL = {**settings.LEGAL, "security": "https://exemple.fr/faille"}
        assert "Contact: https://exemple.fr/faille\n" in client.get("/.well-known/security.txt").text

    def test_without_a_contact_there_is_none(self, client: Any, settings: Any, db: None) -> None:
        settings.LEGAL = {**settings.LEGAL, "security": ""}
        assert client.get("/.well-known/security.txt").status_code == 404


class TestTownPapers:
    def test_every_table_of_people_is_in_an_activity(self) -> None:
        assert set(papers.ACTIVITIES) == set(SECTIONS)
        titles = [title for entry in papers.record() for title, _fields in entry["tables"]]
        assert len(titles) == len([told for told in TOLD.values() if isinstance(told, Shown)])

    def test_every_answer_to_a_risk_is_a_promise(self) -> None:
        keys = {promise.key for promise in PROMISES}
        assert {key for _risk, answers in papers.RISKS for key in answers} <= keys

    @pytest.mark.parametrize("language", ["en", "ar"])
    def test_the_record_has_words_in_each_language_of_a_team(self, language: str) -> None:
        with override(language):
            words = [
                str(word)
                for entry in papers.record()
                for _title, fields in entry["tables"]
                for word in fields
            ]
        assert all(words)

    def test_the_page_names_what_is_kept_in_words(self, as_user: Any, db: None) -> None:
        city = CityFactory()
        page = as_user(CityRoleFactory(city=city, role="administrator").user).get(
            reverse("papers:town", args=[city.slug])
        )
        assert "Registre des traitements" in page.text
        assert "Vos accords" in page.text
