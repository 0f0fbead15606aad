"""What somebody wrote themselves is read out of a mail, whatever programme wrote it; a machine's mail is told apart."""

import pytest
from hypothesis import given
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


@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw):
    incoming.read(raw)


@given(st.text(max_size=400))
def test_any_text_is_read(text):
    raw = b"Content-Type: text/html; charset=utf-8\n\n" + text.encode("utf-8", "replace")
    assert "\x00" not in incoming.read(raw).text
