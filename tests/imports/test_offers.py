"""Offers from a file: kept, refused by line and column, never twice."""

import csv
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from accounts.models import Role, User
from catalogue.imports.taking import LOT
from catalogue.spreadsheets import read_table
from cities.models import City
from notifications.models import Message
from offers.columns import COLUMNS, CONSTRAINT_COLUMNS
from offers.imports import import_offers as take_offers_in
from offers.models import Offer, OfferState
from tests.conftest import ROOT, database_url
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.imports.conftest import OFFER, YEAR, Said

pytestmark = pytest.mark.django_db

Import = Callable[..., Said]
Write = Callable[..., Path]


def test_a_room_with_everything(import_offers: Import, write_csv: Write, city: City) -> None:
    path = write_csv(
        [
            {
                **OFFER,
                "city": "Strasbourg",
                "lat": "48,58",
                "lon": "7,75",
                "reach_km": "2,5",
                "languages": "fr|ti",
                "confirmed_on": "2026-01-05",
                "title": "Chambre au calme",
                "text": "Au dernier étage.",
                "address": "12 rue des Invités",
                "share_with_linked": "oui",
                "shared_home": "yes",
                "accepts": "women|familles",
                "step_free": "no",
                "pets_accepted": "oui",
                "longest_stay_days": "90",
                "notice_days": "2",
                "nearest_stop": "Homme de Fer",
            }
        ]
    )
    said = import_offers(path)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("1 ligne importée.\n")
    offer = Offer.objects.select_related("owner").prefetch_related("windows").get()
    assert (offer.state, offer.source, offer.external_key) == (OfferState.ACTIVE, "import", "import:1")
    assert (offer.latitude, offer.longitude, offer.reach_km) == (48.58, 7.75, 0)  # a home does not travel
    assert (offer.languages, offer.accepts, offer.shared_home, offer.step_free, offer.pets_accepted) == (
        ["fr", "ti"], ["women", "families"], True, False, True,
    )  # fmt: skip
    assert [(window.first_day, window.last_day) for window in offer.windows.all()] == [
        (date(YEAR, 3, 1), date(YEAR, 5, 31)),
        (date(YEAR, 7, 1), None),
    ]
    # Midnight in Strasbourg.
    assert offer.confirmed_at == datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert (offer.owner.email, offer.owner.name, offer.entered_by) == ("ana@exemple.fr", "Ana", None)
    assert not Message.objects.exists()


def test_empty_cells_are_the_defaults(import_offers: Import, write_csv: Write) -> None:
    before = timezone.now()
    assert import_offers(write_csv([OFFER])).status == 0
    offer = Offer.objects.select_related("commune").get()
    assert offer.title == "Chambre chez l’habitant"
    assert (offer.latitude, offer.longitude) == (offer.commune.latitude, offer.commune.longitude)
    assert (offer.reach_km, offer.languages, offer.accepts, offer.share_with_linked) == (0, [], [], False)
    assert offer.confirmed_at is not None
    assert before <= offer.confirmed_at <= timezone.now()


def test_goods_and_skills_read_their_own_columns(import_offers: Import, write_csv: Write) -> None:
    said = import_offers(
        write_csv(
            [
                {**OFFER, "kind": "goods", "category": "bedding", "capacity": "300", "condition": "bon état",
                 "hand_over": "delivered", "best_before": "", "slots": "mon 18:00-20:00", "shared_home": "yes"},
                {**OFFER, "id": "2", "kind": "skill", "category": "interpreting", "languages_from": "ti",
                 "languages_to": "fr", "slots": "lundi 18h-20h|sat 09:00-12:00", "remote": "x"},
            ]
        )
    )  # fmt: skip
    assert said.err == ""
    goods, skill = Offer.objects.order_by("pk")
    assert (goods.capacity, goods.condition, goods.hand_over, goods.slots, goods.shared_home) == (
        300, "good", "delivered", [], False,
    )  # fmt: skip
    assert (skill.languages_from, skill.languages_to, skill.remote) == (["ti"], ["fr"], True)
    assert skill.slots == ["mon 18:00-20:00", "sat 09:00-12:00"]
    # One person, two offers.
    assert goods.owner_id == skill.owner_id


