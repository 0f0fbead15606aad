"""Takes the pictures of the README and of the guides from a demonstration that runs:
`make screenshots ARGS=http://127.0.0.1:8000`.

Needs the development packages and the machine's Chromium; writes docs/images/.
"""

import base64
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from config import browser_fonts, palette

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
TOWN = "/strasbourg/"
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# What a guide shows is read in a column of text.
GUIDE = {"width": 1280, "height": 760}
MOST_LETTERS = 20  # pages of the mailbox
ADDRESS = "http://127.0.0.1:8000"
# Draws a PNG and gives back its pixels: the browser reads its own pictures best.
PIXELS = """async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (sign) => sign.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const pixels = new Blob([drawing.getImageData(0, 0, image.width, image.height).data]);
  const reader = new FileReader();
  const read = new Promise((done) => { reader.onload = done; });
  reader.readAsDataURL(pixels);
  await read;
  return [image.width, image.height, reader.result.split(",")[1]];
}"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of the town as somebody with this role sees it, from its top; `follow` leads there from the path."""

    name: str
    role: str
    path: str
    follow: str = ""


GUIDES = (
    Picture("visits", "Coordination", "bureau/visites/?vue=prevues"),
    Picture("tonight", "Coordination", "accueils/"),
    Picture("appeal", "Coordination", "lettre/appels/", follow=".card__title a"),
    Picture("figures", "Coordination", "chiffres/equipe/?months=3&by=kind"),
    Picture("calls", "Accueil téléphonique", "appels/"),
    Picture("town", "Administration", "ma-ville/"),
    Picture("settings", "Administration", "ma-ville/reglages/delais/"),
    Picture("team", "Administration", "ma-ville/equipe/"),
)


def take(address: str) -> None:
    """All pictures, of the demonstration at this address."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    program = next((path for path in BROWSERS if Path(path).exists()), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            env=_surroundings(Path(folder)),
            args=["--no-sandbox", "--disable-gpu"],
        )
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
        for role in dict.fromkeys(picture.role for picture in GUIDES):
            page = _open(browser, address, GUIDE)
            _enter(page, role)
            for picture in GUIDES:
                if picture.role == role:
                    page.goto(f"{TOWN}{picture.path}")
                    if picture.follow:
                        page.locator(picture.follow).first.click()
                        page.wait_for_load_state()
                    _save(page, picture.name)
        browser.close()


def _surroundings(folder: Path) -> dict[str, str | float | bool]:
    """All that the browser knows of the machine: nobody's own settings, and our fonts before others."""
    fonts = browser_fonts.configuration(folder, alone=False)
    return {"HOME": str(folder), "PATH": "/usr/bin:/bin", "FONTCONFIG_FILE": str(fonts)}


def _plan(page: Any) -> None:
    """Have a plan of the whole town made, with all the time that there is on a slow machine, and wait for it."""
    page.goto(f"{TOWN}bureau/plan/")
    page.locator("input[name=budget_seconds]").last.check()
    page.locator("main form button[type=submit]").first.click()
    page.locator(".ways").wait_for(timeout=180_000)


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
    page.evaluate("document.fonts.ready.then(() => null)")
    blank = page.context.new_page()
    encoded = base64.b64encode(page.screenshot()).decode()
    width, height, pixels = blank.evaluate(PIXELS, encoded)
    blank.close()
    drawn = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)
    path = IMAGES / f"{name}.png"
    path.write_bytes(palette.png(drawn))
    print(path, f"{path.stat().st_size / 1000:.0f} kB")  # noqa: T201


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else ADDRESS)
