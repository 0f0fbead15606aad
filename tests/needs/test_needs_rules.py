"""What must always be true of a need: refused by the database, and told in words by the service."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Organisation, Role, User
from catalogue.vocabulary import Source
from cities.models import City
from needs import services
from needs.history import history
from needs.models import Need, NeedState
from needs.progress import Given
from needs.words import days_left, household_words, progress_words, state_words
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CommuneFactory
from tests.factories.needs import NeedFactory

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
TODAY = date(2026, 3, 9)
APRIL_1, APRIL_30 = date(2026, 4, 1), date(2026, 4, 30)

RULES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # (constraint, what it refuses, what it lets through)
    ("need_category_of_kind", {"category": "bedding"}, {"category": ""}),
    ("need_category_of_kind", {"goods": True, "category": "outings"}, {"goods": True, "category": "food"}),
    ("need_category_of_kind", {"goods": True, "category": ""}, {"skill": True, "category": "outings"}),
    ("need_days_in_order", {"last_day": date(2026, 3, 31)}, {"last_day": APRIL_1}),
    ("need_min_days_within", {"min_days": 31}, {"min_days": 30}),
    ("need_min_days_within", {"min_days": 0}, {"min_days": 1}),
    ("need_min_days_within", {"min_days": 2, "last_day": APRIL_1}, {"min_days": 1, "last_day": APRIL_1}),
    ("need_quantity_plausible", {"goods": True, "quantity": 0}, {"goods": True, "quantity": 1}),
    ("need_quantity_plausible", {"goods": True, "quantity": 10_001}, {"goods": True, "quantity": 10_000}),
    ("need_quantity_plausible", {"skill": True, "quantity": 81}, {"skill": True, "quantity": 80}),
    ("need_quantity_plausible", {"adult_women": 51}, {"adult_women": 48}),
    ("need_people_plausible", {"goods": True, "people": 0}, {"goods": True, "people": 1}),
    ("need_people_plausible", {"goods": True, "people": 10_001}, {"goods": True, "people": 10_000}),
    ("need_items_of_goods", {"items": ["duvet"]}, {"goods": True, "items": ["duvet"]}),
    ("need_items_of_goods", {"skill": True, "sizes": ["140"]}, {"goods": True, "sizes": ["140"]}),
    ("need_items_of_goods", {"item_words": "théière"}, {"goods": True, "item_words": "théière"}),
    ("need_household_adds_up", {"people": 4, "quantity": 4}, {"adult_men": 1}),
    ("need_household_adds_up", {"quantity": 2}, {"quantity": 3}),
    ("need_lone_minor_is_alone", {"lone_minor": True}, {"lone_minor": True, "adult_women": 0}),
    ("need_lone_minor_is_alone", {"goods": True, "lone_minor": True}, {"goods": True}),
    ("need_couple_is_two", {"couple": True}, {"couple": True, "adult_men": 1}),
    ("need_reach_plausible", {"reach_km": 501}, {"reach_km": 500}),
    ("need_reach_plausible", {"reach_km": -1}, {"reach_km": 0}),
    ("need_point_on_earth", {"latitude": 91}, {"latitude": -21.1}),
    ("need_point_on_earth", {"longitude": 181}, {"longitude": 55.5}),
    ("need_rhythm_of_skill", {"rhythm": "once"}, {"rhythm": ""}),
    ("need_rhythm_of_skill", {"goods": True, "rhythm": "weekly"}, {"goods": True, "rhythm": ""}),
    ("need_rhythm_of_skill", {"skill": True, "rhythm": ""}, {"skill": True, "rhythm": "once"}),
    (
        "need_language_pair_given",
        {"skill": True, "languages_from": [], "languages_to": []},
        {"skill": True, "languages_from": []},
    ),
]


@pytest.mark.parametrize(("constraint", "refused", "accepted"), RULES)
def test_database_refuses(
    city: City, constraint: str, refused: dict[str, Any], accepted: dict[str, Any]
) -> None:
    NeedFactory(city=city, **accepted).full_clean()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        NeedFactory(city=city, **refused)


def test_every_constraint_has_words_and_a_test() -> None:
    named = {constraint.name: constraint for constraint in Need._meta.constraints}
    proven = {name for name, _refused, _accepted in RULES} | {"need_has_a_poster", "need_registered_once"}
    assert set(named) == proven
    for name, constraint in named.items():
        assert "contrainte" not in str(constraint.get_violation_error_message()), name


def test_need_has_a_poster(city: City) -> None:
    NeedFactory(city=city, for_person=UserFactory())
    with pytest.raises(IntegrityError, match="need_has_a_poster"), transaction.atomic():
        NeedFactory(city=city, organisation=None)


def test_key_is_used_once_in_a_town(city: City) -> None:
    NeedFactory(city=city, external_key="form:1")
    NeedFactory(external_key="form:1")
    NeedFactory(city=city)
    NeedFactory(city=city)
    with pytest.raises(IntegrityError, match="need_registered_once"), transaction.atomic():
        NeedFactory(city=city, external_key="form:1")


# --- Services ------------------------------------------------------------------------------------------


def fields(city: City, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "housing",
        "title": "Une femme et 2 enfants",
        "commune": city.seat,
        "first_day": APRIL_1,
        "last_day": APRIL_30,
        "adult_women": 1,
        "children_3_to_11": 2,
        **changes,
    }


def register(city: City, organisation: Organisation, by: User, **changes: Any) -> Need:
    key = changes.pop("external_key", "")
    return services.register(
        city=city, organisation=organisation, person=None, fields=fields(city, **changes),
        source=Source.WEB, by=by, now=NOW, today=TODAY, external_key=key,
    )  # fmt: skip


def test_register_fills_in_what_follows(city: City, organisation: Organisation, member: User) -> None:
    need = register(city, organisation, member, quantity=17, category="bedding")
    assert (need.quantity, need.people, need.category) == (3, 3, "")
    assert (need.latitude, need.longitude) == (city.seat.latitude, city.seat.longitude)
    assert need.reference.startswith("B-")
    change = need.changes.get()
    assert (change.act, change.to_state, change.by, change.at) == ("register", "open", member, NOW)


def test_register_rings_for_the_engine_once_committed(
    city: City,
    organisation: Organisation,
    member: User,
    wake_ups: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        need = register(city, organisation, member)
        assert wake_ups() == []
    assert services.SCAN_TASK in {task for task, _arguments in wake_ups()}
    assert list(Need.objects.due_for_scan()) == [need]


def test_register_the_same_key_twice_gives_the_first(
    city: City, organisation: Organisation, member: User
) -> None:
    first = register(city, organisation, member, external_key="form:7")
    assert register(city, organisation, member, external_key="form:7", title="Autre") == first
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last_day": date(2026, 3, 31)}, "last_day"),
        ({"first_day": date(2026, 3, 1), "last_day": date(2026, 3, 8)}, "last_day"),
        ({"adult_women": 0, "children_3_to_11": 0}, "adult_women"),
        ({"languages": ["klingon-of-the-north"]}, "languages"),
        ({"kind": "skill", "category": "outings", "quantity": 2, "slots": ["someday"]}, "slots"),
        ({"reach_km": 900}, "reach_km"),
    ],
)
def test_register_refuses_in_words(
    city: City, organisation: Organisation, member: User, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refusal:
        register(city, organisation, member, **changes)
    assert field in refusal.value.message_dict
    assert not Need.objects.exists()


def change(need: Need, by: User, **changes: Any) -> Need:
    return services.change(need_id=need.pk, fields=changes, by=by, now=NOW, today=TODAY)


def test_change_that_matters_asks_the_engine_again(city: City, member: User) -> None:
    need = NeedFactory(city=city)
    assert change(need, member, title="Autrement dit").revision == 1
    need.refresh_from_db()
    assert need.scan_due_at is None
    assert change(need, member, adult_men=1).revision == 2
    need.refresh_from_db()
    assert (need.people, need.quantity, need.scan_due_at) == (4, 4, NOW)


def test_change_of_commune_moves_the_point(city: City, member: User) -> None:
    need = NeedFactory(city=city)
    elsewhere = CommuneFactory(insee="38185", name="Grenoble", latitude=45.18, longitude=5.72)
    changed = change(need, member, commune=elsewhere)
    assert (changed.latitude, changed.longitude) == (45.18, 5.72)


def test_change_is_refused_once_closed(city: City, member: User) -> None:
    need = NeedFactory(city=city, state=NeedState.WITHDRAWN)
    with pytest.raises(ValidationError, match="ce n’est plus possible"):
        change(need, member, title="Trop tard")


@pytest.mark.parametrize(
    ("state", "day", "possible"),
    [
        ("open", 50, True), ("partly_met", 50, True), ("met", 41, True), ("met", 42, False), ("expired", 1, False),
        ("draft", 1, False), ("withdrawn", 1, False),
    ],
)  # fmt: skip
def test_a_met_need_can_be_withdrawn_until_its_days_are_over(state: str, day: int, possible: bool) -> None:
    need = NeedFactory.build(organisation=None, state=state, last_day=date(2026, 4, 1) + timedelta(days=40))
    assert need.may_be_withdrawn(date(2026, 4, 1) + timedelta(days=day - 1)) is possible


def test_withdraw_twice_changes_nothing_more(city: City, member: User) -> None:
    need = NeedFactory(city=city)
    for _again in range(2):
        services.withdraw(need_id=need.pk, by=member, now=NOW, reason="Trouvé")
    assert need.changes.count() == 1


def test_past_needs_are_closed(city: City) -> None:
    past = NeedFactory(city=city)
    current = NeedFactory(city=city, last_day=APRIL_30 + timedelta(days=1))
    assert services.expire_past(city=city, by=None, now=datetime(2026, 5, 1, 9, tzinfo=UTC)) == 1
    past.refresh_from_db()
    current.refresh_from_db()
    assert (past.state, current.state) == (NeedState.EXPIRED, NeedState.OPEN)
    assert past.changes.get().by is None


def progress_of(need: Need, *given: Given, now: datetime = NOW) -> tuple[str, int, int]:
    """Its state, on how many days something is given, and how much."""
    it = services.record_progress(need_id=need.pk, given=given, by=None, now=now)
    return it.state, it.given_days, it.given_quantity


@pytest.mark.parametrize(
    ("served", "come"),
    [(0, ("open", 0, 0)), (1, ("partly_met", 0, 1)), (10, ("met", 0, 10)), (11, ("met", 0, 11))],
)
def test_objects_are_counted_in_all(city: City, served: int, come: tuple[str, int, int]) -> None:
    need = NeedFactory(city=city, goods=True)
    day = need.first_day
    assert progress_of(need, *([Given(served, day, day)] if served else ())) == come


@pytest.mark.parametrize(
    ("stays", "come"),
    [
        ([], ("open", 0, 0)),
        ([(3, 1, 10)], ("partly_met", 10, 3)),
        ([(3, 1, 10), (3, 11, 41)], ("met", 41, 3)),
        ([(3, 11, 41), (3, 1, 10)], ("met", 41, 3)),
        ([(3, 1, 10), (3, 12, 41)], ("partly_met", 40, 3)),
        ([(2, 1, 41)], ("partly_met", 41, 2)),
        ([(2, 1, 41), (1, 5, 5)], ("partly_met", 41, 2)),
        ([(1, 1, 41), (2, 1, 41)], ("met", 41, 3)),
        ([(3, -9, 10)], ("partly_met", 10, 3)),
        ([(3, -9, 90)], ("met", 41, 3)),
    ],
)
def test_a_need_that_lasts_is_counted_by_day(
    city: City, stays: list[tuple[int, int, int]], come: tuple[str, int, int]
) -> None:
    first = NOW.date() + timedelta(days=30)
    need = NeedFactory(city=city, first_day=first, last_day=first + timedelta(days=40))
    day = [first + timedelta(days=number - 1) for number in range(-9, 100)]
    assert progress_of(need, *(Given(n, day[a + 9], day[b + 9]) for n, a, b in stays)) == come


@pytest.mark.parametrize(
    ("day", "state"), [(1, "partly_met"), (4, "partly_met"), (5, "met"), (41, "met"), (42, "met")]
)
def test_days_that_have_passed_without_anything_are_not_waited_for(city: City, day: int, state: str) -> None:
    need = NeedFactory(city=city, first_day=NOW.date(), last_day=NOW.date() + timedelta(days=40))
    stay = Given(3, need.first_day + timedelta(days=4), need.last_day)
    now = NOW + timedelta(days=day - 1)
    assert progress_of(need, stay, now=now) == (state, 37, 3)


@pytest.mark.parametrize(
    ("today", "stays", "uncovered_from"),
    [
        (1, [], None),
        (1, [(3, 1, 10)], 11),
        (1, [(3, 5, 10)], 1),
        (4, [(3, 5, 10)], 1),
        (5, [(3, 5, 10)], 11),
        (30, [(3, 5, 10)], 11),
        (1, [(3, 1, 10), (3, 12, 41)], 11),
        (12, [(3, 1, 10), (3, 12, 41)], 42),
        (1, [(2, 1, 41)], 1),
        (1, [(2, 1, 10), (1, 1, 41), (2, 11, 20)], 21),
        (1, [(3, 1, 41)], 42),
        (90, [(3, 1, 40)], 41),
    ],
)
def test_the_first_day_that_is_not_covered_is_written_down(
    city: City, today: int, stays: list[tuple[int, int, int]], uncovered_from: int | None
) -> None:
    """Of a gap that has begun, the day since which it is one: it is written once, not every morning."""
    need = NeedFactory(city=city, first_day=NOW.date(), last_day=NOW.date() + timedelta(days=40))
    day = [NOW.date() + timedelta(days=number - 1) for number in range(43)]
    given = [Given(n, day[first], day[last]) for n, first, last in stays]
    it = services.record_progress(need_id=need.pk, given=given, by=None, now=NOW + timedelta(days=today - 1))
    it.refresh_from_db()
    assert it.uncovered_from == (day[uncovered_from] if uncovered_from else None)


@pytest.mark.parametrize(
    ("shape", "come", "said"),
    [
        ({}, (0, 0), ""),
        ({}, (1, 3), "1 nuit sur 41"),
        ({}, (10, 3), "10 nuits sur 41"),
        ({}, (41, 3), "41 nuits sur 41"),
        ({}, (10, 2), "2 personnes sur 3 · 10 nuits sur 41"),
        ({}, (41, 2), "2 personnes sur 3"),
        ({"goods": True}, (0, 4), "4 sur 10"),
        ({"skill": True}, (41, 1), "1 h sur 2 par semaine"),
        ({"skill": True}, (10, 1), "1 h sur 2 par semaine · 10 jours sur 41"),
        ({"skill": True}, (10, 2), "10 jours sur 41"),
    ],
)
def test_progress_in_words(city: City, shape: dict[str, bool], come: tuple[int, int], said: str) -> None:
    days, quantity = come
    need = NeedFactory.build(
        city=city,
        first_day=NOW.date(),
        last_day=NOW.date() + timedelta(days=40),
        given_days=days,
        given_quantity=quantity,
        **shape,
    )
    assert progress_words(need) == said


# --- Who sees what -------------------------------------------------------------------------------------


def test_visible_to_each_role(city: City, organisation: Organisation, member: User) -> None:
    ours = NeedFactory(city=city, organisation=organisation)
    theirs = NeedFactory(city=city)
    person = UserFactory()
    own = NeedFactory(city=city, for_person=person)
    elsewhere = NeedFactory()
    sees = {
        "member": (member, {ours}),
        "person": (person, {own}),
        "coordinator": (CityRoleFactory(city=city).user, {ours, theirs, own}),
        "operator": (CityRoleFactory(city=city, role=Role.OPERATOR).user, {ours, theirs, own}),
        "administrator": (CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user, set()),
        "other town": (CityRoleFactory(city=elsewhere.city).user, {elsewhere}),
        "stranger": (UserFactory(), set()),
    }
    for who, (user, needs) in sees.items():
        assert set(Need.objects.visible_to(user)) == needs, who


def test_needs_of_associations_to_be_verified_are_not_matched(city: City) -> None:
    verified = NeedFactory(city=city)
    NeedFactory(city=city, organisation=OrganisationFactory(city=city))
    NeedFactory(city=city, organisation=OrganisationFactory(city=city, suspended=True))
    assert list(Need.objects.open()) == [verified]


# --- Words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("household", "words"),
    [
        ({"women": 1, "men": 0, "children": 2}, "une femme et 2 enfants"),
        ({"women": 0, "men": 1, "children": 1}, "un homme et un enfant"),
        ({"women": 1, "men": 0, "children": 0}, "une femme"),
        ({"women": 0, "men": 3, "children": 0}, "3 hommes"),
        ({"women": 1, "men": 1, "children": 3, "couple": True}, "un couple et 3 enfants"),
        ({"women": 2, "men": 1, "children": 1, "couple": True}, "un couple, une femme et un enfant"),
        ({"women": 2, "men": 0, "children": 0, "couple": True}, "un couple"),
        ({"women": 0, "men": 0, "children": 2, "lone_minor": True}, "2 mineurs isolés"),
    ],
)
def test_household_in_words(household: dict[str, Any], words: str) -> None:
    assert household_words(**household) == words


def test_time_left_in_words(city: City) -> None:
    need = NeedFactory.build(city=city, organisation=None)
    said = {day: days_left(need, date.fromisoformat(day)) for day in
            ("2026-03-29", "2026-03-31", "2026-04-18", "2026-04-29", "2026-04-30", "2026-05-01")}  # fmt: skip
    assert list(said.values()) == [
        "commence dans 3 jours", "commence demain", "encore 12 jours", "encore un jour", "dernier jour", "",
    ]  # fmt: skip
    need.state = NeedState.MET
    assert days_left(need, date(2026, 4, 18)) == ""


def test_every_state_has_words(city: City) -> None:
    need = NeedFactory(city=city)
    seen = {state_words(need)[1]}
    for state in NeedState:
        need.state = state
        colour, words = state_words(need)
        assert colour in {"planned", "ok", "warn", "stop", "brand"}
        seen.add(words)
    assert len(seen) == len(NeedState)


def test_history_in_words(city: City, member: User, organisation: Organisation) -> None:
    need = register(city, organisation, member)
    a_night = Given(need.quantity, need.first_day, need.first_day)
    services.record_progress(need_id=need.pk, given=[a_night], by=None, now=NOW + timedelta(hours=1))
    services.withdraw(need_id=need.pk, by=member, now=NOW + timedelta(hours=2), reason="Trouvé")
    told = history(
        need, need.changes.all(), [], viewer=member, is_desk=False, members=[], now=NOW + timedelta(hours=3)
    )
    assert [(event["text"], event["when"], event["note"], event["state"]) for event in told] == [
        ("Besoin enregistré", "il y a 3\u00a0h", "vous", ""),
        ("Une partie est trouvée", "il y a 2\u00a0h", "", ""),
        ("Besoin retiré", "il y a 1\u00a0h", "vous · Trouvé", "stop"),
    ]


def test_membership_of_another_town_gives_nothing_here(city: City) -> None:
    NeedFactory(city=city)
    assert not Need.objects.visible_to(MembershipFactory().user).exists()
