"""Reading a town's own words, and putting them in the place of the built-in ones."""

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from cities.models import City
from notifications.wording.checking import Problem, fill, one_line, placeholders, problems
from notifications.wording.models import LONGEST_BODY, LONGEST_SHORT, LONGEST_TITLE, Form, Wording
from notifications.wording.placeholders import by_token
from notifications.wording.texts import BuiltIn, Text, ending_with, text_of

log = logging.getLogger(__name__)

# What towns say in their own words, by their keys.
OwnWords = defaultdict[int, list[Wording]]


def own_of(city: City) -> list[Wording]:
    """All that a town says in its own words."""
    return list(Wording.objects.filter(city=city).exclude(body="").order_by("name", "language", "form"))


def wrong_with(built_in: BuiltIn, *, form: str, title: str, body: str) -> dict[str, list[Problem]]:
    """By field, what speaks against such a text today."""
    known = built_in.tokens()
    longest = LONGEST_BODY if form == Form.LETTER else LONGEST_SHORT
    found = {"body": problems(body, known=known, required=built_in.required_tokens(), longest=longest)}
    if form == Form.LETTER:
        found["title"] = problems(title, known=known, longest=LONGEST_TITLE)
        if "\n" in title:
            found["title"].append(Problem("lines"))
    return {field: wrong for field, wrong in found.items() if wrong}


def is_broken(wording: Wording) -> bool:
    """Whether a later version has dropped what it needs: the built-in text is said then."""
    built_in = text_of(wording.name)
    if built_in is None:
        return True
    return bool(wrong_with(built_in, form=wording.form, title=wording.title, body=wording.body))


def broken(wordings: Iterable[Wording] | None = None) -> list[Wording]:
    """Of all towns, the words that are not said any more."""
    if wordings is None:
        wordings = Wording.objects.exclude(body="").select_related("city").order_by("city", "name", "pk")
    return [wording for wording in wordings if is_broken(wording)]


def own_of_each(cities: Iterable[City]) -> OwnWords:
    """The same of several towns, by their keys; of the others nothing."""
    own: OwnWords = defaultdict(list)
    for wording in Wording.objects.filter(city__in=cities).exclude(body=""):
        own[wording.city_id].append(wording)
    return own


def said_with(text: Text, own: Iterable[Wording], *, language: str) -> Text:
    """The message in those of these words that are its own and hold; else as it is.

    Never raises for what stands in a row: a message leaves with the built-in words rather than not at all.
    """
    filling = text.filling
    if filling is None:
        return text
    values = by_token(filling.values)
    for wording in own:
        if (wording.name, wording.language) != (filling.built_in.name, language):
            continue
        wrong = wrong_with(filling.built_in, form=wording.form, title=wording.title, body=wording.body)
        if wrong or not values.keys() >= {*placeholders(wording.title), *placeholders(wording.body)}:
            log.warning("wording %s does not hold any more: the built-in text is said", wording.pk)
            continue
        body, title = fill(wording.body, values).strip(), one_line(fill(wording.title, values))
        if not body:
            continue  # nothing but values that this message has not
        body = ending_with(body, filling.also)
        if wording.form == Form.SHORT:
            text = replace(text, short=filling.frame % {"title": body})
        elif title:
            text = replace(text, title=filling.frame % {"title": title}, body=body)
    return text
