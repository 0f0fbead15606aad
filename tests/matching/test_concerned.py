"""The needs that a new offer is compared with are found in their index; here all open needs are compared with it."""

import re
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalogue.models import REACH_CLASSES
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import scanning
from matching.models import Match
from matching.scanning import due_offers, reading, snapshots
from matching.scanning.reading import concerned
from needs.models import OPEN_STATES, Need
from offers.models import Offer
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import NOW, due_need, due_offer
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.matching.large_town import add_alike, plans_of

# Fewer than a list really holds, so that it is soon full.
KEEP = 2
KM_A_DEGREE = 111.195

centres = st.sampled_from([(48.6, 7.75), (-16.5, 179.99), (-16.5, -179.99), (89.95, 10.0), (0.0, 0.0)])
reaches = st.sampled_from([0, 0.5, 5, 5.000001, 10, 30.5, 50, 100, 499.9, 500])
# From the centre, in shares of the larger reach: within, at the border, beyond.
directions = st.tuples(st.sampled_from([0, 0.5, 0.999, 1, 1.001, 1.3]), st.floats(0, 360))
kinds = st.sampled_from(
    ["shared_room", "whole_dwelling", "bedding", "clothes", "french_lessons", "paperwork"]
)
offered = st.tuples(kinds, reaches, st.booleans(), st.booleans(), st.booleans(), st.integers(0, 40))
asked = st.tuples(
    kinds,
    reaches,
    st.booleans(),
    st.booleans(),
    st.booleans(),
    directions,
    st.sampled_from([[], [], ["shared_room"], ["whole_dwelling", "empty_dwelling"]]),
)
KIND_OF = {
    "bedding": Kind.GOODS,
    "clothes": Kind.GOODS,
    "french_lessons": Kind.SKILL,
    "paperwork": Kind.SKILL,
}


def improved_by(offers, town):
    """All open needs of a town compared with these offers, one list after the other."""
    rows = list(Need.objects.filter(city=town, state__in=OPEN_STATES))
    snapshot = snapshots.of_pairs(rows, [offer.pk for offer in offers], city=town, now=NOW)
    found, feasible = set(), set()
    for ranking in snapshot.rank(today=local_day(NOW, town), near=0):
        kept = list(Match.objects.filter(need=ranking.need_id).suggested().values_list("score", flat=True))
        if ranking.pairings:
            feasible.add(ranking.need_id)
            if len(kept) < KEEP or ranking.pairings[0].score >= min(kept):
                found.add(ranking.need_id)
    return found, feasible


def away(centre, reach_km, direction):
    """A point so far from the centre (on the sphere: over the pole and the antimeridian as well)."""
    share, bearing = direction
    lat, lon, angle = np.radians(centre[0]), np.radians(centre[1]), share * reach_km / KM_A_DEGREE
    angle, bearing = np.radians(angle), np.radians(bearing)
    to = np.arcsin(np.sin(lat) * np.cos(angle) + np.cos(lat) * np.sin(angle) * np.cos(bearing))
    over = np.arctan2(np.sin(bearing) * np.sin(angle) * np.cos(lat), np.cos(angle) - np.sin(lat) * np.sin(to))
    return float(np.degrees(to)), float((np.degrees(lon + over) + 180) % 360 - 180)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(
    centre=centres,
    earlier=st.lists(offered, max_size=4),
    newcomers=st.lists(offered, min_size=1, max_size=3),
    wanted=st.lists(asked, min_size=1, max_size=8),
)
@example(
    centre=(-16.5, 179.99),
    earlier=[],
    newcomers=[("bedding", 30.5, False, False, False, 0)],
    wanted=[("bedding", 0, False, False, False, (0.999, 90.0), [])],
)
def test_no_need_is_missed(db, centre, earlier, newcomers, wanted):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patched:
        patched.setattr(concerned, "KEEP", KEEP)
        here, there = CityFactory(), CityFactory()
        here.linked.add(there)
        owner = UserFactory()
        verified, pending = OrganisationFactory(city=here, verified=True), OrganisationFactory(city=here)
        farthest = max(reach for _, reach, *_ in newcomers)

        def offer(one):
            category, reach, is_there, shares, remote, age = one
            return due_offer(
                city=there if is_there else here, kind=KIND_OF.get(category, Kind.HOUSING), category=category,
                latitude=centre[0], longitude=centre[1], reach_km=reach, share_with_linked=shares, owner=owner,
                remote=remote, languages_from=["ti"], languages_to=["fr"], confirmed_at=NOW - timedelta(days=age),
            )  # fmt: skip

        for category, reach, is_there, waits, remote, direction, forms in wanted:
            lat, lon = away(centre, max(reach, farthest), direction)
            kind = KIND_OF.get(category, Kind.HOUSING)
            due_need(
                city=there if is_there else here, kind=kind, category="" if kind == Kind.HOUSING else category,
                forms=forms if kind == Kind.HOUSING else [], organisation=pending if waits else verified,
                latitude=lat, longitude=lon, reach_km=reach, remote_ok=remote,
            )  # fmt: skip
        for one in earlier:
            offer(one)
        while scanning.scan_due_needs(by=None, now=NOW):
            pass
        new = [offer(one) for one in newcomers]
        for town in (here, there):
            improved, feasible = improved_by(new, town)
            ids = [one.pk for one in new]
            read = snapshots.of_offers(ids, city=town, now=NOW).needs
            assert feasible <= set(read.ids.tolist())
            assert set(due_offers.needs_improved_by(ids, town, now=NOW)) == improved
        transaction.set_rollback(True)


