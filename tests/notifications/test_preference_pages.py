"""Choosing one's messages: by the link in a mail, by a mail programme's own button, and signed in."""

from datetime import time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications import links
from notifications.events import EVENTS, Refusable
from notifications.models import Preference, PreferenceEdit
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db
MOBILE = "+33612345678"


@pytest.fixture
def city():
    return CityFactory(slug="strasbourg", phone="03 88 60 90 90")


@pytest.fixture
def host():
    return UserFactory(phone=MOBILE, email="marie@exemple.fr", name="Marie Dubois")


@pytest.fixture(autouse=True)
def has_sms(settings):
    settings.SMS_GATEWAY = "http"


def page_of(person, city):
    return reverse("notifications:choose", args=[city.slug, links.token(person)])


def kept(response):
    """What the form shows, as a browser would send it back."""
    form = response.context["form"]
    return {name: form[name].value() or "" for name in form.fields}


def test_the_link_shows_and_changes_nothing(client, city, host):
    response = client.get(page_of(host, city))
    assert response.status_code == 200
    assert kept(response) == {
        "channels": ["email", "sms"], "rings_at_night": "", "sorts": ["reminders", "follow_up"], "paused_until": "",
        "quiet_from": "", "quiet_until": "",
    }  # fmt: skip
    assert not Preference.objects.exists()
    assert response["Cache-Control"] == "private, no-store"
    for of_them in ("Marie", "marie@", "12 34 56 78", "612345678"):
        assert of_them not in response.text


def test_a_post_keeps_what_was_chosen(client, city, host):
    until = timezone.localdate() + timedelta(days=20)
    response = client.post(
        page_of(host, city),
        {"channels": ["sms"], "sorts": ["follow_up"], "rings_at_night": "on", "paused_until": until},
        follow=True,
    )
    assert "C’est noté." in response.text
    preference = Preference.objects.get(person=host)
    assert (preference.refused_channels, preference.refused_sorts) == (["email"], ["reminders"])
    assert (preference.rings_at_night, preference.paused_until) == (True, until)
    assert PreferenceEdit.objects.get().by == host
    assert kept(response) == {
        "channels": ["sms"], "rings_at_night": True, "sorts": ["follow_up"], "paused_until": until,
        "quiet_from": "", "quiet_until": "",
    }  # fmt: skip


def test_what_was_not_asked_stays_as_it_was(client, city, host, settings):
    Preference.objects.create(
        person=host, refused_channels=["sms"], refused_sorts=["digest"], rings_at_night=True
    )
    settings.SMS_GATEWAY = ""
    client.post(page_of(host, city), {"channels": ["email"], "sorts": ["reminders", "follow_up"]})
    preference = Preference.objects.get()
    assert (preference.refused_channels, preference.refused_sorts) == (["sms"], ["digest"])
    assert preference.rings_at_night


@pytest.mark.parametrize(("days", "says"), [(-1, "Ce jour est passé."), (400, "d’ici un an")])
def test_a_pause_that_is_none_is_refused(client, city, host, days, says):
    until = timezone.localdate() + timedelta(days=days)
    response = client.post(page_of(host, city), {"channels": ["email", "sms"], "paused_until": until})
    assert response.status_code == 422
    assert says in response.text
    assert not Preference.objects.exists()


def test_a_pause_that_is_over_is_not_shown_and_does_not_stand_in_the_way(client, city, host):
    Preference.objects.create(person=host, paused_until=timezone.localdate() - timedelta(days=1))
    shown = kept(client.get(page_of(host, city)))
    assert shown["paused_until"] == ""
    assert client.post(page_of(host, city), {**shown, "rings_at_night": "on"}).status_code == 302


def test_who_could_not_be_reached_at_all_reads_why(client, city):
    response = client.post(page_of(UserFactory(), city), {"sorts": ["reminders"]})
    assert response.status_code == 422
    assert "nous n’avons pas votre numéro" in response.text


def test_the_digest_is_asked_of_the_team_alone(client, city, host):
    assert "Le résumé du jour" not in client.get(page_of(host, city)).text
    coordinator = CityRoleFactory(city=city).user
    assert "Le résumé du jour" in client.get(page_of(coordinator, city)).text


