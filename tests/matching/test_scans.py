"""From a change to the suggestions: what is due, what a scan writes, and what it must not miss."""

from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import engine
from accounts import services as accounts
from accounts.models import Organisation
from catalogue.vocabulary import Kind, Urgency
from matching import scanning, services, sweeps
from matching.lifecycle import Reason
from matching.models import Match, MatchState, Scan
from matching.reasons import facts
from needs import services as needs
from needs.models import Need, NeedState
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.matching import invariants

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def settled(db, invariants_hold):
    yield
    drain(LATER)
    invariants.check(settled=True)


def suggested(need):
    """The offers suggested, best first."""
    return [match.offer for match in Match.objects.filter(need=need).suggested().select_related("offer")]


def state_of(match):
    return Match.objects.values_list("state", flat=True).get(pk=match.pk)


def everything():
    """All that a scan writes, with the moments."""
    matches = list(Match.objects.order_by("pk").values())
    found = list(Scan.objects.order_by("pk").values())
    return (
        matches,
        [{k: v for k, v in scan.items() if k != "scanned_at"} for scan in found],
        Message.objects.count(),
    )


@pytest.mark.parametrize("rhythm", ["weekly", "once"])
def test_several_needs_take_no_more_queries_than_two(rhythm, django_assert_num_queries):
    town = CityFactory()
    many = {"city": town, "kind": Kind.SKILL, "category": "transport", "rhythm": rhythm}
    for _ in range(2):
        due_need(**many)
    with CaptureQueriesContext(connection) as captured:
        assert scanning.scan_due_needs(by=None, now=NOW) == 2
    for _ in range(9):
        due_need(**many)
    with django_assert_num_queries(len(captured)):
        assert scanning.scan_due_needs(by=None, now=NOW) == 9


# --- What triggers -------------------------------------------------------------------------------------


def test_a_new_need_is_matched_with_the_offers_that_are_there(city):
    offer = OfferFactory(city=city, capacity=3)
    need = due_need(city=city)
    assert scanning.scan_due_needs(by=None, now=NOW) == 1
    assert suggested(need) == [offer]
    need.refresh_from_db()
    assert need.scan_due_at is None
    scan = need.scan
    assert (scan.feasible, scan.suggested, scan.algorithm) == (1, 1, engine.VERSION)


def test_a_new_offer_is_matched_with_the_needs_that_are_there(city):
    need = NeedFactory(city=city)
    offer = due_offer(city=city)
    assert scanning.scan_due_offers(by=None, now=NOW) == 1
    assert scanning.scan_due_needs(by=None, now=NOW) == 1
    assert suggested(need) == [offer]
    assert not Offer.objects.due_for_scan().exists()


def test_an_offer_that_suits_nobody_makes_no_need_due(city):
    NeedFactory(city=city)
    NeedFactory(city=city, goods=True)
    due_offer(city=city, capacity=2)
    due_offer(city=city, kind=Kind.SKILL)
    assert scanning.scan_due_offers(by=None, now=NOW) == 2
    assert not Need.objects.due_for_scan().exists()


@pytest.mark.parametrize(
    "goes",
    [
        lambda offer, by: offers.withdraw(offer_id=offer.pk, by=by, now=LATER),
        lambda offer, by: offers.pause(offer_id=offer.pk, by=by, now=LATER),
        lambda offer, by: offers.freeze(offer_id=offer.pk, by=by, now=LATER, reason="signalement"),
        lambda offer, by: offers.expire_stale(city=offer.city, by=None, now=LATER + timedelta(days=45)),
        lambda offer, by: offers.change(
            offer_id=offer.pk, fields={"capacity": 2}, windows=None, by=by, now=LATER
        ),
        lambda offer, by: offers.change(
            offer_id=offer.pk, fields={}, windows=[(date(2027, 1, 1), None)], by=by, now=LATER
        ),
    ],
    ids=["withdrawn", "paused", "frozen", "expired", "smaller", "on other days"],
)
def test_an_offer_that_goes_takes_its_suggestions_along(city, coordinator, goes):
    match = suggested_match(city=city)
    stays = due_offer(city=city, confirmed_at=NOW + timedelta(days=60))
    drain()
    goes(match.offer, coordinator)
    drain(LATER)
    assert state_of(match) == MatchState.SUPERSEDED
    assert suggested(match.need) == [stays]
    assert Match.objects.get(offer=stays).rank == 1


