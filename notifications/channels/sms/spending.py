"""What a town's SMS of a month come to, in segments, which is what a gateway bills; and the limit that the town set.

A segment is counted before it leaves, and given back when it surely did not: two workers never spend the last twice.
What decides a night leaves beyond the limit too, and is counted.
"""

from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from accounts import selectors as accounts
from cities.days import local_day
from cities.models import City
from notifications.channels.sms import words
from notifications.channels.sms.models import Spending
from notifications.events import Priority
from notifications.services import queue

# The part of the limit at which the desk is told, once a month.
NEARLY_ALL = 0.8


@transaction.atomic
def spend(*, city: City, segments: int, priority: int, by: None, now: datetime) -> bool:
    """Count the segments of a message that is about to leave; False, and nothing is counted, beyond the limit."""
    spending, _is_new = Spending.objects.select_for_update(no_key=True).get_or_create(
        city=city, month=_month(city, now)
    )
    before, after = spending.segments, spending.segments + segments
    if priority != Priority.NIGHT and after > city.sms_monthly_limit:
        return False
    spending.segments = after
    spending.save(update_fields=["segments"])
    if before < NEARLY_ALL * city.sms_monthly_limit <= after:
        for person in accounts.coordinators_of(city):
            queue(
                recipient=person,
                event="sms_nearly_spent",
                subject_key=f"sms:{city.pk}:{spending.month:%Y-%m}",
                city=city,
                compose=partial(words.nearly_spent, city, after),
                now=now,
            )
    return True


@transaction.atomic
def give_back(*, city: City, segments: int, by: None, now: datetime) -> None:
    """These segments surely did not leave."""
    Spending.objects.filter(city=city, month=_month(city, now)).update(segments=F("segments") - segments)


def spent(city: City, now: datetime) -> tuple[int, int]:
    """This month's segments, and how many the town allows itself."""
    spending = Spending.objects.filter(city=city, month=_month(city, now)).first()
    return (spending.segments if spending else 0), city.sms_monthly_limit


def _month(city: City, now: datetime) -> date:
    return local_day(now, city).replace(day=1)
