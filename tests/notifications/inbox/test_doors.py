"""The two doors by which mails come in: a mailbox that is read, and an address to which a mail server posts."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from notifications import links
from notifications.inbox import checks, mailbox, tasks
from notifications.inbox.models import MailReply
from tests import imap_server


@pytest.fixture
def inbox(settings: Any) -> Any:
    with imap_server.listening() as server:
        settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_SSL = "127.0.0.1", server.port, False
        settings.IMAP_USER, settings.IMAP_PASSWORD = "reponses", server.password
        yield server


class TestMailbox:
    def test_what_is_unread_is_taken_once(self, inbox, sent, mail):
        inbox.put(mail("gmail_fr", sent))
        inbox.put(mail("returned", sent))
        tasks.read_mailbox()
        assert sorted(MailReply.objects.values_list("became", flat=True)) == ["read_by_desk", "returned"]
        assert inbox.seen == set(inbox.mails)
        tasks.read_mailbox()
        assert MailReply.objects.count() == 2

    def test_a_line_that_breaks_loses_nothing_and_takes_nothing_twice(self, inbox, sent, mail, caplog):
        inbox.put(mail("gmail_fr", sent))
        inbox.put(mail("apple_bottom", sent))
        inbox.breaks_after = 1
        tasks.read_mailbox()
        assert MailReply.objects.count() == 1
        assert "out of reach" in caplog.text
        inbox.breaks_after = 10
        inbox.seen.clear()
        tasks.read_mailbox()
        assert MailReply.objects.count() == 2

    def test_a_long_mail_stays_for_a_person(self, inbox, sent, mail, monkeypatch):
        monkeypatch.setattr(mailbox, "LONGEST", 500)
        inbox.put(mail("gmail_fr", sent))
        tasks.read_mailbox()
        assert not MailReply.objects.exists()
        assert not any("BODY" in line for line in inbox.lines)

    def test_one_that_cannot_be_taken_keeps_no_other_waiting(self, inbox, sent, mail, caplog):
        inbox.put(mail("gmail_fr", sent))
        inbox.put(mail("apple_bottom", sent))
        taken = []

        def take(raw):
            if not taken:
                taken.append(b"")
                raise ValueError(raw)
            taken.append(raw)

        mailbox.read_new(take)
        assert len(taken) == 2
        assert taken[1].startswith(inbox.mails[8][:20])
        assert inbox.seen == {7, 8}
        assert [line for line in inbox.lines if "Flagged" in line] == [r"UID STORE 7 +FLAGS (\Seen \Flagged)"]
        assert "cannot be taken: ValueError" in caplog.text
        assert "exemple.fr" not in caplog.text

    def test_while_the_database_is_away_nothing_is_marked(self, inbox, sent, mail):
        def take(raw):
            raise OperationalError

        inbox.put(mail("gmail_fr", sent))
        with pytest.raises(mailbox.OutOfReach):
            mailbox.read_new(take)
        assert not inbox.seen

    @pytest.mark.parametrize(("setting", "value"), [("IMAP_PASSWORD", "autre"), ("IMAP_FOLDER", "Ailleurs")])
    def test_a_refusal_is_said_without_an_address(self, inbox, settings, caplog, setting, value):
        setattr(settings, setting, value)
        tasks.read_mailbox()
        assert "out of reach" in caplog.text
        assert "jeanne" not in caplog.text

    def test_nobody_there_is_tried_again_later(self, settings, caplog):
        settings.IMAP_HOST, settings.IMAP_PORT, settings.IMAP_SSL = "127.0.0.1", 1, False
        tasks.read_mailbox()
        assert "out of reach: ConnectionRefusedError" in caplog.text

    def test_a_server_without_a_certificate_for_its_name_is_told_no_password(
        self, settings, caplog, tmp_path
    ):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        made = x509.CertificateBuilder(name, name, key.public_key(), 1)
        made = made.not_valid_before(timezone.now()).not_valid_after(timezone.now() + timedelta(days=1))
        file = tmp_path / "self-signed.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        heard = []

        def answer(listener):
            line, _address = listener.accept()
            with line, suppress(OSError):
                heard.append(context.wrap_socket(line, server_side=True).recv(100))

        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=answer, args=(listener,))
            thread.start()
            settings.IMAP_HOST, settings.IMAP_PORT = listener.getsockname()
            settings.IMAP_SSL = True
            tasks.read_mailbox()
            thread.join()
        assert "out of reach: SSLCertVerificationError" in caplog.text
        assert heard == []

    def test_without_a_mailbox_nothing_is_read(self, settings):
        settings.IMAP_HOST = ""
        tasks.read_mailbox()


@pytest.mark.django_db
class TestPost:
    @pytest.mark.parametrize(
        "broken",
        [
            b"From: a\x00b@exemple.fr\n\nOui",
            b"From: =?utf-8?q?a=00=ED=A0=80?= <a@exemple.fr>\n\nOui",
            b"Content-Type: text/plain; charset=utf-7\n\nOui +2AA-",
            b"Content-Type: text/plain; charset=unicode_escape\n\nOui \\ud800",
            b"Content-Type: text/html; charset=utf-7\n\n<p>Oui &#0; +2AA-",
            b"Message-ID: <\xed\xa0\x80+@exemple.fr>\nTo: reponses+\xff-\xff@accorde.exemple.fr\n\nOui",
        ],
    )
    def test_what_no_table_can_hold_is_left_out(self, client, broken):
        assert self.post(client, broken).status_code == 200
        assert MailReply.objects.get().text.startswith("Oui")

    def post(
        self, client: Client, raw: bytes, *, secret: str = "", kind: str = "message/rfc822", to: str = ""
    ) -> Any:
        word = secret or "un-mot-secret-pour-le-courrier"
        return client.post(f"/courrier/reponses/{word}/?to={to}", raw, content_type=kind)

    def test_a_mail_is_taken(self, client, sent, mail):
        assert self.post(client, mail("gmail_fr", sent)).status_code == 200
        assert self.post(client, mail("gmail_fr", sent)).status_code == 200
        assert MailReply.objects.get().message == sent

    def test_at_the_address_that_is_said(self, client, sent, mail):
        to = links.reply_address(sent).replace("+", "%2B")
        self.post(client, mail("gmail_fr"), to=to)
        assert MailReply.objects.get().message == sent

    def test_who_does_not_know_the_word_finds_nothing(self, client, settings, mail):
        assert self.post(client, mail("gmail_fr"), secret="un-autre-mot-secret-ici").status_code == 404
        settings.MAIL_REPLY_SECRET = ""
        assert self.post(client, mail("gmail_fr")).status_code == 404
        assert not MailReply.objects.exists()

    def test_what_is_no_mail_is_refused(self, client):
        assert client.get("/courrier/reponses/un-mot-secret-pour-le-courrier/").status_code == 405
        assert self.post(client, b"a=b", kind="application/x-www-form-urlencoded").status_code == 415
        assert self.post(client, b"  ").status_code == 400

    def test_a_mail_with_photos_is_larger_than_a_form(self, client, sent, mail):
        raw = mail("forwarded", sent).replace(b"/9j/4AAQ", b"/9j/4AAQ" * 300_000)
        assert self.post(client, raw).status_code == 200
        assert self.post(client, raw + b"x" * mailbox.LONGEST).status_code == 413


def test_the_settings_go_together(settings):
    settings.IMAP_HOST = ""
    assert checks.replies_can_come() == []
    settings.MAIL_REPLY_SECRET = "court"
    assert [error.id for error in checks.replies_can_come()] == ["inbox.E003"]
    settings.MAIL_REPLY_SECRET = ""
    assert [error.id for error in checks.replies_can_come()] == ["inbox.E002"]
    settings.MAIL_REPLY_ADDRESS = "Strasbourg <a@b.fr>"
    assert [error.id for error in checks.replies_can_come()] == ["inbox.E001", "inbox.E002"]
