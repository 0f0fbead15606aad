"""Days and moments as people say them. Each function is told the time; none reads a clock."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import formats, timezone
from django.utils.dates import MONTHS_ALT, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalogue.slots import WeeklySlot

# The parts of a day that a form offers and that people name.
MORNING, AFTERNOON, EVENING = (9 * 60, 12 * 60), (14 * 60, 18 * 60), (18 * 60, 21 * 60)


def day_words(day: date, *, today: date | None = None) -> str:
    """ "3 mars"; with its year when that is not this year's."""
    number = pgettext("premier jour du mois", "1er") if day.day == 1 else str(day.day)
    # As it stands beside a day: "12 декабря", not "декабрь".
    month = str(MONTHS_ALT[day.month])
    if today is not None and day.year != today.year:
        return _("%(day)s %(month)s %(year)s") % {"day": number, "month": month, "year": day.year}
    return _("%(day)s %(month)s") % {"day": number, "month": month}


def day_range(first: date, last: date | None, *, today: date | None = None) -> str:
    """ "du 3 au 20 mars", "le 3 mars", "à partir du 3 mars" when the end is open."""
    if last is None:
        return _("à partir du %(day)s") % {"day": day_words(first, today=today)}
    if first == last:
        return _("le %(day)s") % {"day": day_words(first, today=today)}
    end = day_words(last, today=first if first.year != last.year else today)
    if (first.year, first.month) == (last.year, last.month):
        start = pgettext("premier jour du mois", "1er") if first.day == 1 else str(first.day)
    else:
        start = day_words(first, today=last if first.year != last.year else None)
    return _("du %(first)s au %(last)s") % {"first": start, "last": end}


