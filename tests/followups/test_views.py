"""The pages: one tap from a link, and the coordinators' reports."""

import time
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from followups import links, services
from followups.models import Answer, FollowUp, Outcome
from matching import services as matching
from matching.models import MatchState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory


@pytest.fixture
def story(db, tell):
    """A match of last week, its question asked."""
    today = timezone.localdate()
    return tell(first_day=today - timedelta(days=4), last_day=today + timedelta(days=20))


@pytest.fixture
def followup(story):
    services.plan_due(now=timezone.now())
    return FollowUp.objects.select_related("match__city").get()


@pytest.fixture
def url(story, followup):
    return links.answer_path(followup, story.member)


# --- The link ------------------------------------------------------------------------------------------


def test_the_page_asks_and_one_tap_answers(client, story, url):
    page = client.get(url)
    assert page.status_code == 200
    for answer in Answer:
        assert f'value="{answer.value}"' in page.text
        assert escape(str(answer.label)) in page.text
    assert "no-store" in page["Cache-Control"]

    done = client.post(url, {"answer": "took_place"}, follow=True)

    assert done.redirect_chain == [(url, 302)]
    assert "C’est noté" in done.text
    assert "Oui, cela a eu lieu" in done.text
    assert story.state() == MatchState.UNDER_WAY
    assert Outcome.objects.get().by == story.member


def test_reading_the_page_answers_nothing(client, followup, url):
    """Mail programs open links by themselves."""
    client.get(url)
    assert client.head(url).status_code == 200

    followup.refresh_from_db()
    assert followup.answered_at is None


def test_a_second_tap_says_what_was_answered(client, story, url):
    client.post(url, {"answer": "took_place"})

    again = client.post(url, {"answer": "no_show"}, follow=True)

    assert "Oui, cela a eu lieu" in again.text
    assert story.state() == MatchState.UNDER_WAY


def test_a_word_goes_with_the_answer(client, story, url):
    client.post(url, {"answer": "no_show", "note": " Personne n’a répondu. "})

    assert Outcome.objects.get().note == "Personne n’a répondu."


def test_an_answer_that_does_not_exist_asks_again(client, followup, url):
    page = client.post(url, {"answer": "maybe"})

    assert page.status_code == 422
    assert "Choisissez une des réponses." in page.text
    followup.refresh_from_db()
    assert followup.answered_at is None


def test_a_link_cut_in_two_is_explained(client, url):
    page = client.get(url[:-6] + "/")

    assert page.status_code == 404
    assert "Ce lien est incomplet" in page.text


def test_a_link_for_another_purpose_is_no_link(client, story, followup):
    token = signing.TimestampSigner(salt="matching.answer").sign(f"{followup.pk}.{story.member.pk}")

    assert client.get(reverse("followups:answer", args=[story.city.slug, token])).status_code == 404


def test_a_link_lives_sixty_days(client, url, monkeypatch):
    sent = time.time()
    monkeypatch.setattr(time, "time", lambda: sent + 59 * 86400)
    assert client.get(url).status_code == 200
    monkeypatch.setattr(time, "time", lambda: sent + 61 * 86400)

    page = client.get(url)

    assert page.status_code == 410
    assert "plus valable" in page.text


def test_a_link_ends_with_what_its_person_may_see(client, story, followup, url):
    elsewhere = CityFactory()
    assert client.get(url.replace(story.city.slug, elsewhere.slug)).status_code == 410
    stranger = links.answer_path(followup, UserFactory())
    assert client.get(stranger).status_code == 410
    story.match.need.organisation.memberships.all().delete()
    assert client.post(url, {"answer": "no_show"}).status_code == 410
    followup.refresh_from_db()
    assert followup.answered_at is None


def test_a_match_that_ended_meanwhile_asks_nothing_more(client, story, url):
    client.get(url)
    matching.break_off(match_id=story.match.pk, by=story.coordinator, now=timezone.now(), reason="safety")

    page = client.get(url)

    assert "déjà close" in page.text
    assert "<form" not in page.text.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize(
    ("answer", "follows"), [("not_yet", False), ("took_place", False), ("no_show", True)]
)
def test_an_answer_that_comes_too_late_is_kept_and_promises_nothing(
    client, story, followup, url, answer, follows
):
    """The page was open when somebody else ended the match."""
    matching.break_off(match_id=story.match.pk, by=story.coordinator, now=timezone.now(), reason="safety")

    page = client.post(url, {"answer": answer}, follow=True)

    assert page.status_code == 200
    assert ("déjà close" not in page.text) is follows
    assert "dans deux jours" not in page.text
    followup.refresh_from_db()
    assert followup.answer == answer


def test_an_answer_in_time_promises_what_follows(client, url):
    assert "dans deux jours" in client.post(url, {"answer": "not_yet"}, follow=True).text
