"""Everything looked at again: the same as single scans, only what differs written, by any number of workers."""

import signal
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import services as accounts
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.selectors import CityNotFound
from matching import services, tasks
from matching.lifecycle import NotPossible, Reason
from matching.models import Match, MatchState, Rescan, RescanPart, Scan
from matching.scanning import rescans, work_locks
from matching.scanning.rescans import parts, working
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import OrganisationFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match
from tests.matching import invariants
from tests.matching.locks import before_writing, in_the_midst_of_writing, waiting_for_us
from tests.matching.test_scan_property import World, steps

LATER = NOW + timedelta(minutes=1)
pytestmark = pytest.mark.django_db(transaction=True)


def work(now=LATER):
    """Do all parts, as one worker."""
    while rescans.work_on_one(now=now):
        pass


def rescan(*cities, now=LATER):
    asked = rescans.ask(cities=cities, by=None, now=now)
    work(now)
    return rescans.progress(asked)


def found():
    """What stands after a scan: each need's suggestions, its near misses and its figures."""
    fields = ("need", "offer", "rank", "score", "part_values", "weight_values", "algorithm", "distance_km",
              "first_day", "last_day", "quantity", "need_revision", "offer_revision")  # fmt: skip
    suggested = Match.objects.filter(state=MatchState.SUGGESTED).order_by("need", "rank")
    scanned = Scan.objects.order_by("need").values_list(
        "need", "revision", "feasible", "suggested", "near_misses", "algorithm"
    )
    return list(suggested.values_list(*fields)), list(scanned)


