"""A question that none of those who were told opens in time goes to the association's fallback person as well."""

import itertools
from datetime import timedelta

import pytest

from accounts import services as accounts
from accounts.models import Membership, Organisation, PhoneProof, User
from catalogue.vocabulary import Urgency
from matching import services, telling
from matching.models import Match
from needs.models import Need
from notifications import pursuit
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import NOW, story

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EVENT = "match_accepted"
MOBILES = (f"+3361235{number:04d}" for number in itertools.count(1000))


class Asked:
    """An association of three, of whom one is told, one stands in and one neither; a citizen has said yes."""

    def __init__(self, *, tonight=False, told=1, phone=None):
        self.it = story()
        need = self.it.match.need
        if tonight:
            Need.objects.filter(pk=need.pk).update(urgency=Urgency.TONIGHT)
        self.organisation = need.organisation
        if phone:
            member = self.it.member
            accounts.prove_phone(user=member, phone=phone, how=PhoneProof.SMS, by=member, now=NOW)
        self.told = [self.it.member, *(self.joins() for _more in range(told - 1))]
        self.fallback = self.joins(is_told=False, is_fallback=True, user__language="en")
        self.other = self.joins(is_told=False)
        services.propose(match_id=self.it.match.pk, by=self.it.coordinator, now=NOW)
        services.accept(match_id=self.it.match.pk, by=self.it.citizen, now=NOW)
        for message in questions():
            left(message)

    def joins(self, **fields):
        return MembershipFactory(organisation=self.organisation, **fields).user


def questions(*people):
    found = Message.objects.filter(event=EVENT).order_by("pk")
    return found.filter(recipient__in=people) if people else found


def left(message, *, now=NOW, state=MessageState.SENT):
    message.state, message.claimed_at = state, None if state == MessageState.QUEUED else now
    message.sent_at = now if state == MessageState.SENT else None
    message.save(update_fields=["state", "claimed_at", "sent_at"])


def pursue(now):
    return pursuit.pursue(by=None, now=now)


def recipients():
    return [message.recipient for message in questions()]


def test_only_those_who_are_told_are_asked():
    asked = Asked(told=2)
    assert recipients() == asked.told


def test_what_nobody_opens_goes_to_the_fallback_person_once():
    asked = Asked()
    assert pursue(NOW + 6 * HOUR - MINUTE) == 0
    assert pursue(NOW + 6 * HOUR) == 1
    message = questions(asked.fallback).get()
    assert (message.channel, message.language, message.priority) == ("email", "en", Priority.ASK)
    assert pursue(NOW + 7 * HOUR) == 0
    assert questions(asked.other).count() == 0


def test_it_goes_before_anybody_is_called():
    asked = Asked(phone=next(MOBILES))
    assert pursue(NOW + 6 * HOUR) == 1
    assert [(message.recipient, message.channel) for message in questions()] == [
        (asked.told[0], "email"),
        (asked.fallback, "email"),
        (asked.told[0], "call"),
    ]


def test_for_tonight_after_ten_minutes():
    asked = Asked(tonight=True)
    assert pursue(NOW + 9 * MINUTE) == 0
    assert pursue(NOW + 10 * MINUTE) == 1
    assert questions(asked.fallback).get().priority == Priority.NIGHT


@pytest.mark.parametrize("who", ["told", "fallback"])
def test_that_one_of_them_has_opened_it_ends_it(who):
    asked = Asked(told=2, phone=next(MOBILES))
    match = Match.objects.get(pk=asked.it.match.pk)
    if who == "told":
        telling.note_opened(match, asked.told[1], by=asked.told[1], now=NOW + HOUR)
        assert pursue(NOW + 6 * HOUR) == 0
        assert not questions(asked.fallback).exists()
        return
    pursue(NOW + 6 * HOUR)
    left(questions(asked.fallback).get(), now=NOW + 6 * HOUR)
    telling.note_opened(match, asked.fallback, by=asked.fallback, now=NOW + 7 * HOUR)
    assert pursue(NOW + 20 * HOUR) == 0


def test_an_answer_on_the_page_ends_it_whoever_gives_it():
    asked = Asked()
    services.confirm(match_id=asked.it.match.pk, by=asked.other, now=NOW + HOUR)
    assert pursue(NOW + 6 * HOUR) == 0
    assert not questions(asked.fallback).exists()


def test_what_somebody_has_done_is_answered_though_no_messages_go_to_them():
    asked = Asked()
    services.confirm(match_id=asked.it.match.pk, by=asked.other, now=NOW + HOUR)
    confirmed = Message.objects.filter(event="match_confirmed").exclude(recipient=asked.it.citizen)
    assert {message.recipient for message in confirmed} == {asked.told[0], asked.other}


@pytest.mark.parametrize("state", [MessageState.SENT, MessageState.QUEUED])
def test_while_another_who_was_told_has_time_nobody_stands_in(state):
    asked = Asked(told=2)
    first, second = questions()
    left(first, state=MessageState.FAILED)
    left(second, now=NOW + HOUR, state=state)
    assert pursue(NOW + 6 * HOUR) == 0
    assert not questions(asked.fallback).exists()
    left(second, now=NOW + HOUR)
    assert pursue(NOW + 7 * HOUR) == 1
    assert questions(asked.fallback).exists()


def test_whose_first_message_had_its_time_holds_nothing_up_with_the_next(settings):
    settings.SMS_GATEWAY = "http"
    asked = Asked(told=2, phone=next(MOBILES))
    first, second = questions()
    left(first, state=MessageState.FAILED)
    left(second, now=NOW + HOUR)
    assert pursue(NOW + 2 * HOUR) == 1
    left(questions(asked.told[0]).get(channel="sms"), now=NOW + 2 * HOUR)
    assert pursue(NOW + 7 * HOUR) == 1
    assert questions(asked.fallback).exists()


def test_a_refused_message_to_the_only_one_told_goes_on_at_once():
    asked = Asked()
    left(questions().get(), state=MessageState.FAILED)
    assert pursue(NOW) == 1
    assert questions(asked.fallback).exists()


@pytest.mark.parametrize(
    "gone",
    [
        lambda: Membership.objects.update(is_fallback=False),
        lambda: User.objects.filter(memberships__is_fallback=True).update(is_active=False),
        lambda: Organisation.objects.update(state=Organisation.State.SUSPENDED),
    ],
    ids=["nobody", "inactive", "suspended"],
)
def test_without_a_fallback_person_nobody_is_told(gone):
    asked = Asked()
    gone()
    assert pursue(NOW + 6 * HOUR) == 0
    assert recipients() == asked.told


def test_a_citizen_has_nobody_who_stands_in():
    it = story()
    MembershipFactory(organisation=it.match.need.organisation, is_told=False, is_fallback=True)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    left(Message.objects.get(event="match_question"))
    assert pursue(NOW + 6 * HOUR) == 0


def test_two_sweeps_at_once_tell_once(at_once):
    asked = Asked(told=2)
    assert sum(at_once(*[lambda: pursue(NOW + 6 * HOUR)] * 2)) == 1
    assert questions(asked.fallback).count() == 1
