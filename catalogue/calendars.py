"""Days and hours as calendar programs read them: what they subscribe to (RFC 5545), and invitations (RFC 5546).

An hour is written as an instant in UTC: a program shows it by its reader's own clocks, and the night of a clock change
has nothing to mistake. What has no hour is whole days, which are the town's own and move with nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

PRODUCER = "-//Accorde//Accorde//FR"
READ_AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """`starts` and `ends` are two days, of which the last is not included, or two instants.

    `key`: what it is of ("match.12"), for ever the same. `sequence` grows with each change of it.
    """

    key: str
    starts: date | datetime
    ends: date | datetime
    title: str
    changed_at: datetime
    details: str = ""
    place: str = ""
    url: str = ""
    sequence: int = 0
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """Who invites, or is invited."""

    name: str
    email: str


def feed(name: str, entries: Iterable[Entry]) -> bytes:
    """What a calendar program reads again and again: what stands no more in it goes from the calendar."""
    calendar = _calendar("PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", READ_AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return _with(calendar, map(_component, entries))


def alone(entry: Entry) -> bytes:
    """One entry, to be put into a calendar by hand."""
    return _with(_calendar("PUBLISH"), [_component(entry)])


def invitation(entry: Entry, *, organiser: Party, guest: Party) -> tuple[str, bytes]:
    """The method, and what goes with a mail: a programme puts it in the calendar, changes it there or strikes it out.

    No answer is asked for: who comes has said so already.
    """
    component = _component(entry)
    component.add("organizer", _address(organiser))
    component.add(
        "attendee",
        _address(guest),
        parameters={"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"},
    )
    method = "CANCEL" if entry.is_cancelled else "REQUEST"
    return method, _with(_calendar(method), [component])


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", method)
    return calendar


def _component(entry: Entry) -> Event:
    component = Event()
    component.add("uid", f"{entry.key}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}")
    component.add("dtstamp", entry.changed_at.astimezone(UTC))
    component.add("last-modified", entry.changed_at.astimezone(UTC))
    component.add("sequence", entry.sequence)
    component.add("dtstart", _moment(entry.starts))
    component.add("dtend", _moment(entry.ends))
    component.add("summary", entry.title)
    for name, value in (("description", entry.details), ("location", entry.place)):
        if value:
            component.add(name, value)
    if entry.url:
        component.add("url", settings.SITE_URL + entry.url)
    component.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    # Whoever receives a household for ten nights, or is on call for a week, is not out for all that time.
    component.add("transp", "OPAQUE" if _takes_all(entry) else "TRANSPARENT")
    return component


def _moment(moment: date | datetime) -> date | datetime:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _takes_all(entry: Entry) -> bool:
    return isinstance(entry.starts, datetime) and entry.ends - entry.starts < timedelta(days=1)


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    if party.name:
        address.params["CN"] = vText(party.name)
    return address


def _with(calendar: Calendar, components: Iterable[Event]) -> bytes:
    for component in components:
        calendar.add_component(component)
    return calendar.to_ical()
