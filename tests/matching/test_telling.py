"""Who is told of what: the table against its documentation, and each act by each of its actors on real rows."""

from datetime import timedelta

import pytest

from accounts.models import Role as TownRole
from catalogue.vocabulary import Kind
from followups import services as followups
from followups.models import Answer, FollowUp
from matching import conditions, services, sweeps, visits
from matching.lifecycle import ARROWS, Act, Reason
from matching.models import Match, MatchState
from matching.telling import NOBODY, TOLD, Side, who_did
from needs import services as needs
from notifications import delivery, reasons
from notifications import sweeps as outbox_sweeps
from notifications.channels.call.selectors import calls_to_make
from notifications.events import EVENTS, Priority
from notifications.models import Message, MessageState
from offers import asking
from offers import services as offers
from tests.conftest import ROOT
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

S = MatchState
SIDES = {"citizen": "owner", "member": "poster", "coordinator": "desk"}


def test_every_arrow_has_its_row():
    assert set(TOLD) == set(ARROWS)
    assert all(bool(told.event) == (told != NOBODY) for told in TOLD.values())


def test_the_table_is_the_one_that_is_documented():
    documented = {}
    for line in (ROOT / "docs" / "flow.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and cells[0] in MatchState.values and cells[2] not in MatchState.values:
            documented[cells[0], cells[1]] = [cell.strip("`") for cell in cells[2:]]
    assert documented == {
        (state, act): [told.event, *(getattr(getattr(told, side), "__name__", "") for side in Side)]
        for (state, act), told in TOLD.items()
    }


def test_whoever_ends_something_leaves_nobody_in_the_dark():
    """Of each end after the question was put, all three sides know: they did it, or are told, or were never asked."""
    for (before, act), told in TOLD.items():
        ends = ARROWS[before, act].to in (S.REFUSED, S.CANCELLED, S.BROKEN_OFF)
        assert not ends or (told.owner and told.poster and told.desk), (before, act)


@pytest.mark.parametrize(
    ("act", "role", "reason", "sides"),
    [
        (Act.CANCEL, "citizen", Reason.OTHER, {"owner"}),
        (Act.CANCEL, "association", Reason.OTHER, {"poster"}),
        (Act.CANCEL, "coordinator", Reason.OTHER, {"desk"}),
        (Act.CANCEL, "clock", Reason.OFFER_GONE, set()),
        (Act.CANCEL, "clock", Reason.ANSWERED_FIRST, {"poster", "desk"}),
        (Act.CANCEL, "association", Reason.ANSWERED_FIRST, {"poster"}),
        (Act.CONFIRM, "town", "", set()),
        (Act.DECLINE, "operator", Reason.NOT_FOR_ME, {"owner"}),
        (Act.DECLINE, "coordinator", Reason.NOT_FOR_ME, {"owner", "desk"}),
        (Act.DECLINE, "operator", Reason.UNREACHABLE, set()),
        (Act.DECLINE, "coordinator", Reason.UNREACHABLE, {"desk"}),
        (Act.REFUSE, "coordinator", Reason.OTHER, {"desk"}),
    ],
)
def test_who_did_an_act_knows_of_it(act, role, reason, sides):
    assert who_did(act, [role], reason=reason) == sides


# --- Each act by each actor ----------------------------------------------------------------------------


def first_day(it):
    return NOW.replace(
        year=it.match.first_day.year, month=it.match.first_day.month, day=it.match.first_day.day
    )


def lead_to(state, it):
    """By the people whose answer it is, without their messages."""
    steps = [
        ("proposed", lambda: services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)),
        ("accepted", lambda: services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)),
        ("confirmed", lambda: services.confirm(match_id=it.match.pk, by=it.member, now=NOW)),
        ("under_way", lambda: sweeps.start_due(by=None, now=first_day(it))),
    ]
    for reached, step in steps:
        if it.state == state:
            break
        step()
        assert it.state == reached
    Message.objects.all().delete()


