"""Rows become columns: the same as by records, from the index, and for a country the same as for each need alone."""

import re
from contextlib import suppress
from dataclasses import fields
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import engine
from catalogue.models import REACH_CLASSES
from catalogue.vocabulary import Kind
from cities.days import local_day
from engine.arrays import unit_sphere
from engine.columns import UNKNOWN
from matching import scanning, services
from matching.capacity import Taken
from matching.lifecycle import Reason
from matching.models import Match
from matching.scanning import reading, snapshots
from matching.scanning.reading import Town, arrays, list_columns
from matching.scanning.reading.ranges import in_circle
from needs.models import Need
from offers.models import Offer, Window
from tests.factories.accounts import CityRoleFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, suggested_match
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.matching.large_town import add_alike, plans_of

TODAY = NOW.date()


def words(table, masks):
    """Masks as sets of words, whatever their codes."""
    return [
        {
            word
            for word, code in table.items()
            if code // 64 < masks.shape[1] and row[code // 64] >> (code % 64) & 1
        }
        for row in masks.tolist()
    ]


def plain(columns):
    """Columns that were made in different vocabularies, comparable."""
    vocabulary = columns.vocabulary
    found = {"ids": [int(id_) for id_ in columns.ids]}
    tables = {
        "languages": vocabulary.languages,
        "named_languages": vocabulary.languages,
        "forms": vocabulary.forms,
    }
    goods = vocabulary.goods.offered if isinstance(columns, engine.OfferColumns) else vocabulary.goods.wanted
    codes = {
        "category": vocabulary.categories, "form": vocabulary.forms, "city": vocabulary.cities, "goods": goods,
    }  # fmt: skip
    for name in (one.name for one in fields(columns) if one.name not in ("vocabulary", "ids")):
        value = getattr(columns, name)
        if name in tables:
            found[name] = words(tables[name], value)
        elif name in codes:
            word_of = {code: word for word, code in codes[name].items()}
            found[name] = [word_of.get(code) for code in value.tolist()]
        else:
            found[name] = value.tolist()
    return found


def same_as_by_records(snapshot):
    vocabulary = engine.Vocabulary()
    offers = engine.offer_columns(snapshot.offer_records().values(), vocabulary)
    needs = engine.need_columns(snapshot.need_records().values(), vocabulary)
    assert plain(snapshot.offers) == plain(offers)
    assert plain(snapshot.needs) == plain(needs)


def ids(columns):
    return columns.ids.tolist()


def away(city, km, *, east=0.0):
    """A commune some kilometres north of the town's seat, and some east."""
    lat = city.seat.latitude + km / 111.195
    lon = city.seat.longitude + east / (111.195 * np.cos(np.radians(lat)))
    number = round(km * 10 + east * 1000) % 90_000 + 1000
    return CommuneFactory(insee=f"{number:05}", name=f"À {km} km", latitude=lat, longitude=lon)


# --- The same as by records ----------------------------------------------------------------------------

CODES = ["fr", "en", "ar", "ti"]
spoken = st.lists(st.sampled_from(CODES), max_size=3)
slots = st.lists(
    st.sampled_from(["mon 18:00-20:00", "sat 09:00-12:30", "sun 22:00-24:00"]), max_size=2, unique=True
)
windows = st.sampled_from(
    [
        [(date(2026, 1, 1), None)],
        [(date(2026, 3, 1), date(2026, 3, 20)), (date(2026, 3, 21), date(2026, 5, 1))],
        [(date(2026, 4, 1), date(2026, 4, 1)), (date(2026, 6, 1), None)],
    ]
)


