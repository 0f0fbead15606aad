"""What changes matching and nobody announces: organisations are suspended, and days pass. We look for ourselves."""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import Organisation
from cities.days import local_day, midnight
from cities.models import City
from engine.vocabulary import URGENT_WITHIN_DAYS
from matching.models import Match, MatchState
from matching.scanning import writing
from needs import services as needs
from needs.models import Need


@transaction.atomic
def set_suspended_aside(*, by: None, now: datetime) -> int:
    """Supersede the suggestions of organisations suspended since; how many. Their needs stay due until verified again.

    Accounts know nothing of matching. There is nothing to find on most days.
    """
    suspended = Match.objects.filter(
        state=MatchState.SUGGESTED, need__organisation__state=Organisation.State.SUSPENDED
    )
    needs.mark_due(need_ids=suspended.values_list("need", flat=True).distinct(), now=now)
    return writing.supersede(suspended, now=now)


def mark_pressing(*, by: None, now: datetime) -> int:
    """Have the needs that have begun, or soon begin, looked at again each morning; how many.

    Of the former fewer days are left to help with, the latter become more urgent.
    """
    marked = 0
    for city in City.objects.order_by("pk"):
        today = local_day(now, city)
        soon = today + timedelta(days=max(URGENT_WITHIN_DAYS.values()))
        pressing = Need.objects.open().filter(
            city=city,
            scan_due_at__isnull=True,
            first_day__lte=soon,
            scan__scanned_at__lt=midnight(today, city),
        )
        marked += needs.mark_due(need_ids=pressing.values_list("pk", flat=True), now=now)
    return marked
