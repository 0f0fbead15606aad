"""What is counted is what the definitions say: no more, no less, in its month, by the town's clocks."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups.models import Answer, Outcome
from insight import figures, own, services, today
from insight.indicators import COUNTED, INDICATORS, NAMED, SHARES, UNITS
from insight.measuring import ALL, BY_COMMUNE, BY_KIND, Scope, measure
from insight.models import OwnIndicator, Subject
from matching import services as matching
from matching import sweeps, tonight
from matching.lifecycle import Reason
from matching.models import Match, MatchState
from needs.models import NeedState
from offers.models import OfferState
from tests.factories.accounts import OrganisationFactory
from tests.factories.matching import NOW, drain, due_need, story, suggested_match
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
LATER = date(2027, 1, 1)


def scope(city, first=MARCH, until=APRIL, **fields):
    return Scope(city=city, first=first, until=until, **fields)


def numbers(city, *, today=LATER, **fields):
    """What is not none, of all the months."""
    found = measure(scope(city, **fields), today=today).numbers
    return {name: keys[ALL] for name, keys in found.items() if ALL in keys}


class TestTheTable:
    def test_has_one_name_each_and_words_for_all(self):
        assert len(NAMED) == len(INDICATORS)
        for one in INDICATORS:
            assert str(one.label)
            assert str(one.counts).endswith(".")
            assert str(one.leaves_out).endswith(".")
            assert one.unit in UNITS

    def test_stands_on_the_page_whole(self):
        assert sorted(name for names in figures.SECTIONS.values() for name in names) == sorted(NAMED)

    def test_takes_shares_of_what_is_counted(self):
        names = {one.name for one in COUNTED}
        for share in SHARES:
            assert share.part in share.whole
            assert set(share.whole) <= names


class TestNumbers:
    def test_nothing_is_counted_of_an_empty_town(self, city):
        assert numbers(city) == {}

    def test_offers_and_needs_count_where_they_came_but_for_drafts(self, city):
        at = {"city": city, "created_at": NOW}
        OfferFactory(**at)
        OfferFactory(**at, state=OfferState.WITHDRAWN)
        OfferFactory(**at, unconfirmed=True)
        OfferFactory(**at, state=OfferState.DRAFT, confirmed_at=None)
        OfferFactory(created_at=NOW)
        NeedFactory(**at, adult_women=1, children_3_to_11=3)
        NeedFactory(**at, state=NeedState.EXPIRED, adult_women=2, children_3_to_11=0)
        NeedFactory(**at, state=NeedState.DRAFT)
        assert numbers(city) == {"offers": 2, "needs": 2, "people_in_need": 6}

    def test_a_month_is_the_towns_own(self, city):
        """The last hour of March in London is April in Strasbourg."""
        NeedFactory(city=city, created_at=datetime(2026, 3, 31, 21, 59, tzinfo=UTC))
        NeedFactory(city=city, created_at=datetime(2026, 3, 31, 22, 0, tzinfo=UTC))
        found = measure(scope(city, until=MAY), today=LATER).numbers["needs"]
        assert found == {"2026-03": 1, "2026-04": 1, ALL: 2}

    def test_kind_and_commune_are_asked_for_or_told_apart(self, city, illkirch):
        NeedFactory(city=city, created_at=NOW)
        NeedFactory(city=city, created_at=NOW, goods=True, commune=illkirch)
        assert numbers(city, kind="goods")["needs"] == 1
        assert numbers(city, commune=illkirch.pk)["needs"] == 1
        assert numbers(city, kind="housing", commune=illkirch.pk) == {}
        by_kind = measure(scope(city, by=BY_KIND), today=LATER).numbers["needs"]
        assert by_kind == {"housing": 1, "goods": 1, ALL: 2}
        by_commune = measure(scope(city, by=BY_COMMUNE), today=LATER).numbers["needs"]
        assert by_commune == {"67482": 1, "67218": 1, ALL: 2}

    def test_a_need_is_helped_once_and_not_by_what_was_cancelled(self, city):
        one = story(city=city, need={"quantity": 3})
        matching.propose(match_id=one.match.pk, by=one.coordinator, now=NOW)
        matching.accept(match_id=one.match.pk, by=one.citizen, now=NOW)
        matching.confirm(match_id=one.match.pk, by=one.member, now=NOW)
        found = numbers(city)
        assert (found["needs_served"], found["people_helped"]) == (1, 3)
        matching.cancel(match_id=one.match.pk, by=one.coordinator, now=NOW, reason=Reason.OTHER)
        assert not {"needs_served", "people_helped"} & set(numbers(city))

    def test_questions_and_their_answers(self, city):
        yes, no, late = (story(city=city, kind="goods") for _n in range(3))
        for one in (yes, no, late):
            matching.propose(match_id=one.match.pk, by=one.coordinator, now=NOW)
        matching.accept(match_id=yes.match.pk, by=yes.citizen, now=NOW)
        matching.decline(match_id=no.match.pk, by=no.citizen, now=NOW, reason=Reason.NOT_FOR_ME)
        matching.confirm(match_id=yes.match.pk, by=yes.member, now=NOW)
        late.match.refresh_from_db()
        sweeps.lapse_unanswered(now=late.match.answer_by, by=None)
        waiting = story(city=city, kind="goods")
        matching.propose(match_id=waiting.match.pk, by=waiting.coordinator, now=NOW)
        found = numbers(city)
        assert [found[name] for name in ("questions", "yes", "no", "unanswered")] == [4, 1, 1, 1]
        assert found["acceptance"] == pytest.approx(100 / 3)

    def test_what_took_place(self, city):
        for answer in (Answer.TOOK_PLACE, Answer.TOOK_PLACE, Answer.NO_SHOW, Answer.LOST_CONTACT):
            Outcome.objects.create(match=suggested_match(city=city, kind="goods"), answer=answer, at=NOW)
        found = numbers(city)
        assert [found[name] for name in ("took_place", "no_shows", "fell_through")] == [2, 1, 1]
        assert found["no_show_part"] == 25


class TestNights:
    @pytest.fixture
    def stay(self, city):
        """Three people from 19 March to 17 April."""
        one = story(city=city)
        for act in (matching.propose, matching.accept, matching.confirm):
            act(match_id=one.match.pk, by=one.coordinator, now=NOW)
        matching.start(match_id=one.match.pk, by=None, now=NOW + timedelta(days=10))
        one.match.refresh_from_db()
        assert (one.match.first_day, one.match.last_day) == (date(2026, 3, 19), date(2026, 4, 17))
        return one

    def nights(self, city, today):
        return measure(scope(city, until=MAY), today=today).numbers["nights"]

    def test_are_those_that_have_passed_each_in_its_month(self, city, stay):
        assert self.nights(city, date(2026, 3, 19)) == {}
        assert self.nights(city, date(2026, 3, 21)) == {"2026-03": 6, ALL: 6}
        assert self.nights(city, LATER) == {"2026-03": 3 * 13, "2026-04": 3 * 17, ALL: 90}

    def test_end_with_the_stay(self, city, stay):
        matching.break_off(
            match_id=stay.match.pk,
            by=stay.coordinator,
            now=datetime(2026, 3, 22, 9, tzinfo=UTC),
            reason=Reason.OTHER,
        )
        assert self.nights(city, LATER)[ALL] in (3 * 3, 3 * 4)

    def test_are_no_stay_that_has_not_begun(self, city):
        one = story(city=city)
        for act in (matching.propose, matching.accept, matching.confirm):
            act(match_id=one.match.pk, by=one.coordinator, now=NOW)
        assert self.nights(city, LATER) == {}


class TestTimes:
    def test_are_medians_and_ninetieth_centiles_of_firsts(self, city):
        for hours in (1, 3):
            one = story(city=city, kind="goods")
            asked = NOW + timedelta(hours=hours)
            matching.propose(match_id=one.match.pk, by=one.coordinator, now=asked)
            matching.accept(match_id=one.match.pk, by=one.citizen, now=asked + timedelta(minutes=30 * hours))
            matching.confirm(match_id=one.match.pk, by=one.member, now=asked + timedelta(hours=2))
        found = measure(scope(city), today=LATER).times
        assert found["to_suggestion"][ALL] == (0, 0)
        assert found["to_question"][ALL] == pytest.approx((2 * 3600, 2.8 * 3600))
        assert found["to_answer"]["2026-03"] == pytest.approx((3600, 1.4 * 3600))
        assert found["to_placement"][ALL] == pytest.approx((4 * 3600, 4.8 * 3600))

    def test_leave_out_what_has_not_come(self, city):
        NeedFactory(city=city, created_at=NOW)
        assert not any(measure(scope(city), today=LATER).times.values())


class TestToday:
    def test_why_a_need_is_not_served(self, city):
        here = scope(city)
        due_need(city=city, kind="goods", organisation=OrganisationFactory(city=city))
        suggested, asked = suggested_match(city=city), suggested_match(city=city, kind="skill")
        coordinator = story(city=city, kind="goods").coordinator
        matching.propose(match_id=asked.pk, by=coordinator, now=NOW)
        NeedFactory(
            city=city, items=["duvet"], goods=True, quantity=9_999, part_useful=False, scan_due_at=NOW
        )
        NeedFactory(city=city, goods=True, items=["bicycle"], category="bicycle", scan_due_at=NOW)
        drain()
        NeedFactory(city=city)
        assert suggested.state == MatchState.SUGGESTED
        found = today.unserved(here)
        assert found.pop(today.SUGGESTED) >= 2
        assert found == {
            today.UNVERIFIED: 1,
            today.ASKED: 1,
            "capacity": 1,
            today.NOTHING_NEAR: 1,
            today.NOT_LOOKED: 1,
        }

    def test_offers_and_needs_stand_by_item_and_state(self, city):
        OfferFactory.create_batch(2, city=city, goods=True)
        OfferFactory(city=city, state=OfferState.PAUSED)
        NeedFactory(city=city, goods=True)
        NeedFactory(city=city, state=NeedState.MET)
        assert sorted(today.by_state(scope(city))[0]) == [
            ("bedding", "duvet", "active", 2), ("shared_room", "", "paused", 1),
        ]  # fmt: skip
        assert sorted(today.by_state(scope(city))[1]) == [
            ("", "", "met", 1),
            ("bedding", "duvet", "open", 1),
        ]

    def test_how_fresh_offers_are(self, city):
        OfferFactory(city=city, confirmed_at=NOW - timedelta(days=29))
        OfferFactory(city=city, confirmed_at=NOW - timedelta(days=31))
        assert today.freshness(scope(city), now=NOW) == (1, 2)

    def test_who_carries_how_much(self, city):
        one = story(city=city, kind="goods")
        matching.propose(match_id=one.match.pk, by=one.coordinator, now=NOW)
        tonight.take(need=one.match.need, by=one.coordinator, now=NOW)
        assert today.asked(scope(city)) == {1: 1}
        (carries,) = today.coordinators(scope(city))
        assert {name: carries[name] for name in ("name", "decisions", "questions", "cases")} == {
            "name": one.coordinator.name, "decisions": 1, "questions": 1, "cases": 1,
        }  # fmt: skip


class TestOnesOwn:
    def define(self, city, by, **fields):
        return services.define(
            city=city, fields={"name": "Essai", "subject": "needs", **fields}, by=by, now=NOW
        )

    @pytest.mark.parametrize(
        ("fields", "n"),
        [
            ({}, 3),
            ({"kind": "goods"}, 1),
            ({"item": "duvet"}, 1),
            ({"state": "met"}, 1),
            ({"urgency": "tonight"}, 1),
            ({"subject": Subject.OFFERS}, 2),
            ({"subject": Subject.OFFERS, "item": "duvet", "state": "active"}, 1),
            ({"subject": Subject.MATCHES}, 1),
            ({"subject": Subject.MATCHES, "kind": "housing"}, 0),
        ],
    )
    def test_counts_what_its_definition_names(self, city, coordinator, fields, n):
        NeedFactory(city=city, state=NeedState.MET, created_at=NOW)
        NeedFactory(city=city, urgency="tonight", created_at=NOW)
        NeedFactory(city=city, state=NeedState.DRAFT, created_at=NOW)
        OfferFactory(city=city, created_at=NOW)
        match = suggested_match(city=city, kind="goods", offer={"created_at": NOW})
        Match.objects.filter(pk=match.pk).update(asked_at=NOW)
        indicator = self.define(city, coordinator, **fields)
        assert own.measure([indicator], scope(city)) == {indicator.pk: {"2026-03": n, ALL: n} if n else {}}

    def test_may_name_a_commune(self, city, coordinator, illkirch):
        NeedFactory(city=city, created_at=NOW)
        NeedFactory(city=city, created_at=NOW, commune=illkirch)
        indicator = self.define(city, coordinator, commune=illkirch)
        assert own.measure([indicator], scope(city))[indicator.pk][ALL] == 1

    @pytest.mark.parametrize(
        "fields",
        [{"state": "active"}, {"subject": "offers", "urgency": "tonight"}, {"kind": "boats"}, {"name": ""}],
    )
    def test_names_what_there_is(self, city, coordinator, fields):
        with pytest.raises(ValidationError):
            self.define(city, coordinator, **fields)
        assert not OwnIndicator.objects.exists()

    def test_has_a_name_of_its_own_until_it_is_removed(self, city, coordinator):
        first = self.define(city, coordinator)
        with pytest.raises(ValidationError):
            self.define(city, coordinator)
        services.remove(indicator_id=first.pk, by=coordinator, now=NOW)
        services.remove(indicator_id=first.pk, by=coordinator, now=NOW + timedelta(hours=1))
        self.define(city, coordinator)
        first.refresh_from_db()
        assert (first.removed_by, first.removed_at) == (coordinator, NOW)

    def test_is_the_coordinators(self, city, coordinator, operator, member):
        indicator = self.define(city, coordinator)
        for person in (operator, member):
            with pytest.raises(PermissionDenied):
                self.define(city, person, name="Autre")
            with pytest.raises(PermissionDenied):
                services.remove(indicator_id=indicator.pk, by=person, now=NOW)
            assert not own.of(person, city).exists()


class TestThePages:
    PATH = "/strasbourg/chiffres/equipe/"

    def test_a_coordinator_defines_one_and_reads_it(self, client, city, coordinator):
        NeedFactory(city=city)
        client.force_login(coordinator)
        form = {"name": "Besoins de couettes", "subject": "needs", "item": "duvet"}
        assert client.post(f"{self.PATH}indicateurs/", form).status_code == 302
        assert "Besoins de couettes" in client.get(self.PATH).text
        assert client.post(f"{self.PATH}indicateurs/", form).status_code == 422
        client.post(f"{self.PATH}indicateurs/{OwnIndicator.objects.get().pk}/retirer/")
        client.get(self.PATH)  # it says once that it is removed
        assert "Besoins de couettes" not in client.get(self.PATH).text

    @pytest.mark.parametrize(
        "asked", ["", "?by=kind&kind=goods", "?by=commune&months=12", "?months=999&by=x&commune=zz"]
    )
    def test_say_every_indicator_whatever_is_asked(self, client, city, coordinator, asked):
        suggested_match(city=city, now=NOW)
        client.force_login(coordinator)
        text = client.get(self.PATH + asked).text
        assert all(str(one.label) in text for one in INDICATORS)

    @pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
    def test_say_what_there_is_today_also_without_a_script(self, client, city, coordinator, headers):
        OfferFactory(city=city, kind="goods", category="bedding", item="duvet", confirmed_at=NOW)
        OfferFactory(city=city)
        client.force_login(coordinator)
        path = re.search(
            rf'href="({self.PATH}aujourd-hui/[^"]*)"', client.get(f"{self.PATH}?kind=goods").text
        )
        page = client.get(unescape(path[1]), headers=headers)
        assert "Couette" in page.text
        assert not re.search(r"<th[^>]*>\s*Logement", page.text)
        assert ("<!DOCTYPE html>" in page.text) is not bool(headers)

    def test_take_fifteen_queries_at_most_however_full_the_town(self, client, city, coordinator):
        client.force_login(coordinator)
        counts = []
        for _more in range(2):
            story(city=city)
            story(city=city, kind="goods")
            client.get(self.PATH)
            with CaptureQueriesContext(connection) as sent:
                client.get(self.PATH)
            counts.append(len(sent))
        assert counts[0] == counts[1] <= 15
