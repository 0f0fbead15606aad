"""Ways through the pages that several journeys take. Elements are named by their fields, whatever the language."""

import re
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

GO_ON = ".actions--main button[type=submit]"
EMAIL = "leila@exemple.fr"
PHONE = "03 53 01 00 17"
ADDRESS = "4 rue du Jardin"
HOME = "/strasbourg/"


def nothing(name: str) -> None:
    """What most journeys do at a question: go on."""


def leave(page: Any, name: str) -> None:
    """Go on from the question whose address ends in this name."""
    page.locator(GO_ON).click()
    page.wait_for_url(lambda url: not urlsplit(url).path.endswith(f"/{name}/"))


def choose(page: Any, name: str, value: str) -> None:
    """A question whose choices go on at once."""
    page.locator(f"button[name={name}][value={value}]").click()
    here = "nouvelle" if name == "kind" else name
    page.wait_for_url(lambda url: not urlsplit(url).path.endswith(f"/{here}/"))


def begin(page: Any, kind: str, what: str) -> None:
    """The first two questions: of goods the thing, in words, else the category."""
    page.goto("/strasbourg/propositions/nouvelle/")
    choose(page, "kind", kind)
    if kind == "goods":
        page.locator("input[name=item]").fill(what)
        leave(page, "item")
        return
    choose(page, "category", what)


def tell_languages_place_and_dates(page: Any) -> None:
    """An interpreter's next two questions."""
    page.locator("input[name=languages_from][value=ti]").check()
    leave(page, "pair")
    page.locator("input[name=commune]").fill("Schiltigheim")
    leave(page, "where")


def tell_who_one_is(page: Any, *, phone: str = "") -> None:
    """What a visitor says on the last page."""
    page.locator("input[name=name]").fill("Leïla B.")
    page.locator("input[name=email]").fill(EMAIL)
    if phone:
        page.locator("input[name=phone]").fill(phone)
    page.locator("input[name=consent]").check()


def offer_a_room(page: Any, *, at: Callable[[str], None] = nothing) -> str:
    """A visitor answers all the questions about a room for three, and sends them; the reference.

    `at` is called with the name of each page before it is left.
    """

    def go_on(name: str) -> None:
        at(name)
        leave(page, name)

    page.goto("/strasbourg/propositions/nouvelle/")
    at("nouvelle")
    choose(page, "kind", "housing")
    at("category")
    choose(page, "category", "shared_room")
    page.locator("input[name=commune]").fill("Schiltigheim")
    page.locator("input[name=address]").fill(ADDRESS)
    go_on("where")
    page.locator("input[name=capacity]").fill("3")
    page.locator("input[name=accepts][value=families]").check()
    page.locator("input[name=accepts][value=women]").check()
    go_on("guests")
    page.locator("input[name=languages][value=fr]").check()
    page.locator("input[name=languages][value=prs]").check()
    go_on("details")
    tell_who_one_is(page, phone=PHONE)
    go_on("verifier")
    at("envoyee")
    return page.locator(".receipt__reference").inner_text()


def type_code(page: Any, message: EmailMessage) -> None:
    """Copy the six figures of a mail into the page that asks for them."""
    page.locator("input[autocomplete=one-time-code]").fill(code_in(message))
    page.locator(GO_ON).first.click()
    page.wait_for_url(lambda url: "/connexion/" not in url and "/envoyee/" not in url)


def words_of(message: EmailMessage) -> str:
    """The plain text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def code_in(message: EmailMessage) -> str:
    found = re.search(r"^\s+(\d{6})\s*$", words_of(message), re.MULTILINE)
    assert found, words_of(message)
    return found[1]


def link_in(message: EmailMessage) -> str:
    """The one thing to do in a mail: the path of its link."""
    found = re.search(r"https?://[^/\s]+(/strasbourg/\S+)", words_of(message))
    assert found, words_of(message)
    return found[1]
