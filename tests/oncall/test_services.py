"""Who is on call is one person a rank at any moment, and everybody concerned is told."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import forget_roles
from accounts.models import CityRole, Role
from notifications.models import Message
from oncall import selectors, services
from oncall.models import Rank, Shift, ShiftChange
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.oncall.conftest import MONDAY, NOW

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def told(event):
    return list(Message.objects.filter(event=event).order_by("pk").values_list("recipient", flat=True))


def test_weeks_go_round_with_the_next_one_as_deputy(desk):
    one, two, three = desk.people
    desk.share_out(weeks=4)
    assert desk.rota() == [one, two, three, one]
    assert desk.rota(Rank.DEPUTY) == [two, three, one, two]
    first = Shift.objects.earliest("starts_at")
    # Six in the evening in Strasbourg, in winter.
    assert first.starts_at == datetime(2026, 3, 9, 17, tzinfo=UTC)
    assert ShiftChange.objects.filter(by=desk.administrator).count() == 8


def test_the_hour_is_the_town_s_in_summer_too(desk):
    desk.share_out(weeks=4)
    starts = {shift.starts_at.hour for shift in Shift.objects.filter(starts_at__month=3, starts_at__day=30)}
    assert starts == {16}


def test_alone_nobody_is_their_own_deputy(desk):
    desk.share_out(desk.people[:1])
    assert desk.rota(Rank.DEPUTY) == []


def test_what_stands_stays(desk):
    one, two, three = desk.people
    kept = desk.shift(three, start=NOW + DAY, hours=24)
    desk.share_out([one, two], weeks=1)
    assert desk.rota() == [one, three, one]
    kept.refresh_from_db()
    assert kept.person == three
    assert not list(selectors.holes(desk.city, NOW + timedelta(hours=6), NOW + WEEK))
    assert desk.share_out([one, two], weeks=1) == []


def test_what_is_past_is_not_covered(desk):
    desk.share_out(first_day=MONDAY - DAY, weeks=1)
    assert Shift.objects.earliest("starts_at").starts_at == NOW


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 3),
    weeks=st.integers(1, 8),
    hour=st.integers(0, 23),
    first=st.dates(date(2026, 3, 9), date(2026, 11, 1)),
)
def test_no_moment_is_forgotten_whatever_the_season(desk, count, weeks, hour, first):
    with transaction.atomic():
        desk.share_out(desk.people[:count], weeks=weeks, hour=hour, first_day=first)
        shifts = Shift.objects.standing().filter(city=desk.city, rank=Rank.FIRST)
        start, end = shifts.earliest("starts_at").starts_at, shifts.latest("ends_at").ends_at
        assert not list(selectors.holes(desk.city, start, end))
        transaction.set_rollback(True)


def test_the_database_holds_one_person_a_rank(desk):
    one, two, _three = desk.people
    desk.shift(one)
    with pytest.raises(services.AlreadyCovered):
        desk.shift(two, start=NOW + timedelta(hours=23))
    assert desk.shift(two, start=NOW + timedelta(hours=24))
    elsewhere = CityFactory()
    CityRoleFactory(city=elsewhere, user=one)
    forget_roles(one)
    services.cover(city=elsewhere, rank=1, starts_at=NOW, ends_at=NOW + DAY, by=one, now=NOW)


def test_the_database_holds_one_rank_a_person(desk):
    one = desk.people[0]
    desk.shift(one)
    with pytest.raises(services.AlreadyCovered):
        desk.shift(one, rank=Rank.DEPUTY)


def test_a_shift_ends_after_it_starts(desk):
    for hours in (0, -24, 93 * 24):
        with pytest.raises(services.NoShift):
            desk.shift(desk.people[0], hours=hours)
    with pytest.raises(services.NoShift):
        desk.shift(desk.people[0], start=NOW - DAY, hours=24)
    shift = desk.shift(desk.people[0])
    with pytest.raises(IntegrityError, match="shift_ends_after_it_starts"), transaction.atomic():
        Shift.objects.filter(pk=shift.pk).update(ends_at=shift.starts_at)


def test_taken_over_and_the_former_is_told(desk):
    one, two, _three = desk.people
    shift = desk.shift(one)
    services.ask_replacement(shift_id=shift.pk, by=one, now=NOW)
    assert set(told("shift_wanted")) == {person.pk for person in desk.people[1:]}
    services.take_over(shift_id=shift.pk, by=two, now=NOW)
    shift.refresh_from_db()
    assert (shift.person, shift.wanted_at) == (two, None)
    assert told("shift_taken_over") == [one.pk]
    assert shift.edits.latest("pk").what["person"] == [one.pk, two.pk]


def test_to_take_one_s_own_changes_nothing(desk):
    shift = desk.shift(desk.people[0])
    services.take_over(shift_id=shift.pk, by=desk.people[0], now=NOW)
    assert shift.edits.count() == 1
    assert not told("shift_taken_over")


def test_who_is_deputy_then_cannot_take_it_over(desk):
    one, two, _three = desk.people
    shift = desk.shift(one)
    desk.shift(two, rank=Rank.DEPUTY)
    with pytest.raises(services.AlreadyCovered):
        services.take_over(shift_id=shift.pk, by=two, now=NOW)
    shift.refresh_from_db()
    assert shift.person == one
    assert not told("shift_taken_over")


def test_one_of_two_gets_it(transactional_db, at_once):
    city = CityFactory()
    one, two, three = (CityRoleFactory(city=city).user for _ in range(3))
    shift = services.cover(city=city, rank=1, starts_at=NOW, ends_at=NOW + DAY, by=one, now=NOW)
    answers = at_once(
        lambda: services.take_over(shift_id=shift.pk, by=two, now=NOW),
        lambda: services.take_over(shift_id=shift.pk, by=three, now=NOW),
    )
    assert not any(isinstance(answer, Exception) for answer in answers)
    # Both came; the first of them was told that the second took it over.
    shift.refresh_from_db()
    changes = [change.what["person"] for change in shift.edits.order_by("pk")[1:]]
    assert [old for old, _new in changes] == [one.pk, changes[0][1]]
    assert shift.person_id == changes[-1][1]
    assert told("shift_taken_over") == [one.pk, changes[0][1]]


def test_a_free_slot_is_taken_by_one(transactional_db, at_once):
    city = CityFactory()
    one, two = (CityRoleFactory(city=city).user for _ in range(2))
    answers = at_once(*(
        lambda by=person: services.cover(city=city, rank=1, starts_at=NOW, ends_at=NOW + DAY, by=by, now=NOW)
        for person in (one, two)
    ))  # fmt: skip
    assert sum(isinstance(answer, services.AlreadyCovered) for answer in answers) == 1
    assert Shift.objects.count() == 1


def test_kept_after_all(desk):
    one, now = desk.people[0], timezone.now()
    shift = desk.shift(one, start=now)
    services.ask_replacement(shift_id=shift.pk, by=one, now=now)
    assert Message.objects.with_reason().filter(event="shift_wanted").count() == 2
    services.keep(shift_id=shift.pk, by=one, now=now)
    # The question is moot: it leaves no more.
    assert not Message.objects.with_reason().filter(event="shift_wanted").exists()


def test_called_off_leaves_a_hole(desk):
    one = desk.people[0]
    shift = desk.shift(one)
    services.cancel(shift_id=shift.pk, by=desk.administrator, now=NOW)
    assert told("shift_cancelled") == [one.pk]
    assert list(selectors.holes(desk.city, NOW, NOW + DAY)) == [(NOW, NOW + DAY)]
    with pytest.raises(services.NoShift):
        services.take_over(shift_id=shift.pk, by=desk.people[1], now=NOW)


def test_nothing_is_done_with_what_is_over(desk):
    shift = desk.shift(desk.people[0])
    later = NOW + DAY
    for service in (services.take_over, services.ask_replacement, services.keep, services.cancel):
        with pytest.raises(services.NoShift):
            service(shift_id=shift.pk, by=desk.people[0], now=later)


def test_who_may(desk):
    one, two, _three = desk.people
    shift = desk.shift(one)
    operator = CityRoleFactory(city=desk.city, role=Role.OPERATOR).user
    stranger = CityRoleFactory(city=CityFactory()).user
    for person in (operator, stranger, desk.administrator):
        with pytest.raises(PermissionDenied):
            services.take_over(shift_id=shift.pk, by=person, now=NOW)
        with pytest.raises(PermissionDenied):
            desk.shift(person, start=NOW + WEEK)
    for person in (operator, stranger):
        with pytest.raises(PermissionDenied):
            services.cancel(shift_id=shift.pk, by=person, now=NOW)
        with pytest.raises(PermissionDenied):
            desk.share_out(by=person)
    for service in (services.ask_replacement, services.keep):
        with pytest.raises(PermissionDenied):
            service(shift_id=shift.pk, by=two, now=NOW)
    with pytest.raises(PermissionDenied):
        desk.share_out([one, operator])


def test_on_call_now(desk):
    one, two, three = desk.people
    desk.shift(one, hours=1)
    desk.shift(two, rank=Rank.DEPUTY)
    desk.shift(three, start=NOW + timedelta(hours=1))
    assert selectors.on_call(desk.city, NOW) == {Rank.FIRST: one, Rank.DEPUTY: two}
    assert selectors.on_call(desk.city, NOW + timedelta(hours=1)) == {Rank.FIRST: three, Rank.DEPUTY: two}
    assert selectors.on_call(desk.city, NOW - timedelta(seconds=1)) == {}


def test_who_has_left_is_not_on_call(desk):
    one, two, _three = desk.people
    desk.shift(one)
    desk.shift(two, rank=Rank.DEPUTY)
    CityRole.objects.filter(user=one).delete()
    assert selectors.on_call(desk.city, NOW) == {Rank.DEPUTY: two}
    assert list(selectors.holes(desk.city, NOW, NOW + DAY)) == [(NOW, NOW + DAY)]


def test_the_day_before_each_is_told_once(desk):
    one, two, _three = desk.people
    desk.share_out([one, two], weeks=2, first_day=MONDAY + DAY, hour=18)
    sweep = services.tell_of_tomorrow
    sweep(by=None, now=NOW)
    sweep(by=None, now=NOW + timedelta(hours=1))
    assert told("shift_begins") == [one.pk, two.pk]
    # From midnight until six in the evening nobody is.
    assert sorted(told("rota_hole")) == sorted(person.pk for person in desk.people)
    body = Message.objects.filter(event="rota_hole").first().body
    assert "le mardi 10 mars de 0 h à 18 h" in body.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("night", "ends", "begins", "says"),
    [
        # The hour that the clocks skip is nobody's to cover.
        (datetime(2026, 3, 29, tzinfo=UTC), 1, 1, None),
        # The hour that they show twice is two.
        (datetime(2026, 10, 25, tzinfo=UTC), 0, 2, "de 2 h à 3 h"),
        (datetime(2026, 10, 25, tzinfo=UTC), 0, 1, "de 2 h (heure d’été) à 2 h (heure d’hiver)"),
        (datetime(2026, 10, 25, tzinfo=UTC), 1, 1, None),
    ],
)
def test_a_hole_in_a_night_of_a_change_of_the_clocks_is_told_the_day_before(desk, night, ends, begins, says):
    one, two, _three = desk.people
    eve, hour = night - DAY + timedelta(hours=10), timedelta(hours=1)
    for person, start, end in (
        (one, eve, night + ends * hour),
        (two, night + begins * hour, night + 2 * DAY),
    ):
        services.cover(city=desk.city, rank=Rank.FIRST, starts_at=start, ends_at=end, by=person, now=eve)
    services.tell_of_tomorrow(by=None, now=eve)
    holes = Message.objects.filter(event="rota_hole")
    assert sorted(told("rota_hole")) == sorted(person.pk for person in desk.people if says)
    assert all(f"{says}." in message.body.replace("\u00a0", " ") for message in holes)


def test_a_town_without_a_rota_is_left_alone(desk):
    CityRoleFactory(city=CityFactory())
    assert services.tell_of_tomorrow(by=None, now=NOW) == 0
    desk.shift(desk.people[0], hours=1)
    # Whoever stopped long ago is not warned any more.
    assert services.tell_of_tomorrow(by=None, now=NOW + timedelta(days=40)) == 0


def test_a_day_fully_covered_is_silent(desk):
    desk.share_out(weeks=2, hour=0)
    assert services.tell_of_tomorrow(by=None, now=NOW) == 0
    assert services.tell_of_tomorrow(by=None, now=NOW + WEEK - DAY) == 2  # who begins the day after


def test_history_is_never_rewritten(desk):
    shift = desk.shift(desk.people[0])
    with pytest.raises(IntegrityError, match="never rewritten"), transaction.atomic():
        ShiftChange.objects.filter(shift=shift).delete()


def test_a_stranger_sees_no_shift(desk):
    desk.shift(desk.people[0])
    assert Shift.objects.visible_to(desk.administrator).exists()
    assert not Shift.objects.visible_to(UserFactory()).exists()
    assert not Shift.objects.visible_to(CityRoleFactory(city=desk.city, role=Role.OPERATOR).user).exists()
