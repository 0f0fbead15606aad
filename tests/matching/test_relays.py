"""Homes in turn: shown where no single home has all the nights, proposed whole, and looked for again in part."""

import re
from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse

from catalogue.vocabulary import Kind
from desk.presentation import thread
from matching import linked_towns, relays, services, sweeps
from matching.explanations.comparing import Reader
from matching.explanations.explaining import explain
from matching.lifecycle import NotPossible
from matching.models import Decision, Hold, Match, MatchState, TownAgreement
from matching.relays import NotWhole, Wanted
from matching.selectors import under_way
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.matching import invariants

FIRST = NOW.date() + timedelta(days=10)


def day(number):
    """Of the need: 1 is its first."""
    return FIRST + timedelta(days=number - 1)


def family(city, **fields):
    """Three persons for 41 nights, five in a row of use."""
    return due_need(city=city, **{"first_day": day(1), "last_day": day(41), "min_days": 5, **fields})


def home(city, first, last=None, **fields):
    return due_offer(city=city, windows=[(day(first), last and day(last))], **fields)


@pytest.fixture
def scene(city):
    """A family, a room for its first ten nights, a house for the others."""
    need = family(city)
    room = home(city, 1, 10, title="Chambre sur cour")
    house = home(city, 11, title="Maison au bord du canal")
    drain()
    return need, room, house


def found(need, now=NOW):
    suggested = Match.objects.suggested().filter(need=need).select_related("need")
    return relays.find(Need.objects.select_related("city").get(pk=need.pk), list(suggested), now=now)


def best(need, now=NOW):
    """The parts of the best relay as the page would send them."""
    return [Wanted.of(part) for part in found(need, now).relays[0].parts]


def wanted(offer, first, last):
    return Wanted(offer.pk, offer.revision, day(first), day(last))


def propose(need, parts, by, now=NOW):
    return relays.propose(need_id=need.pk, need_revision=need.revision, parts=parts, by=by, now=now)


def stays(need, *states):
    """The matches of a need in these states: whose home, and the numbers of the days."""
    matches = Match.objects.filter(need=need, state__in=states).order_by("first_day", "pk")
    return [
        (match.offer_id, (match.first_day - FIRST).days + 1, (match.last_day - FIRST).days + 1)
        for match in matches
    ]


def asked(person, event="match_question"):
    messages = Message.objects.filter(recipient=person, event=event).order_by("pk")
    return [re.sub(r"\s+", " ", one.body) for one in messages]


# --- Which there are -----------------------------------------------------------------------------------


def test_homes_in_turn_have_the_nights_that_none_has_alone(scene):
    need, room, house = scene
    (relay,) = found(need).relays
    assert [(part.offer_id, part.first_day, part.last_day) for part in relay.parts] == [
        (room.pk, day(1), day(10)),
        (house.pk, day(11), day(41)),
    ]
    assert (found(need).nights, relay.nights, relay.left) == (41, 41, ())
    kept = {match.offer_id: match for match in Match.objects.filter(need=need)}
    for part in relay.parts:
        same = kept[part.offer_id]
        assert (part.score, part.part_values, part.rank, part.quantity, part.distance_km) == (
            same.score, same.part_values, same.rank, same.quantity, same.distance_km,
        )  # fmt: skip


def test_where_one_home_has_all_nights_nothing_is_read(scene, city, django_assert_num_queries):
    need, _room, _house = scene
    due_offer(city=city)
    drain()
    suggested = list(Match.objects.suggested().filter(need=need).select_related("need"))
    need = Need.objects.select_related("city").get(pk=need.pk)
    with django_assert_num_queries(0):
        assert relays.find(need, suggested, now=NOW) == relays.NONE
        assert relays.find(need, suggested[:1], now=NOW) == relays.NONE


def test_only_homes_are_lived_in_by_turns(city, coordinator, django_assert_num_queries):
    need = due_need(city=city, kind=Kind.GOODS)
    duvets = [due_offer(city=city, kind=Kind.GOODS, capacity=4) for _ in range(2)]
    drain()
    suggested = list(Match.objects.suggested().filter(need=need).select_related("need__city"))
    with django_assert_num_queries(0):
        assert relays.find(suggested[0].need, suggested, now=NOW) == relays.NONE
    with pytest.raises(ObjectDoesNotExist):
        propose(need, [wanted(duvets[0], 1, 1), wanted(duvets[1], 2, 2)], coordinator)


