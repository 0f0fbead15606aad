"""Which offered item, and which size of it, is what a need asks for."""

import numpy as np
import pytest

from engine.goods import ANY, MIXED, OTHER, GoodsFits, Larger, Offered, Sizes, Wanted, item_fits, size_fits

CHILD = Sizes(("4y", "6y", "8y"), Larger.NEXT)
ADULT = Sizes(("S", "M", "L"))
DUVET = Sizes(("140", "200", "240"), Larger.ANY)


@pytest.mark.parametrize(
    ("wanted", "offered", "factor"),
    [
        (["duvet"], "duvet", 1),
        (["duvet", "blanket"], "blanket", 0.75),
        (["duvet"], "pillow", None),
        (["duvet"], ANY, 0.5),
        (["duvet"], "", 0.5),
        ([ANY], "pillow", 0.5),
        ([], "pillow", 0.5),
        (["duvet", ANY], "duvet", 1),
        ([ANY], ANY, 0.5),
        (["duvet"], OTHER, None),
        ([OTHER], "duvet", None),
        ([OTHER], ANY, None),
        ([OTHER], OTHER, None),
        ([], OTHER, None),
        ([OTHER, "duvet"], "duvet", 1),
    ],
)
def test_an_item_is_the_one_asked_or_another_that_would_do(wanted, offered, factor):
    assert item_fits(wanted, offered) == factor


@pytest.mark.parametrize(
    ("series", "wanted", "offered", "factor"),
    [
        (None, ["M"], "", 1),
        (ADULT, [], "", 1),
        (ADULT, [], MIXED, 1),
        (ADULT, ["M"], "M", 1),
        (ADULT, ["M", "L"], "L", 0.75),
        (ADULT, ["M"], "L", None),
        (ADULT, ["M"], MIXED, 0.5),
        (ADULT, ["M"], "", None),
        (CHILD, ["4y"], "6y", 0.75),
        (CHILD, ["4y"], "8y", None),
        (CHILD, ["6y"], "4y", None),
        (DUVET, ["140"], "240", 0.75),
        (DUVET, ["240"], "140", None),
        (CHILD, ["M"], "6y", None),
        (CHILD, ["M", "6y"], "6y", 1),
        (CHILD, ["6y"], "140", None),
    ],
)
def test_a_size_is_among_those_asked_or_larger_where_that_does(series, wanted, offered, factor):
    assert size_fits(series, wanted, offered) == factor


def test_what_has_met_is_worked_out_once_and_the_table_grows():
    fits, asked = GoodsFits(), Wanted(("coat",), ("M",), (ADULT,))
    had = Offered("coat", "L", ADULT)
    fits.wanted[asked] = 1
    assert fits.factors(np.array([1, 0]), np.array([0, 0])).tolist() == [[0.5, 0.5], [0, 1]]
    fits.offered[had] = 1
    fits.offered[had._replace(size="M")] = 2
    both = fits.factors(np.array([1, 1, 0, 1]), np.array([1, 2, 1, 2]))
    assert both.tolist() == [[1, 1, 0.5, 1], [0, 1, 1, 1]]
    assert fits.factors(np.array([], int), np.array([], int)).shape == (2, 0)
