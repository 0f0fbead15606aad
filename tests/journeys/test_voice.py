"""A council's opinion changes a weight: somebody comments, the council speaks, the town answers, the points change."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Role
from engine.vocabulary import DEFAULT_WEIGHTS
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from voice import services
from voice.models import Comment, Proposal

PHONE = {"width": 320, "height": 640}
NEARER = {
    **DEFAULT_WEIGHTS,
    "proximity": DEFAULT_WEIGHTS["proximity"] + 5,
    "courtesy": DEFAULT_WEIGHTS["courtesy"] - 5,
}


def test_a_councils_opinion_changes_a_weight(live_server: Any, new_page: Any, sign_in: Any) -> None:
    city = CityFactory(slug="strasbourg", name="Strasbourg")
    administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
    begun = timezone.now() - timedelta(days=20)
    common = {"by": administrator, "now": begun}
    proposal = services.draft(
        city=city,
        titles={"fr": "Plus près"},
        texts={"fr": "Un quart d’heure à pied."},
        weights=NEARER,
        **common,
    )
    until = (begun + timedelta(days=25)).date()
    services.open_to_comments(proposal_id=proposal.pk, until=until, **common)

    citizen = new_page(viewport=PHONE)
    citizen.goto(f"{live_server.url}/strasbourg/regles/")
    citizen.get_by_role("link", name="Plus près").click()
    citizen.get_by_label("Vos mots").fill("La poussette est lourde.")
    citizen.get_by_role("button", name="Envoyer").click()
    citizen.get_by_text("le conseil le liront").wait_for()
    assert Comment.objects.get().text == "La poussette est lourde."
    assert citizen.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # The last day for comments goes by.
    Proposal.objects.update(comments_until=timezone.localdate() - timedelta(days=1))
    town = new_page(viewport=PHONE)
    sign_in(town, administrator)
    town.goto(f"{live_server.url}/strasbourg/bureau/regles/{proposal.pk}/")
    town.get_by_text("La poussette est lourde.").wait_for()
    town.get_by_label("Jour de l’avis").fill(timezone.localdate().isoformat())
    town.get_by_label("Avis réservé").check()
    town.get_by_label("L’avis, en mots", exact=True).fill("Oui, si les bus suivent.")
    town.get_by_role("button", name="Publier l’avis").click()
    assert town.get_by_role("button", name="Changer les points").count() == 0
    town.get_by_label("Réponse de la ville", exact=True).fill("Les bus suivront.")
    town.get_by_role("button", name="Publier la réponse").click()
    town.get_by_role("button", name="Changer les points").click()
    town.get_by_text("Le projet est appliqué").wait_for()
    assert town.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    citizen.goto(f"{live_server.url}/strasbourg/algorithme/")
    citizen.get_by_role("link", name=f"avis {timezone.localdate().year}-1").click()
    citizen.get_by_text("Les bus suivront.").wait_for()
    city.refresh_from_db()
    assert city.weights == NEARER