ACTS = {
    Act.PROPOSE: services.propose,
    Act.DISMISS: services.dismiss,
    Act.ACCEPT: services.accept,
    Act.DECLINE: services.decline,
    Act.CONFIRM: services.confirm,
    Act.RECONFIRM: services.reconfirm,
    Act.REFUSE: services.refuse,
    Act.START: services.start,
    Act.CANCEL: services.cancel,
    Act.BREAK_OFF: services.break_off,
}
REASONED = {Act.DISMISS, Act.DECLINE, Act.REFUSE, Act.CANCEL, Act.BREAK_OFF}
ACTORS = {
    "citizen": "citizen",
    "member": "association",
    "coordinator": "coordinator",
    "operator": "operator",
    "nobody": "clock",
}
CASES = [
    (state, act, actor)
    for (state, act), found in ARROWS.items()
    for actor, role in ACTORS.items()
    if act in ACTS and role in found.roles
]
ASKED = {"citizen", "member", "coordinator"}
# Who then has a message, written down by hand: the rule is that nobody else who is concerned is left out.
EXPECTED = {
    (S.SUGGESTED, Act.PROPOSE): {"citizen"},
    (S.SUGGESTED, Act.DISMISS): set(),
    (S.PROPOSED, Act.ACCEPT): {"member"},
    (S.PROPOSED, Act.DECLINE): {"coordinator"},
    (S.PROPOSED, Act.CANCEL): ASKED,
    (S.ACCEPTED, Act.CONFIRM): {"citizen", "member"},
    (S.ACCEPTED, Act.REFUSE): ASKED,
    (S.ACCEPTED, Act.CANCEL): ASKED,
    (S.CONFIRMED, Act.RECONFIRM): set(),
    (S.CONFIRMED, Act.START): set(),
    (S.CONFIRMED, Act.CANCEL): ASKED,
    (S.CONFIRMED, Act.BREAK_OFF): ASKED,
    (S.UNDER_WAY, Act.BREAK_OFF): ASKED,
}  # fmt: skip


@pytest.mark.parametrize(("state", "act", "actor"), CASES)
def test_each_side_that_did_not_do_it_is_told_and_nobody_else(db, state, act, actor):
    it = story()
    people = {
        "citizen": it.citizen, "member": it.member, "coordinator": it.coordinator, "nobody": None,
        "operator": CityRoleFactory(city=it.city, role=TownRole.OPERATOR).user,
    }  # fmt: skip
    CityRoleFactory()  # of another town
    UserFactory()
    lead_to(state, it)
    if act == Act.RECONFIRM:
        Match.objects.filter(pk=it.match.pk).update(confirm_by=NOW)
    reason = {"reason": Reason.OTHER} if act in REASONED else {}
    ACTS[act](
        match_id=it.match.pk, by=people[actor], now=first_day(it) if act == Act.START else NOW, **reason
    )
    expected = EXPECTED[state, act] if act == Act.CONFIRM else EXPECTED[state, act] - {actor}
    told = Message.objects.filter(subject_key=f"match:{it.match.pk}")
    names = {person.pk: name for name, person in people.items() if person}
    assert sorted(names[pk] for pk in told.values_list("recipient", flat=True)) == sorted(expected)
    assert Message.objects.count() == told.count()
    for message in told:
        compose = getattr(TOLD[state, act], SIDES[names[message.recipient_id]])
        match = Match.objects.get(pk=it.match.pk)
        assert message.title == compose(match, message.recipient).title


def test_somebody_who_could_not_be_reached_learns_that_nothing_is_asked_any_more(db):
    it = story()
    operator = CityRoleFactory(city=it.city, role=TownRole.OPERATOR).user
    lead_to("proposed", it)
    services.decline(match_id=it.match.pk, by=operator, now=NOW, reason=Reason.UNREACHABLE)
    told = Message.objects.values_list("recipient", "event")
    assert sorted(told) == sorted([(it.citizen.pk, "match_declined"), (it.coordinator.pk, "match_declined")])


@pytest.mark.parametrize("answerer", ["member", "coordinator"])
def test_what_the_follow_up_ends_is_told_to_the_others(db, answerer):
    it = story()
    lead_to("under_way", it)
    later = first_day(it) + timedelta(days=3)
    followups.plan_due(by=None, now=later)
    Message.objects.all().delete()
    by = getattr(it, answerer)
    followups.answer(followup_id=FollowUp.objects.get().pk, answer=Answer.NO_SHOW, by=by, now=later)
    assert it.state == "broken_off"
    expected = {it.citizen, it.member, it.coordinator} - {by}
    assert {message.recipient for message in Message.objects.filter(event="match_broken_off")} == expected