@st.composite
def offer_fields(draw):
    kind = draw(st.sampled_from(list(Kind)))
    found = {
        "kind": kind, "languages": draw(spoken), "windows": draw(windows), "capacity": draw(st.integers(1, 8)),
        "reach_km": draw(st.sampled_from([0, 5, 5.5, 100, 500])), "share_with_linked": draw(st.booleans()),
        # Fields of another kind than its own, which a row may well carry.
        "step_free": draw(st.booleans()), "pets_accepted": draw(st.booleans()), "shared_home": draw(st.booleans()),
        "accepts": draw(st.lists(st.sampled_from(["women", "families", "lone_minors"]), unique=True)),
        "remote": draw(st.booleans()), "slots": draw(slots),
    }  # fmt: skip
    if kind == Kind.GOODS:
        found["item"] = draw(st.sampled_from(["", "any", "other", "duvet", "cot"]))
        found["size"] = draw(st.sampled_from(["", "140", "mixed"]))
        found["best_before"] = draw(st.sampled_from([None, date(2026, 4, 10)]))
    if kind == Kind.HOUSING:
        found["category"] = draw(st.sampled_from(["shared_room", "whole_dwelling"]))
    if kind == Kind.SKILL:
        found["category"] = draw(st.sampled_from(["interpreting", "french_lessons"]))
        found["languages_from"], found["languages_to"] = draw(spoken) or ["fr"], draw(spoken) or ["en"]
    return found


@st.composite
def need_fields(draw):
    kind = draw(st.sampled_from(list(Kind)))
    first = draw(st.sampled_from([date(2026, 3, 1), date(2026, 4, 1)]))
    found = {
        "kind": kind, "languages": draw(spoken), "first_day": first,
        "last_day": first + timedelta(days=draw(st.integers(12, 60))),
        "min_days": draw(st.sampled_from([None, 1, 10])), "reach_km": draw(st.sampled_from([0, 7, 30.5])),
        "urgency": draw(st.sampled_from(["tonight", "this_week", "planned"])), "pets": draw(st.booleans()),
        "step_free_needed": draw(st.booleans()), "shared_home_ok": draw(st.booleans()), "slots": draw(slots),
        "part_useful": draw(st.booleans()), "remote_ok": draw(st.booleans()),
    }  # fmt: skip
    if kind == Kind.HOUSING:
        found["forms"] = draw(
            st.lists(st.sampled_from(["shared_room", "whole_dwelling", "empty_dwelling"]), unique=True)
        )
        household = draw(st.sampled_from(["mother", "couple", "man", "minor"]))
        found |= {
            "mother": {},
            "couple": {"adult_women": 1, "adult_men": 1, "children_3_to_11": 0, "couple": True},
            "man": {"adult_women": 0, "adult_men": 1, "children_3_to_11": 0},
            "minor": {"adult_women": 0, "children_3_to_11": 0, "children_12_to_17": 1, "lone_minor": True},
        }[household]
    else:
        found["quantity"] = draw(st.integers(1, 5))
    if kind == Kind.GOODS:
        found["items"] = draw(
            st.lists(st.sampled_from(["any", "other", "duvet", "cot"]), max_size=3, unique=True)
        )
        found["sizes"] = draw(st.lists(st.sampled_from(["140", "200"]), max_size=2, unique=True))
    if kind == Kind.SKILL:
        found["category"] = draw(st.sampled_from(["interpreting", "french_lessons"]))
        found["languages_from"] = draw(spoken) or ["fr"]
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(
    offered=st.lists(offer_fields(), max_size=6),
    asked=st.lists(need_fields(), max_size=5),
    zone=st.sampled_from(["Europe/Paris", "Pacific/Noumea", "America/Martinique"]),
)
def test_columns_are_those_of_the_records(db, offered, asked, zone):
    with transaction.atomic():
        city, owner = CityFactory(timezone=zone), UserFactory()
        association = OrganisationFactory(city=city, verified=True)
        for number, found in enumerate(offered):
            due_offer(city=city, owner=owner, confirmed_at=NOW - timedelta(hours=13 * number), **found)
        made = [due_need(city=city, organisation=association, **found) for found in asked]
        scanning.scan_due_needs(by=None, now=NOW)
        coordinator = CityRoleFactory(city=city).user
        for match in Match.objects.order_by("pk")[:2]:
            with suppress(Taken):
                services.propose(match_id=match.pk, by=coordinator, now=NOW)
        same_as_by_records(snapshots.of_needs(made, city=city, now=NOW))
        same_as_by_records(
            snapshots.of_pairs(made, [offer.pk for offer in Offer.objects.all()], city=city, now=NOW)
        )
        transaction.set_rollback(True)


def test_a_town_without_anything(city):
    snapshot = snapshots.of_needs([], city=city, now=NOW)
    assert (len(snapshot.needs), len(snapshot.offers), len(snapshot.excluded)) == (0, 0, 0)
    assert snapshot.rank(today=TODAY) == []
    assert snapshots.of_selection(city, now=NOW).rank_columns(today=TODAY).feasible_count.tolist() == []


