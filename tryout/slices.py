"""Ranking needs in slices, by one process or several, into the lines of two csv files.

Slices change nothing of the result: a need's ranking does not depend on the others'. Nothing of Django is imported
here, for a process that ranks should start at once; it finds the columns in a folder, mapped into memory and so shared
by all.
"""

import os
import pickle
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields, replace
from datetime import date
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from engine import NeedColumns, OfferColumns, rank_columns
from engine.arrays import Ints
from engine.columns import Vocabulary
from engine.results import RULE_CODES, Feasible, Missed, Ranked
from tryout.chains import chain_lines

MATCH_COLUMNS = (
    "need,offer,rank,score,proximity,dates,fit,language,freshness,courtesy,"
    "distance_km,run_first_day,run_last_day,quantity,share"
)
NEAR_MISS_COLUMNS = "need,offer,rule,gap"

# A process starts and opens the columns in about a second: fewer pairs than these are ranked sooner by one alone.
WORTH_A_PROCESS = 20_000_000
# Needs that are near to one another are soonest ranked together, so slices are as large as progress and an even share
# of the work allow.
LARGEST_SLICE, SMALLEST_SLICE = 20_000, 2_500
SLICES_PER_PROCESS = 2
LINES = 20_000  # that are written at a time

_MATCH = "%s,%s,%d,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%.6f,%s,%s,%s,%.6f\n"

Side = TypeVar("Side", OfferColumns, NeedColumns)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all needs. Near misses: of every need, or of those alone whose list is not full; and how far
    beyond the larger reach.
    """

    today: date
    near_when_full: bool
    near_km: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found for some needs: how many have a feasible offer, feasible pairs before any cut, lines written."""

    needs: int = 0
    matched_needs: int = 0
    feasible: int = 0
    matches: int = 0
    near_misses: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def rank_in_slices(
    needs: NeedColumns,
    offers: OfferColumns,
    *,
    names: tuple[Sequence[str], Sequence[str]],
    terms: Terms,
    processes: int,
    folder: Path,
    matches: IO[str],
    near_misses: IO[str],
    chains: IO[str],
) -> Iterator[Counts]:
    """Write the lines of all needs in their order; yields what was found so far after each slice.

    `names` are the ids of needs and offers as they stand in a csv; `folder` is for what the processes share.
    """
    if processes > 1 and len(needs) * len(offers) >= WORTH_A_PROCESS:
        slices = _slices(len(needs), processes)
        found = _by_processes(needs, offers, names, terms, min(processes, len(slices)), slices, folder)
    else:
        found = _by_this_process(needs, offers, names, terms, _slices(len(needs), 1), folder)
    counts = Counts()
    for one, part in found:
        for suffix, whole in ((".matches", matches), (".near", near_misses), (".chains", chains)):
            piece = part.with_suffix(suffix)
            with piece.open(encoding="utf-8", newline="") as lines:
                while text := lines.read(1 << 20):
                    whole.write(text)
            piece.unlink()
        counts += one
        yield counts