def test_a_home_beyond_the_list_may_be_in_a_relay(city):
    """Twenty houses have the last 31 nights, and fill the list; the room has the first ten."""
    need = family(city)
    for _ in range(20):
        home(city, 11)
    room = home(city, 1, 10)
    drain()
    assert not Match.objects.filter(need=need, offer=room).exists()
    relay, *_others = found(need).relays
    assert (relay.parts[0].offer_id, relay.parts[0].rank) == (room.pk, 21)


def test_days_between_two_homes_are_told(city):
    need = family(city)
    home(city, 1, 10)
    home(city, 13, 39)
    drain()
    (relay,) = found(need).relays
    assert (relay.nights, relay.left) == (37, ((day(11), day(12)), (day(40), day(41))))


def test_what_is_promised_is_no_more_looked_for(scene, city, coordinator):
    """Ten nights are promised: what is left is in two homes again."""
    need, room, house = scene
    match = Match.objects.get(need=need, offer=room)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    offers.change(
        offer_id=house.pk,
        fields={},
        windows=[(day(11), day(25))],
        by=house.owner,
        now=NOW,
    )
    home(city, 26)
    drain()
    (relay,) = found(need).relays
    assert (found(need).nights, relay.nights) == (31, 31)
    assert [part.first_day for part in relay.parts] == [day(11), day(26)]
    assert [part.offer_revision for part in relay.parts] == [part.offer.revision for part in relay.parts]
    assert len({part.offer_revision for part in relay.parts}) == 2


# --- Proposed whole ------------------------------------------------------------------------------------


def test_each_host_is_asked_for_their_own_days(scene, coordinator):
    need, room, house = scene
    matches = propose(need, best(need), coordinator)
    assert [match.state for match in matches] == ["proposed", "proposed"]
    assert stays(need, "proposed") == [(room.pk, 1, 10), (house.pk, 11, 41)]
    (of_room,), (of_house,) = asked(room.owner), asked(house.owner)
    assert "du 19 au 28 mars" in of_room
    assert "du 29 mars au 28 avril" in of_house
    assert Hold.objects.count() == 2
    drain()
    assert not Match.objects.filter(need=need).suggested().exists()
    invariants.check(settled=True)


def test_each_decision_keeps_the_whole_relay(scene, coordinator):
    need, room, house = scene
    for match in propose(need, best(need), coordinator):
        decision = Decision.objects.get(match=match)
        assert (decision.act, decision.by, decision.role) == ("propose", coordinator, "coordinator")
        assert decision.relay == [
            {"offer": room.reference, "first_day": "2026-03-19", "last_day": "2026-03-28"},
            {"offer": house.reference, "first_day": "2026-03-29", "last_day": "2026-04-28"},
        ]


def test_a_proposal_by_hand_is_no_relay(scene, coordinator):
    need, room, _house = scene
    match = Match.objects.get(need=need, offer=room)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    assert Decision.objects.get().relay is None


def test_the_suggestion_of_a_longer_stay_is_asked_for_its_part_alone(city, coordinator):
    """The house is there for the last 31 nights; the room, which is nearer, has the ten that both could have."""
    need = family(city)
    house = home(city, 11, latitude=city.seat.latitude + 0.05)
    room = home(city, 1, 20)
    drain()
    assert (house.pk, 11, 41) in stays(need, "suggested")
    propose(need, best(need), coordinator)
    assert stays(need, "proposed") == [(room.pk, 1, 20), (house.pk, 21, 41)]
    assert Match.objects.filter(need=need, offer=house).count() == 1


def test_where_consents_are_presumed_the_whole_stay_is_confirmed_at_once(scene, city, coordinator):
    city.asks_citizen_for, city.asks_association_for = [], []
    city.save(update_fields=["asks_citizen_for", "asks_association_for"])
    need, room, house = scene
    propose(need, best(need), coordinator)
    assert stays(need, "confirmed") == [(room.pk, 1, 10), (house.pk, 11, 41)]
    need.refresh_from_db()
    assert (need.state, need.given_days) == ("met", 41)