def test_revisions_are_those_that_were_read(city):
    need = due_need(city=city, revision=7)
    due_offer(city=city, revision=3)
    snapshot = snapshots.of_needs([need], city=city, now=NOW)
    assert snapshot.need_revision.tolist() == [7]
    assert snapshot.offer_revision.tolist() == [3]
    assert snapshot.need_revisions() == {need.pk: 7}


def test_what_is_promised_is_no_longer_missing(city, coordinator):
    match = suggested_match(city=city, kind=Kind.GOODS, offer={"capacity": 6})
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    snapshot = snapshots.of_needs([match.need], city=city, now=NOW)
    assert (snapshot.needs.asked.tolist(), snapshot.needs.quantity.tolist()) == ([10], [4])
    assert snapshot.excluded_pairs() == {(match.need_id, match.offer_id)}
    assert snapshot.offers.stretch_left.tolist() == [0], "a stock is gone before and after, too"
    assert snapshot.offers.asked.tolist() == [1]
    Need.objects.filter(pk=match.need_id).update(quantity=6)
    assert len(snapshots.of_needs([match.need], city=city, now=NOW).needs) == 0


def test_a_dismissed_pair_is_set_aside_until_either_changes(city, coordinator):
    match = suggested_match(city=city)
    services.dismiss(match_id=match.pk, by=coordinator, now=NOW, reason=Reason.NOT_SUITABLE)

    def aside():
        return snapshots.of_needs([match.need], city=city, now=NOW).excluded_pairs()

    assert aside() == {(match.need_id, match.offer_id)}
    Offer.objects.filter(pk=match.offer_id).update(revision=2)
    assert aside() == set()


# --- Which offers are read -----------------------------------------------------------------------------


def test_the_index_holds_all_that_is_read_of_an_offer():
    """Otherwise each candidate would be looked up in the table as well."""
    (index,) = [index for index in Offer._meta.indexes if index.name == "offer_reading"]
    held = {Offer._meta.get_field(name).column for name in [*index.fields, *index.include]}
    read = {
        text
        for sql in (
            reading.offer_columns._PICKED,
            reading.offer_columns._IN_RANGES,
            reading.offer_columns._IN_CIRCLE,
            reading.offer_columns._IN_TERM,
            Town(1, frozenset({2}), "UTC").where,
        )
        for text in re.findall(r"\bo\.(\w+)", sql)
    }
    assert read - held == {"state"}, "which is the index's condition"


@given(
    seconds=st.lists(st.integers(1_577_836_800, 1_893_456_000)),  # from 2020 to 2030
    zone=st.sampled_from(["Europe/Paris", "Pacific/Noumea", "America/Martinique", "Pacific/Marquesas"]),
)
def test_days_are_those_of_the_town_s_calendar(seconds, zone):
    moments = np.array([*(one * 1_000_000 + 999_999 for one in seconds), arrays.NEVER], np.int64)
    expected = [datetime.fromtimestamp(one, ZoneInfo(zone)).toordinal() for one in seconds]
    assert reading.offer_columns._local_days(moments, zone).tolist() == [*expected, UNKNOWN]


