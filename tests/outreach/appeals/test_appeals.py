"""An appeal asks those near by who agreed to be asked, some at a time, until nothing is missing."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts import services as accounts
from accounts.models import Role
from catalogue.vocabulary import Kind
from matching import services as matching
from matching.lifecycle import Reason
from matching.models import Match
from needs import services as needs_written
from needs.models import NeedState
from notifications.models import Message, MessageState, Preference
from notifications.reasons import has_reason
from outreach.appeals import selectors, services
from outreach.appeals.models import Appeal, Asked
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def city():
    return CityFactory(name="Strasbourg", quiet_from=time(21), quiet_until=time(8))


@pytest.fixture
def writer(city):
    return CityRoleFactory(city=city).user


@pytest.fixture
def sender(city):
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def need(city):
    return due_need(city=city, now=NOW)


@pytest.fixture
def citizen(city):
    """Somebody with an offer of something else, so many `km` to the north of the needs, who `agrees` to be asked."""

    def make(*, km=0.0, agrees=True, **fields):
        person = UserFactory(**fields)
        offer = OfferFactory(city=city, owner=person, goods=True)
        type(offer).objects.filter(pk=offer.pk).update(latitude=offer.latitude + km / 111.2)
        if agrees:
            accounts.agree_to_appeals(user=person, by=person, now=NOW)
        return person

    return make


@pytest.fixture
def draft(city, writer, need):
    def draft(*needs, wanted=1, reach_km=10, words=None):
        return services.draft(
            city=city,
            needs=needs or [need],
            words=words or {},
            wanted=wanted,
            reach_km=reach_km,
            by=writer,
            now=NOW,
        )

    return draft


@pytest.fixture
def sent(draft, sender):
    def sent(*needs, now=NOW, **options):
        appeal = services.send(appeal_id=draft(*needs, **options).pk, edits=0, by=sender, now=now)
        ask(now)
        appeal.refresh_from_db()
        return appeal

    return sent


def ask(now):
    while services.ask(by=None, now=now):
        pass


def asked(appeal):
    return list(Asked.objects.filter(appeal=appeal).order_by("pk").values_list("person", flat=True))


def told(appeal):
    return set(Message.objects.filter(event="appeal").values_list("recipient", flat=True))


def stands():
    """Whether what waits to be sent still is to be."""
    return Message.objects.filter(event="appeal").annotate(stands=has_reason()).first().stands


def answer(city, need, *, now, **fields):
    return OfferFactory(city=city, answers_need=need.reference, vetted=True, created_at=now, **fields)


# --- Who is asked --------------------------------------------------------------------------------------


def test_who_agreed_and_lives_near_is_asked_and_nobody_else(citizen, sent, city):
    near = citizen(km=9)
    citizen(km=11)
    citizen(agrees=False)
    accounts.agree_to_appeals(user=(stranger := UserFactory()), by=stranger, now=NOW)  # no offer in this town
    appeal = sent()
    assert asked(appeal) == [near.pk]
    assert told(appeal) == {near.pk}


def test_who_took_the_agreement_back_or_has_paused_is_not_asked(citizen, sent):
    back, pauses = citizen(), citizen()
    services.refuse(person=back, now=NOW)
    Preference.objects.create(person=pauses, paused_until=NOW.date() + timedelta(days=3))
    assert asked(sent()) == []


def test_those_whom_no_appeal_has_asked_come_first_then_the_nearest(citizen, sent, draft):
    near, nearer = citizen(km=5), citizen(km=1)
    first = sent()
    assert set(asked(first)) == {near.pk, nearer.pk}
    newcomer = citizen(km=8)
    assert selectors.to_ask(draft(), now=NOW + HOUR) == [newcomer.pk, nearer.pk, near.pk]


def test_everybody_is_asked_once_by_an_appeal(citizen, sent):
    people = [citizen() for _ in range(3)]
    appeal = sent()
    ask(NOW + 4 * HOUR)
    ask(NOW + 8 * HOUR)
    assert sorted(asked(appeal)) == [person.pk for person in people]
    with pytest.raises(IntegrityError), transaction.atomic():
        Asked.objects.create(appeal=appeal, person=people[0], at=NOW)


# --- How many at a time --------------------------------------------------------------------------------


def test_fifteen_are_asked_for_one_offer_and_more_if_few_say_yes(citizen, sent):
    for _ in range(40):
        citizen()
    appeal = sent()
    assert len(asked(appeal)) == 15
    ask(NOW + 2 * HOUR)
    assert len(asked(appeal)) == 15, "answers take their time"
    ask(NOW + 3 * HOUR)
    assert len(asked(appeal)) == 15 + 25, "fifteen silent ones: one of thirty says yes, as far as is known"


def test_an_answer_halts_it_and_a_no_sets_it_going_again(citizen, sent, city, need):
    for _ in range(40):
        citizen()
    appeal = sent()
    offer = answer(city, need, now=NOW + HOUR, scan_due_at=NOW, capacity=3, owner=UserFactory())
    ask(NOW + 3 * HOUR)
    assert len(asked(appeal)) == 15
    drain(NOW + 3 * HOUR)
    match = Match.objects.get(offer=offer, need=need)
    matching.dismiss(match_id=match.pk, by=appeal.drafted_by, now=NOW + 4 * HOUR, reason=Reason.NOT_SUITABLE)
    ask(NOW + 7 * HOUR)
    assert len(asked(appeal)) > 15


def test_while_each_need_has_somebody_who_is_asked_nobody_more_is(citizen, sent, city, need):
    appeal = sent(reach_km=1)  # nobody yet
    assert appeal.ended == Appeal.Ended.NOBODY_LEFT
    due_offer(city=city, now=NOW)
    drain(NOW)
    match = Match.objects.get(need=need)
    matching.propose(match_id=match.pk, by=appeal.drafted_by, now=NOW)
    citizen()
    assert asked(sent()) == []


@pytest.mark.parametrize(
    ("missing", "came", "so_far", "size"),
    [(1, 0, 0, 15), (1, 2, 20, 12), (100, 0, 0, 200), (1, 15, 15, 10)],
    ids=["to begin with", "as they answer", "never more than two hundred", "never fewer than ten"],
)
def test_the_next_ones_are_as_many_as_it_takes(sent, city, need, citizen, missing, came, so_far, size):
    appeal = sent(wanted=missing + came)
    Asked.objects.bulk_create([Asked(appeal=appeal, person=UserFactory(), at=NOW) for _ in range(so_far)])
    for _ in range(came):
        answer(city, need, now=NOW)
    assert selectors.how_many_more(appeal) == size


def test_a_need_of_which_a_part_is_confirmed_is_still_asked_for(citizen, sent, city):
    partly = due_need(city=city, now=NOW, kind=Kind.GOODS, quantity=10)
    given = due_offer(city=city, now=NOW, kind=Kind.GOODS, capacity=4)
    drain(NOW)
    match = Match.objects.get(need=partly, offer=given)
    matching.propose(match_id=match.pk, by=(by := CityRoleFactory(city=city).user), now=NOW)
    matching.accept(match_id=match.pk, by=given.owner, now=NOW)
    matching.confirm(match_id=match.pk, by=by, now=NOW)
    person = citizen()
    assert person.pk in asked(sent(partly))


def test_what_came_for_one_need_serves_no_other(citizen, sent, city, need, writer):
    other = due_need(city=city, now=NOW)
    appeal = sent(need, other, wanted=2)
    for _ in range(2):
        answer(city, need, now=NOW + HOUR)
    assert not selectors.how_many_more(appeal)
    needs_written.withdraw(need_id=need.pk, by=writer, now=NOW + HOUR)
    assert selectors.how_many_more(appeal) >= 10


def test_who_sends_it_has_read_its_last_words(draft, sender, city):
    appeal = draft()
    third = CityRoleFactory(city=city).user
    services.rewrite(appeal_id=appeal.pk, words={"fr": "Autre"}, wanted=1, reach_km=10, by=third, now=NOW)
    with pytest.raises(services.CannotSend, match="changed"):
        services.send(appeal_id=appeal.pk, edits=0, by=sender, now=NOW)
    assert services.send(appeal_id=appeal.pk, edits=1, by=sender, now=NOW).goes_on


# --- Its end -------------------------------------------------------------------------------------------


def test_it_ends_when_its_needs_are_met_or_closed_and_what_waits_is_not_sent(citizen, sent, need, writer):
    citizen()
    appeal = sent()
    assert stands()
    needs_written.withdraw(need_id=need.pk, by=writer, now=NOW + HOUR)
    assert need.__class__.objects.get(pk=need.pk).state == NeedState.WITHDRAWN
    ask(NOW + 4 * HOUR)
    appeal.refresh_from_db()
    assert (appeal.ended, appeal.next_at) == (Appeal.Ended.MET, None)
    assert not stands()


def test_it_ends_when_nobody_is_left_to_ask(citizen, sent):
    citizen()
    appeal = sent()
    assert appeal.goes_on
    ask(NOW + 4 * HOUR)
    appeal.refresh_from_db()
    assert appeal.ended == Appeal.Ended.NOBODY_LEFT


def test_the_team_stops_it(citizen, sent, sender):
    for _ in range(20):
        citizen()
    appeal = sent()
    services.stop(appeal_id=appeal.pk, by=sender, now=NOW + HOUR)
    ask(NOW + 9 * HOUR)
    assert len(asked(appeal)) == 15
    assert not stands()


def test_who_takes_the_agreement_back_meanwhile_gets_nothing(citizen, sent):
    person = citizen()
    sent()
    services.refuse(person=person, now=NOW)
    assert not stands()


# --- Two persons, and the night ------------------------------------------------------------------------


def test_whoever_wrote_it_does_not_send_it(draft, writer, sender, need):
    appeal = draft()
    with pytest.raises(services.CannotSend, match="same"):
        services.send(appeal_id=appeal.pk, edits=0, by=writer, now=NOW)
    services.rewrite(appeal_id=appeal.pk, words={"fr": "Vite"}, wanted=2, reach_km=5, by=sender, now=NOW)
    with pytest.raises(services.CannotSend, match="same"):
        services.send(appeal_id=appeal.pk, edits=1, by=sender, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Appeal.objects.filter(pk=appeal.pk).update(sent_by=writer, sent_at=NOW)


def test_what_was_changed_is_kept_with_who_changed_it(draft, sender):
    appeal = draft()
    services.rewrite(appeal_id=appeal.pk, words={}, wanted=2, reach_km=5, by=sender, now=NOW)
    [edit] = appeal.edits.all()
    assert (edit.by, edit.what) == (sender, {"wanted": [1, 2], "reach_km": [10, 5]})


def test_it_leaves_once_and_not_for_closed_needs(draft, sender, sent, need, writer):
    appeal = sent()
    with pytest.raises(services.CannotSend, match="ended"):
        services.send(appeal_id=appeal.pk, edits=0, by=sender, now=NOW)
    late = draft()
    needs_written.withdraw(need_id=need.pk, by=writer, now=NOW)
    with pytest.raises(services.CannotSend, match="closed"):
        services.send(appeal_id=late.pk, edits=0, by=sender, now=NOW)


def test_at_night_nobody_is_asked_until_the_town_wakes(citizen, sent):
    citizen()
    night = NOW.replace(hour=22)
    appeal = sent(now=night)
    assert asked(appeal) == []
    assert appeal.next_at == datetime(2026, 3, 10, 7, tzinfo=UTC)  # eight in Strasbourg
    ask(appeal.next_at)
    assert len(asked(appeal)) == 1


def test_strangers_to_the_town_write_none(city, need):
    with pytest.raises(PermissionDenied):
        services.draft(city=city, needs=[need], words={}, wanted=1, reach_km=5, by=UserFactory(), now=NOW)


@pytest.mark.parametrize(
    ("field", "value"), [("wanted", 0), ("wanted", 501), ("reach_km", 0), ("reach_km", 101)]
)
def test_bounds_hold_at_every_door(draft, field, value):
    with pytest.raises(ValidationError):
        draft(**{field: value})


# --- What it says --------------------------------------------------------------------------------------


def test_it_says_what_is_missing_and_begins_an_offer_for_it(citizen, sent, need):
    citizen()
    sent(words={"fr": "Une famille arrive jeudi.", "en": "A family comes on Thursday."})
    message = Message.objects.get(event="appeal")
    assert message.title.startswith("Strasbourg cherche\u202f: ")
    assert "Une famille arrive jeudi." in message.body
    assert need.commune.name in message.body
    assert f"besoin={need.reference}" in message.action_url
    assert message.action_label == "Je peux aider"
    assert need.title not in message.body, "what the association wrote is not everybody's"


def test_each_reads_their_language(citizen, sent):
    citizen(language="ar")
    sent(words={"fr": "Bonjour à tous.", "ar": "أهلا"})
    message = Message.objects.get(event="appeal")
    assert "أهلا" in message.body
    assert "Bonjour à tous." not in message.body


def test_nobody_is_called_on_the_telephone_by_an_appeal(citizen, sent):
    person = citizen(email=None, phone="+33388000022")
    appeal = sent()
    assert asked(appeal) == [person.pk]
    assert not Message.objects.filter(event="appeal").exists()


def test_goods_that_came_count_until_somebody_says_no(sent, city, need):
    appeal = sent()
    answer(city, need, now=NOW + HOUR)
    withdrawn = answer(city, need, now=NOW + HOUR)
    type(withdrawn).objects.filter(pk=withdrawn.pk).update(state="withdrawn")
    answer(city, need, now=NOW - HOUR)  # before it left
    assert selectors.came(appeal).count() == 1


def test_messages_wait_for_the_week_of_whoever_has_had_enough(citizen, sent, city):
    city.messages_a_week = 1
    city.save(update_fields=["messages_a_week"])
    citizen()
    sent()
    ask(NOW + 3 * HOUR)
    assert Message.objects.get(event="appeal").state == MessageState.QUEUED
    sent()
    assert sorted(Message.objects.filter(event="appeal").values_list("state", flat=True)) == [
        "held",
        "queued",
    ]
