"""Whoever is on call is told of each need for tonight; all of the desk, at the hours of each, that something is new."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db.models import Exists
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from catalogue.vocabulary import Urgency
from cities.days import local_day, local_time
from cities.models import City
from matching.messages import to_desk
from matching.models import Match, MatchState
from needs.models import Need
from notifications import reach
from notifications.reasons import Words, subject_id
from notifications.selectors import preferences_of, who_was_told
from notifications.services import NewMessage, alert, queue_many
from oncall import selectors as oncall

FOUND, NOTHING_YET = "need_suggestions", "need_tonight"
OF_THE_DAY = "suggestions_of_the_day"


GONE: Words = {OF_THE_DAY: gettext_lazy("tout est déjà décidé")}


def tell_desk(city: City, needs: Sequence[Need], fresh: Mapping[int, int], *, now: datetime) -> None:
    """Tonight's needs are announced one by one, the others twice a day, so that nobody learns to ignore mails.

    `fresh`: how many suggestions are new, by need. A need for tonight is announced without any as well.
    """
    today = local_day(now, city)
    is_tonight = {need.pk: need.urgency_on(today) == Urgency.TONIGHT for need in needs}
    rung = oncall.steps(city, now)[0] if any(is_tonight.values()) else []
    for need in needs:
        if not is_tonight[need.pk]:
            continue
        count, subject_key = fresh.get(need.pk, 0), f"need:{need.pk}"
        told = set(who_was_told(event=FOUND, subject_key=subject_key).values_list("recipient", flat=True))
        for person in rung:
            if person.pk in told:
                continue
            alert(
                recipient=person,
                event=FOUND if count else NOTHING_YET,
                subject_key=subject_key,
                city=city,
                compose=partial(to_desk.for_tonight, need, count),
                now=now,
            )
    if any(need.pk in fresh and not is_tonight[need.pk] for need in needs):
        tell_of_the_day(city, now=now)


def tell_of_the_day(city: City, *, now: datetime) -> None:
    """Say at the next of each one's hours that there are new suggestions, once however many."""
    people = list(accounts.coordinators_of(city))
    drafts = []
    for person, wish in preferences_of(people):
        due_at = reach.next_digest(wish, city, now=now)
        drafts.append(
            NewMessage(
                recipient=person,
                event=OF_THE_DAY,
                subject_key=f"day:{city.pk}:{local_time(due_at, city):%Y-%m-%d:%H}",
                city=city,
                compose=partial(to_desk.suggestions_of_the_day, city),
                due_at=due_at,
            )
        )
    queue_many(drafts=drafts, now=now)


def reasons() -> dict[str, Callable[[], Exists]]:
    """A digest has its reason while there is something to look at: it is silent when all is decided."""
    undecided = Match.objects.filter(state=MatchState.SUGGESTED, need__in=Need.objects.open())
    return {OF_THE_DAY: lambda: Exists(undecided.filter(city=subject_id()))}