def test_the_indexes_are_used_in_a_large_town(city):
    """As the planner decides by itself, with as many rows as make it matter."""
    offer = due_offer(city=city)
    add_alike(offer, 5_000)
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO offers_window (offer_id, first_day, last_day)
               SELECT o.id, w.first_day, w.last_day FROM offers_offer o, offers_window w
               WHERE o.reference LIKE 'Z-%%' AND w.offer_id = %s""",
            [offer.pk],
        )
        cursor.execute("ANALYZE offers_offer, offers_window")
    need = due_need(city=city)
    asked = snapshots.asked([need], city=city, now=NOW)
    for read in (asked.able, asked.around):
        plans = plans_of(read)
        assert any("Index Only Scan using offer_reading" in line for line in plans), "\n".join(plans)
        assert not any("offers_window" in line for line in plans), "days are read with their offers"


def test_only_what_may_be_within_reach_is_read(city):
    """One offer that reaches far must not have all the others read."""
    need = due_need(city=city, kind=Kind.GOODS, reach_km=10)
    goods = {"city": city, "goods": True}
    here = OfferFactory(**goods)
    near = OfferFactory(**goods, commune=away(city, 29), reach_km=2)
    far = OfferFactory(**goods, commune=away(city, 300), reach_km=290)
    OfferFactory(**goods, commune=away(city, 31), reach_km=2)
    OfferFactory(**goods, commune=away(city, 301), reach_km=280)
    OfferFactory(**goods, category="clothes")
    OfferFactory(city=city)
    snapshot = snapshots.of_needs([need], city=city, now=NOW)
    assert ids(snapshot.offers) == [here.pk, near.pk, far.pk]


def test_whoever_is_not_there_when_needed_is_read_for_near_misses_alone(city):
    """Ten days at the least between the 1st and the 20th: from the 11th on at the latest, to the 10th at the least."""
    days = {"first_day": date(2026, 4, 1), "last_day": date(2026, 4, 20), "min_days": 10}
    home = {"city": city, "capacity": 3}
    need = due_need(city=city, reach_km=10, **days)
    early = OfferFactory(**home, windows=[(date(2026, 1, 1), date(2026, 4, 10))])
    late = OfferFactory(**home, windows=[(date(2026, 4, 11), None)])
    # Nobody knows without looking at both stretches.
    around = OfferFactory(
        **home, windows=[(date(2026, 3, 1), date(2026, 3, 2)), (date(2026, 5, 1), date(2026, 5, 2))]
    )
    too_early = OfferFactory(**home, windows=[(date(2026, 1, 1), date(2026, 4, 9))])
    too_late = OfferFactory(**home, windows=[(date(2026, 4, 12), None)])
    far = OfferFactory(**home, commune=away(city, 15))
    OfferFactory(**home, windows=[])
    able = snapshots.asked([need], city=city, now=NOW).able()
    assert ids(able.offers) == [early.pk, late.pk, around.pk]
    nearly = snapshots.of_needs([need], city=city, now=NOW)
    assert ids(nearly.offers) == [early.pk, late.pk, around.pk, too_early.pk, too_late.pk, far.pk]
    for snapshot in (able, nearly):
        (found,) = snapshot.rank(today=TODAY, near=0)
        assert [pairing.offer_id for pairing in found.pairings] == [early.pk, late.pk]


def test_of_several_needs_whoever_is_there_for_one_is_read(city):
    goods = {"city": city, "goods": True}
    soon = due_need(city=city, kind=Kind.GOODS, first_day=date(2026, 4, 1), last_day=date(2026, 4, 2))
    later = due_need(city=city, kind=Kind.GOODS, first_day=date(2026, 6, 1), last_day=date(2026, 6, 2))
    spring = OfferFactory(**goods, windows=[(date(2026, 4, 1), date(2026, 4, 30))])
    summer = OfferFactory(**goods, windows=[(date(2026, 6, 1), None)])
    over = OfferFactory(**goods, windows=[(date(2026, 1, 1), date(2026, 3, 31))])

    def read(*some):
        return ids(snapshots.asked(some, city=city, now=NOW).able().offers)

    assert read(soon, later) == [spring.pk, summer.pk]
    assert read(soon) == [spring.pk]
    assert over.pk not in read(later)
    assert read() == []


def test_remote_skills_are_read_wherever_they_are(city):
    lessons = {"city": city, "skill": True}
    here = OfferFactory(**lessons, remote=True)
    far = OfferFactory(**lessons, commune=away(city, 300), remote=True)
    OfferFactory(**lessons, commune=away(city, 301))
    need = due_need(city=city, kind=Kind.SKILL, category="french_lessons", remote_ok=True)
    other = due_need(city=city, kind=Kind.SKILL, category="paperwork", remote_ok=True)
    assert ids(snapshots.of_needs([need, other], city=city, now=NOW).offers) == [here.pk, far.pk]
    in_term = snapshots.asked([need], city=city, now=NOW).able()
    assert ids(in_term.offers) == [here.pk, far.pk]
    Window.objects.filter(offer=far).update(first_day=need.last_day + timedelta(days=1))
    assert ids(snapshots.asked([need], city=city, now=NOW).able().offers) == [here.pk]
    at_home = due_need(city=city, kind=Kind.SKILL, category="french_lessons")
    assert ids(snapshots.of_needs([at_home], city=city, now=NOW).offers) == [here.pk]


def test_linked_towns_offers_are_read_with_consent(city):
    neighbour, stranger = CityFactory(), CityFactory()
    city.linked.add(neighbour)
    shared = OfferFactory(city=neighbour, share_with_linked=True)
    OfferFactory(city=neighbour)
    OfferFactory(city=stranger, share_with_linked=True)
    own = OfferFactory(city=city)
    need = due_need(city=city)
    for snapshot in (
        snapshots.of_needs([need], city=city, now=NOW),
        snapshots.of_pairs([need], Offer.objects.values_list("pk", flat=True), city=city, now=NOW),
    ):
        assert ids(snapshot.offers) == sorted([shared.pk, own.pk])
        assert snapshot.links == {frozenset({city.pk, neighbour.pk})}


def test_closed_offers_are_not_read(city):
    offer = OfferFactory(city=city, state="paused")
    need = due_need(city=city)
    assert ids(snapshots.of_needs([need], city=city, now=NOW).offers) == []
    assert ids(snapshots.of_pairs([need], [offer.pk], city=city, now=NOW).offers) == []


def km(lat, lon, other_lat, other_lon):
    one, other = unit_sphere(lat, lon), unit_sphere(other_lat, other_lon)
    chord = np.sqrt(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)))
    return 2 * engine.EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1))


places = st.tuples(
    st.one_of(st.floats(-90, 90), st.sampled_from([-90.0, 89.9, -21.1, 0.0, 48.6])),
    st.one_of(st.floats(-180, 180), st.sampled_from([-180.0, -179.95, 179.95, 180.0, 55.5])),
    st.one_of(st.floats(0, 500), st.sampled_from([0.0, 5.0, 500.0])),
)


@settings(max_examples=60, deadline=None)
@given(
    wanted=st.lists(places, min_size=1, max_size=6),
    cell=st.sampled_from([None, 0.1, 0.5]),
    seed=st.integers(0, 2**20),
)
@example(wanted=[(-16.5, 179.99, 30.0)], cell=None, seed=1)
@example(wanted=[(89.99, 0.0, 1.0)], cell=0.1, seed=1)
def test_ranges_hold_every_offer_within_reach_once(wanted, cell, seed):
    """At the poles and on the antimeridian too; an offer in two ranges would be read twice."""
    lat, lon, reach = (np.array(some) for some in zip(*wanted, strict=True))
    needs = reading.Needs(
        _of_places(lat, lon, reach), np.ones(len(lat)), np.arange(len(lat)), np.full(len(lat), 3), {}, 0
    )
    chance = np.random.default_rng(seed)
    offers = 400
    which = chance.integers(0, len(lat), offers)
    offer_reach = chance.choice([0, 5, 5.001, 20, 50, 200, 500], offers)
    # Around the needs, most of them near the border of what is reached.
    spread = (np.maximum(reach[which], offer_reach) + engine.NEAR_KM) / 111.195
    offer_lat = np.clip(lat[which] + chance.uniform(-1.2, 1.2, offers) * spread, -90, 90)
    offer_lon = lon[which] + chance.uniform(-1.2, 1.2, offers) * spread / np.maximum(
        np.cos(np.radians(offer_lat)), 1e-3
    )
    offer_lon = (offer_lon + 180) % 360 - 180
    with pytest.MonkeyPatch.context() as patched:
        if cell:
            patched.setattr(reading.ranges, "CELL_DEGREES", {0: cell})
        ranges = reading.Ranges.around(needs.places, engine.NEAR_KM)
    classes = np.array(REACH_CLASSES)
    offer_class = classes[np.searchsorted(classes, offer_reach)]
    band = np.floor(offer_lat * 10).astype(int)
    times = np.zeros(offers, int)
    for class_, of_band, west, east in zip(
        ranges.reach_class, ranges.band, ranges.west, ranges.east, strict=True
    ):
        times += (offer_class == class_) & (band == of_band) & (west <= offer_lon) & (offer_lon <= east)
    within = np.zeros(offers, bool)
    for one in range(len(lat)):
        distance = km(lat[one], lon[one], offer_lat, offer_lon)
        within |= distance <= np.maximum(reach[one], offer_reach) + engine.NEAR_KM
    assert set(ranges.number.tolist()) == {3}
    assert (times[within] == 1).all()
    assert times.max() <= 1


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    lat=st.floats(-90, 90, allow_subnormal=False),
    lon=st.floats(-180, 180, allow_subnormal=False),
    reach=st.sampled_from([0.0, 0.5, 10.0, 200.0]),
    seed=st.integers(0, 2**32 - 1),
)
@example(lat=0.0, lon=180.0, reach=0.0, seed=1)
@example(lat=90.0, lon=0.0, reach=10.0, seed=1)
def test_the_circle_holds_whoever_is_within_reach_and_nobody_two_metres_farther(db, lat, lon, reach, seed):
    chance = np.random.default_rng(seed)
    own = chance.choice([0.0, 1.0, 30.0, 500.0], 200)
    margin = 20.0
    # Around the rim, just here, and anywhere.
    away_km = (np.maximum(reach, own) + margin) * chance.uniform(0.999, 1.001, 200)
    turn = chance.uniform(0, 2 * np.pi, 200)
    lats = np.clip(lat + away_km * np.cos(turn) / 111.195, -90, 90)
    lons = lon + away_km * np.sin(turn) / 111.195 / max(np.cos(np.radians(lat)), 1e-3)
    lats[:20], lons[:20] = lat, lon
    lats[20:60], lons[20:60] = chance.uniform(-90, 90, 40), chance.uniform(-180, 180, 40)
    lons = (lons + 180) % 360 - 180
    columns = [arrays.text(column) for column in (lats, lons, own)]
    circle = {"lat": lat, "lon": lon, "reach_km": reach, "margin_km": margin}
    found = arrays.rows(
        f"""SELECT {in_circle("n")} FROM unnest(%(lats)s::float8[], %(lons)s::float8[], %(own)s::float8[])
            WITH ORDINALITY AS n (latitude, longitude, reach_km, number) ORDER BY number""",
        {**circle, **dict(zip(("lats", "lons", "own"), columns, strict=True))},
    )
    inside = np.array([row[0] for row in found])
    distance = km(lat, lon, lats, lons)
    limit = np.maximum(reach, own) + margin
    assert inside[distance <= limit].all()
    assert not inside[distance > limit + 0.002].any()


def _of_places(lat, lon, reach):
    return engine.need_columns(
        engine.Need(
            id=n, kind="goods", category="bedding", city=1, lat=float(a), lon=float(b), reach_km=float(r),
            first_day=TODAY, last_day=TODAY, quantity=1,
        )
        for n, (a, b, r) in enumerate(zip(lat, lon, reach, strict=True))
    )  # fmt: skip


# --- A country as each need alone ----------------------------------------------------------------------


def test_a_part_is_ranked_as_each_of_its_needs_alone(city):
    """Near misses too: those of one need must not hold an offer that is far beyond its reach and near another's."""
    places = [away(city, 0), away(city, 24), away(city, 47), away(city, 70)]
    for place in places:
        for reach in (3, 12, 40):
            OfferFactory(city=city, goods=True, commune=place, reach_km=reach)
            OfferFactory(city=city, goods=True, commune=place, reach_km=reach, capacity=1)
            OfferFactory(city=city, goods=True, commune=place, reach_km=reach, category="clothes")
        NeedFactory(city=city, goods=True, commune=place, reach_km=5)
        NeedFactory(city=city, goods=True, commune=place, reach_km=1, part_useful=False)
        NeedFactory(city=city, goods=True, commune=place, reach_km=25, category="clothes")
    whole = snapshots.of_part(city, kind=Kind.GOODS, now=NOW)
    together = whole.rank(today=TODAY)
    alone = [
        snapshots.of_needs([need], city=city, now=NOW).rank(today=TODAY)
        for need in Need.objects.order_by("pk")
    ]
    assert len(together) == 12
    assert [[ranking] for ranking in together] == alone
    missed = [miss for ranking in together for miss in ranking.near_misses if miss.rule == "distance"]
    assert missed
    assert max(miss.gap for miss in missed) <= engine.NEAR_KM