def taken(scene, by):
    need, _room, house = scene
    other = due_need(city=need.city, first_day=day(41), last_day=day(45))
    drain()
    services.propose(match_id=Match.objects.get(need=other, offer=house).pk, by=by, now=NOW)


def asked_alone(scene, by):
    need, _room, house = scene
    services.propose(match_id=Match.objects.get(need=need, offer=house).pk, by=by, now=NOW)


def declined(scene, by):
    asked_alone(scene, by)
    match = Match.objects.get(need=scene[0], offer=scene[2])
    services.decline(match_id=match.pk, by=match.offer.owner, now=NOW)


def changed(scene, by):
    offers.change(offer_id=scene[2].pk, fields={"capacity": 4}, windows=None, by=by, now=NOW)


def paused(scene, by):
    offers.pause(offer_id=scene[2].pk, by=scene[2].owner, now=NOW)


def not_visited(scene, by):
    Offer.objects.filter(pk=scene[2].pk).update(vetted_at=None, vetted_by=None)


BETWEEN = {
    "taken": taken,
    "changed": changed,
    "closed": paused,
    "vetting": not_visited,
}


@pytest.mark.parametrize("why", BETWEEN)
def test_when_one_home_cannot_be_asked_nobody_is(scene, coordinator, why):
    """The room could: its host hears nothing, and nothing is held of it."""
    need, room, house = scene
    parts = best(need)
    BETWEEN[why](scene, coordinator)
    before = set(Match.objects.values_list("pk", "state", "first_day", "last_day"))
    with pytest.raises(NotWhole) as refused:
        propose(need, parts, coordinator)
    assert (refused.value.offer, refused.value.failure.why) == (house, why)
    assert asked(room.owner) == []
    assert not Hold.objects.filter(offer=room).exists()
    assert not Decision.objects.filter(match__need=need).exists()
    assert set(Match.objects.values_list("pk", "state", "first_day", "last_day")) == before


@pytest.mark.parametrize(
    ("before", "state"), [(asked_alone, MatchState.PROPOSED), (declined, MatchState.DECLINED)]
)
def test_who_was_asked_already_is_not_asked_again(scene, coordinator, before, state):
    need, room, house = scene
    parts = best(need)
    before(scene, coordinator)
    with pytest.raises(NotWhole) as refused:
        propose(need, parts, coordinator)
    assert (refused.value.offer, refused.value.failure.why) == (house, "state")
    assert refused.value.failure.state == state
    assert asked(room.owner) == []


def test_the_same_relay_twice_is_one_act(scene, coordinator):
    need, room, _house = scene
    parts = best(need)
    propose(need, parts, coordinator)
    with pytest.raises(NotWhole) as refused:
        propose(need, parts, coordinator)
    assert (refused.value.offer, refused.value.failure.why) == (room, "state")
    assert Decision.objects.count() == 2


def test_a_need_that_has_changed_is_looked_at_first(scene, coordinator):
    need, _room, _house = scene
    parts = best(need)
    needs.change(need_id=need.pk, fields={"pets": True}, by=coordinator, now=NOW, today=NOW.date())
    with pytest.raises(NotPossible) as refused:
        propose(need, parts, coordinator)
    assert refused.value.why == "changed"
    needs.withdraw(need_id=need.pk, by=coordinator, now=NOW)
    with pytest.raises(NotPossible) as refused:
        propose(need, parts, coordinator)
    assert refused.value.why == "closed"
    assert not Decision.objects.exists()


def test_yesterday_s_page_has_a_day_too_many(scene, coordinator):
    need, room, _house = scene
    parts = best(need)
    with pytest.raises(NotWhole) as refused:
        propose(need, parts, coordinator, now=NOW + timedelta(days=11))
    assert (refused.value.offer, refused.value.failure.why) == (room, "changed")


