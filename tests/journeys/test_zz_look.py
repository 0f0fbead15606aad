from playwright.sync_api import sync_playwright
import os


def test_look(town, sign_in, live_server):
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for width in (390, 1366):
            for lang in os.environ.get("LANGS", "fr").split(","):
                ctx = b.new_context(viewport={"width": width, "height": 900}, locale=lang)
                page = ctx.new_page()
                sign_in(page, town.coordinator)
                ctx.add_cookies([{"name": "django_language", "value": lang, "url": live_server.url}])
                for name, path in (
                    ("lists", "bureau/listes/"),
                    ("columns", f"bureau/listes/{town.list_ids[0]}/colonnes/"),
                    ("one", f"bureau/listes/{town.list_ids[1]}/"),
                ):
                    page.goto(f"{live_server.url}/strasbourg/{path}")
                    page.screenshot(path=f"/tmp/look-{name}-{lang}-{width}.png", full_page=True)
        b.close()
