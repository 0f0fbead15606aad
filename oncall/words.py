"""A span of hours as people say it."""

from datetime import datetime

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from catalogue.times import day_words, hour_words
from cities.days import local_time
from cities.models import City


def span_words(starts_at: datetime, ends_at: datetime, city: City) -> str:
    """Two moments by the town's clocks: "du lundi 2 mars à 18 h au lundi 9 mars à 18 h"."""
    start, end = _said(starts_at, city), _said(ends_at, city)
    if start == end:  # the hour that the clocks show twice
        for said, moment in ((start, starts_at), (end, ends_at)):
            is_summer = local_time(moment, city).dst()
            season = _("%(hour)s (heure d’été)") if is_summer else _("%(hour)s (heure d’hiver)")
            said["hour"] = season % {"hour": said["hour"]}
    if start["day"] == end["day"]:
        return _("le %(weekday)s %(day)s de %(start)s à %(end)s") % {
            "weekday": start["weekday"],
            "day": start["day"],
            "start": start["hour"],
            "end": end["hour"],
        }
    return _(
        "du %(first_weekday)s %(first_day)s à %(first_hour)s au %(last_weekday)s %(last_day)s à %(last_hour)s"
    ) % {
        **{f"first_{name}": word for name, word in start.items()},
        **{f"last_{name}": word for name, word in end.items()},
    }


def _said(moment: datetime, city: City) -> dict[str, str]:
    here = local_time(moment, city)
    return {
        "weekday": str(WEEKDAYS[here.weekday()]),
        "day": day_words(here.date()),
        "hour": hour_words(here.hour * 60 + here.minute),
    }
