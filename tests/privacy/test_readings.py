"""Who read one's contact: each reading, by whom in which part, and no longer than they may."""

import ast
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import ContactReading, Organisation, User
from matching import services as matching
from matching.models import Match
from notifications import delivery
from notifications.models import Message
from privacy import readings
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import Story, story
from tests.test_architecture import sources

# Of many at once, or of who is in no table of ours: nobody's list.
OF_NOBODY = {"export", "dwelling"}


def test_every_reason_for_which_a_contact_is_read_has_its_words() -> None:
    used = set()
    for path in sources():
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("log_contact_reading"):
                said = {word.arg: word.value for word in node.keywords}["reason"]
                assert isinstance(said, ast.Constant), path
                used.add(said.value)
    assert used - OF_NOBODY == set(readings.WHY)


@pytest.fixture
def told(db: None) -> Story:
    city = CityFactory(slug="strasbourg", name="Strasbourg", awake=True)
    it = story(city=city, now=an_hour_ago(), offer={"owner": UserFactory(email="hote@marque.example")})
    User.objects.filter(pk=it.member.pk).update(last_login=timezone.now())
    it.member.refresh_from_db()
    return it


def an_hour_ago() -> Any:
    return timezone.now() - timedelta(hours=1)


def confirm(it: Story) -> None:
    now = an_hour_ago()
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    matching.accept(match_id=it.match.pk, by=it.citizen, now=now)
    matching.confirm(match_id=it.match.pk, by=it.member, now=now)


def page_of(it: Story, as_user: Any) -> Any:
    return as_user(it.member).get(reverse("matching:mine_one", args=[it.city.slug, it.match.pk]))


def test_the_list_says_when_which_town_or_association_in_which_part_and_why(
    told: Story, as_user: Any
) -> None:
    confirm(told)
    now = timezone.now()
    for by, reason in ((told.coordinator, "offer"), (told.member, "match")):
        accounts.log_contact_reading(
            subject=told.citizen,
            reason=reason,
            reference=told.match.offer.reference,
            city=told.city,
            by=by,
            now=now,
        )
    stranger = CityRoleFactory(city=told.city).user
    accounts.log_contact_reading(
        subject=stranger, reason="call", reference="message:7", city=told.city, by=told.coordinator, now=now
    )
    page = as_user(told.citizen).get(reverse("my_data:readings")).text
    assert told.match.need.organisation.name in page
    assert "Strasbourg, Coordination" in page or "Strasbourg, coordination" in page
    assert told.match.offer.reference in page
    assert "vous joindre au sujet de votre proposition" in page
    assert told.coordinator.name not in page
    assert told.member.name not in page
    assert "vous appeler" not in page


def test_a_message_that_tells_a_contact_is_a_reading_of_who_gets_it(told: Story, smtp_server: Any) -> None:
    confirm(told)
    assert not ContactReading.objects.filter(subject=told.citizen).exists()
    while delivery.deliver_batch(channel="email", by=None, clock=timezone.now):
        pass
    (reading,) = ContactReading.objects.filter(subject=told.citizen)
    assert (reading.reader, reading.reason, reading.city) == (told.member, "message", told.city)


def suspend(it: Story) -> None:
    Organisation.objects.filter(pk=it.match.need.organisation_id).update(state="suspended")


def remove(it: Story) -> None:
    it.member.memberships.all().delete()
    MembershipFactory(organisation=it.match.need.organisation)


def let_time_pass(it: Story) -> None:
    over = timezone.now().date() - timedelta(days=40)
    Match.objects.filter(pk=it.match.pk).update(first_day=over, last_day=over)


@pytest.mark.parametrize("ends", [suspend, remove, let_time_pass], ids=lambda ends: ends.__name__)
def test_the_message_on_the_site_shows_it_no_longer_than_its_page(
    told: Story, as_user: Any, ends: Any
) -> None:
    confirm(told)
    message = Message.objects.get(recipient=told.member, event="match_confirmed", channel="inapp")
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=an_hour_ago())
    address = reverse("notifications:inapp:one", args=[told.city.slug, message.pk])
    assert "hote@marque.example" in as_user(told.member).get(address).text
    assert ContactReading.objects.filter(reason="message", reader=told.member).count() == 1
    ends(told)
    page = as_user(told.member).get(address).text
    assert "hote@marque.example" not in page
    assert "ne sont plus visibles" in page
    assert ContactReading.objects.filter(reason="message", reader=told.member).count() == 1


@pytest.mark.parametrize("ends", [suspend, remove, let_time_pass], ids=lambda ends: ends.__name__)
def test_neither_does_any_page_of_the_match(told: Story, as_user: Any, ends: Any) -> None:
    confirm(told)
    assert "hote@marque.example" in page_of(told, as_user).text
    calendar = reverse("matching:calendar", args=[told.city.slug, told.match.pk])
    assert as_user(told.member).get(calendar).status_code == 200
    ends(told)
    for address in (calendar, reverse("matching:mine_one", args=[told.city.slug, told.match.pk])):
        assert "hote@marque.example" not in as_user(told.member).get(address).text


def test_before_the_confirmation_nobody_of_the_other_side_reads_it(told: Story, as_user: Any) -> None:
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=timezone.now())
    matching.accept(match_id=told.match.pk, by=told.citizen, now=timezone.now())
    assert "hote@marque.example" not in page_of(told, as_user).text
    assert not ContactReading.objects.exists()
