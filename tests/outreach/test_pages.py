"""The pages of a town's letter: a link shows and a button acts; the team writes, previews and sends by two."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from notifications.models import Message
from outreach import links, services
from outreach.models import Issue, Subscription
from tests.outreach.conftest import NOW


def at(city, name, *words):
    return reverse(f"outreach:{name}", args=[city.slug, *words])


@pytest.fixture
def confirm_path(ask):
    return links.confirm_path(ask())


@pytest.fixture
def leave_path(subscribe):
    subscription = subscribe()
    return links.leave_path(subscription.pk, subscription.city.slug)


def test_an_address_is_all_that_is_asked(client, city):
    page = client.get(at(city, "ask"))
    assert list(page.context["form"].fields) == ["email"]
    answer = client.post(at(city, "ask"), {"email": "Lea@exemple.fr"})
    assert "lea@exemple.fr" in answer.text.lower()
    assert Subscription.objects.get().person.email == "lea@exemple.fr"


def test_the_public_pages_lead_to_it(client, city):
    for path in (reverse("home", args=[city.slug]), reverse("needs:public", args=[city.slug])):
        assert at(city, "ask") in client.get(path).text


def test_the_answer_is_the_same_for_an_address_that_is_known(client, city, subscribe):
    subscribe("lea@exemple.fr")
    known = client.post(at(city, "ask"), {"email": "lea@exemple.fr"}).text
    other = client.post(at(city, "ask"), {"email": "ana@exemple.fr"}).text
    assert known.replace("lea@", "").split("<h1>")[1] == other.replace("ana@", "").split("<h1>")[1]


def test_what_is_no_address_is_refused(client, city):
    assert client.post(at(city, "ask"), {"email": "lea"}).status_code == 422
    assert not User.objects.filter(email="lea").exists()


def test_too_many_are_told_to_come_back(client, city, ask, monkeypatch):
    ask()
    monkeypatch.setattr(services, "MOST_UNCONFIRMED", 1)
    assert "demain" in client.post(at(city, "ask"), {"email": "autre@exemple.fr"}).text


def test_following_the_link_confirms_nothing_and_the_button_does(client, confirm_path):
    assert client.get(confirm_path).status_code == 200
    assert Subscription.objects.get().confirmed_at is None
    client.post(confirm_path)
    assert Subscription.objects.get().confirmed_at is not None


def test_following_the_link_leaves_nothing_and_the_button_does(client, leave_path):
    assert client.get(leave_path).status_code == 200
    assert Subscription.objects.exists()
    client.post(leave_path)
    assert not Subscription.objects.exists()
    assert client.get(leave_path).status_code == 200


def test_a_mail_programme_leaves_with_one_click(leave_path):
    """No cookie, no token of a form, no redirection (RFC 8058)."""
    answer = Client(enforce_csrf_checks=True).post(leave_path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("name", ["confirm", "leave"])
def test_an_altered_link_does_nothing(client, city, subscribe, name):
    subscribe()
    assert client.post(at(city, name, "1:autre")).status_code == 404
    assert Subscription.objects.exists()


def test_one_writes_and_another_sends(client, city, writer, sender, subscribe):
    subscribe()
    client.force_login(writer)
    client.post(at(city, "issues"), {"fr": "Merci à toutes", "en": "", "ar": ""})
    issue = Issue.objects.get()
    page = client.get(at(city, "issue", issue.pk))
    assert "Merci à toutes" in page.text
    assert at(city, "send", issue.pk) not in page.text
    client.post(at(city, "send", issue.pk))
    issue.refresh_from_db()
    assert issue.sent_at is None
    client.force_login(sender)
    assert at(city, "send", issue.pk) in client.get(at(city, "issue", issue.pk)).text
    client.post(at(city, "send", issue.pk))
    issue.refresh_from_db()
    assert (issue.drafted_by, issue.sent_by) == (writer, sender)


def test_whoever_changes_it_has_no_button_any_more(client, city, writer, sender):
    issue = services.draft(city=city, words={}, by=writer, now=NOW)
    client.force_login(sender)
    client.post(at(city, "issue", issue.pk), {"fr": "Merci"})
    assert at(city, "send", issue.pk) not in client.get(at(city, "issue", issue.pk)).text


def test_the_team_reads_numbers_and_no_address(client, city, writer, subscribe, send):
    subscribe("lea@exemple.fr")
    issue = send(fr="Merci")
    client.force_login(writer)
    for page in (at(city, "issues"), at(city, "issue", issue.pk)):
        shown = client.get(page).text
        assert "lea@exemple.fr" not in shown
        assert "1 en attente" in shown


def test_an_issue_of_another_town_is_not_found(client, city, writer):
    from tests.factories.accounts import CityRoleFactory

    issue = services.draft(city=city, words={}, by=writer, now=NOW)
    elsewhere = CityRoleFactory()
    client.force_login(elsewhere.user)
    assert client.get(at(elsewhere.city, "issue", issue.pk)).status_code == 404
    assert client.post(at(elsewhere.city, "send", issue.pk)).status_code == 404


def test_the_worker_queues_what_was_sent(city, writer, sender, subscribe):
    from outreach.tasks import forget_unconfirmed, queue_letters

    subscribe()
    issue = services.draft(city=city, words={}, by=writer, now=NOW)
    services.send(issue_id=issue.pk, by=sender, now=NOW)
    queue_letters()
    forget_unconfirmed()
    assert Message.objects.filter(event="newsletter").count() == 1
