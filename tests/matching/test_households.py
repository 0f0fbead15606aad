"""The same household twice: what looks like one, joining, telling apart, and what each side is told."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from matching import households, services
from matching.households import join, look_alikes, tell_apart
from matching.models import HouseholdVerdict, Match
from needs.models import Need, NeedState
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story
from tests.factories.needs import NeedFactory
from tests.matching.test_promises import lead

DAYS = {"first_day": date(2026, 4, 1), "last_day": date(2026, 4, 30)}
MAN = {"adult_women": 0, "children_3_to_11": 0, "adult_men": 1}
LARGE = {"adult_women": 1, "children_3_to_11": 2, "children_12_to_17": 2}
KM = 1 / 111.195  # in degrees of latitude


@pytest.fixture
def need(city):
    return NeedFactory(city=city, title="Une mère, deux enfants", **DAYS)


@pytest.fixture
def twin(city, need):
    """Another association's need for what looks like the same household."""
    organisation = OrganisationFactory(city=city, verified=True)
    MembershipFactory(organisation=organisation)
    MembershipFactory(organisation=organisation, is_told=False)
    return NeedFactory(city=city, organisation=organisation, title="Maman et ses deux petits", **DAYS)


def test_the_same_persons_on_the_same_days_look_alike_from_both_sides(need, twin):
    assert look_alikes(need) == [twin]
    assert look_alikes(twin) == [need]


@pytest.mark.parametrize(
    "difference",
    [
        {"children_3_to_11": 1, "children_under_3": 1},
        {"adult_women": 0, "adult_men": 1},
        {"children_3_to_11": 3, "quantity": 4, "people": 4},
        {"first_day": date(2026, 5, 1), "last_day": date(2026, 5, 3)},
        {"state": NeedState.EXPIRED},
        {"state": NeedState.WITHDRAWN},
        {"latitude": 48.70},
    ],
)
def test_who_differs_is_another_household(need, twin, difference):
    Need.objects.filter(pk=twin.pk).update(**difference)
    twin.refresh_from_db()
    assert look_alikes(need) == []
    assert look_alikes(twin) == []


def two(city, household, **other):
    """Two needs of these persons, posted by two: the same but for what the second says otherwise."""
    said = {"languages": ["ti"], **DAYS, **household}
    first = NeedFactory(city=city, **said)
    return first, NeedFactory(city=city, **{**said, **other})


def are_likely(first, second):
    assert (look_alikes(first) == [second]) == (look_alikes(second) == [first])
    return look_alikes(first) == [second]


OTHER_DAYS = {"first_day": date(2026, 4, 20), "last_day": date(2026, 6, 1)}
NEARLY_THE_DAYS = {"first_day": date(2026, 4, 2), "last_day": date(2026, 4, 29)}
OTHER_END = {"last_day": date(2026, 5, 2)}
OTHER_START = {"first_day": date(2026, 4, 3)}
FAR, NEAR = {"latitude": 48.5734 + 3 * KM}, {"latitude": 48.5734 + 0.9 * KM}
SILENT, OTHERS = {"languages": []}, {"languages": ["am", "fr"]}


