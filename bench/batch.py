"""Everything looked at again: the product's own parts, side by side in fresh processes, beside plain SQL
and a lower bound.

"Without the database" means that nothing is written: rows are read from it each time, as in a real rescan.
"""

import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

import engine
from bench import lower_bound
from bench.country import CATEGORIES, Country
from bench.filling import SLUG
from bench.plain_index import MICRO, PlainIndex
from bench.processes import Done, Processes
from bench.tables import count, decimal, doing, refuse_unless, say, times_as_fast
from cities.days import local_day
from cities.models import City
from matching.scanning import rescans, snapshots
from needs.models import Need

PROCESSES = os.cpu_count() or 1
# Of so many needs at most does SQL look at all; of more, at a sample, and its time is extrapolated.
MOST_NEEDS_BY_SQL = 50_000
SAMPLE = 4_000
LISTS_COMPARED = 300

Part = dict[str, Any]  # the arguments of `snapshots.of_part`


def show(name: str, country: Country, *, rounds: int) -> None:
    """The table of one size; the database holds this country."""
    city = City.objects.get(slug=SLUG)
    offers, needs = len(country.offers), len(country.needs)
    every = 1 if needs <= MOST_NEEDS_BY_SQL else needs // SAMPLE
    rows: dict[str, list[_Run]] = defaultdict(list)
    connection.close()
    # Each kind of run has processes of its own, whose memory is its own.
    with (
        Processes(PROCESSES) as rankers,
        Processes(PROCESSES) as scanners,
        Processes(PROCESSES) as others,
        Processes(PROCESSES) as writers,
    ):
        ways: dict[str, Callable[[], _Run]] = {
            "ranked": partial(_ranked, rankers, city, near=0),
            "sql": partial(_by_sql, country, every),
            "lower_bound": partial(_lower_bound, others),
            "scanned": partial(_ranked, scanners, city, near=engine.NEAR),
            "first": partial(_written_afresh, writers, city),
            "again": partial(_written, writers, city),
        }
        for number in range(rounds):
            for one, way in ways.items():
                rows[one].append(way())
                doing(
                    f"taille {name}, tour {number + 1} sur {rounds}, {one} : {decimal(rows[one][-1].seconds, 2)} s"
                )
    _check(rows, every)
    pairs = rows["ranked"][0].feasible
    say(
        f"Tout à nouveau, taille {name} : {count(offers)} propositions, {count(needs)} besoins,"
        f" {count(pairs)} paires possibles, {PROCESSES} processus, {rounds} tours"
    )
    ours, sql, least = (_median(rows[one]) for one in ("ranked", "sql", "lower_bound"))
    marked = "" if every == 1 else f" (extrapolé d’un besoin sur {every})"
    say(f"{times_as_fast(ours, sql)} la vitesse du SQL d’index{marked}, les 20 meilleures de chaque besoin,"
        f" sans écrire : {decimal(ours, 2)} s / {decimal(sql, 2)} s")  # fmt: skip
    near = count(rows["lower_bound"][0].feasible)
    say(f"{times_as_fast(ours, least)} la vitesse du plancher (lire, comparer les distances, {near} paires à portée) :"
        f" {decimal(ours, 2)} s / {decimal(least, 2)} s")  # fmt: skip
    for one, words in (
        ("ranked", "sans écrire, les 20 meilleures"),
        ("scanned", "sans écrire, avec ce qui a failli convenir"),
        ("first", "écrit en base, la première fois"),
        ("again", "écrit en base, quand rien n’a changé"),
        ("lower_bound", "plancher"),
    ):
        _line(words, rows[one], pairs)
    say(f"  mêmes listes que le SQL : {rows['sql'][0].lists} sur {rows['sql'][0].lists}, et mêmes sommes\n")


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    cpu: float
    memory: tuple[float, ...]  # megabytes of each process at most
    feasible: int
    sums: tuple[int, int, int]  # pairs kept, and the sums of their offers' ids and points
    lists: int = 0


def _median(runs: list[_Run]) -> float:
    return statistics.median(run.seconds for run in runs)


def _line(words: str, runs: list[_Run], pairs: int) -> None:
    cpu = statistics.median(run.cpu for run in runs)
    memory = " + ".join(count(megabytes) for megabytes in runs[-1].memory)
    say(
        f"  {words:44} {decimal(_median(runs), 2):>8} s   {decimal(cpu * 1e6 / max(pairs, 1), 3):>7} µs de calcul"
        f" par paire possible   {memory} Mo"
    )


def _check(rows: Mapping[str, list[_Run]], every: int) -> None:
    """The same pairs each time, in every way; on a sample, the same lists as the SQL."""
    reference = rows["ranked"][0]
    for one in ("ranked", "scanned", "first", "again"):
        for run in rows[one]:
            refuse_unless(run.feasible == reference.feasible, f"{one}: another number of feasible pairs")
            refuse_unless(run.sums == reference.sums, f"{one}: other pairs, {run.sums}, not {reference.sums}")
    if every == 1:
        for run in rows["sql"]:
            refuse_unless(
                run.sums == reference.sums, f"SQL finds other pairs: {run.sums}, not {reference.sums}"
            )
    refuse_unless(rows["lower_bound"][0].feasible >= reference.feasible, "the lower bound has lost pairs")


# --- Ours, nothing written -----------------------------------------------------------------------------


def _ranked(processes: Processes, city: City, *, near: int) -> _Run:
    parts = _parts(city)
    connection.close()
    moment = timezone.now()
    shares = [parts[number::PROCESSES] for number in range(PROCESSES)]
    seconds, done = processes.run(rank_parts, [(city.pk, share, moment, near) for share in shares])
    return _run(seconds, done)


