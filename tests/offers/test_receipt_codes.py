"""The code of a mail, typed on the receipt: what is wrong with it is said there, and nothing is lost."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cities.models import City
from offers.models import Offer, OfferState

Answers = Callable[..., dict[str, dict[str, Any]]]
Step = Callable[..., Any]


@pytest.fixture
def receipt(city: City, client: Client, answers: Answers, walk: Step, send: Step) -> str:
    """The path of the receipt of a room that this browser has sent."""
    walk(client, answers("housing"))
    return str(send(client)["Location"])


def type_in(client: Client, receipt: str, code: str) -> Any:
    """What the receipt's button sends, and where that leads."""
    page = client.get(receipt)
    assert f'<input type="hidden" name="receipt" value="{receipt}">' in page.text
    return client.post(page.context["code_url"], {"code": code, "receipt": receipt})


def code_of(mails: list[Any]) -> str:
    found = re.search(r"\b\d{6}\b", mails[-1].body)
    assert found is not None
    return found[0]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_wrong_code_is_refused_on_the_receipt_and_the_right_one_still_serves(
    client: Client, receipt: str, mailoutbox: list[Any]
) -> None:
    answer = type_in(client, receipt, other_than(code_of(mailoutbox)))
    assert answer["Location"] == f"{receipt}#code"
    page = client.get(receipt)
    assert page.context["form"].errors["code"]
    assert Offer.objects.get().reference in page.text
    assert not client.get(receipt).context["form"].errors, "it is said once"
    type_in(client, receipt, code_of(mailoutbox))
    client.get(f"{receipt.removesuffix('envoyee/')}confirmer/")
    assert Offer.objects.get().state == OfferState.ACTIVE


def test_after_five_wrong_codes_another_one_is_asked_for_on_the_receipt(
    client: Client, receipt: str, mailoutbox: list[Any]
) -> None:
    for _time in range(5):
        assert type_in(client, receipt, other_than(code_of(mailoutbox)))["Location"] == f"{receipt}#code"
    assert "Demandez-en un autre" in client.get(receipt).text
    assert type_in(client, receipt, code_of(mailoutbox))["Location"] == f"{receipt}#code", "the code is dead"
    assert client.post(receipt, {"again": "1"})["Location"] == receipt
    assert len(mailoutbox) >= 2
    type_in(client, receipt, code_of(mailoutbox))
    client.get(f"{receipt.removesuffix('envoyee/')}confirmer/")
    assert Offer.objects.get().state == OfferState.ACTIVE


def test_an_expired_code_is_said_on_the_receipt(
    client: Client, receipt: str, mailoutbox: list[Any], settings: Any
) -> None:
    settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT = -1
    assert type_in(client, receipt, code_of(mailoutbox))["Location"] == f"{receipt}#code"
    assert "Ce code n’est plus valable" in client.get(receipt).text


def test_a_code_of_another_device_is_wrong_here(client: Client, receipt: str, mailoutbox: list[Any]) -> None:
    here = code_of(mailoutbox)
    Client().post("/connexion/", {"email": Offer.objects.get().owner.email})
    there = code_of(mailoutbox)
    if here != there:
        assert type_in(client, receipt, there)["Location"] == f"{receipt}#code"
        assert client.get(receipt).context["form"].errors["code"]


@pytest.mark.parametrize("page", ["https://example.org/", "//example.org/", "nowhere"])
def test_it_leads_to_no_page_but_ours(client: Client, receipt: str, mailoutbox: list[Any], page: str) -> None:
    known = client.get(receipt).context["code_url"]
    answer = client.post(known, {"code": other_than(code_of(mailoutbox)), "receipt": page})
    assert "Location" not in answer
    assert answer.context["form"].errors["code"]


def test_mail_server_down_says_so_when_another_code_is_asked_for(
    client: Client, receipt: str, smtp_server: Any
) -> None:
    smtp_server.stop()
    client.post(receipt, {"again": "1"})
    assert "Nous ne pouvons pas envoyer de code" in client.get(receipt).text
