"""data.inclusion in and out: the documented schema, the same list twice, what the town wrote itself, bad files."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from jsonschema import Draft7Validator, FormatChecker

from accounts.models import User
from cities.models import City
from directory import data_inclusion, services
from directory.data_inclusion import NotOfTheSchema
from directory.imports import Tally, bring_in
from directory.models import Service, ServiceEdit
from directory.themes import THEME_OF
from tests.directory.conftest import NOW, PUBLIC
from tests.factories.accounts import OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory

SAMPLES = Path(__file__).parent / "samples"
SCHEMAS = {
    name: json.loads((SAMPLES / f"{name}.schema.json").read_text()) for name in ("services", "structures")
}


def listed(name: str) -> list[Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


def brought(
    city: City, *, rows: Any = None, publics: Any = (), now: Any = NOW, by: User | None = None
) -> Tally:
    return bring_in(
        city=city,
        rows=listed("services") if rows is None else rows,
        structures=data_inclusion.structures_by_id(listed("structures")),
        publics=publics,
        by=by,
        now=now,
    )


def fates(tally: Tally) -> Mapping[str, int]:
    return {str(fate): number for fate, number in tally.fates.items() if number}


def keeps_to(name: str, rows: list[Any]) -> list[str]:
    checker = Draft7Validator(SCHEMAS[name], format_checker=FormatChecker())
    return [f"{list(error.absolute_path)}: {error.message}" for error in checker.iter_errors(rows)]


def test_our_themes_are_the_schemas_thematics() -> None:
    assert set(THEME_OF) == set(SCHEMAS["services"]["$defs"]["Thematique"]["enum"])


def test_the_schema_refuses_what_it_should() -> None:
    assert keeps_to("services", listed("services")[:2]) == []
    assert keeps_to("services", [{**listed("services")[0], "thematiques": ["rien"]}])
    assert keeps_to("structures", [{"source": "dora", "id": "dora--1", "nom": "CCAS"}])


def test_a_file_is_read_once(city: City) -> None:
    passerelles = OrganisationFactory(
        city=city, name="Les Passerelles", rna="", siret=listed("structures")[1]["siret"], verified=True
    )
    tally = brought(city)
    assert fates(tally) == {"new": 4}
    assert (tally.elsewhere, tally.for_others) == (1, 0)
    assert [name for name, _why in tally.bad] == ["dora--5"]
    first, second = (Service.objects.get(source_id=f"dora--{number}") for number in (1, 2))
    assert first.about == "Une adresse pour recevoir son courrier."
    assert first.slots == [f"{day} 08:30-12:30" for day in ("mon", "tue", "wed", "thu", "fri")]
    assert (first.keeper, first.phone.as_e164, first.fees) == ("CCAS", "+33353018001", "gratuit")
    assert first.checked_at.date().isoformat() == "2026-02-19"  # midnight of the day after, in Strasbourg
    assert "Untel" not in json.dumps(first.listed)
    # What its structure says, and whose it is by its number.
    assert (second.organisation, second.commune_id, second.hours_note) == (
        passerelles, "67482", "le jeudi sauf vacances",
    )  # fmt: skip
    assert (second.phone.as_e164, second.site) == ("+33353018002", "https://passerelles.example")
    trap = Service.objects.get(source_id="dora--6")
    assert (trap.site, trap.email, str(trap.phone), trap.fees) == ("", "", "", "")
    assert "<" not in trap.about
    assert fates(brought(city)) == {"known": 4}
    assert ServiceEdit.objects.count() == 4


def test_what_the_town_wrote_stays(city: City, administrator: User) -> None:
    brought(city)
    service = Service.objects.get(source_id="dora--1")
    later = NOW + timedelta(days=1)
    services.change(
        service_id=service.pk,
        fields={"phone": "+33353018099", "languages": ["ar"]},
        by=administrator,
        now=later,
    )
    rows = listed("services")
    rows[0] |= {"telephone": "+33353018055", "nom": "Domiciliation postale", "date_maj": "2026-03-01"}
    tally = brought(city, rows=rows, now=later)
    service.refresh_from_db()
    assert (service.name, service.phone.as_e164, service.languages) == (
        "Domiciliation postale", "+33353018099", ["ar"],
    )  # fmt: skip
    assert tally.kept == [("Domiciliation postale", ("phone",))]
    assert fates(tally) == {"changed": 1, "known": 3}
    # It is still checked when the town checked it; and the town's word stays, however often the list is read.
    assert service.checked_at == later
    assert not brought(city, rows=rows, now=later).kept
    service.refresh_from_db()
    assert service.phone.as_e164 == "+33353018099"


def test_what_the_town_added_and_no_list_said_stays(city: City, administrator: User) -> None:
    brought(city)
    service = Service.objects.get(source_id="dora--2")
    ours = OrganisationFactory(city=city, verified=True)
    services.change(
        service_id=service.pk,
        fields={"languages": ["ar", "prs"], "organisation": ours},
        by=administrator,
        now=NOW,
    )
    OrganisationFactory(city=city, verified=True, rna="", siret=listed("structures")[1]["siret"])
    rows = listed("services")
    rows[1]["langues"] = ["fr"]
    kept = brought(city, rows=rows).kept
    service.refresh_from_db()
    assert (service.languages, service.organisation) == (["ar", "prs"], ours)
    assert kept == [(service.name, ("languages", "organisation"))]


def test_what_nobody_has_said_the_list_says(city: City) -> None:
    brought(city)
    runs = OrganisationFactory(city=city, verified=True, rna="", siret=listed("structures")[1]["siret"])
    rows = listed("services")
    rows[1]["langues"] = ["fr"]
    brought(city, rows=rows)
    service = Service.objects.get(source_id="dora--2")
    assert (service.languages, service.organisation) == (["fr"], runs)
    # Said once and no more, it is known to be the list's still.
    brought(city)
    rows[1]["langues"] = ["en"]
    assert not brought(city, rows=rows).kept
    service.refresh_from_db()
    assert service.languages == ["en"]


def test_a_list_waits_for_whoever_changes_the_service(
    city: City, administrator: User, meanwhile: Any
) -> None:
    brought(city)
    service = Service.objects.get(source_id="dora--1")
    rows = listed("services")[:1]
    rows[0]["telephone"] = "+33353018055"
    with transaction.atomic():
        services.change(service_id=service.pk, fields={"phone": "+33353018099"}, by=administrator, now=NOW)
        taken = meanwhile(partial(brought, city, rows=rows))
    assert taken().kept == [(service.name, ("phone",))]
    service.refresh_from_db()
    assert service.phone.as_e164 == "+33353018099"


def test_a_list_holds_up_nothing_else_of_its_town(city: City, at_once: Any) -> None:
    def lock() -> City:
        with transaction.atomic():
            return City.objects.select_for_update(no_key=True, nowait=True).get(pk=city.pk)

    with transaction.atomic():
        brought(city)
        assert at_once(lock) == [city]


def test_what_the_town_took_out_stays_out(city: City, administrator: User) -> None:
    brought(city)
    service = Service.objects.get(source_id="dora--1")
    services.close(service_id=service.pk, by=administrator, now=NOW)
    rows = listed("services")
    rows[0]["nom"] = "Autrement"
    brought(city, rows=rows)
    service.refresh_from_db()
    assert service.closed_at == NOW


def test_what_is_no_longer_listed_is_told_and_stays(city: City) -> None:
    brought(city)
    assert brought(city, rows=listed("services")[:1]).gone == [
        "Atelier de conversation",
        "Piège",
        "Rebond des salariés",
    ]
    assert Service.objects.filter(closed_at=None).count() == 4


def test_what_is_listed_and_not_taken_is_not_gone(city: City) -> None:
    brought(city)
    rows = listed("services")
    rows[0]["nom"] = ""
    tally = brought(city, rows=rows, publics=["personnes-exilees"])
    assert (len(tally.bad), tally.for_others, tally.gone) == (2, 1, [])


def test_a_row_without_a_source_says_nothing_of_what_the_town_entered(city: City, entered: Any) -> None:
    entered()
    assert brought(city, rows=[{**listed("services")[0], "source": ""}]).gone == []


def test_only_for_some_publics(city: City) -> None:
    tally = brought(city, publics=["personnes-exilees"])
    assert tally.for_others == 1
    assert not Service.objects.filter(source_id="dora--3").exists()


def test_two_towns_take_the_same_list_each_for_itself(city: City) -> None:
    brought(city)
    assert fates(brought(CityFactory(slug="autre"))) == {"new": 4}
    assert Service.objects.filter(source_id="dora--1").count() == 2


def test_nobody_else_takes_a_list(city: City) -> None:
    with pytest.raises(PermissionDenied):
        brought(city, by=UserFactory())


def test_what_goes_out_keeps_to_the_schema_and_comes_in(
    client: Client, city: City, entered: Any, organisation: Any
) -> None:
    entered(
        run_by="Centre social.", name="Repas etc.", languages=["ar", "prs"], phone="+33353018000", fees="gratuit",
        slots=["mon 18:30-20:30", "tue 18:30-20:30"], email="repas@exemple.fr", site="https://exemple.fr/",
        address="5 quai des Essais",
    )  # fmt: skip
    entered(organisation=organisation, run_by="")
    brought(city)
    sent = {name: client.get(f"{PUBLIC}{name}.json") for name in SCHEMAS}
    for name, page in sent.items():
        assert page["Access-Control-Allow-Origin"] == "*"
        assert keeps_to(name, page.json()) == []
    found = sent["services"].json()
    assert {one["structure_id"] for one in found} == {one["id"] for one in sent["structures"].json()}
    assert len({one["id"] for one in found}) == 6
    own = next(one for one in found if one["nom"] == "Repas etc.")
    assert (own["source"], own["horaires_accueil"], own["langues"]) == (
        "accorde-strasbourg", "Mo-Tu 18:30-20:30", ["ar", "prs"],
    )  # fmt: skip
    # Here they are known, elsewhere they come in as they are.
    structures = data_inclusion.structures_by_id(sent["structures"].json())
    tally = bring_in(city=city, rows=found, structures=structures, publics=(), by=None, now=NOW)
    assert (tally.own, fates(tally)) == (2, {"known": 4})
    other = CityFactory(slug="autre")
    bring_in(city=other, rows=found, structures=structures, publics=(), by=None, now=NOW)
    there = Service.objects.get(city=other, name="Repas etc.")
    assert (there.slots, there.languages, there.keeper, there.phone.as_e164) == (
        ["mon 18:30-20:30", "tue 18:30-20:30"], ["ar", "prs"], "Centre social", "+33353018000",
    )  # fmt: skip


def test_what_is_not_shown_does_not_go_out(client: Client, entered: Any, administrator: User) -> None:
    service = entered()
    services.close(service_id=service.pk, by=administrator, now=NOW)
    assert client.get(f"{PUBLIC}services.json").json() == []


def as_csv(rows: list[Any]) -> bytes:
    out = io.StringIO()
    names = sorted({name for row in rows for name in row})
    writer = csv.DictWriter(out, names)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {name: json.dumps(one) if isinstance(one, list) else one for name, one in row.items()}
        )
    return out.getvalue().encode("utf-8-sig")


def test_csv_says_the_same_as_json(city: City) -> None:
    assert fates(brought(city)) == {"new": 4}
    again = brought(city, rows=data_inclusion.rows(as_csv(listed("services"))))
    assert (fates(again), again.kept) == ({"known": 4}, [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"{}",
        b'{"items": 3}',
        b"[1, 2]",
        b"\xff\xfe\x00",
        b"a;b\n1;2\n",
        b"[" * 200_000,
        b"\x89PNG\r\n",
        b'"x"',
        b"a" * 200_000,
    ],
)
def test_a_file_of_something_else_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(NotOfTheSchema, match=r"Ce fichier"):
        data_inclusion.rows(content)


@pytest.mark.parametrize(
    "broken",
    [
        {"id": ""}, {"id": "x" * 201}, {"source": ["dora"]}, {"nom": "ab"}, {"nom": None}, {"description": 5},
        {"date_maj": "hier"}, {"date_maj": None}, {"thematiques": "rien"}, {"thematiques": {"a": 1}},
        {"thematiques": '["' + "a" * 20}, {"source": "x" * 81}, {"id": "a\nb c"},
    ],
)  # fmt: skip
def test_a_bad_row_is_told_and_the_others_are_taken(city: City, broken: Any) -> None:
    rows = listed("services")[:2]
    rows[0] |= broken
    tally = brought(city, rows=rows)
    assert (fates(tally), len(tally.bad)) == ({"new": 1}, 1)


def test_long_texts_are_cut_and_signs_of_control_go(city: City) -> None:
    rows = listed("services")[:1]
    rows[0] |= {"nom": "N" * 400, "description": "d" * 9000 + "\x00", "adresse": "\u202e1 rue\x00 du Test"}
    assert fates(brought(city, rows=rows)) == {"new": 1}
    service = Service.objects.get()
    assert (len(service.name), len(service.about), service.address) == (150, 2000, "1 rue du Test")


def test_a_date_of_tomorrow_is_no_check_of_tomorrow(city: City) -> None:
    rows = listed("services")[:1]
    rows[0]["date_maj"] = "2031-01-01"
    brought(city, rows=rows)
    assert Service.objects.get().checked_at == NOW


def test_the_command_says_what_it_does(city: City, tmp_path: Path) -> None:
    out = StringIO()
    told = ["--city", "strasbourg", "--structures", str(SAMPLES / "structures.json")]
    call_command("import_services", str(SAMPLES / "services.json"), *told, "--dry-run", stdout=out)
    assert "rien n’est écrit" in out.getvalue()
    assert not Service.objects.exists()
    out = StringIO()
    call_command("import_services", str(SAMPLES / "services.json"), *told, stdout=out)
    assert "4  nouveaux" in out.getvalue()
    assert "dora--5" in out.getvalue()
    assert Service.objects.count() == 4
    bad = tmp_path / "bad.json"
    bad.write_text("[")
    for wrong in ([str(bad), "--city", "strasbourg"], [str(tmp_path / "none"), "--city", "strasbourg"]):
        with pytest.raises(CommandError):
            call_command("import_services", *wrong)
    with pytest.raises(CommandError, match="inconnue"):
        call_command("import_services", str(bad), "--city", "nulle-part")
    with pytest.raises(CommandError, match="ni à la coordination"):
        call_command("import_services", str(bad), "--city", "strasbourg", "--by", "personne@exemple.fr")


def test_two_who_take_the_same_list_at_once_take_it_once(at_once: Any, city: City) -> None:
    rows = listed("services")[:1]
    tallies = at_once(*[partial(brought, city, rows=rows)] * 2)
    assert sorted(str(fates(one)) for one in tallies) == ["{'known': 1}", "{'new': 1}"]
    assert Service.objects.count() == 1
