"""`acts` names what would be accepted from this reader now: each that it names succeeds, each other one is refused."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from matching import services
from matching.forms import REASONS
from matching.lifecycle import ARROWS, Act
from matching.models import Match
from matching.services import BY_HAND
from needs.models import Need
from notifications.models import Preference
from offers.models import Offer

pytestmark = pytest.mark.django_db
BY_API = [
    *(act for act in Act if act in BY_HAND and act != Act.COMPLETE),
    *(Act.ASK_LONGER, Act.STAY_LONGER, Act.NOT_LONGER, Act.SHORTEN, Act.HAND_OVER),
]
TODAY = {"first_day": timezone.localdate(), "last_day": timezone.localdate() + timedelta(days=14)}


def body(act, match):
    said = {"reason": REASONS[act][0].value} if act in REASONS else {}
    if act == Act.ASK_LONGER:
        said["until"] = str(match.last_day + timedelta(days=1))
    if act == Act.SHORTEN:
        said["last_day"] = str(max(match.first_day, match.last_day - timedelta(days=1)))
    if act == Act.HAND_OVER:
        said["quantity"] = match.quantity
    return said


def accepted(program, match, acts=BY_API):
    """Those of the acts that succeed, each tried from where it stands; the table knows no other from there."""
    found = set()
    for act in acts:
        if (match.state, act) not in ARROWS:
            continue
        with transaction.atomic():
            answer = program.post(f"matches/{match.pk}/{act}/", body(act, match))
            transaction.set_rollback(True)
        assert answer.status_code in (200, 403, 404, 409), answer.content
        if answer.status_code == 200:
            found.add(act.value)
    return found


def told(program, match):
    answer = program.get(f"matches/{match.pk}/")
    return set(answer.json()["acts"]) if answer.status_code == 200 else set()


@pytest.mark.parametrize(
    ("upto", "kind"),
    [
        *((upto, "housing") for upto in ("suggested", "proposed", "accepted", "confirmed", "under_way")),
        ("confirmed", "goods"),
    ],
)
def test_each_that_is_listed_succeeds_and_no_other(matched, citizen, member, coordinator, upto, kind):
    match = matched("confirmed" if upto == "under_way" else upto, need=TODAY, kind=kind)
    if upto == "under_way":
        services.start(match_id=match.pk, by=coordinator.user, now=timezone.now())
    match = Match.objects.get(pk=match.pk)
    for program in (citizen, member, coordinator):
        assert told(program, match) == accepted(program, match)
    assert told(coordinator, match)


def before_its_day(match):
    later = timezone.localdate() + timedelta(days=3)
    Match.objects.filter(pk=match.pk).update(first_day=later)


def withdrawn(match):
    Need.objects.filter(pk=match.need_id).update(state="withdrawn")


def not_visited(match):
    Offer.objects.filter(pk=match.offer_id).update(vetted_at=None, vetted_by=None)


def host_pauses(match):
    until = timezone.localdate() + timedelta(days=9)
    Preference.objects.update_or_create(person=match.offer.owner, defaults={"paused_until": until})


def suspended(match):
    match.need.organisation.state = "suspended"
    match.need.organisation.save(update_fields=["state"])


def over(match):
    past = timezone.localdate() - timedelta(days=2)
    Match.objects.filter(pk=match.pk).update(first_day=past - timedelta(days=3), last_day=past)


def asked_until(coordinator, match):
    """The host is asked for a day more."""
    answer = coordinator.post(f"matches/{match.pk}/ask_longer/", body(Act.ASK_LONGER, match))
    assert answer.status_code == 200, answer.content


def needs_no_more_days(match):
    Need.objects.filter(pk=match.need_id).update(last_day=match.last_day)


def takes_nobody(match):
    Offer.objects.filter(pk=match.offer_id).update(reach_km=0, latitude=43.3, longitude=5.4, revision=99)


@pytest.mark.parametrize("happens", [needs_no_more_days, takes_nobody])
def test_going_on_is_listed_as_long_as_it_would_be_taken(matched, citizen, coordinator, happens):
    match = matched("confirmed", need=TODAY)
    services.start(match_id=match.pk, by=coordinator.user, now=timezone.now())
    Need.objects.filter(pk=match.need_id).update(last_day=match.last_day + timedelta(days=9))
    asked_until(coordinator, match)
    match = Match.objects.get(pk=match.pk)
    assert "stay_longer" in told(citizen, match)
    happens(match)
    assert "stay_longer" not in told(citizen, match)
    assert not accepted(citizen, match, [Act.STAY_LONGER])


@pytest.mark.parametrize(
    ("upto", "happens", "act"),
    [
        ("suggested", not_visited, "propose"),
        ("suggested", host_pauses, "propose"),
        ("suggested", withdrawn, "propose"),
        ("suggested", suspended, "propose"),
        ("proposed", withdrawn, "accept"),
        ("proposed", suspended, "accept"),
        ("accepted", withdrawn, "confirm"),
        ("accepted", over, "confirm"),
        ("confirmed", before_its_day, "start"),
        ("confirmed", withdrawn, "ask_longer"),
        ("confirmed", host_pauses, "ask_longer"),
    ],
)
def test_what_stands_in_the_way_takes_it_from_the_list(matched, coordinator, upto, happens, act):
    match = matched(upto, need=TODAY)
    assert act in told(coordinator, match)
    happens(match)
    match = Match.objects.get(pk=match.pk)
    assert act not in told(coordinator, match)
    assert not accepted(coordinator, match, [Act(act)])
