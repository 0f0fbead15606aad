"""A developer of another system makes a client in TypeScript, whose compiler finds mistakes, and houses people."""

import json
import re
import shutil
import subprocess
from datetime import timedelta

import pytest
from django.utils import timezone

from config.api import document
from config.bootstrap import NODE_PACKAGES, TYPESCRIPT
from followups import services as followups
from tests.factories.matching import drain

MODULES = NODE_PACKAGES / "node_modules"


# What the compiler has to find: a field, and a word, that the schema does not know.
MISTAKES = (("children_3_to_11: 2", "children: 2"), ('answer: "took_place"', 'answer: "went_well"'))


@pytest.fixture
def compiled(tmp_path_factory):
    """The folder of the client and its story, compiled, and what the compiler complains of; a story with mistakes lies
    beside it, so that one run tells both.
    """
    if not MODULES.exists():
        pytest.fail("Node.js's packages are not here: run `make test` once, then again.")
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(MODULES, target_is_directory=True)
    (folder / "schema.json").write_text(json.dumps(document()))
    story = (TYPESCRIPT / "story.ts").read_text()
    (folder / "story.ts").write_text(story)
    for right, wrong in MISTAKES:
        assert right in story
        story = story.replace(right, wrong)
    (folder / "mistaken.ts").write_text(story)
    settings = json.loads((TYPESCRIPT / "tsconfig.json").read_text())
    settings["files"].append("mistaken.ts")
    (folder / "tsconfig.json").write_text(json.dumps(settings))
    shutil.copy(TYPESCRIPT / "package.json", folder)
    made = node(folder, MODULES / "openapi-typescript/bin/cli.js", "schema.json", "--output", "accorde.ts")
    assert made.returncode == 0, made.stderr
    return folder, node(folder, MODULES / "typescript/bin/tsc", "--project", ".").stdout


def node(folder, *arguments):
    return subprocess.run(["node", *arguments], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.django_db(transaction=True)
def test_a_household_is_housed_from_the_offer_to_the_outcome(
    compiled, live_server, gazetteer, citizen, member, coordinator
):
    folder, complaints = compiled
    found = re.findall(r"^(\w+)\.ts.*error TS\d+", complaints, re.MULTILINE)
    assert found == ["mistaken"] * len(MISTAKES), complaints
    today = timezone.localdate()
    told = {
        "site": live_server.url,
        "host": citizen.secret,
        "association": member.secret,
        "desk": coordinator.secret,
        "today": today.isoformat(),
        "lastDay": (today + timedelta(days=14)).isoformat(),
    }

    def play(part):
        done = node(folder, "story.js", part, json.dumps(told))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    told = play("post")
    drain(timezone.now())
    told = play("match")
    followups.plan_due(now=timezone.now() + timedelta(days=30))
    end = play("outcome")

    assert end["outcome"] == "took_place"
    assert end["events"] == [
        "match.proposed", "match.accepted", "match.confirmed", "match.begun", "followup.asked", "followup.answered"
    ]  # fmt: skip
