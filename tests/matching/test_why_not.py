"""Why a pair does not match: all that it breaks, in sentences; or where it stands; who may ask, and what it costs."""

import re
from datetime import timedelta
from html import unescape
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

import engine
from accounts.models import Organisation, Role
from catalogue.vocabulary import Category, Kind
from cities.days import local_day
from matching import linked_towns, services
from matching.lifecycle import ACTIVE, ANSWERED, Reason
from matching.models import Hold, Match, MatchState
from matching.reasons import sentences
from matching.why_not.judging import needs_known_to, offers_known_to, why_not
from needs.models import Need, NeedState
from offers import services as offers
from offers.models import Offer, OfferState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story, suggested_match
from tests.factories.offers import OfferFactory

NORTH_KM = 1 / 111.2
SKILL = {"kind": Kind.SKILL}


def ask(need, offer, now=NOW):
    return why_not(
        Need.objects.select_related("city", "organisation").get(pk=need.pk),
        Offer.objects.select_related("city").get(pk=offer.pk),
        now=now,
    )


def said(answer):
    return [plain(one.sentence) for one in answer.unmet]


def noted(answer):
    return [note.code for note in answer.notes]


def plain(words):
    return re.sub(r"\s+", " ", words)


def text(response):
    return plain(unescape(response.content.decode()))


def km(city, far):
    return {"latitude": city.seat.latitude + far * NORTH_KM}


def days(first, last):
    today = local_day(NOW, CityFactory.build())
    return (today + timedelta(days=first), today + timedelta(days=last))


# --- What is not met -----------------------------------------------------------------------------------

ALONE = {
    "category": ({"forms": [Category.WHOLE_DWELLING]}, {}, "demandé : Logement entier ; proposé : Chambre chez"),
    "city": ({}, {"city": "kehl"}, "dans une autre ville, et pas partagée avec les villes liées"),
    "distance": ({}, {"far": 14}, "4,0 km trop loin"),
    "dates": ({}, {"windows": [days(10, 21)]}, "2 jours de moins qu’il ne faut"),
    "notice": ({"min_days": 30}, {"notice_days": 12}, "prévenir 12 jours avant, 2 de trop"),
    "stay": ({}, {"longest_stay_days": 7}, "séjour de 7 jours au plus, il en faut 14"),
    "capacity": ({}, {"capacity": 2}, "il manque 1 place"),
    "rent": ({}, {"category": Category.WHOLE_DWELLING, "rent": 350}, "loyer 350 € par mois, 350 € de trop"),
    "step_free": ({"step_free_needed": True}, {}, "pas de plain-pied"),
    "pets": ({"pets": True}, {}, "n’accepte pas les animaux"),
    "smoke_free": ({"smoke_free_needed": True}, {"smoking": True}, "on y fume"),
    "shared_home": ({"shared_home_ok": False}, {}, "logement partagé, que le foyer ne souhaite pas"),
    "household": ({}, {"accepts": ["women"]}, "n’accueille pas : une famille"),
    "languages": (SKILL, {**SKILL, "languages_from": ["am"]}, "langue manquante : tigrigna"),
    "slots": (
        {**SKILL, "slots": ["mon 18:00-20:00"]},
        {**SKILL, "slots": ["tue 18:00-20:00"]},
        "pas de créneau en commun",
    ),
    "open": ({}, {"state": OfferState.PAUSED}, "la proposition n’est pas ouverte : en pause depuis le 9 mars 2026"),
}  # fmt: skip


@pytest.mark.parametrize("code", ALONE)
def test_every_rule_of_the_engine_has_its_sentence(city, code):
    asked, offered, sentence = ALONE[code]
    offered = dict(offered)
    place = km(city, offered.pop("far", 0))
    if offered.pop("city", ""):
        offered["city"] = CityFactory()
    need = due_need(city=city, **asked)
    offer = due_offer(**{"city": city, "created_at": NOW, **place, **offered})
    answer = ask(need, offer)
    assert [one.rule for one in answer.unmet] == [code]
    assert said(answer)[0].startswith(sentence)
    for language in {*dict(settings.LANGUAGES)} - {settings.LANGUAGE_CODE}:
        with override(language):
            assert said(answer)[0]
            assert sentence not in said(answer)[0], language


