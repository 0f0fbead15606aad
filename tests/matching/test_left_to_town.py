"""An association is suspended, or its last member has gone: the desk takes over, contacts are closed to it."""

from datetime import timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Organisation, User
from followups import services as followups
from followups.models import FollowUp
from matching import held_back, links, selectors, services, sweeps, tasks
from matching.lifecycle import NotPossible, Reason
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, story
from tests.factories.notifications import MessageFactory
from tests.matching.test_promises import lead

SECRETS = ("Camille Secret", "camille@exemple.fr", "12 rue Secrète")


@pytest.fixture
def it(db):
    owner = UserFactory(name=SECRETS[0], email=SECRETS[1], phone="+33612345678")
    city = CityFactory(awake=True)
    return story(now=timezone.now(), city=city, offer={"owner": owner, "address": SECRETS[2]})


def organisation_of(it):
    return Organisation.objects.get(pk=it.match.need.organisation_id)


def suspend(it, now=NOW):
    accounts.suspend_organisation(
        organisation=organisation_of(it), reason="Fermée", by=it.coordinator, now=now
    )


def go(it, now=NOW):
    """Its last member no longer speaks for the association."""
    admin = UserFactory(is_staff=True)
    accounts.remove_member(user=it.member, organisation=organisation_of(it), by=admin, now=now)


def close_account(it, now=NOW):
    User.objects.filter(pk=it.member.pk).update(is_active=False)


LEFT = {"suspended": suspend, "last member gone": go, "last account closed": close_account}
ENDS = pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT)


def told():
    return Message.objects.filter(event="match_left_to_town")


# --- The desk takes over -----------------------------------------------------------------------------------


@ENDS
@pytest.mark.parametrize("state", ["accepted", "confirmed", "under_way"])
def test_the_desk_is_told_once_and_what_was_promised_goes_on(it, leave, state):
    now = lead(it, state, timezone.now())
    leave(it, now)
    assert sweeps.cancel_orphans(by=None, now=now) == 0
    assert held_back.tell_of_those_left(by=None, now=now) == 1
    assert held_back.tell_of_those_left(by=None, now=now) == 0
    assert it.state == state
    message = told().get()
    assert message.recipient == it.coordinator
    assert it.match.need.reference in message.body
    assert ("Confirmez à sa place" in message.body) == (state == "accepted")


@ENDS
def test_the_desk_confirms_and_ends_it_in_its_place(it, leave):
    now = lead(it, "accepted", timezone.now())
    leave(it, now)
    confirmed = services.confirm(match_id=it.match.pk, by=it.coordinator, now=now)
    assert confirmed.state == "confirmed"
    begun = now + (it.match.first_day - now.date())
    assert sweeps.start_due(by=None, now=begun) == 1
    end = partial(services.break_off, match_id=it.match.pk, now=begun, reason=Reason.OTHER)
    assert end(by=it.coordinator).state == "broken_off"


@ENDS
@pytest.mark.parametrize("state", ["accepted", "confirmed", "under_way"])
def test_whoever_acted_for_it_acts_no_more(it, leave, state):
    now = lead(it, state, timezone.now())
    leave(it, now)
    member = User.objects.get(pk=it.member.pk)
    act = {"accepted": services.confirm, "confirmed": services.start}.get(
        state, partial(services.break_off, reason=Reason.OTHER)
    )
    with pytest.raises(NotPossible, match="role"):
        act(match_id=it.match.pk, by=member, now=now)


def test_a_question_for_a_suspended_association_is_moot_and_its_members_hear_nothing(it):
    now = lead(it, "proposed", timezone.now())
    suspend(it, now)
    with pytest.raises(NotPossible, match="closed"):
        services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    assert sweeps.cancel_orphans(by=None, now=now) == 1
    assert it.state == "cancelled"
    cancelled = Message.objects.filter(event="match_cancelled").values_list("recipient", flat=True)
    assert set(cancelled) == {it.citizen.pk, it.coordinator.pk}
    assert not told().exists()


def test_a_question_for_an_association_that_everybody_left_goes_on_for_the_desk(it):
    now = lead(it, "proposed", timezone.now())
    go(it, now)
    assert sweeps.cancel_orphans(by=None, now=now) == 0
    assert held_back.tell_of_those_left(by=None, now=now) == 0, "nobody has said yes"
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    assert held_back.tell_of_those_left(by=None, now=now) == 1


def test_while_somebody_is_left_nothing_changes(it):
    now = lead(it, "accepted", timezone.now())
    other = MembershipFactory(organisation=organisation_of(it)).user
    go(it, now)
    assert held_back.tell_of_those_left(by=None, now=now) == 0
    assert services.confirm(match_id=it.match.pk, by=other, now=now).state == "confirmed"


def test_each_suspension_is_told_of(it):
    now = lead(it, "accepted", timezone.now())
    suspend(it, now)
    assert held_back.tell_of_those_left(by=None, now=now) == 1
    accounts.verify_organisation(organisation=organisation_of(it), by=it.coordinator, now=now)
    assert held_back.tell_of_those_left(by=None, now=now) == 0
    suspend(it, now + timedelta(minutes=1))
    assert held_back.tell_of_those_left(by=None, now=now) == 1


def test_a_message_whose_association_is_back_does_not_leave(it):
    now = lead(it, "accepted", timezone.now())
    suspend(it, now)
    message = MessageFactory(event="match_left_to_town", subject_key=f"match:{it.match.pk}:s1")
    assert Message.objects.filter(pk=message.pk).with_reason().exists()
    accounts.verify_organisation(organisation=organisation_of(it), by=it.coordinator, now=now)
    assert not Message.objects.filter(pk=message.pk).with_reason().exists()


