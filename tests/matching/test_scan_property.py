"""Whatever happens in a town, once the queue is drained each need has what the engine says over all offers.

The scans look at few rows: candidates by place, needs that a new offer improves. Here everything is read and
compared afresh, with records made by hand.
"""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import engine
from accounts import services as accounts
from accounts.models import Organisation
from catalogue.items import with_kinds
from catalogue.slots import parse_slot
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import scanning, services, sweeps
from matching.lifecycle import NotPossible, Reason
from matching.models import Hold, Match
from matching.reasons.engine_records import series_of
from needs import services as needs
from needs.models import Need
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.matching import invariants

PLACES = [(48.5734, 7.7521), (48.5734, 7.80), (48.62, 7.7521), (48.70, 7.60)]
NEVER_ASKED_AGAIN = {"proposed", "accepted", "confirmed", "under_way"}
ANSWERED = {"dismissed", "declined", "refused", "cancelled", "broken_off"}

kinds = st.sampled_from([Kind.HOUSING, Kind.HOUSING, Kind.GOODS, Kind.SKILL])
small = st.integers(0, 5)
ages = st.sampled_from([0, 0, 1, 5, 40, 100])
steps = st.one_of(
    st.tuples(st.just("offer"), kinds, small, small, ages, st.booleans()),
    st.tuples(st.just("need"), kinds, small, small, small, st.booleans()),
    st.tuples(
        st.sampled_from(
            ["propose", "propose", "dismiss", "accept", "confirm", "decline", "cancel", "lapse", "pause", "resume",
             "withdraw", "capacity", "place", "forms", "quantity", "close", "suspend", "verify", "reconfirm", "drain"]
        ),
        st.integers(0, 30),
    ),
)  # fmt: skip


class World:
    """Two linked towns, three citizens, two associations, and what befalls them."""

    def __init__(self, crowded: bool) -> None:
        self.towns = [CityFactory(), CityFactory()]
        self.towns[0].linked.add(self.towns[1])
        self.desk = UserFactory()
        for town in self.towns:
            CityRoleFactory(city=town, user=self.desk)
        self.citizens = UserFactory.create_batch(3)
        self.organisations = [OrganisationFactory(city=self.towns[0], verified=True) for _ in range(2)]
        self.moment = NOW
        if crowded:
            for number in range(22):
                due_offer(
                    city=self.towns[0],
                    kind=Kind.GOODS,
                    owner=self.citizens[0] if number % 7 == 0 else UserFactory(),
                    confirmed_at=NOW - timedelta(days=2 * number),
                )

    def offer(self, kind, place, size, age, other_town):
        latitude, longitude = PLACES[place % 4]
        due_offer(
            city=self.towns[other_town],
            kind=kind,
            owner=self.citizens[size % 3],
            capacity=size + 1,
            latitude=latitude,
            longitude=longitude,
            reach_km=[0, 3, 12][size % 3],
            confirmed_at=NOW - timedelta(days=age),
            created_at=NOW - timedelta(days=age),
            share_with_linked=place % 2 == 0,
            languages=[["fr"], [], ["ti", "fr"]][size % 3],
            scan_due_at=self.moment,
        )

    def need(self, kind, place, size, days, other):
        latitude, longitude = PLACES[place % 4]
        first = NOW.date() + timedelta(days=days)
        shape = (
            {"adult_women": size + 1, "children_3_to_11": 0}
            if kind == Kind.HOUSING
            else {"quantity": size + 1}
        )
        due_need(
            city=self.towns[0],
            organisation=self.organisations[other],
            kind=kind,
            latitude=latitude,
            longitude=longitude,
            reach_km=[2, 8][size % 2],
            first_day=first,
            last_day=first + timedelta(days=6),
            languages=[["ti"], []][days % 2],
            part_useful=kind == Kind.GOODS and days % 2 == 0,
            scan_due_at=self.moment,
            **shape,
        )

    def act(self, name, pick):
        self.moment += timedelta(minutes=1)
        by = {"by": self.desk, "now": self.moment}
        why = {"reason": Reason.OTHER}
        match = self._one(Match, pick)
        offer = self._one(Offer, pick)
        need = self._one(Need, pick)
        organisation = self.organisations[pick % 2]
        if name == "drain":
            drain(self.moment)
        elif name == "lapse":
            sweeps.lapse_unanswered(by=None, now=self.moment + timedelta(hours=pick * 3))
        elif name in ("propose", "accept", "confirm") and match:
            getattr(services, name)(match_id=match, **by)
        elif name in ("dismiss", "decline", "cancel") and match:
            getattr(services, name)(match_id=match, **by, **why)
        elif name in ("pause", "resume", "withdraw", "reconfirm") and offer:
            getattr(offers, name)(offer_id=offer, **by)
        elif name in ("capacity", "place") and offer:
            latitude, longitude = PLACES[pick % 4]
            fields = (
                {"capacity": pick % 6 + 1}
                if name == "capacity"
                else {"latitude": latitude, "longitude": longitude}
            )
            offers.change(offer_id=offer, fields=fields, windows=None, **by)
        elif name == "forms" and need:
            fields = {"reach_km": float(pick), "languages": [["fr"], []][pick % 2]}
            needs.change(need_id=need, fields=fields, today=NOW.date(), **by)
        elif name == "quantity" and need:
            fields = {"adult_women": pick % 4 + 1, "quantity": pick % 4 + 1, "people": pick % 4 + 1}
            if Need.objects.get(pk=need).kind != Kind.HOUSING:
                del fields["adult_women"]
            needs.change(need_id=need, fields=fields, today=NOW.date(), **by)
        elif name == "close" and need:
            needs.withdraw(need_id=need, **by)
        elif name == "suspend":
            accounts.suspend_organisation(organisation=organisation, reason="Fermée", **by)
            scanning.set_suspended_aside(by=None, now=self.moment)
        elif name == "verify":
            accounts.verify_organisation(organisation=organisation, **by)

    def _one(self, model, pick):
        rows = list(model.objects.order_by("pk").values_list("pk", flat=True))
        return rows[pick % len(rows)] if rows else None


