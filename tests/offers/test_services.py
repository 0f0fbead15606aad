"""The rules of offers: states, constraints, and what is registered once."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Consent, User
from catalogue.vocabulary import Category, Kind, Source
from cities.days import local_day
from cities.models import City
from notifications.models import Message
from offers import asking, intake, services
from offers.models import Offer, OfferChange, OfferState, Window
from sealing.seals import NOTHING
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.offers import OfferFactory

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OPEN = [(date(2026, 3, 3), None)]
WakeUps = Callable[[], list[tuple[str, list[Any]]]]


def room(city: City, **changes: Any) -> dict[str, Any]:
    return {
        "kind": Kind.HOUSING,
        "category": Category.SHARED_ROOM,
        "title": "Chambre",
        "commune": city.seat,
        "capacity": 2,
        **changes,
    }


def register(city: City, owner: User, **changes: Any) -> Offer:
    arguments: dict[str, Any] = {
        "fields": room(city),
        "windows": OPEN,
        "source": Source.WEB,
        "contact_proven": True,
        "by": owner,
        "now": NOW,
    }
    return services.register(city=city, owner=owner, **{**arguments, **changes})


# --- Registering ---------------------------------------------------------------------------------------


def test_proven_contact_makes_it_active_and_wakes_a_worker(
    city: City, citizen: User, wake_ups: WakeUps
) -> None:
    with transaction.atomic():
        offer = register(city, citizen)
    assert (offer.state, offer.confirmed_at, offer.scan_due_at) == (OfferState.ACTIVE, NOW, NOW)
    assert (offer.latitude, offer.longitude) == (city.seat.latitude, city.seat.longitude)
    assert offer.entered_by is None
    assert [change.act for change in offer.changes.all()] == ["register"]
    assert Message.objects.get().recipient == citizen


def test_unproven_contact_waits_and_nobody_is_written_to(city: City, citizen: User) -> None:
    offer = register(city, citizen, contact_proven=False)
    assert (offer.state, offer.confirmed_at, offer.scan_due_at) == (OfferState.UNCONFIRMED, None, None)
    assert not Message.objects.exists()


def test_who_entered_it_for_somebody_is_kept(city: City, citizen: User, operator: User) -> None:
    assert register(city, citizen, by=operator, source=Source.PHONE).entered_by == operator


def test_same_key_gives_the_first_one_back(city: City, citizen: User) -> None:
    first = register(city, citizen, external_key="form:1")
    again = register(city, citizen, external_key="form:1", fields=room(city, capacity=4))
    assert again == first
    assert Offer.objects.get().capacity == 2
    assert register(city, citizen, external_key="form:2") != first
    assert register(city, citizen) != register(city, citizen)
    other = CityFactory()
    assert register(other, citizen, external_key="form:1") != first


@pytest.mark.django_db(transaction=True)
def test_the_same_form_posted_at_the_same_moment_is_one_offer(at_once: Callable[..., list[Any]]) -> None:
    city = CityFactory()

    def send() -> Offer:
        return intake.receive(
            city=city,
            contact={"name": "Camille", "email": "camille@exemple.fr", "phone": None},
            language="fr",
            fields=room(city),
            windows=OPEN,
            external_key="form:same",
            by=None,
            now=NOW,
        )

    answers = at_once(send, send, send, send)
    assert {answer.reference for answer in answers} == {Offer.objects.get().reference}
    assert User.objects.count() == 1
    assert Consent.objects.count() == 1
    assert Window.objects.count() == 1


def test_refused_offer_leaves_no_person_behind(city: City) -> None:
    with pytest.raises(ValidationError):
        intake.receive(
            city=city,
            contact={"name": "Camille", "email": "camille@exemple.fr", "phone": None},
            language="fr",
            fields=room(city, capacity=0),
            windows=OPEN,
            external_key="form:1",
            by=None,
            now=NOW,
        )
    assert not User.objects.filter(email="camille@exemple.fr").exists()


@pytest.mark.parametrize(
    ("changes", "windows", "field"),
    [
        ({"capacity": 0}, OPEN, "capacity"),
        ({"capacity": 51}, OPEN, "capacity"),
        ({"category": Category.BEDDING}, OPEN, "category"),
        ({"kind": Kind.SKILL, "category": Category.INTERPRETING}, OPEN, "languages_from"),
        ({"kind": Kind.SKILL, "category": Category.MEALS, "reach_km": 501}, OPEN, "reach_km"),
        ({"languages": ["xx-nope"]}, OPEN, "languages"),
        ({"kind": Kind.SKILL, "category": Category.MEALS, "slots": ["mon 20:00-18:00"]}, OPEN, "slots"),
        ({"title": ""}, OPEN, "title"),
        ({}, [], "windows"),
        ({}, [(date(2026, 3, 3), date(2026, 3, 2))], "windows"),
        ({}, [(date(2026, 3, 3), date(2026, 3, 9)), (date(2026, 3, 9), None)], "windows"),
        ({}, [(date(2026, 3, 3), None), (date(2026, 4, 1), date(2026, 4, 2))], "windows"),
    ],
)
def test_wrong_offer_is_refused_by_field(
    city: City, citizen: User, changes: dict[str, Any], windows: Any, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        register(city, citizen, fields=room(city, **changes), windows=windows)
    assert field in refused.value.message_dict
    assert not Offer.objects.exists()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"capacity": 0}, "offer_capacity_plausible"),
        ({"category": "bedding"}, "offer_category_of_kind"),
        ({"reach_km": -1}, "offer_reach_plausible"),
        ({"latitude": 99}, "offer_point_on_earth"),
        ({"confirmed_at": None}, "offer_active_is_confirmed"),
        ({"vetted_at": NOW}, "offer_vetted_at_by"),
    ],
)
def test_the_database_refuses_it_whatever_writes(city: City, changes: dict[str, Any], name: str) -> None:
    offer = OfferFactory(city=city)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Offer.objects.filter(pk=offer.pk).update(**changes)


def test_goods_are_not_visited(city: City, coordinator: User) -> None:
    with pytest.raises(ValidationError):
        services.vet(offer_id=OfferFactory(city=city, goods=True).pk, by=coordinator, now=NOW)


def test_periods_of_one_offer_never_overlap_in_the_database(city: City) -> None:
    offer = OfferFactory(city=city, windows=[(date(2026, 3, 3), date(2026, 3, 9))])
    Window.objects.create(offer=offer, first_day=date(2026, 3, 10), last_day=None)
    with pytest.raises(IntegrityError, match="window_no_overlap"), transaction.atomic():
        Window.objects.create(offer=offer, first_day=date(2026, 3, 9), last_day=date(2026, 3, 9))
    with pytest.raises(IntegrityError, match="window_in_order"), transaction.atomic():
        Window.objects.create(offer=OfferFactory(city=city), first_day=NOW.date(), last_day=date(2025, 1, 1))


# --- Contact -------------------------------------------------------------------------------------------


def test_proving_the_contact_activates_what_waited_once(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, unconfirmed=True)
    assert services.prove_contact(owner=citizen, by=citizen, now=NOW) == 1
    offer.refresh_from_db()
    assert (offer.state, offer.confirmed_at, offer.scan_due_at) == (OfferState.ACTIVE, NOW, NOW)
    assert services.prove_contact(owner=citizen, by=citizen, now=NOW + timedelta(hours=1)) == 0
    assert Message.objects.count() == 1


def test_proving_one_offer_leaves_the_others_and_other_people_alone(city: City, citizen: User) -> None:
    offer, second = OfferFactory.create_batch(2, city=city, owner=citizen, unconfirmed=True)
    somebodys = OfferFactory(city=city, unconfirmed=True)
    assert services.prove_contact(owner=citizen, by=citizen, now=NOW, offer_id=somebodys.pk) == 0
    assert services.prove_contact(owner=citizen, by=citizen, now=NOW, offer_id=offer.pk) == 1
    states = dict(Offer.objects.values_list("pk", "state"))
    assert states == {offer.pk: "active", second.pk: "unconfirmed", somebodys.pk: "unconfirmed"}


# --- States --------------------------------------------------------------------------------------------

ACTS: dict[str, Callable[..., Offer]] = {
    "pause": services.pause,
    "resume": services.resume,
    "reconfirm": services.reconfirm,
    "withdraw": services.withdraw,
}
# What each act makes of each state; None is a refusal.
TABLE = {
    "active": {"pause": "paused", "resume": "active", "reconfirm": "active", "withdraw": "withdrawn"},
    "paused": {"pause": "paused", "resume": "active", "reconfirm": None, "withdraw": "withdrawn"},
    "expired": {"pause": None, "resume": None, "reconfirm": "active", "withdraw": "withdrawn"},
    "unconfirmed": {"pause": None, "resume": None, "reconfirm": None, "withdraw": "withdrawn"},
    "withdrawn": {"pause": None, "resume": None, "reconfirm": None, "withdraw": "withdrawn"},
    "frozen": {"pause": None, "resume": None, "reconfirm": None, "withdraw": None},
}


@pytest.mark.parametrize(
    ("state", "act", "after"),
    [
        (state, act, after)
        for state, acts in TABLE.items()
        for act, after in acts.items()
        if (state, act) != ("active", "resume")
    ],
)
def test_each_act_from_each_state(city: City, citizen: User, state: str, act: str, after: str | None) -> None:
    offer = OfferFactory(city=city, owner=citizen, state=state)
    if after is None:
        with pytest.raises(ValidationError, match="ce n’est plus possible"):
            ACTS[act](offer_id=offer.pk, by=citizen, now=NOW)
    else:
        ACTS[act](offer_id=offer.pk, by=citizen, now=NOW)
    offer.refresh_from_db()
    assert offer.state == (after or state)
    changes = OfferChange.objects.filter(offer=offer)
    if after is None or (after == state and act != "reconfirm"):
        assert not changes.exists()
    else:
        change = changes.get()
        assert (change.act, change.from_state, change.to_state, change.by) == (act, state, after, citizen)


def test_pausing_and_resuming_have_the_engine_look_again(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    services.pause(offer_id=offer.pk, by=citizen, now=NOW)
    offer.refresh_from_db()
    assert (offer.scan_due_at, offer.revision) == (NOW, 2)
    services.mark_scanned(offer_id=offer.pk, revision=2)
    services.resume(offer_id=offer.pk, by=citizen, now=NOW)
    offer.refresh_from_db()
    assert (offer.scan_due_at, offer.confirmed_at) == (NOW, NOW)


def test_reminder_after_thirty_days_and_expiry_after_forty_five(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, confirmed_at=NOW)
    day = [NOW + timedelta(days=n) for n in range(50)]
    assert asking.remind_stale(city=city, by=None, now=day[29]) == 0
    assert asking.remind_stale(city=city, by=None, now=day[30]) == 1
    assert asking.remind_stale(city=city, by=None, now=day[31]) == 0
    assert Message.objects.get().event == "offer_reminder"
    assert services.expire_stale(city=city, by=None, now=day[44]) == 0
    assert services.expire_stale(city=city, by=None, now=day[45]) == 1
    offer.refresh_from_db()
    assert offer.state == OfferState.EXPIRED
    assert OfferChange.objects.get().by is None


def test_saying_that_it_holds_puts_off_the_reminder(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, confirmed_at=NOW)
    services.reconfirm(offer_id=offer.pk, by=citizen, now=NOW + timedelta(days=29))
    assert asking.remind_stale(city=city, by=None, now=NOW + timedelta(days=58)) == 0
    assert services.expire_stale(city=city, by=None, now=NOW + timedelta(days=73)) == 0


def test_a_pause_with_a_last_day_ends_by_itself(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, confirmed_at=NOW)
    last = local_day(NOW, city) + timedelta(days=9)
    services.pause_until(offer_id=offer.pk, last_day=last, by=citizen, now=NOW)
    assert services.resume_paused(city=city, by=None, now=NOW + timedelta(days=9)) == 0
    after = NOW + timedelta(days=10)
    assert services.resume_paused(city=city, by=None, now=after) == 1
    offer.refresh_from_db()
    assert (offer.state, offer.confirmed_at, offer.paused_until) == (OfferState.ACTIVE, after, None)
    assert offer.scan_due_at is not None


def test_a_pause_without_a_last_day_waits_for_its_owner(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen, confirmed_at=NOW)
    services.pause(offer_id=offer.pk, by=citizen, now=NOW)
    assert services.resume_paused(city=city, by=None, now=NOW + timedelta(days=400)) == 0


@pytest.mark.parametrize(("days", "sentence"), [(-1, "Ce jour est passé."), (367, "d’ici un an")])
def test_a_pause_ends_within_a_year(city: City, citizen: User, days: int, sentence: str) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    last = local_day(NOW, city) + timedelta(days=days)
    with pytest.raises(ValidationError, match=sentence):
        services.pause_until(offer_id=offer.pk, last_day=last, by=citizen, now=NOW)


def test_freezing_stops_it_and_lifting_leaves_it_paused(city: City, coordinator: User) -> None:
    offer = OfferFactory(city=city)
    services.freeze(offer_id=offer.pk, by=coordinator, now=NOW, reason="signalement")
    with pytest.raises(ValidationError):
        services.change(offer_id=offer.pk, fields={"capacity": 4}, windows=None, by=offer.owner, now=NOW)
    services.unfreeze(offer_id=offer.pk, by=coordinator, now=NOW, reason="rien")
    offer.refresh_from_db()
    assert (offer.state, offer.capacity) == (OfferState.PAUSED, 2)


# --- Changes -------------------------------------------------------------------------------------------


def test_a_change_that_matters_is_scanned_and_words_are_not(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    change = {"offer_id": offer.pk, "windows": None, "by": citizen, "now": NOW}
    services.change(**change, fields={"title": "Chambre calme", "address": "ailleurs"})
    offer.refresh_from_db()
    assert (offer.revision, offer.scan_due_at, offer.title) == (1, None, "Chambre calme")
    services.change(**change, fields={"capacity": 3})
    offer.refresh_from_db()
    assert (offer.revision, offer.scan_due_at) == (2, NOW)


def test_nothing_changed_writes_nothing(city: City, citizen: User) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    windows = [(w.first_day, w.last_day) for w in offer.windows.all()]
    services.change(offer_id=offer.pk, fields={"capacity": 2}, windows=windows, by=citizen, now=NOW)
    offer.refresh_from_db()
    assert offer.changed_at != NOW
    services.change(offer_id=offer.pk, fields={}, windows=OPEN, by=citizen, now=NOW)
    offer.refresh_from_db()
    assert (offer.changed_at, offer.revision) == (NOW, 2)


# --- Who sees what -------------------------------------------------------------------------------------


def test_owner_and_desk_see_it_and_nobody_else(city: City, citizen: User, stranger: User) -> None:
    offer = OfferFactory(city=city, owner=citizen)
    other_town = CityRoleFactory(role="coordinator").user
    administrator = CityRoleFactory(city=city, role="administrator").user
    seen = {
        user: Offer.objects.visible_to(user).filter(pk=offer.pk).exists()
        for user in (
            citizen,
            CityRoleFactory(city=city, role="operator").user,
            CityRoleFactory(city=city, role="coordinator").user,
            administrator,
            other_town,
            stranger,
            UserFactory(is_superuser=True),
        )
    }
    assert list(seen.values()) == [True, True, True, False, False, False, False]


# --- Proposed again ------------------------------------------------------------------------------------


def withdrawn(*, by: User | None = None, **fields: Any) -> Offer:
    offer = OfferFactory(**fields)
    services.withdraw(offer_id=offer.pk, by=by or offer.owner, now=NOW)
    return offer


def test_what_its_owner_took_back_is_proposed_again(db: None) -> None:
    offer = withdrawn(vetted=True)
    later = NOW + timedelta(days=3)
    revived = services.revive(offer_id=offer.pk, by=offer.owner, now=later)
    assert (revived.state, revived.confirmed_at, revived.scan_due_at) == (OfferState.ACTIVE, later, NOW)
    assert revived.vetted_at is None, "a home is visited anew"
    assert OfferChange.objects.filter(offer=offer, act="revive").count() == 1


def test_what_the_town_closed_stays_closed(db: None) -> None:
    by_desk = withdrawn(by=UserFactory())
    excluded = OfferFactory()
    services.freeze(offer_id=excluded.pk, by=None, now=NOW, reason="")
    services.exclude(offer_id=excluded.pk, by=UserFactory(), now=NOW, reason="")
    merged = OfferFactory()
    services.close_double(offer_id=merged.pk, kept_id=OfferFactory().pk, by=UserFactory(), now=NOW)
    for offer in (by_desk, excluded, merged, OfferFactory(unconfirmed=True)):
        with pytest.raises(ValidationError):
            services.revive(offer_id=offer.pk, by=offer.owner, now=NOW)
        offer.refresh_from_db()
        assert offer.state != OfferState.ACTIVE


def test_only_its_owner_proposes_again_what_they_took_back(db: None) -> None:
    offer = withdrawn()
    with pytest.raises(ValidationError):
        services.revive(offer_id=offer.pk, by=CityRoleFactory(city=offer.city, role="operator").user, now=NOW)
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN


def test_what_retention_emptied_is_not_proposed_again(db: None) -> None:
    offer = withdrawn()
    Offer.objects.filter(pk=offer.pk).update(title=NOTHING)
    with pytest.raises(ValidationError):
        services.revive(offer_id=offer.pk, by=offer.owner, now=NOW)


def test_what_was_taken_back_before_its_contact_was_proven_is_not_proposed_again(db: None) -> None:
    offer = withdrawn(unconfirmed=True)
    with pytest.raises(ValidationError):
        services.revive(offer_id=offer.pk, by=offer.owner, now=NOW)


def test_what_is_over_is_not_proposed_again(db: None) -> None:
    offer = withdrawn()
    offer.windows.all().delete()
    day = local_day(NOW, offer.city)
    Window.objects.create(offer=offer, first_day=day - timedelta(days=9), last_day=day - timedelta(days=1))
    with pytest.raises(ValidationError, match="Ses dates sont passées"):
        services.revive(offer_id=offer.pk, by=offer.owner, now=NOW)


def test_proposed_again_twice_at_once_is_one_change(at_once: Callable[..., list[Any]]) -> None:
    offer = withdrawn()

    def revive() -> str:
        return services.revive(offer_id=offer.pk, by=offer.owner, now=NOW).state

    assert at_once(revive, revive) == [OfferState.ACTIVE] * 2
    assert OfferChange.objects.filter(offer=offer, act="revive").count() == 1
