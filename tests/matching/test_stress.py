"""Everybody at once on a few rows: no deadlock, no overbooking, and a queue that settles."""

import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from random import Random

from django.core.exceptions import ValidationError

from accounts.models import User
from catalogue.vocabulary import Kind
from matching import relays, scanning, services, sweeps
from matching.lifecycle import ARROWS, NotPossible, Reason
from matching.models import Decision, Match
from needs import services as needs
from needs.models import Need
from offers import services as offers
from offers.models import Offer
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.matching import invariants

SECONDS = 4.0
DECISIONS = {
    "propose": False,
    "dismiss": True,
    "accept": False,
    "decline": True,
    "confirm": False,
    "refuse": True,
    "cancel": True,
    "break_off": True,
}
REFUSALS = (NotPossible, relays.NotWhole, ValidationError)


def in_turn(*, by: User, now: datetime) -> None:
    """Half of the days of some household with one host, the other half with another."""
    need = Need.objects.filter(kind=Kind.HOUSING).order_by("?")[0]
    homes = Offer.objects.filter(kind=Kind.HOUSING).order_by("?")[:2]
    half = need.first_day + (need.last_day - need.first_day) // 2
    days = ((need.first_day, half), (half + timedelta(days=1), need.last_day))
    parts = [relays.Wanted(home.pk, home.revision, *some) for home, some in zip(homes, days, strict=True)]
    relays.propose(need_id=need.pk, need_revision=need.revision, parts=parts, by=by, now=now)


def one_of_everything(random: Random, desk: User, done: Counter[str]) -> None:
    """Do whatever comes, on whatever row, until the time is up; only refusals are expected."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        # A clock that runs, so that deadlines pass and stays begin while others decide.
        now = NOW + timedelta(hours=random.randint(0, 90))
        match, state = Match.objects.order_by("?").values_list("pk", "state").first()
        offer = random.choice(Offer.objects.values_list("pk", flat=True))
        need = random.choice(Need.objects.values_list("pk", flat=True))
        by = {"by": desk, "now": now}
        on_match = {
            act: partial(
                getattr(services, act), match_id=match, **by, **({"reason": Reason.OTHER} if why else {})
            )
            for act, why in DECISIONS.items()
        }
        scans = [
            ("scan needs", partial(scanning.scan_due_needs, by=None, now=NOW)),
            ("scan offers", partial(scanning.scan_due_offers, by=None, now=NOW)),
        ]
        on_anything = {
            "relay": partial(in_turn, **by),
            "lapse": partial(sweeps.lapse_unanswered, by=None, now=now),
            "start": partial(sweeps.start_due, by=None, now=now),
            "orphans": partial(sweeps.cancel_orphans, by=None, now=now),
            "set aside": partial(scanning.set_suspended_aside, by=None, now=NOW),
            "pause": partial(offers.pause, offer_id=offer, **by),
            "resume": partial(offers.resume, offer_id=offer, **by),
            "capacity": partial(
                offers.change, offer_id=offer, fields={"capacity": random.randint(3, 9)}, windows=None, **by
            ),
            "reach": partial(
                needs.change,
                need_id=need,
                fields={"reach_km": float(random.randint(5, 9))},
                today=NOW.date(),
                **by,
            ),
        }
        possible = [act for at, act in ARROWS if at == state and act in on_match]
        if possible and random.random() < 0.6:
            name, call = (act := str(random.choice(possible))), on_match[act]
        else:
            name, call = random.choice([*on_match.items(), *4 * scans, *2 * list(on_anything.items())])
        try:
            call()
        except REFUSALS:
            done[f"{name}, refused"] += 1
        else:
            done[name] += 1


def test_everybody_at_once(transactional_db, city, coordinator, at_once):
    for kind in (Kind.HOUSING, Kind.GOODS):
        for _ in range(3):
            due_offer(city=city, kind=kind, capacity=6)
            due_need(city=city, kind=kind)
    drain()
    done: Counter[str] = Counter()
    workers = [partial(one_of_everything, Random(number), coordinator, done) for number in range(12)]
    answers = at_once(*workers)

    # A deadlock would be an OperationalError here.
    assert [answer for answer in answers if answer is not None] == []
    invariants.check()
    drain(NOW)
    invariants.check(settled=True)
    # And it was no idle hour.
    assert {"propose", "scan needs", "scan offers"} <= set(done), done
    assert Decision.objects.count() > 5, done


def test_two_schedulers_and_two_desks_never_wait_in_a_circle(transactional_db, city, coordinator, at_once):
    """Late matches that share their offers and needs crosswise, lapsed by two workers while others propose again."""
    for _ in range(4):
        due_offer(city=city, kind=Kind.GOODS, capacity=8)
        due_need(city=city, kind=Kind.GOODS, quantity=8)
    # Beyond the last day on which an answer is of use: of a citizen's questions, one is asked and the others wait.
    late = NOW + timedelta(days=60)
    for _ in range(2):
        drain()
        for match in Match.objects.filter(state="suggested").order_by("?"):
            Match.objects.filter(pk=match.pk).update(quantity=2)
            services.propose(match_id=match.pk, by=coordinator, now=NOW)
        proposed = list(Match.objects.filter(state="proposed"))
        assert len(proposed) == 16
        lapse = partial(sweeps.lapse_unanswered, by=None, now=late)
        declining = [
            partial(services.decline, match_id=match.pk, by=match.offer.owner, now=NOW, reason=Reason.OTHER)
            for match in proposed[::4]
        ]
        answers = at_once(lapse, lapse, *declining, lapse)
        assert not [a for a in answers if isinstance(a, Exception) and not isinstance(a, NotPossible)], (
            answers
        )
        assert not Match.objects.filter(state="proposed").exists()
        # Declined pairs come back as well, since the citizens' offers have changed.
        for offer in Offer.objects.all():
            offers.change(
                offer_id=offer.pk,
                fields={"reach_km": offer.reach_km + 1},
                windows=None,
                by=offer.owner,
                now=NOW,
            )
