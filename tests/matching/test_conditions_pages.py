"""The pages of a question on a condition: who opens them, what they say, what they hide, what they cost."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalogue.vocabulary import Kind
from matching import conditions, links
from matching.models import ConditionQuestion, Match
from matching.reasons.sentences import unmet_sentence
from matching.scanning.snapshots import local_day
from needs import services as needs
from notifications.models import Message
from offers import services as offers
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.loading import Loading

NORTH_KM = 1 / 111.2
SECRETS = (
    "Chambre sur cour",
    "12 rue des Invités",
    "Camille Martin",
    "citoyenne@exemple.fr",
    "06 12 34 56 78",
)
YES, NO = {"answer": "gives"}, {"answer": "stays"}


def now():
    return timezone.now()


def text(response):
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


@pytest.fixture
def organisation(city):
    return OrganisationFactory(city=city, name="Toits ouverts", verified=True)


@pytest.fixture
def member(organisation):
    return MembershipFactory(organisation=organisation, user__name="Nadia B.").user


@pytest.fixture
def citizen():
    return UserFactory(name="Camille Martin", email="citoyenne@exemple.fr", phone="+33612345678")


@pytest.fixture
def far(city, citizen):
    return offer_at(city, 15, owner=citizen, title="Chambre sur cour")


def offer_at(city, km, **fields):
    return due_offer(city=city, now=now(), latitude=city.seat.latitude + km * NORTH_KM, **fields)


@pytest.fixture
def need(city, organisation, member, far):
    """A home is 15 km away, and the need says 10."""
    made = due_need(city=city, now=now(), organisation=organisation, title="Famille Dossier-Secret")
    drain(now())
    return made


@pytest.fixture
def question(need, far, coordinator):
    return conditions.ask(need_id=need.pk, offer_id=far.pk, rule="distance", by=coordinator, now=now())


def case_path(need):
    return reverse("desk:case", args=["strasbourg", need.reference])


def ask_path(need, offer, rule="distance"):
    return reverse("matching:ask_condition", args=["strasbourg", need.reference, offer.pk, rule])


def gains_path(need):
    return reverse("matching:condition_gains", args=["strasbourg", need.reference])


def own_path(question):
    return reverse("matching:my_condition", args=["strasbourg", question.pk])


def link(question, person):
    return links.condition_path(question, person)


# --- The desk ------------------------------------------------------------------------------------------


def test_a_near_miss_is_asked_about_in_one_tap(need, far, coordinator, as_user):
    client = as_user(coordinator)
    case = text(client.get(case_path(need)))
    assert "5,0 km trop loin" in case
    assert "Demander à l’association" in case
    said = text(client.post(ask_path(need, far), follow=True))
    assert "C’est demandé." in said
    assert "Demandé à l’instant" in said
    assert "Demander à l’association" not in said
    assert ConditionQuestion.objects.get().asked_by == coordinator
    again = text(client.post(ask_path(need, far), follow=True))
    assert "C’est déjà demandé." in again


def test_a_person_is_asked_too(city, coordinator, far, as_user):
    caller = UserFactory(phone_only=True)
    need = due_need(city=city, now=now(), for_person=caller)
    drain(now())
    client = as_user(coordinator)
    assert "Demander à la personne" in text(client.get(case_path(need)))
    assert "elle attend dans « À appeler »" in text(client.post(ask_path(need, far), follow=True))
    assert Message.objects.get(event="condition_asked").recipient == caller


def test_what_only_the_citizen_could_give_is_said_in_words(city, organisation, coordinator, as_user):
    due_offer(city=city, now=now(), capacity=2)
    due_offer(city=city, now=now(), accepts=["men"])
    need = due_need(city=city, now=now(), organisation=organisation)
    drain(now())
    case = text(as_user(coordinator).get(case_path(need)))
    assert "seule la personne qui propose peut accueillir plus de monde" in case
    assert "Seule la personne qui propose peut changer qui elle accueille." in case
    assert "Demander à l’association" not in case


@pytest.mark.parametrize(
    ("answer", "words"),
    [(YES, "Répondu à l’instant : oui, avec 15 km."), (NO, "L’association garde cette condition")],
)
def test_the_case_says_what_was_answered(need, question, member, coordinator, as_user, answer, words):
    Client().post(link(question, member), answer)
    case = text(as_user(coordinator).get(case_path(need)))
    assert words in case
    # Its thread keeps both, also once the engine has looked again.
    drain(now())
    case = text(Loading(as_user(coordinator)).get(case_path(need)))
    assert "Question posée : avec 15 km" in case
    assert ("Réponse : oui, avec 15 km" if answer == YES else "Réponse : cela reste") in case


def test_another_town_and_another_role_find_nothing(need, far, question, city, member, citizen, as_user):
    others = [
        member,
        citizen,
        UserFactory(),
        CityRoleFactory().user,
        CityRoleFactory(city=city, role=Role.OPERATOR).user,
        CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user,
    ]
    for person in others:
        assert as_user(person).post(ask_path(need, far, "dates")).status_code == 404
        assert as_user(person).get(gains_path(need)).status_code == 404
    assert Client().post(ask_path(need, far)).status_code == 302
    assert ConditionQuestion.objects.count() == 1


def test_a_need_is_found_in_its_own_town_alone(need, far, question, coordinator, member, as_user):
    other = CityRoleFactory(user=coordinator).city
    paths = [ask_path(need, far), own_path(question), link(question, member)]
    for path in paths:
        elsewhere = path.replace("/strasbourg/", f"/{other.slug}/")
        assert as_user(coordinator).post(elsewhere, YES).status_code == 404
    assert as_user(coordinator).get(ask_path(need, far)).status_code == 405


def test_a_refusal_is_said_kindly(need, far, coordinator, as_user):
    assert "vient de changer" in text(as_user(coordinator).post(ask_path(need, far, "pets"), follow=True))
    offers.pause(offer_id=far.pk, by=far.owner, now=now())
    assert "n’est plus ouvert" in text(as_user(coordinator).post(ask_path(need, far), follow=True))


def test_what_a_change_brings_is_shown_beside_it(need, far, city, coordinator, as_user):
    offer_at(city, 14)
    needs.mark_due(need_ids=[need.pk], now=now())
    drain(now())
    client = as_user(coordinator)
    case = client.get(case_path(need)).content.decode()
    fragment = client.get(gains_path(need), headers={"HX-Request": "true"}).content.decode()
    places = re.findall(r'id="(gain-\d+-distance)"', case)
    assert re.findall(r'id="(gain-\d+-distance)"\s+hx-swap-oob="true"', fragment) == places
    assert len(places) == 2
    page = text(client.get(gains_path(need)))
    assert "Avec 15 km : 2 pistes de plus" in re.sub("<[^>]+>", "", page)
    assert "Avec 14 km : 1 piste de plus" in re.sub("<[^>]+>", "", page)
    assert "<h1>" in page
    assert "<h1>" not in fragment


def test_a_change_that_several_offers_lack_is_counted_once(city, organisation, coordinator, as_user):
    for _ in range(2):
        due_offer(city=city, now=now())
    need = due_need(city=city, now=now(), organisation=organisation, step_free_needed=True)
    drain(now())
    page = re.sub("<[^>]+>", "", text(as_user(coordinator).get(gains_path(need))))
    assert page.count("Sans plain-pied : 2 pistes de plus") == 1


def test_a_need_without_near_misses_has_no_figures(city, organisation, coordinator, as_user):
    need = due_need(city=city, now=now(), organisation=organisation)
    assert "Rien à changer pour l’instant" in text(as_user(coordinator).get(gains_path(need)))


def test_a_case_takes_as_many_queries_with_ten_questions_as_with_none(
    need, far, city, organisation, coordinator, as_user
):
    client = as_user(coordinator)
    client.get(case_path(need))
    few = queries(client, case_path(need)), queries(client, gains_path(need))
    for fields in ({"step_free": False}, {"pets_accepted": False}, {"shared_home": True}):
        for km in (0, 2, 4):
            offer_at(city, km, **fields)
    today = local_day(now(), city)
    fields = {"step_free_needed": True, "pets": True, "shared_home_ok": False}
    needs.change(need_id=need.pk, fields=fields, by=coordinator, now=now(), today=today)
    for one in ("step_free_needed", "pets"):
        needs.change(need_id=need.pk, fields={one: False}, by=coordinator, now=now(), today=today)
    drain(now())
    need.refresh_from_db()
    asked = conditions.scan_of(need).near_misses[0]
    conditions.ask(need_id=need.pk, offer_id=asked["offer"], rule=asked["rule"], by=coordinator, now=now())
    assert len(conditions.scan_of(need).near_misses) > 5
    many = queries(client, case_path(need)), queries(client, gains_path(need))
    assert many == few
    assert many[0] <= 15


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# --- The answer ----------------------------------------------------------------------------------------


def test_the_link_asks_in_plain_words_and_opening_it_answers_nothing(question, member, client):
    page = text(client.get(link(question, member)))
    for words in (
        "Est-ce que 15 km peuvent aller ?",
        "Un logement est à 15 km ; vous aviez dit 10 km.",
        "Famille Dossier-Secret",
        "Chambre chez l’habitant · 3 places",
        "votre besoin va jusqu’à 15 km",
        "Oui, cela peut aller",
        "Non, cela reste",
    ):
        assert words in page, words
    question.refresh_from_db()
    assert question.answer == ""


def test_nothing_of_the_offer_but_its_conditions_is_told(question, member, far, client, as_user):
    pages = [text(client.get(link(question, member)))]
    client.post(link(question, member), YES)
    pages += [text(client.get(link(question, member))), text(as_user(member).get("/strasbourg/demandes/"))]
    pages += [message.body + message.title for message in Message.objects.filter(event="condition_asked")]
    for page in pages:
        for secret in (*SECRETS, far.reference):
            assert secret not in page
    # Where a home is stays out too: its commune is read once somebody has decided.
    assert far.commune.name not in re.sub("· Strasbourg|<title>.*?</title>", "", pages[0].split("<main")[1])


def test_a_yes_takes_one_tap_and_leads_to_a_suggestion(question, need, far, member, client):
    said = text(client.post(link(question, member), YES, follow=True))
    assert "Oui : votre besoin va jusqu’à 15 km" in said
    assert "Oui, cela peut aller" not in said
    drain(now())
    assert Match.objects.get(need=need, offer=far).state == "suggested"
    again = text(client.post(link(question, member), NO, follow=True))
    assert "Une réponse est déjà là." in again
    need.refresh_from_db()
    assert need.reach_km == 15


def test_a_no_takes_one_tap_and_is_kept(question, need, member, client):
    said = text(client.post(link(question, member), NO, follow=True))
    assert "Non : votre condition reste" in said
    need.refresh_from_db()
    assert (need.reach_km, question.need_revision) == (10, need.revision)


def test_the_second_of_two_colleagues_reads_what_the_first_said(question, member, organisation, client):
    colleague = MembershipFactory(organisation=organisation).user
    client.post(link(question, member), NO)
    page = text(client.get(link(question, colleague)))
    assert "Non : votre condition reste" in page
    assert "Réponse donnée par Nadia B., à l’instant." in page


@pytest.mark.parametrize("said", ["", "moot", "autre"])
def test_another_answer_is_none(question, member, client, said):
    client.post(link(question, member), {"answer": said})
    question.refresh_from_db()
    assert question.answer == ""


def test_what_was_outlived_is_said_kindly(question, far, member, client):
    offers.pause(offer_id=far.pk, by=far.owner, now=now())
    page = text(client.get(link(question, member)))
    assert "Cette question ne se pose plus" in page
    assert "Oui, cela peut aller" not in page
    assert "Cette question ne se pose plus" in text(client.post(link(question, member), YES, follow=True))
    question.refresh_from_db()
    assert question.answer == "moot"


def test_a_link_opens_for_its_person_and_its_question_alone(question, need, member, citizen, client):
    assert client.get(link(question, citizen)).status_code == 404
    assert client.post(link(question, citizen), YES).status_code == 404
    path = link(question, member)
    assert client.get(path[:-3] + "/").status_code == 404
    # The link of a match opens no question.
    token = signing.TimestampSigner(salt=links.SALT).sign(f"{question.pk}.{member.pk}")
    assert client.get(reverse("matching:condition", args=["strasbourg", token])).status_code == 404
    member.memberships.all().delete()
    assert client.get(path).status_code == 404
    question.refresh_from_db()
    assert question.answer == ""


def test_an_old_link_says_that_it_is_old(question, member, client, monkeypatch):
    path = link(question, member)
    monkeypatch.setattr(links, "VALID_FOR", timedelta(0))
    assert client.get(path).status_code == 410


def test_an_association_finds_its_questions_in_its_list(question, member, as_user):
    client = as_user(member)
    mine = text(client.get("/strasbourg/demandes/"))
    assert "À vous de répondre" in mine
    assert own_path(question) in mine
    assert "Est-ce que 15 km peuvent aller ?" in text(client.get(own_path(question)))
    client.post(own_path(question), YES)
    assert own_path(question) not in text(client.get("/strasbourg/demandes/"))
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("gives", member)


def test_the_desk_notes_what_a_caller_says(question, need, member, coordinator, as_user, city):
    """Opened from the case, or by an operator through the caller's own link."""
    client = as_user(coordinator)
    assert own_path(question) in client.get(case_path(need)).content.decode()
    assert "la personne que vous avez au téléphone" in text(client.get(own_path(question)))
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    page = text(as_user(operator).post(link(question, member), NO, follow=True))
    assert "Ouvrir le dossier" not in page, "the case is the coordinators'"
    question.refresh_from_db()
    assert (question.answer, question.answered_by) == ("stays", operator)