def test_a_person_whose_account_is_closed_is_followed_by_the_desk(db):
    person = UserFactory()
    it = story(now=timezone.now(), need={"for_person": person})
    now = lead(it, "accepted", timezone.now())
    need = Need.objects.get(pk=it.match.need_id)
    assert selectors.posters_of(need) == [person]
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert held_back.tell_of_those_left(by=None, now=now) == 1
    assert selectors.posters_of(Need.objects.get(pk=need.pk)) == []


def test_the_scheduler_tells(it, wake_ups):
    lead(it, "accepted", timezone.now())
    suspend(it)
    tasks.advance_time()
    assert told().count() == 1


def test_whether_it_took_place_is_asked_of_the_desk(it):
    now = lead(it, "under_way", timezone.now())
    suspend(it, now)
    FollowUp.objects.create(match=it.match, due_on=now.date(), created_at=now)
    followups.plan_due(by=None, now=now)
    asked = Message.objects.filter(event="followup_question").values_list("recipient", flat=True)
    assert set(asked) == {it.coordinator.pk}


# --- Contacts are closed to it -------------------------------------------------------------------------------


def reads(client, it):
    """What a member reads of a match, on their page, by the link of a mail, by the API."""
    city = it.match.city.slug
    yield client.get(reverse("matching:mine_one", args=[city, it.match.pk]))
    yield client.get(links.answer_path(it.match, it.member))
    yield client.get(f"/api/v1/matches/{it.match.pk}/")


def test_a_suspended_association_sees_its_match_without_contacts(it, client):
    lead(it, "confirmed", timezone.now())
    client.force_login(it.member)
    assert all(SECRETS[1] in page.content.decode() for page in reads(client, it))
    suspend(it)
    pages = list(reads(client, it))
    assert [page.status_code for page in pages] == [200, 200, 200]
    for page in pages:
        assert not any(secret in page.content.decode() for secret in SECRETS)
    assert "La ville s’occupe de cette mise en relation" in pages[0].content.decode()
    assert pages[2].json()["acts"] == []
    assert 'name="answer"' not in pages[0].content.decode()


def test_whoever_has_left_the_association_finds_nothing(it, client):
    lead(it, "confirmed", timezone.now())
    go(it)
    client.force_login(it.member)
    assert [page.status_code for page in reads(client, it)] == [404, 404, 404]


def test_what_waits_for_a_suspended_association_is_not_its_to_answer(it, client):
    lead(it, "accepted", timezone.now())
    suspend(it)
    client.force_login(it.member)
    page = client.get(reverse("matching:mine", args=[it.match.city.slug])).content.decode()
    assert it.match.need.title in page
    assert "À vous de répondre" not in page


def test_contacts_in_a_message_are_read_by_both_sides_and_by_nobody_who_has_left(it):
    lead(it, "confirmed", timezone.now())
    messages = Message.objects.filter(event="match_confirmed")
    assert {message.recipient: selectors.contact_still_open(message) for message in messages} == {
        it.citizen: True,
        it.member: True,
    }
    go(it)
    assert not selectors.contact_still_open(messages.get(recipient=it.member))
    assert selectors.contact_still_open(messages.get(recipient=it.citizen))


def test_confirmed_by_the_desk_the_contacts_go_to_the_host_alone_and_are_the_towns(it, client):
    now = lead(it, "accepted", timezone.now())
    type(it.city).objects.filter(pk=it.city.pk).update(phone="03 88 00 00 00", email="ici@exemple.fr")
    suspend(it, now)
    services.confirm(match_id=it.match.pk, by=it.coordinator, now=now)
    message = Message.objects.get(event="match_confirmed")
    assert message.recipient == it.citizen
    assert "03 88 00 00 00" in message.body
    association = organisation_of(it)
    assert association.name not in message.body
    client.force_login(it.citizen)
    page = client.get(reverse("matching:mine_one", args=[it.city.slug, it.match.pk])).content.decode()
    assert "03 88 00 00 00" in page
    assert association.name not in page
    contact = client.get(f"/api/v1/matches/{it.match.pk}/").json()["association_contact"]
    assert contact["phone"] == "03 88 00 00 00"
    client.force_login(it.coordinator)
    contact = client.get(f"/api/v1/matches/{it.match.pk}/").json()["association_contact"]
    assert contact["name"] == association.name


def test_a_suspended_association_changes_its_need_no_more(it, client):
    suspend(it)
    client.force_login(it.member)
    need = it.match.need
    page = client.get(reverse("needs:detail", args=[it.city.slug, need.reference])).content.decode()
    assert "modifier/" not in page
    assert "retirer/" not in page
    path = reverse("matching:withdraw_need", args=[it.city.slug, need.reference])
    assert client.post(path, {"why": "over"}).status_code == 403
    assert (
        client.patch(f"/api/v1/needs/{need.reference}/", {}, content_type="application/json").status_code
        == 403
    )
    need.refresh_from_db()
    assert need.is_open


def test_posters_are_whoever_acts(it):
    need = it.match.need
    assert selectors.posters_of(need) == [it.member]
    suspend(it)
    need.organisation.refresh_from_db()
    assert selectors.posters_of(need) == []
    assert needs.withdraw(need_id=need.pk, by=it.coordinator, now=NOW).state == "withdrawn"
