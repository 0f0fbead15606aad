"""A question that nobody opens goes on by the next channel, and ends where it is answered."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from catalogue.vocabulary import Urgency
from cities.days import waking_hour
from matching import links, services, telling
from matching.lifecycle import Reason
from needs.models import Need
from notifications import pursuit
from notifications.events import Priority
from notifications.models import Message, MessageState
from notifications.services import Text, alert
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, story

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MOBILES = (f"+3361234{number:04d}" for number in itertools.count(1000))


@pytest.fixture(params=[False, True], ids=["without SMS", "with SMS"])
def has_sms(request, settings):
    settings.SMS_GATEWAY = "http" if request.param else ""
    return request.param


def asked(*, tonight=False, has_phone=True, now=NOW, city=None):
    """A citizen whom a mail asks, as the worker has sent it."""
    it = story(now=now, city=city, offer={"owner": UserFactory(phone=next(MOBILES) if has_phone else None)})
    if tonight:
        Need.objects.filter(pk=it.match.need_id).update(urgency=Urgency.TONIGHT)
        it.match.need.refresh_from_db()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    sent(questions(it).get(), now=now)
    return it


def questions(it):
    return Message.objects.filter(recipient=it.citizen, event="match_question").order_by("pk")


def sent(message, *, now=NOW, state=MessageState.SENT):
    message.state, message.claimed_at = state, now
    message.sent_at = now if state == MessageState.SENT else None
    message.save(update_fields=["state", "claimed_at", "sent_at"])


def channels(it):
    return list(questions(it).values_list("channel", flat=True))


def pursue(now):
    return pursuit.pursue(by=None, now=now)


def test_by_mail_then_by_sms_then_by_a_call(has_sms):
    it = asked()
    assert pursue(NOW + 6 * HOUR - MINUTE) == 0
    assert pursue(NOW + 6 * HOUR) == 1
    if has_sms:
        assert channels(it) == ["email", "sms"]
        sent(questions(it).last(), now=NOW + 6 * HOUR)
        # In the evening: who is not there at nine is called in the morning.
        assert pursue(NOW + 12 * HOUR) == 1
    assert channels(it)[-1] == "call"
    last = questions(it).last()
    assert (last.body, last.priority) == (questions(it).first().body, Priority.ASK)
    assert pursue(NOW + 48 * HOUR) == 0


def test_for_tonight_ten_minutes_are_enough(settings):
    settings.SMS_GATEWAY = "http"
    it = asked(tonight=True)
    assert pursue(NOW + 9 * MINUTE) == 0
    assert pursue(NOW + 10 * MINUTE) == 1
    sent(questions(it).last(), now=NOW + 10 * MINUTE)
    assert pursue(NOW + 19 * MINUTE) == 0
    assert pursue(NOW + 20 * MINUTE) == 1
    assert channels(it) == ["email", "sms", "call"]


def test_what_its_channel_cannot_take_tonight_goes_by_another(settings):
    settings.SMS_GATEWAY = "http"
    it = asked(tonight=True)
    Message.objects.filter(pk=questions(it).get().pk).update(
        state=MessageState.QUEUED, sent_at=None, claimed_at=None
    )
    assert pursue(NOW + 9 * MINUTE) == 0
    assert pursue(NOW + 10 * MINUTE) == 1
    assert channels(it) == ["email", "sms"]


def test_what_waits_for_its_channel_by_day_goes_on_waiting():
    it = asked()
    Message.objects.filter(pk=questions(it).get().pk).update(
        state=MessageState.QUEUED, sent_at=None, claimed_at=None
    )
    assert pursue(NOW + 24 * HOUR) == 0
    assert channels(it) == ["email"]


def test_what_was_refused_goes_on_at_once(has_sms):
    it = asked()
    sent(questions(it).get(), state=MessageState.FAILED)
    assert pursue(NOW) == 1
    assert channels(it) == ["email", "sms" if has_sms else "call"]


@pytest.mark.parametrize(
    "answered",
    [
        lambda it: services.accept(match_id=it.match.pk, by=it.citizen, now=NOW),
        lambda it: services.decline(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.OTHER),
        lambda it: services.cancel(
            match_id=it.match.pk, by=it.coordinator, now=NOW, reason=Reason.OTHER_SOLUTION
        ),
    ],
)
def test_who_has_answered_is_left_alone(answered):
    it = asked()
    answered(it)
    assert pursue(NOW + 6 * HOUR) == 0


def test_who_has_opened_it_has_it_before_them():
    it = asked()
    telling.note_opened(it.match, it.citizen, by=it.citizen, now=NOW + HOUR)
    opened = questions(it).get()
    assert (opened.state, opened.opened_at) == (MessageState.OPENED, NOW + HOUR)
    assert pursue(NOW + 24 * HOUR) == 0


def test_tonight_to_have_opened_it_is_no_answer():
    it = asked(tonight=True)
    telling.note_opened(it.match, it.citizen, by=it.citizen, now=NOW + 2 * MINUTE)
    assert questions(it).get().state == MessageState.OPENED
    assert pursue(NOW + 10 * MINUTE) == 1


def test_a_machine_that_follows_links_has_read_nothing():
    it = asked()
    telling.note_opened(it.match, it.citizen, by=it.citizen, now=NOW + timedelta(seconds=59))
    assert questions(it).get().state == MessageState.SENT


def test_the_desk_that_opens_it_on_the_phone_has_not_read_it_for_them():
    it = asked()
    telling.note_opened(it.match, it.citizen, by=it.coordinator, now=NOW + HOUR)
    assert questions(it).get().state == MessageState.SENT


def test_the_page_of_the_question_notes_it(client):
    now = timezone.now()
    it = asked(city=CityFactory(awake=True), now=now - HOUR)
    assert client.get(links.answer_path(it.match, it.citizen)).status_code == 200
    assert questions(it).get().state == MessageState.OPENED


@pytest.fixture
def association():
    """Two members of an association with numbers, whom a mail asks to confirm."""
    it = asked()
    other = MembershipFactory(organisation=it.match.need.organisation, user__phone=next(MOBILES)).user
    User.objects.filter(pk=it.member.pk).update(phone=next(MOBILES))
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    for message in confirmations():
        sent(message)
    return it, other


def confirmations():
    return Message.objects.filter(event="match_accepted").order_by("pk")


def test_of_an_association_one_member_is_called(association):
    assert confirmations().count() == 2
    assert pursue(NOW + 6 * HOUR) == 1
    assert [message.channel for message in confirmations()] == ["email", "email", "call"]
    assert pursue(NOW + 24 * HOUR) == 0


def test_that_one_member_has_read_it_is_enough(association):
    it, other = association
    it.match.refresh_from_db()
    telling.note_opened(it.match, other, by=other, now=NOW + HOUR)
    assert pursue(NOW + 24 * HOUR) == 0


def test_without_a_number_there_is_nobody_to_call():
    it = asked(has_phone=False)
    assert pursue(NOW + 48 * HOUR) == 0
    assert channels(it) == ["email"]


def test_at_night_only_what_decides_it_rings(settings):
    settings.SMS_GATEWAY = "http"
    evening = datetime(2026, 3, 9, 20, 30, tzinfo=UTC)  # half past nine in Strasbourg
    planned, tonight = asked(now=evening - 6 * HOUR), asked(tonight=True, now=evening - HOUR)
    assert pursue(evening) == 2
    assert questions(tonight).last().due_at == evening
    assert questions(planned).last().due_at == datetime(2026, 3, 10, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "moment", "wakes"),
    [
        ("Europe/Paris", datetime(2026, 3, 9, 11, tzinfo=UTC), datetime(2026, 3, 9, 11, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 9, 20, tzinfo=UTC), datetime(2026, 3, 10, 7, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 10, 6, 59, tzinfo=UTC), datetime(2026, 3, 10, 7, tzinfo=UTC)),
        # The night that has an hour less, and overseas.
        ("Europe/Paris", datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 3, 29, 6, tzinfo=UTC)),
        ("Pacific/Noumea", datetime(2026, 3, 9, 11, tzinfo=UTC), datetime(2026, 3, 9, 21, tzinfo=UTC)),
        ("America/Martinique", datetime(2026, 3, 9, 11, tzinfo=UTC), datetime(2026, 3, 9, 12, tzinfo=UTC)),
    ],
)
def test_the_hours_are_the_town_s(zone, moment, wakes):
    town = CityFactory.build(timezone=zone)
    assert waking_hour(moment, town, town.quiet_until, town.quiet_from) == wakes


def test_those_whom_nothing_else_reaches_keep_nobody_waiting(monkeypatch):
    monkeypatch.setattr(pursuit, "AT_ONCE", 2)
    for _ in range(5):
        asked(has_phone=False)
    it = asked()
    turns = [pursue(NOW + 6 * HOUR + minute * MINUTE) for minute in range(4)]
    assert sum(turns) == 1
    assert channels(it) == ["email", "call"]


def test_two_sweeps_at_once_go_on_once(transactional_db, at_once):
    it = asked()
    assert sum(at_once(*[lambda: pursue(NOW + 6 * HOUR)] * 2)) == 1
    assert len(channels(it)) == 2


def test_an_alert_goes_by_two_channels_where_two_reach_the_person(has_sms):
    person = UserFactory(phone=next(MOBILES))
    for _ in range(2):
        alert(
            recipient=person, event="tonight_waits", subject_key="city:1:1", city=None,
            compose=lambda: Text("Ce soir", "Un besoin attend."), now=NOW,
        )  # fmt: skip
    told = list(Message.objects.filter(recipient=person).order_by("pk").values_list("channel", flat=True))
    assert told == (["email", "sms"] if has_sms else ["email"])


def test_who_has_no_machine_s_channel_is_on_the_list_of_calls():
    person = UserFactory(phone_only=True)
    alert(
        recipient=person, event="tonight_waits", subject_key="city:1:1", city=None,
        compose=lambda: Text("Ce soir", "Un besoin attend."), now=NOW,
    )  # fmt: skip
    assert Message.objects.get(recipient=person).channel == "call"
