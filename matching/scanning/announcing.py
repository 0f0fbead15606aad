"""Whoever is on call is told of each need for tonight; all of the desk, once a day, that something is new."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from accounts import selectors as accounts
from catalogue.vocabulary import Urgency
from cities.days import local_day
from cities.models import City
from matching.messages import to_desk
from needs.models import Need
from notifications.selectors import who_was_told
from notifications.services import alert, queue
from oncall import selectors as oncall

FOUND, NOTHING_YET = "need_suggestions", "need_tonight"
OF_THE_DAY = "suggestions_of_the_day"


def tell_desk(city: City, needs: Sequence[Need], fresh: Mapping[int, int], *, now: datetime) -> None:
    """Tonight's needs are announced one by one, the others once a day, so that nobody learns to ignore mails.

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
    """Say that there are new suggestions, once a day however many."""
    subject_key = f"day:{city.pk}:{local_day(now, city)}"
    told = who_was_told(event=OF_THE_DAY, subject_key=subject_key)
    for person in accounts.coordinators_of(city).exclude(pk__in=told):
        queue(
            recipient=person,
            event=OF_THE_DAY,
            subject_key=subject_key,
            city=city,
            compose=partial(to_desk.suggestions_of_the_day, city),
            now=now,
        )
