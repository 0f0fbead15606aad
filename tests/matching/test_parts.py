"""Into which parts a rescan falls."""

from hypothesis import given
from hypothesis import strategies as st

from matching.scanning.rescans import parts
from matching.scanning.rescans.parts import Cell, shares

cells = st.dictionaries(
    st.tuples(st.sampled_from(["", "clothes", "books", "tools"]), st.sampled_from(["01", "2A", "67", "974"])),
    st.tuples(st.floats(-60, 60), st.floats(-180, 180), st.integers(1, 2 * parts.MOST_NEEDS)),
    min_size=1,
).map(lambda some: [Cell(*key, *value) for key, value in some.items()])


def of(share, cells):
    return [
        cell
        for cell in cells
        if (not share.categories or cell.category in share.categories)
        and (not share.departments or cell.department in share.departments)
    ]


@given(cells)
def test_every_need_is_of_one_part_and_no_part_is_too_large(cells):
    found = list(shares(cells))
    assert sorted(cell for share in found for cell in of(share, cells)) == sorted(cells)
    for share in found:
        own = of(share, cells)
        assert share.needs == sum(cell.needs for cell in own)
        assert share.needs <= parts.MOST_NEEDS or len(own) == 1
    assert list(shares(cells[::-1])) == found, "whatever the order"


def test_few_needs_are_one_part_however_wide_they_lie():
    assert list(shares([Cell("clothes", "67", 48.5, 7.7, 10), Cell("tools", "974", -21, 55, 20)])) == [
        parts.Share((), (), 30)
    ]


def test_categories_are_parted_first_then_the_country_across_its_longer_side():
    half = parts.MOST_NEEDS // 2
    some = [
        Cell("clothes", "67", 48.5, 7.7, half),
        Cell("clothes", "29", 48.3, -4.1, half),
        Cell("clothes", "75", 48.8, 2.3, 1),
        Cell("tools", "67", 48.5, 7.7, half),
        Cell("tools", "29", 48.3, -4.1, half),
    ]
    assert [(share.categories, share.departments) for share in shares(some)] == [
        (("clothes",), ("29",)),
        (("clothes",), ("67", "75")),
        (("tools",), ()),
    ]
