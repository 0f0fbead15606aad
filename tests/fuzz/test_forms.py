"""No page answers with a fault of its own, whatever is sent from it, by whoever may open it.

In the suite it is tried of some pages, always the same; `make fuzz CASES=100000` tries all of them, again and again.
"""

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone, translation

from tests.fuzz import forms
from tests.fuzz.forms import TYPED, Button, Form, Sent
from tests.journeys import town as towns
from tests.journeys.pages import PAGES, Page

# How many times something is sent.
CASES = int(os.environ.get("ACCORDE_FUZZ_CASES", "80"))
SEED = os.environ.get("ACCORDE_FUZZ_SEED", "1")
# One who goes on from where the answer leads sends so many forms.
STEPS = 4
FOLDER = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


class Walk:
    """Somebody at a page, who sends its forms and goes on from where that leads."""

    def __init__(self, town: towns.Town, page: Page, chance: Random) -> None:
        self.client, self.chance, self.told = Client(), chance, [page.name]
        if page.who:
            person = getattr(town, page.who)
            self.client.force_login(person, backend="accounts.backends.Backend")
        self.path = page.path(town)
        self.sent = self.posted = 0

    def go(self) -> None:
        """Raises what the server raises."""
        answer = self._answer("get", self.path, {})
        for _step in range(STEPS):
            here = f"{answer.request['PATH_INFO']}?{answer.request['QUERY_STRING']}"
            if not answer.get("Content-Type", "").startswith("text/html"):
                return
            found, links = forms.read(here, answer.content.decode())
            queries = [link for link in links if "?" in link]
            if queries and (not found or self.chance.random() < 0.1):
                answer = self._answer("get", *self._misspelt(self.chance.choice(queries)))
            elif found:
                form = self._chosen(found)
                answer = self._answer(form.method, *forms.send(form, self.chance))
                self.posted += form.method == "post"
            else:
                return
            self.sent += 1

    def _chosen(self, found: list[Form]) -> Form:
        """Mostly the page's own; those that stand on every page come first."""
        return found[-1] if self.chance.random() < 0.4 else self.chance.choice(found)

    def _misspelt(self, link: str) -> tuple[str, Sent]:
        whole = urlsplit(link)
        query = dict(parse_qsl(whole.query, keep_blank_values=True))
        query[self.chance.choice(sorted(query))] = self.chance.choice(TYPED)
        return whole.path, {name: [value] for name, value in query.items()}

    def _answer(self, method: str, path: str, sent: Sent) -> Any:
        self.told.append(f"{method} {path} {_shown(sent)}")
        if method == "get":
            plain = {name: [str(value) for value in values] for name, values in sent.items()}
            path += ("&" if "?" in path else "?") + urlencode(plain, doseq=True) if plain else ""
            answer = self.client.get(path, follow=True)
        else:
            answer = self.client.post(path, sent, follow=True)
        if answer.streaming:  # to its end, so that a file that was made for it is closed
            b"".join(answer.streaming_content)
        # What is only looked at when it is kept, is looked at now.
        connection.check_constraints()
        assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.status_code
        return answer


def _shown(sent: Sent) -> str:
    return str({name: [str(value)[:60] for value in values[:3]] for name, values in sent.items()})


@contextmanager
def _taken_back() -> Iterator[None]:
    """Neither rows nor counters nor a language are left of it."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        cache.clear()
        translation.deactivate()


def _where(error: BaseException) -> str:
    """What was raised, and the last of our own lines that it passed."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(FOLDER)
        and "/.venv/" not in frame.filename
        and "/tests/" not in frame.filename
    ]
    last = f"{os.path.relpath(ours[-1].filename, FOLDER)}:{ours[-1].lineno}" if ours else "nowhere of ours"
    return f"{type(error).__name__} at {last}: {str(error)[:300]}"


@pytest.mark.django_db
def test_no_form_of_any_page_makes_a_fault(gazetteer: None, settings: Any) -> None:
    settings.ZEAL_ALLOWLIST = [
        {"model": "*"}
    ]  # an act on several rows locks each of them; pages have tests of theirs
    town = towns.build(now=timezone.now())
    faults: dict[str, list[str]] = {}
    sent = posted = number = 0
    pages = Random(SEED).sample(PAGES, len(PAGES))
    while sent < CASES:
        walk = Walk(town, pages[number % len(pages)], Random(f"{SEED} {number}"))
        try:
            with _taken_back():
                walk.go()
        except Exception as error:  # each kind of fault is told once, with the way that led there
            faults.setdefault(_where(error), walk.told)
        sent += max(walk.sent, 1)
        posted += walk.posted
        number += 1
    told = "\n\n".join(f"{fault}\n  " + "\n  ".join(way) for fault, way in faults.items())
    assert not faults, f"{len(faults)} faults in {sent} cases of seed {SEED}:\n{told}"
    assert posted > CASES / 4, f"{posted} forms sent in {number} walks of seed {SEED}"


def test_a_form_is_read_as_a_browser_would_send_it() -> None:
    found, _links = forms.read(
        "/a/?b=1",
        "<form method=post><select name=one><option> Une  chose </option><option value=2 selected>Deux</option>"
        "</select><button name=go value=1>Aller</button><button formaction=/c/>Ailleurs</button>"
        "<button type=button name=no>Rien</button></form>",
    )
    (form,) = found
    assert (form.address, form.method) == ("/a/?b=1", "post")
    assert (form.fields["one"].choices, form.fields["one"].sent) == (["Une chose", "2"], ["2"])
    assert form.buttons == [Button("go", "1"), Button("", "", "/c/")]
    assert {forms.send(form, Random(seed))[0] for seed in range(20)} == {"/a/?b=1", "/c/"}
