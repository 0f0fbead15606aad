"""What a town knows of itself, at the desk's size with sixty days behind it: search, figures and files.

Each is compared with the least that the same rows cost: one query that reads them and throws them away.
"""

import statistics
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import IO

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from bench.desk import pages, signed_in
from bench.tables import milliseconds, peak_megabytes, ratio, refuse_unless, say
from catalogue.spreadsheets.writing import FORMATS
from cities.models import City
from insight import exports, finding, published
from insight.query import read
from matching.models import Decision, Match

AIM_SEARCH_MS, AIM_FIGURES_MS = 100, 300
HISTORY_DAYS = 60
ROUNDS = 15
EXPORTED, MOST_MEGABYTES = 100_000, 50
# One each: a word of many rows, two, a slip, a number, an address, a place.
SEARCHES = ("offre 12", "besoin", "ofre", "0612", "owner7@", "illkirch")


def show(city: City, *, rounds: int = ROUNDS) -> None:
    """Every table, one after the other."""
    by = User.objects.get(email="bench@example.org")
    _live(city, by, now=timezone.now())
    pages(city)
    least = [milliseconds(_read_all) for _n in range(rounds)]
    _search(city, by, rounds, least)
    _figures(city, by, rounds, least)
    _export(city, by)


def _live(city: City, by: User, *, now: datetime) -> None:
    """Sixty days of acts: each need posted on one of them, its first suggestion asked about, most with an answer."""
    step = timedelta(days=HISTORY_DAYS) / 5_000
    with connection.cursor() as cursor:
        cursor.execute("UPDATE needs_need SET created_at = %s - id %% 5000 * %s::interval", [now, str(step)])
        cursor.execute(
            "UPDATE offers_offer SET created_at = %s - id %% 5000 * %s::interval", [now, str(step)]
        )
        cursor.execute(
            "UPDATE matching_match m SET created_at = n.created_at, asked_at = CASE WHEN rank = 1 THEN n.created_at + "
            "interval '3 hours' END FROM needs_need n WHERE n.id = m.need_id"
        )
        for act, hours, to_state, part in (
            ("propose", 0, "proposed", 1), ("accept", 5, "accepted", 2), ("decline", 7, "declined", 5),
            ("confirm", 9, "confirmed", 2),
        ):  # fmt: skip
            cursor.execute(
                "INSERT INTO matching_decision (match_id, act, from_state, to_state, by_id, role, reason, note, at) "
                "SELECT id, %s, 'suggested', %s, %s, 'coordinator', '', '', asked_at + %s::interval "
                "FROM matching_match WHERE asked_at IS NOT NULL AND id %% %s = 0",
                [act, to_state, by.pk, f"{hours} hours", part],
            )
        cursor.execute(
            "UPDATE matching_match SET state = 'completed' WHERE asked_at IS NOT NULL AND id % 2 = 0"
        )
        cursor.execute("ANALYZE")
    refuse_unless(Decision.objects.count() > 0, "nothing was decided")
    say(f"{Match.objects.count()} pistes, {Decision.objects.count()} décisions sur {HISTORY_DAYS} jours\n")


def _read_all() -> None:
    """The rows that figures are made of, read once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM offers_offer")
        cursor.execute("SELECT count(*) FROM needs_need")
        cursor.execute("SELECT count(created_at) FROM matching_match")
        cursor.execute("SELECT count(at) FROM matching_decision")


def _search(city: City, by: User, rounds: int, least: list[float]) -> None:
    say(f"Chercher (visé : {AIM_SEARCH_MS} ms)")
    for typed in SEARCHES:
        times = [milliseconds(partial(finding.find, by, city, read(typed))) for _n in range(rounds)]
        ratio(f"« {typed} »", times, least, "lecture des tables")
    say()


def _figures(city: City, by: User, rounds: int, least: list[float]) -> None:
    client = signed_in(by)
    say(f"Chiffres (visé : {AIM_FIGURES_MS} ms)")
    pages: dict[str, Callable[[], object]] = {
        name: partial(client.get, f"/{city.slug}/chiffres/{rest}")
        for name, rest in (
            ("équipe, par mois", "equipe/"), ("équipe, par commune", "equipe/?by=commune&months=12"), ("tous", ""),
        )
    }  # fmt: skip
    for name, page in pages.items():
        page()
        with CaptureQueriesContext(connection) as captured:
            page()
        queries = len(captured)
        times = [milliseconds(page) for _n in range(rounds)]
        ratio(f"{name}, {queries} requêtes", times, least, "lecture des tables")
    alone = [
        milliseconds(lambda: published.published(city, today=timezone.localdate())) for _n in range(rounds)
    ]
    ratio("ce qui est public, sans la page", alone, least, "lecture des tables")
    say()


def _export(city: City, by: User) -> None:
    """All offers of the town, then so many rows that memory would show it: what it grows by is the process's own."""
    say("Emporter")
    now = timezone.now()
    row = [
        "P-4KQ7-3MXN",
        "Objets",
        "Literie",
        "couette",
        2,
        "active",
        "Strasbourg",
        "67482",
        "Site",
        now.date(),
    ]
    for form, write in FORMATS.items():
        taken = partial(exports.export, city=city, what=exports.What.OFFERS, form=form, by=by, now=now)
        times = [milliseconds(partial(_closed, taken)) for _n in range(3)]
        say(f"  {form:5} {statistics.median(times):8.0f} ms pour toutes les propositions")
        before = peak_megabytes()
        with tempfile.TemporaryFile() as file:
            rows = (row for _n in range(EXPORTED))
            long = milliseconds(partial(write, file, ["x"] * len(row), rows))
        grown = peak_megabytes() - before
        refuse_unless(grown < MOST_MEGABYTES, f"{grown:.0f} MB for {EXPORTED} rows")
        say(f"  {form:5} {long:8.0f} ms et {grown:.1f} Mo de plus pour {EXPORTED} lignes")
    say()


def _closed(taken: Callable[[], IO[bytes]]) -> None:
    taken().close()
