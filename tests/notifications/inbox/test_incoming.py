"""What somebody wrote themselves is read out of a mail, whatever programme wrote it; a machine's mail is told apart."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.inbox import incoming


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gmail_fr", "Oui mais pas avant 20h, je rentre du travail."),
        ("outlook_html_only", "Non désolé, je suis absent."),
        ("outlook_windows", "Bonjour,\n\nD'accord pour deux personnes.\n\nPaul"),
        ("apple_bottom", "Oui"),
        ("arabic", "نعم، لكن بعد الساعة الثامنة"),
        ("forwarded", "Je réponds pour Jeanne, qui est à l'hôpital."),
        ("thunderbird_inline", "Rappelez-moi demain matin\n\ndeux lits"),
        ("out_of_office", "Oui"),
    ],
)
def test_own_words_without_what_is_quoted_or_signed(mail, name, text):
    assert incoming.read(mail(name)).text == text


@pytest.mark.parametrize(
    ("name", "is_automatic", "is_returned"),
    [("gmail_fr", False, False), ("out_of_office", True, False), ("returned", True, True)],
)
def test_a_machines_mail_is_told_apart(mail, name, is_automatic, is_returned):
    read = incoming.read(mail(name))
    assert (read.is_automatic, read.is_returned) == (is_automatic, is_returned)


@pytest.mark.parametrize(
    ("header", "is_automatic"),
    [
        ("Auto-Submitted: no", False),
        ("Auto-Submitted: auto-generated", True),
        ("Precedence: bulk", True),
        ("X-Autoreply: yes", True),
        ("Precedence: first-class", False),
    ],
)
def test_as_the_headers_say_it(header, is_automatic):
    assert incoming.read(f"From: a@exemple.fr\n{header}\n\nOui".encode()).is_automatic == is_automatic


def test_files_are_counted_and_left_out(mail):
    read = incoming.read(mail("forwarded"))
    assert read.files == 1
    assert "JFIF" not in read.text


def test_a_long_text_is_cut_and_says_so():
    read = incoming.read(b"From: a@exemple.fr\n\n" + b"mot " * 3000)
    assert (len(read.text), read.is_cut) == (incoming.LONGEST_TEXT, True)


@pytest.mark.parametrize(
    "text",
    [
        "Il y a un lit, on en a deux :\nle premier est grand.",
        "Le lit est prêt",
        "De bonne heure, merci",
        "Je viens le lundi. Marc a écrit son adresse sur la porte\nMerci",
    ],
)
def test_words_that_quote_nothing_stay(text):
    assert incoming.own_words(text) == text


# What mails are made of, and what the standard library has stumbled over.
_PIECES = st.sampled_from(
    [
        b"\n", b"\n\n", b"--b\n", b"--b--\n", b"From: ", b"To: ", b"Message-ID: ", b"List-Id: ", b"Auto-Submitted: ",
        b"Content-Type: text/plain", b"Content-Type: text/html", b"Content-Type: message/rfc822\n",
        b"Content-Type: multipart/mixed; boundary=b\n\n", b"Content-Type: multipart/related\n\n",
        b"Content-Type: multipart/alternative; boundary=b\n\n", b"; charset=utf-7\n\n", b"; charset=unicode_escape\n\n",
        b"; charset=idna\n\n", b"Content-Disposition: ", b"attachment; filename*=utf-7''+2AA-",
        b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: x-uuencode\n", b"begin 666 a\n",
        b"=?utf-7?q?+2AA-?=", b"=?utf-8?b?4A?=", b"<a@exemple.fr>", b"a\x00@exemple.fr", b"\\ud800", b"+2AA-", b"&#0;",
        b"Oui", b"<", b">", b"\"", b"(", b"[", b":", b"\xed\xa0\x80",
    ]
)  # fmt: skip


@given(st.lists(_PIECES | st.binary(max_size=20), max_size=20).map(b"".join))
@example(b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/related\n\nOui\n--b--\n")
@example(b"List-Id: =?utf-7?q?+2AA-?=\n\nOui")
@example(b"Content-Disposition: =?utf-7?q?+2AA-?=\n\nOui")
@example(b"Content-Type: =?utf-7?q?+2AA-?=\n\nOui")
def test_any_bytes_are_read(raw):
    read = incoming.read(raw)
    kept = "".join((read.text, read.sender, *read.addresses))
    assert "\x00" not in kept
    kept.encode()


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    raw = b"Content-Type: text/html; charset=utf-8\n\n" + text.encode("utf-8", "replace")
    assert "\x00" not in incoming.read(raw).text


def test_parts_within_parts_without_end_leave_the_headers():
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1500))
    assert incoming.read(b"From: a@exemple.fr\n" + parts).sender == "a@exemple.fr"


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@exemple.fr\n\n" + b"a\n" * 2_000_000,
        b"From: a@exemple.fr\n\n" + b" " * 4_000_000 + b"x",
        b"From: " + b"a@exemple.fr, " * 200_000 + b"\n\nOui",
        *(b"Content-Type: text/html\n\n" + piece * 100_000 for piece in (b"<a", b"<!--", b"<a a=", b"<a 'b")),
    ],
)
def test_a_long_mail_is_read_in_a_moment(raw):
    began = time.process_time()
    incoming.read(raw)
    assert time.process_time() - began < 15, "what is read twice for each sign took minutes"
