"""The days of an offer: one or more periods, each with a first day and perhaps a last one."""

from datetime import date

Period = tuple[date, date | None]
