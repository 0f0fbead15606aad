"""The volunteers of a place: needs, written by the services of needs."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.fields import FARTHEST
from catalogue.fields.shapes import TOO_FAR
from catalogue.fields.shared import LONGEST_TITLE
from catalogue.slots import WeeklySlot, slot_text
from catalogue.vocabulary import Kind, Rhythm, Source, Urgency
from cities.days import local_day
from needs import services as needs
from needs.models import OPEN_STATES, Need
from shelters import selectors
from shelters.models import Shelter, Shift
from shelters.services.locking import open_one

MOST_SHIFTS = 60  # at once
_ONE_DAY = timedelta(days=1)


@transaction.atomic
def add_shifts(
    *,
    shelter_id: int,
    title: str,
    category: str,
    weekdays: Iterable[int],
    start_minute: int,
    end_minute: int,
    volunteers: int,
    first_day: date,
    last_day: date,
    weekly: bool,
    by: User,
    now: datetime,
    key: str = "",
) -> list[Need]:
    """Ask for so many volunteers at that time on these weekdays: once on each such day, or `weekly`, the same person
    week after week. One need for each, so that each is found, promised and counted as any other. The same
    `key` twice gives the first ones back.

    ValidationError by field.
    """
    shelter = open_one(shelter_id, by)
    of_the_form = f"place:{shelter.pk}:{key}:" if key else ""
    known = Need.objects.filter(city=shelter.city, external_key__startswith=of_the_form).order_by("pk")
    if key and known:
        return list(known)
    if end_minute <= start_minute:
        raise ValidationError({"ends": _("La fin doit venir après le début.")})
    if last_day < first_day:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    if last_day > local_day(now, shelter.city) + FARTHEST:
        raise ValidationError({"last_day": TOO_FAR})
    days = _days(first_day, last_day, set(weekdays), weekly=weekly)
    if not days:
        raise ValidationError({"weekdays": _("Aucun de ces jours entre ces deux dates.")})
    if len(days) * volunteers > MOST_SHIFTS:
        raise ValidationError(
            ngettext(
                "%(n)s créneau au plus à la fois. Choisissez moins de jours.",
                "%(n)s créneaux au plus à la fois. Choisissez moins de jours.",
                MOST_SHIFTS,
            )
            % {"n": MOST_SHIFTS}
        )
    posted: list[Need] = []
    for first, last in days:
        slot = slot_text(WeeklySlot(first.weekday(), start_minute, end_minute))
        fields = {
            "kind": Kind.SKILL,
            "category": category,
            "title": f"{title} · {shelter.name}"[:LONGEST_TITLE],
            "commune": shelter.commune,
            "reach_km": 0,
            "first_day": first,
            "last_day": last,
            "rhythm": Rhythm.WEEKLY if weekly else Rhythm.ONCE,
            "slots": [slot],
            "quantity": -(-(end_minute - start_minute) // 60),  # begun hours
            "people": 1,
            "urgency": Urgency.PLANNED,
        }
        for _one in range(volunteers):
            external_key = f"{of_the_form}{len(posted)}" if key else ""
            posted.append(_post(shelter, fields, external_key=external_key, by=by, now=now))
    return posted


def change_place(shelter: Shelter, *, old_name: str, by: User, now: datetime) -> None:
    """The place is called otherwise, or has moved: its shifts are called so, those that are met as well; where the met
    ones are is agreed with whoever has said yes, and stays as it was.
    """
    today = local_day(now, shelter.city)
    named = f" · {old_name}"
    for shift in selectors.shifts_of(shelter, now=now):
        need = shift.need
        title = need.title
        if title.endswith(named):
            title = f"{title.removesuffix(named)} · {shelter.name}"[:LONGEST_TITLE]
        if need.state in OPEN_STATES:
            fields = {"commune": shelter.commune, "title": title}
            needs.change(need_id=need.pk, fields=fields, by=by, now=now, today=today)
        else:
            needs.retitle(need_id=need.pk, title=title, by=by, now=now)


def _days(first: date, last: date, weekdays: set[int], *, weekly: bool) -> list[tuple[date, date]]:
    """First and last day of each need: each such day, or of each weekday from its first day on."""
    days = [first + n * _ONE_DAY for n in range((last - first).days + 1)]
    chosen = [day for day in days if day.weekday() in weekdays]
    return (
        [(day, last) for day in chosen if day < first + 7 * _ONE_DAY]
        if weekly
        else [(day, day) for day in chosen]
    )


def _post(shelter: Shelter, fields: Mapping[str, Any], *, external_key: str, by: User, now: datetime) -> Need:
    need = needs.register(
        city=shelter.city,
        organisation=shelter.organisation,
        person=None,
        fields=fields,
        source=Source.WEB,
        by=by,
        now=now,
        today=local_day(now, shelter.city),
        external_key=external_key,
        notify=False,
    )
    Shift.objects.create(shelter=shelter, need=need)
    return need