@pytest.mark.parametrize(
    "closes",
    [
        lambda need, by: needs.withdraw(need_id=need.pk, by=by, now=LATER),
        lambda need, by: needs.expire_past(city=need.city, by=None, now=LATER + timedelta(days=60)),
    ],
    ids=["withdrawn", "expired"],
)
def test_a_need_that_closes_has_no_suggestions(city, coordinator, closes):
    match = suggested_match(city=city)
    closes(match.need, coordinator)
    drain(LATER)
    assert state_of(match) == MatchState.SUPERSEDED


def test_a_paused_offer_comes_back_as_the_same_suggestion(city, coordinator):
    match = suggested_match(city=city)
    offers.pause(offer_id=match.offer_id, by=coordinator, now=NOW)
    drain()
    offers.resume(offer_id=match.offer_id, by=coordinator, now=LATER)
    drain(LATER)
    assert state_of(match) == MatchState.SUGGESTED
    assert Match.objects.count() == 1


def test_a_need_lowered_to_what_is_confirmed_is_met(city, coordinator):
    match = suggested_match(city=city, kind=Kind.GOODS, offer={"capacity": 6})
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    services.accept(match_id=match.pk, by=coordinator, now=NOW)
    services.confirm(match_id=match.pk, by=coordinator, now=NOW)
    needs.change(need_id=match.need_id, fields={"quantity": 6}, by=coordinator, now=NOW, today=NOW.date())
    drain()
    match.need.refresh_from_db()
    assert match.need.state == NeedState.MET


def test_nobody_is_housed_apart_from_a_household_that_grew(city, coordinator):
    match = suggested_match(city=city)
    due_offer(city=city, capacity=1)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    needs.change(
        need_id=match.need_id, fields={"children_3_to_11": 3}, by=coordinator, now=NOW, today=NOW.date()
    )
    drain()
    assert suggested(match.need) == []


def test_asking_a_citizen_lowers_all_that_they_offer(city, coordinator):
    owner = UserFactory()
    room, other_room = due_offer(city=city, owner=owner), due_offer(city=city, owner=owner, capacity=4)
    stranger = due_offer(city=city, capacity=4)
    here, there = due_need(city=city), due_need(city=city, forms=["separate_room", "shared_room"])
    drain()
    assert suggested(there) == [room, other_room, stranger]
    services.propose(match_id=Match.objects.get(need=here, offer=room).pk, by=coordinator, now=NOW)
    drain()
    assert suggested(there) == [stranger, other_room]
    assert Match.objects.get(need=there, offer=other_room).parts["courtesy"] == 0.5
    assert Match.objects.get(need=there, offer=stranger).parts["courtesy"] == 1


def test_a_need_that_has_begun_is_looked_at_again_each_morning(city):
    """On Tuesday only six days are left: the offer that ends on Thursday no longer gives the four that help."""
    week = {"first_day": NOW.date(), "last_day": NOW.date() + timedelta(days=6), "min_days": 4}
    need, to_come = due_need(city=city, **week), due_need(city=city)
    stays = OfferFactory(city=city, capacity=3)
    ends = OfferFactory(city=city, capacity=3, windows=[(NOW.date(), NOW.date() + timedelta(days=3))])
    drain()
    assert suggested(need) == [stays, ends]
    assert scanning.mark_pressing(by=None, now=NOW + timedelta(hours=11)) == 0, "still Monday"
    tuesday = NOW + timedelta(hours=12, minutes=1)
    assert scanning.mark_pressing(by=None, now=tuesday) == 1
    assert list(Need.objects.due_for_scan()) == [need]
    drain(tuesday)
    assert scanning.mark_pressing(by=None, now=tuesday) == 0
    assert suggested(need) == [stays]
    assert Match.objects.get(need=need, offer=stays).first_day == tuesday.date() + timedelta(days=1)
    assert suggested(to_come) == [stays]


# --- Twice changes nothing -----------------------------------------------------------------------------


def test_scanning_again_changes_nothing(city):
    for kind in Kind:
        for _ in range(3):
            due_offer(city=city, kind=kind, languages=["fr", "ti"])
            due_need(city=city, kind=kind, languages=["ti"])
    due_offer(city=city, capacity=2)
    drain()
    before = everything()
    assert len(before[0]) == 27
    Need.objects.update(scan_due_at=LATER)
    Offer.objects.update(scan_due_at=LATER)
    drain(LATER)
    assert everything() == before


