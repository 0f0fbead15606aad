"""The letter of a town: who has it, who sends it, and what is left of somebody who leaves."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError

from accounts.models import PersonEdit, User
from notifications import delivery, preferences
from notifications.events import Priority
from notifications.inbox.services import receive_mail
from notifications.links import reply_address
from notifications.models import Bounce, Message, MessageState
from notifications.selectors import undelivered
from outreach import links, selectors, services
from outreach.models import Issue, Subscription
from privacy import erasing
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.outreach.conftest import NOW

DAY = timedelta(days=1)


def letters():
    return Message.objects.filter(event="newsletter")


def deliver(now=NOW):
    delivery.deliver_batch(channel="email", by=None, clock=lambda: now)


class TestAsking:
    def test_an_address_is_asked_to_confirm_in_its_language(self, ask):
        subscription = ask(language="ar")
        message = Message.objects.get()
        assert (message.event, message.language, message.channel) == ("newsletter_confirm", "ar", "email")
        assert links.to_confirm(message.action_url.split("/")[-2]) == subscription.pk
        assert subscription.confirmed_at is None

    def test_who_has_not_confirmed_has_no_letter(self, ask, send):
        ask()
        send()
        assert not letters().exists()

    def test_asking_again_writes_once_a_day_and_tells_nothing(self, ask):
        first = ask()
        assert ask().pk == first.pk
        assert Message.objects.count() == 1
        again = ask(now=NOW + DAY)
        assert again.pk != first.pk
        assert Message.objects.filter(subject_key=f"letter:{again.pk}").count() == 1

    def test_a_subscriber_who_asks_again_stays_one(self, subscribe, ask):
        first = subscribe()
        assert ask(now=NOW + 2 * DAY).confirmed_at == first.confirmed_at
        assert Message.objects.count() == 1

    def test_too_many_unconfirmed_addresses_stop_it(self, ask, monkeypatch):
        monkeypatch.setattr(services, "MOST_UNCONFIRMED", 1)
        ask()
        with pytest.raises(services.TooMany):
            ask("autre@exemple.fr")

    def test_what_never_confirms_is_forgotten_after_seven_days(self, ask):
        late = ask(now=NOW - 7 * DAY)
        recent = ask("autre@exemple.fr", now=NOW - 6 * DAY)
        assert services.forget_unconfirmed(by=None, now=NOW) == 1
        assert list(Subscription.objects.all()) == [recent]
        late.person.refresh_from_db()
        assert (late.person.email, late.person.is_active) == (None, False)
        assert not User.objects.filter(email="lea@exemple.fr").exists()

    def test_confirming_what_was_forgotten_is_no_subscription(self, ask):
        subscription = ask()
        services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        assert not services.confirm(subscription_id=subscription.pk, by=None, now=NOW)
        assert not Subscription.objects.exists()

    def test_a_link_for_one_thing_opens_no_other(self, ask):
        subscription = ask()
        leave = links.leave_address(subscription.pk, "strasbourg").split("/")[-2]
        assert links.to_leave(leave) == subscription.pk
        assert links.to_confirm(leave) is None
        assert links.to_leave(links.confirm_path(subscription).split("/")[-2]) is None


class TestLeaving:
    def test_takes_the_address_away_and_withdraws_what_waits(self, subscribe, send, smtp_server):
        subscription = subscribe()
        send()
        person = subscription.person
        PersonEdit.objects.create(
            person=person, what={"email": ["vieux@exemple.fr", "lea@exemple.fr"]}, by=None, at=NOW
        )
        services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        deliver()
        assert not smtp_server.messages
        assert set(Message.objects.values_list("state", flat=True)) == {MessageState.MOOT}
        person.refresh_from_db()
        assert (person.email, person.anonymised_at) == (None, NOW)
        # The history of what they changed, and whatever else there is, the eraser takes away.
        assert erasing.carry_out_due(by=None, now=NOW) == 1
        rows = [str(row) for row in PersonEdit.objects.values_list("what", flat=True)]
        rows += [str(row) for row in Message.objects.values()]
        assert "exemple.fr" not in "".join(rows)

    def test_leaves_somebody_alone_who_is_known_for_something_else(self, subscribe):
        for email, known in (("a@exemple.fr", OfferFactory), ("b@exemple.fr", CityRoleFactory)):
            subscription = subscribe(email)
            if known is OfferFactory:
                known(owner=subscription.person)
            else:
                known(user=subscription.person)
            services.leave(subscription_id=subscription.pk, by=None, now=NOW)
            subscription.person.refresh_from_db()
            assert subscription.person.email == email
        assert not Subscription.objects.exists()

    def test_leaves_somebody_alone_who_has_signed_in(self, city, subscribe):
        subscription = subscribe()
        User.objects.filter(pk=subscription.person_id).update(last_login=NOW)
        services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        assert User.objects.filter(email="lea@exemple.fr").exists()

    def test_leaves_the_letter_of_another_town_as_it_is(self, subscribe, ask):
        from tests.factories.cities import CityFactory

        subscription = subscribe()
        services.ask(city=CityFactory(), email="lea@exemple.fr", language="fr", by=None, now=NOW)
        services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        assert User.objects.filter(email="lea@exemple.fr").exists()

    @pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied", "X-Mailer: un-programme"])
    def test_takes_away_what_they_wrote_back_as_well(self, subscribe, settings, header):
        settings.MAIL_REPLY_ADDRESS = "reponses@accorde.exemple.fr"
        subscription = subscribe()
        to = reply_address(Message.objects.get())
        raw = f"From: lea@exemple.fr\nTo: {to}\n{header}\n\nCe n'était pas moi.".encode()
        reply = receive_mail(raw=raw, by=None, now=NOW)
        assert reply.person == subscription.person
        services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        reply.refresh_from_db()
        assert (reply.sender, reply.text) == ("", "")
        assert not User.objects.filter(email="lea@exemple.fr").exists()
        assert set(Message.objects.values_list("state", "body")) == {(MessageState.MOOT, "")}

    def test_twice_is_the_same(self, subscribe):
        subscription = subscribe()
        for _time in range(2):
            services.leave(subscription_id=subscription.pk, by=None, now=NOW)
        assert not Subscription.objects.exists()


class TestTwoPersons:
    def test_whoever_drafted_it_does_not_send_it(self, city, writer):
        issue = services.draft(city=city, words={}, by=writer, now=NOW)
        with pytest.raises(services.CannotSend, match="same"):
            services.send(issue_id=issue.pk, by=writer, now=NOW)

    def test_nor_does_whoever_changed_it(self, city, writer, sender):
        issue = services.draft(city=city, words={}, by=writer, now=NOW)
        services.rewrite(issue_id=issue.pk, words={"fr": "Merci"}, by=sender, now=NOW)
        with pytest.raises(services.CannotSend, match="same"):
            services.send(issue_id=issue.pk, by=sender, now=NOW)
        third = CityRoleFactory(city=city).user
        assert services.send(issue_id=issue.pk, by=third, now=NOW).sent_by == third

    def test_the_database_knows_it_too(self, city, writer):
        with pytest.raises(IntegrityError, match="issue_takes_two"):
            Issue.objects.create(city=city, drafted_by=writer, drafted_at=NOW, sent_by=writer, sent_at=NOW)

    @pytest.mark.parametrize("role", ["operator", None])
    def test_nobody_else_writes_or_sends(self, city, writer, role):
        issue = services.draft(city=city, words={}, by=writer, now=NOW)
        person = CityRoleFactory(city=city, role=role).user if role else CityRoleFactory().user
        with pytest.raises(PermissionDenied):
            services.send(issue_id=issue.pk, by=person, now=NOW)
        with pytest.raises(PermissionDenied):
            services.draft(city=city, words={}, by=person, now=NOW)

    def test_what_was_sent_is_neither_sent_nor_changed_again(self, send, writer, city):
        issue = send()
        third = CityRoleFactory(city=city).user
        with pytest.raises(services.CannotSend, match="sent"):
            services.send(issue_id=issue.pk, by=third, now=NOW)
        with pytest.raises(services.CannotSend, match="sent"):
            services.rewrite(issue_id=issue.pk, words={}, by=writer, now=NOW)

    def test_the_next_one_waits_six_days(self, send):
        send()
        with pytest.raises(services.CannotSend, match="soon"):
            send(now=NOW + 5 * DAY)
        assert send(now=NOW + 6 * DAY).sent_at

    def test_too_long_words_are_refused_beside_their_language(self, city, writer):
        with pytest.raises(ValidationError) as refusal:
            services.draft(city=city, words={"fr": "ok", "ar": "ا" * 2001}, by=writer, now=NOW)
        assert set(refusal.value.message_dict) == {"ar"}


class TestLetter:
    def test_goes_once_to_each_subscriber_after_everything_else(self, subscribe, send, monkeypatch):
        monkeypatch.setattr(services, "BATCH", 2)
        for number in range(5):
            subscribe(f"lea{number}@exemple.fr")
        issue = send()
        assert issue.queued_at
        assert letters().count() == 5
        assert set(letters().values_list("priority", "channel")) == {(Priority.DIGEST, "email")}
        Issue.objects.filter(pk=issue.pk).update(queued_at=None, looked_at=0)
        while services.queue_letters(by=None, now=NOW):
            pass
        assert letters().count() == 5

    def test_is_in_the_language_of_its_reader_with_the_words_of_that_language_alone(self, subscribe, send):
        subscribe("fr@exemple.fr")
        subscribe("ar@exemple.fr", language="ar")
        subscribe("en@exemple.fr", language="en")
        send(fr="Merci à toutes", ar="شكرا لكم")
        said = dict(letters().values_list("language", "body"))
        assert "Merci à toutes" in said["fr"]
        assert "شكرا لكم" in said["ar"]
        assert "Merci" not in said["en"]
        assert "شكرا" not in said["en"]

    def test_says_no_more_of_a_need_than_the_public_list(self, city, subscribe, send):
        need = NeedFactory(city=city, title="Famille de Kaboul", text="Ils dorment dehors", first_day=date(2026, 3, 10),
                           last_day=date(2026, 3, 20))  # fmt: skip
        subscribe()
        send()
        body = letters().get().body
        assert need.commune.name in body
        assert "Kaboul" not in body
        assert "dehors" not in body
        assert need.organisation.name not in body

    def test_leaves_out_who_has_paused_or_refuses_mail_or_cannot_be_reached(self, city, subscribe, send):
        paused, refuses, bounced, there = (subscribe(f"{name}@exemple.fr").person for name in "abcd")
        choices = {"refused_sorts": [], "rings_at_night": False, "now": NOW}
        preferences.choose(
            person=paused, by=paused, refused_channels=[], paused_until=date(2026, 3, 9), **choices
        )
        User.objects.filter(pk=refuses.pk).update(phone="+33612345678")
        refuses.refresh_from_db()
        preferences.choose(
            person=refuses, by=refuses, refused_channels=["email"], paused_until=None, **choices
        )
        from notifications.reach import blind

        Bounce.objects.create(
            person=bounced, channel="email", address=blind(bounced.email), error="rcpt 550", at=NOW
        )
        send()
        assert [message.recipient for message in letters()] == [there]

    def test_who_came_after_it_was_sent_has_the_next_one(self, city, writer, sender, ask):
        issue = services.draft(city=city, words={}, by=writer, now=NOW)
        services.send(issue_id=issue.pk, by=sender, now=NOW)
        services.confirm(subscription_id=ask().pk, by=None, now=NOW + DAY)
        while services.queue_letters(by=None, now=NOW + DAY):
            pass
        assert not letters().exists()

    def test_has_its_own_way_out_and_says_why_it_came(self, subscribe, send, smtp_server):
        subscription = subscribe()
        Message.objects.update(state=MessageState.MOOT)
        send()
        deliver()
        (mail,) = smtp_server.messages
        address = links.leave_address(subscription.pk, subscription.city.slug)
        assert mail["List-Unsubscribe"].strip() == f"<{address}>"  # folded: it is long
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for part in mail.iter_parts():
            said = part.get_content()
            assert "parce que vous l’avez demandée" in said
            assert "une proposition ou une demande" not in said
            assert "<img" not in said
            assert address.split("/")[-2].split(":")[0] in said

    def test_that_is_refused_goes_no_other_way_and_is_a_number(self, city, subscribe, send, scripted_server):
        subscription = subscribe()
        User.objects.filter(pk=subscription.person_id).update(
            phone="+33612345678", phone_proof="call", phone_proven_at=NOW
        )
        Message.objects.update(state=MessageState.MOOT)
        scripted_server(RCPT="550 5.1.1 no such user")
        issue = send()
        deliver()
        assert [message.state for message in letters()] == [MessageState.FAILED]
        assert selectors.counts(issue) == {"sent": 0, "waiting": 0, "failed": 1}
        assert not undelivered(city).exists()

    def test_is_not_said_on_the_site_as_well(self, city, subscribe, send):
        person = CityRoleFactory(city=city, user=UserFactory(email="equipe@exemple.fr", last_login=NOW)).user
        subscribe("equipe@exemple.fr")
        send()
        assert letters().get(recipient=person).channel == "email"


def test_the_desk_is_told_how_many_alone(city, subscribe):
    subscribe()
    subscribe("ar@exemple.fr", language="ar")
    assert selectors.count_by_language(city) == {"ar": 1, "fr": 1}