@pytest.mark.parametrize("size", [1, 2, 5])
def test_slices_of_a_part_say_the_same(city, coordinator, size):
    for _ in range(3):
        due_offer(city=city)
    wanted = [due_need(city=city) for _ in range(5)]
    drain()
    promised, other = (Match.objects.filter(need=wanted[place]).suggested()[0] for place in (0, 3))
    services.propose(match_id=promised.pk, by=coordinator, now=NOW)
    services.dismiss(match_id=other.pk, reason=Reason.OTHER, by=coordinator, now=NOW)
    whole = snapshots.of_part(city, kind=Kind.HOUSING, now=NOW)
    slices = list(whole.slices(size))
    assert [ids(some.needs) for some in slices] == [ids(whole.needs)[n : n + size] for n in range(0, 4, size)]
    assert [ranking for some in slices for ranking in some.rank(today=TODAY)] == whole.rank(today=TODAY)
    assert {pair for some in slices for pair in some.excluded_pairs()} == {(wanted[3].pk, other.offer_id)}
    assert [some.left_out for some in slices] == [{wanted[0].pk: 1}, *[{}] * (len(slices) - 1)]


def test_slices_of_nothing_are_one(city):
    (alone,) = snapshots.of_part(city, kind=Kind.HOUSING, now=NOW).slices(3)
    assert len(alone.needs) == 0