def test_all_that_is_broken_is_said_with_gaps(city):
    need = due_need(city=city, pets=True, state=NeedState.WITHDRAWN)
    offer = due_offer(city=city, capacity=1, windows=[days(10, 21)], accepts=["men"], **km(city, 15))
    Organisation.objects.filter(pk=need.organisation_id).update(state=Organisation.State.SUSPENDED)
    answer = ask(need, offer)
    assert not answer.is_possible
    assert (answer.score, answer.rank, answer.notes) == (None, None, ())
    assert said(answer) == [
        "5,0 km trop loin",
        "2 jours de moins qu’il ne faut",
        "il manque 2 places",
        "n’accepte pas les animaux",
        "n’accueille pas : une femme seule, une famille avec enfants",
        "le besoin n’est pas ouvert : retiré depuis le 9 mars 2026",
        "l’association de ce besoin n’est pas vérifiée : suspendue",
    ]


def test_another_kind_is_judged_no_further(city):
    answer = ask(due_need(city=city, pets=True), due_offer(city=city, kind=Kind.GOODS))
    assert said(answer) == ["demandé : Logement ; proposé : couette"]


GOODS = {
    "item": (
        {"items": ["duvet", "blanket"], "sizes": ["140"]},
        {"item": "pillow"},
        "demandé : couette ou couverture, 140 cm ; proposé : oreiller",
    ),
    "size": (
        {"items": ["duvet"], "sizes": ["240"]},
        {"item": "duvet", "size": "140"},
        "demandé : couette, 240 cm ; proposé : couette, 140 cm",
    ),
    "no size": (
        {"items": ["duvet"], "sizes": ["240"]},
        {"item": "duvet"},
        "demandé : couette, 240 cm ; proposé : couette, sans taille",
    ),
    "another category": (
        {"items": ["duvet"], "sizes": ["240"]},
        {"category": Category.CLOTHES, "item": "coat", "size": "M"},
        "demandé : couette, 240 cm ; proposé : manteau, M",
    ),
    "in their own words": (
        {"items": ["duvet"]},
        {"item": "other", "item_words": "plaid en alpaga"},
        "demandé : couette ; proposé : plaid en alpaga",
    ),
    "words of the need": (
        {"items": ["other"], "item_words": "moustiquaire", "sizes": []},
        {"item": "duvet", "size": "140"},
        "demandé : moustiquaire ; proposé : couette, 140 cm",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "offered", "sentence"), GOODS.values(), ids=GOODS)
def test_of_goods_the_item_and_its_size_are_said(city, coordinator, client, asked, offered, sentence):
    need = due_need(city=city, kind=Kind.GOODS, **asked)
    offer = due_offer(city=city, kind=Kind.GOODS, **offered)
    assert said(ask(need, offer))[0] == sentence
    client.force_login(coordinator)
    pair = {"need": need.reference, "offer": offer.reference}
    answer = client.get("/api/v1/matches/why-not/", pair).json()
    assert plain(answer["unmet"][0]["text"]) == sentence


@pytest.mark.parametrize("state", [state for state in OfferState.values if state != OfferState.ACTIVE])
def test_an_offer_that_is_not_open_says_since_when(city, state):
    match = suggested_match(city=city)
    offers.pause(offer_id=match.offer_id, by=match.offer.owner, now=NOW + timedelta(days=3))
    Offer.objects.filter(pk=match.offer_id).update(state=state)
    since = "12 mars 2026" if state == OfferState.PAUSED else "5 janvier 2026"
    (sentence,) = said(ask(match.need, match.offer))
    assert sentence == f"la proposition n’est pas ouverte : {OfferState(state).label} depuis le {since}"


def test_a_linked_town_s_offer_is_judged_as_the_engine_does(city):
    kehl = CityFactory()
    need, offer = due_need(city=city), due_offer(city=kehl, share_with_linked=True)
    assert said(ask(need, offer)) == ["dans une autre ville, qui n’est pas liée à celle du besoin"]
    city.linked.add(kehl)
    assert ask(need, offer).is_possible


# --- What is promised, under way, answered -------------------------------------------------------------


def propose(match, now=NOW):
    coordinator = CityRoleFactory(city=match.city).user
    return services.propose(match_id=match.pk, by=coordinator, now=now)