@pytest.mark.parametrize(
    ("household", "other", "likely"),
    [
        (MAN, {}, True),
        (MAN, NEARLY_THE_DAYS, True),
        (MAN, NEAR, True),
        (MAN, {"languages": ["fr", "ti"]}, True),
        # Of a man who is alone one sign that lacks is enough.
        (MAN, OTHER_DAYS, False),
        (MAN, OTHER_END, False),
        (MAN, OTHER_START, False),
        (MAN, FAR, False),
        (MAN, SILENT, False),
        (MAN, OTHERS, False),
        (MAN, {"pets": True}, False),
        (MAN, {"step_free_needed": True}, False),
        ({**MAN, "adult_men": 2}, {}, True),
        ({**MAN, "adult_men": 2}, OTHER_DAYS, False),
        ({"adult_men": 1, "children_3_to_11": 0}, {"couple": True}, False),
        ({"children_3_to_11": 1}, {}, True),
        ({"children_3_to_11": 1}, SILENT, False),
        # A mother and two children: two signs.
        ({}, {"pets": True}, True),
        ({}, OTHER_DAYS, True),
        ({}, FAR, True),
        ({}, SILENT, True),
        ({}, OTHERS, False),
        ({}, OTHER_DAYS | FAR, False),
        ({}, OTHER_DAYS | SILENT, False),
        ({}, FAR | SILENT, False),
        # Such families there are few of: one.
        (LARGE, OTHER_DAYS | SILENT, True),
        (LARGE, OTHER_DAYS | FAR, True),
        (LARGE, FAR | SILENT, True),
        (LARGE, OTHERS, True),
        (LARGE, OTHERS | FAR, False),
        (LARGE, OTHER_DAYS | FAR | SILENT, False),
    ],
)
def test_the_more_such_households_there_are_the_more_signs_it_takes(city, household, other, likely):
    assert are_likely(*two(city, household, **other)) == likely


def test_french_is_no_sign(city):
    """Nor is what nobody says."""
    for languages in (["fr"], []):
        assert not are_likely(*two(city, {**MAN, "languages": languages}))


def test_one_association_may_have_two_such_families(need, twin):
    Need.objects.filter(pk=twin.pk).update(organisation=need.organisation)
    assert look_alikes(need) == []


def test_an_association_that_is_not_verified_and_another_town_are_left_out(city, need, twin):
    twin.organisation = OrganisationFactory(city=city)
    twin.save(update_fields=["organisation"])
    NeedFactory(city=CityFactory(), **DAYS)
    assert look_alikes(need) == []


def test_persons_who_post_for_themselves(city):
    one, other = UserFactory(), UserFactory()
    first = NeedFactory(city=city, for_person=one, **DAYS)
    NeedFactory(city=city, for_person=one, **DAYS)
    third = NeedFactory(city=city, for_person=other, **DAYS)
    assert look_alikes(first) == [third]


def test_things_are_no_household(city):
    first = NeedFactory(city=city, goods=True, **DAYS)
    NeedFactory(city=city, goods=True, **DAYS)
    assert look_alikes(first) == []


# --- Joined --------------------------------------------------------------------------------------------


def test_joining_closes_one_and_tells_whoever_posted_it(city, coordinator, need, twin):
    join(kept=need, closed=twin, by=coordinator, now=NOW)
    twin.refresh_from_db()
    need.refresh_from_db()
    assert (need.state, twin.state) == ("open", "withdrawn")
    assert look_alikes(need) == []
    (message,) = Message.objects.all()
    assert message.recipient == twin.organisation.memberships.get(is_told=True).user
    assert message.event == "need_joined"
    assert twin.reference in message.body
    assert need.organisation.name not in message.body
    assert need.reference not in message.body
    (verdict,) = households.joined_to(need)
    assert (verdict.joined, verdict.by) == (twin, coordinator)
    assert not households.joined_to(twin).exists()


def test_telling_them_apart_afterwards_opens_it_again(city, coordinator, need, twin):
    join(kept=need, closed=twin, by=coordinator, now=NOW)
    tell_apart(need=need, other=twin, by=coordinator, now=NOW + timedelta(minutes=5))
    twin.refresh_from_db()
    assert twin.state == "open"
    assert twin.scan_due_at is not None
    assert look_alikes(need) == []
    assert not households.joined_to(need).exists()
    assert list(Message.objects.order_by("pk").values_list("event", flat=True)) == [
        "need_joined",
        "need_open_again",
    ]
    # Joined once more, it is told once more.
    join(kept=need, closed=twin, by=coordinator, now=NOW + timedelta(minutes=9))
    assert Message.objects.filter(event="need_joined").count() == 2
    assert HouseholdVerdict.objects.count() == 1


def test_told_apart_they_are_not_shown_again(coordinator, need, twin):
    tell_apart(need=twin, other=need, by=coordinator, now=NOW)
    assert look_alikes(need) == []
    assert look_alikes(twin) == []
    assert not Message.objects.exists()
    assert {need.state, twin.state} == {"open"}


