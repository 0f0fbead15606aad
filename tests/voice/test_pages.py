"""The pages: for everybody without an account, for the desk, for those who steer."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import visitors
from cities.models import City
from engine.vocabulary import DEFAULT_WEIGHTS, PARTS
from matching.models import WeightsChange
from matching.weighting.weight_forms import as_text
from tests.voice.conftest import NOW, OTHER
from voice import services
from voice.models import Comment, Proposal, Remark


def at(city, name, *words):
    return reverse(f"voice:{name}", args=[city.slug, *words])


@pytest.fixture
def steering(administrator):
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def desk(operator):
    client = Client()
    client.force_login(operator)
    return client


@pytest.fixture
def ready(draft, steps):
    """Opened three weeks ago, judged, and closed to comments."""
    begun = timezone.now() - timedelta(days=21)
    proposal = draft(now=begun)
    steps.open(proposal, now=begun)
    return steps.judge(proposal, now=begun)


# --- For everybody -------------------------------------------------------------------------------------


def test_one_text_is_all_that_is_asked_and_the_night_comes_first(client, city):
    page = client.get(at(city, "say"))
    assert [field.name for field in page.context["form"].visible_fields()] == ["text"]
    assert page.text.index(reverse("statements:tonight", args=[city.slug])) < page.text.index("<textarea")
    assert "aucun nom" in page.text
    City.objects.filter(pk=city.pk).update(phone="03 88 00 00 00")
    assert "tel:" in client.get(at(city, "say")).text


def test_the_home_leads_to_it(client, city):
    assert at(city, "say") in client.get(reverse("home", args=[city.slug])).text


def test_it_is_kept_in_the_language_of_the_page(client, city):
    form = client.get(at(city, "say")).context["form"]
    typed = {"text": "مغسلة", "form_key": form["form_key"].value()}
    for _ in range(2):  # sent again from the history
        answer = client.post(at(city, "say"), typed, headers={"accept-language": "ar"})
        assert answer.status_code == 302
    assert Remark.objects.get().language == "ar"


def test_what_is_wrong_is_said_and_kept_on_the_page(client, city):
    answer = client.post(at(city, "say"), {"text": "x" * 601})
    assert answer.status_code == 422
    assert "x" * 601 in answer.text
    assert not Remark.objects.exists()


def test_a_key_that_was_altered_is_another_one(client, city):
    for _ in range(2):
        client.post(at(city, "say"), {"text": "Un abri", "form_key": "<script>"})
    assert Remark.objects.count() == 2


def test_a_flood_costs_work_as_every_form_of_visitors_does(client, city, settings):
    settings.VISITOR_ACTS_FREE = 1
    assert client.post(at(city, "say"), {"text": "Un abri"}).status_code == 302
    assert client.post(at(city, "say"), {"text": "Un abri"}).status_code == 422
    assert visitors.FIELD in client.get(at(city, "say")).text


def test_a_town_that_is_full_for_today_says_so_and_charges_nobody(client, city, say, monkeypatch, settings):
    say(now=timezone.now())
    monkeypatch.setattr("voice.services.anonymous.MOST_A_DAY", 1)
    settings.VISITOR_ACTS_FREE = 1
    for _ in range(2):
        assert "Réessayez demain" in client.post(at(city, "say"), {"text": "Un abri"}).text


def test_a_draft_is_nobodys_to_read(client, city, draft):
    proposal = draft()
    assert client.get(at(city, "proposal", proposal.pk)).status_code == 404
    assert "Plus près" not in client.get(at(city, "rules")).text


@pytest.mark.parametrize("number", ["2026-9", "2026", "x-1", "2026-1-1", "99999999999-1"])
def test_a_number_that_no_opinion_has_leads_nowhere(client, city, number):
    assert client.get(at(city, "opinion", number)).status_code == 404


def test_somebody_comments_and_the_count_is_hidden_while_it_is_small(client, city, draft, steps):
    proposal = steps.open(draft(now=timezone.now()), now=timezone.now())
    address = at(city, "proposal", proposal.pk)
    for number in range(5):
        page = client.get(address)
        assert "Moins de 5 remarques" in page.text
        key = page.context["form"]["form_key"].value()
        assert client.post(address, {"text": f"Avis {number}", "form_key": key}).status_code == 302
    assert Comment.objects.count() == 5
    page = client.get(address).text
    assert "5 remarques" in page
    assert "Avis 3" not in page  # what others write is the town's and the council's to read


def test_when_it_is_closed_what_was_typed_is_not_lost(client, city, ready):
    answer = client.post(at(city, "proposal", ready.pk), {"text": "Trop tard ?"})
    assert answer.status_code == 422
    assert "Les remarques sont closes" in answer.text
    assert "Trop tard ?" in answer.text
    assert not Comment.objects.exists()


# --- For the desk --------------------------------------------------------------------------------------


def test_the_desk_begins_a_group_and_fills_it(desk, city, say):
    remark = say("Une laverie", language="ar")
    say("Un abri")
    address = at(city, "sort")
    assert "Un abri" not in desk.get(f"{address}?langue=ar").text
    desk.post(address, {"act": "begin", "title_fr": "Laver son linge"})
    group = desk.get(address).context["groups"].get()
    desk.post(address, {"act": "put", "remark": remark.pk, "group": group.pk})
    remark.refresh_from_db()
    assert remark.group == group
    page = desk.get(at(city, "group", group.pk)).text
    assert "Une laverie" in page
    desk.post(at(city, "group", group.pk), {"act": "back", "remark": remark.pk})
    remark.refresh_from_db()
    assert remark.group is None
    desk.post(address, {"act": "aside", "remark": remark.pk})
    assert "Une laverie" in desk.get(f"{address}?aside").text


@pytest.mark.parametrize(
    "typed",
    [{}, {"remark": "x"}, {"remark": "1"}, {"remark": "1", "group": "999999"}],
)
def test_nothing_ticked_or_no_group_moves_nothing(desk, city, say, typed):
    say()
    assert desk.post(at(city, "sort"), {"act": "put", **typed}).status_code == 302
    assert not Remark.objects.exclude(group=None).exists()


def test_a_state_without_an_answer_is_said_beside_the_answer(desk, city, group):
    typed = {"act": "change", "title_fr": "Laver son linge", "state": "done"}
    answer = desk.post(at(city, "group", group.pk), typed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["answer_fr"]


# --- For those who steer -------------------------------------------------------------------------------


def points(weights):
    return {part: str(weights[part]) for part in PARTS} | {"seen": as_text(DEFAULT_WEIGHTS)}


def test_points_that_were_tried_become_a_proposal(steering, city):
    address = at(city, "proposal_new")
    tried = steering.get(address, {part: OTHER[part] for part in PARTS})
    assert tried.context["points"]["proximity"].value() == "40"
    steering.post(address, {"title_fr": "Plus près", "text_fr": "Parce que.", **points(OTHER)})
    assert Proposal.objects.get().weights == OTHER


def test_the_towns_own_points_are_no_proposal_of_points(steering, city):
    typed = {"title_fr": "Une règle", "text_fr": "En mots.", **points(DEFAULT_WEIGHTS)}
    steering.post(at(city, "proposal_new"), typed)
    assert Proposal.objects.get().weights is None


def test_it_is_opened_from_its_page(steering, city, draft):
    proposal = draft()
    address = at(city, "steer", proposal.pk)
    soon = timezone.localdate() + timedelta(days=2)
    assert "au moins 7" in steering.post(address, {"act": "open", "open-until": soon.isoformat()}).text
    until = timezone.localdate() + timedelta(days=30)
    steering.post(address, {"act": "open", "open-until": until.isoformat()})
    proposal.refresh_from_db()
    assert proposal.comments_until == until


def test_answered_and_applied_from_its_page(client, steering, city, ready):
    address = at(city, "steer", ready.pk)
    typed = {"act": "apply", "seen": as_text(DEFAULT_WEIGHTS)}
    assert "après l’avis" in steering.post(address, typed, follow=True).text
    steering.post(address, {"act": "answer", "answer-answer_fr": "La ville suit l’avis."})
    assert "entre-temps" in steering.post(address, typed | {"seen": "1 2"}, follow=True).text
    steering.post(address, typed)
    assert WeightsChange.objects.get().opinion == ready.opinion
    page = client.get(at(city, "proposal", ready.pk)).text
    assert "La ville suit l’avis." in page
    assert "La règle a changé" in page
    # Twice is once.
    assert "clos" in steering.post(address, typed, follow=True).text


def test_given_up_in_words(client, steering, city, ready):
    address = at(city, "steer", ready.pk)
    assert steering.post(address, {"act": "drop"}).status_code == 422
    steering.post(address, {"act": "drop", "drop-answer_fr": "Nous n’en avons pas les moyens."})
    assert "pas les moyens" in client.get(at(city, "proposal", ready.pk)).text


def test_a_comment_that_insults_is_set_aside(steering, city, draft, steps):
    proposal = steps.open(draft())
    said = services.comment(
        proposal_id=proposal.pk, text="Insulte", language="fr", form_key="k", by=None, now=NOW
    )
    address = at(city, "steer", proposal.pk)
    assert "Insulte" in steering.get(address).text
    steering.post(address, {"act": "aside", "comment": said.pk})
    assert "Insulte" not in steering.get(address).text
    assert steering.post(address, {"act": "aside", "comment": "x"}).status_code == 404


@pytest.mark.parametrize("count", [2, 20])
def test_lists_ask_no_more_for_more_rows(client, city, draft, steps, django_assert_max_num_queries, count):
    for _ in range(count):
        steps.open(draft())
    with django_assert_max_num_queries(6):
        client.get(at(city, "rules"))
