"""One sponsor, one godchild at a time: agreed on, changed, ended, and free for another."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Category, Kind
from matching import services as matching
from matching.lifecycle import Reason
from stays import services
from stays.models import Sponsorship, SponsorshipEdit
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW
from tests.stays.conftest import fresh

DAY = timedelta(days=1)
SKILL = {"category": Category.SPONSORSHIP, "languages_from": [], "languages_to": []}


@pytest.fixture
def sponsor(begin):
    """`sponsor()`: a sponsorship that both sides have said yes to."""

    def make(*, owner=None, now=NOW, **options):
        offer = {**SKILL, **({"owner": owner} if owner else {})}
        return begin(kind=Kind.SKILL, now=now, need=dict(SKILL), offer=offer, **options)

    return make


def agree(it, *, by=None, now=NOW, **said):
    match = fresh(it)
    fields = {
        "framed_by": match.need.organisation, "aims": "Parler français", "ends_on": match.last_day
    } | said  # fmt: skip
    return services.agree_on_sponsorship(match_id=match.pk, by=by or it.member, now=now, **fields)


def test_it_is_agreed_on_and_changed_and_each_change_is_a_row(db, sponsor):
    it = sponsor()
    OrganisationFactory(city=it.city, verified=True)
    row = agree(it)
    assert (row.sponsor, row.need, row.agreed_by) == (it.citizen, it.match.need, it.member)
    agree(it, by=it.coordinator, aims="Connaître la ville")
    agree(it, by=it.coordinator, aims="Connaître la ville")
    assert Sponsorship.objects.get().aims == "Connaître la ville"
    edits = list(SponsorshipEdit.objects.values_list("by", "what"))
    assert edits[1] == (it.coordinator.pk, {"aims": ["Parler français", "Connaître la ville"]})
    assert len(edits) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"ends_on": NOW.date() - DAY},
        {"aims": ""},
        {"framed_by": "elsewhere"},
        {"framed_by": "unverified"},
    ],
    ids=["a day that has passed", "no aim", "another town's association", "one that is not verified"],
)
def test_what_makes_no_sense_is_refused(db, sponsor, said):
    it = sponsor()
    if said.get("framed_by") == "elsewhere":
        said = {"framed_by": OrganisationFactory(city=CityFactory(), verified=True)}
    elif said.get("framed_by"):
        said = {"framed_by": OrganisationFactory(city=it.city)}
    with pytest.raises(ValidationError):
        agree(it, **said)
    assert not Sponsorship.objects.exists()


def test_the_sponsor_and_strangers_do_not_say_what_it_is_for(db, sponsor):
    it = sponsor()
    for by in (it.citizen, UserFactory()):
        with pytest.raises(PermissionDenied):
            agree(it, by=by)


def test_a_home_is_no_sponsorship(db, begin):
    with pytest.raises(ValidationError):
        agree(begin())


def test_a_sponsor_has_one_godchild_at_a_time_and_then_another(db, sponsor):
    first = sponsor()
    agree(first)
    second = sponsor(city=first.city, owner=first.citizen)
    with pytest.raises(ValidationError, match="parraine déjà"):
        agree(second)
    matching.cancel(match_id=first.match.pk, by=first.citizen, now=NOW, reason=Reason.OTHER)
    agree(second)
    assert Sponsorship.objects.current().get().match == second.match


def test_two_at_the_same_moment_are_one(transactional_db, sponsor, at_once):
    first = sponsor()
    second = sponsor(city=first.city, owner=first.citizen)
    results = at_once(lambda: agree(first), lambda: agree(second))
    assert [type(result) for result in results].count(ValidationError) == 1
    assert Sponsorship.objects.count() == 1


def test_it_is_read_by_whoever_sees_its_match_and_not_by_another_association_that_frames_it(
    db, client, sponsor
):
    it = sponsor()
    framing = MembershipFactory(organisation__city=it.city, organisation__verified=True)
    row = agree(it, framed_by=framing.organisation)
    url = reverse("stays:sponsorship", args=[it.city.slug, it.match.pk])
    for user, reads in (
        (it.citizen, True),
        (it.member, True),
        (it.coordinator, True),
        (framing.user, False),
        (UserFactory(), False),
    ):
        assert Sponsorship.objects.visible_to(user).filter(pk=row.pk).exists() == reads
        client.force_login(user)
        assert (client.get(url).status_code == 200) == reads


def test_it_ends_after_its_last_day_or_with_its_match(db, sponsor):
    it, other = sponsor(), sponsor()
    agree(it, ends_on=NOW.date() + DAY)
    agree(other)
    assert services.end_sponsorships(by=None, now=NOW + DAY) == 0
    assert services.end_sponsorships(by=None, now=NOW + 2 * DAY) == 1
    matching.cancel(match_id=other.match.pk, by=other.member, now=NOW, reason=Reason.OTHER)
    assert services.end_sponsorships(by=None, now=NOW) == 1
    assert not Sponsorship.objects.current().exists()


def test_the_page_says_it_to_both_and_takes_it_from_who_looks_after_it(client, db, sponsor):
    now = timezone.now()
    it = sponsor(now=now, city=CityFactory(awake=True))
    url = reverse("stays:sponsorship", args=[it.city.slug, it.match.pk])
    client.force_login(it.member)
    assert client.post(url, {"aims": ""}).status_code == 422
    said = {
        "framed_by": it.match.need.organisation_id,
        "aims": "Parler français",
        "ends_on": it.match.last_day.isoformat(),
    }
    assert client.post(url, said).status_code == 302
    client.force_login(it.citizen)
    page = client.get(url)
    assert page.context["form"] is None
    assert "Parler français" in page.content.decode()
    client.post(url, said | {"aims": "Autre chose"})
    assert Sponsorship.objects.get().aims == "Parler français"
    client.force_login(UserFactory())
    assert client.get(url).status_code == 404