def test_a_part_is_one_kind_and_where_named_some_categories_and_departements(city):
    elsewhere = CommuneFactory(
        insee="68066", name="Colmar", department_code="68", latitude=48.08, longitude=7.35
    )
    wanted = NeedFactory(city=city, goods=True)
    far = NeedFactory(city=city, goods=True, commune=elsewhere)
    NeedFactory(city=city)
    NeedFactory(city=city, goods=True, state="withdrawn")
    NeedFactory(city=city, goods=True, organisation=OrganisationFactory(city=city))
    NeedFactory(goods=True)
    own = NeedFactory(city=city, goods=True, for_person=UserFactory())

    def chosen(**part):
        return ids(snapshots.of_part(city, kind=Kind.GOODS, **part, now=NOW).needs)

    assert chosen() == [wanted.pk, far.pk, own.pk]
    assert chosen(departments=["67"]) == [wanted.pk, own.pk]
    assert chosen(departments=["67", "68"], categories=[wanted.category]) == [wanted.pk, far.pk, own.pk]
    assert chosen(departments=["99"]) == chosen(categories=["clothes"]) == []


def test_a_selection_is_of_kind_urgency_and_list(city):
    goods = NeedFactory(city=city, goods=True, urgency="tonight")
    home = NeedFactory(city=city, urgency="tonight")
    later = NeedFactory(city=city)
    closed = NeedFactory(city=city, state="withdrawn")

    def chosen(**selection):
        return ids(snapshots.of_selection(city, **selection, now=NOW).needs)

    assert chosen() == [goods.pk, home.pk, later.pk]
    assert chosen(kind=Kind.HOUSING) == [home.pk, later.pk]
    assert chosen(urgency="tonight") == [goods.pk, home.pk]
    assert chosen(need_ids=[later.pk, closed.pk]) == [later.pk]
    assert chosen(kind=Kind.GOODS, need_ids=[later.pk]) == []


