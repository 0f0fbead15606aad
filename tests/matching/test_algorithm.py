"""The public notice: made of the engine's own values, so that it cannot say anything else than what is done."""

import json
import math
import re
from dataclasses import fields, make_dataclass
from datetime import UTC, date, datetime
from html import unescape

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

import engine
from accounts.models import Role
from cities.models import DEFAULT_WEIGHTS, City
from engine import rules as engine_rules
from engine import scoring, vocabulary
from engine.arrays import MICRO
from engine.goods import Sizes
from engine.hours import HALF_MINUTES
from engine.pairs import KEEPS_DAYS
from engine.uncovered import LEAST_NIGHTS
from engine.vocabulary import ASKED_DAYS
from matching import weighting
from matching.algorithm import notice
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW

OTHER = {"proximity": 41, "dates": 19, "fit": 17.5, "language": 7.5, "freshness": 9, "courtesy": 6}


@pytest.fixture
def url(city):
    return reverse("algorithm", args=[city.slug])


def flat(words):
    return re.sub(r"[\s\u2068\u2069]+", " ", unescape(str(words)))


def shown(url, client=None):
    response = (client or Client()).get(url)
    assert response.status_code == 200
    return flat(response.content.decode())


def said(city):
    response = Client().get(reverse("algorithm_json", args=[city.slug]))
    assert response["Content-Type"] == "application/json"
    return json.loads(response.content)


# --- Nothing without its words ---------------------------------------------------------------------------


def test_every_rule_part_and_field_has_words_and_no_word_is_left_over():
    assert [rule["code"] for rule in notice.rules()] == list(engine.RULES)
    assert list(notice.RULE_KINDS) == list(notice._exact_rules()) == list(engine.RULES)
    assert [part["code"] for part in notice.parts(DEFAULT_WEIGHTS)] == list(engine.PARTS)
    assert list(notice.part_formulas()) == list(engine.PARTS)
    read = {field.name for record in (engine.Offer, engine.Need) for field in fields(record)}
    assert set(notice.DATA_WORDS) == read
    assert [one["code"] for one in notice.priorities()] == list(engine.PRIORITIES)


def test_a_new_rule_without_words_fails(monkeypatch):
    monkeypatch.setitem(engine_rules.RULES, "luck", engine_rules.RULES["open"])
    with pytest.raises(KeyError, match="luck"):
        notice.rules()


def test_a_new_part_or_field_without_words_fails(monkeypatch):
    monkeypatch.setattr(engine, "PARTS", (*engine.PARTS, "luck"))
    with pytest.raises(KeyError, match="luck"):
        notice.parts(DEFAULT_WEIGHTS)
    with pytest.raises(KeyError, match="nationality"):
        notice._said_once(make_dataclass("Offer", ["nationality"]))


# --- What is said is what is done ------------------------------------------------------------------------


def test_the_original_points_are_the_engine_s():
    assert weighting.points_of(DEFAULT_WEIGHTS) == dict(
        zip(engine.PARTS, engine.Weights().points, strict=True)
    )


@pytest.mark.parametrize("kind", vocabulary.KINDS)
def test_rules_of_other_kinds_never_break(kind):
    """A need and an offer at odds in every condition break the rules of their own kind and no other."""
    category = {"housing": "shared_room", "goods": "bedding", "skill": "interpreting"}[kind]
    place = {"city": "here", "lat": 48.5, "lon": 7.7}
    need = engine.Need(
        id=1, kind=kind, category="" if kind == "housing" else category, **place, first_day=date(2026, 4, 1),
        last_day=date(2026, 4, 3), quantity=1, lone_minor=True, step_free_needed=True, pets=True,
        shared_home_ok=False, smoke_free_needed=True, items=("duvet",), sizes=("140",),
        languages_from=frozenset({"ti"}), slots=(engine.Slot(0, 540, 660),),
    )  # fmt: skip
    offer = engine.Offer(
        id=1, kind=kind, category=category, **place, available=(engine.Window(date(2026, 1, 1)),), capacity=1,
        shared_home=True, rent=300, longest_stay_days=2, accepts=frozenset({"women"}), item="sheet",
        series=Sizes(("90", "140")), languages_from=frozenset({"uk"}), slots=(engine.Slot(1, 540, 660),),
    )  # fmt: skip
    broken = {one.rule for one in engine.broken_rules(need, offer, today=date(2026, 3, 1))}
    of_this_kind_alone = {
        rule for rule, kinds in notice.RULE_KINDS.items() if kinds != vocabulary.KINDS and kind in kinds
    }
    assert broken == of_this_kind_alone


