"""Every page, in French and in Arabic, on a phone and on a desk: nothing overflows, nothing is too small to touch,
nothing is refused by the policy, and axe finds no serious barrier.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import get_resolver, resolve

from accounts.models import User
from tests.addresses import names
from tests.journeys import walks
from tests.journeys.pages import NO_PAGE, PAGES
from tests.journeys.town import Town, strasbourg

FOLDER = Path(__file__).parent
# Half a megabyte: handed to the browser once, and run where it is asked for.
AXE = f"window.addAxe = () => {{{(FOLDER / 'vendor' / 'axe-core' / 'axe.min.js').read_text(encoding='utf-8')}\n}};"
PROBE = (FOLDER / "probe.js").read_text(encoding="utf-8")
BARRIERS = (FOLDER / "barriers.js").read_text(encoding="utf-8")
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LOOKS = {"stylesheet", "font", "script", "image"}
LOCALES = {"fr": "fr-FR", "ar": "ar"}

OPEN_ALL = "() => document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true; })"


class Inspector:
    """Collects what is wrong over many pages, so that one run tells all."""

    def __init__(self, direction: str) -> None:
        self.direction = direction
        self.wrong: list[str] = []

    def listen(self, page: Any) -> None:
        """Before the first of the pages that are looked at."""
        page.add_init_script(AXE)

        def heard(line: Any) -> None:
            # The browser's own line about a page that is not found, where it should not be.
            if line.type == "error" and "Failed to load resource" not in line.text:
                self.wrong.append(f"{page.url}: {line.text}")

        def failed(request: Any) -> None:
            # A page that is left gives up what it was still waiting for.
            if request.resource_type in LOOKS and request.failure != "net::ERR_ABORTED":
                self.wrong.append(f"{page.url}: {request.url}: {request.failure}")

        page.on("console", heard)
        page.on("requestfailed", failed)

    def look(self, page: Any, name: str, *, unfolds: bool = True) -> None:
        """At both widths, with what unfolds folded and unfolded."""
        page.set_viewport_size(PHONE)
        page.evaluate("document.fonts.ready.then(() => null)")
        self._note(name, "phone", page.evaluate(PROBE))
        if unfolds:
            page.evaluate(OPEN_ALL)
            self._note(name, "phone, unfolded", page.evaluate(PROBE))
        # On a phone as long as the page: what a sticky bar covers just now is a matter of where the lines break.
        page.set_viewport_size(PHONE | {"height": page.evaluate("document.documentElement.scrollHeight")})
        page.evaluate("addAxe()")
        self._note(name, "phone", page.evaluate(BARRIERS))
        page.set_viewport_size(DESK)
        self._note(name, "desk, unfolded", page.evaluate(PROBE))
        if "is-desk" in (page.locator("body").get_attribute("class") or ""):
            self._note(name, "desk", page.evaluate(BARRIERS))
        page.set_viewport_size(PHONE)
        if page.locator("html").get_attribute("dir") != self.direction:
            self.wrong.append(f"{name}: not {self.direction}")

    def _note(self, name: str, how: str, found: list[str]) -> None:
        self.wrong += [f"{name} ({how}): {one}" for one in found]


@pytest.fixture(params=["fr", "ar"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def inspector(language: str) -> Inspector:
    return Inspector("rtl" if language == "ar" else "ltr")


def test_the_inspector_sees_what_it_looks_for(
    live_server: Any, gazetteer: None, new_page: Callable[..., Any]
) -> None:
    strasbourg()
    page, inspector = new_page(viewport=PHONE), Inspector("rtl")
    inspector.listen(page)
    page.goto(walks.HOME)
    page.evaluate(
        """() => {
          const small = document.createElement("button"), wide = document.createElement("h1");
          wide.textContent = "large";
          wide.style.inlineSize = "600px";
          document.querySelector("main").append(small, wide);
        }"""
    )
    inspector.look(page, "home")
    found = "\n".join(inspector.wrong)
    for words in ("px too wide: h1", "2 h1", " px: button", "button-name: <button>", "not rtl"):
        assert words in found


def test_no_address_is_forgotten(town: Town) -> None:
    paths = [page.path(town).partition("?")[0].partition("#")[0] for page in PAGES if page.status == 200]
    opened = {resolve(path).view_name for path in paths}
    others = frozenset().union(*NO_PAGE.values())
    assert not opened & others
    every = {name for name in names(get_resolver()) if not name.startswith("api-")}
    assert every == opened | others


def test_every_page(
    town: Town,
    language: str,
    inspector: Inspector,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
) -> None:
    browsers: dict[str, Any] = {}
    for one in PAGES:
        if one.who not in browsers:
            browsers[one.who] = new_page(locale=LOCALES[language], viewport=PHONE)
            inspector.listen(browsers[one.who])
            if one.who:
                sign_in(browsers[one.who], getattr(town, one.who))
        page = browsers[one.who]
        answer = page.goto(one.path(town))
        if answer.status != one.status:
            inspector.wrong.append(f"{one.name}: {answer.status}")
        inspector.look(page, one.name, unfolds=one.unfolds)
    assert not inspector.wrong, "\n".join(inspector.wrong)


def test_every_question(
    live_server: Any, gazetteer: None, language: str, inspector: Inspector, new_page: Callable[..., Any]
) -> None:
    strasbourg()
    page = new_page(locale=LOCALES[language], viewport=PHONE)
    inspector.listen(page)

    def look(name: str) -> None:
        inspector.look(page, f"question {name}")

    walks.begin(page, "goods", "couette")
    look("goods")
    walks.begin(page, "skill", "interpreting")
    look("pair")
    page.locator("button[name=go][value=device]").click()
    page.wait_for_url("**/autre-appareil/*")
    look("another device, before the link")
    page.locator(walks.GO_ON).click()
    page.locator("#draft-link").wait_for()
    look("another device")
    page.locator("a.back").click()
    page.wait_for_url("**/pair/*")
    walks.tell_languages_place_and_dates(page)
    look("hours")
    # An answer that is missing comes back with its error.
    page.locator(walks.GO_ON).click()
    page.locator("[data-error-summary]").wait_for()
    look("hours, not answered")
    walks.offer_a_room(page, at=look)
    with page.expect_navigation():
        page.locator(walks.GO_ON).first.click()  # without a code: the page that says so
    look("code")
    assert not inspector.wrong, "\n".join(inspector.wrong)
