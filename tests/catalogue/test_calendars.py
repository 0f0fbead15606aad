"""What calendar programs read: days, instants, and texts that cannot break out of their line."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from catalogue.calendars import Entry, Party, alone, feed, invitation
from cities.days import hours
from tests.factories.cities import CityFactory

NOW = datetime(2026, 3, 9, 11, tzinfo=UTC)
DAYS = {"starts": date(2026, 3, 10), "ends": date(2026, 3, 12)}
PARIS = ZoneInfo("Europe/Paris")


def entry(**fields):
    return Entry(**{"key": "match.1", "title": "Un toit", "changed_at": NOW, **DAYS, **fields})


def read(content):
    (event,) = Calendar.from_ical(content).events
    return event


def test_days_are_the_same_days_everywhere():
    event = read(alone(entry()))
    assert (event.start, event.end) == (date(2026, 3, 10), date(2026, 3, 12))
    assert event["transp"] == "TRANSPARENT"


def test_hours_are_instants():
    start = datetime(2026, 3, 10, 14, tzinfo=PARIS)
    event = read(alone(entry(starts=start, ends=start + timedelta(hours=1))))
    assert event["dtstart"].to_ical() == b"20260310T130000Z"
    assert event["transp"] == "OPAQUE"


def test_who_is_on_call_for_a_week_is_not_taken_for_it():
    start = datetime(2026, 3, 10, 18, tzinfo=PARIS)
    assert read(alone(entry(starts=start, ends=start + timedelta(weeks=1))))["transp"] == "TRANSPARENT"


def test_no_text_breaks_out_of_its_line():
    nasty = "Un lit;\r\nDTSTART:19700101T000000Z\nATTENDEE:mailto:autre@exemple.fr, \\ été"
    method, content = invitation(
        entry(title=nasty, details=nasty, place=nasty),
        organiser=Party('Ville\r\nX-A:"b"', "ici@exemple.fr"),
        guest=Party("Jé, an", "jean@exemple.fr"),
    )
    event = read(content)
    assert (method, event["dtstart"].dt) == ("REQUEST", date(2026, 3, 10))
    assert str(event["attendee"]) == "mailto:jean@exemple.fr"
    assert event["attendee"].params["cn"] == "Jé, an"
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))


def test_what_is_cancelled_says_so_twice():
    method, content = invitation(
        entry(is_cancelled=True, sequence=3),
        organiser=Party("", "ici@exemple.fr"),
        guest=Party("", "a@exemple.fr"),
    )
    assert method == Calendar.from_ical(content)["method"] == "CANCEL"
    assert (read(content)["status"], read(content)["sequence"]) == ("CANCELLED", 3)


def test_a_feed_without_anything_in_it_is_a_calendar():
    calendar = Calendar.from_ical(feed("Accorde", []))
    assert calendar.events == []
    assert calendar["refresh-interval"].dt == timedelta(hours=1)


class TestHoursOfADay:
    @pytest.mark.parametrize(
        ("timezone", "day", "minutes", "start", "end"),
        [
            ("Europe/Paris", date(2026, 12, 8), (840, 930), "2026-12-08T13:00", "2026-12-08T14:30"),
            ("Pacific/Noumea", date(2026, 12, 8), (480, 540), "2026-12-07T21:00", "2026-12-07T22:00"),
            ("America/Martinique", date(2026, 12, 8), (1320, 1440), "2026-12-09T02:00", "2026-12-09T04:00"),
            # From two the clocks show three.
            ("Europe/Paris", date(2027, 3, 28), (150, 210), "2027-03-28T01:30", "2027-03-28T02:30"),
            ("Europe/Paris", date(2027, 3, 28), (60, 240), "2027-03-28T00:00", "2027-03-28T02:00"),
            # From three the clocks show two again.
            ("Europe/Paris", date(2026, 10, 25), (150, 210), "2026-10-25T00:30", "2026-10-25T02:30"),
            ("Europe/Paris", date(2026, 10, 25), (60, 240), "2026-10-25T23:00", "2026-10-25T03:00"),
        ],
        ids=["winter", "overseas", "until midnight", "skipped", "over the gap", "twice", "over the second hour"],
    )  # fmt: skip
    def test_by_the_town_s_clocks(self, db, timezone, day, minutes, start, end):
        city = CityFactory(timezone=timezone)
        found = hours(day, *minutes, city)
        expected = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end)]
        if start > end:
            expected[0] -= timedelta(days=1)
        assert list(found) == expected
