"""Whoever said yes takes it back in two taps: from the mail's link and from their page, with a reason."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from matching import links, services
from matching.lifecycle import Act, way_back
from matching.lifecycle import Role as Acting
from matching.models import Decision, Hold, Match, MatchState
from needs.models import Need
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import story

CITIZEN, ASSOCIATION = frozenset({Acting.CITIZEN}), frozenset({Acting.ASSOCIATION})


@pytest.mark.parametrize("state", list(MatchState))
def test_a_yes_is_taken_back_where_it_was_said_and_holds(state):
    citizens = {"accepted": Act.CANCEL, "confirmed": Act.CANCEL, "under_way": Act.BREAK_OFF}
    associations = {"confirmed": Act.CANCEL, "under_way": Act.BREAK_OFF}
    assert way_back(state, CITIZEN) == citizens.get(state)
    assert way_back(state, ASSOCIATION) == associations.get(state)
    assert way_back(state, frozenset({Acting.COORDINATOR, Acting.OPERATOR})) is None


@pytest.fixture
def now():
    return timezone.now()


def said_yes(state, now):
    it = story(now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    if state != "accepted":
        services.confirm(match_id=it.match.pk, by=it.member, now=now)
    if state == "under_way":
        services.start(match_id=it.match.pk, by=it.member, now=now + timedelta(days=10))
    Message.objects.all().delete()
    Need.objects.update(scan_due_at=None)
    return it


CASES = [
    ("accepted", "citizen", "cancelled", "not_available"),
    ("confirmed", "citizen", "cancelled", "not_available"),
    ("confirmed", "member", "cancelled", "other_solution"),
    ("under_way", "citizen", "broken_off", "changed_mind"),
    ("under_way", "member", "broken_off", "changed_mind"),
]


@pytest.mark.parametrize(("state", "who", "end", "reason"), CASES)
@pytest.mark.parametrize("door", ["link", "page"])
def test_in_two_taps(client, db, now, state, who, end, reason, door):
    it = said_yes(state, now)
    person = getattr(it, who)
    if door == "page":
        client.force_login(person)
        path = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
    else:
        path = links.answer_path(it.match, person)
    page = client.get(path)
    assert "Un empêchement\u202f?" in page.content.decode()
    page = client.get(f"{path}?non")
    form, act = page.context["form"], page.context["way_back"]
    assert f'name="answer" value="{act}"' in page.content.decode()
    sent = {"answer": act, "reason": form.fields["reason"].initial, "note": "Une fuite d’eau."}
    done = client.post(path, sent, follow=True)
    assert it.state == end
    assert "Un empêchement\u202f?" not in done.content.decode()
    decision = Decision.objects.latest("id")
    assert (decision.by, decision.reason, decision.note) == (person, reason, "Une fuite d’eau.")
    others = {it.citizen, it.member, it.coordinator} - {person}
    assert {message.recipient for message in Message.objects.all()} == others
    assert not Hold.objects.filter(match=it.match, released=False).exists()
    need = Need.objects.get(pk=it.match.need_id)
    assert (need.state, need.scan_due_at is not None) == ("open", True), "looked at again at once"


def test_a_second_tap_changes_nothing_and_says_so(client, db, now):
    it = said_yes("confirmed", now)
    path = links.answer_path(it.match, it.citizen)
    for _ in range(2):
        page = client.post(path, {"answer": "cancel", "reason": "not_available"}, follow=True)
    assert "C’est déjà fait" in page.content.decode()
    assert Decision.objects.filter(act="cancel").count() == 1


def test_it_needs_a_reason(client, db, now):
    it = said_yes("confirmed", now)
    page = client.post(links.answer_path(it.match, it.citizen), {"answer": "cancel"})
    assert page.status_code == 200
    assert it.state == "confirmed"


def test_nobody_takes_back_the_yes_of_another(client, db, now):
    it = said_yes("confirmed", now)
    client.force_login(CityRoleFactory().user)
    path = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
    assert client.post(path, {"answer": "cancel", "reason": "other"}).status_code == 404
    assert it.state == "confirmed"


def test_an_operator_notes_it_of_a_caller(client, db, now):
    it = said_yes("confirmed", now)
    operator = CityRoleFactory(city=it.city, role=Role.OPERATOR).user
    client.force_login(operator)
    client.post(links.answer_path(it.match, it.citizen), {"answer": "cancel", "reason": "not_available"})
    decision = Decision.objects.latest("id")
    assert (it.state, decision.by, decision.role) == ("cancelled", operator, "operator")


def test_taken_back_while_it_is_confirmed_at_the_same_moment(transactional_db, at_once, now):
    it = said_yes("accepted", now)
    at_once(
        lambda: services.confirm(match_id=it.match.pk, by=it.member, now=now),
        lambda: services.cancel(match_id=it.match.pk, by=it.citizen, now=now, reason="not_available"),
    )
    assert it.state == "cancelled", "before or after the confirmation"
    assert not Hold.objects.exists()
    assert not Message.objects.with_reason().filter(event="match_confirmed").exists()
    assert Match.objects.get(pk=it.match.pk).remind_at is None