def _slices(needs: int, processes: int) -> list[tuple[int, int]]:
    """Even slices, several for each process, so that none waits long for the last."""
    size = -(-needs // (processes * SLICES_PER_PROCESS)) if needs else 1
    size = min(max(size, SMALLEST_SLICE), LARGEST_SLICE)
    return [(start, min(start + size, needs)) for start in range(0, needs, size)]


def _by_this_process(
    needs: NeedColumns,
    offers: OfferColumns,
    names: tuple[Sequence[str], Sequence[str]],
    terms: Terms,
    slices: list[tuple[int, int]],
    folder: Path,
) -> Iterator[tuple[Counts, Path]]:
    for slice_ in slices:
        part = folder / f"{slice_[0]}"
        yield _rank_slice(needs, offers, names, terms, slice_, part), part


def _by_processes(
    needs: NeedColumns,
    offers: OfferColumns,
    names: tuple[Sequence[str], Sequence[str]],
    terms: Terms,
    processes: int,
    slices: list[tuple[int, int]],
    folder: Path,
) -> Iterator[tuple[Counts, Path]]:
    _save(needs, names[0], folder / "needs")
    _save(offers, names[1], folder / "offers")
    (folder / "words").write_bytes(pickle.dumps((needs.vocabulary, terms)))
    pool = ProcessPoolExecutor(
        processes,
        # Started afresh: a copy of a process with threads may wait for ever on a lock that one of them held.
        mp_context=get_context("spawn"),
        initializer=_open,
        initargs=(folder,),
    )
    others = set(active_children())
    try:
        jobs = [pool.submit(_rank_slice_of_folder, slice_) for slice_ in slices]
        for slice_, job in zip(slices, jobs, strict=True):
            yield job.result(), folder / f"{slice_[0]}"
    except BaseException:
        # Nobody waits for what is under way: Ctrl-C means now.
        for child in set(active_children()) - others:
            child.kill()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


# --- In another process --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Opened:
    needs: NeedColumns
    offers: OfferColumns
    names: tuple["_Names", "_Names"]
    terms: Terms
    folder: Path


class _Names(Sequence[str]):
    """Ids of a folder, text by text."""

    def __init__(self, texts: np.ndarray) -> None:
        self.texts = texts

    def __len__(self) -> int:
        return len(self.texts)

    def __getitem__(self, row: int) -> str:  # type: ignore[override]
        return str(self.texts[row])


_opened: list[_Opened] = []


def _open(folder: Path) -> None:
    # Ctrl-C is for the process that started this one; its end is this one's too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    words, terms = pickle.loads((folder / "words").read_bytes())  # noqa: S301 (written by our own parent)
    _opened[:] = [
        _Opened(
            _load(NeedColumns, words, folder / "needs"),
            _load(OfferColumns, words, folder / "offers"),
            (
                _Names(_mapped(folder / "needs" / "names.npy")),
                _Names(_mapped(folder / "offers" / "names.npy")),
            ),
            terms,
            folder,
        )
    ]


def _die_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _rank_slice_of_folder(slice_: tuple[int, int]) -> Counts:
    (one,) = _opened
    return _rank_slice(one.needs, one.offers, one.names, one.terms, slice_, one.folder / f"{slice_[0]}")


def _save(columns: OfferColumns | NeedColumns, names: Sequence[str], folder: Path) -> None:
    folder.mkdir()
    np.save(folder / "names.npy", np.array(names, np.str_))
    for one in fields(columns):
        value = getattr(columns, one.name)
        if isinstance(value, np.ndarray):
            np.save(folder / f"{one.name}.npy", value)


def _load(side: type[Side], words: Vocabulary, folder: Path) -> Side:
    columns = {one.name: folder / f"{one.name}.npy" for one in fields(side)}
    values: dict[str, Any] = {name: _mapped(path) for name, path in columns.items() if path.exists()}
    return side(**values | {"vocabulary": words, "ids": np.arange(len(values["lat"]))})


def _mapped(path: Path) -> np.ndarray:
    array = np.load(path, mmap_mode="r") if os.path.getsize(path) else np.load(path)
    return np.asarray(array)


# --- A slice -------------------------------------------------------------------------------------------


def _rank_slice(
    needs: NeedColumns,
    offers: OfferColumns,
    names: tuple[Sequence[str], Sequence[str]],
    terms: Terms,
    slice_: tuple[int, int],
    part: Path,
) -> Counts:
    """Rank some needs and write their lines beside `part`."""
    start, stop = slice_
    ranked = rank_columns(
        needs.take(np.arange(start, stop)),
        replace(offers, ids=np.arange(len(offers))),
        today=terms.today,
        near_when_full=terms.near_when_full,
        near_km=terms.near_km,
    )
    need_names = [names[0][row] for row in range(start, stop)]
    with part.with_suffix(".matches").open("w", encoding="utf-8", newline="") as file:
        for low in range(0, len(ranked.feasible), LINES):
            file.writelines(_match_lines(ranked, slice(low, low + LINES), need_names, names[1]))
    with part.with_suffix(".near").open("w", encoding="utf-8", newline="") as file:
        for low in range(0, len(ranked.missed), LINES):
            file.writelines(
                _near_miss_lines(ranked.missed.take(slice(low, low + LINES)), need_names, names[1])
            )
    with part.with_suffix(".chains").open("w", encoding="utf-8", newline="") as file:
        file.writelines(chain_lines(ranked, terms.today, need_names, names[1]))
    return Counts(
        needs=stop - start,
        matched_needs=int(np.count_nonzero(ranked.feasible_count)),
        feasible=int(ranked.feasible_count.sum()),
        matches=len(ranked.feasible),
        near_misses=len(ranked.missed),
    )


def _match_lines(
    ranked: Ranked, rows: slice, need_names: Sequence[str], offer_names: Sequence[str]
) -> Iterator[str]:
    some: Feasible = ranked.feasible.take(rows)
    first = np.searchsorted(ranked.feasible.need, some.need, "left")  # of the need's own lines
    days = _Days()
    columns = (
        map(need_names.__getitem__, some.need.tolist()),
        map(offer_names.__getitem__, some.offer.tolist()),
        (np.arange(rows.start, rows.start + len(some)) - first + 1).tolist(),
        some.score.tolist(),
        *(part.tolist() for part in some.parts),
        some.distance_km.tolist(),
        map(days.__getitem__, some.run_first.tolist()),
        map(days.__getitem__, some.run_last.tolist()),
        map(_plain, some.quantity.tolist()),
        some.share.tolist(),
    )
    return map(_MATCH.__mod__, zip(*columns, strict=True))


def _near_miss_lines(some: Missed, need_names: Sequence[str], offer_names: Sequence[str]) -> Iterator[str]:
    """The gap in kilometres, or in whole days or units; empty for a rule that has no number."""
    for need, offer, rule, gap in zip(
        some.need.tolist(), some.offer.tolist(), some.rule.tolist(), some.gap.tolist(), strict=True
    ):
        code = RULE_CODES[rule]
        number = "" if gap != gap else f"{gap:.6f}" if code == "distance" else _plain(gap)
        yield f"{need_names[need]},{offer_names[offer]},{code},{number}\n"


def _plain(number: float) -> str:
    """Whole, or with the half of an hour."""
    return f"{number:.0f}" if number == int(number) else f"{number:.1f}"


class _Days(dict[int, str]):
    """Day number → 2026-03-01."""

    def __missing__(self, number: int) -> str:
        found = self[number] = date.fromordinal(number).isoformat()
        return found


def same_category_pairs(needs: NeedColumns, offers: OfferColumns) -> int:
    """How many pairs a look at everything would judge."""
    width = len(needs.vocabulary.categories)
    asked, offered = (np.bincount(side.category, minlength=width) for side in (needs, offers))
    return int(_dot(asked, offered))


def _dot(one: Ints, other: Ints) -> int:
    return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))
