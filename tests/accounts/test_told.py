"""To whom of an association its messages go: what a manager chooses, and where."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts import selectors, services
from accounts.models import Membership, MembershipChange, Organisation, User
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import NOW

pytestmark = pytest.mark.django_db


class Team:
    """An association with a manager and two members."""

    def __init__(self):
        self.organisation = OrganisationFactory(verified=True)
        self.manager, self.nour, self.sami = (
            MembershipFactory(organisation=self.organisation, role=role, user__name=name).user
            for name, role in (("Lou", "manager"), ("Nour", "member"), ("Sami", "member"))
        )
        self.address = f"/compte/association/{self.organisation.pk}/messages/"

    def choose(self, *told, fallback=None, by=None):
        services.choose_told(
            organisation=self.organisation,
            told=[person.pk for person in told],
            fallback=fallback and fallback.pk,
            by=by or self.manager,
            now=NOW,
        )

    def told(self):
        return set(selectors.told_of(self.organisation))

    def fallback(self):
        return selectors.fallback_of(self.organisation)


@pytest.fixture
def team():
    return Team()


def leaves(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def test_at_first_all_are_told(team):
    assert team.told() == {team.manager, team.nour, team.sami}
    assert team.fallback() is None


def test_who_is_chosen_is_told_and_each_change_leaves_a_trace(team):
    team.choose(team.nour, fallback=team.sami)
    assert (team.told(), team.fallback()) == ({team.nour}, team.sami)
    team.choose(team.nour, fallback=team.sami)
    team.choose(team.nour, team.sami, fallback=team.manager)
    changes = MembershipChange.objects.filter(by=team.manager, at=NOW, organisation=team.organisation)
    assert [(change.person, change.what) for change in changes.order_by("pk")] == [
        (team.manager, {"is_told": [True, False]}),
        (team.sami, {"is_told": [True, False], "is_fallback": [False, True]}),
        (team.sami, {"is_told": [False, True], "is_fallback": [True, False]}),
        (team.manager, {"is_fallback": [False, True]}),
    ]


def test_members_of_other_associations_count_for_nothing(team):
    MembershipFactory(user=team.nour, is_told=False)
    MembershipFactory(user=team.sami, is_told=False, is_fallback=True)
    MembershipFactory()
    assert team.told() == {team.manager, team.nour, team.sami}
    assert team.fallback() is None


@pytest.mark.parametrize(
    "goes", [leaves, lambda person: person.memberships.all().delete()], ids=["inactive", "left"]
)
def test_when_nobody_who_is_told_is_left_all_are(team, goes):
    team.choose(team.nour, fallback=team.sami)
    goes(team.nour)
    assert team.told() == {team.manager, team.sami}


def test_a_fallback_person_who_has_gone_is_none(team):
    team.choose(team.nour, fallback=team.sami)
    leaves(team.sami)
    assert (team.told(), team.fallback()) == ({team.nour}, None)
    team.choose(team.nour, fallback=team.manager)
    assert team.fallback() == team.manager


def test_one_active_member_stays_told(team):
    leaves(team.sami)
    for told in ([], [team.sami], [UserFactory()]):
        with pytest.raises(ValidationError) as refusal:
            team.choose(*told)
        assert set(refusal.value.error_dict) == {"told"}
    assert team.told() == {team.manager, team.nour}


@pytest.mark.parametrize("whom", ["nour", "stranger", "inactive"])
def test_the_fallback_person_is_another_active_member(team, whom):
    leaves(team.sami)
    fallback = {"nour": team.nour, "stranger": UserFactory(), "inactive": team.sami}[whom]
    with pytest.raises(ValidationError) as refusal:
        team.choose(team.nour, fallback=fallback)
    assert set(refusal.value.error_dict) == {"fallback"}
    assert not MembershipChange.objects.exists()


def test_the_database_refuses_a_second_fallback_and_one_who_is_told(team):
    team.choose(team.nour, fallback=team.sami)
    for person, constraint in (
        (team.manager, "membership_one_fallback"),
        (team.nour, "membership_fallback_is_another"),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Membership.objects.filter(user=person).update(is_fallback=True)


def test_of_two_at_once_one_is_the_fallback(at_once):
    team = Team()
    second = MembershipFactory(organisation=team.organisation, role="manager").user
    answers = at_once(
        lambda: team.choose(team.nour, fallback=team.sami),
        lambda: team.choose(team.nour, fallback=team.manager, by=second),
    )
    assert answers == [None, None]
    assert Membership.objects.filter(is_fallback=True).count() == 1


def others(team):
    """Who decides nothing there, though they know of it."""
    return [
        team.nour,
        MembershipFactory(role="manager").user,
        MembershipFactory(user=MembershipFactory(role="manager").user, organisation=team.organisation).user,
        UserFactory(is_superuser=True, is_staff=True),
    ]


def test_a_manager_alone_decides(client, team):
    for person in others(team):
        with pytest.raises(PermissionDenied):
            team.choose(team.nour, by=person)
        client.force_login(person)
        assert client.get(team.address).status_code == 404
        assert client.post(team.address, {"told": [team.nour.pk]}).status_code == 404
        assert team.address not in client.get("/compte/").text
    assert not MembershipChange.objects.exists()


def test_nobody_decides_while_the_association_is_suspended(client, team):
    Organisation.objects.update(state=Organisation.State.SUSPENDED)
    client.force_login(team.manager)
    assert client.get(team.address).status_code == 404
    assert team.address not in client.get("/compte/").text
    with pytest.raises(PermissionDenied):
        team.choose(team.nour)


def test_the_page_shows_who_is_told_and_takes_the_choice(client, team):
    leaves(team.sami)
    client.force_login(team.manager)
    assert team.address in client.get("/compte/").text
    form = client.get(team.address).context["form"]
    assert form.initial == {"told": [str(team.manager.pk), str(team.nour.pk)], "fallback": ""}
    answer = client.post(team.address, {"told": [team.manager.pk], "fallback": team.nour.pk})
    assert answer.url == team.address
    assert (team.told(), team.fallback()) == ({team.manager}, team.nour)
    form = client.get(team.address).context["form"]
    assert form.initial == {"told": [str(team.manager.pk)], "fallback": str(team.nour.pk)}
    client.post(team.address, {"told": [team.manager.pk], "fallback": ""})
    assert team.fallback() is None


@pytest.mark.parametrize(
    ("told", "fallback", "beside", "words"),
    [
        ([], "", "told", "Cochez au moins une personne"),
        (["nour"], "nour", "fallback", "reçoit déjà nos messages"),
    ],
)
def test_what_is_refused_stands_beside_its_question(client, team, told, fallback, beside, words):
    client.force_login(team.manager)
    keys = {"nour": team.nour.pk}
    page = client.post(
        team.address, {"told": [keys[who] for who in told], "fallback": keys.get(fallback, "")}
    )
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {beside}
    assert words in page.text
    assert len(team.told()) == 3
