"""Takes the README's pictures from a demonstration that runs: `make screenshots ARGS=http://127.0.0.1:8000`.

Needs the development packages and the machine's Chromium; docs/images/ receives five files.
"""

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
TOWN = "/strasbourg/"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
MOST_LETTERS = 20  # pages of the mailbox
ADDRESS = "http://127.0.0.1:8000"


def take(address: str) -> None:
    """All five pictures, of the demonstration at this address."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    program = next((path for path in BROWSERS if Path(path).exists()), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        desk = _open(browser, address, DESK)
        _enter(desk, "Coordination")
        _save(desk, "desk")
        _plan(desk)
        _save(desk, "plan")
        phone = _open(browser, address, PHONE)
        phone.goto(TOWN)
        _save(phone, "home-phone")
        _ask(phone)
        _save(phone, "question-phone")
        _open_question(phone)
        _save(phone, "answer-phone")
        browser.close()


def _plan(page: Any) -> None:
    """Have a plan of the whole town made, and wait for it."""
    page.goto(f"{TOWN}bureau/plan/")
    page.locator("main form button[type=submit]").first.click()
    page.locator(".ways").wait_for(timeout=90_000)


def _open(browser: Browser, address: str, size: Any) -> Any:
    """A page of somebody new, in French."""
    context = browser.new_context(
        base_url=address,
        viewport=size,
        locale="fr-FR",
        timezone_id="Europe/Paris",
        reduced_motion="reduce",
        color_scheme="light",
    )
    return context.new_page()


def _enter(page: Any, role: str) -> None:
    """Be the demonstration's person with this role in the town."""
    page.goto("/demo/")
    doors = page.locator(f"section[aria-labelledby=ville-{TOWN.strip('/')}] form")
    doors.filter(has=page.locator(".card__meta", has_text=role)).get_by_role("button").click()
    page.wait_for_load_state()


def _ask(page: Any) -> None:
    """Go to "whom can you welcome?" with two answers."""
    page.goto(f"{TOWN}propositions/nouvelle/?nature=housing")
    for answers in (
        {"category": "shared_room"},
        {"commune": "Schiltigheim"},
        {"open_ended": "on"},
        {"capacity": "3"},
    ):
        for name, value in answers.items():
            field = page.locator(f"input[name={name}]")
            if name in ("commune", "capacity"):
                field.fill(value)
            else:
                page.locator(f"input[name={name}]" + (f"[value={value}]" if value != "on" else "")).check()
        before = page.url
        page.locator(".actions--main button[type=submit]").click()
        page.wait_for_url(lambda url, before=before: url != before)
    for household in ("women", "families"):
        page.locator(f"input[name=accepts][value={household}]").check()


def _open_question(page: Any) -> None:
    """Open the link of a mail that asks a citizen for a roof, and that nobody has answered yet."""
    for number in range(1, MOST_LETTERS + 1):
        page.goto(f"/demo/boite/?page={number}")
        letters = page.locator("article").filter(has_text="Un toit pour")
        for link in letters.locator(f"a[href^='{TOWN}reponse/']").all():
            path = link.get_attribute("href")
            answer = page.context.new_page()
            answer.goto(path)
            is_open = answer.get_by_role("button", name="Oui, je peux").count()
            answer.close()
            if is_open:
                page.goto(path)
                return
    raise SystemExit("Aucune question n’attend de réponse dans cette démonstration.")


def _save(page: Any, name: str) -> None:
    page.mouse.move(0, 0)
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    print(path)  # noqa: T201


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else ADDRESS)
