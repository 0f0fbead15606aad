"""A coordinator's browser and a device that keeps passkeys: added, then the only thing that is asked for."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import expect

from accounts.models import User
from tests.factories.accounts import CityRoleFactory

pytestmark = pytest.mark.django_db(transaction=True)


def give_device(page: Any) -> Any:
    """A phone beside the browser, whose owner puts a finger on it whenever it asks."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return devtools, devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})[
        "authenticatorId"
    ]


def test_added_then_signs_in_alone(
    new_page: Callable[..., Any], sign_in: Callable[[Any, User], None], settings: Any, live_server: Any
) -> None:
    settings.SITE_URL = live_server.url
    part = CityRoleFactory()
    EmailAddress.objects.create(user=part.user, email=part.user.email, verified=True, primary=True)
    page = new_page()
    devtools, device = give_device(page)
    sign_in(page, part.user)
    page.goto("/compte/double-verification/cle/")
    page.get_by_role("button", name="Créer ma clé d’accès").click()
    expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
    page.goto("/compte/double-verification/")
    expect(page.get_by_role("heading", name="Linux")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"/{part.city.slug}/bureau/")
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    page.wait_for_url(f"**/{part.city.slug}/bureau/")

    # A finger that is not the owner's: nothing opens, and the page says what else there is.
    page.context.clear_cookies()
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.goto("/connexion/")
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_text("Cela n’a pas abouti.")).to_be_visible()


def test_without_a_script_the_page_says_what_it_takes(
    new_page: Callable[..., Any], sign_in: Callable[[Any, User], None]
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, CityRoleFactory().user)
    page.goto("/compte/double-verification/cle/")
    expect(page.get_by_text("demande un navigateur récent et JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Créer ma clé d’accès")).to_be_hidden()
    page.get_by_role("link", name="Plutôt une application").click()
    expect(page.get_by_role("heading", name="Activer la double vérification")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/connexion/")
    expect(page.get_by_role("button", name="Utiliser une clé d’accès")).to_be_hidden()