def test_the_constants_shown_are_the_engine_s(city, url):
    words = shown(url)
    for sentence in (
        f"voit les {engine.KEEP} meilleures",
        f"jusqu’à {engine.NEAR} propositions",
        f"au plus {engine.NEAR_KM:g} km au-delà",
        f"divisés par {vocabulary.UNKNOWN_CONFIRMATION_DAYS}",
        f"reçues depuis {ASKED_DAYS} jours",
        f"{LEAST_NIGHTS} au plus",
        f"se garde encore {KEEPS_DAYS} jours",
        f"sphère de {str(engine.EARTH_RADIUS_KM).replace('.', ',')} km",
        f"arrondies à {notice.DECIMALS} décimales",
        f"Ce soir : {engine.PRIORITIES['tonight']}",
        f"Cette semaine : {engine.PRIORITIES['this_week']}",
        f"Prévu : {engine.PRIORITIES['planned']}",
        f"Version du calcul : {engine.VERSION}",
        "L. 311-3-1", "L. 342-1", "CADA",
    ):  # fmt: skip
        assert sentence in words, sentence
    assert 10**notice.DECIMALS == MICRO


# Each case as the page tells it, and what the sentence beside it makes of it.
WORKED = {
    "proximity": {
        "À 3 km": 10 / (10 + 3),
        "À 80 km, mais possible à distance": 1 / 2,
        "Au même endroit": 1,
    },
    "dates": {
        "6 jours d’affilée possibles, sur 10 demandés": 6 / 10,
        "8 jours d’affilée possibles, sur 10 demandés, mais pas ce soir, où le besoin commence": 8 / 10 / 2,
        "Objets : possible 2 jours après le premier, sur 10 demandés": 8 / 10,
    },
    "fit": {
        "Logement : 2 personnes pour 4 places libres": math.sqrt(2 / 4),
        "Logement à la bonne taille, de plain-pied sans que ce soit demandé": vocabulary.THRIFT,
        "Logement à la bonne taille : loyer 200 € par mois, 400 € possibles": 1 - 200 / (2 * 400),
        "Objets : 3 à donner, 4 demandés": 3 / 4,
        "Objets : 8 à donner, 4 demandés": 1,
    },
    "language": {
        "Une langue en commun": 1,
        "Aucune langue indiquée d’un côté": 0,
        "Aucune langue en commun": 0,
        "Objets : la langue ne compte pas": 1,
    },
    "freshness": {
        "Confirmée il y a 9 jours": 1 - 9 / 45,
        "Confirmée il y a 100 jours": 0,
        "Jamais confirmée": 0,
    },
    "courtesy": {
        "Aucune demande reçue": 1,
        "1 demande reçue": 1 / (1 + 1),
        "3 demandes reçues": 1 / (1 + 3),
        "3 demandes reçues pour 6 objets offerts": 1 / (1 + 3 / 6),
    },
}


def test_every_formula_comes_to_what_its_sentence_says(city):
    notice = said(city)
    assert {
        part["code"]: {flat(one["words"]): one["value"] for one in part["examples"]}
        for part in notice["parts"]
    } == {part: pytest.approx(cases) for part, cases in WORKED.items()}
    for part in notice["parts"]:
        for one in part["examples"]:
            assert one["points"] == pytest.approx(one["value"] * part["points"])


def test_a_plan_is_worth_what_the_page_says(city):
    one = said(city)["objective_example"]
    assert one["worth"] == pytest.approx(
        one["people"] * one["share"] * (one["priority"] + one["score"] / 100)
    )
    assert (one["people"], one["share"]) == (4, 0.5)
    assert one["priority"] == engine.PRIORITIES["tonight"]


def test_the_page_says_when_the_calendar_makes_a_need_urgent(city, url):
    assert {one["code"]: one["within_days"] for one in said(city)["priorities"]} == {
        "tonight": 1, "this_week": 7, "planned": None,
    }  # fmt: skip
    words = re.sub("<[^>]*>", "", shown(url))
    assert "Ce soir : 4 dès que le premier jour à couvrir" in words
    assert "est dans 7 jours au plus" in words


def test_the_page_shows_the_examples_with_the_town_s_points(city, url):
    by = CityRoleFactory(city=city).user
    weighting.change(city_id=city.pk, weights=OTHER, seen=DEFAULT_WEIGHTS, by=by, now=NOW)
    words = re.sub("<[^>]*>", "", shown(url))
    assert "À 3 km 0,769231 × 41 = 31,538462" in words
    assert "Objets : 3 à donner, 4 demandés 0,75 × 17,5 = 13,125" in words
    # 41 + 19 + 17,5 / 2 + 7,5 + 0 + 6
    assert "« Ce soir », dont une part de 0,5 est servie, avec une note de 82,25 :" in words
    assert "4 × 0,5 × (4 + 82,25 ÷ 100) = 9,645" in words


def test_a_formula_that_changes_changes_the_page(url, monkeypatch):
    monkeypatch.setattr(scoring, "proximity", lambda pairs: np.full(len(pairs), 0.25))
    assert "À 3 km 0,25 × 25 = 6,25" in re.sub("<[^>]*>", "", shown(url))