def test_whoever_is_on_two_sides_is_told_once(db):
    it = story()
    CityRoleFactory(city=it.city, user=it.member)
    lead_to("confirmed", it)
    services.cancel(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.OTHER)
    assert Message.objects.filter(recipient=it.member).count() == 1


def test_a_person_concerned_is_told_as_an_association_is(db):
    it = story(need={"organisation": None, "for_person": UserFactory()})
    lead_to("confirmed", it)
    services.break_off(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.OTHER)
    assert Message.objects.filter(recipient=it.match.need.person, event="match_broken_off").exists()


def test_the_desk_is_not_sent_to_a_case_that_its_poster_has_taken_back(db):
    it = story()
    lead_to("proposed", it)
    needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW)
    sweeps.cancel_orphans(by=None, now=NOW)
    assert Message.objects.get(recipient=it.coordinator).action_url == ""


def test_a_presumed_consent_asks_nobody(db):
    it = story(city=CityFactory(asks_citizen_for=[], asks_association_for=[]))
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert set(Message.objects.values_list("event", flat=True)) == {"match_confirmed"}


# --- While a message has its reason --------------------------------------------------------------------


def with_reason(event, person):
    return Message.objects.with_reason().filter(event=event, recipient=person).exists()


@pytest.mark.parametrize(
    ("event", "who", "lasts"),
    [
        ("match_question", "citizen", "proposed"),
        ("match_accepted", "member", "accepted"),
    ],
)
@pytest.mark.parametrize("act", ["answer", "cancel"])
def test_a_question_has_its_reason_until_it_is_answered(db, event, who, lasts, act):
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    if lasts == "accepted":
        services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert with_reason(event, getattr(it, who))
    if act == "cancel":
        services.cancel(match_id=it.match.pk, by=it.coordinator, now=NOW, reason=Reason.OTHER)
    elif lasts == "proposed":
        services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    else:
        services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert not with_reason(event, getattr(it, who))


def test_contacts_of_a_cancelled_stay_do_not_leave(db):
    it = story()
    lead_to("accepted", it)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert with_reason("match_confirmed", it.citizen)
    services.start(match_id=it.match.pk, by=it.member, now=first_day(it))
    assert with_reason("match_confirmed", it.citizen), "the stay goes on"
    other = story(city=it.city)
    lead_to("accepted", other)
    services.confirm(match_id=other.match.pk, by=other.member, now=NOW)
    services.cancel(match_id=other.match.pk, by=other.citizen, now=NOW, reason=Reason.OTHER)
    assert not with_reason("match_confirmed", other.citizen)
    assert not with_reason("match_confirmed", other.member)


def test_a_lapsed_question_does_not_go_out_and_leaves_the_call_list(db, smtp_server):
    by_mail, by_phone = story(), story(offer={"owner": UserFactory(phone_only=True)})
    for it in (by_mail, by_phone):
        services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert [call.recipient for call in calls_to_make(by_phone.city)] == [by_phone.citizen]
    late = NOW + timedelta(days=4)
    assert sweeps.lapse_unanswered(by=None, now=late) == 2
    assert [call.event for call in calls_to_make(by_phone.city)] == ["match_lapsed"]
    delivery.deliver_batch(channel="email", by=None, clock=lambda: late)
    subjects = [mail["Subject"] for mail in smtp_server.to(by_mail.citizen.email)]
    assert subjects == ["La question est close, merci"]
    outbox_sweeps.set_moot_aside(by=None, now=late)
    questions = Message.objects.filter(event="match_question").values_list("state", flat=True)
    assert set(questions) == {"moot"}


def test_other_questions_have_their_reasons_too(db):
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    offers.change(
        offer_id=it.match.offer_id, fields={"address": "3 rue du Lac"}, windows=None, by=it.citizen, now=NOW
    )
    visits.tell_desks(by=None, now=NOW)
    for event in ("match_home_changed", "offer_visit_again"):
        assert with_reason(event, it.coordinator)
    offers.vet(offer_id=it.match.offer_id, by=it.coordinator, now=NOW)
    for event in ("match_home_changed", "offer_visit_again"):
        assert not with_reason(event, it.coordinator)


