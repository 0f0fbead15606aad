"""A developer of another system makes a client from the schema, without a warning, and houses people with it."""

import importlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from django.utils import timezone

from config.api import document
from config.wsgi import application
from followups import services as followups
from tests.factories.matching import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="session")
def generated(tmp_path_factory):
    """The package that openapi-python-client makes of the schema; a warning fails it."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "schema.json").write_text(json.dumps(document()))
    (folder / "config.yml").write_text("post_hooks: []\n")
    subprocess.run(
        [
            *(
                sys.executable,
                "-m",
                "openapi_python_client",
                "generate",
                "--path",
                "schema.json",
                "--meta",
                "none",
            ),
            *("--config", "config.yml", "--output-path", "accorde_client", "--fail-on-warning"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(folder))
    yield Path(folder / "accorde_client")
    sys.path.remove(str(folder))


class Partner:
    """Another system with somebody's key: `partner.offers.create(body=…)`, parsed, or the test fails."""

    def __init__(self, secret):
        client = importlib.import_module("accorde_client").AuthenticatedClient
        transport = httpx.WSGITransport(app=application)
        self.client = client(base_url="http://testserver", token=secret).set_httpx_client(
            httpx.Client(
                transport=transport,
                base_url="http://testserver",
                headers={"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"},
            )
        )

    def call(self, area, operation, *args, **options):
        module = importlib.import_module(f"accorde_client.api.{area}.{operation}")
        answer = module.sync_detailed(*args, client=self.client, **options)
        assert answer.status_code < 300, answer.content
        return answer.parsed


def model(name):
    return getattr(importlib.import_module("accorde_client.models"), name)


def test_a_household_is_housed_from_the_offer_to_the_outcome(
    generated, citizen, member, coordinator, city, organisation, in_one_transaction
):
    host, association, desk = (Partner(program.secret) for program in (citizen, member, coordinator))
    today = timezone.localdate()
    assert association.call("me", "me_retrieve").organisations[0].organisation == "W671234567"
    assert [town.city for town in host.call("reference", "towns_list")] == ["strasbourg"]
    (commune,) = [
        one for one in host.call("reference", "communes_list", q="strasb") if one.name == "Strasbourg"
    ]

    offer = host.call(
        "offers",
        "offers_create",
        body=model("NewOfferRequest").from_dict(
            {
                "city": "strasbourg", "kind": "housing", "category": "separate_room", "title": "Chambre au calme",
                "commune": commune.insee, "address": "12 rue des Invités", "capacity": 3,
                "windows": [{"first_day": today.isoformat(), "last_day": None}],
            }
        ),
        idempotency_key="offer-1",
    )  # fmt: skip
    visit = desk.call("visits", "visits_create", body=model("NewVisitRequest")(offer=offer.reference))
    assert {str(word) for word in visit.missing} == {"answers", "charter"}
    seen = visit.to_dict()
    answers = [{**row, "answer": "yes"} for row in seen["answers"]]
    # All of it goes back as it was read, with what was seen.
    desk.call(
        "visits",
        "visits_partial_update",
        visit.id,
        body=model("PatchedSeenRequest").from_dict({**seen, "answers": answers, "charter_on": str(today)}),
    )
    assert str(desk.call("visits", "visits_conclude_create", visit.id).state) == "passed"

    need = association.call(
        "needs",
        "needs_create",
        body=model("NewNeedRequest").from_dict(
            {
                "city": "strasbourg", "kind": "housing", "title": "Une mère et deux enfants",
                "commune": commune.insee, "reach_km": 10, "organisation": "W671234567", "adult_women": 1,
                "children_3_to_11": 2, "first_day": today.isoformat(),
                "last_day": (today + timedelta(days=14)).isoformat(),
            }
        ),
        idempotency_key="case-2417",
    )  # fmt: skip
    drain(timezone.now())

    (match,) = desk.call("matches", "matches_list", need=need.reference).results
    assert sorted(str(act) for act in match.acts) == ["dismiss", "propose"]
    desk.call("matches", "matches_propose_create", match.id, body=model("NoteRequest")())
    asked = host.call("matches", "matches_retrieve", match.id)
    assert asked.association_contact is None
    host.call("matches", "matches_accept_create", match.id)
    confirmed = association.call("matches", "matches_confirm_create", match.id)
    assert confirmed.citizen_contact.address == "12 rue des Invités, Strasbourg"
    assert "start" in {str(act) for act in confirmed.acts}
    association.call("matches", "matches_start_create", match.id)

    followups.plan_due(now=timezone.now() + timedelta(days=30))
    (question,) = association.call("follow_ups", "follow_ups_list", match=match.id).results
    said = model("SaidRequest").from_dict({"answer": "took_place"})
    association.call("follow_ups", "follow_ups_answer_create", question.id, body=said)
    (outcome,) = desk.call("follow_ups", "outcomes_list", match=match.id).results
    assert (outcome.match, str(outcome.answer)) == (match.id, "took_place")
    # It goes on to its last day.
    assert str(desk.call("matches", "matches_retrieve", match.id).state) == "under_way"