def test_the_best_twenty_are_kept_in_the_engine_s_order(city):
    need = due_need(city=city)
    rooms = [
        due_offer(city=city, capacity=3, confirmed_at=NOW - timedelta(days=number)) for number in range(23)
    ]
    drain()
    assert suggested(need) == rooms[:20]
    assert need.scan.feasible == 23
    # One of the best goes: the twenty-first moves up.
    offers.withdraw(offer_id=rooms[4].pk, by=rooms[4].owner, now=NOW)
    drain()
    assert suggested(need) == [*rooms[:4], *rooms[5:21]]
    # A newcomer that is better than the last takes its place, one that is worse does not.
    worse = due_offer(city=city, confirmed_at=NOW - timedelta(days=40))
    drain()
    assert worse not in suggested(need)
    better = due_offer(city=city, confirmed_at=NOW)
    drain()
    assert suggested(need)[:3] == [rooms[0], better, rooms[1]]
    assert len(suggested(need)) == 20


def test_a_newcomer_is_kept_for_what_it_is_worth_and_not_for_its_score(city):
    """All of the days a little further away, where a full list has half of them next door."""
    need = due_need(city=city, min_days=10)
    half = [(need.first_day, need.first_day + timedelta(days=14))]
    rooms = [due_offer(city=city, windows=half) for _ in range(20)]
    drain()
    assert set(suggested(need)) == set(rooms)
    north = {"latitude": need.latitude + 0.08}
    other_half = due_offer(city=city, windows=half, **north)
    assert scanning.scan_due_offers(by=None, now=NOW) == 1
    assert not Need.objects.due_for_scan(), "no better than what is there"
    whole = due_offer(city=city, confirmed_at=NOW - timedelta(days=44), **north)
    drain()
    first = Match.objects.get(need=need, offer=whole)
    assert suggested(need)[0] == whole
    assert other_half not in suggested(need)
    assert first.score < Match.objects.get(need=need, offer=suggested(need)[1]).score


def test_of_tonight_a_newcomer_that_begins_tonight_is_kept_before_all_that_do_not(city):
    days = {"first_day": NOW.date(), "last_day": NOW.date() + timedelta(days=29), "min_days": 1}
    need = due_need(city=city, **days)
    later = [(NOW.date() + timedelta(days=1), None)]
    for _ in range(20):
        due_offer(city=city, windows=later)
    drain()
    tonight = due_offer(city=city, windows=[(NOW.date(), NOW.date())])
    drain()
    assert suggested(need)[0] == tonight


def test_a_list_of_which_the_lowest_is_not_known_takes_whoever_is_possible(city):
    need = due_need(city=city)
    for _ in range(20):
        due_offer(city=city)
    drain()
    Scan.objects.update(lowest_standing=None)
    due_offer(city=city, confirmed_at=NOW - timedelta(days=44))
    scanning.scan_due_offers(by=None, now=NOW)
    assert list(Need.objects.due_for_scan()) == [need]


def test_a_newcomer_as_good_as_the_last_is_placed_by_the_total_order(city):
    """Equal score and distance: the earlier registered offer is kept, however late it is scanned."""
    need = due_need(city=city)
    rooms = [due_offer(city=city, created_at=NOW - timedelta(hours=1)) for _ in range(20)]
    drain()
    early = due_offer(city=city, created_at=NOW - timedelta(hours=2))
    late = due_offer(city=city, created_at=NOW)
    drain()
    assert suggested(need) == [early, *rooms[:19]]
    assert late not in suggested(need)


# --- Pairs set aside -----------------------------------------------------------------------------------


def test_a_dismissed_pair_stays_away_until_something_changes(city, coordinator):
    match = suggested_match(city=city)
    services.dismiss(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.NOT_SUITABLE)
    for again in (match.need, match.offer):
        type(again).objects.filter(pk=again.pk).update(scan_due_at=LATER)
        drain(LATER)
    assert suggested(match.need) == []
    # Words and a re-confirmation change nothing of it.
    owner = match.offer.owner
    offers.change(
        offer_id=match.offer_id, fields={"title": "Chambre calme"}, windows=None, by=owner, now=LATER
    )
    offers.reconfirm(offer_id=match.offer_id, by=owner, now=LATER)
    drain(LATER)
    assert suggested(match.need) == []
    offers.change(offer_id=match.offer_id, fields={"step_free": True}, windows=None, by=owner, now=LATER)
    drain(LATER)
    assert suggested(match.need) == [match.offer]
    assert state_of(match) == MatchState.DISMISSED
    assert Match.objects.count() == 2


