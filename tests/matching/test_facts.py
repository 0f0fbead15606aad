"""Reasons: worked out while a pair is only suggested, frozen by the first decision, and always something to say."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import engine
from catalogue.vocabulary import Category, Kind
from cities.days import local_day
from desk import presentation as desk_presentation
from matching import presentation, selectors, services, sweeps
from matching.lifecycle import Reason
from matching.models import Match, MatchState, Scan
from matching.reasons import facts
from matching.scanning import snapshots
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match

SHAPES = [
    (Kind.HOUSING, {"languages": ["ti"], "pets": True}, {"capacity": 5, "languages": ["fr"], "pets_accepted": True}),
    (Kind.HOUSING, {}, {"windows": [(date(2026, 1, 1), date(2026, 12, 31))], "accepts": ["families"]}),
    (Kind.GOODS, {"quantity": 30, "part_useful": True}, {"capacity": 7}),
    (Kind.GOODS, {"quantity": 3}, {"confirmed_at": NOW - timedelta(days=50), "languages": ["fr"]}),
    (
        Kind.SKILL, {"remote_ok": True, "slots": ["mon 10:00-12:00"], "quantity": 1},
        {"remote": True, "slots": ["mon 09:00-11:00"]},
    ),
]  # fmt: skip


def read(**which):
    rows = Match.objects.filter(**which).select_related("city", "need__city", "offer").order_by("pk")
    return facts.explained(rows, now=NOW)


def engine_s_own(match):
    """The reasons of a fresh comparison of the two rows."""
    snapshot = snapshots.of_pairs([match.need], [match.offer_id], city=match.city, now=NOW)
    today = local_day(NOW, match.city)
    (ranking,) = snapshot.rank(today=today)
    (pairing,) = ranking.pairings
    need, offer = snapshot.need_records()[match.need_id], snapshot.offer_records()[match.offer_id]
    reasons = engine.explain(pairing, need, offer, today)
    return [{"code": r.code, "params": facts.plain(r.params), "good": r.good} for r in reasons]


@pytest.mark.parametrize(("kind", "need", "offer"), SHAPES)
def test_a_suggestion_is_explained_as_the_engine_would_now(city, kind, need, offer):
    match = suggested_match(city=city, kind=kind, need=need, offer=offer)
    assert match.facts is None
    (explained,) = read(pk=match.pk)
    assert explained.facts == engine_s_own(match)


@pytest.mark.parametrize("kind", Kind.values)
def test_what_others_hold_is_counted(city, coordinator, kind):
    """Two needs share an offer: the one that comes second reads what is left."""
    capacity = {Kind.HOUSING: 7, Kind.GOODS: 25, Kind.SKILL: 5}[Kind(kind)]
    match = suggested_match(city=city, kind=kind, offer={"capacity": capacity})
    other = due_need(city=city, kind=kind)
    drain()
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    drain()
    (explained,) = read(need=other, state=MatchState.SUGGESTED)
    assert explained.facts == engine_s_own(explained)


def test_of_a_begun_need_all_days_asked_are_told(city):
    """Four nights of sixty are left, and somebody has them: four of sixty in the sentence, the points and the part."""
    today = local_day(NOW, city)
    days = {"first_day": today - timedelta(days=56), "last_day": today + timedelta(days=3), "min_days": 10}
    match = suggested_match(city=city, need=days)
    (explained,) = read(pk=match.pk)
    assert explained.facts == engine_s_own(match)
    assert (match.first_day, match.last_day) == (today, days["last_day"])
    assert match.parts["dates"] == pytest.approx(4 / 60)
    assert desk_presentation.covers(match.share) == "couvre 6\u00a0%"
    (told,) = (fact for fact in explained.facts if fact["code"].endswith("_days"))
    assert (told["code"], told["params"]["run_days"], told["params"]["days_asked"]) == ("some_days", 4, 60)


def test_the_first_decision_freezes_the_reasons(city, coordinator):
    proposed, dismissed = suggested_match(city=city), suggested_match(city=city, kind=Kind.GOODS)
    before = {match.pk: match.facts for match in read()}
    services.propose(match_id=proposed.pk, by=coordinator, now=NOW)
    services.dismiss(match_id=dismissed.pk, by=coordinator, now=NOW, reason=Reason.OTHER)
    assert dict(Match.objects.values_list("pk", "facts")) == before
    # Whatever becomes of the offer, that is what was decided upon.
    offers.change(
        offer_id=proposed.offer_id,
        fields={"languages": ["ar"], "accepts": ["families"]},
        windows=None,
        by=coordinator,
        now=NOW,
    )
    services.accept(match_id=proposed.pk, by=proposed.offer.owner, now=NOW)
    assert {match.pk: match.facts for match in read()} == before


def test_a_suggestion_that_comes_again_carries_no_old_reasons(city, coordinator):
    match = suggested_match(city=city)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    sweeps.lapse_unanswered(by=None, now=NOW + timedelta(hours=72))
    drain(NOW + timedelta(hours=72))
    again = Match.objects.get(state=MatchState.SUGGESTED)
    assert again.facts is None
    (explained,) = facts.explained([again], now=NOW + timedelta(hours=72))
    assert {"code": "asked", "params": {"times": 1}, "good": False} in explained.facts


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Kind.HOUSING, "couvre les 30 jours"), (Kind.GOODS, "possible le"), (Kind.SKILL, "couvre les 30 jours")],
)
def test_an_offer_that_has_just_closed_is_still_explained(city, coordinator, client, kind, said):
    match = suggested_match(city=city, kind=kind)
    before = engine_s_own(match)
    Offer.objects.filter(pk=match.offer_id).update(state="paused")
    (explained,) = read(pk=match.pk)
    assert explained.facts == before
    client.force_login(coordinator)
    page = client.get(reverse("desk:case", args=[city.slug, match.need.reference]))
    assert said in page.content.decode()
    assert "couvre tout" in page.content.decode()
    services.dismiss(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.OTHER)
    assert Match.objects.get(pk=match.pk).facts == before


@pytest.mark.parametrize("kind", Kind.values)
def test_what_was_just_taken_says_what_it_would_have_given(city, coordinator, kind):
    match = suggested_match(city=city, kind=kind)
    other = due_need(city=city, kind=kind)
    drain()
    second = Match.objects.get(need=other)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    (explained,) = read(pk=second.pk)
    fit = next(fact for fact in explained.facts if fact["code"].startswith(("places", "whole", "part")))
    assert fit["params"]["remaining"] == fit["params"]["quantity"] == second.quantity


def test_a_superseded_suggestion_is_explained(city, coordinator):
    match = suggested_match(city=city, offer={"latitude": 48.60, "longitude": 7.75})
    offers.pause(offer_id=match.offer_id, by=coordinator, now=NOW)
    drain()
    (explained,) = read(pk=match.pk)
    assert explained.state == MatchState.SUPERSEDED
    assert [fact["code"] for fact in explained.facts][:2] == ["distance", "all_days"]


def test_a_row_that_the_engine_refuses_has_its_figures(city, coordinator, client, caplog):
    """A row that slipped past the forms: named in the log without its values, and no page breaks on it."""
    match = suggested_match(city=city)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE needs_need SET languages = '{\"\"}' WHERE id = %s", [match.need_id])
    match = Match.objects.select_related("city", "need", "offer").get()
    facts.explained([match], now=NOW)
    assert f"need {match.need_id} with offer {match.offer_id} is left unexplained: languages" in caplog.text
    assert presentation.reasons(match) == []
    assert [part["points"] for part in presentation.parts(match)] == [
        match.parts[name] * match.weights[name] for name in engine.PARTS
    ]
    client.force_login(coordinator)
    page = client.get(reverse("desk:case", args=[city.slug, match.need.reference]))
    assert page.status_code == 200


def test_explaining_takes_as_many_queries_for_twenty_as_for_one(city):
    def count(rows):
        with CaptureQueriesContext(connection) as captured:
            facts.explained(rows, now=NOW)
        return len(captured)

    for _ in range(4):
        due_need(city=city, kind=Kind.GOODS)
        due_offer(city=city, kind=Kind.GOODS)
    due_offer(city=city, kind=Kind.GOODS)
    drain()
    rows = Match.objects.select_related("city", "need", "offer")
    assert count(list(rows)) == count(list(rows.all()[:1])) == 2
    assert len(rows) == 20
    assert count([]) == 0


def test_towns_are_explained_apart(db):
    """One coordinator of two towns reads both in one list, each on its own day and links."""
    for city in (CityFactory(), CityFactory(timezone="Pacific/Noumea")):
        CityRoleFactory(city=city)
        suggested_match(city=city)
    rows = read()
    assert [match.facts for match in rows] == [engine_s_own(match) for match in rows]


def test_near_misses_are_said_as_the_engine_would_now(city, coordinator):
    need = due_need(city=city, pets=True, shared_home_ok=False, languages=["fr"])
    fits = {"city": city, "pets_accepted": True, "category": Category.SEPARATE_ROOM, "shared_home": False}
    too_small = due_offer(**fits | {"capacity": 2})
    shared = due_offer(**fits | {"shared_home": True})
    far = due_offer(**fits, latitude=48.75)
    busy = due_offer(**fits, windows=[(need.first_day, need.first_day)])
    single = due_offer(**fits, accepts=["women"])
    drain()
    misses = selectors.near_misses(coordinator, need, Scan.objects.get(need=need))
    assert all("params" not in miss for miss in Scan.objects.get(need=need).near_misses)
    assert {miss.sentence for miss in misses} == {""}
    facts.explained([], near_misses=misses, now=NOW)
    said = {miss.offer: (miss.rule, miss.sentence) for miss in misses}
    assert said[too_small] == ("capacity", "il manque 1 place")
    assert said[shared] == ("shared_home", "logement partagé, que le foyer ne souhaite pas")
    assert said[far][0] == "distance"
    assert said[far][1].endswith("km trop loin")
    assert said[busy] == ("dates", "13 jours de moins qu’il ne faut")
    assert said[single] == ("household", "n’accueille pas\u202f: une famille avec enfants")
    # An offer that has just closed is no longer nearly possible.
    Offer.objects.filter(pk=busy.pk).update(state="paused")
    assert busy not in [miss.offer for miss in selectors.near_misses(coordinator, need, need.scan)]
