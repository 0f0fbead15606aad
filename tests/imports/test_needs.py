"""An association's needs from a file."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organisation, Role
from cities.models import City
from needs.columns import COLUMNS, CONSTRAINT_COLUMNS
from needs.models import Need
from notifications.models import Message
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory
from tests.imports.conftest import NEED, YEAR, Said

pytestmark = pytest.mark.django_db

Import = Callable[..., Said]
Write = Callable[..., Path]


def test_a_family_with_everything(
    import_needs: Import, write_csv: Write, organisation: Organisation, wake_ups: Callable[[], list[Any]]
) -> None:
    said = import_needs(
        write_csv(
            [
                {
                    **NEED,
                    "title": "Un couple et deux enfants",
                    "text": "Près d’une école.",
                    "case_reference": "D-12",
                    "reach_km": "12,5",
                    "languages": "ti|français",
                    "min_days": "30",
                    "adult_men": "1",
                    "couple": "oui",
                    "children_3_to_11": "2",
                    "children": "2",
                    "people": "4",
                    "step_free_needed": "yes",
                    "pets": "non",
                    "shared_home_ok": "no",
                    "forms": "whole_dwelling|Logement vide",
                    "social_worker": "Équipe du matin",
                    "urgency": "ce soir",
                }
            ]
        )
    )
    assert (said.status, said.err) == (0, "")
    need = Need.objects.get()
    assert (need.organisation, need.entered_by) == (organisation, organisation.memberships.get().user)
    assert (need.source, need.state, need.external_key) == ("import", "open", f"import/{organisation.pk}:1")
    assert (need.quantity, need.people, need.adult_women, need.adult_men, need.children) == (4, 4, 1, 1, 2)
    assert (need.first_day, need.last_day, need.min_days) == (date(YEAR, 3, 1), date(YEAR, 5, 31), 30)
    assert (need.couple, need.step_free_needed, need.pets, need.shared_home_ok) == (True, True, False, False)
    assert (need.forms, need.languages, need.reach_km) == (
        ["whole_dwelling", "empty_dwelling"],
        ["ti", "fr"],
        12.5,
    )
    assert (need.urgency, need.category, need.case_reference) == ("tonight", "", "D-12")
    assert not Message.objects.exists()


def test_goods_skills_and_defaults(import_needs: Import, write_xlsx: Write) -> None:
    common = {key: NEED[key] for key in ("kind", "commune")}
    days = {"first_day": date(YEAR, 3, 1), "last_day": date(YEAR, 3, 9)}
    said = import_needs(
        write_xlsx(
            [
                {"id": 1, **common, **days, "adult_women": 1, "children": 1, "quantity": None, "category": None},
                {"id": 2, **common, **days, "kind": "goods", "category": "bedding", "quantity": 300, "adult_women": 5},
                {"id": 3, **common, **days, "kind": "skill", "category": "translation", "quantity": 2.0,
                 "languages_from": "ti", "slots": "mon 18:00-20:00", "remote_ok": True, "people": 3},
                {"id": 4, **common, **days, "adult_men": 1, "category": "shared_room"},
                {"id": 6, **common, **days, "kind": "skill", "category": "transport", "quantity": 3,
                 "rythme": "une fois"},
                {"id": 5, **common, **days, "lone_minor": True, "children": 1,
                 "social_worker": "Léa, Toits ouverts"},
            ]
        )
    )  # fmt: skip
    assert said.err == ""
    assert "1 ligne compte des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.\n" in said.out
    family, goods, skill, room, move, minor = Need.objects.order_by("pk")
    assert (family.title, family.people, family.children_3_to_11, family.forms) == ("Logement", 2, 1, [])
    assert (family.urgency, family.shared_home_ok, family.min_days) == ("planned", True, None)
    assert (goods.title, goods.quantity, goods.people, goods.part_useful) == ("Literie", 300, 1, False)
    assert goods.adult_women == 0
    assert (skill.quantity, skill.people, skill.languages_from, skill.remote_ok) == (2, 3, ["ti"], True)
    assert (skill.rhythm, move.rhythm, goods.rhythm, family.rhythm) == ("weekly", "once", "", "")
    assert (room.forms, room.category) == (["shared_room"], "")
    assert (minor.lone_minor, minor.children_12_to_17) == (True, 1)


yesterday = timezone.localdate() - timedelta(days=1)
# A weekday that the second of March is not.
OTHER_DAY = "mon" if date(YEAR, 3, 2).weekday() else "tue"
GOODS = {"kind": "goods", "category": "bedding", "quantity": "3", "adult_women": ""}


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"first_day": ""}, "first_day", "cette cellule est vide."),
        ({"last_day": f"{YEAR}-02-28"}, "last_day", "La fin doit venir après le début."),
        ({"first_day": f"{yesterday}", "last_day": f"{yesterday}"}, "last_day", "Ce jour est passé."),
        ({"first_day": f"31/02/{YEAR}"}, "first_day", "n’existe pas"),
        ({"min_days": "400"}, "min_days", "La durée minimale doit tenir"),
        ({"min_days": "0"}, "min_days", "un nombre entier de 1"),
        ({"adult_women": ""}, "adult_women", "dites combien de personnes cherchent un logement."),
        ({"adult_women": "51"}, "adult_women", "un nombre entier de 0 à 50"),
        ({"adult_women": "50", "adult_men": "1"}, "adult_women", "50 personnes au plus"),
        ({"people": "3"}, "people", "le foyer compte 1 personnes, cette cellule dit 3."),
        ({"quantity": "3"}, "quantity", "le foyer compte 1 personnes, cette cellule dit 3."),
        ({"children": "2", "children_under_3": "1"}, "children", "2 enfants ici, et 1 par tranches d’âge."),
        ({"couple": "oui"}, "couple", "Un couple compte deux adultes."),
        ({"lone_minor": "oui"}, "lone_minor", "n’est pas accompagné d’un adulte"),
        ({"forms": "bedding"}, "forms", "n’est pas une forme de logement"),
        ({"category": "bedding"}, "category", "n’est pas une forme de logement"),
        ({"category": "shared_room", "forms": "whole_dwelling"}, "category", "n’est pas parmi celles"),
        ({**GOODS, "category": ""}, "category", "une catégorie de la nature «\u00a0goods\u00a0» est attendue"),
        ({**GOODS, "category": "meals"}, "category", "une catégorie de la nature «\u00a0goods\u00a0» est attendue"),
        ({**GOODS, "quantity": ""}, "quantity", "cette cellule est vide."),
        ({**GOODS, "kind": "skill", "category": "meals", "quantity": "81"}, "quantity", "un nombre entier de 1 à 80"),
        ({**GOODS, "kind": "skill", "category": "interpreting"}, "languages_from", "quelle langue"),
        ({**GOODS, "kind": "skill", "category": "meals", "rhythm": "monthly"}, "rhythm", "weekly, once."),
        (
            {**GOODS, "kind": "skill", "category": "meals", "rhythm": "once", "first_day": f"{YEAR}-03-02",
             "last_day": f"{YEAR}-03-02", "slots": f"{OTHER_DAY} 14:00-15:30"},
            "slots",
            "Choisissez un moment de ce jour-là",
        ),
        ({"urgency": "hier"}, "urgency", "n’est pas dans la liste\u202f: tonight, this_week, planned."),
        ({"commune": "99999"}, "commune", "aucune commune"),
        ({"lat": "7.75", "lon": "48.58"}, "lat", "km de Strasbourg. La latitude et la longitude sont-elles inversées"),
        ({"city": "lyon"}, "city", "le nom et le code ne vont pas ensemble"),
        ({"case_reference": "x" * 41}, "case_reference", "trop long (40 au plus)"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_others_go_on(
    import_needs: Import, write_csv: Write, change: dict[str, str], column: str, message: str
) -> None:
    first = {**NEED, "id": "a", **{key: NEED.get(key, "") for key in change if key != "id"}}
    columns = dict.fromkeys(["quantity", "lone_minor", "languages_from", "rhythm", "slots"], "")
    said = import_needs(write_csv([{**columns, **first}, {**NEED, **change}, {**NEED, "id": "c"}]))
    assert said.status == 1
    (line,) = said.bad
    assert line.startswith(f"ligne 3, colonne «\u00a0{column}\u00a0»\u202f: "), line
    assert message in line
    assert said.out.startswith("2 lignes importées, 1 refusée.\n")
    assert Need.objects.count() == 2


def test_run_again_imports_only_what_is_new(import_needs: Import, write_csv: Write) -> None:
    rows = [{**NEED, "id": str(number)} for number in range(3)]
    import_needs(write_csv(rows), dry_run=True)
    assert not Need.objects.exists()
    assert import_needs(write_csv(rows)).out.startswith("3 lignes importées.\n")
    said = import_needs(write_csv([*rows, {**NEED, "id": "new"}]))
    assert said.out.startswith("1 ligne importée, 3 déjà importées.\n")
    assert Need.objects.count() == 4


@pytest.mark.parametrize("name", ["W671234567", "w67 123 45 67", "Les Passerelles", " les passerelles "])
def test_the_association_by_number_or_name(import_needs: Import, write_csv: Write, name: str) -> None:
    assert import_needs(write_csv([NEED]), organisation=name).status == 0


def test_two_associations_number_from_one(import_needs: Import, write_csv: Write, city: City) -> None:
    other = OrganisationFactory(city=city, name="Les Ponts")
    MembershipFactory(organisation=other)
    path = write_csv([NEED])
    import_needs(path)
    said = import_needs(path, organisation=other.rna)
    assert said.status == 0
    assert said.out.startswith(
        "Les Ponts n’est pas encore vérifiée\u202f: ses besoins attendront qu’elle le soit.\n"
    )
    assert Need.objects.count() == 2
    assert Need.objects.open().count() == 1


def test_associations_that_cannot_be_meant(
    import_needs: Import, write_csv: Write, city: City, organisation: Organisation
) -> None:
    path = write_csv([NEED])
    OrganisationFactory(name="Ailleurs")
    OrganisationFactory(city=city, name="Suspendue", suspended=True)
    OrganisationFactory(city=city, name="Sans personne", verified=True)
    twin = OrganisationFactory(city=city, name=organisation.name)
    for name, message in (
        ("Ailleurs", "Aucune association de Strasbourg n’a ce numéro ou ce nom"),
        (" ", "Aucune association"),
        ("Suspendue", "est suspendue"),
        ("Sans personne", "n’a aucun membre. Dites qui saisit avec --by"),
        (organisation.name, f"Donnez le numéro de la bonne\u202f: W671234567, {twin.rna}."),
    ):
        said = import_needs(path, organisation=name)
        assert said.status == 1
        assert message in said.err
    assert not Need.objects.exists()
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    assert "n’est ni à la coordination" in import_needs(path, by="personne@exemple.fr").err
    assert import_needs(path, organisation="Sans personne", by=operator.email).status == 0
    assert Need.objects.get().entered_by == operator


def test_every_constraint_is_blamed_on_a_column() -> None:
    names = {constraint.name for constraint in Need._meta.constraints}
    # The command names the poster.
    assert names - set(CONSTRAINT_COLUMNS) == {"need_has_a_poster"}
    assert set(CONSTRAINT_COLUMNS) <= names
    assert set(CONSTRAINT_COLUMNS.values()) <= {column.name for column in COLUMNS}