def test_a_town_s_day_and_weights_are_its_own():
    town = CityFactory(timezone="Pacific/Noumea")
    town.weights = {"proximity": 50, "dates": 10, "fit": 10, "language": 10, "freshness": 10, "courtesy": 10}
    evening = NOW.replace(hour=21)
    OfferFactory(city=town, confirmed_at=evening)
    need = due_need(city=town, now=evening, first_day=date(2026, 3, 1), last_day=date(2026, 3, 20))
    over = due_need(city=town, now=evening, first_day=date(2026, 3, 1), last_day=date(2026, 3, 9))
    snapshot = snapshots.of_needs([need, over], city=town, now=evening)
    tomorrow = local_day(evening, town)
    assert tomorrow == date(2026, 3, 10)
    assert snapshot.offers.confirmed_day.tolist() == [tomorrow.toordinal()]
    assert (ids(snapshot.needs), list(snapshot.left_out)) == ([need.pk], [over.pk])
    assert snapshot.weights[town.pk].proximity == 50


test_a_town_s_day_and_weights_are_its_own = pytest.mark.django_db(test_a_town_s_day_and_weights_are_its_own)


# --- Rows written by hand ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "field"),
    [
        ("UPDATE offers_offer SET languages = '{fr,\"\"}' WHERE id = %s", "languages"),
        ("UPDATE offers_offer SET languages = '{fr,NULL}' WHERE id = %s", "languages"),
        ("UPDATE offers_offer SET accepts = '{dogs}' WHERE id = %s", "accepts"),
        ("UPDATE offers_offer SET slots = '{soir}' WHERE id = %s", "slots"),
        ("DELETE FROM offers_window WHERE offer_id = %s", "available"),
        (
            "ALTER TABLE offers_offer DROP CONSTRAINT offer_reach_plausible;"
            " UPDATE offers_offer SET reach_km = 'Infinity' WHERE id = %s",
            "reach_km",
        ),
        (
            "ALTER TABLE offers_offer DROP CONSTRAINT offer_capacity_plausible;"
            " UPDATE offers_offer SET capacity = 0 WHERE id = %s",
            "capacity",
        ),
    ],
    ids=["empty word", "null word", "unknown word", "no slot", "no window", "endless reach", "no capacity"],
)
def test_a_bad_offer_is_left_out_and_named(city, caplog, sql, field):
    bad, good = OfferFactory(city=city), OfferFactory(city=city)
    need = due_need(city=city)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, [bad.pk])
    snapshot = snapshots.of_needs([need], city=city, now=NOW)
    assert ids(snapshot.offers) == [good.pk]
    assert f"offer {bad.pk} is left out of a scan: {field}" in caplog.text
    assert snapshot.rank(today=TODAY)