def all_offers(now):
    holds, asked = {}, {}
    for hold in Hold.objects.all():
        holds.setdefault(hold.offer_id, []).append(engine.Hold(hold.first_day, hold.last_day, hold.quantity))
    for match in Match.objects.filter(asked_at__gte=now - timedelta(days=30)).select_related("offer"):
        asked[match.offer.owner_id] = asked.get(match.offer.owner_id, 0) + 1
    return [
        engine.Offer(
            item=offer.item, size=offer.size, series=series_of(offer.item),
            id=offer.pk, kind=offer.kind, category=offer.category, city=offer.city_id, lat=offer.latitude,
            lon=offer.longitude, reach_km=offer.reach_km, languages=frozenset(offer.languages),
            available=tuple(engine.Window(w.first_day, w.last_day) for w in offer.windows.all()),
            capacity=offer.capacity, confirmed_on=local_day(offer.confirmed_at, offer.city),
            asked_last_30_days=asked.get(offer.owner_id, 0), registered_at=offer.created_at,
            holds=tuple(holds.get(offer.pk, ())), shared_with_linked=offer.share_with_linked,
            is_open=offer.state == "active", shared_home=offer.shared_home, accepts=frozenset(offer.accepts),
            step_free=offer.step_free, pets_accepted=offer.pets_accepted,
            languages_from=frozenset(offer.languages_from), languages_to=frozenset(offer.languages_to),
            slots=slots(offer), remote=offer.remote,
        )
        for offer in Offer.objects.prefetch_related("windows").select_related("city")
    ]  # fmt: skip


def as_record(need):
    return engine.Need(
        id=need.pk, kind=need.kind, category=need.category, city=need.city_id, lat=need.latitude,
        lon=need.longitude, reach_km=need.reach_km, languages=frozenset(need.languages),
        first_day=need.first_day, last_day=need.last_day, min_days=need.min_days,
        quantity=need.quantity,
        given=tuple(
            engine.Hold(hold.first_day, hold.last_day, hold.quantity)
            for hold in Hold.objects.filter(need=need, released=False)
        ),
        part_useful=need.part_useful, adult_women=need.adult_women, adult_men=need.adult_men,
        children=need.children, couple=need.couple, shared_home_ok=need.shared_home_ok,
        forms=frozenset(need.forms), languages_from=frozenset(need.languages_from),
        languages_to=frozenset(need.languages_to), slots=slots(need), remote_ok=need.remote_ok,
        items=with_kinds(need.items), sizes=tuple(need.sizes),
        series=tuple(map(series_of, with_kinds(need.items))),
    )  # fmt: skip


def slots(row):
    parsed = [parse_slot(slot) for slot in row.slots]
    return tuple(engine.Slot(slot.weekday, slot.start_minute, slot.end_minute) for slot in parsed)


def expected(need, offered):
    """(offer, score, first day, last day, quantity), best first, of everything there is."""
    organisation = Organisation.objects.get(pk=need.organisation_id)
    if need.state not in ("open", "partly_met") or not organisation.is_verified:
        return []
    aside = {
        (need.pk, match.offer_id)
        for match in Match.objects.filter(need=need).select_related("offer")
        if match.state in NEVER_ASKED_AGAIN
        or (
            match.state in ANSWERED
            and (match.need_revision, match.offer_revision) == (need.revision, match.offer.revision)
        )
    }
    links = {frozenset((need.city_id, town.pk)) for town in need.city.linked.all()}
    (ranking,) = engine.rank(
        [as_record(need)],
        offered,
        today=local_day(NOW, need.city),
        links=links,
        excluded=aside,
        weights=engine.Weights(**need.city.weights),
    )
    return [
        (p.offer_id, p.score, p.run_first_day, p.run_last_day, p.quantity, place)
        for place, p in enumerate(ranking.pairings, start=1)
    ]


@pytest.mark.parametrize("crowded", [False, True])
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(story=st.lists(steps, min_size=4, max_size=16))
def test_a_drained_queue_is_a_full_comparison(db, crowded, story):
    with transaction.atomic():
        world = World(crowded)
        for name, *rest in story:
            try:
                if name in ("offer", "need"):
                    getattr(world, name)(*rest)
                else:
                    world.act(name, *rest)
            except (NotPossible, ValidationError):
                continue
        drain(world.moment)

        offered = all_offers(world.moment)
        for need in Need.objects.select_related("city"):
            suggested = Match.objects.filter(need=need).suggested()
            found = suggested.values_list("offer", "score", "first_day", "last_day", "quantity", "rank")
            assert list(found) == expected(need, offered), need
        invariants.check(settled=True)
        transaction.set_rollback(True)