def test_a_stranger_who_signs_in_finds_nothing(question, citizen, as_user):
    for person in (citizen, UserFactory(), CityRoleFactory().user):
        assert as_user(person).get(own_path(question)).status_code == 404
        assert as_user(person).post(own_path(question), YES).status_code == 404
    assert Client().get(own_path(question)).status_code == 302


# --- Words ---------------------------------------------------------------------------------------------

HOME, GOODS, SKILL = Kind.HOUSING, Kind.GOODS, Kind.SKILL
WORDS = {
    "dates": (HOME, {}, {"windows": 11}, ("Est-ce que 11 jours peuvent aller ?", "il vous en faut 14", "dès 11 jours")),
    "capacity": (
        GOODS, {"part_useful": False}, {"capacity": 6, "size": "140"},
        ("Est-ce qu’une partie peut déjà aider ?", "d’être couvert en partie",
         "Une proposition (couette, 140 cm) couvre une partie : 6 sur 10 objets"),
    ),
    "step_free": (HOME, {"step_free_needed": True}, {}, ("Est-ce que des marches peuvent aller ?",)),
    "pets": (HOME, {"pets": True}, {}, ("Est-ce que cela peut aller sans l’animal ?",)),
    "shared_home": (HOME, {"shared_home_ok": False}, {}, ("Est-ce qu’un logement partagé peut aller ?",)),
    "languages": (
        SKILL, {"languages_from": ["ti", "am"]}, {},
        ("peut aller sans amharique ?", "parle les autres langues demandées", "ne demande plus : amharique"),
    ),
    "slots": (
        SKILL, {"slots": ["mon 09:00-12:00"]}, {"slots": ["tue 18:00-21:00"]},
        ("Est-ce que d’autres heures peuvent aller ?", "mardi soir", "ne demande plus d’heures précises"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", WORDS)
def test_each_condition_is_asked_in_its_own_words(rule, city, organisation, member, coordinator, client):
    kind, need_fields, offer_fields, words = WORDS[rule]
    need = due_need(city=city, kind=kind, now=now(), organisation=organisation, **need_fields)
    if days := offer_fields.get("windows"):
        offer_fields = {"windows": [(need.first_day, need.first_day + timedelta(days=days - 1))]}
    offer = due_offer(city=city, kind=kind, now=now(), **offer_fields)
    drain(now())
    asked = conditions.ask(need_id=need.pk, offer_id=offer.pk, rule=rule, by=coordinator, now=now())
    page = text(client.get(link(asked, member)))
    for sentence in words:
        assert sentence in page
    assert unmet_sentence(rule, {"gap_days": 1, "kind": kind, "gap": 1, "missing": ["am"]})
    said = text(client.post(link(asked, member), YES, follow=True))
    assert "C’est noté. Merci" in said
