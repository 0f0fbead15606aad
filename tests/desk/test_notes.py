"""What coordinators write on a case for one another: notes, whom they name, days to come back to it."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from cities.days import local_day
from desk import services
from desk.models import Flag, Mention, Note
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import NOW, due_need
from tests.loading import Loading

DAY = timedelta(days=1)


@pytest.fixture
def need(city):
    return due_need(city=city, now=timezone.now())


@pytest.fixture
def nadia(city):
    return CityRoleFactory(city=city, user__name="Nadia Ferrand").user


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Nadia Ferrand peux-tu rappeler ?", True),
        ("Vu avec @nadia, ok", True),
        ("nadia@exemple.fr", False),
        ("Nadia est passée", False),
        ("@Nadiane", False),
    ],
)
def test_a_note_rings_with_whoever_it_names(need, coordinator, nadia, text, named):
    services.write_note(need=need, text=text, by=coordinator, now=NOW)
    assert Mention.objects.filter(person=nadia).exists() is named
    assert Message.objects.filter(event="case_mention", recipient=nadia).exists() is named


def test_a_first_name_that_two_have_names_neither(city, need, coordinator, nadia):
    CityRoleFactory(city=city, user__name="Nadia Roth")
    services.write_note(need=need, text="@Nadia ?", by=coordinator, now=NOW)
    assert not Mention.objects.exists()


def test_what_a_note_says_stands_on_the_case_alone(need, coordinator, nadia):
    services.write_note(need=need, text="@Nadia la porte bleue", by=coordinator, now=NOW)
    assert not [message for message in Message.objects.all() if "porte bleue" in message.body]


def test_whoever_names_themselves_or_somebody_of_another_town_rings_nowhere(need, coordinator):
    coordinator.name = "Rose Klein"
    coordinator.save(update_fields=["name"])
    CityRoleFactory(user__name="Omar Diallo")
    services.write_note(need=need, text="@Rose Klein et @Omar Diallo", by=coordinator, now=NOW)
    assert not Mention.objects.exists()


def test_notes_and_flags_are_the_coordination_s(city, need):
    operator = CityRoleFactory(city=city, role="operator").user
    with pytest.raises(PermissionDenied):
        services.write_note(need=need, text="Bonjour", by=operator, now=NOW)
    with pytest.raises(PermissionDenied):
        services.set_flag(need=need, day=NOW.date(), words="Rappeler", by=operator, now=NOW)
    flag = services.set_flag(
        need=need, day=NOW.date(), words="Rappeler", by=CityRoleFactory(city=city).user, now=NOW
    )
    with pytest.raises(PermissionDenied):
        services.lift_flag(flag_id=flag.pk, by=operator, now=NOW)
    note = Note(city=city, need=need, by=operator, at=NOW, text="Secret")
    note.save()
    assert not Note.objects.visible_to(operator).exists()
    assert not Note.objects.visible_to(CityRoleFactory().user).exists()


def test_an_empty_note_and_a_day_that_is_over_are_refused(need, coordinator):
    with pytest.raises(ValidationError):
        services.write_note(need=need, text="  \n", by=coordinator, now=NOW)
    with pytest.raises(ValidationError, match="à venir"):
        services.set_flag(need=need, day=NOW.date() - DAY, words="Rappeler", by=coordinator, now=NOW)
    assert not Note.objects.exists()
    assert not Flag.objects.exists()


def test_a_flag_is_lifted_once(need, coordinator, nadia):
    flag = services.set_flag(need=need, day=NOW.date(), words="Rappeler", by=coordinator, now=NOW)
    services.lift_flag(flag_id=flag.pk, by=nadia, now=NOW)
    services.lift_flag(flag_id=flag.pk, by=coordinator, now=NOW + DAY)
    flag.refresh_from_db()
    assert (flag.lifted_by, flag.lifted_at) == (nadia, NOW)


def test_a_script_in_a_note_is_text(city, need, coordinator, as_user):
    client = Loading(as_user(coordinator))
    case = f"/{city.slug}/bureau/{need.reference}/"
    page = client.post(f"{case}notes/", {"text": "<script>alert(1)</script>"}, follow=True).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_the_page_writes_a_note_and_a_flag_and_keeps_what_was_typed(city, need, coordinator, as_user):
    client = Loading(as_user(coordinator))
    case = f"/{city.slug}/bureau/{need.reference}/"
    page = client.post(f"{case}notes/", {"text": "Préfère le matin"}, follow=True).content.decode()
    assert "Préfère le matin" in page
    today = local_day(timezone.now(), city)
    page = client.post(f"{case}rappels/", {"words": "Rappeler la mère", "day": today - DAY}).content.decode()
    assert "Choisissez aujourd’hui ou un jour à venir." in page
    assert "Rappeler la mère" in page, "what was typed is kept"
    page = client.post(f"{case}rappels/", {"words": "Rappeler la mère", "day": today}, follow=True)
    (row,) = page.context["flags"]
    assert row["is_due"]
    lines = client.client.get(f"/{city.slug}/bureau/").context["lines"]
    assert "Rappeler la mère" in str([line.chased for line in lines])
    done = client.post(f"/{city.slug}/bureau/rappels/{row['flag']['pk']}/fait/", follow=True)
    assert not done.context["flags"]
    assert "Rappel fait" in done.content.decode()
