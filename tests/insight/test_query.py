"""What somebody typed is a reference, a number, an address or words."""

import pytest

from insight.query import Query, read


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        ("P-4KQ7-2MXN".replace("2", "3"), "P-4KQ7-3MXN"),
        (" b 4kq73mxn", "B-4KQ7-3MXN"),
        ("p-4kq7", "P-4KQ7"),
        ("P-4KQ7-3M", "P-4KQ7-3M"),
        ("B-4K", "B-4K"),
    ],
)
def test_a_reference_is_known_whole_or_begun(typed, reference):
    assert read(typed) == Query(reference=reference)


@pytest.mark.parametrize(
    "typed", ["06 12 34 56 78", "+33 (0)6 12 34 56 78", "0033612345678", "06.12.34.56.78", "٠٦١٢٣٤٥٦٧٨"]
)
def test_a_number_may_be_typed_in_any_shape(typed):
    assert read(typed).digits in ("612345678", "33612345678")


@pytest.mark.parametrize(
    ("typed", "digits"), [("06 12 34…", "61234"), ("0612-34", "61234"), ("612", ""), ("06 1", "")]
)
def test_a_number_may_be_begun_but_not_by_what_all_have(typed, digits):
    assert read(typed).digits == digits


@pytest.mark.parametrize(
    ("typed", "address"), [(" Lea@Exemple.fr", "lea@exemple.fr"), ("@", ""), ("lea@ ou jo@", "")]
)
def test_an_address_is_what_has_its_sign(typed, address):
    assert read(typed) == Query(address=address)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Couette, à la Meinau", ("couette", "meinau")),
        ("2026-117", ("2026", "117")),
        ("pommes", ("pommes",)),
        ("portes", ("portes",)),
        ("أحمد علي", ("أحمد", "علي")),
        ("à la", ()),
        ("%%% ___", ()),
        ("", ()),
    ],
)
def test_everything_else_is_words_of_three_letters_or_more(typed, words):
    assert read(typed).words == words


def test_a_slip_is_looked_for_in_words_of_four_letters_or_more_and_never_in_a_number():
    assert read("couete lit 67012 0612").like == ("couete",)
