"""The pages: for everybody without an account, for the desk, for those who steer."""

import io
import json
import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import ConnectionError as RedisAway

from accounts import visitors
from cities.models import City
from config import logs
from engine.vocabulary import DEFAULT_WEIGHTS, PARTS
from matching.models import WeightsChange
from matching.weighting.weight_forms import as_text
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
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


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_one_network_cannot_use_up_a_towns_day_signed_in_or_not(
    client, city, settings, monkeypatch, is_signed_in
):
    settings.VISITOR_ACTS_FREE = 100
    monkeypatch.setattr("accounts.visitors.VOICE_A_DAY", 2)
    if is_signed_in:
        client.force_login(UserFactory())
    answers = [client.post(at(city, "say"), {"text": f"Un abri {number}"}).status_code for number in range(3)]
    assert answers == [302, 302, 422]
    assert visitors.VOICE_A_DAY * 10 <= services.MOST_A_DAY
    assert Remark.objects.count() == 2


def test_whoever_is_signed_in_is_given_the_riddle_that_they_have_to_answer(client, city, settings):
    settings.VISITOR_ACTS_FREE = 0
    client.force_login(UserFactory())
    assert "data-riddle" in client.get(at(city, "say")).text


def test_a_full_town_says_so_without_valkey_too(client, city, say, monkeypatch):
    def is_away(*args, **options):
        raise RedisAway("gone")

    say(now=timezone.now())
    monkeypatch.setattr("voice.services.anonymous.MOST_A_DAY", 1)
    for call in ("add", "decr"):
        monkeypatch.setattr(visitors.cache, call, is_away)
    assert "Réessayez demain" in client.post(at(city, "say"), {"text": "Un abri"}).text


@pytest.mark.parametrize("page", ["say", "proposal"])
def test_no_line_of_log_says_who_wrote(client, city, draft, steps, page):
    person = UserFactory()
    words = [steps.open(draft(now=timezone.now()), now=timezone.now()).pk] if page == "proposal" else []
    client.force_login(person)
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(logs.Json())
    logging.getLogger().addHandler(handler)
    try:
        client.get(at(city, "rules"))
        answer = client.post(at(city, page, *words), {"text": "Un abri"}, follow=True)
    finally:
        logging.getLogger().removeHandler(handler)
    assert answer.redirect_chain
    told = [json.loads(line) for line in output.getvalue().splitlines()]
    told = [line for line in told if line["message"] == "answered"]
    assert [line["method"] for line in told] == ["GET", "POST", "GET"]
    assert told[0]["user"] == person.pk
    assert not any("user" in line for line in told[1:])


def test_a_browser_and_we_count_new_lines_alike(client, city):
    text = "\r\n".join(["x" * 99] * 6)
    assert len(text.replace("\r", "")) == 599
    assert client.post(at(city, "say"), {"text": text}).status_code == 302


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
        assert "5 remarques" not in page.text
        Proposal.objects.update(dropped_at=timezone.now())
        assert "Moins de 5 remarques" in client.get(address).text
        Proposal.objects.update(dropped_at=None)
        key = page.context["form"]["form_key"].value()
        assert client.post(address, {"text": f"Avis {number}", "form_key": key}).status_code == 302
    assert Comment.objects.count() == 5
    assert "5 remarques" not in client.get(address).text
    Proposal.objects.update(dropped_at=timezone.now())
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


def test_the_second_page_of_what_was_set_aside_is_of_that(desk, city, operator, say, monkeypatch):
    monkeypatch.setattr("voice.desk_views.PER_PAGE", 1)
    keys = [say("Une insulte").pk, say("Une autre").pk]
    services.set_aside(city=city, remark_ids=keys, by=operator, now=NOW)
    page = desk.get(f"{at(city, 'sort')}?aside")
    assert "?aside&amp;page=2" in page.text
    assert "Une insulte" in desk.get(f"{at(city, 'sort')}?aside&page=2").text


def test_words_run_in_their_own_direction_whatever_the_page_was_in(desk, city, say):
    say("<b>مغسلة", language="fr")
    assert '<span class="preline" dir="auto">&lt;b&gt;مغسلة</span>' in desk.get(at(city, "sort")).text


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"remark": "x"},
        {"remark": "1"},
        {"remark": "1", "group": "999999"},
        {"remark": "9" * 5000},
        {"remark": "1", "group": "9" * 5000},
    ],
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


