"""Opening hours between OpenStreetMap's words and our weekly slots."""

import pytest

from directory import opening_hours

WORKING = ["mon", "tue", "wed", "thu", "fri"]


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("Mo 09:00-12:00", ["mon 09:00-12:00"]),
        ("Mo-Fr 08:30-12:30; PH off", [f"{day} 08:30-12:30" for day in WORKING]),
        (
            "Mo,We 9:00-12:00,14:00-17:00",
            ["mon 09:00-12:00", "mon 14:00-17:00", "wed 09:00-12:00", "wed 14:00-17:00"],
        ),
        # The later rule replaces the day; a comma before a day adds to it.
        (
            "Mo-Tu 09:00-12:00, Tu 14:00-17:00",
            ["mon 09:00-12:00", "tue 09:00-12:00", "tue 14:00-17:00"],
        ),
        (
            "Mo-Tu 09:00-12:00; Tu 14:00-17:00",
            ["mon 09:00-12:00", "tue 14:00-17:00"],
        ),
        ("Mo, We 09:00-12:00", ["mon 09:00-12:00", "wed 09:00-12:00"]),
        ("Mo-We 09:00-12:00, Tu off, PH off", ["mon 09:00-12:00", "wed 09:00-12:00"]),
        ("Mo-Fr 09:00-17:00; We off", [f"{day} 09:00-17:00" for day in WORKING if day != "wed"]),
        ("Mo 10:00-12:00, We 14:00-16:00", ["mon 10:00-12:00", "wed 14:00-16:00"]),
        # Past midnight, and round the week.
        ("Su 22:00-02:00", ["mon 00:00-02:00", "sun 22:00-24:00"]),
        (
            "Fr 20:00-02:00; Sa 20:00-02:00",
            ["fri 20:00-24:00", "sat 00:00-02:00", "sat 20:00-24:00", "sun 00:00-02:00"],
        ),
        ("Fr 20:00-02:00; Sa off", ["fri 20:00-24:00", "sat 00:00-02:00"]),
        ("Sa-Mo 10:00-11:00", ["mon 10:00-11:00", "sat 10:00-11:00", "sun 10:00-11:00"]),
        ("Mo 09:00-12:00,11:00-14:00", ["mon 09:00-14:00"]),
        ("24/7", [f"{day} 00:00-24:00" for day in [*WORKING, "sat", "sun"]]),
    ],
)
def test_a_plain_week_is_read(said: str, slots: list[str]) -> None:
    assert opening_hours.read(said) == (slots, "")


@pytest.mark.parametrize(
    "said",
    [
        "sur rendez-vous", "Jan-Mar Mo 09:00-12:00", "Mo[1] 10:00-12:00", "Mo 09:00+", "Mo 25:00-26:00",
        "Mo 09:70-10:00", 'Mo 09:00-12:00 "sauf" Tu', "week 2-52/2 Mo 10:00-12:00", "Mo-PH 10:00-12:00",
        "sunrise-sunset", "Mo 09:00-24:30", ";;", "PH-SH off",
        "Mo-Fr 09:00-12:00; SH off", "Mo-Fr 09:00-12:00; PH 10:00-11:00", "Mo-Fr,SH 09:00-12:00",
    ],
)  # fmt: skip
def test_more_than_a_week_is_left_to_people(said: str) -> None:
    assert opening_hours.read(said) == ([], said)


def test_what_is_written_is_read_again() -> None:
    slots = ["mon 09:00-12:00", "mon 14:00-17:30", "tue 09:00-12:00", "tue 14:00-17:30", "fri 20:00-24:00"]
    written = opening_hours.write(slots)
    assert written == "Mo-Tu 09:00-12:00,14:00-17:30; Fr 20:00-24:00"
    assert opening_hours.read(written) == (slots, "")
    assert opening_hours.write([]) == ""


@pytest.mark.parametrize("slots", [[], ["mon 09:00-12:00"]])
def test_what_is_said_beside_the_week_goes_with_it(slots: list[str]) -> None:
    written = opening_hours.write(slots, 'sur "rendez-vous", sauf août')
    assert opening_hours.read(written) == (slots, "sur ’rendez-vous’, sauf août")
