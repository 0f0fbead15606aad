"""How urgent a need is on a day, in SQL: the desk's order."""

from datetime import date, timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.db.models.lookups import LessThanOrEqual

from catalogue.vocabulary import Kind, Rhythm
from cities.days import TownDay
from engine.vocabulary import URGENCIES, URGENT_WITHIN_DAYS

URGENCY_RANKS: dict[str, int] = {urgency: rank for rank, urgency in enumerate(URGENCIES)}


def urgency_order(today: date | TownDay, *, of: str = "") -> tuple[Least | str, ...]:
    """The desk's order, for `order_by`. `of`: what leads to the need.

    The calendar makes every need that has begun one of tonight: whoever was posted for tonight comes before them.
    """
    return urgency_rank_on(today, of=of), f"{of}urgency_rank", f"{of}created_at", f"{of}id"


def urgency_rank_on(today: date | TownDay, *, of: str = "") -> Least:
    """A need's place in `URGENCIES` on this day: what `Need.urgency_on` says, in SQL. `of`: what leads to the need."""
    once = Q(**{f"{of}kind": Kind.GOODS}) | Q(**{f"{of}rhythm": Rhythm.ONCE})
    pressing_day = models.Case(
        models.When(once, then=F(f"{of}last_day")), default=Coalesce(f"{of}uncovered_from", f"{of}first_day")
    )
    near = [
        models.When(LessThanOrEqual(pressing_day, _days_after(today, days)), then=URGENCY_RANKS[urgency])
        for urgency, days in URGENT_WITHIN_DAYS.items()
    ]
    by_calendar = models.Case(*near, default=len(URGENCIES) - 1, output_field=models.IntegerField())
    return Least(f"{of}urgency_rank", by_calendar)


def _days_after(day: date | TownDay, days: int) -> date | models.ExpressionWrapper:
    if isinstance(day, date):
        return day + timedelta(days=days)
    return models.ExpressionWrapper(day + models.Value(days), output_field=models.DateField())