def test_a_room_that_is_promised_names_to_whom_and_when(city):
    match = suggested_match(city=city)
    propose(match)
    other = due_need(city=city)
    answer = ask(other, match.offer)
    assert [one.rule for one in answer.unmet] == ["dates"]
    assert said(answer) == [
        f"plus libre, déjà promise à {match.need.reference} (du 19 mars au 17 avril) · 14 jours de moins qu’il ne faut"
    ]


def test_a_promise_that_is_not_in_the_way_is_not_told(city):
    """Too short with and without it."""
    match = suggested_match(city=city, need={"min_days": 5}, offer={"windows": [days(10, 20)], "capacity": 9})
    propose(match)
    assert said(ask(due_need(city=city), match.offer)) == ["3 jours de moins qu’il ne faut"]


def test_goods_that_are_promised_are_gone_whatever_the_day(city):
    match = suggested_match(city=city, kind=Kind.GOODS)
    propose(match)
    answer = ask(due_need(city=city, kind=Kind.GOODS), match.offer)
    assert said(answer) == [f"plus libre, déjà promise à {match.need.reference} (10 objets)"]


def test_many_promises_are_cut_short(city):
    offer = due_offer(city=city, kind=Kind.GOODS, capacity=4)
    for _number in range(4):
        need = due_need(city=city, kind=Kind.GOODS, quantity=1)
        drain()
        propose(Match.objects.get(need=need, offer=offer, state=MatchState.SUGGESTED))
    (answer,) = ask(due_need(city=city, kind=Kind.GOODS, part_useful=True), offer).unmet
    assert len(answer.params["promised"]) == 4
    assert len(re.findall("B-", answer.sentence)) == sentences.MOST_PROMISES
    assert answer.sentence.endswith("…")


def test_another_town_s_need_has_no_name_here(city):
    kehl = CityFactory()
    city.linked.add(kehl)
    match = suggested_match(city=kehl, offer=due_offer(city=city, share_with_linked=True))
    agreement = linked_towns.ask(match_id=match.pk, by=CityRoleFactory(city=kehl).user, now=NOW)
    linked_towns.agree(agreement_id=agreement.pk, by=CityRoleFactory(city=city).user, now=NOW)
    (sentence,) = said(ask(due_need(city=city), match.offer))
    assert "déjà promise à une autre ville (" in sentence
    assert match.need.reference not in sentence


def test_a_need_that_has_all_it_asks_says_so(city):
    for kind, words in (
        (Kind.HOUSING, "un logement est déjà promis à ce foyer"),
        (Kind.GOODS, "tout ce qui est demandé est déjà promis"),
    ):
        match = suggested_match(city=city, kind=kind)
        propose(match)
        assert said(ask(match.need, due_offer(city=city, kind=kind))) == [words]


def test_a_household_that_grew_is_not_housed_apart(city):
    match = suggested_match(city=city, offer={"capacity": 5})
    propose(match)
    Need.objects.filter(pk=match.need_id).update(quantity=4, people=4, adult_women=2)
    assert said(ask(match.need, due_offer(city=city, capacity=5))) == [
        "un logement est déjà promis à ce foyer"
    ]


def test_a_part_that_is_promised_leaves_the_rest_possible(city):
    match = suggested_match(city=city, kind=Kind.GOODS, offer={"capacity": 4})
    propose(match)
    assert ask(match.need, due_offer(city=city, kind=Kind.GOODS)).is_possible


def test_a_pair_under_way_is_told_and_judged_as_if_it_were_not(city):
    match = suggested_match(city=city)
    propose(match)
    answer = ask(match.need, match.offer)
    assert said(answer) == ["déjà en cours : demandée au citoyen depuis le 9 mars 2026"]
    assert answer.match == match


def test_a_no_counts_until_one_side_changes(city):
    match = suggested_match(city=city)
    coordinator = CityRoleFactory(city=city).user
    services.dismiss(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.OTHER)
    assert said(ask(match.need, match.offer)) == ["déjà écartée le 9 mars 2026, et rien n’a changé depuis"]
    Need.objects.filter(pk=match.need_id).update(revision=match.need.revision + 1)
    assert ask(match.need, match.offer).is_possible


