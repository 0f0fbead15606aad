"""Back to where a form was sent from: a page of this site, whatever the form says."""

import pytest
from django.test import RequestFactory

from accounts.way_back import way_back


@pytest.mark.parametrize("path", ["/strasbourg/ecrits/?toutes=1", "/compte/#accords"])
def test_a_page_of_this_site(path: str) -> None:
    assert way_back(RequestFactory().post("/", {"back": path}), "back", "cities").url == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "", "https://ailleurs.example/", "//ailleurs.example/", "/\\ailleurs.example/", "javascript:alert(1)",
        # Names of pages, as Django would read them.
        "2026-12-01", "18:00", "cities", "accounts:home", "%s%n{}{{ x }}", "..",
    ],
)  # fmt: skip
def test_all_else_leads_to_the_usual_page(elsewhere: str) -> None:
    assert way_back(RequestFactory().post("/", {"back": elsewhere}), "back", "cities").url == "/"
    assert way_back(RequestFactory().post("/"), "back", "/connexion/").url == "/connexion/"
