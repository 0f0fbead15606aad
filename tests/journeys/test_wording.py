"""An administrator puts a message into the town's words, with one tap for each element."""

from notifications.wording.models import Wording
from tests.journeys.town import HERE


def test_an_administrator_writes_with_one_tap_for_each_element(town, new_page, sign_in):
    page = new_page(viewport={"width": 390, "height": 844})
    sign_in(page, town.administrator)
    page.goto(f"/{HERE}/textes/match_no_longer_asked/fr/email/")
    page.get_by_label("Objet").fill("Merci")
    page.get_by_label("Texte").fill("Pour , c’est réglé.")
    page.get_by_label("Texte").evaluate("field => field.setSelectionRange(5, 5)")
    page.get_by_role("button", name="{proposition}").click()
    assert page.get_by_label("Texte").input_value() == "Pour {proposition}, c’est réglé."
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Les prochains messages diront ce texte").wait_for()
    assert Wording.objects.get().body == "Pour {proposition}, c’est réglé."