@pytest.mark.parametrize("state", MatchState.values)
def test_what_sets_a_pair_aside_is_what_the_engine_says(city, state):
    """The rows that the scan takes for set aside, one state after the other."""
    match = suggested_match(city=city)
    now = NOW + timedelta(hours=1)
    with transaction.atomic():
        Match.objects.filter(pk=match.pk).update(state=state, answer_by=now, confirm_by=now, asked_at=now)
        aside = {one.params["cause"] for one in ask(match.need, match.offer).unmet}
        transaction.set_rollback(True)
    expected = {"in_hand"} if state in ACTIVE else {"answered"} if state in ANSWERED else set()
    assert aside == expected


def test_a_row_that_nobody_can_read_is_named(city):
    match = suggested_match(city=city, kind=Kind.SKILL)
    Offer.objects.filter(pk=match.offer_id).update(slots=["whenever"])
    assert said(ask(match.need, match.offer)) == ["la proposition contient une valeur illisible : slots"]
    Need.objects.filter(pk=match.need_id).update(slots=["whenever"])
    assert said(ask(match.need, match.offer)) == ["le besoin contient une valeur illisible : slots"]


# --- What is possible ----------------------------------------------------------------------------------


def test_a_suggestion_has_its_score_and_its_rank(city):
    near, far = due_offer(city=city), due_offer(city=city, **km(city, 5))
    need = due_need(city=city)
    drain()
    for rank, offer in enumerate((near, far), start=1):
        match = Match.objects.get(need=need, offer=offer)
        answer = ask(need, offer)
        assert (answer.rank, answer.score, answer.possible) == (rank, match.score, 2)
        assert (answer.match, noted(answer)) == (match, ["listed"])


def test_only_the_best_are_kept(city):
    need = due_need(city=city)
    for _number in range(engine.KEEP):
        due_offer(city=city)
    last = due_offer(city=city, **km(city, 9))
    drain()
    answer = ask(need, last)
    assert (answer.rank, answer.possible) == (engine.KEEP + 1, engine.KEEP + 1)
    assert noted(answer) == ["beyond_kept"]
    assert "seules les 20 meilleures" in answer.notes[0].sentence


def test_what_waits_for_its_scan_says_so(city):
    need = due_need(city=city, scan_due_at=None)
    waiting = due_offer(city=city)
    assert noted(ask(need, waiting)) == ["offer_due"]
    Need.objects.filter(pk=need.pk).update(scan_due_at=NOW)
    assert noted(ask(need, waiting)) == ["need_due"]


def test_what_nobody_announced_is_not_in_the_list(city):
    assert noted(ask(due_need(city=city, scan_due_at=None), due_offer(city=city, scan_due_at=None))) == [
        "not_found"
    ]


def test_a_home_that_nobody_has_visited_is_visited_first(city):
    answer = ask(due_need(city=city), due_offer(city=city, vetted=False))
    assert noted(answer) == ["need_due", "not_vetted"]
    assert plain(answer.notes[1].sentence) == "À visiter avant de proposer."


def test_a_home_with_works_is_not_open(city):
    home = due_offer(city=city, category=Category.EMPTY_DWELLING, dwelling_state="to_renovate")
    assert said(ask(due_need(city=city), home)) == ["le logement n’est pas prêt : à rénover"]


def test_every_note_and_every_cause_has_been_met():
    """By the tests above; whoever adds one adds its test."""
    assert set(sentences.NOTES) == {
        "listed",
        "beyond_kept",
        "need_due",
        "offer_due",
        "not_found",
        "not_vetted",
    }
    assert set(sentences._CLOSED) == {
        "offer", "works", "need", "association", "promised", "in_hand", "answered", "unreadable",
    }  # fmt: skip


