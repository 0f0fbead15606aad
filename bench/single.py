"""One new need and one new offer: the task that a worker does, what the database has of it, and plain SQL beside."""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from django.db import connection
from django.utils import timezone

import engine
from bench.country import Country
from bench.filling import SLUG
from bench.plain_index import PlainIndex
from bench.tables import (
    count,
    database_time,
    milliseconds,
    refuse_unless,
    say,
    spread,
    times_as_fast,
)
from cities.models import City
from matching import tasks
from matching.models import Match, MatchState, Scan
from matching.scanning import due_offers, results
from matching.scanning.rescans import ask, work_on_one
from needs.models import Need
from offers.models import Offer, Window

Row = TypeVar("Row", Need, Offer)
Found = TypeVar("Found")

ROUNDS = 300
# What takes long is measured as often as fits in this time, and this often at least.
SECONDS_AT_MOST, ROUNDS_AT_LEAST = 60.0, 10


@dataclass(slots=True)
class _Times:
    """Milliseconds of each round."""

    plain: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    reading_database: list[float] = field(default_factory=list)
    task: list[float] = field(default_factory=list)
    task_database: list[float] = field(default_factory=list)
    found: list[float] = field(default_factory=list)  # needs or offers


def show(country: Country, *, rounds: int = ROUNDS) -> None:
    """Both tables; the database holds this country."""
    city = City.objects.get(slug=SLUG)
    plain = PlainIndex(
        os.environ["DATABASE_URL"],
        today=country.today.toordinal(),
        most_reach_km=max(float(country.offers.reach_km.max()), float(country.needs.reach_km.max())),
    )
    _scanned(city)
    title = f"parmi {count(len(country.offers))} propositions et {count(len(country.needs))} besoins"
    say(f"Un nouveau besoin {title} (médiane / 99e centile)")
    needs = _new_needs(country, city, plain, rounds)
    _line("SQL d’index simple, sa liste seule", needs.plain)
    _line("la lecture, en base", needs.reading_database)
    _line("lire et classer", needs.reading)
    _line("la tâche entière, en base", needs.task_database)
    _line("la tâche entière (lire, classer, écrire, annoncer)", needs.task)
    _ratios(needs)
    say(f"  mêmes listes que le SQL : {len(needs.task)} sur {len(needs.task)}\n")
    say(f"Une nouvelle proposition {title} (médiane / 99e centile)")
    offers = _new_offers(country, city, plain, rounds)
    _line("SQL d’index simple, les besoins possibles", offers.plain)
    _line("trouver les besoins concernés, en base", offers.reading_database)
    _line("trouver les besoins concernés", offers.reading)
    _line("la tâche entière, en base", offers.task_database)
    _line("la tâche entière, besoins concernés revus", offers.task)
    _ratios(offers)
    middle = sorted(offers.found)[len(offers.found) // 2]
    say(
        f"  besoins revus : {count(middle)} au milieu, {count(max(offers.found))} au plus ; suggestions vérifiées\n"
    )
    plain.close()


def _line(words: str, times: Sequence[float]) -> None:
    say(f"  {words:52} {spread(times)}")


def _ratios(times: _Times) -> None:
    for words, ours in (("la lecture, en base", times.reading_database), ("la tâche entière", times.task)):
        base, own = sorted(times.plain)[len(times.plain) // 2], sorted(ours)[len(ours) // 2]
        say(f"{times_as_fast(own, base)} la vitesse du SQL d’index : {words}")


def _scanned(city: City) -> None:
    """Every need has its suggestions, as on any day; nothing is due."""
    if not Match.objects.exists():
        ask(cities=[city], by=None, now=timezone.now())
        while work_on_one(now=timezone.now()):
            pass
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE) matching_match, matching_scan, needs_need")
    tasks.scan_due()
    Offer.objects.filter(scan_due_at__isnull=False).update(scan_due_at=None)
    Need.objects.filter(scan_due_at__isnull=False).update(scan_due_at=None)


def _turns(rounds: int) -> Iterator[int]:
    """0, 1, 2 … for so many rounds, or as many as there is time for."""
    until = time.perf_counter() + SECONDS_AT_MOST
    for number in range(rounds):
        if number >= ROUNDS_AT_LEAST and time.perf_counter() > until:
            return
        yield number


def _sampled(rows: int, rounds: int) -> list[int]:
    """Ids from all over, in turn."""
    return list(
        itertools.islice(itertools.cycle(range(1, rows + 1, max(1, rows // (rounds + 1)))), rounds + 1)
    )


# --- A need --------------------------------------------------------------------------------------------


def _new_needs(country: Country, city: City, plain: PlainIndex, rounds: int) -> _Times:
    times = _Times()
    ids = _sampled(len(country.needs), rounds)
    for number in _turns(rounds + 1):
        like = ids[number]
        now = timezone.now()
        need = _again(Need.objects.get(pk=like), f"B+{number}", now)
        lists: list[dict[int, list[int]]] = []
        expected = partial(_appended, lists, partial(plain.best, [like]))
        plain_ms = milliseconds(expected) if number % 2 else 0.0
        with database_time() as reading_database:
            reading = milliseconds(partial(results.of_needs, [need], city=city, now=now))
        with database_time() as task_database:
            task = milliseconds(tasks.scan_due)
        if not lists:
            plain_ms = milliseconds(expected)  # who is first finds colder pages, so they take turns
        ours = list(Match.objects.filter(need=need).order_by("rank").values_list("offer", flat=True))
        refuse_unless(ours == lists[0][like], f"like need {like}: {ours}, and by SQL {lists[0][like]}")
        _remove(need)
        if not number:
            continue  # connections, plans and words are there from now on, as in a worker that has begun
        times.plain.append(plain_ms)
        times.reading.append(reading)
        times.reading_database.append(reading_database.milliseconds)
        times.task.append(task)
        times.task_database.append(task_database.milliseconds)
        times.found.append(len(ours))
    return times


def _appended(found: list[Found], call: Callable[[], Found]) -> None:
    found.append(call())


def _remove(need: Need) -> None:
    Match.objects.filter(need=need).delete()
    need.scan.delete()
    need.delete()


def _again(row: Row, reference: str, now: datetime) -> Row:
    """The same, posted just now."""
    row.pk, row.reference = None, reference
    row.created_at = row.changed_at = row.scan_due_at = now
    row._state.adding = True
    row.save(force_insert=True)
    return row


# --- An offer ------------------------------------------------------------------------------------------


def _new_offers(country: Country, city: City, plain: PlainIndex, rounds: int) -> _Times:
    """Each stays, like a real one, so that the lists of the needs are a little better each time."""
    times = _Times()
    ids = _sampled(len(country.offers), rounds)
    for number in _turns(rounds + 1):
        like = ids[number]
        now = timezone.now()
        offer = _again(Offer.objects.get(pk=like), f"P+{number}", now)
        for window in Window.objects.filter(offer=like):
            Window.objects.create(offer_id=offer.pk, first_day=window.first_day, last_day=window.last_day)
        possible: list[dict[int, int]] = []
        plain_ms = milliseconds(partial(_appended, possible, partial(plain.needs_of, like)))
        surely, perhaps = _who_keeps(possible[0])
        with database_time() as finding_database:
            finding = milliseconds(partial(due_offers.scan_due_offers, by=None, now=now))
        concerned = Need.objects.filter(scan_due_at__isnull=False).count()
        with database_time() as rest_database:
            rest = milliseconds(tasks.scan_due)
        kept = set(
            Match.objects.filter(offer=offer, state=MatchState.SUGGESTED).values_list("need", flat=True)
        )
        refuse_unless(surely <= kept <= perhaps, f"like offer {like}: kept by {kept}, expected {surely}")
        if not number:
            continue
        times.plain.append(plain_ms)
        times.reading.append(finding)
        times.reading_database.append(finding_database.milliseconds)
        times.task.append(finding + rest)
        times.task_database.append(finding_database.milliseconds + rest_database.milliseconds)
        times.found.append(concerned)
    return times


def _who_keeps(possible: dict[int, int]) -> tuple[set[int], set[int]]:
    """Of the needs that an offer could help, which have a free place or a worse suggestion; the second: or as good."""
    full = Scan.objects.filter(need__in=possible, suggested__gte=engine.KEEP)
    worst = {need: standing or 0 for need, standing in full.values_list("need", "lowest_standing")}
    surely, perhaps = set(), set()
    for need, standing in possible.items():
        if standing > worst.get(need, -1):
            surely.add(need)
        if standing >= worst.get(need, -1):
            perhaps.add(need)
    return surely, perhaps