def test_only_the_coordination_of_the_town_proposes(scene, city):
    need, room, _house = scene
    parts = best(need)
    for person in (UserFactory(), room.owner, CityRoleFactory(city=city, role="operator").user):
        with pytest.raises(NotWhole) as refused:
            propose(need, parts, person)
        assert refused.value.failure.why == "role"
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    "parts",
    [
        lambda room, house, _third: [wanted(room, 1, 10)],
        lambda room, house, _third: [wanted(room, 1, 10), wanted(house, 10, 41)],
        lambda room, house, _third: [wanted(house, 11, 41), wanted(room, 1, 10)],
        lambda room, house, _third: [wanted(house, 11, 20), wanted(house, 21, 41)],
        lambda room, house, third: [
            wanted(room, 1, 5),
            wanted(house, 11, 15),
            wanted(third, 16, 20),
            wanted(room, 21, 25),
        ],
        lambda room, house, _third: [wanted(room, 10, 1), wanted(house, 11, 41)],
    ],
    ids=["one", "a day twice", "backwards", "one home twice", "four", "ends before it begins"],
)
def test_parts_follow_one_another(scene, city, coordinator, parts):
    need, room, house = scene
    with pytest.raises(ValueError, match="one after the other"):
        propose(need, parts(room, house, home(city, 16)), coordinator)


@pytest.mark.parametrize(
    ("first", "last"),
    [(8, 41), (11, 14), (11, 42)],
    ids=["before the home is there", "too short to be of use", "longer than the need"],
)
def test_days_that_the_engine_would_not_give_are_refused(scene, coordinator, first, last):
    need, room, house = scene
    with pytest.raises(NotWhole) as refused:
        propose(need, [wanted(room, 1, 7), wanted(house, first, last)], coordinator)
    assert (refused.value.offer, refused.value.failure.why) == (house, "changed")


@pytest.mark.parametrize(
    ("is_beside", "why"), [(True, "changed"), (False, "taken")], ids=["asked beside", "promised"]
)
def test_what_is_asked_beside_takes_no_days_of_the_need(scene, city, coordinator, is_beside, why):
    need, _room, house = scene
    city.homes_asked_at_once = 2
    city.save(update_fields=["homes_asked_at_once"])
    due_offer(city=city, windows=[(day(11), day(20))])
    drain()
    third = Match.objects.filter(need=need, state=MatchState.SUGGESTED, last_day=day(20)).get()
    services.propose(match_id=third.pk, by=coordinator, now=NOW)
    assert Hold.objects.get(match=third).beside
    if not is_beside:
        services.accept(match_id=third.pk, by=third.offer.owner, now=NOW)
    with pytest.raises(NotWhole) as refused:
        propose(need, [wanted(scene[1], 1, 7), wanted(house, 11, 42)], coordinator)
    assert (refused.value.offer, refused.value.failure.why) == (house, why)


def test_nobody_stays_longer_than_the_host_said(city, coordinator):
    need = family(city)
    room = home(city, 1, 20, longest_stay_days=10)
    house = home(city, 21)
    drain()
    assert best(need)[0] == wanted(room, 1, 10)
    with pytest.raises(NotWhole):
        propose(need, [wanted(room, 1, 11), wanted(house, 21, 41)], coordinator)
    assert propose(need, [wanted(room, 3, 12), wanted(house, 21, 41)], coordinator)


# --- Linked towns --------------------------------------------------------------------------------------


def test_the_town_of_a_home_elsewhere_is_asked_first(scene, city, coordinator):
    need, room, _house = scene
    host = CityFactory(slug="schiltigheim", name="Schiltigheim", seat=city.seat)
    city.linked.add(host)
    neighbour = CityRoleFactory(city=host).user
    Offer.objects.filter(title="Maison au bord du canal").update(state="paused")
    house = home(host, 11, share_with_linked=True)
    drain()
    matches = propose(need, best(need), coordinator)
    assert [match.state for match in matches] == ["proposed", "suggested"]
    assert asked(house.owner) == []
    assert len(asked(neighbour, "town_asked")) == 1
    drain()
    linked_towns.agree(agreement_id=TownAgreement.objects.get().pk, by=neighbour, now=NOW)
    assert stays(need, "proposed") == [(room.pk, 1, 10), (house.pk, 11, 41)]
    assert "du 29 mars au 28 avril" in asked(house.owner)[0]


