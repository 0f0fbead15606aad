"""Suggestions side by side: what is chosen on the case, kept in the address, and no contact."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from matching.models import Match
from tests.factories.accounts import UserFactory
from tests.factories.matching import drain, due_need, due_offer


@pytest.fixture
def suggested(city):
    now = timezone.now()
    need = due_need(city=city, now=now)
    host = UserFactory(name="Camille Martin", email="citoyenne@exemple.fr", phone="+33612345678")
    for number in range(6):
        due_offer(city=city, now=now, capacity=3 + number, owner=host, address="12 rue des Invités")
    drain(now)
    return list(Match.objects.filter(need=need).suggested())


@pytest.fixture
def path(city, suggested):
    return reverse("desk:compare", args=[city.slug, suggested[0].need.reference])


def text(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.content.decode())))


def shown(page):
    return [card.match.pk for card in page.context["cards"]]


def test_the_case_sends_what_is_ticked_without_a_script(city, coordinator, as_user, suggested, path):
    page = as_user(coordinator).get(reverse("desk:case", args=[city.slug, suggested[0].need.reference]))
    html = page.content.decode()
    assert re.search(rf'<form[^>]*id="compare"[^>]*method="get"[^>]*action="{path}"', html)
    boxes = re.findall(r'name="piste"\s+value="(\d+)"\s+form="compare"', html)
    assert boxes == [str(match.pk) for match in suggested]


def test_two_are_compared_in_the_engine_s_order_by_what_their_cards_say(
    coordinator, as_user, suggested, path
):
    first, second = suggested[0], suggested[3]
    page = as_user(coordinator).get(path, {"piste": [second.pk, first.pk]})
    assert shown(page) == [first.pk, second.pk]
    case = as_user(coordinator).get(reverse("desk:case", args=path.strip("/").split("/")[0::2][:2]))
    on_case = {card.match.pk: card for card, _fields in case.context["cards"]}
    for card in page.context["cards"]:
        assert (card.covers, card.parts, card.reasons) == (
            on_case[card.match.pk].covers, on_case[card.match.pk].parts, on_case[card.match.pk].reasons,
        )  # fmt: skip
        assert all(reason["text"] in text(page) for reason in card.reasons)


def test_no_contact_stands_there(coordinator, as_user, suggested, path):
    words = text(as_user(coordinator).get(path, {"piste": [match.pk for match in suggested[:4]]}))
    for contact in ("Camille", "citoyenne@", "12 34 56 78", "rue des Invités"):
        assert contact not in words


def test_more_than_four_are_not_taken_in(coordinator, as_user, suggested, path):
    page = as_user(coordinator).get(path, {"piste": [match.pk for match in suggested]})
    assert shown(page) == [match.pk for match in suggested[:4]]
    assert "Quatre pistes au plus" in text(page)


@pytest.mark.parametrize("chosen", [[], ["x"], ["9" * 30], ["²"], ["1 OR 1"]])
def test_what_is_no_choice_asks_for_one(coordinator, as_user, suggested, path, chosen):
    page = as_user(coordinator).get(path, {"piste": [*chosen, suggested[0].pk]})
    assert page.status_code == 200
    assert "Cochez deux à quatre pistes" in text(page)


def test_a_suggestion_of_another_case_is_not_compared(city, coordinator, as_user, suggested, path):
    now = timezone.now()
    other = due_need(city=city, now=now)
    drain(now)
    strange = Match.objects.filter(need=other).suggested().first()
    assert strange is not None
    page = as_user(coordinator).get(path, {"piste": [suggested[0].pk, suggested[1].pk, strange.pk]})
    assert shown(page) == [suggested[0].pk, suggested[1].pk]
