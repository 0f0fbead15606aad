"""The pages: one tap from a link, and the coordinators' reports."""

import time
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from followups import links, services
from followups.models import Answer, FollowUp, Incident, Outcome
from matching.models import MatchState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.followups.conftest import FIRST_DAY, noon


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
    services.matching.break_off(
        match_id=story.match.pk, by=story.coordinator, now=timezone.now(), reason="safety"
    )

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
    services.matching.break_off(
        match_id=story.match.pk, by=story.coordinator, now=timezone.now(), reason="safety"
    )

    page = client.post(url, {"answer": answer}, follow=True)

    assert page.status_code == 200
    assert ("déjà close" not in page.text) is follows
    assert "dans deux jours" not in page.text
    followup.refresh_from_db()
    assert followup.answer == answer


def test_an_answer_in_time_promises_what_follows(client, url):
    assert "dans deux jours" in client.post(url, {"answer": "not_yet"}, follow=True).text


# --- Reports -------------------------------------------------------------------------------------------


def test_a_coordinator_reports_decides_and_sees_it_on_the_list(client, story):
    client.force_login(story.coordinator)
    offer = story.match.offer
    form = client.get(reverse("followups:report", args=[story.city.slug]), {"offer": offer.reference})
    assert f'value="{offer.reference}"' in form.text

    listed = client.post(
        reverse("followups:report", args=[story.city.slug]),
        {"reference": f" {offer.reference.lower()} ", "text": "Porte fermée à clé"},
        follow=True,
    )

    assert "Porte fermée à clé" in listed.text
    offer.refresh_from_db()
    assert offer.state == "frozen"
    incident = Incident.objects.get()
    close = reverse("followups:close", args=[story.city.slug, incident.pk])
    assert "Porte fermée à clé" in client.get(close).text
    closed = client.post(close, {"conclusion": "Malentendu", "decision": "lift"}, follow=True)
    assert "Malentendu" in closed.text
    offer.refresh_from_db()
    assert offer.state == "paused"
    assert "déjà clos" in client.get(close, follow=True).text


@pytest.mark.parametrize("typed", [lambda one: one.replace("-", " "), lambda one: one[2:].lower()])
def test_a_report_reads_a_reference_as_it_is_told_on_the_phone(client, story, typed):
    offer = story.match.offer
    client.force_login(story.coordinator)
    url = reverse("followups:report", args=[story.city.slug])
    assert client.post(url, {"reference": typed(offer.reference), "text": "Un fait"}).status_code == 302
    assert Incident.objects.get().offer == offer


def test_a_report_needs_a_known_reference_and_a_text(client, story, tell):
    elsewhere = tell()
    client.force_login(story.coordinator)
    url = reverse("followups:report", args=[story.city.slug])

    for reference in ("P-0000-0000", elsewhere.match.offer.reference):
        page = client.post(url, {"reference": reference, "text": "Un fait"})
        assert page.status_code == 422
        assert "Nous ne trouvons pas cette référence" in page.text
    assert client.post(url, {"reference": story.match.offer.reference, "text": ""}).status_code == 422
    assert not Incident.objects.exists()


def test_reports_do_not_exist_for_others(client, story):
    incident = services.report_incident(
        offer_id=story.match.offer_id, text="Un fait", by=story.coordinator, now=noon(FIRST_DAY)
    )
    urls = [
        reverse("followups:incidents", args=[story.city.slug]),
        reverse("followups:report", args=[story.city.slug]),
        reverse("followups:close", args=[story.city.slug, incident.pk]),
    ]
    assert [client.get(url).status_code for url in urls] == [302, 302, 302]
    operator = CityRoleFactory(city=story.city, role="operator").user
    for person in (story.citizen, story.member, operator, CityRoleFactory().user):
        client.force_login(person)
        assert [client.get(url).status_code for url in urls] == [404, 404, 404]


def test_the_list_of_reports_asks_the_same_whatever_its_length(
    client, story, tell, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(story.coordinator)
    url = reverse("followups:incidents", args=[story.city.slug])

    def report(count):
        for _ in range(count):
            reporter = CityRoleFactory(city=story.city).user
            services.report_incident(
                offer_id=story.match.offer_id, text="Un fait", by=reporter, now=timezone.now()
            )

    report(2)
    client.get(url)
    with django_assert_max_num_queries(15) as few:
        client.get(url)
    report(18)
    with django_assert_num_queries(len(few)):
        assert client.get(url).text.count("<article") == 20