def km_north(city, km):
    lat = city.seat.latitude + km / KM_A_DEGREE
    return {"latitude": lat, "longitude": city.seat.longitude}


def test_only_the_needs_within_reach_are_read(city):
    """One need that reaches far must not have all the others read."""
    offer = due_offer(city=city, kind=Kind.GOODS, reach_km=10)
    goods = {"city": city, "goods": True}
    here = NeedFactory(**goods)
    near = NeedFactory(**goods, **km_north(city, 9.9), reach_km=2)
    far = NeedFactory(**goods, **km_north(city, 300), reach_km=301)
    NeedFactory(**goods, **km_north(city, 11), reach_km=2)
    NeedFactory(**goods, **km_north(city, 301), reach_km=299)
    NeedFactory(**goods, category="clothes")
    NeedFactory(**goods, state="withdrawn")
    NeedFactory(goods=True)
    NeedFactory(city=city)
    found = snapshots.of_offers([offer.pk], city=city, now=NOW).needs
    assert found.ids.tolist() == [here.pk, near.pk, far.pk]


def test_only_the_needs_that_take_such_a_home_are_read(city):
    offer = due_offer(city=city, category="shared_room")
    any_home = NeedFactory(city=city)
    such = NeedFactory(city=city, forms=["whole_dwelling", "shared_room"])
    NeedFactory(city=city, forms=["whole_dwelling"])
    found = snapshots.of_offers([offer.pk], city=city, now=NOW).needs
    assert found.ids.tolist() == [any_home.pk, such.pk]


def test_a_lesson_from_afar_finds_the_needs_that_take_it(city):
    lesson = {"category": "french_lessons", "remote_ok": True}
    there = km_north(city, 600)
    offer = OfferFactory(city=city, skill=True, remote=True, **there)
    takes = NeedFactory(city=city, skill=True, **lesson)
    NeedFactory(city=city, skill=True, category="french_lessons")
    NeedFactory(city=city, skill=True, category="paperwork", remote_ok=True)
    assert snapshots.of_offers([offer.pk], city=city, now=NOW).needs.ids.tolist() == [takes.pk]
    Offer.objects.update(remote=False)
    assert len(snapshots.of_offers([offer.pk], city=city, now=NOW).needs) == 0


def test_the_index_holds_all_that_finds_a_need():
    """Otherwise each candidate would be looked up in the table, which is wide."""
    indexes = {index.name: index for index in Need._meta.indexes}
    for name, sql, condition in (
        ("need_candidates", concerned._IN_RANGES + reading.ranges.in_circle("n"), {"state"}),
        ("need_remote", concerned._REMOTE, {"state", "remote_ok"}),
    ):
        held = {
            Need._meta.get_field(field).column for field in [*indexes[name].fields, *indexes[name].include]
        }
        assert set(re.findall(r"\bn\.(\w+)", sql)) - held == condition


def test_the_indexes_are_used_in_a_large_town(transactional_db, city):
    """As the planner decides by itself, with as many rows as make it matter, once they are vacuumed."""
    add_alike(
        NeedFactory(city=city, skill=True, category="french_lessons"),
        20_000,
        reach_km="mod(number, 60)",
        category="(ARRAY['french_lessons', 'paperwork', 'meals', 'transport'])[1 + mod(number, 4)]",
        remote_ok="mod(number, 50) = 0",
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) needs_need")
    offer = OfferFactory(city=city, skill=True, remote=True)
    plans = plans_of(lambda: snapshots.of_offers([offer.pk], city=city, now=NOW))
    for scan in ("Index Only Scan using need_candidates", " need_remote", "Index Scan using needs_need_pkey"):
        assert any(scan in line for line in plans), "\n".join(plans)


def test_classes_of_reach_are_the_database_s(city):
    reaches_of = [0, *(km for km in REACH_CLASSES), *(km + 1e-6 for km in REACH_CLASSES[:-1])]
    for reach_km in reaches_of:
        OfferFactory(city=city, goods=True, reach_km=reach_km)
        NeedFactory(city=city, goods=True, reach_km=reach_km)
    for model in (Offer, Need):
        for reach_km, reach_class in model.objects.values_list("reach_km", "reach_class"):
            assert reach_class == REACH_CLASSES[np.searchsorted(REACH_CLASSES, reach_km)]


def test_places_of_communes_are_not_needed(city):
    """A need may lie elsewhere than its commune's point: it is found where it lies."""
    commune = CommuneFactory(insee="75056", name="Paris", latitude=48.86, longitude=2.35)
    need = NeedFactory(city=city, goods=True, commune=commune, **km_north(city, 1))
    offer = due_offer(city=city, kind=Kind.GOODS)
    assert snapshots.of_offers([offer.pk], city=city, now=NOW).needs.ids.tolist() == [need.pk]