def test_a_reminder_of_an_offer_has_its_reason_until_it_is_confirmed(db):
    offer = due_offer(city=CityFactory(), confirmed_at=NOW - timedelta(days=31))
    assert asking.remind_stale(city=offer.city, by=None, now=NOW) == 1
    assert with_reason("offer_reminder", offer.owner)
    offers.reconfirm(offer_id=offer.pk, by=offer.owner, now=NOW)
    assert not with_reason("offer_reminder", offer.owner)


def test_a_question_on_a_condition_has_its_reason_until_it_is_answered(db):
    it = story(kind=Kind.GOODS)
    km = 1 / 111.2
    far = due_offer(city=it.city, kind=Kind.GOODS, latitude=it.city.seat.latitude + 23.6 * km)
    need = due_need(city=it.city, kind=Kind.GOODS, organisation=it.match.need.organisation, quantity=20)
    drain()
    question = conditions.ask(need_id=need.pk, offer_id=far.pk, rule="distance", by=it.coordinator, now=NOW)
    assert with_reason("condition_asked", it.member)
    conditions.answer(question_id=question.pk, gives=False, by=it.member, now=NOW)
    assert not with_reason("condition_asked", it.member)


def test_whether_it_took_place_is_asked_until_somebody_says(db):
    it = story()
    lead_to("under_way", it)
    later = first_day(it) + timedelta(days=3)
    followups.plan_due(by=None, now=later)
    assert with_reason("followup_question", it.member)
    followups.answer(followup_id=FollowUp.objects.get().pk, answer=Answer.TOOK_PLACE, by=it.member, now=later)
    assert not with_reason("followup_question", it.member)


def test_a_report_is_to_be_read_until_it_is_closed(db):
    it = story()
    readers = [CityRoleFactory(city=it.city, role="administrator").user for _ in range(2)]
    incident = followups.report_incident(
        offer_id=it.match.offer_id, text="Une porte close.", by=it.coordinator, now=NOW
    )
    assert with_reason("incident_reported", readers[1])
    followups.propose_end(
        incident_id=incident.pk, end="unfounded", conclusion="Un malentendu.", by=readers[0], now=NOW
    )
    assert with_reason("incident_to_confirm", readers[1])
    followups.confirm_end(incident_id=incident.pk, proposed_at=NOW, by=readers[1], now=NOW)
    assert not with_reason("incident_reported", readers[1])
    assert not with_reason("incident_to_confirm", readers[1])
    assert with_reason("incident_closed", it.citizen)


@pytest.mark.parametrize(
    ("urgency", "priorities"),
    [
        ("tonight", {"match_question": Priority.NIGHT, "match_declined": Priority.NIGHT}),
        ("planned", {"match_question": Priority.ASK, "match_declined": Priority.NORMAL}),
    ],
)
def test_what_is_for_tonight_leaves_before_all_else(db, urgency, priorities):
    it = story(now=NOW, need={"urgency": urgency})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.decline(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert dict(Message.objects.filter(event__in=priorities).values_list("event", "priority")) == priorities


@pytest.mark.parametrize(
    ("begun", "end", "event"),
    [(False, services.cancel, "match_cancelled"), (True, services.break_off, "match_broken_off")],
    ids=["called off", "broken off"],
)
def test_a_stay_that_falls_through_tonight_is_told_at_once(db, begun, end, event):
    today = NOW.date()
    it = story(need={"first_day": today, "last_day": today + timedelta(days=9)})
    assert it.match.need.urgency != "tonight"
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    told = Message.objects.filter(event="match_confirmed")
    assert set(told.values_list("priority", flat=True)) == {Priority.NIGHT}
    if begun:
        services.start(match_id=it.match.pk, by=it.member, now=NOW)
    ten_at_night = NOW.replace(hour=21)
    end(match_id=it.match.pk, by=it.citizen, now=ten_at_night, reason=Reason.NOT_AVAILABLE)
    messages = Message.objects.filter(event=event, channel="email")
    assert {message.recipient for message in messages} == {it.member, it.coordinator}
    assert {(message.priority, message.state, message.due_at) for message in messages} == {
        (Priority.NIGHT, MessageState.QUEUED, ten_at_night)
    }


def test_every_event_of_a_reason_is_one_that_is_queued():
    """A name that is misspelt would let its message go out for ever."""
    assert set(reasons._reasons) <= set(EVENTS)