def _run(seconds: float, done: list[Done]) -> _Run:
    values = [one.value for one in done]
    return _Run(
        seconds,
        sum(one.cpu for one in done),
        tuple(one.peak_mb for one in done),
        sum(value[0] for value in values),
        (
            sum(value[1] for value in values),
            sum(value[2] for value in values),
            sum(value[3] for value in values),
        ),
    )


def _parts(city: City) -> list[Part]:
    """As a rescan divides a town, the largest first, so that every share has its part of each size."""
    with transaction.atomic():
        asked = rescans.ask(cities=[city], by=None, now=timezone.now())
        parts = asked.parts.order_by("-needs").values("kind", "categories", "departments")
        found = [dict(part) for part in parts]
        transaction.set_rollback(True)
    return found


def rank_parts(city_id: int, parts: list[Part], moment: datetime, near: int) -> tuple[int, int, int, int]:
    """In one of the processes: feasible pairs, pairs kept, and the sums of their offers' ids and points."""
    city = City.objects.get(pk=city_id)
    today = local_day(moment, city)
    feasible = kept = offers = points = 0
    for part in parts:
        snapshot = snapshots.of_part(city, **part, now=moment)
        ranked = snapshot.rank_columns(today=today, near=near, near_when_full=False)
        feasible += int(ranked.feasible_count.sum())
        kept += len(ranked.feasible)
        offers += int(np.asarray(ranked.offers.ids)[ranked.feasible.offer].sum())
        points += int(ranked.feasible.micro_points.sum(dtype=np.int64))
    return feasible, kept, offers, points


# --- Ours, written -------------------------------------------------------------------------------------


def _written_afresh(processes: Processes, city: City) -> _Run:
    """As before the first scan, with nothing left for PostgreSQL to clean up."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE matching_match, matching_scan, matching_rescan, matching_rescanpart CASCADE")
        cursor.execute("CHECKPOINT")
    return _written(processes, city)


def _written(processes: Processes, city: City) -> _Run:
    """A rescan from the asking to its end, by workers who find its parts for themselves."""
    started = time.perf_counter()
    rescan = rescans.ask(cities=[city], by=None, now=timezone.now())
    connection.close()
    _, done = processes.run(work_on_parts, [()] * PROCESSES)
    seconds = time.perf_counter() - started
    progress = rescans.progress(rescan)
    refuse_unless(progress.is_over and not progress.failed, "the rescan has not come to its end")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(offer_id), 0), coalesce(sum(round(score * %s)), 0)::bigint"
            " FROM matching_match WHERE state = 'suggested'",
            [MICRO],
        )
        pairs, offers, points = cursor.fetchone()
        cursor.execute("VACUUM (ANALYZE) matching_match, matching_scan")
    return _Run(
        seconds,
        sum(one.cpu for one in done),
        tuple(one.peak_mb for one in done),
        progress.feasible,
        (int(pairs), int(offers), int(points)),
    )


def work_on_parts() -> int:
    """In one of the processes: parts of the rescan until there is none; how many."""
    number = 0
    while rescans.work_on_one(now=timezone.now()):
        number += 1
    return number


# --- The lower bound -----------------------------------------------------------------------------------------


def _lower_bound(processes: Processes) -> _Run:
    shares = [list(range(number, len(CATEGORIES), PROCESSES)) for number in range(PROCESSES)]
    seconds, done = processes.run(lower_bound.pairs_within_reach, [(share,) for share in shares])
    return _Run(
        seconds,
        sum(one.cpu for one in done),
        tuple(one.peak_mb for one in done),
        sum(one.value[0] for one in done),
        (0, 0, 0),
    )


# --- The plain SQL -------------------------------------------------------------------------------------


def _by_sql(country: Country, every: int) -> _Run:
    """The needs divided among as many connections as we have processes; of many needs, every so many-th."""
    needs = len(country.needs)
    cuts = [needs * number // PROCESSES for number in range(PROCESSES + 1)]
    plain = [_plain(country) for _ in range(PROCESSES)]
    sums: list[tuple[int, int, int]] = []
    errors: list[BaseException] = []

    def look(number: int) -> None:
        try:
            sums.append(plain[number].sums(cuts[number] + 1, cuts[number + 1], every=every))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(PROCESSES)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if errors:
        raise errors[0]
    lists = _compared(plain[0], needs)
    for one in plain:
        one.close()
    total = (sum(one[0] for one in sums), sum(one[1] for one in sums), sum(one[2] for one in sums))
    looked_at = needs // every
    return _Run(seconds * needs / looked_at, 0.0, (), 0, total, lists)


def _plain(country: Country) -> PlainIndex:
    return PlainIndex(
        os.environ["DATABASE_URL"],
        today=country.today.toordinal(),
        most_reach_km=float(country.offers.reach_km.max()),
    )


def _compared(plain: PlainIndex, needs: int) -> int:
    """Needs whose list is the SQL's, one by one; any other is an error."""
    ids = list(range(1, needs + 1, max(1, needs // LISTS_COMPARED)))
    theirs = plain.best(ids)
    city = City.objects.get(slug=SLUG)
    now = timezone.now()
    for rows in (ids[start : start + 20] for start in range(0, len(ids), 20)):
        some = list(Need.objects.filter(pk__in=rows))
        snapshot = snapshots.asked(some, city=city, now=now).able()
        for ranking in snapshot.rank(today=local_day(now, city), near=0):
            need = int(str(ranking.need_id))
            ours = [int(str(pairing.offer_id)) for pairing in ranking.pairings]
            refuse_unless(ours == theirs[need], f"need {need}: {ours}, and by SQL {theirs[need]}")
    return len(ids)
