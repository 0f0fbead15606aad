"""The date of a match in the calendars of its two sides: with the mail that confirms it, changes it, calls it off."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from catalogue.vocabulary import HandOver, Kind
from matching import moves, services
from matching.lifecycle import Reason
from notifications import delivery
from notifications.models import Message
from offers import services as offers
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, story

ADDRESS = "12 rue des Lilas"
LATER = NOW + timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def mails(smtp_server):
    """What leaves now, by its reader: the calendar in each mail, None where there is none."""

    def sent(now=LATER):
        smtp_server.messages.clear()
        while delivery.deliver_batch(channel="email", by=None, clock=lambda: now):
            pass
        return {mail["To"]: calendar_in(mail) for mail in smtp_server.messages}

    return sent


def calendar_in(mail):
    """The part that mail programmes read, which is the file that others open."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    files = [part for part in mail.walk() if part.get_content_type() == "application/ics"]
    if not parts:
        assert not files
        return None
    (part,), (file,) = parts, files
    assert part.get_content().encode() == file.get_content()
    assert part.get_content_charset() == "utf-8"
    calendar = Calendar.from_ical(part.get_content())
    assert part.get_param("method") == calendar["method"]
    return calendar


def confirmed(now=NOW, **options):
    options.setdefault("offer", {})
    options["offer"] = {"address": ADDRESS, **options["offer"]}
    it = story(now=now, **options)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    services.confirm(match_id=it.match.pk, by=it.member, now=now)
    return it


def event_of(calendar):
    (event,) = calendar.events
    return event


def appointment(day, slot, **more):
    return {"rhythm": "once", "first_day": day, "last_day": day, "slots": [slot], "quantity": 2, **more}


def test_both_sides_have_it_in_the_mail_that_confirms(mails):
    it = confirmed()
    sent = mails()
    assert set(sent) == {it.citizen.email, it.member.email}
    for person in (it.citizen, it.member):
        calendar = sent[person.email]
        event = event_of(calendar)
        assert calendar["method"] == "REQUEST"
        assert event["uid"] == f"match.{it.match.pk}@127.0.0.1"
        assert (event.start, event.end) == (it.match.first_day, it.match.last_day + timedelta(days=1))
        assert str(event["attendee"]) == f"mailto:{person.email}"
        assert event["attendee"].params["rsvp"] == "FALSE"
        assert ADDRESS in event["location"]
        assert f"/demandes/{it.match.pk}/" in event["url"]
    theirs, own = (event_of(sent[person.email]) for person in (it.citizen, it.member))
    assert it.match.need.title in own["summary"]
    assert it.match.need.title not in theirs["summary"]
    for secret in (it.citizen.name, it.citizen.email, it.member.name):
        assert secret not in own["summary"] + own["description"] + theirs["summary"] + theirs["description"]


def test_nothing_of_a_date_or_an_address_leaves_before_it_is_confirmed(mails, smtp_server):
    it = story(offer={"address": ADDRESS})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert mails() == {it.citizen.email: None}
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert mails() == {it.member.email: None}
    services.cancel(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.CHANGED_MIND)
    assert set(mails().values()) == {None}
    assert not [message for message in Message.objects.all() if ADDRESS in message.body]


def test_what_is_called_off_is_struck_out_for_the_two_sides_alone(mails):
    it = confirmed()
    before = event_of(mails()[it.member.email])
    services.cancel(match_id=it.match.pk, by=it.citizen, now=LATER, reason=Reason.NOT_AVAILABLE)
    sent = mails()
    assert sent[it.coordinator.email] is None, "the desk reads of it, and has no date of its own"
    calendar = sent[it.member.email]
    event = event_of(calendar)
    assert (calendar["method"], event["status"], event["uid"]) == ("CANCEL", "CANCELLED", before["uid"])
    assert event["sequence"] > before["sequence"]


def test_a_stay_that_ends_early_ends_early_in_the_calendar(mails):
    it = confirmed()
    first_day = it.match.first_day
    mails()
    begun = datetime.combine(first_day, datetime.min.time(), tzinfo=UTC) + timedelta(days=4, hours=12)
    services.start(match_id=it.match.pk, by=it.member, now=begun)
    services.break_off(match_id=it.match.pk, by=it.member, now=begun, reason=Reason.OTHER_SOLUTION)
    calendar = mails(begun)[it.citizen.email]
    event = event_of(calendar)
    assert (calendar["method"], event["status"]) == ("REQUEST", "CONFIRMED")
    assert (event.start, event.end) == (first_day, first_day + timedelta(days=4))


def test_what_never_began_is_struck_out(mails):
    it = confirmed()
    mails()
    day = datetime.combine(it.match.first_day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=12)
    services.break_off(match_id=it.match.pk, by=it.member, now=day, reason=Reason.NO_SHOW)
    assert mails(day)[it.citizen.email]["method"] == "CANCEL"


