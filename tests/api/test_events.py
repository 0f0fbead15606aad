"""What has happened, for systems that cannot be called: in order, each once, and to those alone whom it concerns."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Role
from followups import services as followups
from homes import services as homes
from matching import services as matching
from matching.conditions import questions
from offers import services as offers
from tests.factories.accounts import ApiTokenFactory, CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from webhooks import services, tasks
from webhooks.events import Happening
from webhooks.models import Delivery, Event

pytestmark = pytest.mark.django_db


def read(program, **query):
    answer = program.get("events/", **query)
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def types(program, **query):
    return [event["type"] for event in read(program, **query)]


def opened(city, number, need="B-1"):
    services.record(
        city_id=city.pk, happening=Happening.NEED_OPENED, subject_id=number, at=timezone.now(), need=need
    )


@pytest.fixture
def story(matched, coordinator, citizen, member):
    """A home that was asked for, and promised; then its host gives notice."""
    now = timezone.now()
    match = matched("confirmed")
    matching.cancel(match_id=match.pk, by=citizen.user, now=now, reason="changed_mind")
    offers.change(
        offer_id=match.offer_id, fields={"title": "Chambre"}, windows=None, by=citizen.user, now=now
    )
    offers.withdraw(offer_id=match.offer_id, by=citizen.user, now=now)
    return match


class TestWhoReads:
    def test_each_what_concerns_them_in_its_order(self, story, coordinator, member, citizen):
        of_match = ["match.proposed", "match.accepted", "match.confirmed", "match.ended"]
        of_offer, of_need = ["offer.changed", "offer.closed"], ["need.met", "need.opened"]
        for program, seen in (
            (coordinator, of_match + of_offer + of_need),
            (citizen, of_match + of_offer),
            (member, of_match + of_need),
        ):
            told = types(program)
            assert sorted(told) == sorted(seen)
            for subject in (of_match, of_offer, of_need):
                assert [one for one in told if one in subject] in (subject, [])

    def test_nobody_else(self, story, stranger, program):
        other = program(CityRoleFactory(city=CityFactory(), role=Role.OPERATOR).user)
        assert read(stranger) == read(other) == []

    def test_whoever_leaves_the_association_reads_it_no_more(self, story, member):
        assert "need.met" in types(member)
        member.user.memberships.all().delete()
        assert read(member) == []

    def test_what_one_may_not_see_when_one_asks_is_not_told_later(self, story, stranger, city):
        page = stranger.get("events/").json()
        assert page["results"] == []
        CityRoleFactory(user=stranger.user, city=city, role=Role.COORDINATOR)
        assert stranger.client.get(page["next"]).json()["results"] == []
        assert "match.proposed" in types(stranger), "who begins anew is told"

    def test_an_offer_that_was_never_open_is_told_of_to_nobody(self, city, coordinator, citizen):
        now = timezone.now()
        kept, gone = OfferFactory.create_batch(2, city=city, owner=citizen.user, state="unconfirmed")
        for offer in (kept, gone):
            offers.change(
                offer_id=offer.pk, fields={"share_with_linked": True}, windows=None, by=citizen.user, now=now
            )
        offers.share_no_more(owner=citizen.user, by=citizen.user, now=now)
        offers.withdraw(offer_id=gone.pk, by=citizen.user, now=now)
        assert read(coordinator) == []
        offers.prove_contact(owner=citizen.user, by=citizen.user, now=now, offer_id=kept.pk)
        offers.change(offer_id=kept.pk, fields={"title": "Chambre"}, windows=None, by=citizen.user, now=now)
        assert types(coordinator) == ["offer.opened", "offer.changed"]

    def test_a_key_without_the_right_to_read_reads_nothing(self, story, coordinator):
        secret = "acc_without"
        ApiTokenFactory(user=coordinator.user, secret=secret, scopes=["offers"])
        answer = coordinator.client.get("/api/v1/events/", headers={"authorization": f"Bearer {secret}"})
        assert (answer.status_code, answer.json()["type"]) == (403, "missing_scope")

    def test_visits_are_the_host_s_and_the_desk_s(self, matched, citizen, coordinator, member):
        offer = OfferFactory(city=matched().city, owner=citizen.user)
        now = timezone.now()
        plan = {"visitor": coordinator.user, "by": coordinator.user, "now": now}
        visit = homes.plan(offer_id=offer.pk, starts_at=now + timedelta(days=2), **plan)
        homes.move(visit_id=visit.pk, starts_at=now + timedelta(days=3), **plan)
        homes.cancel(visit_id=visit.pk, by=coordinator.user, now=now)
        for program in (citizen, coordinator):
            told = [one for one in read(program) if one["data"].get("visit") == visit.pk]
            assert [one["type"] for one in told] == ["visit.planned", "visit.planned", "visit.ended"]
            assert told[0]["data"] == {
                "city": "strasbourg", "offer": offer.reference, "visit": visit.pk
            }  # fmt: skip
        assert "visit.planned" not in types(member)

    def test_questions_after_a_stay_are_those_of_whoever_posted_the_need(
        self, matched, citizen, coordinator, member
    ):
        match = matched("confirmed")
        later = timezone.now() + timedelta(days=60)
        followups.plan_due(now=later)
        question = match.followups.get()
        followups.answer(followup_id=question.pk, answer="took_place", by=member.user, now=later)
        asked = ["followup.asked", "followup.answered"]
        for program, seen in ((member, asked), (coordinator, asked), (citizen, [])):
            assert [one for one in types(program) if one in asked] == seen


class TestSame:
    def test_as_a_webhook_is_told(self, city, coordinator, matched):
        administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
        services.add(
            city=city,
            url="https://93.184.216.34/accueil",
            happenings=Happening.values,
            by=administrator,
            now=timezone.now(),
        )
        matched("confirmed")
        sent = [json.loads(body) for body in Delivery.objects.order_by("id").values_list("body", flat=True)]
        assert len(sent) >= 4
        assert [{k: v for k, v in one.items() if k != "id"} for one in read(coordinator)] == sent

    def test_a_condition_does_not_name_the_offer(self, city, organisation, coordinator, member, known_rows):
        number = known_rows("/api/v1/conditions/{id}/")["id"]
        questions.answer(question_id=number, gives=False, by=member.user, now=timezone.now())
        (told,) = [one for one in read(member) if one["type"] == "condition.answered"]
        assert set(told["data"]) == {"city", "need", "condition"}


class TestCursor:
    def test_nothing_is_missed_and_nothing_comes_twice(self, city, coordinator):
        need = NeedFactory(city=city)
        for _ in range(5):
            opened(city, need.pk)
        page = coordinator.get("events/", limit=2).json()
        seen = [one["id"] for one in page["results"]]
        opened(city, need.pk)
        while page["results"]:
            page = coordinator.client.get(page["next"]).json()
            seen += [one["id"] for one in page["results"]]
        assert len(seen) == 6
        assert seen == sorted(set(seen))
        opened(city, need.pk)
        assert [one["id"] for one in coordinator.client.get(page["next"]).json()["results"]] == [seen[-1] + 1]

    def test_before_anything_has_happened_one_asks_again(self, coordinator, city):
        page = coordinator.get("events/").json()
        assert page["results"] == []
        opened(city, NeedFactory(city=city).pk)
        assert len(coordinator.client.get(page["next"]).json()["results"]) == 1

    @pytest.mark.django_db(transaction=True)
    def test_what_is_committed_later_comes_later(self, city, coordinator):
        """Its row has the lower number, and was not there yet when a reader had read on."""
        first, second = NeedFactory(city=city), NeedFactory(city=city)
        written, read_on = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                opened(city, first.pk, need="slow")
                written.set()
                read_on.wait(20)
            connections.close_all()

        thread = threading.Thread(target=slow)
        thread.start()
        assert written.wait(20)
        opened(city, second.pk, need="quick")
        (quick,) = read(coordinator)
        read_on.set()
        thread.join()
        (slow_one,) = read(coordinator, cursor=quick["id"])
        assert (quick["data"]["need"], slow_one["data"]["need"]) == ("quick", "slow")
        assert Event.objects.get(place=slow_one["id"]).pk < Event.objects.get(place=quick["id"]).pk

    @pytest.mark.django_db(transaction=True)
    def test_two_who_ask_at_once_agree(self, city, at_once):
        need = NeedFactory(city=city)
        for number in range(20):
            opened(city, need.pk, need=str(number))
        assert sorted(at_once(*[lambda: services.place_events(by=None)] * 4)) == [0, 0, 0, 20]
        placed = list(Event.objects.order_by("place").values_list("references__need", flat=True))
        assert placed == [str(number) for number in range(20)]

    def test_places_follow_the_numbers_wherever_the_rows_lie(self, city):
        """Also where the planner takes the table to be as good as empty."""
        fields = {"happening": "need.opened", "subject_id": 1, "references": {}, "at": timezone.now()}
        Event.objects.create(city=city, pk=9, place=1, **fields)
        with connection.cursor() as cursor:
            cursor.execute("SELECT setval('webhooks_event_place', 1)")
            cursor.execute("ANALYZE webhooks_event")
        for number in (3, 1, 2):
            Event.objects.create(city=city, pk=number, **fields)
        services.place_events(by=None)
        placed = Event.objects.order_by("place").values_list("pk", "place")
        assert list(placed) == [(9, 1), (1, 2), (2, 3), (3, 4)]

    @pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "²", "9" * 30])
    def test_what_is_no_cursor_is_refused(self, coordinator, cursor):
        answer = coordinator.get("events/", cursor=cursor)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"cursor"})

    def test_what_has_not_happened_yet_is_none(self, city, coordinator):
        """Such as of before a backup was restored: whoever went on from it would miss what happens meanwhile."""
        opened(city, NeedFactory(city=city).pk)
        (last,) = read(coordinator)
        assert read(coordinator, cursor=last["id"]) == []
        assert coordinator.get("events/", cursor=last["id"] + 1).status_code == 400


class TestKept:
    def test_for_thirty_days_and_who_comes_later_is_told_so(self, city, coordinator):
        need = NeedFactory(city=city)
        for _ in range(3):
            opened(city, need.pk)
        first, _second, third = read(coordinator)
        old = Event.objects.filter(place__lt=third["id"])
        old.update(at=timezone.now() - services.KEPT - timedelta(minutes=1))
        tasks.sweep()
        assert read(coordinator) == [third]
        assert read(coordinator, cursor=third["id"] - 1) == [third]
        answer = coordinator.get("events/", cursor=first["id"])
        assert (answer.status_code, answer.json()["type"]) == (410, "expired")

    def test_whoever_asks_often_is_never_late_however_little_concerns_them(self, city, citizen):
        need = NeedFactory(city=city)
        opened(city, need.pk)
        page = citizen.get("events/").json()
        assert page["results"] == []
        for _ in range(3):
            opened(city, need.pk)
            answer = citizen.client.get(page["next"])
            assert (answer.status_code, answer.json()["results"]) == (200, [])
            page = answer.json()
            Event.objects.update(at=timezone.now() - services.KEPT - timedelta(minutes=1))
            tasks.sweep()
        offer = OfferFactory(city=city, owner=citizen.user)
        offers.withdraw(offer_id=offer.pk, by=citizen.user, now=timezone.now())
        (told,) = citizen.client.get(page["next"]).json()["results"]
        assert told["type"] == "offer.closed"

    def test_a_number_that_no_event_has_is_nothing_that_was_missed(self, city, coordinator):
        need = NeedFactory(city=city)
        opened(city, need.pk)
        (old,) = read(coordinator)
        Event.objects.update(at=timezone.now() - services.KEPT - timedelta(minutes=1))
        with connection.cursor() as cursor:  # what a placing has taken that was rolled back
            cursor.execute("SELECT nextval('webhooks_event_place')")
        opened(city, need.pk)
        tasks.sweep()
        (new,) = read(coordinator, cursor=old["id"])
        assert new["id"] == old["id"] + 2
        assert Event.objects.get().place == new["id"]

    def test_none_is_forgotten_between_others(self, city, coordinator):
        """What is written down late happened before what is read already."""
        need = NeedFactory(city=city)
        for _ in range(3):
            opened(city, need.pk)
        first, late, _last = read(coordinator)
        Event.objects.filter(place=late["id"]).update(at=timezone.now() - services.KEPT - timedelta(days=1))
        tasks.sweep()
        assert len(read(coordinator, cursor=first["id"])) == 2

    def test_after_a_restore_one_begins_anew_and_misses_nothing(self, city, coordinator):
        """Two events were read that the backup does not have."""
        need = NeedFactory(city=city)
        opened(city, need.pk)
        opened(city, need.pk)
        kept = read(coordinator)
        lost = kept[-1]["id"] + 2
        for _ in range(2):  # and once more, from a backup of before the first
            services.place_anew(by=None, now=timezone.now())
            opened(city, need.pk)
            opened(city, need.pk)
            services.place_events(by=None)
            for cursor in (kept[-1]["id"], lost):
                answer = coordinator.get("events/", cursor=cursor)
                assert (answer.status_code, answer.json()["type"]) == (410, "expired")
            anew = read(coordinator)
            assert [one["type"] for one in anew] == ["need.opened"] * len(anew)
            assert read(coordinator, cursor=anew[0]["id"]) == anew[1:]
            kept, lost = anew, anew[-1]["id"] + 2

    def test_also_when_nothing_has_happened_since(self, city, coordinator):
        need = NeedFactory(city=city)
        opened(city, need.pk)
        opened(city, need.pk)
        first, second = read(coordinator)
        Event.objects.update(at=timezone.now() - services.KEPT - timedelta(minutes=1))
        tasks.sweep()
        assert coordinator.get("events/", cursor=first["id"]).status_code == 410
        assert read(coordinator, cursor=second["id"]) == []


def test_filtered_by_town_and_by_type(story, coordinator, program):
    assert types(coordinator, type="match.proposed") == ["match.proposed"]
    assert types(coordinator, city="strasbourg") == types(coordinator)
    answer = coordinator.get("events/", type="match.wished")
    assert (answer.status_code, set(answer.json()["errors"])) == (400, {"type"})


def test_each_subject_is_one_whose_rows_are_looked_up():
    from config.events_api import SEEN

    assert {one.subject for one in Happening} == set(SEEN)
