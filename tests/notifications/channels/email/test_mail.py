"""What a mail looks like, and what each answer of a mail server means."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import delivery, links
from notifications.endings import ending_of
from notifications.events import EVENTS
from notifications.models import MessageState
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.notifications import MessageFactory
from tests.mail_server import HANG_UP

NOW = datetime(2026, 3, 9, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def deliver() -> bool:
    return delivery.deliver_batch(channel="email", by=None, clock=lambda: NOW)


def test_a_due_message_arrives_with_its_text_and_its_link(db, smtp_server, settings):
    settings.SITE_URL = "https://accorde.exemple.fr"
    city = CityFactory(name="Strasbourg", email="ville@exemple.fr")
    message = MessageFactory(city=city, recipient__email="marie@exemple.fr")

    assert not deliver()

    (mail,) = smtp_server.to("marie@exemple.fr")
    assert mail["Subject"] == "Votre proposition est enregistrée (P-3467-CDFG)"
    assert mail["Message-ID"] == f"<message.{message.pk}.20260309090000@accorde.exemple.fr>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Reply-To"] == "ville@exemple.fr"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert "Votre proposition « Chambre » est enregistrée." in plain
    assert "https://accorde.exemple.fr/strasbourg/propositions/P-3467-CDFG/" in plain
    assert 'href="https://accorde.exemple.fr/strasbourg/propositions/P-3467-CDFG/"' in html
    assert 'lang="fr" dir="ltr"' in html
    message.refresh_from_db()
    assert (message.state, message.sent_at, message.attempts) == (MessageState.SENT, NOW, 1)


def test_arabic_is_written_from_right_to_left(db, smtp_server):
    MessageFactory(language="ar", title="تم تسجيل عرضكم", body="شكرا\nSecours 67\n03 88 60 90 90")

    deliver()

    (mail,) = smtp_server.messages
    assert mail["Subject"] == "تم تسجيل عرضكم"
    assert mail["Content-Language"] == "ar"
    html = mail.get_body(["html"]).get_content()
    assert 'lang="ar" dir="rtl"' in html
    # The number is set apart, or its groups would be read in the wrong order.
    assert "\u206603 88 60 90 90\u2069" in html
    assert "\u206603 88 60 90 90\u2069" in mail.get_body(["plain"]).get_content()


def test_what_people_wrote_cannot_change_the_mail(db, smtp_server):
    MessageFactory(
        title="Chambre\nBcc: autre@exemple.fr", body="<script>alert(1)</script>\n.\nMAIL FROM", action_url=""
    )

    deliver()

    (mail,) = smtp_server.messages
    assert mail["Subject"] == "Chambre Bcc: autre@exemple.fr"
    assert mail["Bcc"] is None
    assert "<script>" not in mail.get_body(["html"]).get_content()
    lines = mail.get_body(["plain"]).get_content().splitlines()
    assert lines[:3] == ["<script>alert(1)</script>", ".", "MAIL FROM"]


@pytest.mark.parametrize(
    ("verb", "answer", "state"),
    [
        ("MAIL", "550 sender not allowed", MessageState.QUEUED),
        ("MAIL", HANG_UP, MessageState.QUEUED),
        ("RCPT", HANG_UP, MessageState.QUEUED),
        ("RCPT", "421 closing", MessageState.QUEUED),
        ("DATA", "451 not now", MessageState.QUEUED),
        ("DATA", "554 no", MessageState.FAILED),
        ("END", "452 disk full", MessageState.QUEUED),
        ("END", "552 too big", MessageState.FAILED),
        ("DATA", HANG_UP, MessageState.UNCERTAIN),
        ("END", HANG_UP, MessageState.UNCERTAIN),
    ],
)
def test_each_step_of_the_dialogue_says_what_became_of_the_message(db, scripted_server, verb, answer, state):
    scripted_server(**{verb: answer})
    message = MessageFactory()

    deliver()

    message.refresh_from_db()
    assert message.state == state
    assert message.attempts == 1


def test_after_a_refusal_the_same_connection_serves_the_next_message(db, scripted_server):
    server = scripted_server(RCPT="450 greylisted")
    messages = MessageFactory.create_batch(2)

    deliver()

    assert server.connections == 1
    for message in messages:
        message.refresh_from_db()
        assert (message.state, message.attempts, message.last_error) == (MessageState.QUEUED, 1, "rcpt 450")
        assert message.due_at == NOW + MINUTE


def test_a_person_without_address_any_more_is_not_written_to(db, smtp_server):
    message = MessageFactory(recipient=UserFactory(phone_only=True))

    deliver()

    message.refresh_from_db()
    assert (message.state, message.last_error) == (MessageState.FAILED, "no address")


# --- How to do without ---------------------------------------------------------------------------------


def mail_of(event: str, smtp_server, **fields):
    MessageFactory(event=event, city=CityFactory(slug="strasbourg"), **fields)
    deliver()
    (mail,) = smtp_server.messages
    return mail


# What goes to a list has its own way out (tests/outreach).
@pytest.mark.parametrize("event", sorted(event for event in EVENTS if not ending_of(event).is_list))
def test_what_may_be_refused_says_so_in_its_headers_and_nothing_else_does(
    db, smtp_server, settings, reasons_stand, event
):
    settings.SITE_URL = "https://accorde.exemple.fr"
    person = UserFactory()
    mail = mail_of(event, smtp_server, recipient=person)

    sort = EVENTS[event].sort
    if sort is None:
        assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
    else:
        address = f"https://accorde.exemple.fr/strasbourg/messages/{links.token(person)}/{sort}/"
        assert mail["List-Unsubscribe"].strip() == f"<{address}>"  # folded, for it is long
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_each_mail_leads_to_where_its_reader_chooses(db, smtp_server, settings):
    settings.SITE_URL = "https://accorde.exemple.fr"
    person = UserFactory()
    mail = mail_of("offer_receipt", smtp_server, recipient=person)

    address = f"https://accorde.exemple.fr/strasbourg/messages/{links.token(person)}/"
    plain, html = (part.get_content() for part in mail.iter_parts())
    assert f"Choisir mes messages\u202f: {address}" in plain.splitlines()
    assert f'href="{address}"' in html


def test_a_mail_of_no_town_leads_to_the_account(db, smtp_server, settings, reasons_stand):
    settings.SITE_URL = "https://accorde.exemple.fr"
    MessageFactory(city=None, event="suggestions_of_the_day")
    deliver()
    (mail,) = smtp_server.messages
    assert "https://accorde.exemple.fr/compte/messages/" in mail.get_body(["plain"]).get_content()
    assert mail["List-Unsubscribe"] is None
