"""What a list says of a row as a whole: a no is never taken for a yes, and what says neither is asked."""

from datetime import date

import pytest

from catalogue.imports import CONSENT
from catalogue.imports.standing import STANDING
from catalogue.spreadsheets import Column
from catalogue.spreadsheets.meanings import Meanings, Refusal

TODAY = date(2026, 11, 30)


def outcome(column: Column, written: str) -> str:
    """ "taken", "refused", or "asked"."""
    found = Meanings(column, TODAY, {}, replaced=False)[written]
    if not isinstance(found, Refusal):
        return "taken"
    return "asked" if found.asked else "refused"


@pytest.mark.parametrize(
    "written",
    ["refus", "pas d'accord", "je ne suis pas d'accord", "opposition", "retiré", "révoqué", "ne veut pas",
     "non signé", "à demander", "en attente", "pas encore", "declined", "не согласен", "aucun", "?",
     "oui, retiré le 03/12/2026", "OK (en attente)", "accord à demander", "❌", "n'accepte pas", "12"],
)  # fmt: skip
def test_a_consent_that_is_no_plain_yes_is_asked(written: str) -> None:
    assert outcome(CONSENT, written) == "asked"


@pytest.mark.parametrize("written", ["non", "No", "нет", "لا", "false", "0"])
def test_who_says_no_stays_out(written: str) -> None:
    assert outcome(CONSENT, written) == "refused"


@pytest.mark.parametrize(
    "written",
    ["oui", "X", "Oui, j'accepte", "J'accepte", "d'accord", "signé le 12/11/2026", "12/11/2026", "2026-11-12",
     "2026-11-12 10:30:00", "oui (12/11/26)", "так", "", "NC"],
)  # fmt: skip
def test_a_yes_and_the_day_of_it_are_taken(written: str) -> None:
    assert outcome(CONSENT, written) == "taken"


def test_an_answer_settles_a_consent() -> None:
    for answer, taken in (("oui", True), ("non", False)):
        found = Meanings(CONSENT, TODAY, {"en attente": answer}, replaced=False)["en attente"]
        assert isinstance(found, Refusal) is not taken


@pytest.mark.parametrize(
    "written",
    ["n'est plus disponible", "offre annulée", "à retirer", "non disponible", "donné", "attribué",
     "ne souhaite plus accueillir", "en pause", "suspendu", "stop", "doublon", "скасовано", "ملغى", "Annulé le 12/11",
     "annulé par téléphone", "Ne plus contacter", "clos", "indisponible depuis le 3/12", "no longer available"],
)  # fmt: skip
def test_a_row_that_is_over_stays_out(written: str) -> None:
    assert outcome(STANDING, written) == "refused"


@pytest.mark.parametrize(
    "written",
    ["pas disponible avant janvier", "indisponible jusqu'au 3/12", "en pause jusqu'en mars", "à retirer sur place",
     "indisponible le 3/12 mais ensuite oui", "à rappeler", "en attente", "non annulé", "zzz"],
)  # fmt: skip
def test_whether_a_row_holds_is_asked(written: str) -> None:
    assert outcome(STANDING, written) == "asked"


@pytest.mark.parametrize("written", ["Actif", "confirmé", "En cours", "disponible", "نشط", "", "NC"])
def test_a_row_that_holds_is_taken(written: str) -> None:
    assert outcome(STANDING, written) == "taken"