def test_a_dismissed_pair_comes_back_when_the_need_changes(city, coordinator):
    match = suggested_match(city=city)
    services.dismiss(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.NOT_SUITABLE)
    change = partial(needs.change, need_id=match.need_id, by=coordinator, now=LATER, today=NOW.date())
    change(fields={"title": "Une famille"})
    drain(LATER)
    assert suggested(match.need) == []
    change(fields={"reach_km": 20.0})
    drain(LATER)
    assert suggested(match.need) == [match.offer]


def test_dismissing_makes_room_for_the_next(city, coordinator):
    need = due_need(city=city)
    rooms = [
        due_offer(city=city, capacity=3, confirmed_at=NOW - timedelta(days=number)) for number in range(21)
    ]
    drain()
    services.dismiss(
        match_id=Match.objects.get(need=need, offer=rooms[0]).pk, by=coordinator, now=NOW, reason=Reason.OTHER
    )
    drain()
    assert suggested(need) == rooms[1:]


def test_a_lapsed_pair_may_come_back(city, coordinator):
    match = suggested_match(city=city)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    assert sweeps.lapse_unanswered(by=None, now=NOW + timedelta(hours=71)) == 0
    assert sweeps.lapse_unanswered(by=None, now=NOW + timedelta(hours=72)) == 1
    drain(NOW + timedelta(hours=72))
    assert suggested(match.need) == [match.offer]
    again = Match.objects.get(state=MatchState.SUGGESTED)
    assert again.pk != match.pk
    assert again.parts["courtesy"] == 0.5, "asked once this month"


# --- Whose needs and offers ----------------------------------------------------------------------------


def test_a_need_waits_for_its_association_to_be_verified(city, coordinator):
    pending = OrganisationFactory(city=city)
    need = due_need(city=city, organisation=pending)
    offer = due_offer(city=city)
    drain()
    assert suggested(need) == []
    accounts.verify_organisation(organisation=pending, by=coordinator, now=LATER)
    drain(LATER)
    assert suggested(need) == [offer]


def test_a_suspended_association_s_needs_come_back_complete(city, coordinator):
    match = suggested_match(city=city)
    nothing_yet = due_need(city=city, kind=Kind.GOODS, organisation=match.need.organisation)
    drain()
    organisation = Organisation.objects.get(pk=match.need.organisation_id)
    accounts.suspend_organisation(organisation=organisation, reason="Fermée", by=coordinator, now=NOW)
    assert scanning.set_suspended_aside(by=None, now=NOW) == 1
    assert scanning.set_suspended_aside(by=None, now=NOW) == 0
    # What arrives meanwhile is not suggested, and not forgotten.
    duvets, room = due_offer(city=city, kind=Kind.GOODS), due_offer(city=city, capacity=4)
    drain()
    assert suggested(match.need) == suggested(nothing_yet) == []
    accounts.verify_organisation(organisation=organisation, by=coordinator, now=LATER)
    drain(LATER)
    assert suggested(match.need) == [match.offer, room]
    assert suggested(nothing_yet) == [duvets]


def test_towns_are_apart(city):
    other = CityFactory()
    due_offer(city=other)
    need = due_need(city=city)
    drain()
    assert suggested(need) == []


@pytest.mark.parametrize("need_first", [True, False])
def test_linked_towns_share_with_the_citizen_s_consent(city, need_first):
    neighbour = CityFactory()
    city.linked.add(neighbour)

    def come():
        return due_offer(city=neighbour, share_with_linked=True), due_offer(city=neighbour)

    if need_first:
        need = due_need(city=city)
        drain()
        shared, _own = come()
    else:
        shared, _own = come()
        drain()
        need = due_need(city=city)
    drain()
    assert suggested(need) == [shared]
    (match,) = facts.explained(Match.objects.select_related("need", "offer", "city"), now=NOW)
    assert "linked_city" in {fact["code"] for fact in match.facts}
    offers.change(
        offer_id=shared.pk, fields={"share_with_linked": False}, windows=None, by=shared.owner, now=NOW
    )
    drain()
    assert suggested(need) == []


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("Pacific/Noumea", date(2026, 3, 10)),
        ("Europe/Paris", date(2026, 3, 9)),
        ("America/Martinique", date(2026, 3, 9)),
    ],
)
def test_a_town_lives_on_its_own_calendar(zone, today):
    """Monday 22:00 in Paris is Tuesday morning in Nouméa and Monday afternoon in Fort-de-France."""
    evening = datetime(2026, 3, 9, 21, tzinfo=UTC)
    town = CityFactory(timezone=zone)
    offer = OfferFactory(city=town, capacity=3, confirmed_at=evening)
    need = due_need(
        city=town, now=evening, first_day=date(2026, 3, 1), last_day=date(2026, 3, 20), min_days=5
    )
    drain(evening)
    match = Match.objects.get(need=need, offer=offer)
    assert match.first_day == today
    assert match.parts["freshness"] == 1


