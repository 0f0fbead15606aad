"""A page is the same on every machine; its links can be touched and reached whatever the reader's font and screen."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tests.journeys import fonts, walks
from tests.journeys.test_pages import OPEN_ALL, PHONE, Inspector
from tests.journeys.town import Town, strasbourg

# The page's policy allows no <style>; the browser applies an adopted sheet before its next frame.
WEAR = """async (rules) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(rules);
  document.adoptedStyleSheets = [sheet];
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  await document.fonts.ready;
}"""
# Letters no higher than their size says, the lowest that fonts in use have, and letters twice as high.
FACE = """
@font-face {{ font-family: worn; src: local("Noto Sans Regular"); ascent-override: {up}%; descent-override: {down}%; }}
* {{ font-family: worn !important; }}
"""
FONTS = {
    "low letters": FACE.format(up=80, down=20),
    "high letters": FACE.format(up=160, down=40),
    "small text": "html { font-size: 9px; }",
    "large text": "html { font-size: 24px; }",
    "narrow lines": "* { line-height: 1 !important; }",
}


def fonts_of(page: Any) -> set[str]:
    """The families that the browser has drawn a page with."""
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "body, body *"})["nodeIds"]
    answers = [session.send("CSS.getPlatformFontsForNode", {"nodeId": node}) for node in nodes]
    return {font["familyName"] for answer in answers for font in answer["fonts"]}


@pytest.mark.parametrize("locale", ["fr-FR", "ar"])
def test_no_font_of_the_machine_is_drawn(
    locale: str, live_server: Any, gazetteer: None, new_page: Callable[..., Any]
) -> None:
    strasbourg()
    page = new_page(locale=locale)
    page.goto(walks.HOME)
    drawn = fonts_of(page)
    assert fonts.kept_to(drawn), drawn


def test_a_font_of_the_machine_would_be_seen_where_the_harness_chooses_the_fonts() -> None:
    machine = {"Noto Sans", "DejaVu Sans"}
    assert not fonts.kept_to(machine, platform="linux")
    assert fonts.kept_to(machine, platform="darwin")
    assert not any(fonts.kept_to(set(), platform=platform) for platform in ("linux", "darwin"))


def test_links_that_stand_alone_can_be_touched_in_any_font(
    town: Town,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
) -> None:
    """The list of answers to change, links in tables and in titles, lines of small text."""
    inspector = Inspector("ltr")
    visitor, coordinator = new_page(viewport=PHONE), new_page(viewport=PHONE)
    for each in (visitor, coordinator):
        inspector.listen(each)

    def look(page: Any, name: str) -> None:
        folded = page.evaluate_handle("[...document.querySelectorAll('details:not([open])')]")
        for worn, rules in FONTS.items():
            folded.evaluate("all => all.forEach((one) => { one.open = false; })")
            page.evaluate(WEAR, rules)
            inspector.look(page, f"{name}, {worn}")

    walks.offer_a_room(visitor, at=lambda name: look(visitor, name) if name == "verifier" else None)
    sign_in(coordinator, town.coordinator)
    for path in ("propositions/ville/", "bureau/plan/", "bureau/notation/"):
        coordinator.goto(f"/{town.city.slug}/{path}")
        look(coordinator, path)
    assert not small(inspector.wrong), "\n".join(inspector.wrong)


COVERED = """() => [...document.querySelectorAll("main a[href], main summary, main input:not([type=hidden])")]
  .filter((one) => {
    one.blur();
    scrollTo(0, scrollY + one.getBoundingClientRect().bottom + 4 - innerHeight);  // on the screen, at its foot
    one.focus();
    const box = one.getBoundingClientRect(), x = (box.left + box.right) / 2;
    return ![box.top + 2, box.bottom - 2].every((y) => one.contains(document.elementFromPoint(x, y)));
  })
  .map((one) => one.outerHTML)"""


def test_the_main_action_never_covers_what_has_the_focus(
    live_server: Any, gazetteer: None, new_page: Callable[..., Any]
) -> None:
    strasbourg()
    page = new_page(viewport={"width": 390, "height": 560})
    covered: list[str] = []

    def look(name: str) -> None:
        if name == "verifier":
            page.evaluate(OPEN_ALL)
            assert page.evaluate("scrollY + innerHeight < document.documentElement.scrollHeight")
            covered.extend(page.evaluate(COVERED))

    walks.offer_a_room(page, at=look)
    assert not covered, "\n".join(covered)


def small(wrong: list[str]) -> list[str]:
    """What concerns the size of targets: a page of giant letters may well be too wide."""
    return [line for line in wrong if "target-size" in line or " px: " in line or " px high" in line]
