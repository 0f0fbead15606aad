"""A home that changed since its visit, while people count on it."""

from datetime import timedelta

import pytest

from matching import linked_towns, services, tasks, visits
from matching.lifecycle import NotPossible, Reason
from matching.models import MatchState
from matching.scanning import matches_in_hand
from notifications.models import Message
from offers import services as offers
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, due_need, due_offer, story, suggested_match


def move(it, now=NOW, **fields):
    fields = fields or {"address": "3 rue du Lac"}
    offers.change(offer_id=it.match.offer_id, fields=fields, windows=None, by=it.citizen, now=now)


def told():
    return Message.objects.filter(event="match_home_changed")


@pytest.fixture
def proposed(db):
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    return it


def test_the_desk_is_told_of_a_match_in_hand_once_for_each_change(proposed):
    move(proposed)
    move(proposed, title="Une autre chambre")
    assert visits.tell_desks(by=None, now=NOW) == 1
    assert visits.tell_desks(by=None, now=NOW) == 0
    message = told().get()
    assert message.recipient == proposed.coordinator
    assert proposed.match.need.reference in message.body
    assert message.action_url.endswith(f"{proposed.match.need.reference}/")
    offers.vet(offer_id=proposed.match.offer_id, by=proposed.coordinator, now=NOW)
    assert visits.tell_desks(by=None, now=NOW) == 0
    move(proposed, now=NOW + timedelta(days=1), address="5 rue du Lac")
    assert visits.tell_desks(by=None, now=NOW) == 1


@pytest.mark.parametrize("step", ["accepted", "confirmed", "under_way"])
def test_whatever_was_said_already(proposed, step):
    services.accept(match_id=proposed.match.pk, by=proposed.citizen, now=NOW)
    if step != "accepted":
        services.confirm(match_id=proposed.match.pk, by=proposed.member, now=NOW)
    if step == "under_way":
        services.start(match_id=proposed.match.pk, by=proposed.member, now=NOW + timedelta(days=10))
    move(proposed)
    assert visits.tell_desks(by=None, now=NOW) == 1
    assert proposed.state == step, "the desk decides what becomes of it"


@pytest.mark.parametrize("step", ["proposed", "accepted", "confirmed", "under_way"])
def test_what_is_promised_stays_when_the_visit_has_run_out_and_the_desk_is_told_once(proposed, step):
    if step != "proposed":
        services.accept(match_id=proposed.match.pk, by=proposed.citizen, now=NOW)
    if step in ("confirmed", "under_way"):
        services.confirm(match_id=proposed.match.pk, by=proposed.member, now=NOW)
    if step == "under_way":
        services.start(match_id=proposed.match.pk, by=proposed.member, now=NOW + timedelta(days=10))
    offers.end_visit(offer_id=proposed.match.offer_id, by=None, now=NOW)
    assert visits.tell_desks(by=None, now=NOW) == 1
    assert visits.tell_desks(by=None, now=NOW) == 0
    assert proposed.state == step
    message = told().get()
    assert "ne vaut plus" in message.body
    assert proposed.match.need.reference in message.body


def test_a_yes_is_still_heard_and_confirmed_when_the_visit_has_run_out(proposed):
    offers.end_visit(offer_id=proposed.match.offer_id, by=None, now=NOW)
    services.accept(match_id=proposed.match.pk, by=proposed.citizen, now=NOW)
    services.confirm(match_id=proposed.match.pk, by=proposed.member, now=NOW)
    assert proposed.state == MatchState.CONFIRMED


def test_nobody_is_told_of_what_is_over_or_was_only_suggested(proposed):
    services.decline(match_id=proposed.match.pk, by=proposed.citizen, now=NOW, reason=Reason.NOT_FOR_ME)
    other = story()
    move(proposed)
    move(other)
    assert visits.tell_desks(by=None, now=NOW) == 0
    with pytest.raises(NotPossible, match="vetting"):
        services.propose(match_id=other.match.pk, by=other.coordinator, now=NOW)


def test_a_case_of_another_town_is_its_desks(db):
    home, city = CityFactory(), CityFactory()
    home.linked.add(city)
    offer = due_offer(city=home, share_with_linked=True)
    match = suggested_match(city=city, offer=offer, need=due_need(city=city, commune=home.seat, reach_km=500))
    theirs, ours = CityRoleFactory(city=city).user, CityRoleFactory(city=home).user
    agreement = linked_towns.ask(match_id=match.pk, by=theirs, now=NOW)
    linked_towns.agree(agreement_id=agreement.pk, by=ours, now=NOW)
    offers.change(
        offer_id=offer.pk, fields={"address": "3 rue du Lac"}, windows=None, by=offer.owner, now=NOW
    )
    visits.tell_desks(by=None, now=NOW)
    assert told().get().recipient == theirs
    assert Message.objects.get(event="offer_visit_again").recipient == ours


def test_a_worker_looks_as_soon_as_it_happens_and_the_scheduler_after_it(
    proposed, wake_ups, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        move(proposed)
    assert ("matching.tasks.scan_due", []) in wake_ups()
    with django_capture_on_commit_callbacks(execute=True):
        tasks.scan_due()
    assert (matches_in_hand.TASK, []) in wake_ups()
    tasks.look_after_matches()
    assert told().count() == 1
    offers.vet(offer_id=proposed.match.offer_id, by=proposed.coordinator, now=NOW)
    move(proposed, address="5 rue du Lac")
    tasks.advance_time()
    assert told().count() == 2
    assert proposed.state == MatchState.LAPSED or proposed.state == MatchState.PROPOSED


@pytest.mark.parametrize(("who", "why"), [("", "unaccompanied"), ("Léa, Toits ouverts", "")])
def test_for_a_lone_minor_it_is_known_first_who_accompanies(db, who, why):
    minor = {"adult_women": 0, "children_3_to_11": 0, "children_12_to_17": 1, "lone_minor": True}
    it = story(
        need={**minor, "people": 1, "quantity": 1, "social_worker": who},
        offer={"accepts": ["lone_minors"]},
    )
    if why:
        with pytest.raises(NotPossible, match=why):
            services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
        assert it.state == MatchState.SUGGESTED
    else:
        services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
        assert it.state == MatchState.PROPOSED
