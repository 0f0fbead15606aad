"""What two people, or one person on two devices, do in the same moment: one comes first, and the other reads so."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from matching import held_back, links, services, sweeps
from matching.lifecycle import NotPossible, Reason
from matching.models import Decision, Hold, Match
from needs import services as needs
from notifications.models import Message
from offers import services as offers
from tests.factories.matching import NOW, story

TURNS = range(4)  # who comes first is the machine's to say

pytestmark = pytest.mark.usefixtures("transactional_db")


def lead(it, state, now=NOW):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    if state in ("accepted", "confirmed"):
        services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    if state == "confirmed":
        services.confirm(match_id=it.match.pk, by=it.member, now=now)


def decided(it, act):
    return Decision.objects.filter(match=it.match, act=act).count()


def take_back(it, side):
    if side == "offer":
        return offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=NOW)
    return needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW)


STEPS = {
    "proposed": lambda it: services.accept(match_id=it.match.pk, by=it.citizen, now=NOW),
    "accepted": lambda it: services.confirm(match_id=it.match.pk, by=it.member, now=NOW),
}


@pytest.mark.parametrize("side", ["offer", "need"])
@pytest.mark.parametrize("state", STEPS)
def test_a_yes_and_a_withdrawal_leave_nothing_held(at_once, state, side):
    """The yes comes too late, or is called off with all that it had brought; everybody is told, once."""
    for _ in TURNS:
        it = story()
        lead(it, state)
        said, taken = at_once(partial(STEPS[state], it), partial(take_back, it, side))
        if isinstance(taken, ValidationError):
            # The confirmation was first, and a need that is met is not taken back: the stay is called off instead.
            assert (state, side, it.state) == ("accepted", "need", "confirmed")
            continue
        assert taken.state == "withdrawn"
        assert isinstance(said, Match) or said.why == "closed", said
        assert sweeps.cancel_orphans(by=None, now=NOW) == 1
        assert it.state == "cancelled"
        assert not Hold.objects.filter(match=it.match).exists()
        told = Message.objects.filter(event="match_cancelled", subject_key=f"match:{it.match.pk}")
        assert sorted(told.values_list("recipient", flat=True)) == sorted(
            [it.citizen.pk, it.member.pk, it.coordinator.pk]
        )


def answer(path, **said):
    return Client().post(path, said, follow=True).content.decode()


@pytest.mark.parametrize(
    ("state", "who", "yes"), [("proposed", "citizen", "accept"), ("accepted", "member", "confirm")]
)
def test_the_same_yes_from_two_devices_is_one(at_once, state, who, yes):
    it, before = story(now=timezone.now()), Message.objects.count
    lead(it, state, timezone.now())
    path = links.answer_path(it.match, getattr(it, who))
    told = before()
    pages = at_once(*[partial(answer, path, answer=yes)] * 2)
    assert all(isinstance(page, str) for page in pages), pages
    assert decided(it, yes) == 1
    # The association; or each side the other's contact.
    assert before() - told == (1 if yes == "accept" else 2)


@pytest.mark.parametrize(
    ("state", "who", "yes", "no"),
    [("proposed", "citizen", "accept", "decline"), ("accepted", "member", "confirm", "refuse")],
)
def test_a_yes_and_a_no_from_two_devices_are_one_answer(at_once, state, who, yes, no):
    for _ in TURNS:
        it = story(now=timezone.now())
        lead(it, state, timezone.now())
        path = links.answer_path(it.match, getattr(it, who))
        pages = at_once(partial(answer, path, answer=yes), partial(answer, path, answer=no, reason="other"))
        assert all(isinstance(page, str) for page in pages), pages
        assert decided(it, yes) + decided(it, no) == 1
        assert it.state in {"accepted", "confirmed"} if decided(it, yes) else {"declined", "refused"}
        assert Hold.objects.filter(match=it.match).exists() == bool(decided(it, yes))


def test_asking_whether_it_still_holds_and_calling_it_off_leave_no_question(at_once):
    for _ in TURNS:
        it = story()
        lead(it, "confirmed")
        later = NOW + timedelta(days=8)
        asked, ended = at_once(
            partial(sweeps.remind_unanswered, by=None, now=later),
            partial(services.cancel, match_id=it.match.pk, by=it.citizen, now=later, reason=Reason.OTHER),
        )
        assert (it.state, ended.state) == ("cancelled", "cancelled")
        assert asked in (0, 1)
        assert not Message.objects.with_reason().filter(event="match_still_holds").exists()
        assert held_back.tell_of_silence(by=None, now=later + timedelta(days=2)) == 0


def test_the_same_answer_that_it_still_holds_from_two_devices_is_one(at_once):
    it = story()
    lead(it, "confirmed")
    Match.objects.filter(pk=it.match.pk).update(confirm_by=NOW + timedelta(days=9))
    say = partial(services.reconfirm, match_id=it.match.pk, by=it.member, now=NOW)
    said = at_once(say, say)
    assert sorted(type(one).__name__ for one in said) == ["Match", "NotPossible"]
    assert decided(it, "reconfirm") == 1


def test_a_lapse_and_a_withdrawal_end_it_once(at_once):
    for _ in TURNS:
        it = story()
        lead(it, "proposed")
        late = NOW + timedelta(days=4)
        lapsed, ended = at_once(
            partial(sweeps.lapse_unanswered, by=None, now=late),
            partial(services.cancel, match_id=it.match.pk, by=it.coordinator, now=late, reason=Reason.OTHER),
        )
        assert (lapsed == 1) == isinstance(ended, NotPossible)
        assert decided(it, "lapse") + decided(it, "cancel") == 1
        assert not Hold.objects.filter(match=it.match).exists()
