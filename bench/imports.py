"""A list of offers taken in, from the csv to active offers, beside a plain COPY of the same cells."""

import csv
import os
import random
import tempfile
import time
from pathlib import Path

from django.db import connection
from django.utils import timezone

from bench.tables import count, decimal, doing, peak_megabytes, refuse_unless, say
from catalogue.spreadsheets import read_table
from cities.models import City
from offers.imports import import_offers
from offers.models import Offer

HEADER = (
    "N°", "Nature", "Catégorie", "Commune", "Nb de places", "Du au", "Nom", "Mail", "Téléphone", "Accueille", "PMR",
    "Langues", "Commentaire",
)  # fmt: skip
_PLACES = ("Strasbourg", "67000 Strasbourg", "Schiltigheim", "67482", "Bischheim", "Illkirch", "Neudorf")
_PERIODS = ("du 1er au 31 {month}", "à partir du 3 {month}", "dès que possible", "{month}", "toute l'année")
_LANGUAGES = ("fr", "fr/en", "français, arabe", "farsi/dari", "FR")


def show(city: City, *, rows: int) -> None:
    """New rows, then the same list once more."""
    say(f"\nImport d’une liste de {count(rows)} propositions, de {len(HEADER)} colonnes\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "offers.csv"
        _write(path, rows)
        doing("COPY")
        plain = _copied(path)
        before = peak_megabytes()
        for name, becomes in (("lignes nouvelles", "new"), ("les mêmes, une semaine après", "known")):
            doing(name)
            begun, computed, in_base = time.perf_counter(), time.process_time(), _computed_in_base()
            outcomes = import_offers(table=read_table(path), city=city, by=None, now=timezone.now())
            refuse_unless(
                sum(one.what == becomes for one in outcomes) == rows, f"not all rows became {becomes}"
            )
            seconds = time.perf_counter() - begun
            computed, in_base = time.process_time() - computed, _computed_in_base() - in_base
            say(
                f"{name} : {count(rows / seconds)} lignes par seconde ; un simple COPY va "
                f"{count(seconds / plain)} fois plus vite ({count(rows / plain)} par seconde)"
            )
            say(
                f"calcul par ligne : {decimal(computed / rows * 1000, 2)} ms ici, "
                f"{decimal(in_base / rows * 1000, 2)} ms dans PostgreSQL"
            )
        say(f"mémoire en plus : {decimal(peak_megabytes() - before, 0)} Mo")
    refuse_unless(
        Offer.objects.filter(city=city, external_key__startswith="import:").count() == rows, "lost rows"
    )


def _write(path: Path, rows: int) -> None:
    chance = random.Random(1)  # noqa: S311 (not a secret: the same list each time)
    month = f"mars {timezone.localdate().year + 1}"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADER)
        for at in range(rows):
            # Every tenth has a number alone.
            email = f"p{at}@exemple.fr" if at % 10 else "aucun"
            writer.writerow(
                [
                    at + 1, "logement", chance.choice(("shared_room", "separate_room")), chance.choice(_PLACES),
                    chance.choice(("2", "2 places", "deux")), chance.choice(_PERIODS).format(month=month),
                    f"Personne {at}", email, f"06{at:08d}", chance.choice(("tous", "femmes/familles", "couple")),
                    chance.choice(("oui", "non", "oui, ascenseur", "x", "-")), chance.choice(_LANGUAGES),
                    f"appeler avant ({at})",
                ]
            )  # fmt: skip


def _computed_in_base() -> float:
    """Seconds that PostgreSQL's process of this connection has computed (Linux)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    own, of_system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(own) + int(of_system)) / os.sysconf("SC_CLK_TCK")


def _copied(path: Path) -> float:
    """Seconds of the least that any program has to do: the cells as text, into a table without any rule."""
    columns = ", ".join(f"c{at} text" for at in range(len(HEADER)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE plain ({columns})")
        begun = time.perf_counter()
        with cursor.copy("COPY plain FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)") as copy:
            copy.write(path.read_bytes())
        seconds = time.perf_counter() - begun
        cursor.execute("DROP TABLE plain")
    return seconds
