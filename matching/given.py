"""What needs have been given: needs themselves know nothing of matches."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import F, Q
from django.db.models.functions import Least

from accounts.models import User
from catalogue.vocabulary import Rhythm
from matching.lifecycle import SERVED
from matching.models import Hold, Match
from needs import services as needs
from needs.models import Need
from needs.progress import ONE_DAY, Given


def of_match(match: Match) -> Given:
    """What a match gives its need: nothing from the day on from which its people are to be housed elsewhere."""
    return Given(match.quantity, match.first_day, _last_given(match.last_day, match.rehouse_from))


def given_to(need_ids: Iterable[int]) -> defaultdict[int, list[Given]]:
    """By need, what both sides have said yes to; of a stay that ended early, the days that it had. What a host is asked
    to go on with is held, and not given yet; nor is what an incident holds back (`Match.rehouse_from`).
    """
    had = Q(released=True) & ~Q(need__rhythm=Rhythm.ONCE)
    confirmed = Hold.objects.filter(Q(match__state__in=SERVED) | had, need__in=list(need_ids)).values_list(
        "need", "quantity", "first_day", Least(F("last_day"), F("match__last_day")), "match__rehouse_from"
    )
    found: defaultdict[int, list[Given]] = defaultdict(list)
    for need_id, quantity, first_day, last_day, rehouse_from in confirmed:
        found[need_id].append(Given(quantity, first_day, _last_given(last_day, rehouse_from)))
    return found


def _last_given(last_day: date, rehouse_from: date | None) -> date:
    """A day before the first where nothing is given."""
    return last_day if rehouse_from is None else min(last_day, rehouse_from - ONE_DAY)


def record(need_id: int, *, by: User | None, now: datetime) -> Need:
    """Write down how far a need has come with what is confirmed by now; the need as it is then."""
    return needs.record_progress(need_id=need_id, given=given_to([need_id])[need_id], by=by, now=now)


def look_again(claimed: Iterable[Need], *, now: datetime) -> None:
    """What is confirmed may mean more than it did: less is asked by now, or the days that lacked it have passed.

    The caller has locked the needs; their states follow.
    """
    by_id = {need.pk: need for need in claimed}
    given = given_to(by_id)
    for need_id in sorted({*given, *(need.pk for need in by_id.values() if need.given_quantity)}):
        recorded = needs.record_progress(need_id=need_id, given=given[need_id], by=None, now=now)
        by_id[need_id].state, by_id[need_id].uncovered_from = recorded.state, recorded.uncovered_from
