"""A mail that answers one of ours is noted, read by the desk and said back; it decides nothing by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail as outgoing
from django.utils import timezone

from cities.models import City
from matching import services as matching
from notifications import links
from notifications.channels.call.models import Outcome
from notifications.channels.call.selectors import calls_to_make
from notifications.channels.call.services import note, take
from notifications.channels.email.transport import compose
from notifications.channels.sms.models import Reply
from notifications.events import Priority
from notifications.inbox import selectors, services
from notifications.inbox.models import MailReply
from notifications.models import Message, MessageState
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory
from tests.loading import Loading

Became = MailReply.Became


def receive(raw: bytes, **more: Any) -> MailReply:
    return services.receive_mail(raw=raw, by=None, now=timezone.now(), **more)


class TestAddress:
    def test_each_mail_says_where_its_answer_goes(self, sent):
        written = compose(sent)
        tagged = links.reply_address(sent)
        assert written.reply_to == [f"Strasbourg <{tagged}>", "accueil@strasbourg.example"]
        assert len(tagged.partition("@")[0]) <= 64
        assert links.message_of_reply_address(tagged.upper()) == sent
        assert outgoing.EmailMessage(reply_to=written.reply_to).message()["Reply-To"]

    def test_without_a_mailbox_answers_go_to_the_town(self, sent, settings):
        settings.MAIL_REPLY_ADDRESS = ""
        assert compose(sent).reply_to == ["accueil@strasbourg.example"]

    @pytest.mark.parametrize("change", ["+", "-", "@", "0", "é"])
    def test_an_altered_one_names_no_message(self, sent, change):
        address = links.reply_address(sent)
        other = MessageFactory()
        forged = address.replace(f"+{links.int_to_base36(sent.pk)}-", f"+{links.int_to_base36(other.pk)}-")
        assert links.message_of_reply_address(forged) is None
        assert links.message_of_reply_address(address.replace("@", f"{change}@")) is None
        assert links.message_of_reply_address(address.replace("reponses", "autre")) is None
        assert links.message_of_reply_address("reponses+@accorde.exemple.fr") is None


class TestReceived:
    def test_the_desk_has_the_words_and_whoever_wrote_is_told_so(self, sent, host, town, mail):
        reply = receive(mail("gmail_fr", sent))
        assert (reply.person, reply.message, reply.city, reply.became) == (
            host,
            sent,
            town,
            Became.READ_BY_DESK,
        )
        [call] = calls_to_make(town)
        assert "Oui mais pas avant 20h" in call.body
        said_back = Message.objects.get(event="mail_acknowledged")
        assert (said_back.recipient, said_back.channel) == (host, "email")
        assert "Une personne de la ville lit votre message." in said_back.body
        assert selectors.waiting(town, None).to_read == 1

    def test_a_yes_by_mail_decides_nothing_and_leads_to_the_question(self, db, mail):
        it = _asked()
        question = Message.objects.get(event="match_question")
        reply = receive(mail("apple_bottom", question))
        assert (reply.said, reply.became, it.state) == ("yes", Became.READ_BY_DESK, "proposed")
        said_back = Message.objects.get(event="mail_acknowledged")
        assert said_back.action_url == question.action_url
        assert "ouvrez la page de la question" in said_back.body

    def test_for_tonight_the_coordinators_are_told_at_once(self, sent, town, mail):
        coordinator = CityRoleFactory(city=town).user
        Message.objects.update(priority=Priority.NIGHT)
        receive(mail("gmail_fr", sent))
        alert = Message.objects.get(event="mail_to_read", recipient=coordinator)
        assert alert.priority == Priority.NIGHT
        assert "20h" not in alert.body

    def test_who_wants_a_call_is_on_the_list(self, sent, town, mail):
        assert receive(mail("thunderbird_inline", sent)).became == Became.CALL_WANTED
        assert calls_to_make(town).get().event == "call_wanted"

    def test_the_same_mail_twice_is_one(self, sent, mail):
        first, second = (receive(mail("gmail_fr", sent)) for _door in range(2))
        assert first == second
        assert MailReply.objects.count() == Message.objects.filter(event="mail_acknowledged").count() == 1

    def test_at_once_too(self, transactional_db, sent, mail, at_once):
        found = at_once(*[lambda: receive(mail("gmail_fr", sent))] * 2)
        assert len({reply.pk for reply in found}) == 1
        assert Message.objects.filter(event="mail_acknowledged").count() == 1

    @pytest.mark.parametrize(("name", "became"), [("out_of_office", "automatic"), ("returned", "returned")])
    def test_a_machines_mail_is_no_answer(self, sent, town, mail, name, became):
        assert receive(mail(name, sent)).became == became
        assert not calls_to_make(town).exists()
        assert not Message.objects.filter(event="mail_acknowledged").exists()
        assert selectors.waiting(town, None).to_read == 0

    def test_two_machines_do_not_write_to_each_other_for_ever(self, sent, mail):
        for turn in range(8):
            receive(mail("gmail_fr", sent).replace(b"CAF1gmail", f"CAF{turn}".encode()))
        assert Message.objects.filter(event="mail_acknowledged").count() == services.ACKNOWLEDGED_A_DAY

    def test_files_are_left_out_and_said(self, sent, mail):
        assert receive(mail("forwarded", sent)).files == 1
        assert "pièces jointes" in Message.objects.get(event="mail_acknowledged").body

    def test_the_door_may_say_where_it_arrived(self, sent, mail):
        assert receive(mail("gmail_fr"), to=links.reply_address(sent)).message == sent


class TestStranger:
    """A mail whose address names none of our messages."""

    def test_is_the_desks_of_the_town_that_wrote_to_its_sender(self, sent, town, mail):
        City.objects.exclude(pk=town.pk).delete()
        reply = receive(mail("gmail_fr", "reponses+1-00000000000000@accorde.exemple.fr"))
        assert (reply.person, reply.message, reply.city, reply.became) == (None, None, town, Became.UNKNOWN)
        assert not Message.objects.exclude(pk=sent.pk).exists()
        assert selectors.waiting(town, None).to_read == 1

    def test_of_several_towns_none_reads_what_is_not_its_own(self, sent, mail):
        CityRoleFactory()
        assert receive(mail("apple_bottom")).city is None


def _asked() -> Any:
    now = timezone.now()
    it = story(now=now)
    matching.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    return it


class TestDesk:
    @pytest.fixture
    def operator(self, town):
        return CityRoleFactory(city=town, role="operator").user

    def test_reads_who_wrote_what_and_what_came_of_it(self, client, sent, town, operator, mail):
        receive(mail("forwarded", sent))
        client.force_login(operator)
        page = client.get(f"/{town.slug}/ecrits/")
        for words in ("Je réponds pour Jeanne", "voisin@exemple.fr", "transmis à la ville", sent.title):
            assert words in page.text
        assert f"/{town.slug}/appels/{calls_to_make(town).get().pk}/" in page.text

    def test_says_that_it_is_seen_and_nobody_is_called_any_more(self, client, sent, town, operator, mail):
        reply = receive(mail("gmail_fr", sent))
        client.force_login(operator)
        client.post(f"/{town.slug}/ecrits/mail/{reply.pk}/vu/")
        reply.refresh_from_db()
        assert reply.seen_by == operator
        assert selectors.waiting(town, None).to_read == 0
        assert not calls_to_make(town).exists()
        assert "Oui mais pas avant 20h" not in client.get(f"/{town.slug}/ecrits/").text
        assert "Oui mais pas avant 20h" in client.get(f"/{town.slug}/ecrits/?toutes=1").text

    def test_it_stands_on_the_case_and_on_the_offer(self, client, db, mail):
        it = _asked()
        receive(mail("gmail_fr", Message.objects.get(event="match_question")))
        about_offer = MessageFactory(
            recipient=it.citizen, city=it.city, subject_key=f"offer:{it.match.offer_id}"
        )
        receive(mail("forwarded", about_offer))
        client.force_login(it.coordinator)
        case = Loading(client).get(f"/{it.city.slug}/bureau/{it.match.need.reference}/").text
        offer = client.get(f"/{it.city.slug}/propositions/{it.match.offer.reference}/").text
        assert "Oui mais pas avant 20h" in case
        assert "Je réponds pour Jeanne" not in case
        assert "Je réponds pour Jeanne" in offer

    def test_a_call_that_was_made_counts_as_read(self, sent, town, operator, mail):
        receive(mail("gmail_fr", sent))
        [call] = calls_to_make(town)
        take(message_id=call.pk, by=operator, now=timezone.now())
        note(message_id=call.pk, outcome=Outcome.REACHED, by=operator, now=timezone.now())
        assert selectors.waiting(town, None).to_read == 0

    def test_another_towns_is_not_there(self, client, sent, mail):
        reply = receive(mail("gmail_fr", sent))
        elsewhere = CityRoleFactory()
        client.force_login(elsewhere.user)
        slug = elsewhere.city.slug
        assert "20h" not in client.get(f"/{slug}/ecrits/?toutes=1").text
        assert client.post(f"/{slug}/ecrits/mail/{reply.pk}/vu/").status_code == 404

    @pytest.mark.parametrize("count", [2, 20])
    def test_a_longer_list_asks_no_more(
        self, client, town, host, operator, django_assert_max_num_queries, count
    ):
        now = timezone.now()
        for number in range(count):
            message = MessageFactory(recipient=host, city=town, subject_key=f"match:{number}")
            either = {"person": host, "message": message, "city": town, "text": "Bonjour", "said": "unclear"}
            MailReply.objects.create(**either, became="read_by_desk", digest=str(number), received_at=now)
            Reply.objects.create(**either, became="late", received_at=now - timedelta(minutes=number))
        client.force_login(operator)
        with django_assert_max_num_queries(15):
            assert client.get(f"/{town.slug}/ecrits/").text.count("<article") == min(2 * count, 30)


def test_the_state_of_the_question_is_read(sent, mail):
    now = timezone.now() - timedelta(hours=1)
    Message.objects.update(state=MessageState.SENT, sent_at=now)
    receive(mail("gmail_fr", sent))
    sent.refresh_from_db()
    assert sent.state == MessageState.OPENED
