"""Longer, shorter, not come, handed over in part: what becomes of the match, the offer, the need, and who is told."""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError

from catalogue.vocabulary import Kind, Urgency
from cities.models import City
from matching import going_on, services, standing, tasks, telling
from matching.capacity import Taken
from matching.lifecycle import Act, NotPossible, Reason, Role
from matching.models import Decision, Hold, Match, MatchState
from needs.models import Need, NeedEdit
from notifications import answers, outages, pursuit
from notifications.channels.call import selectors as calls
from notifications.events import Priority
from notifications.models import Message, MessageState, Preference
from notifications.reasons import has_reason
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.stays.conftest import fresh, noon

DAY = timedelta(days=1)
MORE = timedelta(days=3)


def ask(it, more=MORE, *, by=None, now=NOW):
    until = fresh(it).last_day + more
    return going_on.ask_longer(match_id=it.match.pk, until=until, by=by or it.member, now=now)


def at_half_past_nine(it, nights_left):
    """In the evening, by the town's clocks, with so many nights left after that one."""
    return noon(it, it.match.last_day - nights_left * DAY) + timedelta(hours=9, minutes=30)


def told(it, event):
    return {message.recipient for message in Message.objects.filter(event=event)}


class TestLonger:
    def test_the_days_are_held_and_given_with_the_yes(self, db, begin):
        it = begin(under_way=True)
        last = it.match.last_day
        ask(it)
        match = fresh(it)
        assert (match.last_day, match.longer_until, match.hold.last_day) == (last, last + MORE, last + MORE)
        assert match.need.last_day == last + MORE
        assert (match.need.state, match.need.uncovered_from) == ("partly_met", last + DAY)
        assert told(it, "match_longer_asked") == {it.citizen}

        going_on.stay_longer(match_id=match.pk, by=it.citizen, now=NOW)

        match = fresh(it)
        assert (match.last_day, match.longer_until, match.hold.last_day) == (last + MORE, None, last + MORE)
        assert (match.need.state, match.state) == ("met", MatchState.UNDER_WAY)
        assert told(it, "match_longer") == {it.member}
        decision = match.decisions.last()
        assert (decision.act, decision.by, decision.role) == ("stay_longer", it.citizen, Role.CITIZEN)
        assert decision.change == {"last_day": [last.isoformat(), (last + MORE).isoformat()]}
        assert NeedEdit.objects.get(need=match.need).by == it.member

    def test_a_no_ends_it_as_agreed_and_the_need_goes_on(self, db, begin):
        it = begin(under_way=True)
        last = it.match.last_day
        ask(it)
        going_on.not_longer(match_id=it.match.pk, by=it.citizen, now=NOW)
        match = fresh(it)
        assert (match.last_day, match.longer_until, match.hold.last_day) == (last, None, last)
        assert (match.need.state, match.need.last_day) == ("partly_met", last + MORE)
        assert told(it, "match_not_longer") == {it.member, it.coordinator}
        other = due_offer(city=it.city, capacity=3)
        drain()
        assert Match.objects.get(offer=other, need=match.need).first_day == last + DAY

    def test_a_word_back_answers_what_was_asked_and_not_another_question(self, db, begin):
        it = begin(under_way=True)
        last = it.match.last_day
        ask(it)
        asked = Message.objects.get(event="match_longer_asked")
        said = partial(answers.take, event=asked.event, subject_key=asked.subject_key, by=it.citizen, now=NOW)
        assert said(yes=True) == answers.Outcome.TAKEN
        assert fresh(it).last_day == last + MORE
        assert said(yes=False) == answers.Outcome.CLOSED

    def test_a_second_question_is_another_message_and_the_first_has_no_reason(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        going_on.not_longer(match_id=it.match.pk, by=it.citizen, now=NOW)
        ask(it, DAY)
        stands = Message.objects.filter(event="match_longer_asked").annotate(stands=has_reason())
        assert list(stands.order_by("pk").values_list("stands", flat=True)) == [False, True]

    def test_days_about_which_another_host_thinks_are_not_asked_for(self, db, begin):
        it = begin(under_way=True, need={"min_days": 1})
        ask(it)
        going_on.not_longer(match_id=it.match.pk, by=it.citizen, now=NOW)
        City.objects.filter(pk=it.city.pk).update(homes_asked_at_once=2)
        other = due_offer(city=it.city, capacity=3)
        drain()
        second = Match.objects.get(offer=other, need=it.match.need)
        services.propose(match_id=second.pk, by=it.coordinator, now=NOW)
        assert Hold.objects.get(match=second).beside
        with pytest.raises(Taken):
            ask(it)
        assert fresh(it).longer_until is None

    def test_a_yes_to_what_does_not_fit_any_more_is_refused(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        Offer.objects.filter(pk=it.match.offer_id).update(longest_stay_days=10)
        with pytest.raises(NotPossible, match="changed"):
            going_on.stay_longer(match_id=it.match.pk, by=it.citizen, now=NOW)

    def test_a_yes_after_its_time_is_refused(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        with pytest.raises(NotPossible, match="closed"):
            going_on.stay_longer(match_id=it.match.pk, by=it.citizen, now=fresh(it).longer_by)

    def test_a_yes_would_be_taken_in_time_and_while_the_stay_lasts(self, db, begin):
        it = begin(under_way=True)

        def would_be_taken(now=NOW):
            return standing.would_be_taken(fresh(it), Act.STAY_LONGER, now=now)

        assert not would_be_taken(), "nobody has asked"
        ask(it)
        assert would_be_taken()
        over = noon(it, fresh(it).last_day + DAY)
        assert not would_be_taken(over)
        Match.objects.filter(pk=it.match.pk).update(longer_by=over + DAY)
        assert not would_be_taken(over), "nobody lives there any more"

    def test_no_answer_in_time_frees_the_days(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        by = fresh(it).longer_by
        assert going_on.lapse_longer(by=None, now=by - timedelta(minutes=1)) == 0
        assert going_on.lapse_longer(by=None, now=by) == 1
        match = fresh(it)
        assert (match.longer_until, match.hold.last_day) == (None, match.last_day)
        assert Decision.objects.filter(match=match).last().role == Role.SCHEDULER

    def test_the_answer_is_waited_for_no_longer_than_the_last_evening(self, db, begin):
        it = begin(under_way=True)
        last = it.match.last_day
        ask(it, now=noon(it, last))
        assert NOW < fresh(it).longer_by < noon(it, last + DAY)

    def test_on_its_last_evening_it_is_asked_at_once_and_before_in_the_morning(self, db, begin):
        """However urgent it is what the need lacks beside this home."""
        for nights_left, state in ((3, MessageState.HELD), (1, MessageState.HELD), (0, MessageState.QUEUED)):
            it = begin(under_way=True)
            Need.objects.filter(pk=it.match.need_id).update(urgency=Urgency.TONIGHT)
            evening = at_half_past_nine(it, nights_left)
            ask(it, now=evening)
            asked = Message.objects.get(event="match_longer_asked", recipient=it.citizen)
            assert asked.state == state, nights_left
            is_tonight = nights_left == 0
            assert (asked.priority == Priority.NIGHT) == is_tonight
            assert (asked.due_at == evening) == is_tonight
            assert (fresh(it).longer_by < evening + timedelta(hours=3)) == is_tonight

    @pytest.mark.parametrize(
        ("email", "rings", "channel", "only_by_call"),
        [
            ("hote@exemple.fr", False, "email", False),
            ("", False, "call", True),
            ("", True, "sms", False),
        ],
    )
    def test_at_night_it_goes_as_what_is_for_tonight_does(
        self, db, begin, settings, email, rings, channel, only_by_call
    ):
        settings.SMS_GATEWAY = "http"
        host = UserFactory(email=email, phone="+33612345678")
        Preference.objects.create(person=host, rings_at_night=rings)
        it = begin(under_way=True, offer={"owner": host})
        evening = at_half_past_nine(it, 0)
        assert going_on.only_by_call(fresh(it), now=evening) == only_by_call
        assert not going_on.only_by_call(fresh(it), now=evening - DAY), "there is a day left"
        by_day = evening - timedelta(hours=9)
        assert not going_on.only_by_call(fresh(it), now=by_day), "by day an SMS rings"
        ask(it, now=evening)
        assert Message.objects.get(event="match_longer_asked").channel == channel

    def test_while_no_mail_leaves_its_host_is_to_be_called(self, db, begin):
        it = begin(under_way=True)
        evening = at_half_past_nine(it, 0)
        outages.note(channel="email", error="x", may_lose=False, by=None, now=evening)
        assert going_on.only_by_call(fresh(it), now=evening)
        City.objects.filter(pk=it.city.pk).update(asks_citizen_for=[], asks_association_for=["housing"])
        assert not going_on.only_by_call(fresh(it), now=evening), "nobody is asked"

    @pytest.mark.parametrize("nights_left", [0, 3])
    def test_who_does_not_read_it_is_called_in_time(self, db, begin, nights_left):
        it = begin(under_way=True, offer={"owner": UserFactory(phone="+33388609090")})
        at = noon(it, it.match.last_day) - nights_left * DAY
        ask(it, now=at)
        asked = Message.objects.filter(event="match_longer_asked")
        asked.update(state=MessageState.SENT, sent_at=at, claimed_at=at)
        later = at + (timedelta(minutes=10) if nights_left == 0 else timedelta(hours=6))
        assert pursuit.pursue(by=None, now=later - timedelta(minutes=1)) == 0
        assert pursuit.pursue(by=None, now=later) == 1
        assert asked.order_by("pk").last().channel == "call"
        [call] = calls.calls_to_make(it.city)
        assert call.deadline == fresh(it).longer_by, "the list knows until when"

    def test_who_has_read_it_days_before_is_left_to_think(self, db, begin):
        it = begin(under_way=True, offer={"owner": UserFactory(phone="+33388609090")})
        at = noon(it, it.match.last_day) - 3 * DAY
        ask(it, now=at)
        Message.objects.filter(event="match_longer_asked").update(
            state=MessageState.SENT, sent_at=at, claimed_at=at
        )
        opened = at + timedelta(hours=1)
        telling.note_opened(fresh(it), it.citizen, by=it.citizen, now=opened)
        assert pursuit.pursue(by=None, now=at + timedelta(hours=6)) == 0

    def test_the_sweep_lapses_it(self, db, begin):
        from django.utils import timezone

        it = begin(under_way=True, now=timezone.now(), city=CityFactory(awake=True))
        ask(it, now=timezone.now())
        Match.objects.filter(pk=it.match.pk).update(longer_by=timezone.now())
        tasks.advance_time()
        assert fresh(it).longer_until is None

    def test_where_the_town_presumes_the_answer_it_goes_on_at_once(self, db, begin):
        it = begin(under_way=True, city=CityFactory(asks_citizen_for=[], asks_association_for=["housing"]))
        ask(it)
        match = fresh(it)
        assert match.last_day == it.match.last_day + MORE
        assert [d.act for d in match.decisions.all()][-2:] == ["ask_longer", "stay_longer"]
        assert not told(it, "match_longer_asked")

    @pytest.mark.parametrize(
        ("who", "may"),
        [("member", True), ("coordinator", True), ("citizen", False), ("stranger", False)],
    )
    def test_the_association_and_the_desk_ask(self, db, begin, who, may):
        it = begin(under_way=True)
        by = UserFactory() if who == "stranger" else getattr(it, who)
        if may:
            ask(it, by=by)
            return
        with pytest.raises(NotPossible) as refused:
            ask(it, by=by)
        assert refused.value.why == "role"

    def test_nobody_but_the_host_or_their_desk_answers(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        with pytest.raises(NotPossible):
            going_on.stay_longer(match_id=it.match.pk, by=it.member, now=NOW)
        operator = CityRoleFactory(city=it.city, role="operator").user
        going_on.stay_longer(match_id=it.match.pk, by=operator, now=NOW)
        assert fresh(it).longer_until is None

    def test_what_is_not_asked_is_not_answered(self, db, begin):
        it = begin(under_way=True)
        for answer in (going_on.stay_longer, going_on.not_longer):
            with pytest.raises(NotPossible) as refused:
                answer(match_id=it.match.pk, by=it.citizen, now=NOW)
            assert refused.value.why == "state"

    def test_one_question_waits_at_a_time_and_another_may_follow(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        with pytest.raises(NotPossible) as refused:
            ask(it)
        assert refused.value.why == "asked"
        going_on.stay_longer(match_id=it.match.pk, by=it.citizen, now=NOW)
        ask(it, now=NOW + timedelta(hours=1))
        assert Message.objects.filter(event="match_longer_asked").count() == 2

    @pytest.mark.parametrize(
        ("offer", "why"),
        [
            ({"windows": [(0, 12)]}, "dates"),
            ({"longest_stay_days": 10}, "stay"),
        ],
        ids=["its host is there no longer", "longer than it receives"],
    )
    def test_the_added_days_are_judged_by_the_rules_of_the_engine(self, db, begin, offer, why):
        it = begin(under_way=True)
        row = it.match.offer
        if "windows" in offer:
            row.windows.update(last_day=it.match.last_day + DAY)
        else:
            type(row).objects.filter(pk=row.pk).update(**offer)
        with pytest.raises(NotPossible) as refused:
            ask(it)
        assert refused.value.why == why
        match = fresh(it)
        assert (match.longer_until, match.need.last_day) == (None, it.match.last_day)

    def test_days_that_others_have_are_refused_and_named(self, db, begin):
        it = begin(under_way=True)
        until = it.match.last_day + MORE
        other = due_need(city=it.city, first_day=it.match.last_day + DAY, last_day=until)
        drain()
        theirs = Match.objects.get(need=other, offer=it.match.offer)
        services.propose(match_id=theirs.pk, by=it.coordinator, now=NOW)
        with pytest.raises(Taken):
            ask(it)
        assert [hold.need for hold in going_on.in_the_way(it.match, until)] == [other]
        assert fresh(it).need.last_day == it.match.last_day

    def test_a_frozen_offer_and_an_unvisited_home_are_not_asked(self, db, begin):
        it = begin(under_way=True)
        offers = type(it.match.offer).objects.filter(pk=it.match.offer.pk)
        offers.update(vetted_at=None, vetted_by=None)
        with pytest.raises(NotPossible) as refused:
            ask(it)
        assert refused.value.why == "vetting"
        offers.update(state="frozen")
        with pytest.raises(NotPossible) as refused:
            ask(it)
        assert refused.value.why == "closed"

    def test_a_need_does_not_last_for_ever(self, db, begin):
        it = begin(under_way=True)
        with pytest.raises(ValidationError):
            ask(it, timedelta(days=3000))

    def test_an_end_takes_the_question_with_it(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        services.break_off(match_id=it.match.pk, by=it.citizen, now=NOW + 2 * DAY, reason=Reason.OTHER)
        match = fresh(it)
        assert (match.longer_until, match.longer_by) == (None, None)
        assert match.hold.last_day == NOW.date() + DAY


class TestShorter:
    def test_a_day_to_come_shortens_it_and_the_rest_is_free(self, db, begin):
        it = begin(under_way=True)
        last = NOW.date() + 4 * DAY
        going_on.end_early(
            match_id=it.match.pk, last_day=last, by=it.citizen, now=NOW, reason=Reason.NOT_AVAILABLE
        )
        match = fresh(it)
        assert (match.state, match.last_day, match.hold.last_day) == (MatchState.UNDER_WAY, last, last)
        assert (match.need.state, match.need.uncovered_from) == ("partly_met", last + DAY)
        assert told(it, "match_shortened") == {it.member, it.coordinator}
        decision = match.decisions.last()
        assert (decision.act, decision.reason) == ("shorten", Reason.NOT_AVAILABLE)

    def test_a_day_that_has_passed_ends_it_and_its_days_stay_used(self, db, begin):
        it = begin(under_way=True)
        last = NOW.date() + DAY
        going_on.end_early(
            match_id=it.match.pk, last_day=last, by=it.member, now=NOW + 4 * DAY, reason=Reason.OTHER
        )
        match = fresh(it)
        assert (match.state, match.ended_on) == (MatchState.BROKEN_OFF, last + DAY)
        hold = Hold.objects.get(match=match)
        assert (hold.last_day, hold.released) == (last, True)

    def test_it_is_no_way_to_make_it_longer(self, db, begin):
        it = begin(under_way=True)
        for last in (it.match.last_day, it.match.last_day + DAY, it.match.first_day - DAY):
            with pytest.raises(NotPossible) as refused:
                going_on.end_early(
                    match_id=it.match.pk, last_day=last, by=it.member, now=NOW, reason=Reason.OTHER
                )
            assert refused.value.why == "days"

    def test_it_needs_a_reason_and_somebody_concerned(self, db, begin):
        it = begin(under_way=True)
        for by, reason, why in ((it.member, "", "reason"), (UserFactory(), Reason.OTHER, "role")):
            with pytest.raises(NotPossible) as refused:
                going_on.end_early(
                    match_id=it.match.pk, last_day=NOW.date() + DAY, by=by, now=NOW, reason=reason
                )
            assert refused.value.why == why
        assert fresh(it).last_day == it.match.last_day

    def test_a_question_to_go_on_goes_with_it(self, db, begin):
        it = begin(under_way=True)
        ask(it)
        last = NOW.date() + 2 * DAY
        going_on.end_early(match_id=it.match.pk, last_day=last, by=it.citizen, now=NOW, reason=Reason.OTHER)
        match = fresh(it)
        assert (match.longer_until, match.hold.last_day) == (None, last)


class TestNoShow:
    def test_the_need_is_open_at_once_and_the_place_is_free(self, db, begin):
        it = begin(under_way=True)
        assert fresh(it).need.state == "met"
        services.break_off(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.NO_SHOW)
        match = fresh(it)
        assert (match.need.state, match.need.scan_due_at is not None) == ("open", True)
        assert not Hold.objects.filter(match=match).exists()

    def test_nobody_is_blamed(self, db, begin):
        """Host and guest are ranked as before: the same offer is another need's, the same need another offer's."""
        it = begin(under_way=True)
        before = Match.objects.get(pk=it.match.pk).parts
        services.break_off(match_id=it.match.pk, by=it.coordinator, now=NOW, reason=Reason.NO_SHOW)
        other = due_need(city=it.city, first_day=it.match.first_day, last_day=it.match.last_day)
        drain()
        again = Match.objects.get(need=other, offer=it.match.offer)
        assert (
            again.parts["confirmation" if "confirmation" in before else next(iter(before))]
            == before["confirmation" if "confirmation" in before else next(iter(before))]
        )
        assert "faute" not in " ".join(
            Message.objects.filter(event="match_broken_off").values_list("body", flat=True)
        )


class TestStart:
    @pytest.mark.parametrize("who", ["member", "coordinator", "citizen"])
    def test_whoever_is_concerned_says_that_it_has_begun(self, db, begin, who):
        it = begin(need={"first_day": NOW.date(), "last_day": NOW.date() + DAY})
        services.start(match_id=it.match.pk, by=getattr(it, who), now=NOW)
        assert it.state == MatchState.UNDER_WAY

    def test_nothing_begins_before_its_first_day(self, db, begin):
        it = begin()
        with pytest.raises(NotPossible) as refused:
            services.start(match_id=it.match.pk, by=it.member, now=NOW)
        assert refused.value.why == "early"


class TestHandOver:
    def test_what_was_not_given_goes_back_to_the_offer_and_the_need(self, db, begin):
        it = begin(kind=Kind.GOODS)
        assert it.match.quantity == 10
        going_on.hand_over(match_id=it.match.pk, quantity=6, by=it.member, now=NOW)
        match = fresh(it)
        assert (match.state, match.quantity, match.hold.quantity) == (MatchState.COMPLETED, 6, 6)
        assert (match.need.state, match.need.given_quantity) == ("partly_met", 6)
        assert match.decisions.last().change == {"quantity": [10, 6]}
        assert told(it, "match_in_part") == {it.citizen, it.coordinator}
        other = due_offer(city=it.city, kind=Kind.GOODS)
        drain()
        assert Match.objects.get(need=match.need, offer=other).quantity == 4
        wants = due_need(city=it.city, kind=Kind.GOODS, quantity=4, part_useful=False)
        drain()
        assert Match.objects.filter(need=wants, offer=match.offer).exists()

    def test_all_of_it_is_told_to_nobody(self, db, begin):
        it = begin(kind=Kind.GOODS)
        going_on.hand_over(match_id=it.match.pk, quantity=10, by=it.citizen, now=NOW)
        assert (it.state, fresh(it).need.state) == (MatchState.COMPLETED, "met")
        assert not told(it, "match_in_part")

    @pytest.mark.parametrize("quantity", [0, 11])
    def test_no_more_than_was_promised(self, db, begin, quantity):
        it = begin(kind=Kind.GOODS)
        with pytest.raises(NotPossible) as refused:
            going_on.hand_over(match_id=it.match.pk, quantity=quantity, by=it.member, now=NOW)
        assert refused.value.why == "quantity"

    def test_a_home_is_not_handed_over_and_things_do_not_last(self, db, begin):
        home, things = begin(under_way=True), begin(kind=Kind.GOODS)
        with pytest.raises(NotPossible) as refused:
            going_on.hand_over(match_id=home.match.pk, quantity=1, by=home.member, now=NOW)
        assert refused.value.why == "lasts"
        with pytest.raises(NotPossible) as refused:
            ask(things)
        assert refused.value.why == "once"