@pytest.fixture
def neighbours(city):
    """A coordinator of a linked town."""
    host = CityFactory(slug="schiltigheim", name="Schiltigheim", seat=city.seat)
    city.linked.add(host)
    return CityRoleFactory(city=host)


def test_a_town_agrees_to_the_days_that_it_was_asked_for(city, coordinator, neighbours, client):
    """Meanwhile the first host says no, and the house would do for more days than its town has been told."""
    need = family(city)
    room = home(city, 1, 20)
    house = home(neighbours.city, 11, latitude=city.seat.latitude + 0.05, share_with_linked=True)
    drain()
    of_room, of_house = propose(need, best(need), coordinator)
    services.decline(match_id=of_room.pk, by=room.owner, now=NOW)
    drain()
    assert stays(need, "suggested") == [(house.pk, 11, 41)]
    client.force_login(neighbours.user)
    page = client.get(reverse("matching:linked_towns", args=["schiltigheim"])).content.decode()
    assert "du 8 au 28 avril" in page
    assert "du 29 mars" not in page
    agreement = TownAgreement.objects.get()
    linked_towns.agree(agreement_id=agreement.pk, by=neighbours.user, now=NOW)
    assert stays(need, "proposed") == [(house.pk, 21, 41)]
    decision = Decision.objects.get(match=of_house)
    assert (decision.by, decision.role) == (neighbours.user, "host_town")
    assert [part["offer"] for part in decision.relay] == [room.reference, house.reference]
    texts = [event["text"] for event in thread(need, [], under_way(coordinator, need), NOW)]
    assert [text.partition(" ·")[0] for text in texts] == [
        "Demande envoyée", "Le citoyen a dit non", "Relais demandé", "Besoin enregistré",
    ]  # fmt: skip


def test_when_the_days_agreed_to_are_gone_those_that_are_left_are_asked_for(city, coordinator, neighbours):
    need = family(city)
    home(city, 1, 10)
    house = home(neighbours.city, 11, share_with_linked=True)
    drain()
    propose(need, best(need), coordinator)
    other = due_need(city=city, first_day=day(36), last_day=day(45))
    drain()
    match = Match.objects.get(need=other, offer=house)
    linked_towns.agree(
        agreement_id=linked_towns.ask(match_id=match.pk, by=coordinator, now=NOW).pk,
        by=neighbours.user,
        now=NOW,
    )
    drain()
    agreement = TownAgreement.objects.get(match__need=need)
    linked_towns.agree(agreement_id=agreement.pk, by=neighbours.user, now=NOW)
    assert (house.pk, 11, 35) in stays(need, "proposed")


def test_where_towns_alone_are_asked_each_home_keeps_its_days(city, coordinator, neighbours):
    need = family(city)
    room = home(neighbours.city, 1, 20, share_with_linked=True)
    house = home(neighbours.city, 11, latitude=city.seat.latitude + 0.05, share_with_linked=True)
    drain()
    assert [match.state for match in propose(need, best(need), coordinator)] == ["suggested"] * 2
    drain()
    assert stays(need, "suggested") == [(room.pk, 1, 20), (house.pk, 11, 41)]
    invariants.check(settled=True)
    for agreement in TownAgreement.objects.order_by("-pk"):
        linked_towns.agree(agreement_id=agreement.pk, by=neighbours.user, now=NOW)
    assert stays(need, "proposed") == [(room.pk, 1, 20), (house.pk, 21, 41)]


@pytest.mark.parametrize("is_linked", [True, False], ids=["not shared", "not linked"])
def test_of_a_home_that_the_town_may_not_see_nothing_is_known(scene, coordinator, neighbours, is_linked):
    need, room, _house = scene
    stranger = home(neighbours.city if is_linked else CityFactory(), 11, share_with_linked=not is_linked)
    with pytest.raises(ObjectDoesNotExist):
        propose(need, [wanted(room, 1, 10), wanted(stranger, 11, 41)], coordinator)


# --- When one says no ----------------------------------------------------------------------------------