def test_the_answer_agrees_with_the_scan(city):
    """Every pair of a town: possible when, and only when, the scan suggests it."""
    kehl = CityFactory()
    city.linked.add(kehl)
    needs = [
        due_need(city=city, **fields)
        for fields in (
            {}, {"pets": True}, {"step_free_needed": True, "shared_home_ok": False},
            {"forms": [Category.SEPARATE_ROOM]}, {"min_days": 3}, {"reach_km": 40}, {"first_day": days(-3, 0)[0]},
            {"lone_minor": True, "adult_women": 0, "social_worker": "Léa"},
            {"organisation__verified": False, "organisation__state": "pending"},
            {"kind": Kind.GOODS}, {"kind": Kind.SKILL},
        )
    ]  # fmt: skip
    homes = [
        due_offer(**({"city": city} | fields))
        for fields in (
            {}, {"capacity": 9, "pets_accepted": True, "shared_home": False, "step_free": True}, km(city, 12),
            {"category": Category.SEPARATE_ROOM}, {"windows": [days(12, 16)]}, {"accepts": ["lone_minors"]},
            {"state": OfferState.PAUSED}, {"city": kehl}, {"city": kehl, "share_with_linked": True},
            {"kind": Kind.GOODS}, {"kind": Kind.SKILL, "reach_km": 1},
        )
    ]  # fmt: skip
    drain()
    # One of this town: of another's its own desk agrees first.
    propose(Match.objects.get(need=needs[0], offer=homes[0]))
    drain()
    suggested = set(Match.objects.filter(state=MatchState.SUGGESTED).values_list("need", "offer"))
    possible = {(need.pk, offer.pk) for need in needs for offer in homes if ask(need, offer).is_possible}
    assert possible == suggested
    assert len(possible) > 15


# --- Who may ask ---------------------------------------------------------------------------------------


def test_rows_that_one_may_ask_about(city, coordinator):
    kehl, far = CityFactory(), CityFactory()
    city.linked.add(kehl)
    here, there = due_need(city=city), due_need(city=kehl)
    own, paused = due_offer(city=city), due_offer(city=city, state=OfferState.PAUSED)
    shared = due_offer(city=kehl, share_with_linked=True)
    for fields in ({"city": kehl}, {"city": far, "share_with_linked": True}):
        due_offer(**fields)
    due_offer(city=kehl, share_with_linked=True, state=OfferState.PAUSED)
    assert set(needs_known_to(coordinator)) == {here}
    assert set(offers_known_to(coordinator, of=city)) == {own, paused, shared}
    CityRoleFactory(city=kehl, user=coordinator)
    assert set(needs_known_to(coordinator)) == {here, there}
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    assert not needs_known_to(operator).exists()
    assert not offers_known_to(UserFactory(), of=city).filter(city=city).exists()


def case_path(need):
    return reverse("matching:why_not", args=[need.city.slug, need.reference])


def offer_path(offer):
    return reverse("matching:why_not_of_offer", args=[offer.city.slug, offer.reference])


@pytest.fixture
def it(city):
    return story(city=city, now=timezone.now(), offer={"title": "Chambre sur cour"})


def test_the_desk_alone_opens_the_pages(it, city, as_user):
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
    elsewhere = CityRoleFactory().user
    for path in (case_path(it.match.need), offer_path(it.match.offer)):
        assert as_user(it.coordinator).get(path).status_code == 200
        for user in (it.citizen, it.member, operator, administrator, elsewhere):
            assert as_user(user).get(path).status_code == 404


def test_visitors_sign_in_first(it, client):
    for path in (case_path(it.match.need), offer_path(it.match.offer)):
        assert client.get(path).status_code == 302
        assert client.post(path).status_code in (302, 405)


# --- The pages -----------------------------------------------------------------------------------------


def test_from_the_case_by_an_offer_s_reference(it, as_user):
    client = as_user(it.coordinator)
    path = case_path(it.match.need)
    case = client.get(reverse("desk:case", args=["strasbourg", it.match.need.reference]))
    assert f'action="{path}"' in case.content.decode()
    assert "C’est possible" not in text(client.get(path))
    typed = it.match.offer.reference.lower().replace("-", " ")
    shown = text(client.get(path, {"reference": typed}))
    assert "C’est possible" in shown
    assert "points sur 100, n° 1 sur 1" in shown
    assert "Elle est dans la liste des pistes." in shown
    assert reverse("matching:explanation", args=["strasbourg", it.match.pk]) in shown


def test_from_the_offer_by_a_need_s_reference(it, as_user):
    client = as_user(it.coordinator)
    path = offer_path(it.match.offer)
    shown = client.get(reverse("offers:detail", args=["strasbourg", it.match.offer.reference]))
    assert f'action="{path}"' in shown.content.decode()
    Offer.objects.filter(pk=it.match.offer_id).update(capacity=2)
    shown = text(client.get(path, {"reference": it.match.need.reference[2:]}))
    assert "Ce n’est pas possible : une condition n’est pas remplie" in shown
    assert "il manque 1 place" in shown
    assert reverse("desk:case", args=["strasbourg", it.match.need.reference]) in shown