def test_a_need_for_which_somebody_is_asked_is_not_closed(city, coordinator):
    due_offer(city=city)
    need, twin = due_need(city=city), due_need(city=city)
    drain()
    match = Match.objects.get(need=twin)
    services.propose(match_id=match.pk, by=coordinator, now=NOW)
    with pytest.raises(households.InHand):
        join(kept=need, closed=twin, by=coordinator, now=NOW)
    twin.refresh_from_db()
    assert twin.is_open
    join(kept=twin, closed=need, by=coordinator, now=NOW)
    need.refresh_from_db()
    assert need.state == "withdrawn"


def test_two_coordinators_close_each_the_other_and_one_stays(transactional_db, at_once, city, coordinator):
    other = CityRoleFactory(city=city).user
    need, twin = NeedFactory(city=city, **DAYS), NeedFactory(city=city, **DAYS)
    said = at_once(
        lambda: join(kept=need, closed=twin, by=coordinator, now=NOW),
        lambda: join(kept=twin, closed=need, by=other, now=NOW),
    )
    assert sorted(type(answer).__name__ for answer in said) == ["InHand", "NoneType"]
    assert sorted(Need.objects.values_list("state", flat=True)) == ["open", "withdrawn"]


def test_what_is_over_is_not_closed_again(coordinator, need, twin):
    Need.objects.filter(pk=twin.pk).update(state=NeedState.EXPIRED)
    with pytest.raises(ValidationError):
        join(kept=need, closed=twin, by=coordinator, now=NOW)
    assert not HouseholdVerdict.objects.exists()


def test_who_was_housed_is_not_closed(city, coordinator):
    it = story(city=city)
    lead(it, "under_way")
    services.complete(match_id=it.match.pk, by=None, now=NOW)
    kept = NeedFactory(city=city, **DAYS)
    with pytest.raises(ValidationError):
        join(kept=kept, closed=it.match.need, by=coordinator, now=NOW)
    assert Need.objects.get(pk=it.match.need_id).state == "met"


def test_it_is_the_coordination_s_to_say(city, need, twin):
    operator = CityRoleFactory(city=city, role="operator").user
    for act in (
        lambda: join(kept=need, closed=twin, by=operator, now=NOW),
        lambda: tell_apart(need=need, other=twin, by=operator, now=NOW),
    ):
        with pytest.raises(PermissionDenied):
            act()


# --- On the page ---------------------------------------------------------------------------------------


def test_one_tap_joins_and_one_tap_takes_it_back(city, coordinator, as_user, need, twin):
    client, last_day = as_user(coordinator), timezone.localdate() + timedelta(days=30)
    Need.objects.update(last_day=last_day)
    page = client.get(reverse("desk:case", args=[city.slug, need.reference])).content.decode()
    assert "Le même foyer deux fois" in page
    assert twin.organisation.name in page
    say = reverse("desk:same_household", args=[city.slug, need.reference, twin.reference])
    page = client.post(say, {"same": "yes"}, follow=True).content.decode()
    assert "Une seule demande reste pour ce foyer" in page
    assert "est le même foyer, d’après" in page
    twin.refresh_from_db()
    assert twin.state == "withdrawn"
    client.post(say, {"same": "no"})
    twin.refresh_from_db()
    assert twin.state == "open"


def test_another_town_s_need_is_no_double_of_ours(city, coordinator, as_user, need):
    far = NeedFactory(city=CityFactory(), **DAYS)
    say = reverse("desk:same_household", args=[city.slug, need.reference, far.reference])
    assert as_user(coordinator).post(say, {"same": "yes"}).status_code == 404


def test_a_need_is_not_its_own_double(city, coordinator, as_user, need):
    say = reverse("desk:same_household", args=[city.slug, need.reference, need.reference])
    assert as_user(coordinator).post(say, {"same": "yes"}).status_code == 404
