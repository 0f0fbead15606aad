"""Many people decide at once, over HTTP, about few offers: nothing is promised twice, and nobody meets a fault.

Some decisions in the suite; `make drills APPROVALS=10000` has as many as that sent. What was drawn stands in the
failure: `ACCORDE_DRILL_SEED` draws it again.
"""

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.utils import timezone

from accounts.models import Membership
from catalogue.vocabulary import Kind
from config import together
from matching.models import Hold, Match, MatchState
from tests.drills.test_rolling_restart import answers
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.matching import drain, due_need, due_offer
from tests.matching import invariants

APPROVALS = int(os.environ.get("ACCORDE_DRILL_APPROVALS", "120"))
SEED = int(os.environ.get("ACCORDE_DRILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
AT_ONCE = 16
# Whoever calls more often in a minute is told to wait, which is no answer to a decision (config/settings.py).
CALLS_OF_ONE = 200
PATIENCE = 60
ACTS = {
    "propose": ("coordinator", {}),
    "accept": ("citizen", {}),
    "confirm": ("member", {}),
    "decline": ("citizen", {"reason": "other"}),
    "refuse": ("member", {"reason": "other"}),
}
WEIGHTS = (4, 4, 4, 1, 1)
# Done; not possible in this state, or any more; nothing that the other side may know of before it is proposed.
SENSIBLE = {200, 409, 404}


@pytest.fixture
def keys(city):
    """Enough people of each party that none of them calls too often: `keys["member"]` → their keys."""
    association = OrganisationFactory(city=city, verified=True)
    several = APPROVALS // CALLS_OF_ONE + 1
    return {
        "citizen": [ApiTokenFactory(user=UserFactory(), secret=f"acc_citizen_{n}") for n in range(several)],
        "coordinator": [
            ApiTokenFactory(user=CityRoleFactory(city=city).user, secret=f"acc_coordinator_{n}")
            for n in range(several)
        ],
        "member": [
            ApiTokenFactory(
                user=MembershipFactory(organisation=association, role=Membership.Role.MANAGER).user,
                secret=f"acc_member_{n}",
            )
            for n in range(several)
        ],
    }


def test_nothing_is_promised_twice_by_many_at_once(server, city, keys, eventually):
    now, draw = timezone.now(), random.Random(SEED)
    association = keys["member"][0].user.memberships.get().organisation
    for kind in (Kind.GOODS, Kind.HOUSING, Kind.SKILL):
        for key in keys["citizen"]:
            due_offer(city=city, kind=kind, now=now, owner=key.user)
        for _ in range(8 * len(keys["citizen"])):
            due_need(city=city, kind=kind, now=now, organisation=association)
    drain(now)
    secrets = {key.user.pk: f"acc_citizen_{n}" for n, key in enumerate(keys["citizen"])}
    suggested = Match.objects.filter(state=MatchState.SUGGESTED, offer__owner__in=secrets)
    owners = dict(suggested.values_list("pk", "offer__owner"))
    assert len(owners) > 20, "there is something to decide about"

    port = together.free_port(18_200)
    server("web", BIND=f"127.0.0.1:{port}")
    eventually(lambda: answers(port), seconds=PATIENCE)

    def decide(number, match, act):
        party, said = ACTS[act]
        secret = secrets[owners[match]] if party == "citizen" else f"acc_{party}_{number % len(keys[party])}"
        answer = client.post(
            f"http://127.0.0.1:{port}/api/v1/matches/{match}/{act}/",
            json=said,
            headers={"Authorization": f"Bearer {secret}"},
        )
        return act, answer.status_code, "" if answer.status_code in SENSIBLE else answer.text[:200]

    # A few at a time, so that an act mostly comes after the one that it needs, and many come at once.
    drawn = []
    while len(drawn) < APPROVALS:
        few = draw.sample(sorted(owners), min(6, len(owners)))
        drawn += [(draw.choice(few), draw.choices(list(ACTS), WEIGHTS)[0]) for _ in range(60)]
    with httpx.Client(timeout=PATIENCE) as client, ThreadPoolExecutor(AT_ONCE) as many:
        told = Counter(many.map(lambda one: decide(*one), [(n, *one) for n, one in enumerate(drawn)]))

    odd = {one: times for one, times in told.items() if one[1] not in SENSIBLE}
    assert not odd, f"seed {SEED}: {odd}"
    done = {act: told[act, 200, ""] for act in ACTS}
    assert min(done["propose"], done["accept"], done["confirm"]) > 0, f"seed {SEED}: {told}"
    assert Hold.objects.exists()
    drain(timezone.now())
    invariants.check(settled=True)