@pytest.mark.parametrize("criterion", range(5))
def test_the_order_is_the_one_that_is_told(criterion):
    """Two offers that are alike up to this criterion, the better one last in all that follow."""
    place = {"city": "here", "lat": 0.0, "kind": "housing", "category": "shared_room", "capacity": 1}
    from_tonight, from_tomorrow = date(2026, 3, 1), date(2026, 3, 2)
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    # languages make the score; distance counts in the score of `proximity`, which here has no points
    # a day tonight comes before nine from tomorrow on, which are worth more
    better = [
        {"available": (engine.Window(from_tonight, from_tonight),)},
        {"languages": frozenset({"fr"})},
        {"lon": 0.01},
        {"registered_at": first},
        {"id": 1},
    ]
    worse = [
        {"available": (engine.Window(from_tomorrow),)},
        {"languages": frozenset({"ar"})},
        {"lon": 0.02},
        {"registered_at": second},
        {"id": 2},
    ]
    one, other = {}, {}
    for place_in_order, (good, bad) in enumerate(zip(better, worse, strict=True)):
        if place_in_order < criterion:
            one |= good
            other |= good
        elif place_in_order == criterion:
            one |= good
            other |= bad
        else:
            one |= bad
            other |= good
    need = engine.Need(
        id=1, kind="housing", city="here", lat=0.0, lon=0.0, reach_km=10, quantity=1, min_days=1,
        first_day=from_tonight, last_day=date(2026, 3, 10), languages=frozenset({"fr"}),
    )  # fmt: skip
    offers = [engine.Offer(**place | fields) for fields in (other, one)]
    weights = engine.Weights(proximity=0, dates=30, fit=20, language=30, freshness=10, courtesy=10)
    (ranking,) = engine.rank([need], offers, today=date(2026, 3, 1), weights=weights)
    assert ranking.pairings[0].offer_id == one["id"]
    assert len(notice.order()) == len(better)


def test_every_rule_says_whether_it_alone_makes_a_near_miss(city, url):
    assert [rule["code"] for rule in notice.rules() if rule["near_miss"]] == [
        code for code in engine.RULES if code in engine_rules.MISSABLE
    ]
    words = shown(url)
    assert words.count("est dite presque possible") == len(engine_rules.MISSABLE)
    assert words.count("n’est pas montrée") == len(engine_rules.ESSENTIAL)
    for rule in notice.rules():
        assert flat(rule["words"]) in words
        assert flat(rule["exact"]) in words


def test_a_constant_that_changes_changes_the_page(city, url, monkeypatch):
    monkeypatch.setattr(engine, "KEEP", 33)
    monkeypatch.setitem(engine.PRIORITIES, "tonight", 7)
    words = shown(url)
    assert "voit les 33 meilleures" in words
    assert "Ce soir : 7" in words
    assert said(city)["priorities"][0]["priority"] == 7


# --- The town's own --------------------------------------------------------------------------------------


def test_the_town_s_points_and_since_when(city, url):
    assert "Ce sont les points d’origine." in shown(url)
    assert said(city)["since"] is None
    by = CityRoleFactory(city=city).user
    weighting.change(city_id=city.pk, weights=OTHER, seen=DEFAULT_WEIGHTS, by=by, now=NOW)
    words = shown(url)
    for points in ("41", "19", "17,5", "7,5", "9", "6"):
        assert f'<td class="number">{points}</td>' in words
    assert "depuis le 9 mars 2026" in words
    assert "points d’origine" not in words
    assert str(by) not in words
    notice = said(city)
    assert {part["code"]: part["points"] for part in notice["parts"]} == OTHER
    assert notice["since"].startswith("2026-03-09")
    other = CityFactory()
    assert {part["code"]: part["points"] for part in said(other)["parts"]} == DEFAULT_WEIGHTS


def test_the_notice_for_programs_says_the_same(city):
    notice = said(city)
    assert notice["version"] == engine.VERSION
    assert (notice["kept"], notice["near_misses_kept"]) == (engine.KEEP, engine.NEAR)
    assert [rule["code"] for rule in notice["rules"]] == list(engine.RULES)
    assert {one["code"]: one["priority"] for one in notice["priorities"]} == engine.PRIORITIES
    assert notice["constants"] == {
        "half_as_near_km": vocabulary.HALF_AS_NEAR_KM,
        "thrift": vocabulary.THRIFT,
        "earth_radius_km": engine.EARTH_RADIUS_KM,
        "unknown_confirmation_days": vocabulary.UNKNOWN_CONFIRMATION_DAYS,
        "asked_days": ASKED_DAYS,
        "hours_counted_in_minutes": HALF_MINUTES,
        "longest_least_nights": LEAST_NIGHTS,
        "food_keeps_days": KEEPS_DAYS,
    }
    assert notice["city"] == {"slug": city.slug, "name": city.name}
    assert notice["page"].endswith(reverse("algorithm", args=[city.slug]))


def test_anybody_reads_it_and_the_staff_may_change_it(city, url, as_user):
    weights = reverse("matching:weights", args=[city.slug])
    assert weights not in shown(url)
    assert weights not in shown(url, as_user(UserFactory()))
    for role in (Role.COORDINATOR, Role.ADMINISTRATOR):
        assert weights in shown(url, as_user(CityRoleFactory(city=city, role=role).user))
    City.objects.filter(pk=city.pk).update(is_open=False)
    assert Client().get(url).status_code == 404
    assert Client().get(reverse("algorithm_json", args=[city.slug])).status_code == 404
