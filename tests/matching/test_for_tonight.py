"""A need that stands already becomes one for tonight in one tap; who counts on it is read of first."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from matching import counted_on, services, tonight
from matching.lifecycle import NotPossible
from matching.models import Match
from needs.models import Need, NeedEdit
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.factories.matching import drain, due_need, story


def address(need, name="matching:need_tonight"):
    return reverse(name, args=[need.city.slug, need.reference])


def today(city):
    return local_day(timezone.now(), city)


@pytest.fixture
def later(city):
    """A household that was to come in ten days, and a home that is free from tonight on."""
    now = timezone.now()
    days = [(today(city), today(city) + timedelta(days=39))]
    return story(city=city, now=now, offer={"windows": days})


def ask(it):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())


def test_one_tap_on_its_page_and_the_desk_is_told_at_once(later, as_user):
    need, page = later.match.need, as_user(later.member)
    assert "C’est pour ce soir" in page.get(address(need, "needs:detail")).text
    assert address(need) in page.get(reverse("needs:mine", args=[need.city.slug])).text
    answer = page.post(address(need), follow=True)
    assert answer.redirect_chain == [(address(need, "needs:detail"), 302)]
    assert "nous cherchons tout de suite" in answer.text
    assert address(need) not in answer.text
    need.refresh_from_db()
    assert (need.urgency, need.first_day) == (Urgency.TONIGHT, today(need.city))
    assert need.last_day == today(need.city) + timedelta(days=39)
    edit = NeedEdit.objects.get(need=need)
    assert (edit.by, set(edit.what)) == (later.member, {"urgency", "first_day"})
    drain(timezone.now())
    (told,) = Message.objects.filter(recipient=later.coordinator, subject_key=f"need:{need.pk}").exclude(
        channel="inapp"
    )
    assert told.event in ("need_suggestions", "need_tonight")
    assert Match.objects.suggested().get(need=need).first_day == need.first_day
    # Twice is once.
    counted_on.need_tonight(need_id=need.pk, read=(), by=later.member, now=timezone.now())
    assert NeedEdit.objects.count() == 1


def test_whoever_is_asked_is_read_of_first_and_keeps_the_days(later, as_user):
    need = later.match.need
    ask(later)
    answer = as_user(later.member).post(address(need))
    assert (answer.status_code, "Des personnes comptent dessus" in answer.text) == (409, True)
    assert "Cela reste possible" in answer.text
    need.refresh_from_db()
    assert need.urgency == Urgency.PLANNED
    assert as_user(later.member).post(address(need), {"read": later.match.pk}).status_code == 302
    need.refresh_from_db()
    assert (need.urgency, need.first_day) == (Urgency.TONIGHT, today(need.city))
    asked = Match.objects.get(pk=later.match.pk)
    assert (asked.state, asked.first_day) == ("proposed", later.match.first_day)
    # Nobody is asked for tonight: it rings.
    assert need in tonight.waiting(now=timezone.now())
    services.accept(match_id=asked.pk, by=later.citizen, now=timezone.now())


def test_whoever_is_asked_for_tonight_keeps_it_quiet(city, coordinator):
    now = timezone.now()
    days = {"first_day": today(city), "last_day": today(city) + timedelta(days=20)}
    it = story(
        city=city,
        now=now,
        need=days | {"urgency": Urgency.TONIGHT},
        offer={"windows": [tuple(days.values())]},
    )
    assert it.match.need in tonight.waiting(now=now)
    ask(it)
    assert it.match.need not in tonight.waiting(now=now)


def test_what_is_confirmed_is_read_of_as_well(later):
    need = later.match.need
    ask(later)
    services.accept(match_id=later.match.pk, by=later.citizen, now=timezone.now())
    with pytest.raises(counted_on.NotRead) as unread:
        counted_on.need_tonight(need_id=need.pk, read=(), by=later.member, now=timezone.now())
    assert [(stake.match, stake.still_fits) for stake in unread.value.stakes] == [(later.match, True)]


def test_a_need_that_has_begun_keeps_its_first_day(city, coordinator):
    begun = due_need(city=city, now=timezone.now(), first_day=today(city) - timedelta(days=3))
    need = counted_on.need_tonight(need_id=begun.pk, read=(), by=coordinator, now=timezone.now())
    assert (need.first_day, need.urgency) == (begun.first_day, Urgency.TONIGHT)


def test_hours_and_what_is_closed_are_not_for_tonight(city, coordinator, as_user):
    skill = due_need(city=city, kind=Kind.SKILL, now=timezone.now())
    closed = due_need(city=city, now=timezone.now(), state="expired")
    for need, words in ((skill, "changez plutôt le jour"), (closed, "ce n’est plus possible")):
        with pytest.raises(ValidationError, match=words):
            counted_on.need_tonight(need_id=need.pk, read=(), by=coordinator, now=timezone.now())
        page = as_user(coordinator).post(address(need), follow=True)
        assert words in page.text
        assert "C’est pour ce soir" not in page.text
    assert not NeedEdit.objects.exists()


def test_not_for_a_suspended_association_nor_for_who_does_not_see_it(later, as_user):
    need = later.match.need
    assert as_user(CityRoleFactory().user).post(address(need)).status_code == 404
    assert as_user(MembershipFactory().user).post(address(need)).status_code == 404
    Organisation.objects.filter(pk=need.organisation_id).update(state="suspended")
    with pytest.raises(PermissionDenied):
        counted_on.need_tonight(need_id=need.pk, read=(), by=later.member, now=timezone.now())
    assert "C’est pour ce soir" not in as_user(later.member).get(address(need, "needs:detail")).text
    counted_on.need_tonight(need_id=need.pk, read=(), by=later.coordinator, now=timezone.now())
    assert Need.objects.get(pk=need.pk).urgency == Urgency.TONIGHT


def test_while_somebody_is_asked_at_the_same_moment_one_of_the_two_is_told(
    transactional_db, at_once, city, coordinator
):
    days = [(today(city), today(city) + timedelta(days=39))]
    it = story(city=city, now=timezone.now(), offer={"windows": days})
    results = at_once(
        lambda: ask(it),
        lambda: counted_on.need_tonight(need_id=it.match.need_id, read=(), by=it.member, now=timezone.now()),
    )
    assert [isinstance(one, NotPossible | counted_on.NotRead) for one in results].count(True) == 1