def days_words(days: int) -> str:
    """A length of stay: "18 jours", "3 mois", "1 an"."""
    if days >= 365 and days % 365 == 0:
        return ngettext("%(n)s an", "%(n)s ans", days // 365) % {"n": days // 365}
    if days >= 60 and days % 30 == 0:
        return ngettext("%(n)s mois", "%(n)s mois", days // 30) % {"n": days // 30}
    return ngettext("%(n)s jour", "%(n)s jours", days) % {"n": days}


def hour_words(minutes: int) -> str:
    """Minutes after midnight as an hour: "18 h", "18 h 30"."""
    hour, minute = divmod(minutes, 60)
    if minute:
        return _("%(hour)s\u00a0h\u00a0%(minute)s") % {"hour": hour, "minute": f"{minute:02}"}
    return _("%(hour)s\u00a0h") % {"hour": hour}


def length_words(minutes: int) -> str:
    """How long something takes: "30 min", "1 h", "1 h 30"."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return ngettext("%(n)s\u00a0min", "%(n)s\u00a0min", rest) % {"n": rest}
    if rest:
        return _("%(hours)s\u00a0h\u00a0%(minutes)s") % {"hours": hours, "minutes": f"{rest:02}"}
    return ngettext("%(n)s\u00a0h", "%(n)s\u00a0h", hours) % {"n": hours}


def slot_words(slot: WeeklySlot) -> str:
    """ "lundi matin", "mardi de 18 h à 20 h"."""
    day = str(WEEKDAYS[slot.weekday])
    part = {
        MORNING: _("%(day)s matin"),
        AFTERNOON: _("%(day)s après-midi"),
        EVENING: _("%(day)s soir"),
    }.get((slot.start_minute, slot.end_minute))
    if part:
        return part % {"day": day}
    return _("%(day)s de %(start)s à %(end)s") % {
        "day": day,
        "start": hour_words(slot.start_minute),
        "end": hour_words(slot.end_minute),
    }


def weekday_and_day(day: date, *, today: date | None = None) -> str:
    """ "mardi 8 décembre"."""
    return _("%(weekday)s %(day)s") % {
        "weekday": WEEKDAYS[day.weekday()],
        "day": day_words(day, today=today),
    }


def weekday_and_hour(moment: datetime) -> str:
    """ "mardi 8 décembre à 18 h", by the clock that the moment was read on."""
    hour = hour_words(moment.hour * 60 + moment.minute)
    return _("%(day)s à %(hour)s") % {"day": weekday_and_day(moment.date()), "hour": hour}


def day_and_hour(moment: datetime) -> str:
    """ "3 mars 2026 à 9 h 05", by the clock that the moment was read on: of what is kept or printed."""
    day = formats.date_format(moment, "DATE_FORMAT")
    return _("%(day)s à %(hour)s") % {"day": day, "hour": hour_words(moment.hour * 60 + moment.minute)}


def appointment_words(day: date, slots: Iterable[WeeklySlot] = (), *, today: date | None = None) -> str:
    """ "mardi 8 décembre", "mardi 8 décembre, 14 h à 15 h 30": those of the slots that are on its weekday."""
    words = weekday_and_day(day, today=today)
    for slot in slots:
        if slot.weekday == day.weekday():
            start, end = hour_words(slot.start_minute), hour_words(slot.end_minute)
            words = _("%(day)s, %(start)s à %(end)s") % {"day": words, "start": start, "end": end}
    return words


def ago(moment: datetime, now: datetime) -> str:
    """A past moment: "il y a 12 min", "hier", "il y a 3 jours", then the day."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return _("à l’instant")
    here, today = timezone.localtime(moment), timezone.localdate(now)
    days = (today - here.date()).days
    if days == 0 or passed < timedelta(hours=6):
        return _("il y a %(time)s") % {"time": _short(passed)}
    if days == 1:
        return _("hier")
    if days < 7:
        return _("il y a %(time)s") % {"time": ngettext("%(n)s jour", "%(n)s jours", days) % {"n": days}}
    return _("le %(day)s") % {"day": day_words(here.date(), today=today)}


def since(moment: datetime, now: datetime) -> str:
    """How long something has been waiting: "depuis 12 min", "depuis 3 h", "depuis 2 jours"."""
    return _("depuis %(time)s") % {"time": _short(now - moment)}


def until(moment: datetime, now: datetime) -> str:
    """A moment to come: "dans 20 min", "ce soir à 20 h", "demain à 9 h", "le 3 mars à 9 h"; past: `ago`."""
    if moment <= now:
        return ago(moment, now)
    if moment - now < timedelta(hours=1):
        return _("dans %(time)s") % {"time": _short(moment - now)}
    here, today = timezone.localtime(moment), timezone.localdate(now)
    hour = hour_words(here.hour * 60 + here.minute)
    if here.date() == today:
        return (_("ce soir à %(hour)s") if here.hour >= 18 else _("aujourd’hui à %(hour)s")) % {"hour": hour}
    if here.date() == today + timedelta(days=1):
        return _("demain à %(hour)s") % {"hour": hour}
    return _("le %(day)s à %(hour)s") % {"day": day_words(here.date(), today=today), "hour": hour}


def moment_words(moment: datetime, now: datetime) -> str:
    """A past moment with its hour: "à 18 h 05", "hier à 9 h", "le 3 mars à 9 h"."""
    here, today = timezone.localtime(moment), timezone.localdate(now)
    hour = hour_words(here.hour * 60 + here.minute)
    if here.date() == today:
        return _("à %(hour)s") % {"hour": hour}
    if here.date() == today - timedelta(days=1):
        return _("hier à %(hour)s") % {"hour": hour}
    return _("le %(day)s à %(hour)s") % {"day": day_words(here.date(), today=today), "hour": hour}


def _short(length: timedelta) -> str:
    """Minutes below an hour, hours below two days, then days; never less than a minute."""
    minutes = max(1, int(length.total_seconds() // 60))
    if minutes < 60:
        return ngettext("%(n)s\u00a0min", "%(n)s\u00a0min", minutes) % {"n": minutes}
    if minutes < 48 * 60:
        return ngettext("%(n)s\u00a0h", "%(n)s\u00a0h", minutes // 60) % {"n": minutes // 60}
    days = minutes // (24 * 60)
    return ngettext("%(n)s jour", "%(n)s jours", days) % {"n": days}
