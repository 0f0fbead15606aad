"""The desk is told of new suggestions: tonight's needs one by one, the others once a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from accounts import selectors as accounts
from catalogue.vocabulary import Urgency
from cities.days import local_day
from cities.models import City
from matching import messages
from needs.models import Need
from notifications.selectors import who_was_told
from notifications.services import queue


def tell_desk(city: City, needs: Sequence[Need], fresh: Mapping[int, int], *, now: datetime) -> None:
    """Tonight's needs are announced one by one, the others once a day, so that nobody learns to ignore mails.

    `fresh`: how many suggestions are new, by need.
    """
    told = [need for need in needs if need.pk in fresh]
    today = local_day(now, city)
    tonight = [need for need in told if need.urgency_on(today) == Urgency.TONIGHT]
    coordinators = accounts.coordinators_of(city)
    for need in tonight:
        for person in coordinators:
            queue(
                recipient=person,
                event="need_suggestions",
                subject_key=f"need:{need.pk}",
                city=city,
                compose=partial(messages.new_suggestions, need, fresh[need.pk]),
                now=now,
            )
    if len(tonight) < len(told):
        tell_of_the_day(city, now=now)


def tell_of_the_day(city: City, *, now: datetime) -> None:
    """Say that there are new suggestions, once a day however many."""
    event, subject_key = "suggestions_of_the_day", f"day:{city.pk}:{local_day(now, city)}"
    told = who_was_told(event=event, subject_key=subject_key)
    for person in accounts.coordinators_of(city).exclude(pk__in=told):
        queue(
            recipient=person,
            event=event,
            subject_key=subject_key,
            city=city,
            compose=partial(messages.suggestions_of_the_day, city),
            now=now,
        )