def test_quiet_hours_are_chosen_and_one_alone_keeps_the_usual_other(client, city, host):
    shown = kept(client.get(page_of(host, city)))
    client.post(page_of(host, city), {**shown, "quiet_until": "10:00"})
    preference = Preference.objects.get()
    assert (preference.quiet_from, preference.quiet_until) == (time(21), time(10))
    assert kept(client.get(page_of(host, city)))["quiet_until"] == "10:00"
    same = client.post(page_of(host, city), {**shown, "quiet_from": "10:00", "quiet_until": "10:00"})
    assert same.status_code == 422
    assert "deux heures différentes" in same.text


@pytest.mark.parametrize("factory", [CityRoleFactory, MembershipFactory])
def test_who_works_here_chooses_when_they_are_told_of_what_can_wait(client, city, host, factory):
    assert "digest_hours" not in kept(client.get(page_of(host, city)))
    worker = factory().user
    shown = kept(client.get(page_of(worker, city)))
    client.post(page_of(worker, city), {**shown, "digest_hours": ["16:00", "07:00"], "days_off": ["5", "6"]})
    preference = Preference.objects.get()
    assert (preference.digest_hours, preference.days_off) == (["07:00", "16:00"], [5, 6])
    never = client.post(
        page_of(worker, city), {**shown, "digest_hours": [], "days_off": [str(day) for day in range(7)]}
    )
    assert never.status_code == 422
    assert "Gardez au moins un jour" in never.text


@pytest.mark.parametrize("spoil", [lambda token: token[:-1], lambda token: "9" + token, lambda token: "x"])
def test_an_altered_link_says_what_to_do(client, city, host, spoil):
    url = reverse("notifications:choose", args=[city.slug, spoil(links.token(host))])
    for response in (client.get(url), client.post(url, {})):
        assert response.status_code == 404
        assert "Ce lien est incomplet" in response.text
        assert reverse("my_messages") in response.text
        assert "03 88 60 90 90" in response.text
    assert not Preference.objects.exists()


def test_a_link_of_a_closed_account_opens_nothing(client, city, host):
    host.is_active = False
    host.save(update_fields=["is_active"])
    assert client.get(page_of(host, city)).status_code == 404


def test_the_link_is_good_for_ever_and_for_nobody_else(client, city, host):
    token = links.token(host)
    assert token == links.token(host)
    assert links.person_of(token) == host
    assert links.person_of(token.replace(str(host.pk), str(host.pk + 1), 1)) is None


def test_a_form_from_elsewhere_is_refused(city, host):
    assert Client(enforce_csrf_checks=True).post(page_of(host, city), {}).status_code == 403


def test_signed_in_one_chooses_for_oneself(client, host):
    assert client.get(reverse("my_messages")).status_code == 302
    client.force_login(host)
    assert reverse("my_messages") in client.get(reverse("accounts:home")).text
    client.post(reverse("my_messages"), {"channels": ["email"], "sorts": []})
    assert Preference.objects.get(person=host).refused_channels == ["sms"]


# --- A mail programme's button -------------------------------------------------------------------------


@pytest.mark.parametrize("sort", Refusable)
def test_one_click_refuses_this_sort_and_no_other(city, host, sort):
    """No cookie, no form, and no redirection is followed: RFC 8058."""
    url = reverse("notifications:refuse", args=[city.slug, links.token(host), sort])
    for _again in range(2):
        response = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
        assert (response.status_code, response.content.decode()) == (200, "C’est noté.")
    preference = Preference.objects.get(person=host)
    assert (preference.refused_sorts, preference.refused_channels) == ([sort], [])
    assert PreferenceEdit.objects.get().by == host


def test_a_programme_that_looks_first_changes_nothing(client, city, host):
    url = reverse("notifications:refuse", args=[city.slug, links.token(host), "reminders"])
    assert client.get(url)["Location"] == page_of(host, city)
    assert not Preference.objects.exists()


@pytest.mark.parametrize("words", [("x", "reminders"), ("", "contacts")])
def test_what_cannot_be_refused_is_not(client, city, host, words):
    token, sort = words
    url = reverse("notifications:refuse", args=[city.slug, token or links.token(host), sort])
    assert client.post(url).status_code == 404
    assert not Preference.objects.exists()


def test_no_sort_takes_a_question_or_a_contact_with_it():
    assert not {
        event.sort for name, event in EVENTS.items() if name in ("match_question", "match_confirmed")
    } - {None}