def test_a_french_workbook(import_offers: Import, write_xlsx: Write) -> None:
    path = write_xlsx(
        [
            {
                "Numéro": 7.0,
                "Nature": "Logement",
                "Catégorie": "Logement entier",
                "Code INSEE": 67482,
                "Disponibilités": f"01/03/{YEAR}..",
                "Capacité": 4,
                "Confirmée le": datetime(2026, 1, 5),  # noqa: DTZ001
                "Téléphone": 612345678,
                "Animaux": True,
                "Plain-pied": "non",
                "Couleur": "bleu",
            }
        ]
    )
    said = import_offers(path)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("Colonnes inconnues, non lues\u202f: Couleur.\n")
    offer = Offer.objects.select_related("owner").get()
    assert (offer.external_key, offer.category, offer.capacity) == ("import:7", "whole_dwelling", 4)
    assert (offer.pets_accepted, offer.step_free) == (True, False)
    # Excel had taken the zero.
    assert (offer.owner.email, str(offer.owner.phone)) == (None, "+33612345678")


def test_a_file_in_latin_1_with_semicolons(import_offers: Import, write_csv: Write) -> None:
    rows = [{**OFFER, "title": "Chambre à l’étage", "text": "Près de la « Cité »"}]
    said = import_offers(write_csv(rows, delimiter=";", encoding="cp1252"))
    assert said.status == 0
    assert "Le fichier n’est pas en UTF-8\u202f: il a été lu en Windows-1252.\n" in said.out
    assert Offer.objects.get().title == "Chambre à l’étage"


today = timezone.localdate()