def test_two_of_the_desk_on_one_group_the_second_is_told_and_keeps_the_words(desk, city, group):
    address = at(city, "group", group.pk)
    seen = desk.get(address).context["seen"]
    colleague = CityRoleFactory(city=city, role="operator", user__name="Ana B.").user
    words = {"titles": {"fr": "Laver son linge"}, "state": "done", "answers": {"fr": "Une laverie ouvre."}}
    services.change_group(group_id=group.pk, by=colleague, now=NOW, **words)
    typed = {
        "act": "change", "title_fr": "Laver le linge", "state": "under_way", "answer_fr": "Nous cherchons.",
        "seen": seen,
    }  # fmt: skip
    wrong = desk.post(address, {**typed, "answer_fr": ""})
    assert wrong.context["seen"] == seen, "what is wrong otherwise does not hide that somebody else wrote"
    refused = desk.post(address, typed)
    assert refused.status_code == 422
    for words in ("Ana B. a changé ce groupe entre-temps", "Une laverie ouvre.", "Nous cherchons."):
        assert words in refused.text
    group.refresh_from_db()
    assert group.state == "done"
    assert desk.post(address, {**typed, "seen": refused.context["seen"]}).status_code == 302
    group.refresh_from_db()
    assert (group.state, group.answers) == ("under_way", {"fr": "Nous cherchons."})


def test_the_same_words_sent_twice_are_saved_once(desk, city, group):
    address = at(city, "group", group.pk)
    seen = desk.get(address).context["seen"]
    typed = {"act": "change", "title_fr": "Une laverie", "state": "heard", "seen": seen}
    assert [desk.post(address, typed).status_code for _ in range(2)] == [302, 302]
    assert group.edits.count() == 2


def test_a_form_that_says_nothing_of_what_it_read_overwrites_nothing(desk, city, group):
    typed = {"act": "change", "title_fr": "Autre chose", "state": "heard", "seen": "x"}
    assert desk.post(at(city, "group", group.pk), typed).status_code == 422


def test_the_groups_are_read_a_page_at_a_time(client, city, operator, say, monkeypatch):
    monkeypatch.setattr("voice.views.PER_PAGE", 2)
    for number in range(3):
        group = services.begin_group(city=city, titles={"fr": f"Groupe {number}"}, by=operator, now=NOW)
        services.put(city=city, remark_ids=[say().pk], group_id=group.pk, by=operator, now=NOW)
    pages = [client.get(at(city, "say"), {"page": number}).context["groups"] for number in (1, 2)]
    assert [len(page) for page in pages] == [2, 1]
    assert "?page=2" in client.get(at(city, "say")).text


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
    typed = {"act": "apply"}
    assert "après l’avis" in steering.post(address, typed, follow=True).text
    steering.post(address, {"act": "answer", "answer-answer_fr": "La ville suit l’avis."})
    City.objects.filter(pk=city.pk).update(weights=OTHER | {"dates": 15, "courtesy": 0})
    assert "depuis l’ouverture" in steering.post(address, typed, follow=True).text
    City.objects.filter(pk=city.pk).update(weights=DEFAULT_WEIGHTS)
    steering.post(address, typed)
    assert WeightsChange.objects.get().opinion == ready.opinion
    page = client.get(at(city, "proposal", ready.pk)).text
    assert "La ville suit l’avis." in page
    assert "La règle a changé" in page
    # Twice is once.
    assert "clos" in steering.post(address, typed, follow=True).text