@pytest.fixture
def three(city, coordinator):
    """A stay in three homes, all asked; the first has been confirmed and has begun."""
    need = family(city)
    homes = [home(city, 1, 12), home(city, 13, 27), home(city, 28)]
    drain()
    parts = best(need)
    assert [part.offer_id for part in parts] == [one.pk for one in homes]
    matches = propose(need, parts, coordinator)
    services.accept(match_id=matches[0].pk, by=homes[0].owner, now=NOW)
    services.confirm(match_id=matches[0].pk, by=coordinator, now=NOW)
    return need, homes, matches


@pytest.mark.parametrize("how", ["declines", "lapses"])
def test_only_the_days_left_over_are_looked_for_again(three, city, coordinator, how):
    need, homes, matches = three
    begun = NOW + timedelta(days=12)
    # The one in the middle has let the question wait, and says no once the family has moved in with the first.
    Match.objects.filter(pk=matches[1].pk).update(answer_by=begun + timedelta(hours=1))
    Match.objects.filter(pk=matches[2].pk).update(answer_by=begun + timedelta(days=3))
    services.start(match_id=matches[0].pk, by=None, now=begun)
    spare = [due_offer(city=city), home(city, 13, 19), home(city, 20, 40)]
    drain(begun)
    assert stays(need, "suggested") == []
    if how == "declines":
        services.decline(match_id=matches[1].pk, by=homes[1].owner, now=begun)
    else:
        assert sweeps.lapse_unanswered(by=None, now=begun + timedelta(hours=1)) == 1
    drain(begun + timedelta(hours=1))
    again = [(homes[1].pk, 13, 27)] if how == "lapses" else []
    assert sorted(stays(need, "suggested")) == sorted(
        [*again, (spare[0].pk, 13, 27), (spare[1].pk, 13, 19), (spare[2].pk, 20, 27)]
    )
    assert stays(need, "under_way", "proposed") == [(homes[0].pk, 1, 12), (homes[2].pk, 28, 41)]
    assert need in Need.objects.open()
    invariants.check(settled=True)


def test_a_relay_may_take_the_place_of_the_one_that_said_no(three, city, coordinator):
    need, homes, matches = three
    services.decline(match_id=matches[1].pk, by=homes[1].owner, now=NOW)
    spare = [home(city, 13, 19), home(city, 20, 40)]
    drain()
    (relay,) = found(need).relays
    assert (found(need).nights, relay.nights) == (15, 15)
    propose(Need.objects.get(pk=need.pk), [Wanted.of(part) for part in relay.parts], coordinator)
    assert stays(need, "confirmed", "proposed") == [
        (homes[0].pk, 1, 12), (spare[0].pk, 13, 19), (spare[1].pk, 20, 27), (homes[2].pk, 28, 41),
    ]  # fmt: skip


# --- At once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", ["first", "last"])
def test_of_two_relays_over_one_home_one_wins(transactional_db, city, coordinator, at_once, shared):
    """Two families, each with a home of their own and the same second one; the loser's own home stays free."""
    families = [family(city), family(city)]
    windows = ((1, 20), (21, 41)) if shared == "first" else ((21, 41), (1, 20))
    both = home(city, *windows[0])
    own = [home(city, *windows[1]), home(city, *windows[1])]
    drain()
    chains = [
        sorted((wanted(both, *windows[0]), wanted(one, *windows[1])), key=lambda part: part.first_day)
        for one in own
    ]
    answers = at_once(
        *[partial(propose, need, parts, coordinator) for need, parts in zip(families, chains, strict=True)]
    )
    lost = [place for place, answer in enumerate(answers) if isinstance(answer, NotWhole)]
    assert len(lost) == 1, answers
    won = 1 - lost[0]
    failure = answers[lost[0]]
    assert (failure.offer, failure.failure.why) == (both, "taken")
    assert {match.offer_id for match in answers[won]} == {both.pk, own[won].pk}
    assert not Hold.objects.filter(need=families[lost[0]]).exists()
    assert not Hold.objects.filter(offer=own[lost[0]]).exists()
    assert not Message.objects.filter(recipient=own[lost[0]].owner).exists()
    assert Decision.objects.count() == 2
    drain()
    invariants.check(settled=True)


