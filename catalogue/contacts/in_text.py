"""Telephone numbers in the midst of a text of ours. What stands before one, after it or on the next line is not its
own, though it may be figures: "Secours 67", and below "03 88 60 90 90".
"""

import re
from collections.abc import Callable

import phonenumbers

_GAP = "[ .\u00a0\u202f]?"
_DATE = r"\d\d[ .]\d\d[ .](?:19|20)\d\d(?!\d)"
# With its country; ten digits as France sets them ("06 12 34 56 78", "0692 12 34 56", "0 800 123 456"); in pairs, as in
# New Caledonia, Wallis and Polynesia.
_LIKELY = re.compile(
    rf"(?<![\d+])(?P<abroad>(?:\+|00{_GAP})[1-9](?:{_GAP}\d){{5,15}})(?!\d)"
    rf"|(?<!\d)(?!{_DATE})(?P<france>0[1-9](?:{_GAP}\d\d){{4}}"
    rf"|0[1-9]\d\d(?:{_GAP}\d\d){{3}}"
    rf"|0{_GAP}[1-9]\d\d(?:{_GAP}\d{{3}}){{2}})(?!\d)"
    r"|(?<!\d)(?P<pairs>\d\d(?:[ \u00a0\u202f]\d\d){2,3})(?![ \u00a0\u202f]?\d)"
)
_GROUPS = re.compile(r"[ .\u00a0\u202f]\d+$")
_HOUR = re.compile(r"\s?(?:[hH]\b|:\d\d)")
_IN_PAIRS = ("NC", "PF", "WF")


def with_numbers(text: str, change: Callable[[str], str]) -> str:
    """The text, each telephone number in it changed."""
    parts, at = [], 0
    while found := _LIKELY.search(text, at):
        number = _number_of(found)
        parts += [text[at : found.start()], change(number) if number else found[0]]
        at = found.start() + len(number) if number else found.end()
    return "".join([*parts, text[at:]])


def _number_of(found: re.Match[str]) -> str:
    """As much of it as is a number; "" where nothing is."""
    written = found[0]
    if found["france"]:
        return written
    if found["pairs"]:
        return written if any(_is_valid(written, region) for region in _IN_PAIRS) else ""
    # "+49 30 901820 18 h": some countries have numbers of many lengths, and the hour is none of it.
    if _HOUR.match(found.string, found.end()):
        written = _GROUPS.sub("", written)
    while not _is_valid(written, "FR"):
        shorter = _GROUPS.sub("", written)
        if shorter == written:
            return ""
        written = shorter
    return written


def _is_valid(written: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(written, region))
    except phonenumbers.NumberParseException:
        return False