class TestAppointment:
    def test_has_its_hours_by_the_town_s_clocks(self, mails):
        it = confirmed(kind=Kind.SKILL, need=appointment(date(2026, 3, 24), "tue 14:00-15:30"))
        event = event_of(mails()[it.citizen.email])
        assert event["dtstart"].to_ical() == b"20260324T130000Z"
        assert event["dtend"].to_ical() == b"20260324T143000Z"
        assert event["location"] == it.match.need.commune.name, "where it is needed"

    def test_overseas_too(self, mails):
        city = CityFactory(timezone="Pacific/Noumea")
        it = confirmed(kind=Kind.SKILL, city=city, need=appointment(date(2026, 3, 24), "tue 08:00-09:00"))
        assert event_of(mails()[it.citizen.email])["dtstart"].to_ical() == b"20260323T210000Z"

    def test_whose_hour_is_still_open_has_its_day_alone(self, mails):
        two = appointment(date(2026, 3, 24), "tue 14:00-15:30") | {
            "slots": ["tue 09:00-11:00", "tue 14:00-16:00"]
        }
        it = confirmed(kind=Kind.SKILL, need=two)
        assert event_of(mails()[it.citizen.email]).start == date(2026, 3, 24)


class TestMoved:
    """The place has changed after both have said yes."""

    def move(self, it, now=LATER, **fields):
        offers.change(
            offer_id=it.match.offer_id,
            fields=fields or {"address": "3 rue du Lac"},
            windows=None,
            by=it.citizen,
            now=now,
        )

    def test_the_association_is_told_once_and_its_calendar_with_it(self, mails):
        it = confirmed(kind=Kind.GOODS, offer={"hand_over": HandOver.COLLECTED})
        before = event_of(mails()[it.member.email])
        MembershipFactory(organisation=it.match.need.organisation, is_told=False)
        self.move(it)
        assert moves.tell(by=None, now=LATER) == 1
        assert moves.tell(by=None, now=LATER) == 0
        sent = mails()
        assert set(sent) == {it.member.email}
        event = event_of(sent[it.member.email])
        assert event["uid"] == before["uid"]
        assert event["sequence"] > before["sequence"]
        assert event["location"].startswith("3 rue du Lac")
        assert "rue du Lac" not in Message.objects.get(event="match_moved").body, "it stands on the page"

    def test_a_home_is_told_of_when_it_was_visited_anew(self):
        it = confirmed()
        self.move(it)
        assert moves.tell(by=None, now=LATER) == 0
        week = LATER + timedelta(days=7)
        offers.vet(offer_id=it.match.offer_id, by=it.coordinator, now=week)
        assert moves.tell(by=None, now=week) == 1

    @pytest.mark.parametrize("what", ["title", "long ago", "brought", "over"])
    def test_nobody_is_told_of_what_changes_nothing_for_them(self, what):
        hand_over = HandOver.DELIVERED if what == "brought" else HandOver.COLLECTED
        it = confirmed(kind=Kind.GOODS, offer={"hand_over": hand_over})
        self.move(it, **({"title": "Autrement dit"} if what == "title" else {}))
        if what == "over":
            services.cancel(match_id=it.match.pk, by=it.citizen, now=LATER, reason=Reason.CHANGED_MIND)
        now = LATER + timedelta(days=4) if what == "long ago" else LATER
        assert moves.tell(by=None, now=now) == 0

    def test_nor_of_what_changed_before_they_said_yes(self):
        it = story(kind=Kind.GOODS, offer={"hand_over": HandOver.COLLECTED, "address": ADDRESS})
        services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
        self.move(it, now=NOW)
        services.accept(match_id=it.match.pk, by=it.citizen, now=LATER)
        services.confirm(match_id=it.match.pk, by=it.member, now=LATER)
        assert moves.tell(by=None, now=LATER) == 0


class TestFile:
    """For whoever was told otherwise than by a mail: a button on the page of the match."""

    @pytest.fixture
    def it(self):
        from django.utils import timezone

        return confirmed(now=timezone.now())

    @pytest.mark.parametrize("who", ["citizen", "member"])
    def test_has_what_the_page_shows(self, client, it, who):
        person = getattr(it, who)
        client.force_login(person)
        page = f"/{it.city.slug}/demandes/{it.match.pk}/"
        assert f"{page}agenda.ics" in client.get(page).content.decode()
        answer = client.get(f"{page}agenda.ics")
        assert answer["Content-Type"] == "text/calendar; charset=utf-8"
        calendar = Calendar.from_ical(answer.content)
        assert calendar["method"] == "PUBLISH"
        assert ADDRESS in event_of(calendar)["location"]

    def test_whoever_reads_the_address_is_noted(self, client, it):
        from accounts.models import ContactReading

        client.force_login(it.member)
        client.get(f"/{it.city.slug}/demandes/{it.match.pk}/agenda.ics")
        assert ContactReading.objects.get().subject == it.citizen

    def test_is_not_there_before_or_for_others(self, client, it):
        other = story(now=it.match.created_at, city=it.city, kind=Kind.GOODS)
        services.propose(match_id=other.match.pk, by=it.coordinator, now=it.match.created_at)
        client.force_login(other.citizen)
        for pk in (it.match.pk, other.match.pk):
            assert client.get(f"/{it.city.slug}/demandes/{pk}/agenda.ics").status_code == 404
        client.force_login(CityRoleFactory(city=it.city).user)
        assert client.get(f"/{it.city.slug}/demandes/{it.match.pk}/agenda.ics").status_code == 404
