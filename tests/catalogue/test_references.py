"""References as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.references import ALPHABET, new_reference, read_reference


@pytest.mark.parametrize(
    "typed",
    [
        "P-3467-CDFG",
        "p-3467-cdfg",
        " P 3467 CDFG ",
        "p3467cdfg",
        "P–3467—cdfg",
        "P-٣٤٦٧-CDFG",  # Arabic digits
        "P-۳۴۶۷-CDFG",  # Persian digits
        "\u2067P-3467-CDFG\u2069",  # as copied from an Arabic page
        "Ｐ-３４６７-ＣＤＦＧ",  # full width
    ],
)
def test_a_reference_is_read_however_it_is_typed(typed):
    assert read_reference(typed) == "P-3467-CDFG"


def test_the_first_letter_may_be_known():
    assert read_reference("3467 cdfg", prefix="B") == "B-3467-CDFG"
    assert read_reference("P-3467-CDFG", prefix="B") == "P-3467-CDFG"
    assert read_reference("3467-CDFG") is None


@pytest.mark.parametrize(
    "typed", ["", "-", "P", "P-3467-CD", "P-3467-CDFGH", "P-3467-CDFA", "3-3467-CDFG", "\x00"]
)
def test_what_is_no_reference_is_none(typed):
    assert read_reference(typed, prefix="P") is None


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text):
    found = read_reference(text, prefix="P")
    assert found is None or read_reference(found) == found


@given(st.sampled_from("PB"))
def test_a_new_reference_is_read_back(prefix):
    reference = new_reference(prefix)
    assert read_reference(reference.lower().replace("-", "")) == reference
    assert set(reference[2:]) <= {*ALPHABET, "-"}