@pytest.mark.parametrize(
    ("zone", "open_"), [("Pacific/Noumea", False), ("Europe/Paris", False), ("America/Martinique", True)]
)
def test_a_need_s_last_day_ends_at_its_own_midnight(zone, open_):
    """Twenty past midnight in Paris: in Martinique the last day is not over."""
    town = CityFactory(timezone=zone)
    need = NeedFactory(city=town, first_day=date(2026, 3, 1), last_day=date(2026, 3, 9))
    needs.expire_past(city=town, by=None, now=datetime(2026, 3, 9, 23, 20, tzinfo=UTC))
    need.refresh_from_db()
    assert need.is_open is open_


# --- At the same time ----------------------------------------------------------------------------------


def test_two_workers_never_scan_one_need_at_once(transactional_db, city, at_once):
    OfferFactory(city=city, capacity=3)
    need = due_need(city=city)
    with transaction.atomic():
        assert scanning.scan_due_needs(by=None, now=NOW) == 1
        assert at_once(partial(scanning.scan_due_needs, by=None, now=NOW)) == [0], (
            "passes over it, does not wait"
        )
    assert len(suggested(need)) == 1


def test_many_workers_share_the_work(transactional_db, city, at_once):
    """Sixty needs, six workers: each scanned once, nothing twice, nothing left."""
    OfferFactory.create_batch(3, city=city, capacity=3)
    for _ in range(60):
        due_need(city=city)
    counts = at_once(*[partial(scanning.scan_due_needs, by=None, now=NOW)] * 6)
    assert sum(counts) == 60
    assert Match.objects.count() == 180
    assert Scan.objects.count() == 60


def test_a_need_that_changes_while_it_is_scanned_is_due_again(transactional_db, city, coordinator, meanwhile):
    OfferFactory(city=city, capacity=3)
    need = due_need(city=city)
    change = partial(
        needs.change,
        need_id=need.pk,
        fields={"children_3_to_11": 3},
        by=coordinator,
        now=LATER,
        today=NOW.date(),
    )
    with transaction.atomic():
        scanning.scan_due_needs(by=None, now=NOW)
        answer = meanwhile(change)
    assert answer().quantity == 4
    need.refresh_from_db()
    assert need.scan_due_at == LATER
    drain(LATER)
    assert suggested(need) == []


def test_a_mark_that_comes_during_a_scan_is_not_lost(transactional_db, city, meanwhile):
    """The need is due already: marking it again must not be swallowed by the scan that is under way."""
    need = due_need(city=city)
    with transaction.atomic():
        scanning.scan_due_needs(by=None, now=NOW)
        answer = meanwhile(partial(needs.mark_due, need_ids=[need.pk], now=LATER))
    assert answer() == 1
    need.refresh_from_db()
    assert need.scan_due_at == LATER


def test_an_offer_that_goes_while_a_need_is_scanned_leaves_no_suggestion(transactional_db, city, meanwhile):
    """The scan has read the offer as open, and commits after the offer's own scan has begun."""
    offer = OfferFactory(city=city, capacity=3)
    need = due_need(city=city)

    def go():
        offers.withdraw(offer_id=offer.pk, by=offer.owner, now=NOW)
        return scanning.scan_due_offers(by=None, now=NOW)

    with transaction.atomic():
        scanning.scan_due_needs(by=None, now=NOW)
        assert suggested(need) == [offer]
        answer = meanwhile(go)
    assert answer() == 1
    drain()
    assert suggested(need) == []


def test_an_offer_taken_while_a_need_is_scanned_leaves_no_suggestion(
    transactional_db, city, coordinator, meanwhile
):
    match = suggested_match(city=city)
    need = due_need(city=city)

    def take():
        services.propose(match_id=match.pk, by=coordinator, now=NOW)
        while not scanning.scan_due_offers(by=None, now=NOW):
            pass

    with transaction.atomic():
        scanning.scan_due_needs(by=None, now=NOW)
        assert suggested(need) == [match.offer]
        answer = meanwhile(take)
    assert answer() is None
    drain()
    assert suggested(need) == []


