"""What can wait is told at two hours of the day, by the town's clocks, while there is something to look at."""

from datetime import UTC, datetime, timedelta

import pytest

from matching import services
from matching.lifecycle import Reason
from matching.models import Match
from matching.scanning import announcing
from notifications import reach
from notifications.models import Message, Preference
from notifications.services import Text, queue
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer

HOUR = timedelta(hours=1)


def digests(person):
    return Message.objects.filter(recipient=person, event=announcing.OF_THE_DAY).order_by("pk")


@pytest.mark.parametrize(
    ("zone", "moment", "told"),
    [
        ("Europe/Paris", datetime(2026, 3, 9, 7, 29, tzinfo=UTC), datetime(2026, 3, 9, 7, 30, tzinfo=UTC)),
        # The hour itself is past: a worker may have taken it already.
        ("Europe/Paris", datetime(2026, 3, 9, 7, 30, tzinfo=UTC), datetime(2026, 3, 9, 13, tzinfo=UTC)),
        ("Europe/Paris", datetime(2026, 3, 9, 13, tzinfo=UTC), datetime(2026, 3, 10, 7, 30, tzinfo=UTC)),
        # Over the night that has an hour less.
        ("Europe/Paris", datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 3, 29, 6, 30, tzinfo=UTC)),
        ("Pacific/Noumea", datetime(2026, 3, 9, 11, tzinfo=UTC), datetime(2026, 3, 9, 21, 30, tzinfo=UTC)),
    ],
)
def test_the_next_hour_of_the_town(zone, moment, told):
    assert reach.next_digest(Preference(), CityFactory.build(timezone=zone), now=moment) == told


def test_one_for_all_that_is_found_until_then(city, coordinator):
    for minutes in range(3):
        due_offer(city=city)
        due_need(city=city, urgency="planned", now=NOW + timedelta(minutes=minutes))
        drain(NOW + timedelta(minutes=minutes))
    digest = digests(coordinator).get()
    # Noon in Strasbourg: told at two.
    assert digest.due_at == NOW + 2 * HOUR
    due_need(city=city, urgency="planned", now=NOW + 3 * HOUR)
    drain(NOW + 3 * HOUR)
    assert digests(coordinator).count() == 2


def test_it_is_silent_when_all_is_decided(city, coordinator):
    due_offer(city=city)
    due_need(city=city, urgency="planned")
    drain()
    assert digests(coordinator).with_reason().exists()
    services.dismiss(match_id=Match.objects.get().pk, by=coordinator, now=NOW, reason=Reason.OTHER_SOLUTION)
    assert not digests(coordinator).with_reason().exists()


def test_another_town_s_suggestions_are_no_reason(city, coordinator):
    due_offer(city=city)
    due_need(city=city, urgency="planned")
    drain()
    services.dismiss(match_id=Match.objects.get().pk, by=coordinator, now=NOW, reason=Reason.OTHER_SOLUTION)
    elsewhere = CityFactory()
    due_offer(city=elsewhere)
    due_need(city=elsewhere, urgency="planned")
    drain()
    assert not digests(coordinator).with_reason().exists()


@pytest.mark.parametrize(
    ("hours", "days_off", "told"),
    [
        (["10:00", "16:00"], [], NOW + 4 * HOUR),
        (["10:00"], [], NOW + 22 * HOUR),
        # Monday noon: at two, but for who has Mondays off.
        ([], [0], NOW + 20 * HOUR + timedelta(minutes=30)),
        (["10:00"], [1, 2], NOW + (3 * 24 - 2) * HOUR),
    ],
)
def test_each_is_told_at_the_hours_that_they_chose(city, coordinator, hours, days_off, told):
    Preference.objects.create(person=coordinator, digest_hours=hours, days_off=days_off)
    colleague = CityRoleFactory(city=city).user
    due_offer(city=city)
    due_need(city=city, urgency="planned")
    drain()
    assert digests(coordinator).get().due_at == told
    assert digests(colleague).get().due_at == NOW + 2 * HOUR


def test_what_can_wait_reaches_an_association_at_its_hours_and_the_rest_at_once(city):
    member = MembershipFactory().user
    Preference.objects.create(person=member, digest_hours=["16:00"])
    due = {
        event: queue(
            recipient=member,
            event=event,
            subject_key="match:1",
            city=city,
            compose=lambda: Text("Bonjour", "Bonjour."),
            now=NOW,
        ).due_at
        for event in ("followup_question", "match_accepted", "match_cancelled")
    }
    assert due == {"followup_question": NOW + 4 * HOUR, "match_accepted": NOW, "match_cancelled": NOW}
