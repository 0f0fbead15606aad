"""What the pages are given to show: which rows, in which order, with which figures."""

from datetime import timedelta

from catalogue.vocabulary import Kind
from matching import selectors, services
from matching.lifecycle import Reason
from matching.models import Match, Scan
from offers import services as offers
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

HOUR = timedelta(hours=1)


def ask(it, now=NOW):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)


def lead_to_yes(it, now=NOW):
    ask(it, now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    services.confirm(match_id=it.match.pk, by=it.member, now=now)


# --- One case ------------------------------------------------------------------------------------------


def test_a_case_has_its_own_matches_that_were_acted_on_latest_first(city, coordinator):
    need = due_need(city=city, kind=Kind.GOODS, quantity=10)
    for capacity in (2, 3, 4):
        due_offer(city=city, kind=Kind.GOODS, capacity=capacity)
    drain()
    story(city=city)
    first, second, third = Match.objects.filter(need=need).order_by("id")
    assert set(selectors.suggestions(coordinator, need, today=NOW.date())) == {first, second, third}
    assert not selectors.under_way(coordinator, need).exists()
    services.propose(match_id=third.pk, by=coordinator, now=NOW)
    services.propose(match_id=first.pk, by=coordinator, now=NOW)
    services.dismiss(match_id=second.pk, by=coordinator, now=NOW - HOUR, reason=Reason.OTHER)
    assert list(selectors.under_way(coordinator, need)) == [third, first, second]
    assert selectors.of_case(coordinator, need, today=NOW.date()) == ([], [third, first, second])
    assert not selectors.suggestions(coordinator, need, today=NOW.date()).exists()
    assert not selectors.under_way(UserFactory(), need).exists()


def test_near_misses_are_of_offers_that_are_open_and_none_before_a_scan(city, coordinator):
    need = due_need(city=city)
    assert selectors.near_misses(coordinator, need, None) == []
    near, gone = (due_offer(city=city, capacity=2) for _ in range(2))
    drain()
    found = selectors.near_misses(coordinator, need, Scan.objects.get(need=need))
    assert [(miss.offer, miss.rule, miss.gap, miss.distance_km) for miss in found] == [
        (offer, "capacity", 1, 0) for offer in (near, gone)
    ]
    assert [miss.need for miss in found] == [need, need]
    assert found[0].sentence == "", "not explained yet"
    offers.withdraw(offer_id=gone.pk, by=gone.owner, now=NOW)
    assert [miss.offer for miss in selectors.near_misses(coordinator, need, need.scan)] == [near]


# --- One's own list ------------------------------------------------------------------------------------


def test_what_waits_for_an_answer_comes_first_then_the_latest(city):
    citizen = UserFactory()
    them = [story(city=city, offer={"owner": citizen}) for _ in range(4)]
    elsewhere = story(offer={"owner": citizen})
    for hours, it in enumerate([*them, elsewhere]):
        ask(it, NOW + hours * HOUR)
    for it in them[2:]:
        services.decline(match_id=it.match.pk, by=citizen, now=NOW + 9 * HOUR)
    assert list(selectors.concerning(citizen, city)) == [them[number].match for number in (1, 0, 3, 2)]
    services.accept(match_id=them[0].match.pk, by=citizen, now=NOW + 8 * HOUR)
    assert list(selectors.concerning(citizen, city)) == [them[number].match for number in (0, 1, 3, 2)]
