"""What the directory says of a number, and what the page on which associations are verified says of that."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import registered
from accounts.models import Organisation, Role
from cities.models import City
from outside import registers
from outside.asking import NoAnswer
from outside.registers import Registered
from tests.factories.accounts import CityRoleFactory, OrganisationFactory
from tests.http_server import HttpServer
from tests.outside.conftest import UNIT, Answering, question, unit

RNA, SIRET = "W671234567", "73282932000074"
ADDRESS = "4 RUE DES JUIFS 67000 STRASBOURG"
NAMES = ("ASSOCIATION LES PASSERELLES (LP)", "ASSOCIATION LES PASSERELLES", "LP")
PLACE = {"siret": "73282932000082", "adresse": "1 PLACE KLEBER 67000 STRASBOURG", "etat_administratif": "A"}


@pytest.mark.parametrize("number", [RNA, SIRET])
def test_whose_a_number_is(state: HttpServer, lists: Answering, number: str) -> None:
    lists(unit(siren="552100554", complements=None, siege=PLACE), UNIT)
    assert registers.registered(number) == Registered("732829320", NAMES, ADDRESS, is_open=True)
    assert question(state.requests[0]) == ("/annuaire/search", {"q": number, "page": "1", "per_page": "5"})


def test_an_establishment_is_not_its_seat(lists: Answering) -> None:
    lists(unit(matching_etablissements=[PLACE]))
    found = registers.registered(PLACE["siret"])
    assert found is not None
    assert (found.address, found.is_open) == (PLACE["adresse"], True)


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        (RNA, {"etat_administratif": "C"}),
        (SIRET, {"etat_administratif": "C"}),
        (SIRET, {"siege": UNIT["siege"] | {"etat_administratif": "F"}}),
        (PLACE["siret"], {"matching_etablissements": [PLACE | {"etat_administratif": "F"}]}),
    ],
)
def test_what_is_closed_is_said_to_be(lists: Answering, number: str, changes: dict[str, Any]) -> None:
    lists(unit(**changes))
    found = registers.registered(number)
    assert found is not None
    assert not found.is_open


@pytest.mark.parametrize("number", ["W671234568", "73282932000082", "55210055400013"])
def test_somebody_elses_number_is_not_found_by_words(lists: Answering, number: str) -> None:
    lists(UNIT)
    assert registers.registered(number) is None


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, ""), (429, {"Retry-After": "2"}, ""), (200, {}, "[]"), (200, {}, '{"results": 3}'),
        (200, {}, '{"results": [{}]}'),
        (200, {}, '{"results": [{"siren": "732829320", "etat_administratif": "?", "siege": {}}]}'),
    ],
)  # fmt: skip
def test_no_answer_is_not_an_unknown_number(state: HttpServer, answer: Any) -> None:
    state.answer = answer
    for _time in range(2):
        with pytest.raises(NoAnswer):
            registers.registered(RNA)
    assert len(state.requests) == 1


def test_it_is_asked_once_an_hour_for_a_number(state: HttpServer, lists: Answering) -> None:
    lists()
    assert [registers.registered(RNA) for _time in range(3)] == [None, None, None]
    lists(UNIT)
    assert registers.registered(SIRET) is not None
    assert len(state.requests) == 2


@pytest.mark.django_db
class TestBesideWhatItSays:
    @pytest.fixture
    def page(self, city: City, client: Client) -> Any:
        coordinator = CityRoleFactory(city=city, role=Role.COORDINATOR).user
        client.force_login(coordinator)

        def read(organisation: Organisation | None = None) -> str:
            asked = "" if organisation is None else f"?association={organisation.pk}"
            shown = client.get(f"/{city.slug}/associations/{asked}")
            assert shown.status_code == 200
            return " ".join(shown.text.split())

        return read

    def waits(self, city: City, **said: Any) -> Organisation:
        said = {"name": "Les Passerelles", "rna": RNA, "siret": ""} | said
        return OrganisationFactory(city=city, created_at=timezone.now(), **said)

    @pytest.mark.parametrize(
        ("name", "is_its"),
        [
            ("Les Passerelles", True), ("L’association « Passerelles »", True), ("LP", True), ("PASSERELLÉS", True),
            ("Passerelles du Rhin", False), ("Les Pas", False), ("Un toit", False), ("L’Association", False),
        ],
    )  # fmt: skip
    def test_small_words_and_accents_make_no_other_name(
        self, city: City, lists: Answering, name: str, is_its: bool
    ) -> None:
        lists(UNIT)
        [looked] = registered.look_up(self.waits(city, name=name))
        assert looked.has_its_name is is_its

    def test_the_page_says_whose_the_number_is(self, city: City, page: Any, lists: Answering) -> None:
        lists(UNIT)
        shown = page(self.waits(city))
        assert f"<bdi>{NAMES[0]}</bdi> · <bdi>{ADDRESS}</bdi> · en activité" in shown
        assert "nom donné ici" not in shown
        assert "fermée" not in shown
        assert f"?q={RNA}" in shown, "the register's own page is a tap away"

    def test_it_says_clearly_what_is_wrong(self, city: City, page: Any, lists: Answering) -> None:
        lists(unit(etat_administratif="C"))
        shown = page(self.waits(city, name="Un toit"))
        assert '<span class="text-warn">fermée</span>' in shown
        assert "ce n’est pas le nom donné ici</span>" in shown

    def test_two_numbers_of_two_associations(self, city: City, page: Any, lists: Answering) -> None:
        lists(
            unit(siren="552100554", siege=PLACE),
            unit(complements={"identifiant_association": "W670000001"}),
        )
        assert "sont ceux de deux structures" in page(self.waits(city, siret=SIRET))
        lists(UNIT)
        other = self.waits(city, rna="W670000009", siret=SIRET)
        assert "deux structures" not in page(other), "one that is not in there is no second one"

    def test_an_association_without_a_siren_is_not_in_there(
        self, city: City, page: Any, lists: Answering
    ) -> None:
        lists()
        shown = page(self.waits(city))
        assert "qui ne connaît que les associations inscrites à l’INSEE" in shown
        assert "ne connaît pas ce numéro" not in shown
        assert "ne connaît pas ce numéro" in page(self.waits(city, rna="", siret=SIRET))

    def test_the_page_is_there_when_the_directory_is_not(
        self, city: City, page: Any, state: HttpServer
    ) -> None:
        state.answer = (503, {}, "")
        shown = page(self.waits(city))
        assert "l’annuaire de l’État ne répond pas" in shown
        assert f"?q={RNA}" in shown
        assert "Déclarer vérifiée" in shown

    def test_a_list_asks_nothing_and_leads_there(self, city: City, page: Any, state: HttpServer) -> None:
        organisation = self.waits(city)
        assert f"?association={organisation.pk}" in page()
        assert state.requests == []

    def test_where_it_is_off_nobody_is_asked(
        self, city: City, page: Any, state: HttpServer, settings: Any
    ) -> None:
        settings.REGISTER_URL = ""
        organisation = self.waits(city)
        assert "annuaire de l’État" not in page(organisation) + page()
        assert state.requests == []
