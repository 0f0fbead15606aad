"""Somebody who reads Dari, on a small old phone, states a need by their number."""

from typing import Any

import pytest

from statements.models import Proof, Stage, Statement
from tests.statements.conftest import HOME, code_of


@pytest.mark.django_db(transaction=True)
def test_a_dari_reader_states_a_need_by_phone(city: Any, gateway: Any, new_page: Any) -> None:
    page = new_page(locale="fa-AF", viewport={"width": 320, "height": 640}, java_script_enabled=False)
    page.goto(HOME)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("html").get_attribute("lang") == "fa-af"
    page.locator("button[name=kind][value=skill]").click()
    typed = {"ou": ("commune", "67000"), "vous": ("phone", "06 12 34 56 78")}
    ticked = {
        "aide": "category", "langues": "languages_from", "rythme": "rhythm", "quand": "urgency", "reponse": "way",
        "vous": "agrees",
    }  # fmt: skip
    pages = 0
    while "verifier" not in page.url:
        name = page.url.rstrip("/").rpartition("/")[2]
        if name in typed:
            page.locator(f"input[name={typed[name][0]}]").fill(typed[name][1])
        if name in ticked:
            page.locator(f"input[name={ticked[name]}]").first.check()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        page.locator(".actions--main button").click()
        pages += 1
    assert pages == 9
    for _send_then_ask_for_the_code in range(2):
        page.locator(".actions--main button").click()
    assert not gateway.requests[1:]
    page.locator("input[name=code]").fill(code_of(gateway))
    page.locator(".actions--main button").click()
    page.locator(".notice").first.wait_for()
    statement = Statement.objects.get()
    assert (statement.stage, statement.proof, statement.language) == (Stage.WAITING, Proof.SMS, "fa-af")
