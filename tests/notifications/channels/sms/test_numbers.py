"""Mobiles of France and overseas get SMS; nothing else that is dialled does."""

import pytest
from phonenumber_field.phonenumber import to_python

from notifications.channels.sms.numbers import can_receive, e164


@pytest.mark.parametrize(
    ("number", "can"),
    [
        ("+33612345678", True),
        ("+33353010017", False),  # a landline
        ("+33912345678", False),  # over the Internet
        ("+33899123456", False),  # premium
        ("+262692123456", True),  # La Réunion
        ("+262262123456", False),
        ("+590690123456", True),  # Guadeloupe
        ("+594694123456", True),  # Guyane
        ("+596696123456", True),  # Martinique
        ("+687751234", True),  # Nouvelle-Calédonie
        ("+68987123456", True),  # Polynésie
        ("+380501234567", True),  # Ukraine
        ("+12025550100", True),  # mobile or not: the number does not tell
        ("+336123", False),
        ("", False),
    ],
)
def test_who_can_receive_one(number, can):
    assert can_receive(to_python(number)) is can


def test_nobody_has_no_number():
    assert can_receive(None) is False


@pytest.mark.parametrize(
    "written", ["+33612345678", "33612345678", "0033612345678", "06 12 34 56 78", "0612345678"]
)
def test_gateways_write_a_number_in_four_ways(written):
    assert e164(written) == "+33612345678"


@pytest.mark.parametrize("written", ["36111", "ACCORDE", "", "+", "oui", "000", "+33 6"])
def test_a_short_code_or_a_name_is_no_number(written):
    assert e164(written) == ""
