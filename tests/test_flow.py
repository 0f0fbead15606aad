"""The two walks of docs/flow.md are those that an offer and a match take, and no file of a walk comes twice."""

import re
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalogue.vocabulary import Kind
from matching import tasks as matching_tasks
from matching.models import Match, MatchState
from notifications import tasks as notifications_tasks
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, suggested_match

ROOT = Path(__file__).resolve().parent.parent
STEP = re.compile(r"^\d+\. `(?P<file>[\w/]+\.py)` → `(?P<name>[\w.]+)`: .+", re.M)


def steps(title):
    """The numbered lines below a heading: (file, function)."""
    (section,) = re.findall(
        rf"^## {title}\n(.*?)^## ", (ROOT / "docs/flow.md").read_text("utf-8"), re.M | re.S
    )
    found = [(step["file"], step["name"]) for step in STEP.finditer(section)]
    assert len(found) == len(re.findall(r"^\d+\.", section, re.M)), "a line that says no file and function"
    return found


@contextmanager
def every_call():
    """The functions of ours that are called, in order: (file, function)."""
    calls = []

    def note(frame, event, _argument):
        path = frame.f_code.co_filename
        if event == "call" and path.startswith(f"{ROOT}/"):
            calls.append((path[len(f"{ROOT}/") :], frame.f_code.co_qualname))

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def assert_in_this_order(wanted, calls):
    following = iter(calls)
    for step in wanted:
        assert step in following, f"{step} is not called after the steps before it"


@pytest.fixture
def city(db):
    return CityFactory(awake=True, slug="strasbourg", name="Strasbourg")


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def test_an_offer_walks_from_its_form_to_a_match(city, settings):
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "sessions.*"}]
    wanted = steps("From an offer's form to a match, file by file")
    assert len({file for file, _ in wanted}) == len(wanted), "a file comes twice"
    need = due_need(city=city, kind=Kind.GOODS, now=timezone.now())
    client, new = signed_in(UserFactory()), reverse("offers:new", args=[city.slug])
    pages = {
        "kind": {"kind": "goods"},
        "item": {"item": "couette 140"},
        "goods": {"size": "140", "capacity": "10"},
        "where": {"commune": need.commune.pk, "hand_over": "delivered", "reach_km": "10"},
    }
    for name, answer in pages.items():
        assert client.post(new if name == "kind" else f"{new}{name}/", answer).status_code == 302, name
    check = reverse("offers:check", args=[city.slug])
    key = client.get(check).context["draft_key"]
    matching_tasks.scan_due()  # the need has found nobody

    with every_call() as calls:
        assert client.post(check, {"key": key, "consent": "on"}).status_code == 302
        matching_tasks.scan_due()
    assert Match.objects.get().state == MatchState.SUGGESTED
    assert_in_this_order(wanted, calls)


def test_a_match_walks_from_its_proposal_to_the_mail(city, smtp_server):
    wanted = steps("From a proposal to the mail, file by file")
    assert len({file for file, _ in wanted}) == len(wanted), "a file comes twice"
    match = suggested_match(city=city, now=timezone.now())
    coordinator = CityRoleFactory(city=city, role=Role.COORDINATOR).user
    client = signed_in(coordinator)

    with every_call() as calls:
        client.post(reverse("desk:act", args=[city.slug, match.pk, "propose"]))
        notifications_tasks.deliver()
        notifications_tasks.deliver_through("email")
    (mail,) = smtp_server.to(match.offer.owner.email)
    assert "Pouvez-vous aider" in mail["Subject"]
    assert_in_this_order(wanted, calls)