def test_relays_that_cross_do_not_wait_for_each_other(transactional_db, city, coordinator, at_once):
    """One family goes from the first home to the second, the other from the second to the first: each has its days."""
    homes = [home(city, 1), home(city, 1)]
    families = [family(city), family(city)]
    there = [wanted(homes[0], 1, 20), wanted(homes[1], 21, 41)]
    back = [wanted(homes[1], 1, 20), wanted(homes[0], 21, 41)]
    answers = at_once(
        *[
            partial(propose, need, parts, coordinator)
            for need, parts in zip(families, (there, back), strict=True)
        ]
    )
    assert [len(answer) for answer in answers] == [2, 2]
    invariants.check()


def test_a_relay_and_a_proposal_by_hand_over_one_home(transactional_db, city, coordinator, at_once):
    need, other = family(city), due_need(city=city, first_day=day(11), last_day=day(41))
    room, house = home(city, 1, 10), home(city, 11)
    drain()
    by_hand = Match.objects.get(need=other, offer=house)
    answers = at_once(
        partial(propose, need, [wanted(room, 1, 10), wanted(house, 11, 41)], coordinator),
        partial(services.propose, match_id=by_hand.pk, by=coordinator, now=NOW),
    )
    failures = [answer for answer in answers if isinstance(answer, Exception)]
    assert len(failures) == 1, answers
    assert "taken" in str(failures[0])
    assert Hold.objects.filter(offer=room).exists() is not isinstance(answers[0], Exception)


# --- What is read of it --------------------------------------------------------------------------------


def test_the_thread_tells_of_one_act(scene, coordinator):
    need, _room, _house = scene
    propose(need, best(need), coordinator)
    events = thread(need, [], under_way(coordinator, need), NOW)
    assert [event["text"] for event in events] == [
        "Relais demandé · 41 nuits en deux logements, un déménagement le 29 mars",
        "Besoin enregistré",
    ]
    assert events[0]["note"] == str(coordinator)
    assert events[0]["lines"] == [
        "Chambre sur cour · du 19 au 28 mars",
        "Maison au bord du canal · du 29 mars au 28 avril",
    ]


def test_what_follows_a_relay_stands_after_it(scene, city, coordinator):
    city.asks_citizen_for, city.asks_association_for = [], []
    city.save(update_fields=["asks_citizen_for", "asks_association_for"])
    need, _room, _house = scene
    propose(need, best(need), coordinator)
    texts = [event["text"] for event in thread(need, [], under_way(coordinator, need), NOW)]
    assert len(texts) == 6
    assert texts[-2].startswith("Relais demandé")


def test_the_explanation_of_a_part_says_that_it_is_one(scene, coordinator):
    need, _room, _house = scene
    (match, _other) = propose(need, best(need), coordinator)
    match = under_way(coordinator, need).get(pk=match.pk)
    assert "une part d’un relais" in "".join(explain(match, Reader(True, True, True), scan=None).decides)


def test_the_association_reads_the_other_days_and_not_whose_they_are(scene, coordinator):
    need, room, house = scene
    member = UserFactory()
    MembershipFactory(organisation=need.organisation, user=member)
    room_match, house_match = propose(need, best(need), coordinator)
    services.accept(match_id=room_match.pk, by=room.owner, now=NOW)
    (body,) = asked(member, "match_accepted")
    assert "du 19 au 28 mars" in body
    assert "Les autres jours : du 29 mars au 28 avril (demandée au citoyen)." in body
    services.accept(match_id=house_match.pk, by=house.owner, now=NOW)
    body = asked(member, "match_accepted")[-1]
    assert "Les autres jours : du 19 au 28 mars (acceptée, à confirmer)." in body
    for body in asked(member, "match_accepted"):
        for hidden in (room.owner.name, house.owner.name, room.title, house.title, room.address):
            assert hidden not in body


def test_a_stay_in_one_home_has_no_other_days(scene, city, coordinator):
    member = UserFactory()
    need = due_need(city=city, first_day=day(11), last_day=day(30))
    MembershipFactory(organisation=need.organisation, user=member)
    drain()
    match = Match.objects.get(need=need, offer=scene[2])
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    services.accept(match_id=match.pk, by=scene[2].owner, now=NOW)
    assert "Les autres jours" not in asked(member, "match_accepted")[0]
