"""Segments as 3GPP TS 23.038 counts them, and texts that are written so that they need few."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.sms.alphabet import GSM, UCS2, alphabet_of, for_sms, segments

ARABIC = "هل يمكنكم المساعدة؟ مأوى لثلاثة أشخاص"
BASIC = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCÄÖÑÜ§¿abcäöñüà"
EXTENSION = "^{}\\[~]|€"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("é", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # 76 of them make 152: the escape and its sign stay together, and the last place stays empty.
        ("€" * 152, 2),
        ("€" * 153, 3),
        ("a" + "€" * 152, 2),
        ("م" * 70, 1),
        ("م" * 71, 2),
        ("م" * 134, 2),
        ("م" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),
        ("a" * 69 + "’", 1),
        ("a" * 70 + "’", 2),
    ],
)
def test_a_text_is_counted_in_its_own_alphabet(text, count):
    assert segments(text) == count


def test_each_sign_of_the_two_tables_keeps_a_text_in_seven_bits():
    assert alphabet_of(BASIC + EXTENSION) == GSM
    assert [sign for sign in "’…«\u202fêçœ`م" if alphabet_of(sign) == GSM] == []


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("+33 6 12 34 56 78 2", "+33612345678 2"),
        ("+33 6 12 34 56 78 03 88 60 90 90", "+33612345678 0388609090"),
        ("+49 30 901820 18 h", "+4930901820 18 h"),
        ("0033 6 12 34 56 78", "0033612345678"),
        ("0692 12 34 56", "0692123456"),
        *((text, text) for text in ("01 02 2026", "01 02 2026 10 h", "10 12 14 16", "+33 6 12")),
    ],
)
def test_only_what_is_a_number_is_drawn_together(written, sent):
    assert for_sms(f"{ARABIC} {written}") == f"{ARABIC} {sent}"


@given(st.text(st.sampled_from(BASIC + EXTENSION), min_size=1), st.text(st.sampled_from(BASIC), max_size=300))
def test_seven_bits_hold_what_their_places_say(signs, more):
    """Against the slow way: fill segments sign by sign."""
    text = signs + more
    places = [2 if sign in EXTENSION else 1 for sign in text]
    assert segments(text) == (1 if sum(places) <= 160 else filled(places, 153))


@given(st.text(min_size=1, max_size=400).filter(lambda text: alphabet_of(text) == UCS2))
def test_other_letters_are_counted_as_utf_16_holds_them(text):
    places = [len(sign.encode("utf-16-le", "surrogatepass")) // 2 for sign in text]
    assert segments(text) == (1 if sum(places) <= 70 else filled(places, 67))


@given(st.text(max_size=400), st.text(max_size=400))
def test_more_text_never_takes_fewer_segments_in_the_same_alphabet(text, more):
    if alphabet_of(text) == alphabet_of(text + more):
        assert segments(text) <= segments(text + more)


def filled(places, room):
    parts = [[]]
    for place in places:
        if sum(parts[-1]) + place > room:
            parts.append([])
        parts[-1].append(place)
    return len(parts)


@pytest.mark.parametrize(
    ("french", "sent"),
    [
        ("L’équipe « de nuit »\u202f: ça va…", 'L\'équipe "de nuit" : ca va...'),
        ("Dès demain, à Nîmes – œuvre d’art", "Dès demain, à Nimes - oeuvre d'art"),
        ("À bientôt, Élodie\u00a0!", "A bientot, Élodie !"),
        ("200\u202f€ · 2\u00a0lits", "200 € - 2 lits"),
    ],
)
def test_french_fits_the_seven_bits(french, sent):
    assert for_sms(french) == sent
    assert alphabet_of(sent) == GSM


def test_what_has_other_letters_stays_as_it_is_written():
    assert for_sms(f"{ARABIC} – « Nîmes »") == f"{ARABIC} – « Nîmes »"
    assert for_sms("می\u200cخواهم") == "می\u200cخواهم"
    assert for_sms("Чи можете допомогти?") == "Чи можете допомогти?"


def test_a_number_beside_arabic_keeps_its_groups_in_order():
    assert for_sms(f"{ARABIC} \u206603 88 60 90 90\u2069") == f"{ARABIC} 0388609090"
    assert for_sms(f"{ARABIC} +33 6 12 34 56 78") == f"{ARABIC} +33612345678"
    assert for_sms(f"{ARABIC} 0 800 123 456") == f"{ARABIC} 0800123456"
    # Of Polynesia and New Caledonia.
    assert for_sms(f"{ARABIC} 87 12 34 56, 26 34 56.") == f"{ARABIC} 87123456, 263456."


def test_figures_beside_a_number_are_not_its_own():
    assert for_sms(f"{ARABIC}\nSecours 67\n03 88 60 90 90\n2 {ARABIC}") == (
        f"{ARABIC}\nSecours 67\n0388609090\n2 {ARABIC}"
    )
    assert for_sms(f"{ARABIC} Paris 20 01 40 00 00 00 3") == f"{ARABIC} Paris 20 0140000000 3"
    assert for_sms(f"{ARABIC} 10.12.2026 1 234 567") == f"{ARABIC} 10.12.2026 1 234 567"


@given(st.text(max_size=300))
def test_writing_it_for_sms_once_is_enough_and_costs_no_segment(text):
    sent = for_sms(text)
    assert for_sms(sent) == sent
    assert "\u202f" not in sent or alphabet_of(sent) == UCS2
