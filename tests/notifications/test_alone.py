"""An association whose only member does not come while questions wait: the desk is told, once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from matching import services
from matching.lifecycle import Reason
from notifications import alone
from notifications.models import Message
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import NOW, story

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LATER = NOW + 1.5 * DAY


@pytest.fixture
def it():
    """A question to the only member of an association, who came a month ago."""
    it = story()
    comes(it, NOW - 30 * DAY)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    return it


def comes(it, at):
    type(it.member).objects.filter(pk=it.member.pk).update(last_login=at)


def tell(now=LATER):
    return alone.tell_desks(by=None, now=now)


def told():
    return Message.objects.filter(event="association_silent")


def test_the_desk_is_told_once(it):
    assert (tell(), tell(LATER + DAY / 4)) == (1, 0)
    assert told().get().recipient == it.coordinator
    assert it.match.need.organisation.name in told().get().title


def test_who_has_never_come_is_meant_too(it):
    comes(it, None)
    assert tell() == 1


@pytest.mark.parametrize(
    "otherwise",
    [
        lambda it: comes(it, LATER - DAY),
        lambda it: MembershipFactory(organisation=it.match.need.organisation),
        lambda it: Message.objects.filter(event="match_accepted").update(
            state="opened", sent_at=NOW, opened_at=NOW
        ),
        lambda it: services.cancel(
            match_id=it.match.pk, by=it.coordinator, now=NOW, reason=Reason.OTHER_SOLUTION
        ),
        lambda it: Organisation.objects.update(state=Organisation.State.SUSPENDED),
    ],
    ids=["has come", "another member", "has opened it", "nothing waits", "suspended"],
)
def test_otherwise_nobody_is_told(it, otherwise):
    otherwise(it)
    assert tell() == 0


def test_a_question_of_today_is_not_late_yet(it):
    assert tell(NOW + DAY / 2) == 0


def test_the_next_absence_is_told_again(it):
    tell()
    comes(it, LATER)
    Message.objects.filter(event="match_accepted").update(created_at=LATER + 20 * DAY)
    assert tell(LATER + 22 * DAY) == 1


def test_the_page_of_the_associations_says_so(client, it):
    client.force_login(it.coordinator)
    page = reverse("accounts:organisations", args=[it.city.slug])
    assert "Une seule personne inscrite, venue pour la dernière fois" in client.get(page).text
    comes(it, timezone.now())
    assert "Une seule personne inscrite" not in client.get(page).text