def test_the_citizen_and_the_operator_are_not_asked_why(it, city, as_user):
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    for user in (it.citizen, operator):
        page = as_user(user).get(reverse("offers:detail", args=["strasbourg", it.match.offer.reference]))
        assert page.status_code == 200
        assert "pourquoi-pas" not in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("bonjour", "Ce n’est pas une référence"),
        ("P-3467-CDFG", "Nous ne trouvons pas cette référence. Vérifiez-la."),
        ("b-3467-cdfg", "Ici, il faut la référence d’une proposition : elle commence par P."),
        ("", "Ce champ est obligatoire."),
        ("P" * 50, "Assurez-vous que"),
    ],
)
def test_a_reference_that_is_none_is_said_beside_the_field(it, as_user, typed, message):
    shown = as_user(it.coordinator).get(case_path(it.match.need), {"reference": typed})
    assert message in text(shown)
    assert 'aria-invalid="true"' in shown.content.decode()
    if typed.isprintable():
        assert f'value="{typed}"' in shown.content.decode() or not typed


def test_another_town_s_reference_is_unknown(it, as_user):
    elsewhere = OfferFactory(title="Loin d’ici")
    shown = text(as_user(it.coordinator).get(case_path(it.match.need), {"reference": elsewhere.reference}))
    assert "Nous ne trouvons pas cette référence." in shown
    assert "Loin d’ici" not in shown


def test_the_wrong_side_is_told_on_an_offer_too(it, as_user):
    shown = as_user(it.coordinator).get(offer_path(it.match.offer), {"reference": it.match.offer.reference})
    assert "Ici, il faut la référence d’un besoin : elle commence par B." in text(shown)


def test_a_question_costs_the_same_however_many_offers_there_are(it, city, as_user):
    client = as_user(it.coordinator)
    path = case_path(it.match.need)

    def cost(offer):
        client.get(path, {"reference": offer.reference})
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path, {"reference": offer.reference}).status_code == 200
        return len(queries)

    few = cost(it.match.offer)
    for number in range(18):
        due_offer(city=city, now=timezone.now(), title=f"Chambre {number}")
    drain(timezone.now())
    assert cost(it.match.offer) == few
    assert few <= 22

    other = suggested_match(city=city, now=timezone.now(), kind=Kind.GOODS, offer={"capacity": 30})
    blocked = due_need(city=city, kind=Kind.GOODS, quantity=30, part_useful=False, now=timezone.now())

    def cost_of_blocked():
        asked = Need.objects.select_related("city", "organisation").get(pk=blocked.pk)
        given = Offer.objects.select_related("city").get(pk=other.offer_id)
        with CaptureQueriesContext(connection) as queries:
            assert not why_not(asked, given, now=timezone.now()).is_possible
        return len(queries)

    propose(other, timezone.now())
    one = cost_of_blocked()
    more = suggested_match(
        city=city, now=timezone.now(), kind=Kind.GOODS, offer=other.offer, need={"quantity": 3}
    )
    propose(more, timezone.now())
    assert Hold.objects.filter(offer=other.offer).count() == 2
    assert cost_of_blocked() == one <= 6


# --- The command ---------------------------------------------------------------------------------------


def run(*references):
    out = StringIO()
    try:
        call_command("why_not", *references, stdout=out)
    except SystemExit as end:
        return end.code, plain(out.getvalue()).strip()
    return 0, plain(out.getvalue()).strip()


def test_the_command_says_the_same_in_either_order(it):
    need, offer = it.match.need.reference, it.match.offer.reference
    code, words = run(offer.lower(), need)
    assert code == 0
    assert words.startswith(f"{need} × {offer} : C’est possible - ")
    assert "n° 1 sur 1 - Elle est dans la liste des pistes." in words
    Offer.objects.filter(pk=it.match.offer_id).update(capacity=2)
    assert run(need, offer) == run(offer, need)
    assert run(need, offer) == (1, f"{need} × {offer} : Ce n’est pas possible - il manque 1 place")


@pytest.mark.parametrize(
    "references", [("P-3467-CDFG", "B-3467-CDFG"), ("quoi", "P-3467-CDFG"), ("P-3467-CDFG",) * 2]
)
def test_the_command_refuses_what_it_does_not_know(db, references):
    with pytest.raises(CommandError) as failure:
        run(*references)
    assert failure.value.returncode == 2