@pytest.mark.parametrize(
    ("change", "column", "message"),
    [
        ({"id": "x" * 51}, "id", "51 caractères, c’est trop long (50 au plus)."),
        ({"kind": "château"}, "kind", "n’est pas dans la liste"),
        ({"category": "bedding"}, "category", "cette catégorie n’est pas de la nature «\u00a0housing\u00a0»"),
        ({"city": "grenoble"}, "city", "le nom et le code ne vont pas ensemble"),
        ({"commune": "67999"}, "commune", "aucune commune n’a le code INSEE ni le code postal «\u00a067999\u00a0»."),
        ({"commune": "69003"}, "commune", "peut être plusieurs communes"),
        ({"commune": "Xyzzy"}, "commune", "aucune commune"),
        ({"lat": "48.5"}, "lon", "lat et lon vont ensemble"),
        ({"lat": "148.5", "lon": "7"}, "lat", "un nombre de -90 à 90"),
        ({"lat": "7,75", "lon": "48,58"}, "lat", "km de Strasbourg. La latitude et la longitude sont-elles inversées"),
        ({"lat": "48.58", "lon": "-7.75"}, "lat", "ce point est à 1139 km de Strasbourg."),
        ({"reach_km": "501"}, "reach_km", "un nombre de 0 à 500"),
        ({"reach_km": "-1"}, "reach_km", "un nombre de 0 à 500"),
        ({"languages": "fr|klingon du nord"}, "languages", "Nous ne connaissons pas la langue"),
        ({"available": ""}, "available", "cette cellule est vide."),
        ({"available": f"{YEAR}-03-01"}, "available", "ce jour seulement, ou à partir de ce jour"),
        ({"available": f"{YEAR}-03-02..{YEAR}-03-01"}, "available", "la fin doit venir après le début"),
        ({"available": f"{YEAR}-03-01..|{YEAR}-05-01.."}, "available", "deux périodes se chevauchent"),
        ({"available": "2020-03-01..2020-05-01"}, "available", "Ce jour est passé."),
        ({"capacity": "0"}, "capacity", "un nombre entier de 1 à"),
        ({"capacity": "51"}, "capacity", "un nombre entier de 1 à 50"),
        ({"capacity": "plusieurs"}, "capacity", "combien au juste"),
        ({"kind": "skill", "category": "meals", "capacity": "81"}, "capacity", "un nombre entier de 1 à 80"),
        ({"kind": "skill", "category": "interpreting"}, "languages_from", "depuis quelles langues"),
        ({"kind": "skill", "category": "meals", "slots": "lundi"}, "slots", "quels jours, de quelle heure"),
        ({"kind": "goods", "category": "food", "best_before": "2020-01-01"}, "best_before", "Ce jour est passé."),
        (
            {"kind": "goods", "category": "food", "best_before": f"{YEAR}-02-28", "available": f"{YEAR}-03-01.."},
            "best_before", "avant le premier jour",
        ),
        ({"confirmed_on": f"{today + timedelta(days=2)}"}, "confirmed_on", "ce jour n’est pas encore venu."),
        ({"confirmed_on": "67482"}, "confirmed_on", "n’est pas un jour"),
        ({"accepts": "women|chats"}, "accepts", "«\u00a0chats\u00a0»\u202f: qui est accueilli"),
        ({"shared_home": "parfois"}, "shared_home", "oui ou non est attendu"),
        ({"contact_email": ""}, "contact_email", "donnez un e-mail ou un téléphone"),
        ({"contact_email": "ana chez exemple"}, "contact_email", "cette adresse e-mail n’est pas valable."),
        ({"contact_phone": "06 12"}, "contact_phone", "ce numéro de téléphone n’est pas complet."),
        ({"title": "x" * 121}, "title", "trop long (120 au plus)"),
        ({"asked_last_30_days": "-1"}, "asked_last_30_days", "un nombre entier de 0"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_others_go_on(
    import_offers: Import, write_csv: Write, change: dict[str, str], column: str, message: str
) -> None:
    first = {
        **OFFER,
        "id": "a",
        **dict.fromkeys(change, ""),
        **{key: OFFER[key] for key in change if key in OFFER},
    }
    path = write_csv([{**first, "id": "a"}, {**OFFER, **change}, {**OFFER, "id": "c"}])
    said = import_offers(path)
    assert said.status == 1
    (line,) = said.bad
    assert line.startswith(f"ligne 3, colonne «\u00a0{column}\u00a0»\u202f: ")
    assert message in line
    assert said.out.startswith("2 lignes importées, 1 refusée.\n")
    assert sorted(Offer.objects.values_list("external_key", flat=True)) == ["import:a", "import:c"]
    # Of a refused row nothing stays, the person neither.
    assert User.objects.count() == 1


def test_an_identifier_given_twice_is_refused_the_second_time(
    import_offers: Import, write_csv: Write
) -> None:
    said = import_offers(write_csv([OFFER, {**OFFER, "title": "Une autre"}]))
    assert said.bad == [
        "ligne 3, colonne «\u00a0id\u00a0»\u202f: cet identifiant est déjà celui de la ligne 2."
    ]
    assert Offer.objects.get().title == "Chambre chez l’habitant"


def test_every_bad_cell_of_a_row_and_the_report(
    import_offers: Import, write_csv: Write, tmp_path: Path
) -> None:
    path = write_csv([OFFER, {**OFFER, "id": "2", "capacity": "=1+1", "lat": "nord", "title": "@" * 121}])
    said = import_offers(path, report=str(tmp_path / "bad.csv"))
    assert said.status == 1
    assert len(said.bad) == 3
    report = tmp_path / "bad.csv"
    assert report.stat().st_mode & 0o777 == 0o600
    with report.open(encoding="utf-8-sig", newline="") as lines:
        header, *rows = csv.reader(lines, delimiter=";")
    assert header == ["ligne", "colonne", "lettre", "valeur", "message"]
    assert [(row[0], row[1], row[2], row[3][:4]) for row in rows] == [
        ("3", "capacity", "F", "'=1+"),
        ("3", "title", "K", "'@@@"),
        ("3", "lat", "J", "nord"),
    ]


def test_run_again_imports_only_what_is_new(import_offers: Import, write_csv: Write) -> None:
    rows = [{**OFFER, "id": str(number)} for number in range(3)]
    assert import_offers(write_csv(rows)).out.startswith("3 lignes importées")
    mine = Offer.objects.get(external_key="import:0")
    said = import_offers(write_csv([*rows, {**OFFER, "id": "new"}]))
    assert said.status == 0
    assert said.out.startswith("1 ligne importée, 3 déjà importées.\n")
    assert Offer.objects.count() == 4
    assert Offer.objects.get(external_key="import:0").changed_at == mine.changed_at


def test_two_lists_that_number_from_one(import_offers: Import, write_csv: Write) -> None:
    import_offers(write_csv([OFFER]))
    other = write_csv([{**OFFER, "contact_email": "bea@exemple.fr"}])
    said = import_offers(other)
    assert said.out.startswith("1 ligne porte un identifiant déjà importé, mais un autre e-mail.")
    assert Offer.objects.count() == 1
    assert import_offers(other, list="paroisse").out.startswith("1 ligne importée")
    assert import_offers(other, list="paroisse").out.startswith("aucune ligne importée, 1 déjà importée.")
    assert Offer.objects.count() == 2
    assert "au plus 20 lettres" in import_offers(other, list="a/b").err


def test_a_dry_run_says_the_same_and_keeps_nothing(import_offers: Import, write_csv: Write) -> None:
    rows = [OFFER, {**OFFER, "id": "2"}, {**OFFER, "id": "3", "capacity": "0"}]
    said = import_offers(write_csv(rows), dry_run=True)
    assert said.status == 1
    assert said.out.startswith("Essai à blanc, rien n’a été gardé\u202f: 2 lignes importées, 1 refusée.\n")
    assert len(said.bad) == 1
    assert not Offer.objects.exists()
    assert not User.objects.exists()


def test_people_are_known_by_their_address_first(import_offers: Import, write_csv: Write) -> None:
    known = UserFactory(email="ana@exemple.fr", name="Ana Ancien", phone="+33353010001")
    rows = [
        {**OFFER, "id": "1", "contact_email": "ANA@exemple.fr"},
        {**OFFER, "id": "2", "contact_email": "", "contact_phone": "03 53 01 00 01"},
        # They share a telephone, and are two.
        {**OFFER, "id": "3", "contact_email": "bea@exemple.fr", "contact_phone": "03 53 01 00 01"},
    ]
    assert import_offers(write_csv(rows)).status == 0
    first, second, third = Offer.objects.select_related("owner").order_by("pk")
    assert first.owner == known
    # A number that stands in a list gives nobody's account away.
    assert (second.owner.email, second.owner.proven_phone) == (None, None)
    assert second.owner.phone == known.phone
    assert (third.owner.email, third.owner.proven_phone) == ("bea@exemple.fr", None)
    known.refresh_from_db()
    assert known.name == "Ana Ancien"


def test_who_enters_the_rows_is_of_the_desk(import_offers: Import, write_csv: Write, city: City) -> None:
    path = write_csv([OFFER])
    stranger = UserFactory()
    said = import_offers(path, by=stranger.email)
    assert said.status == 1
    assert "n’est ni à la coordination ni à l’accueil téléphonique de Strasbourg" in said.err
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    assert import_offers(path, by=operator.email).status == 0
    assert Offer.objects.get().entered_by == operator


def test_places_outside_the_territory_are_worth_a_look(import_offers: Import, write_csv: Write) -> None:
    said = import_offers(write_csv([OFFER, {**OFFER, "id": "2", "commune": "38185"}]))
    assert said.status == 0
    assert "1 ligne est dans une commune hors du territoire de Strasbourg.\n" in said.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Ce fichier est vide."),
        (b"id,kind,category,commune,available,capacity\n", "Ce fichier n’a que son en-tête"),
        (
            b"id;kind\n1;housing\n",
            "Il manque des colonnes\u202f: capacity (capacité), commune (code INSEE), available",
        ),
        (b"\x00\x01\x02", "n’est pas un tableau"),
        (b"PK\x03\x04\x00", "n’est pas un classeur lisible"),
    ],
)
def test_a_file_that_cannot_be_read(
    import_offers: Import, tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "file.xlsx"
    path.write_bytes(content)
    said = import_offers(path)
    assert said.status == 1
    assert message in said.err


def test_other_refusals_in_words(import_offers: Import, write_csv: Write, tmp_path: Path) -> None:
    path = write_csv([OFFER])
    for options, message in (
        (
            {"city": "atlantis"},
            "Aucune ville n’a le code «\u00a0atlantis\u00a0». Villes connues\u202f: strasbourg.",
        ),
        ({"report": str(tmp_path)}, "ne peut pas être écrit"),
    ):
        said = import_offers(path, **options)
        assert said.status == 1
        assert message in said.err
    assert "est un dossier" in import_offers(tmp_path).err
    assert not Offer.objects.exists()


def test_a_workbook_with_formulas(import_offers: Import, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(list(OFFER))
    book.active.append([*OFFER.values()])
    book.active.append([*OFFER.values()])
    book.active["A3"] = "=A2+1"
    book.save(tmp_path / "a.xlsx")
    said = import_offers(tmp_path / "a.xlsx")
    assert said.bad == [
        "ligne 3, colonne «\u00a0id\u00a0»\u202f: cette cellule contient une formule. Collez sa valeur à la place."
    ]
    assert Offer.objects.count() == 1


def test_messages_in_the_language_asked_for(import_offers: Import, write_csv: Write) -> None:
    assert import_offers(write_csv([{**OFFER, "capacity": "0"}]), language="en").status == 1
    assert import_offers(write_csv([OFFER]), language="ar").status == 0


def test_every_constraint_is_blamed_on_a_column() -> None:
    names = {constraint.name for constraint in Offer._meta.constraints}
    # A row has no say in these.
    assert names - set(CONSTRAINT_COLUMNS) == {
        "offer_vetted_at_by",
        "offer_active_is_confirmed",
        "offer_merged_is_closed",
        "offer_paused_until_with_state",
    }
    assert set(CONSTRAINT_COLUMNS) <= names
    assert set(CONSTRAINT_COLUMNS.values()) <= {column.name for column in COLUMNS}


def test_the_database_has_the_last_word(
    write_csv: Write, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only the database refuses is a bad row too, and the rows around it stay."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("alter table offers_offer add constraint no_cellar check (title <> 'Cave')")
    path = write_csv([OFFER, {**OFFER, "id": "2", "title": "Cave"}, {**OFFER, "id": "3"}])
    now = timezone.now()
    outcomes = list(take_offers_in(table=read_table(path), city=city, by=None, now=now))
    assert [outcome.what for outcome in outcomes] == ["new", "bad", "new"]
    assert str(outcomes[1].bad[0]) == "ligne 3\u202f: la base de données a refusé cette ligne."
    assert Offer.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_once_for_each_lot(
    import_offers: Import,
    write_csv: Write,
    wake_ups: Callable[[], list[Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("catalogue.imports.taking.LOT", 2)
    path = write_csv([{**OFFER, "id": str(number)} for number in range(5)])
    import_offers(path, dry_run=True)
    assert wake_ups() == []
    import_offers(path)
    assert [task for task, _arguments in wake_ups()] == ["matching.tasks.scan_due"] * 3
    assert Offer.objects.due_for_scan().count() == 5
    import_offers(path)
    assert len(wake_ups()) == 3


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_run_again_it_is_complete(
    city: City, write_csv: Write, import_offers: Import, eventually: Callable[..., Any]
) -> None:
    rows = 3 * LOT
    path = write_csv(
        [{**OFFER, "id": str(number), "contact_email": f"p{number}@exemple.fr"} for number in range(rows)]
    )
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_offers", str(path), "--city", "strasbourg"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: Offer.objects.count() >= 20, seconds=60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = Offer.objects.count()
    assert 20 <= kept < rows
    said = import_offers(path)
    assert said.status == 0
    assert Offer.objects.count() == User.objects.count() == rows
    assert Offer.objects.filter(windows__isnull=False).distinct().count() == rows
    # The server may have finished one more lot than was counted.
    assert int(said.out.split(" ")[0]) in {rows - kept, rows - kept - LOT}


@pytest.mark.django_db(transaction=True)
def test_interrupted_it_says_how_to_go_on(
    city: City, write_csv: Write, eventually: Callable[..., Any]
) -> None:
    path = write_csv([{**OFFER, "id": str(number)} for number in range(2000)])
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_offers", str(path), "--city", "strasbourg"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: Offer.objects.count() >= 5, seconds=60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Interrompu. Relancez la même commande" in err
    assert "Traceback" not in err
    assert "importées" in out


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_register_nothing_twice(
    city: City, write_csv: Write, at_once: Callable[..., list[Any]]
) -> None:
    path = write_csv(
        [{**OFFER, "id": str(number), "contact_email": f"p{number % 7}@exemple.fr"} for number in range(40)]
    )
    now = timezone.now()

    def one(later: int) -> list[str]:
        moment = now + timedelta(microseconds=later)
        return [
            outcome.what for outcome in take_offers_in(table=read_table(path), city=city, by=None, now=moment)
        ]

    first, second = at_once(lambda: one(0), lambda: one(1))
    assert {*first, *second} <= {"new", "known"}
    assert (first + second).count("new") == Offer.objects.count() == 40
    assert User.objects.count() == 7


def test_five_thousand_rows_in_bounded_memory(write_csv: Write, city: City) -> None:
    """Rows are read as they are needed: the first lot is kept before the file's end has been looked at."""
    path = write_csv([{**OFFER, "id": str(number)} for number in range(5000)])
    outcomes = take_offers_in(table=read_table(path), city=city, by=None, now=timezone.now())
    assert next(outcomes).what == "new"
    assert Offer.objects.count() == LOT
    outcomes.close()  # type: ignore[attr-defined]