def test_a_scan_does_not_wait_for_a_proposal(transactional_db, city, coordinator, at_once):
    """A coordinator's transaction holds the offer and its need; other needs are scanned meanwhile."""
    match = suggested_match(city=city, offer={"capacity": 6})
    other = due_need(city=city)
    with transaction.atomic():
        services.propose(match_id=match.pk, by=coordinator, now=NOW)
        assert at_once(partial(scanning.scan_due_needs, by=None, now=NOW)) == [1]
        assert at_once(partial(scanning.scan_due_offers, by=None, now=NOW)) == [0], "it is locked: for later"
        assert suggested(other) == [match.offer]
    drain()
    assert Match.objects.get(need=other).parts["fit"] == 1, "three of six places are left"


def test_scans_of_two_towns_do_not_wait_for_each_other(transactional_db, city, at_once):
    due_need(city=city)
    elsewhere = due_need(city=CityFactory())
    due_offer(city=elsewhere.city)
    with transaction.atomic():
        assert scanning.scan_due_needs(by=None, now=NOW) == 1
        assert at_once(partial(scanning.scan_due_needs, by=None, now=NOW)) == [1]
        assert at_once(partial(scanning.scan_due_offers, by=None, now=NOW)) == [1]


# --- Who is told ---------------------------------------------------------------------------------------


def test_tonight_is_announced_by_itself_and_the_rest_once_a_day(city, coordinator):
    OfferFactory(city=city, capacity=3)
    for _ in range(2):
        due_need(city=city, urgency=Urgency.TONIGHT)
        due_need(city=city, urgency=Urgency.PLANNED)
        drain()
    due_need(city=CityFactory(), urgency=Urgency.TONIGHT)
    due_need(city=city, kind=Kind.GOODS, urgency=Urgency.TONIGHT)
    drain()
    events = Message.objects.filter(recipient=coordinator).values_list("event", flat=True)
    assert sorted(events) == [
        "need_suggestions",
        "need_suggestions",
        "need_tonight",
        "suggestions_of_the_day",
    ]


def test_tonight_comes_first_then_the_longest_waiting(city):
    planned = due_need(city=city, scan_due_at=NOW - timedelta(days=2))
    week = due_need(city=city, urgency=Urgency.THIS_WEEK, scan_due_at=NOW - timedelta(days=1))
    tonight = due_need(city=city, urgency=Urgency.TONIGHT)
    assert list(Need.objects.due_for_scan()) == [tonight, week, planned]


def test_one_scan_of_needs_that_lack_offers_and_of_others_that_do_not(city):
    """Near misses are looked for where a list is not full, and each need has what a scan of its own would find."""
    room = {"city": city, "windows": [(date(2026, 3, 1), date(2026, 4, 30))]}
    for _ in range(20):
        OfferFactory(**room, capacity=3)
    for capacity in (3, 4):
        OfferFactory(**room, capacity=capacity, scan_due_at=None)
    short, long = {"last_day": date(2026, 4, 10)}, {"last_day": date(2026, 5, 30), "min_days": 60}
    full, lacking = due_need(city=city, **short), due_need(city=city, **long)
    assert scanning.scan_due_needs(by=None, now=NOW) == 2
    found = {scan.need_id: scan for scan in Scan.objects.all()}
    assert (found[full.pk].suggested, found[full.pk].feasible, found[full.pk].near_misses) == (20, 22, [])
    assert (found[lacking.pk].suggested, found[lacking.pk].feasible) == (0, 0)
    assert {miss["rule"] for miss in found[lacking.pk].near_misses} == {"dates"}
    together = everything()
    for need in (lacking, full):
        needs.mark_due(need_ids=[need.pk], now=NOW)
        assert scanning.scan_due_needs(by=None, now=NOW) == 1
    assert everything() == together


def test_a_near_miss_is_kept_with_its_gap(city):
    need = due_need(city=city)
    small = OfferFactory(city=city, capacity=2)
    near = CommuneFactory(insee="67118", name="Eckbolsheim", latitude=48.70, longitude=7.7521)
    far = OfferFactory(city=city, capacity=3, commune=near)
    drain()
    misses = {miss["offer"]: miss for miss in need.scan.near_misses}
    assert misses[small.pk]["rule"] == "capacity"
    assert misses[small.pk]["gap"] == 1
    assert misses[far.pk]["rule"] == "distance"
    assert 3 < misses[far.pk]["gap"] < 5
