"""What goes into calendars with the messages of a visit: put in, changed there, struck out."""

from datetime import timedelta

import pytest
from icalendar import Calendar

from homes import services
from notifications import invitations
from notifications.models import Message
from tests.homes.conftest import NOW, THURSDAY


def read(event, person):
    """What goes with the last message of that event to somebody: the method, and the one entry."""
    message = Message.objects.filter(event=event, recipient=person).order_by("pk").last()
    method, content = invitations.composed(event=event, subject_key=message.subject_key, reader=person)
    calendar = Calendar.from_ical(content)
    assert calendar["method"] == method
    (entry,) = calendar.events
    return method, entry


def test_the_host_is_invited_then_told_of_the_change_and_the_end(desk):
    visit = desk.plan(visitor=desk.colleague)
    method, planned = read("visit_planned", desk.host)
    assert (method, planned.start, planned.end) == ("REQUEST", THURSDAY, THURSDAY + timedelta(hours=1))
    assert "12 rue des Invités" in planned["location"]
    later = THURSDAY + timedelta(days=1)
    services.move(visit_id=visit.pk, starts_at=later, visitor=desk.colleague, by=desk.coordinator, now=NOW)
    method, moved = read("visit_moved", desk.host)
    assert (method, moved.start, moved["uid"]) == ("REQUEST", later, planned["uid"])
    assert moved["sequence"] > planned["sequence"]
    services.cancel(visit_id=visit.pk, by=desk.coordinator, now=NOW)
    method, over = read("visit_cancelled", desk.host)
    assert (method, over["uid"], over["status"]) == ("CANCEL", planned["uid"], "CANCELLED")
    assert over["sequence"] > moved["sequence"]


def test_whoever_comes_no_more_has_it_struck_out_and_the_other_put_in(desk):
    visit = desk.plan(visitor=desk.colleague)
    services.move(visit_id=visit.pk, starts_at=THURSDAY, visitor=desk.operator, by=desk.coordinator, now=NOW)
    assert read("visit_cancelled", desk.colleague)[0] == "CANCEL"
    assert read("visit_moved", desk.operator)[0] == "REQUEST"


@pytest.mark.parametrize("event", ["visit_planned", "visit_cancelled"])
def test_nobody_else_is_invited(desk, event):
    visit = desk.plan()
    for stranger in (desk.administrator,):
        assert invitations.composed(event=event, subject_key=f"visit:{visit.pk}", reader=stranger) is None
    type(desk.host).objects.filter(pk=desk.host.pk).update(email=None, phone="+33199001234")
    desk.host.refresh_from_db()
    assert invitations.composed(event=event, subject_key=f"visit:{visit.pk}", reader=desk.host) is None
