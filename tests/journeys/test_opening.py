"""A town from nothing: one command, then its administrator's pages, until a first family has a first suggestion."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from tests.journeys import walks
from tests.journeys.counting import held
from tests.journeys.test_story import DESK, PHONE


def test_from_one_command_to_the_first_suggestion(
    settings: Any,
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    worker: None,
    mail: Callable[..., Any],
) -> None:
    settings.VISITOR_ACTS_FREE = 0  # every act of a visitor costs their browser something: nobody notices
    call_command("open_town", "Strasbourg", "ruth@ville.exemple", "--name", "Ruth K.", stdout=StringIO())
    public = new_page(**PHONE)
    assert public.goto(walks.HOME).status == 404

    # The first administrator signs in by a code, and sets the town up.
    town = new_page(**DESK)
    town.goto("/strasbourg/ma-ville/")
    _prove(town, "ruth@ville.exemple", mail)
    expect(town.get_by_role("heading", level=1)).to_have_text("Ma ville")

    def decide(group: str, **fields: Any) -> None:
        town.goto("/strasbourg/ma-ville/")
        town.get_by_role("link", name=group, exact=True).click()
        for name, value in fields.items():
            field = town.locator(f"[name={name}]")
            field.check() if value is True else field.fill(value)
        town.get_by_role("button", name="Enregistrer").click()
        expect(town.locator("#messages")).to_contain_text("Vos changements sont enregistrés")

    decide("Nom et territoire", epci_code="246700488")
    decide(
        "Nous joindre",
        phone="03 53 01 00 00",
        phone_hours="du lundi au vendredi",
        email="accueil@ville.exemple",
    )
    decide("Messages", quiet_from="00:00", quiet_until="00:00")

    # Somebody is invited to coordinate, and comes.
    town.goto("/strasbourg/ma-ville/")
    town.get_by_role("link", name="Équipe", exact=True).last.click()
    town.get_by_role("link", name="Inviter").click()
    town.get_by_label("Adresse e-mail").fill("awa@ville.exemple")
    town.locator("[name=name]").fill("Awa D.")
    town.get_by_label("coordination").check()
    town.get_by_role("button", name="Inviter").click()
    expect(town.locator("main")).to_contain_text("awa@ville.exemple")
    desk = new_page(**DESK)
    desk.goto(walks.link_in(mail("awa@ville.exemple", "équipe")))
    desk.get_by_role("button", name="Recevoir un code et continuer").click()
    walks.type_code(desk, mail("awa@ville.exemple", "code"))
    desk.get_by_role("button", name="Accepter").click()
    expect(desk.locator("#messages")).to_contain_text("Bienvenue dans l’équipe de Strasbourg")

    # The town opens its doors: everybody reads how to reach it.
    decide("Nom et territoire", is_open=True)
    public.goto(walks.HOME)
    expect(public.locator("body")).to_contain_text("03 53 01 00 00")

    # An association comes by itself, and is verified by whoever coordinates.
    association = new_page(**PHONE)
    association.goto("/strasbourg/associations/inscription/")
    for name, value in {
        "name": "Toits ouverts", "rna": "W672000001", "person_name": "Nadia B.", "person_email": "nadia@toits.example",
    }.items():  # fmt: skip
        association.locator(f"[name={name}]").fill(value)
    association.locator("main form button[type=submit]").click()
    association.wait_for_url("**/connexion/**")
    walks.type_code(association, mail("nadia@toits.example", "code"))
    expect(association.locator("[name=name]")).to_have_value("Toits ouverts")
    association.locator("main form button[type=submit]").click()
    association.wait_for_url("**/compte/")
    desk.goto("/strasbourg/associations/")
    desk.get_by_role("button", name="Déclarer vérifiée").click()
    expect(desk.locator("main")).to_contain_text("vérifiée le")

    # A first offer, seen by the desk, and a first need: the desk reads why they go together.
    walks.offer_a_room(public)
    walks.type_code(public, mail(walks.EMAIL, "code"))
    association.goto("/strasbourg/besoins/poster/")
    association.get_by_role("link", name="Un toit").tap()
    association.get_by_label("Femmes").fill("1")
    association.get_by_label("De 3 à 11 ans").fill("2")
    association.get_by_label("Ce soir").check()
    association.get_by_label("Jusqu’au").fill((timezone.localdate() + timedelta(days=3)).isoformat())
    association.get_by_label("Dans quelle commune").fill("Strasbourg")
    association.get_by_role("button", name="Poster ce besoin").click()
    expect(association.get_by_role("heading", level=1)).to_have_text("Votre besoin est enregistré")
    desk.goto(walks.link_in(mail("awa@ville.exemple", "Ce soir")))
    expect(desk.locator("[data-desk-pairing]")).to_contain_text("3 places pour 3 personnes")
    expect(desk.get_by_role("link", name="Visiter d’abord")).to_have_count(1)

    # What was decided is kept with who decided it; nobody has needed the installation's own pages, and no bed is taken.
    town.goto("/strasbourg/ma-ville/registre/")
    record = town.get_by_role("table", name="Registre")
    for who, what in (
        ("Le service", "adresse courte"), ("Ruth K.", "code de l’intercommunalité"), ("Ruth K.", "ouverte au public"),
        ("Awa D.", "vérifiée"),
    ):  # fmt: skip
        expect(record.get_by_role("row").filter(has_text=who).filter(has_text=what).first).to_be_visible()
    assert not User.objects.filter(is_staff=True).exists()
    assert held() == []


def _prove(page: Any, email: str, mail: Callable[..., Any]) -> None:
    page.get_by_label("Votre adresse e-mail").fill(email)
    page.get_by_role("button", name="Recevoir un code").click()
    walks.type_code(page, mail(email, "code"))