@pytest.mark.parametrize(
    ("sql", "field"),
    [
        ("UPDATE needs_need SET languages = '{\"\"}' WHERE id = %s", "languages"),
        ("UPDATE needs_need SET slots = '{soir}' WHERE id = %s", "slots"),
        (
            "ALTER TABLE needs_need DROP CONSTRAINT need_point_on_earth;"
            " UPDATE needs_need SET longitude = 'NaN' WHERE id = %s",
            "lon",
        ),
        (
            "ALTER TABLE needs_need DROP CONSTRAINT need_people_plausible,"
            " DROP CONSTRAINT need_household_adds_up;"
            " UPDATE needs_need SET people = 0, adult_women = 0, adult_men = 0, children_under_3 = 0,"
            " children_3_to_11 = 0, children_12_to_17 = 0, couple = false WHERE id = %s",
            "people",
        ),
    ],
    ids=["empty word", "no slot", "nowhere", "nobody"],
)
def test_a_bad_need_is_left_out_and_named(city, caplog, sql, field):
    bad, good = due_need(city=city), due_need(city=city)
    offer = OfferFactory(city=city)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql, [bad.pk])
    snapshot = snapshots.of_needs([bad, good], city=city, now=NOW)
    assert ids(snapshot.needs) == [good.pk]
    assert ids(snapshot.offers) == [offer.pk]
    assert f"need {bad.pk} is left out of its scan: {field}" in caplog.text


def test_lists_are_learnt_once(city):
    OfferFactory(city=city, languages=["fr", "so"])
    need = due_need(city=city)
    read = partial(snapshots.of_needs, [need], city=city, now=NOW)
    list_columns._known_lists.clear()
    first, again = ([line for line in plans_of(read) if "Query Text" in line] for _ in range(2))
    assert len(first) - len(again) == 2, "not again the words of needs, and of offers"
    offers = read().offers
    assert words(offers.vocabulary.languages, offers.languages) == [{"fr", "so"}]


def test_an_offer_whose_words_change_while_they_are_read_is_left_to_its_own_scan(
    transactional_db, city, meanwhile, caplog
):
    """It is due: its list of the first moment is in no row any more at the second."""
    changed, stays = OfferFactory(city=city, languages=["zu"]), OfferFactory(city=city, languages=["fr"])
    read = partial(snapshots.of_offers, [changed.pk, stays.pk], city=city, now=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        # What is held of the offers is read after their rows and before their words.
        cursor.execute("LOCK TABLE matching_hold")
        answer = meanwhile(read)
        Offer.objects.filter(pk=changed.pk).update(languages=["xh"])
    assert ids(answer().offers) == [stays.pk]
    assert not caplog.records
    assert ids(read().offers) == [changed.pk, stays.pk]
