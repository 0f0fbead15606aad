"""Two at once, on real connections: of the days that both want, one has them; of two answers, one counts."""

from datetime import timedelta

from matching import going_on, services
from matching.capacity import Taken
from matching.lifecycle import NotPossible, Reason
from matching.models import Hold, Match
from tests.factories.matching import NOW, drain, due_need
from tests.stays.conftest import fresh

DAY = timedelta(days=1)
MORE = timedelta(days=3)


def test_a_stay_that_goes_on_and_another_that_begins_do_not_both_have_the_bed(
    transactional_db, begin, at_once
):
    it = begin(under_way=True)
    last = it.match.last_day
    other = due_need(city=it.city, first_day=last + DAY, last_day=last + MORE)
    drain()
    theirs = Match.objects.get(need=other, offer=it.match.offer)

    results = at_once(
        lambda: going_on.ask_longer(match_id=it.match.pk, until=last + MORE, by=it.member, now=NOW),
        lambda: services.propose(match_id=theirs.pk, by=it.coordinator, now=NOW),
    )

    assert [type(result) for result in results].count(Taken) == 1
    held = Hold.objects.filter(offer=it.match.offer, first_day__lte=last + DAY, last_day__gte=last + DAY)
    assert sum(held.values_list("quantity", flat=True)) == 3


def test_a_yes_and_a_no_to_more_days_count_once(transactional_db, begin, at_once):
    it = begin(under_way=True)
    last = it.match.last_day
    going_on.ask_longer(match_id=it.match.pk, until=last + MORE, by=it.member, now=NOW)

    results = at_once(
        lambda: going_on.stay_longer(match_id=it.match.pk, by=it.citizen, now=NOW),
        lambda: going_on.not_longer(match_id=it.match.pk, by=it.coordinator, now=NOW),
    )

    assert [type(result) for result in results].count(NotPossible) == 1
    match = fresh(it)
    assert match.hold.last_day == match.last_day
    assert match.longer_until is None


def test_one_end_of_two_counts(transactional_db, begin, at_once):
    it = begin(under_way=True)
    ends = (NOW.date() + 2 * DAY, NOW.date() + 3 * DAY)

    def end(last, by):
        return lambda: going_on.end_early(
            match_id=it.match.pk, last_day=last, by=by, now=NOW, reason=Reason.OTHER
        )

    at_once(end(ends[0], it.citizen), end(ends[1], it.member))

    match = fresh(it)
    assert match.last_day == match.hold.last_day == ends[0]
