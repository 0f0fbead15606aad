"""The desk's list of calls."""

import pytest
from django.urls import reverse

from accounts.models import ContactReading
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
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
    assert message.recipient.phone.as_rfc3966 in page.text
    assert message.recipient.phone.as_national in page.text
    assert "Votre proposition « Chambre » est enregistrée." in page.text
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reference) == (
        operator, message.recipient, f"message:{message.pk}",
    )  # fmt: skip

    done = client.post(url("called", city, message.pk), follow=True)

    assert "Appel noté" in done.text
    assert "Personne n’attend d’appel" in done.text
    message.refresh_from_db()
    assert (message.state, message.called_by) == (MessageState.SENT, operator)
    assert client.post(url("called", city, message.pk)).status_code == 302
    assert client.get(url("one", city, message.pk)).status_code == 302
    assert ContactReading.objects.count() == 1, "what is done shows no number any more"


def test_somebody_whose_number_is_gone_is_said_so(client, city, operator):
    message = MessageFactory(to_call=True, city=city, recipient=UserFactory(email="reste@exemple.fr"))

    assert "plus de numéro" in client.get(url("one", city, message.pk)).text


def test_what_did_not_arrive_is_listed_and_sent_again(client, city, operator):
    message = MessageFactory(city=city, state=MessageState.UNCERTAIN, title="C’est confirmé")
    assert "C’est confirmé" in client.get(url("list", city)).text

    client.post(url("send_again", city, message.pk))

    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_pages_of_the_desk_do_not_exist_for_others(client, city):
    message = MessageFactory(to_call=True, city=city)
    pages = [url("list", city), url("one", city, message.pk)]
    posts = [url("called", city, message.pk), url("send_again", city, message.pk)]
    assert [client.get(page).status_code for page in pages] == [302, 302]
    people = [
        message.recipient,
        UserFactory(),
        CityRoleFactory(role="operator").user,
        CityRoleFactory(city=city, role="administrator").user,
    ]
    for person in people:
        client.force_login(person)
        assert [client.get(page).status_code for page in pages] == [404, 404]
        assert [client.post(page).status_code for page in posts] == [404, 404]


def test_another_towns_message_does_not_exist(client, city, operator):
    elsewhere = MessageFactory(to_call=True)

    assert client.get(url("one", city, elsewhere.pk)).status_code == 404
    assert client.post(url("called", city, elsewhere.pk)).status_code == 404
    assert client.post(url("send_again", city, elsewhere.pk)).status_code == 404
    assert Message.objects.get(pk=elsewhere.pk).state == MessageState.QUEUED


def test_a_call_is_noted_by_a_form_alone(client, city, operator):
    message = MessageFactory(to_call=True, city=city)
    assert client.get(url("called", city, message.pk)).status_code == 405


def test_the_list_asks_the_same_whatever_its_length(
    client, city, operator, django_assert_num_queries, django_assert_max_num_queries
):
    def more(count):
        MessageFactory.create_batch(count, to_call=True, city=city)
        MessageFactory.create_batch(count, state=MessageState.FAILED, city=city)

    more(2)
    client.get(url("list", city))
    with django_assert_max_num_queries(15) as few:
        client.get(url("list", city))
    more(18)
    with django_assert_num_queries(len(few)):
        assert client.get(url("list", city)).text.count("<article") == 40
