"""The desk's list of calls."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactReading
from matching import services as matching
from matching.models import Decision, MatchState
from notifications import contacts, outages
from notifications.channels.call import services as call_services
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory


@pytest.fixture
def city(db):
    return CityFactory()


@pytest.fixture
def operator(client, city):
    person = CityRoleFactory(city=city, role="operator").user
    client.force_login(person)
    return person


def url(name, city, *rest):
    return reverse(f"notifications:call:{name}", args=[city.slug, *rest])


def test_an_operator_calls_and_notes_it(client, city, operator):
    message = MessageFactory(to_call=True, city=city, recipient__name="Denise")

    listed = client.get(url("list", city))
    assert "Denise" in listed.text
    assert message.recipient.phone.as_rfc3966 not in listed.text
    assert not ContactReading.objects.exists()

    page = client.get(url("one", city, message.pk))
    assert message.recipient.phone.as_rfc3966 not in page.text, "the number is for whoever calls"
    assert not ContactReading.objects.exists()

    page = client.post(url("take", city, message.pk), follow=True)
    assert message.recipient.phone.as_rfc3966 in page.text
    assert message.recipient.phone.as_national in page.text
    assert "Votre proposition « Chambre » est enregistrée." in page.text
    assert "Suis-je bien avec Denise" in page.text
    client.get(url("one", city, message.pk))
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reference) == (
        operator, message.recipient, f"message:{message.pk}",
    )  # fmt: skip

    done = client.post(url("outcome", city, message.pk), {"outcome": "reached"}, follow=True)

    assert "Appel noté" in done.text
    assert "Personne n’attend d’appel" in done.text
    message.refresh_from_db()
    assert (message.state, message.called_by) == (MessageState.SENT, operator)
    assert client.post(url("outcome", city, message.pk), {"outcome": "reached"}).status_code == 302
    assert client.get(url("one", city, message.pk)).status_code == 302
    assert ContactReading.objects.count() == 1, "what is done shows no number any more"


def test_a_colleague_s_call_is_seen_and_shows_no_number(client, city, operator):
    message = MessageFactory(to_call=True, city=city)
    colleague = UserFactory(name="Inès")
    call_services.take(message_id=message.pk, by=colleague, now=timezone.now())
    listed = client.get(url("list", city)).text
    assert "Inès" in listed
    assert url("take", city, message.pk) not in listed
    page = client.post(url("take", city, message.pk), follow=True).text
    assert "Inès appelle déjà cette personne." in page
    assert message.recipient.phone.as_rfc3966 not in page
    assert 'value="reached"' not in page
    client.post(url("outcome", city, message.pk), {"outcome": "reached"})
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_a_call_again_stands_under_later_with_its_hour(client, city, operator):
    message = MessageFactory(to_call=True, city=city)
    client.post(url("take", city, message.pk))
    refused = client.post(url("outcome", city, message.pk), {"outcome": "again", "again_at": ""})
    assert refused.status_code == 422
    assert "Dites quand rappeler." in refused.text
    assert client.post(url("outcome", city, message.pk), {"outcome": "nothing"}).status_code == 422
    tomorrow = timezone.localtime() + timedelta(days=1)
    page = client.post(
        url("outcome", city, message.pk),
        {"outcome": "again", "again_at": f"{tomorrow:%Y-%m-%d}T10:00"},
        follow=True,
    ).text
    assert "À rappeler demain à 10" in page
    assert "Personne n’attend d’appel" in page
    message.refresh_from_db()
    assert timezone.localtime(message.due_at).hour == 10
    again = client.post(url("take", city, message.pk), follow=True).text
    assert "Appels déjà passés" in again


def test_a_note_without_a_call_is_refused_and_keeps_the_hour(client, city, operator):
    message = MessageFactory(to_call=True, city=city)
    tomorrow = f"{timezone.localtime() + timedelta(days=1):%Y-%m-%d}T10:00"
    refused = client.post(url("outcome", city, message.pk), {"outcome": "again", "again_at": tomorrow})
    assert refused.status_code == 422
    assert "Cet appel n’est plus en cours" in refused.text
    assert f'name="again_at" value="{tomorrow}"' in refused.text
    assert message.recipient.phone.as_rfc3966 not in refused.text
    taken = client.post(url("take", city, message.pk), {"again_at": tomorrow}, follow=True)
    assert re.search(
        rf'name="again_at"[^>]*value="{tomorrow}"|value="{tomorrow}"[^>]*name="again_at"', taken.text
    )


def test_a_call_that_comes_back_before_its_deadline_says_why(client, operator):
    now = timezone.now()
    it = story(now=now, city=CityFactory(awake=True))
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    CityRoleFactory(city=it.city, role="operator", user=operator)
    message = MessageFactory(
        to_call=True,
        city=it.city,
        recipient=it.citizen,
        event="match_question",
        subject_key=f"match:{it.match.pk}",
    )
    page = client.post(url("take", it.city, message.pk), follow=True).text
    assert "réponse attendue" in page
    later = f"{timezone.localtime() + timedelta(days=40):%Y-%m-%d}T10:00"
    done = client.post(
        url("outcome", it.city, message.pk), {"outcome": "again", "again_at": later}, follow=True
    )
    assert "La réponse est attendue" in done.text
    assert "l’appel revient avant" in done.text
    message.refresh_from_db()
    it.match.refresh_from_db()
    assert message.due_at < it.match.answer_by


def test_a_wrong_number_is_said_and_listed(client, city, operator):
    message = MessageFactory(to_call=True, city=city, title="Une question")
    client.post(url("take", city, message.pk))
    page = client.post(url("outcome", city, message.pk), {"outcome": "wrong_number"}, follow=True).text
    assert "n’ont pas été remis" in page
    assert "Une question" in client.get(url("undelivered", city)).text


def test_a_call_for_tonight_says_so(client, city, operator):
    MessageFactory(to_call=True, city=city)
    assert "tag--tonight" not in client.get(url("list", city)).text
    MessageFactory(to_call=True, city=city, priority=Priority.NIGHT)
    assert client.get(url("list", city)).text.count("tag--tonight") == 1


def test_somebody_whose_number_is_gone_is_said_so(client, city, operator):
    message = MessageFactory(to_call=True, city=city, recipient=UserFactory(email="reste@exemple.fr"))

    assert "plus de numéro" in client.post(url("take", city, message.pk), follow=True).text


def test_what_did_not_arrive_is_listed_and_sent_again(client, city, operator):
    message = MessageFactory(city=city, state=MessageState.UNCERTAIN, title="C’est confirmé")
    page = client.get(url("undelivered", city)).text
    assert "C’est confirmé" in page
    assert "par e-mail" in page

    page = client.post(url("send_again", city, message.pk), follow=True).text

    message.refresh_from_db()
    assert message.state == MessageState.QUEUED
    assert "Tout est arrivé, ou en route" in page


def test_the_undelivered_are_paged_and_all_of_them_can_be_reached(client, city, operator):
    MessageFactory.create_batch(60, city=city, state=MessageState.FAILED)

    first = client.get(url("undelivered", city))
    second = client.get(url("undelivered", city), {"page": 2})

    assert (first.text.count("<article"), second.text.count("<article")) == (50, 10)
    assert "Renvoyer les 60 messages" in first.text


def test_all_of_a_kind_are_sent_again_in_one_act(client, city, operator):
    MessageFactory.create_batch(55, city=city, state=MessageState.UNCERTAIN)
    MessageFactory.create_batch(3, city=city, state=MessageState.FAILED)
    elsewhere = MessageFactory(state=MessageState.UNCERTAIN)
    page = client.get(url("undelivered", city), {"kind": "uncertain", "page": 2})
    assert "Renvoyer les 55 messages" in page.text
    assert 'href="?kind=uncertain&amp;page=1"' in page.text

    done = client.post(url("send_all_again", city), {"kind": "uncertain"}, follow=True)

    assert "55 messages vont repartir." in done.text
    left = Message.objects.filter(city=city).exclude(state=MessageState.QUEUED)
    assert set(left.values_list("state", flat=True)) == {MessageState.FAILED}
    elsewhere.refresh_from_db()
    assert elsewhere.state == MessageState.UNCERTAIN
    client.post(url("send_all_again", city))
    assert not Message.objects.filter(city=city).exclude(state=MessageState.QUEUED).exists()
    assert client.get(url("send_all_again", city)).status_code == 405


def test_what_says_itself_once_more_is_shown_and_left_to_that(client, city, operator, reasons_stand):
    message = MessageFactory(city=city, state=MessageState.UNCERTAIN, event="match_confirmed")
    same = {"recipient": message.recipient, "event": message.event, "subject_key": message.subject_key}
    repeat = MessageFactory(**same, city=city, repeat_of=message)

    page = client.get(url("undelivered", city)).text
    assert "Repart une fois de lui-même." in page
    assert url("send_again", city, message.pk) not in page
    client.post(url("send_all_again", city))
    client.post(url("send_again", city, message.pk))
    assert set(Message.objects.values_list("state", flat=True)) == {
        MessageState.UNCERTAIN,
        MessageState.QUEUED,
    }
    repeat.refresh_from_db()
    assert repeat.state == MessageState.QUEUED


def test_the_navigation_counts_what_did_not_arrive(client, city, operator):
    assert "Non remis" not in client.get(url("list", city)).text
    MessageFactory.create_batch(2, city=city, state=MessageState.FAILED)
    MessageFactory(state=MessageState.FAILED)
    page = client.get(url("list", city)).text
    assert re.search(r"tag--count[^<]*>2</span>", page)
    MessageFactory.create_batch(100, city=city, state=MessageState.FAILED)
    assert re.search(r"tag--count[^<]*>99\+</span>", client.get(url("list", city)).text)


def test_who_is_not_of_the_desk_reads_no_count(client, city):
    MessageFactory(city=city, state=MessageState.FAILED)
    client.force_login(UserFactory())
    assert "Non remis" not in client.get(f"/{city.slug}/").text


def test_since_when_a_channel_does_not_work_stands_above(client, city, operator):
    now = timezone.now()
    outages.note(channel="email", error="x", may_lose=False, by=None, now=now - timedelta(hours=3))

    assert "Rien ne part par e-mail depuis 3" in client.get(url("undelivered", city)).text
    outages.end(channel="email", by=None, now=now)
    assert "Rien ne part" not in client.get(url("undelivered", city)).text


def test_pages_of_the_desk_do_not_exist_for_others(client, city):
    message = MessageFactory(to_call=True, city=city)
    pages = [url("list", city), url("one", city, message.pk), url("undelivered", city)]
    posts = [
        url("take", city, message.pk),
        url("outcome", city, message.pk),
        url("send_again", city, message.pk),
        url("send_all_again", city),
    ]
    assert [client.get(page).status_code for page in pages] == [302] * 3
    people = [
        message.recipient,
        UserFactory(),
        CityRoleFactory(role="operator").user,
        CityRoleFactory(city=city, role="administrator").user,
    ]
    for person in people:
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [404] * 3
        assert [client.post(page).status_code for page in posts] == [404] * len(posts)


def test_another_towns_message_does_not_exist(client, city, operator):
    elsewhere = MessageFactory(to_call=True)

    assert client.get(url("one", city, elsewhere.pk)).status_code == 404
    assert client.post(url("take", city, elsewhere.pk)).status_code == 404
    assert client.post(url("outcome", city, elsewhere.pk)).status_code == 404
    assert client.post(url("send_again", city, elsewhere.pk)).status_code == 404
    assert Message.objects.get(pk=elsewhere.pk).state == MessageState.QUEUED


def test_a_call_is_noted_by_a_form_alone(client, city, operator):
    message = MessageFactory(to_call=True, city=city)
    assert client.get(url("outcome", city, message.pk)).status_code == 405
    assert client.get(url("take", city, message.pk)).status_code == 405


@pytest.mark.parametrize("name", ["list", "undelivered"])
def test_a_list_asks_the_same_whatever_its_length(
    client, city, operator, django_assert_num_queries, django_assert_max_num_queries, name
):
    def more(count):
        MessageFactory.create_batch(count, to_call=True, city=city)
        MessageFactory.create_batch(count, state=MessageState.FAILED, city=city)

    more(2)
    client.get(url(name, city))
    with django_assert_max_num_queries(15) as few:
        client.get(url(name, city))
    more(18)
    with django_assert_num_queries(len(few)):
        assert client.get(url(name, city)).text.count("<article") == 20


# --- What a message tells of somebody else -------------------------------------------------------------


@pytest.fixture
def confirmed(db):
    """By whom it is read ("owner" or "poster"), the call about a match of two citizens that is confirmed."""
    now = timezone.now()
    host, asks = UserFactory(phone_only=True, name="Odile"), UserFactory(phone_only=True, name="Amina")
    it = story(city=CityFactory(awake=True), now=now, offer={"owner": host}, need={"for_person": asks})
    for act, by in ((matching.propose, it.coordinator), (matching.accept, host), (matching.confirm, asks)):
        act(match_id=it.match.pk, by=by, now=now)
    calls = Message.objects.filter(event="match_confirmed", channel="call")
    return it.city, {"owner": calls.get(recipient=host), "poster": calls.get(recipient=asks)}


@pytest.mark.parametrize(("reader", "other"), [("owner", "poster"), ("poster", "owner")])
def test_another_s_contact_is_for_whoever_calls_and_its_reading_is_kept(client, confirmed, reader, other):
    city, calls = confirmed
    message, told = calls[reader], calls[other].recipient
    operator = CityRoleFactory(city=city, role="operator").user
    client.force_login(operator)
    page = client.get(url("one", city, message.pk)).text
    assert "Je l’appelle maintenant" in page
    assert told.phone.as_national not in page
    assert message.action_url not in page
    assert not ContactReading.objects.exists()

    page = client.post(url("take", city, message.pk), follow=True).text
    assert told.phone.as_national in page
    client.get(url("one", city, message.pk))
    readings = ContactReading.objects.values_list("reader", "subject", "reference")
    reference = f"message:{message.pk}"
    assert set(readings) == {(operator.pk, subject.pk, reference) for subject in (message.recipient, told)}
    assert len(readings) == 2


def test_an_association_s_contact_is_no_person_s(db):
    it = story(now=timezone.now())
    message = MessageFactory(
        event="match_confirmed", subject_key=f"match:{it.match.pk}", recipient=it.citizen, city=it.city
    )
    assert contacts.told_by(message) is None
    message.recipient = it.member
    assert contacts.told_by(message) == it.citizen
    assert contacts.told_by(MessageFactory(event="offer_receipt", subject_key="offer:0")) is None


# --- An operator never holds a link that answers as the person -----------------------------------------

SIGNED = re.compile(r":\w{6}:[\w-]{43}")


def test_the_answer_is_noted_on_a_page_of_the_desk_s_own(client, story_to_call):
    it, message = story_to_call
    city, operator = it.city, CityRoleFactory(city=it.city, role="operator").user
    assert SIGNED.search(message.action_url)
    client.force_login(operator)
    page = url("answer", city, message.pk)
    assert client.get(page).url == url("one", city, message.pk), "for whoever calls"
    called = client.post(url("take", city, message.pk), follow=True).text
    assert page in called
    shown = client.get(page).text
    for text in (called, shown):
        assert not SIGNED.search(text)
    assert client.post(page, {"answer": "accept"}).url == page
    decision = Decision.objects.get(match=it.match, to_state=MatchState.ACCEPTED)
    assert (decision.by, it.state) == (operator, MatchState.ACCEPTED)
    assert not SIGNED.search(client.get(page).text)


def test_of_another_town_or_of_whoever_does_not_call_it_is_not(client, story_to_call):
    it, message = story_to_call
    client.force_login(CityRoleFactory(role="operator").user)
    assert client.get(url("answer", it.city, message.pk)).status_code == 404
    caller, other = (CityRoleFactory(city=it.city, role="operator").user for _number in range(2))
    client.force_login(caller)
    client.post(url("take", it.city, message.pk))
    client.force_login(other)
    client.post(url("answer", it.city, message.pk), {"answer": "accept"})
    assert it.state == MatchState.PROPOSED


# --- A number that nobody has proven -------------------------------------------------------------------


def test_at_such_a_number_nothing_is_said_before_it_is_known_who_answers(client, story_to_call):
    it, message = story_to_call
    person = message.recipient
    person.phone_proof, person.phone_proven_at = "", None
    person.save(update_fields=["phone_proof", "phone_proven_at"])
    operator = CityRoleFactory(city=it.city, role="operator").user
    client.force_login(operator)
    called = client.post(url("take", it.city, message.pk), follow=True).text
    assert f"C’est bien {person}" in called
    assert message.title not in called
    assert client.post(url("outcome", it.city, message.pk), {"outcome": "reached"}).status_code == 422
    assert client.get(url("answer", it.city, message.pk)).status_code == 302
    client.post(url("recognise", it.city, message.pk))
    person.refresh_from_db()
    assert person.phone_proof == "call"
    assert person.edits.latest("pk").by == operator
    assert message.title in client.get(url("one", it.city, message.pk)).text


def test_a_wrong_number_is_no_longer_theirs(client, story_to_call):
    it, message = story_to_call
    client.force_login(CityRoleFactory(city=it.city, role="operator").user)
    client.post(url("take", it.city, message.pk))
    client.post(url("outcome", it.city, message.pk), {"outcome": "wrong_number"})
    message.recipient.refresh_from_db()
    assert message.recipient.proven_phone is None


def test_only_whoever_calls_says_who_answers(client, story_to_call):
    it, message = story_to_call
    person = message.recipient
    person.phone_proof, person.phone_proven_at = "", None
    person.save(update_fields=["phone_proof", "phone_proven_at"])
    client.force_login(CityRoleFactory(city=it.city, role="operator").user)
    client.post(url("recognise", it.city, message.pk))
    person.refresh_from_db()
    assert person.proven_phone is None


@pytest.fixture
def story_to_call(db):
    """A question that waits to be put by phone to somebody without an address, and its call."""
    it = story(
        now=timezone.now(),
        city=CityFactory(awake=True),
        offer={"owner": UserFactory(phone_only=True, name="Denise")},
    )
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())
    return it, Message.objects.get(event="match_question", recipient=it.citizen)