@pytest.mark.parametrize("is_answered", [True, False])
def test_given_up_in_words(client, steering, city, ready, steps, is_answered):
    address = at(city, "steer", ready.pk)
    if is_answered:
        steps.answer(ready, now=timezone.now())
    assert "drop-answer_fr" in steering.get(address).text
    assert steering.post(address, {"act": "drop"}).status_code == 422
    steering.post(address, {"act": "drop", "drop-answer_fr": "Nous n’en avons pas les moyens."})
    assert "pas les moyens" in client.get(at(city, "proposal", ready.pk)).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"act": "rewrite", "title_fr": "Mes mots", "text_fr": "Parce que.", **points(OTHER)}, "déjà public"),
        ({"act": "open", "open-until": "2099-01-01"}, "déjà public"),
        (
            {
                "act": "opinion",
                "opinion-on": "2026-01-01",
                "opinion-verdict": "for",
                "opinion-opinion_fr": "Mes mots",
            },
            "ne change plus",
        ),
    ],
)
def test_what_comes_too_late_is_refused_with_what_was_typed(steering, city, ready, steps, typed, said):
    steps.answer(ready, now=timezone.now())
    answer = steering.post(at(city, "steer", ready.pk), typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert all(word in answer.text for word in typed.values() if word in ("Mes mots", "2099-01-01"))


def test_an_answer_to_what_is_over_keeps_its_words(steering, city, ready):
    Proposal.objects.update(dropped_at=timezone.now())
    typed = {"act": "answer", "answer-answer_fr": "Mes mots"}
    answer = steering.post(at(city, "steer", ready.pk), typed)
    assert answer.status_code == 422
    assert "clos" in answer.text
    assert "Mes mots" in answer.text


def test_all_comments_can_be_read_a_page_at_a_time(steering, city, draft, steps, monkeypatch):
    monkeypatch.setattr("voice.town_views.COMMENTS_PER_PAGE", 1)
    proposal = steps.open(draft())
    for text in ("La première", "La seconde"):
        common = {"language": "fr", "form_key": text, "by": None, "now": NOW}
        services.comment(proposal_id=proposal.pk, text=text, **common)
    address = at(city, "steer", proposal.pk)
    assert "La seconde" in steering.get(address).text
    assert "La première" in steering.get(f"{address}?page=2").text


def test_a_comment_that_insults_is_set_aside(steering, city, administrator, draft, steps):
    proposal = steps.open(draft())
    said = services.comment(
        proposal_id=proposal.pk, text="Insulte", language="fr", form_key="k", by=None, now=NOW
    )
    address = at(city, "steer", proposal.pk)
    assert "Insulte" in steering.get(address).text
    steering.post(address, {"act": "aside", "comment": said.pk})
    said.refresh_from_db()
    assert said.is_set_aside
    assert f"Mise de côté par <bdi>{administrator}</bdi>" in steering.get(address).text
    steering.post(address, {"act": "back", "comment": said.pk})
    assert "Mise de côté" not in steering.get(address).text
    for key in ("x", "9" * 5000):
        assert steering.post(address, {"act": "aside", "comment": key}).status_code == 404


@pytest.mark.parametrize("count", [2, 20])
def test_lists_ask_no_more_for_more_rows(client, city, draft, steps, django_assert_max_num_queries, count):
    for number in range(count):
        proposal = steps.open(draft())
        if number % 2:  # judged and applied
            judged = {"opinion_year": 2026, "opinion_number": number, "opinion_on": NOW, "verdict": "for"}
            said = {"opinion_texts": {"fr": "Oui"}, "answers": {"fr": "Oui"}, "answered_at": NOW}
            Proposal.objects.filter(pk=proposal.pk).update(**judged, **said, applied_at=NOW)
    with django_assert_max_num_queries(6):
        client.get(at(city, "rules"))


def test_the_menu_of_the_desk_says_how_many_wait_without_a_query_of_its_own(desk, city, operator, say, group):
    sorted_one, aside, _waits, _waits_too = say("Un"), say("Deux"), say("Trois"), say("Quatre")
    services.put(city=city, remark_ids=[sorted_one.pk], group_id=group.pk, by=operator, now=NOW)
    services.set_aside(city=city, remark_ids=[aside.pk], by=operator, now=NOW)
    say_elsewhere = {"text": "Ailleurs", "language": "fr", "form_key": "elsewhere", "by": None, "now": NOW}
    services.say(city=CityFactory(), **say_elsewhere)
    address = at(city, "rules")
    with CaptureQueriesContext(connection) as asked:
        page = desk.get(address)
    assert page.context["remarks_count"] == 2
    assert "tag--count" in page.text.split(at(city, "sort"))[1].split("</a>")[0]
    (counting,) = [query["sql"] for query in asked if "voice_remark" in query["sql"]]
    assert '"waiting_associations"' in counting
    visitor = Client()
    assert visitor.get(address).context["remarks_count"] == 0
