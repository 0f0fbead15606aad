"""Why a pair does not match, through the API."""

import pytest

from needs.models import Need
from offers.models import Offer
from tests.factories.cities import CityFactory
from tests.factories.matching import due_offer
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
PATH = "matches/why-not/"


@pytest.fixture
def pair(matched):
    match = matched()
    return match, {"need": match.need.reference, "offer": match.offer.reference}


def test_a_possible_pair_has_its_score_and_rank(pair, coordinator):
    match, references = pair
    answer = coordinator.get(PATH, **references)
    assert answer.status_code == 200
    assert answer.json() == {
        **references,
        "possible": True,
        "unmet": [],
        "score": match.score,
        "rank": 1,
        "possible_offers": 1,
        "notes": [{"code": "listed", "params": {}, "text": "Elle est dans la liste des pistes."}],
        "match": match.pk,
    }


def test_every_rule_has_its_code_its_numbers_and_a_sentence(pair, coordinator):
    match, references = pair
    Offer.objects.filter(pk=match.offer_id).update(capacity=1, state="paused")
    Need.objects.filter(pk=match.need_id).update(pets=True)
    shown = coordinator.get(PATH, **references).json()
    assert (shown["possible"], shown["score"], shown["rank"], shown["notes"]) == (False, None, None, [])
    assert [(one["code"], one["params"].get("gap")) for one in shown["unmet"]] == [
        ("capacity", 2),
        ("pets", None),
        ("open", None),
    ]
    assert shown["unmet"][2]["params"]["cause"] == "offer"
    assert all(one["text"] for one in shown["unmet"])


def test_references_are_read_as_on_the_pages(pair, coordinator):
    _match, references = pair
    typed = {side: reference.lower().replace("-", "") for side, reference in references.items()}
    assert coordinator.get(PATH, **typed).json()["need"] == references["need"]


def test_for_coordinators_of_the_town_alone(pair, citizen, member, operator, stranger):
    _match, references = pair
    for program in (citizen, member, operator, stranger):
        assert program.get(PATH, **references).status_code == 404


def test_a_linked_town_s_shared_offer_is_known(pair, coordinator, city):
    _match, references = pair
    kehl = CityFactory()
    city.linked.add(kehl)
    shared = due_offer(city=kehl, share_with_linked=True)
    shown = coordinator.get(PATH, need=references["need"], offer=shared.reference).json()
    assert (shown["possible"], shown["rank"], shown["possible_offers"]) == (True, 2, 2)


def test_another_town_s_offer_is_unknown(pair, coordinator):
    _match, references = pair
    answer = coordinator.get(PATH, need=references["need"], offer=OfferFactory().reference)
    assert answer.status_code == 404


@pytest.mark.parametrize("wrong", [{"need": ""}, {"offer": "nothing"}, {"need": "P-3467-CDFG"}])
def test_what_is_no_reference_is_refused_by_name(pair, coordinator, wrong):
    _match, references = pair
    answer = coordinator.get(PATH, **(references | wrong))
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(wrong)
