"""Which words a message has: the town's in its language, where they hold; else the built-in ones in that language."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from notifications import delivery, queued
from notifications.channels.email.transport import compose
from notifications.channels.sms import words
from notifications.doubts import follow
from notifications.models import Message, MessageState
from notifications.rewording.services import restore
from notifications.wording import texts
from notifications.wording.models import Form, Wording, WordingEdit
from notifications.wording.selectors import said_with
from notifications.wording.texts import text_of
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.notifications.wording.conftest import NOW, OWN, VALUES

SAID = "Un toit pour 2 personnes à Schiltigheim, du 11 au 20 mars. Répondez avant mardi 10 mars à 18\xa0h, merci\u202f!"
LINK = "https://accorde.exemple.fr/s/1a2b3-xxxxxxxxxxxx/"


def test_a_message_has_the_words_of_its_town(write, tell):
    write()
    message = tell()
    assert (message.title, message.body) == ("Un coup de main\u202f?", SAID)
    assert (message.wording, message.values) == ("match_question", VALUES)


def test_in_another_language_or_town_it_has_the_built_in_ones(write, tell):
    write()
    english = tell(language="en")
    assert "coup de main" not in english.title
    assert english.body.startswith("Hello")
    assert tell(town=CityFactory(), number=2).title.startswith("Pouvez-vous aider")


def test_a_language_has_words_of_its_own(write, tell):
    write(language="ar", title="هل يمكنكم المساعدة؟", body="{demande} {lieu} {dates} {delai}")
    assert tell(language="ar").title == "هل يمكنكم المساعدة؟"
    assert tell(number=2).title.startswith("Pouvez-vous aider")


def test_what_waits_keeps_its_words(write, tell):
    message = tell()
    write()
    message.refresh_from_db()
    assert message.title.startswith("Pouvez-vous aider")


def test_the_built_in_words_come_back_and_the_history_stays(write, tell, city, administrator):
    write()
    wording = restore(
        city=city, name="match_question", form=Form.LETTER, language="fr", by=administrator, now=NOW
    )
    assert tell().title.startswith("Pouvez-vous aider")
    assert [edit.what["body"] for edit in wording.edits.all()] == [["", OWN], [OWN, ""]]
    assert {edit.by for edit in wording.edits.all()} == {administrator}


def test_writing_the_same_again_is_no_change(write):
    write()
    write()
    assert WordingEdit.objects.count() == 1


def test_the_history_cannot_be_changed(write):
    write()
    with pytest.raises(DatabaseError), transaction.atomic():
        WordingEdit.objects.update(what={"body": ["", "autre"]})


@pytest.mark.parametrize("role", ["coordinator", "operator"])
def test_nobody_but_an_administrator_of_the_town_writes(city, role):
    text = text_of("match_question")
    for person in (CityRoleFactory(city=city, role=role).user, CityRoleFactory(role="administrator").user):
        with pytest.raises(PermissionDenied):
            restore(city=city, name=text.name, form=Form.LETTER, language="fr", by=person, now=NOW)
    assert not Wording.objects.exists()


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"body": OWN + "\n{autre}"}, "body", "Ligne 2"),
        ({"body": "{demande} {lieu} {dates}"}, "body", "{delai}"),
        ({"title": "{autre}"}, "title", "{autre}"),
        ({"title": ""}, "title", "Écrivez"),
        ({"title": "a" * 121}, "title", "120"),
        ({"body": OWN + "a" * 4000}, "body", "4000"),
    ],
)
def test_what_does_not_hold_is_refused_beside_its_field(write, said, field, words):
    with pytest.raises(ValidationError) as refusal:
        write(**said)
    assert words in str(refusal.value.message_dict[field])
    assert not Wording.objects.exists()


def test_a_required_element_in_the_title_alone_is_missing(write):
    with pytest.raises(ValidationError):
        write(title="{delai}", body="{demande} {lieu} {dates}")


def test_a_text_that_lost_a_placeholder_gives_way_and_the_town_is_told(write, tell, monkeypatch):
    wording = write(title="{proposition}")
    call_command("check_wordings")
    older = text_of("match_question")
    monkeypatch.setitem(
        texts._texts, older.name, replace(older, body=str(older.body).replace("%(offer)s", ""))
    )
    assert tell().title.startswith("Pouvez-vous aider")
    with pytest.raises(CommandError):
        call_command("check_wordings")
    monkeypatch.delitem(texts._texts, older.name)
    with pytest.raises(CommandError):
        call_command("check_wordings")
    assert wording.title == "{proposition}"


def test_a_reminder_says_so_around_the_words_of_the_town(write):
    own = write()
    text = text_of("match_question").filled(VALUES)
    text = replace(text, filling=replace(text.filling, frame="Rappel\u202f: %(title)s"))
    assert said_with(text, [own], language="fr").title == "Rappel\u202f: Un coup de main\u202f?"


def test_what_ends_a_message_ends_it_in_any_words(write):
    own = write()
    text = text_of("match_question").filled(VALUES, also="Les autres jours\u202f: le 21.")
    assert said_with(text, [own], language="fr").body == f"{SAID}\n\nLes autres jours\u202f: le 21."


def test_a_mail_says_who_writes_why_and_how_to_stop_whatever_the_words(write, tell):
    write()
    mail = compose(tell())
    html = str(mail.alternatives[0][0])
    for said in (mail.body, html):
        assert "Strasbourg" in said
        assert "parce que vous" in said
        assert "/messages/" in said
        assert "/strasbourg/r/1/" in said
    assert "<script>" not in html


def test_html_in_the_words_is_text(write, tell):
    write(body=OWN + "\n<script>alert(1)</script>")
    html = str(compose(tell()).alternatives[0][0])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


class TestSms:
    def test_has_words_of_its_own_with_the_town_the_link_why_and_how_to_stop(self, write, tell):
        write(form=Form.SHORT, title="", body=OWN)
        message = tell()
        assert message.title.startswith("Pouvez-vous aider")
        said = words.compose(message, link=LINK)
        assert said.startswith("Strasbourg : Un toit pour 2 personnes à Schiltigheim, du 11 au 20 mars.")
        for part in (LINK, "proposition ou une demande", "Pour ne plus recevoir de SMS"):
            assert part in said

    def test_goes_on_with_them_from_another_channel(self, write, tell):
        write(form=Form.SHORT, title="", body=OWN)
        first = tell()
        following = queued.hand_on(message=first, channel="sms", due_at=NOW, by=None, now=NOW)
        assert following.short == first.short

    def test_says_that_it_repeats(self, write, tell):
        write(form=Form.SHORT, title="", body=OWN)
        message = tell()
        Message.objects.filter(pk=message.pk).update(state=MessageState.UNCERTAIN, priority=1)
        message.refresh_from_db()
        follow(message=message, by=None, now=NOW)
        assert message.repeated_by.short.startswith("Rappel du même message")

    def test_without_room_for_all_of_them_has_the_built_in_ones(self, write, tell):
        write(form=Form.SHORT, title="", body=OWN)
        message = tell(values={"place": "x" * 1000})
        said = words.compose(message, link=LINK)
        assert "Pouvez-vous aider" in said
        assert LINK in said

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (OWN + " Bonjour." * 60, "trop long"),
            (OWN + " خ" * 200, "trop long"),
            (OWN + " https://www.exemple.fr/" + "a" * 40, "lien"),
            (OWN + " mot" * 200, "600"),
        ],
    )
    def test_that_would_not_fit_is_refused(self, write, settings, body, said):
        settings.SMS_MAX_SEGMENTS = 4
        with pytest.raises(ValidationError) as refusal:
            write(form=Form.SHORT, title="", body=body)
        assert said in str(refusal.value.message_dict["body"])

    def test_with_a_short_link_is_taken(self, write):
        assert write(form=Form.SHORT, title="", body=OWN + " https://ville.fr/aide").pk


def test_a_mail_with_words_of_the_town_leaves(write, tell, smtp_server, reasons_stand):
    write()
    tell()
    delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)
    (mail,) = smtp_server.messages
    assert mail["Subject"] == "Un coup de main ?"