def rows():
    """Every match with the transaction that last wrote it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, state, changed_at FROM matching_match ORDER BY id")
        return cursor.fetchall()


def town(city, needs_of_kind=2, offers_of_kind=3):
    """Some of each kind, a few of them far, small or elsewhere."""
    for kind in Kind:
        for number in range(offers_of_kind):
            due_offer(
                city=city, kind=kind, latitude=48.5734 + number * 0.02, languages=["fr", "ti"][: number + 1]
            )
        for number in range(needs_of_kind):
            due_need(city=city, kind=kind, latitude=48.5734 + number * 0.03, languages=["ti"])


# --- The same as single scans --------------------------------------------------------------------------


@pytest.mark.parametrize("crowded", [False, True])
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(story=st.lists(steps, min_size=4, max_size=16))
def test_a_rescan_is_the_union_of_single_scans(transactional_db, crowded, story):
    """Over random towns: what the queue made, need by need, is what a rescan makes of nothing at all."""
    world = World(crowded)
    try:
        for name, *rest in story:
            try:
                if name in ("offer", "need"):
                    getattr(world, name)(*rest)
                else:
                    world.act(name, *rest)
            except (NotPossible, transaction.TransactionManagementError):
                continue
            except Exception as failure:
                if type(failure).__name__ != "ValidationError":
                    raise
        drain(world.moment)
        # Each need by itself, for near misses that follow from the rows of this moment alone.
        for need in Need.objects.filter(scan__isnull=False):
            Need.objects.filter(pk=need.pk).update(scan_due_at=world.moment)
            drain(world.moment)
        expected = found()
        before = rows()

        progress = rescan(*world.towns, now=world.moment)
        assert found() == expected
        assert rows() == before, "nothing that stands is written again"
        assert (progress.failed, progress.written) == (0, 0)
        drain(world.moment)
        assert found() == expected

        Match.objects.filter(state__in=["suggested", "superseded"]).delete()
        Scan.objects.all().delete()
        rescan(*world.towns, now=world.moment)
        suggested, scanned = found()
        assert suggested == expected[0]
        still_open = set(Need.objects.open().values_list("pk", flat=True))
        assert scanned == [scan for scan in expected[1] if scan[0] in still_open]
        drain(world.moment)
        invariants.check(settled=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("TRUNCATE accounts_user, cities_city, cities_commune CASCADE")
            cursor.execute("RESET session_replication_role")


def test_a_rescan_finds_what_the_queue_found(city):
    town(city)
    drain()
    expected = found()
    Match.objects.all().delete()
    Scan.objects.all().delete()
    progress = rescan(city)
    assert found() == expected
    assert (progress.parts, progress.done, progress.failed) == (3, 3, 0)
    assert (progress.needs, progress.needs_done, progress.percent) == (6, 6, 100)
    assert progress.written == len(expected[0]) > 6
    assert progress.feasible == sum(scan[2] for scan in expected[1])
    assert progress.is_over


def test_a_part_is_a_town_and_a_kind(city):
    other = CityFactory()
    due_need(city=city)
    due_need(city=city)
    due_need(city=city, kind=Kind.GOODS)
    due_need(city=other)
    due_need(city=city, organisation=OrganisationFactory(city=city), kind=Kind.SKILL)
    asked = rescans.ask(cities=[city], by=None, now=NOW)
    parts = asked.parts.order_by("kind").values_list("kind", "categories", "departments", "needs")
    assert list(parts) == [("goods", [], [], 1), ("housing", [], [], 2)]
    assert rescans.ask(cities=[city, other], by=None, now=NOW).parts.filter(city=other).count() == 1


def test_a_large_town_has_parts_by_category_and_departement_and_that_changes_nothing(city, monkeypatch):
    town(city, needs_of_kind=4)
    elsewhere = CommuneFactory(
        insee="97411", name="Saint-Denis", department_code="974", latitude=-20.88, longitude=55.45
    )
    for kind in Kind:
        due_need(city=city, kind=kind, commune=elsewhere)
        due_offer(city=city, kind=kind, commune=elsewhere)
    due_need(city=city, kind=Kind.GOODS, category="clothes")
    due_offer(city=city, kind=Kind.GOODS, category="clothes")
    rescan(city)
    whole, before = found(), rows()
    monkeypatch.setattr(parts, "MOST_NEEDS", 2)
    again = rescan(city)
    assert (again.parts, again.needs, again.written) == (7, 16, 0)
    assert (found(), rows()) == (whole, before)
    Match.objects.all().delete()
    Scan.objects.all().delete()
    rescan(city)
    assert found() == whole


def test_towns_without_needs_are_done_at_once(city):
    progress = rescan(city)
    assert (progress.parts, progress.is_over, progress.percent) == (0, True, 100)


def test_linked_towns_share(city):
    neighbour = CityFactory()
    city.linked.add(neighbour)
    shared = due_offer(city=neighbour, share_with_linked=True)
    due_offer(city=neighbour)
    need = due_need(city=city)
    rescan(city)
    assert [match.offer for match in Match.objects.filter(need=need)] == [shared]


def test_near_misses_are_kept_while_there_is_room(city):
    need = due_need(city=city)
    small = due_offer(city=city, capacity=2)
    rescan(city)
    scan = Scan.objects.get(need=need)
    assert [(miss["offer"], miss["rule"], miss["gap"]) for miss in scan.near_misses] == [
        (small.pk, "capacity", 1)
    ]
    for _ in range(20):
        due_offer(city=city)
    rescan(city)
    scan.refresh_from_db()
    assert (scan.suggested, scan.near_misses) == (20, []), "nobody looks for more when twenty are possible"


def test_a_row_that_the_engine_refuses_is_left_out_and_the_others_are_not(city, caplog):
    good, bad = due_need(city=city), due_need(city=city)
    due_offer(city=city)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE needs_need SET languages = '{\"\"}' WHERE id = %s", [bad.pk])
    progress = rescan(city)
    assert progress.failed == 0
    assert set(Match.objects.values_list("need", flat=True)) == {good.pk}
    assert f"need {bad.pk} is left out" in caplog.text


# --- Only what differs ---------------------------------------------------------------------------------


def test_twice_changes_nothing(city):
    town(city)
    rescan(city)
    before, messages = rows(), Message.objects.count()
    again = rescan(city, now=LATER + timedelta(hours=1))
    assert rows() == before
    assert (again.written, again.unchanged) == (0, len(before))
    assert Message.objects.count() == messages


def test_only_what_changed_is_written(city):
    need, other = due_need(city=city), due_need(city=city, kind=Kind.GOODS)
    first, second = due_offer(city=city, confirmed_at=NOW - timedelta(days=10)), due_offer(city=city)
    blankets = due_offer(city=city, kind=Kind.GOODS)
    drain()
    before = {match_id: row for match_id, *row in rows()}
    # The first is confirmed again, unseen by the queue: the order of the two changes.
    Offer.objects.filter(pk=first.pk).update(confirmed_at=NOW + timedelta(days=1), scan_due_at=None)
    progress = rescan(city)
    assert [match.offer for match in Match.objects.filter(need=need).suggested()] == [first, second]
    assert (progress.written, progress.unchanged) == (2, 1)
    after = {match_id: row for match_id, *row in rows()}
    goods = Match.objects.get(need=other, offer=blankets)
    assert after[goods.pk] == before[goods.pk]
    assert all(after[pk] != before[pk] for pk in before if pk != goods.pk)


def test_what_is_gone_is_set_aside_and_comes_back_as_the_same(city):
    match = suggested_match(city=city)
    Offer.objects.filter(pk=match.offer_id).update(state="paused")
    assert rescan(city).written == 0
    match.refresh_from_db()
    assert match.state == MatchState.SUPERSEDED
    Offer.objects.filter(pk=match.offer_id).update(state="active")
    assert rescan(city).written == 1
    match.refresh_from_db()
    assert (match.state, match.facts) == (MatchState.SUGGESTED, None)
    assert Match.objects.count() == 1


def test_of_a_pair_set_aside_several_times_the_last_comes_back(city):
    match = suggested_match(city=city)
    Match.objects.update(state=MatchState.SUPERSEDED)
    first = match.pk
    match.pk, match.state = None, MatchState.SUPERSEDED
    match.save(force_insert=True)
    for written in (1, 0):
        assert rescan(city).written == written
        states = dict(Match.objects.values_list("pk", "state"))
        assert states == {first: MatchState.SUPERSEDED, match.pk: MatchState.SUGGESTED}


def test_decisions_are_never_touched(city, coordinator):
    kept = {}
    for act in ("propose", "dismiss"):
        match = suggested_match(city=city, kind=Kind.GOODS, need={"quantity": 10}, offer={"capacity": 10})
        reason = {"reason": Reason.OTHER} if act == "dismiss" else {}
        getattr(services, act)(match_id=match.pk, by=coordinator, now=NOW, **reason)
        kept[match.pk] = act
    drain()
    before = [row for row in rows() if row[0] in kept]
    rescan(city)
    assert [row for row in rows() if row[0] in kept] == before
    invariants.check(settled=True)


def test_a_rescan_does_what_is_due_of_its_needs(city):
    """After a town has changed its weights every need is due: they are not looked at twice."""
    town(city)
    due = Need.objects.due_for_scan()
    assert due.count() == 6
    rescan(city)
    assert not due.exists()
    assert Offer.objects.due_for_scan().count() == 9, "offers wait for their own scan"


def test_the_desk_hears_of_it_once_a_day(city, coordinator):
    for _ in range(3):
        due_need(city=city, urgency="tonight")
    due_offer(city=city)
    due_need(city=city, kind=Kind.GOODS)
    due_offer(city=city, kind=Kind.GOODS)
    rescan(city)
    assert [message.event for message in Message.objects.filter(recipient=coordinator)] == [
        "suggestions_of_the_day"
    ]


# --- Meanwhile -----------------------------------------------------------------------------------------


@pytest.fixture
def between(city, meanwhile):
    """Rescan the town; have something happen after its part has been read and compared, and before it is written."""

    def rescan_while(happens):
        asked = rescans.ask(cities=[city], by=None, now=LATER)
        with before_writing(city):
            answer = meanwhile(work)
            happens()
        assert answer() is None
        progress = rescans.progress(asked)
        assert (progress.done, progress.failed) == (1, 0)

    return rescan_while


def test_a_need_changed_meanwhile_ends_right(city, coordinator, between):
    need, other = due_need(city=city), due_need(city=city)
    due_offer(city=city)
    change = partial(needs.change, need_id=need.pk, by=coordinator, now=LATER, today=NOW.date())
    between(lambda: change(fields={"children_3_to_11": 4}))
    assert not Match.objects.filter(need=need).exists()
    assert Match.objects.filter(need=other).suggested().count() == 1
    drain(LATER)
    assert not Match.objects.filter(need=need, state=MatchState.SUGGESTED).exists()
    invariants.check(settled=True)


def test_a_need_that_was_scanned_meanwhile_keeps_that_scan(city, coordinator, between):
    match = suggested_match(city=city)
    need = match.need

    def change_and_scan():
        needs.change(
            need_id=need.pk, fields={"children_3_to_11": 4}, by=coordinator, now=LATER, today=NOW.date()
        )
        drain(LATER)

    between(change_and_scan)
    match.refresh_from_db()
    assert match.state == MatchState.SUPERSEDED, "our reading was the older"
    drain(LATER)
    assert Scan.objects.get(need=need).revision == 2
    invariants.check(settled=True)


def test_a_need_withdrawn_meanwhile_gets_nothing(city, coordinator, between):
    need = due_need(city=city)
    due_offer(city=city)
    between(lambda: needs.withdraw(need_id=need.pk, by=coordinator, now=LATER))
    assert not Match.objects.exists()


def test_a_need_that_somebody_holds_is_passed_over_and_looked_at_afterwards(city, meanwhile):
    need = due_need(city=city, scan_due_at=None)
    due_offer(city=city, scan_due_at=None)
    asked = rescans.ask(cities=[city], by=None, now=LATER)
    with transaction.atomic():
        Need.objects.select_for_update().get(pk=need.pk)
        answer = meanwhile(work)
        assert RescanPart.objects.get().feasible == 0, "written, without it"
    assert answer() is None
    assert rescans.progress(asked).is_over
    assert not Match.objects.exists()
    drain(LATER)
    assert Match.objects.filter(need=need).suggested().count() == 1


def test_a_need_whose_association_was_suspended_meanwhile_gets_nothing(city, coordinator, between):
    need = due_need(city=city)
    due_offer(city=city)
    organisation = need.organisation
    between(
        lambda: accounts.suspend_organisation(
            organisation=organisation, reason="Fermée", by=coordinator, now=LATER
        )
    )
    assert not Match.objects.exists()
    accounts.verify_organisation(organisation=organisation, by=coordinator, now=LATER)
    drain(LATER)
    assert Match.objects.count() == 1


def test_an_offer_withdrawn_meanwhile_is_suggested_to_nobody(city, coordinator, between):
    due_need(city=city)
    offer = due_offer(city=city)
    between(lambda: offers.withdraw(offer_id=offer.pk, by=coordinator, now=LATER))
    assert not Match.objects.exists()


@pytest.mark.parametrize("scanned", [False, True], ids=["its scan comes after", "its scan is done"])
@pytest.mark.parametrize(
    "happens",
    [
        lambda offer, by: offers.withdraw(offer_id=offer.pk, by=by, now=LATER),
        lambda offer, by: offers.change(
            offer_id=offer.pk, fields={"capacity": 2}, windows=None, by=by, now=LATER
        ),
        lambda offer, by: offers.reconfirm(offer_id=offer.pk, by=by, now=LATER),
        lambda offer, by: due_offer(city=offer.city, now=LATER, created_at=NOW - timedelta(days=200)),
        lambda offer, by: due_offer(city=offer.city, owner=offer.owner, now=LATER),
        lambda offer, by: services.propose(
            match_id=Match.objects.get(offer=offer, need__title="Une autre famille").pk, by=by, now=LATER
        ),
    ],
    ids=["withdrawn", "smaller", "reconfirmed", "a new one", "another of the same citizen", "held"],
)
def test_offers_changed_meanwhile_end_right(city, coordinator, between, happens, scanned):
    """Even if the change was scanned before the part has written: what it has missed is looked at again."""
    other = due_need(city=city, title="Une autre famille")
    offer = due_offer(city=city, confirmed_at=NOW - timedelta(days=3))
    drain()
    assert Match.objects.filter(need=other).suggested().exists()
    # Nobody but the rescan has ever looked at this one.
    due_need(city=city, scan_due_at=None)

    def happen():
        happens(offer, coordinator)
        if scanned:
            drain(LATER)

    between(happen)
    drain(LATER)
    reached = found()
    # From nothing, the queue says the same.
    Match.objects.filter(state__in=["suggested", "superseded"]).delete()
    Scan.objects.all().delete()
    Need.objects.update(scan_due_at=LATER)
    drain(LATER)
    assert [row[:3] for row in found()[0]] == [row[:3] for row in reached[0]]
    invariants.check(settled=True)


def test_a_list_as_good_as_full_when_an_offer_was_compared_is_made_good(city, coordinator, between):
    """The newcomer was no better than the last of a full list; one of which was gone, unseen. It is not lost."""
    need = due_need(city=city)
    rooms = [due_offer(city=city, confirmed_at=NOW - timedelta(days=number)) for number in range(20)]
    drain()
    # Gone, and the queue has not looked yet.
    Offer.objects.filter(pk=rooms[0].pk).update(state="paused", scan_due_at=None)
    newcomers = []

    def one_comes():
        newcomers.append(due_offer(city=city, confirmed_at=NOW - timedelta(days=60), now=LATER))
        drain(LATER)

    between(one_comes)
    drain(LATER)
    assert [match.offer for match in Match.objects.filter(need=need).suggested()] == [*rooms[1:], *newcomers]


def test_a_coordinator_proposes_while_a_rescan_writes(city, coordinator, at_once, meanwhile, monkeypatch):
    """Who proposes waits for the write under way when it is of their need, and for no other."""
    matches = [suggested_match(city=city) for _ in range(2)]
    done, in_hand = (partial(services.propose, match_id=one.pk, by=coordinator, now=LATER) for one in matches)
    monkeypatch.setattr(working, "NEEDS_AT_ONCE", 1)
    asked = rescans.ask(cities=[city], by=None, now=LATER)
    with in_the_midst_of_writing(matches[1].need):
        rescanned = meanwhile(work)
        assert at_once(done) == [matches[0]], "it is committed, need by need"
        proposed = meanwhile(in_hand)
    assert (rescanned(), proposed()) == (None, matches[1])
    assert {match.state for match in Match.objects.filter(pk__in=[one.pk for one in matches])} == {
        MatchState.PROPOSED
    }
    progress = rescans.progress(asked)
    assert (progress.is_over, progress.failed) == (True, 0)
    drain(LATER)
    invariants.check(settled=True)


def test_proposals_scans_and_two_workers_at_once(city, coordinator, at_once):
    """Everybody at the same moment: nobody waits for somebody who waits for them."""
    for _ in range(12):
        due_offer(city=city, kind=Kind.GOODS, capacity=10)
        due_need(city=city, kind=Kind.GOODS, quantity=10)
        due_offer(city=city)
        due_need(city=city)
    drain()
    chosen = (
        Match.objects.filter(state=MatchState.SUGGESTED).order_by("need", "rank").values_list("pk", flat=True)
    )

    def propose(some):
        for pk in some:
            try:
                services.propose(match_id=pk, by=coordinator, now=LATER)
            except NotPossible:
                continue

    for _ in range(2):
        rescans.ask(cities=[city], by=None, now=LATER)
    answers = at_once(
        work,
        work,
        partial(propose, list(chosen[::9])),
        partial(propose, list(chosen[4::9])),
        partial(drain, LATER),
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    assert not RescanPart.objects.filter(finished_at=None).exists()
    assert not RescanPart.objects.filter(failures__gt=0).exists()
    drain(LATER)
    invariants.check(settled=True)


# --- Workers -------------------------------------------------------------------------------------------


def test_two_workers_share_the_parts(city, at_once):
    town(city)
    asked = rescans.ask(cities=[city], by=None, now=LATER)

    def work_until_done():
        done = 0
        while rescans.work_on_one(now=LATER):
            done += 1
        return done

    shares = at_once(work_until_done, work_until_done)
    assert sum(shares) == 3
    assert rescans.progress(asked).done == 3


def test_a_part_in_hand_is_nobody_else_s(city, at_once):
    due_need(city=city)
    asked = rescans.ask(cities=[city], by=None, now=LATER)
    part = asked.parts.get()
    assert work_locks.try_lock(work_locks.Work.PART, part.pk)
    try:
        assert at_once(partial(rescans.work_on_one, now=LATER)) == [False]
    finally:
        work_locks.unlock(work_locks.Work.PART, part.pk)
    assert at_once(partial(rescans.work_on_one, now=LATER)) == [True]


def test_a_killed_worker_s_part_is_taken_up_by_another(worker_process, city, eventually):
    today = local_day(timezone.now(), city)  # the worker's
    need = due_need(city=city, first_day=today, last_day=today + timedelta(days=9))
    drain()
    due_offer(city=city, windows=[(today, None)])
    asked = rescans.ask(cities=[city], by=None, now=timezone.now())
    with in_the_midst_of_writing(need):
        worker = worker_process("-Q", "long")
        eventually(waiting_for_us, seconds=60)
        assert not rescans.work_on_one(now=timezone.now()), "it is in hand"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    assert eventually(lambda: rescans.work_on_one(now=timezone.now()))
    part = asked.parts.get()
    assert part.finished_at is not None
    assert part.failures == 1
    assert Match.objects.filter(need=need).suggested().count() == 1
    assert rescans.progress(asked).is_over


def test_a_part_that_fails_is_tried_three_times_and_said(city, full_disk, caplog):
    for kind in (Kind.HOUSING, Kind.GOODS):
        due_need(city=city, kind=kind)
        due_offer(city=city, kind=kind)
    full_disk(kind=Kind.HOUSING)
    progress = rescan(city)
    assert (progress.parts, progress.done, progress.failed, progress.is_over) == (2, 1, 1, True)
    assert RescanPart.objects.get(kind=Kind.HOUSING).failures == rescans.TRIES
    told = [record for record in caplog.records if record.name == working.__name__]
    assert len(told) == rescans.TRIES
    assert "a disk is full" in caplog.text
    assert Match.objects.count() == 1
    assert not rescans.are_waiting()


def test_a_failure_in_the_midst_leaves_nothing_half_written(city, full_disk, monkeypatch):
    for _ in range(3):
        due_need(city=city)
    due_offer(city=city)
    monkeypatch.setattr(working, "NEEDS_AT_ONCE", 1)
    full_disk(at=2)
    asked = rescans.ask(cities=[city], by=None, now=LATER)
    assert rescans.work_on_one(now=LATER)
    progress = rescans.progress(asked)
    assert (progress.written, Match.objects.count(), progress.is_over) == (1, 1, False)
    work()
    progress = rescans.progress(asked)
    assert (progress.written, progress.unchanged, Match.objects.count()) == (2, 1, 3)
    assert progress.is_over


@pytest.mark.parametrize("written", range(4))
def test_progress_is_seen_while_it_runs(city, monkeypatch, meanwhile, written):
    some = [due_need(city=city) for _ in range(4)]
    drain()
    due_offer(city=city)
    monkeypatch.setattr(working, "NEEDS_AT_ONCE", 1)
    asked = rescans.ask(cities=[city], by=None, now=LATER)
    with in_the_midst_of_writing(some[written]):
        answer = meanwhile(work)
        progress = rescans.progress(asked)
        assert (progress.begun, progress.written, progress.is_over) == (1, written, False)
    assert answer() is None
    progress = rescans.progress(asked)
    assert (progress.written, progress.is_over) == (4, True)


# --- WakeUps ---------------------------------------------------------------------------------------------


def test_a_wake_up_is_sent_and_answered(worker, city, eventually):
    need = due_need(city=city, now=timezone.now(), scan_due_at=None)
    due_offer(city=city, now=timezone.now(), scan_due_at=None)
    tasks.rescan(city.slug)
    assert eventually(lambda: Rescan.objects.filter(finished_at__isnull=False).exists())
    assert Match.objects.filter(need=need).suggested().exists()


def test_all_towns_when_none_is_named(city, wake_ups):
    due_need(city=city)
    due_need(city=CityFactory())
    tasks.rescan()
    assert RescanPart.objects.values("city").distinct().count() == 2
    assert (rescans.PART_TASK, []) in wake_ups()
    tasks.rescan_part()
    assert not rescans.are_waiting()


def test_an_unknown_town_is_refused_and_nothing_is_asked(city, wake_ups):
    due_need(city=city)
    with pytest.raises(CityNotFound, match="grenobel, nulle-part"):
        tasks.rescan(city.slug, "grenobel", "nulle-part")
    assert not Rescan.objects.exists()
    assert wake_ups() == []


def test_each_worker_that_takes_a_part_wakes_another(city, wake_ups):
    town(city)
    rescans.ask(cities=[city], by=None, now=timezone.now())
    before = wake_ups().count((rescans.PART_TASK, []))
    tasks.rescan_part()
    assert wake_ups().count((rescans.PART_TASK, [])) == before + 1
    tasks.rescan_part()
    assert wake_ups().count((rescans.PART_TASK, [])) == before + 1, "nothing to do, nobody to wake"


def test_a_lost_wake_up_is_sent_again(city, wake_ups):
    due_need(city=city)
    rescans.ask(cities=[city], by=None, now=timezone.now())
    before = wake_ups().count((rescans.PART_TASK, []))
    tasks.advance_time()
    assert wake_ups().count((rescans.PART_TASK, [])) == before + 1
    tasks.rescan_part()
    before = wake_ups().count((rescans.PART_TASK, []))
    tasks.advance_time()
    assert wake_ups().count((rescans.PART_TASK, [])) == before
