"""The communes of France in memory, from the gazetteer's files: by code, by postcode, by name, also by former ones.

One dictionary look-up finds a place. The table of communes holds the same rows: it is written from these files.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import NamedTuple, TypeVar

from cities.names import fold

GAZETTEER = Path(__file__).parent / "data" / "communes.csv.gz"
QUARTERS = Path(__file__).parent / "data" / "quarters.csv"
FORMER = Path(__file__).parent / "data" / "former.csv.gz"

# Paris, Lyon, Marseille: their first postcode is one arrondissement's, and would mislead.
WITH_ARRONDISSEMENTS = ("75056", "69123", "13055")
Item = TypeVar("Item")
_ARTICLES = ("le ", "la ", "les ", "l ")


class Known(NamedTuple):
    """A commune of today; `key` is its name as it is compared."""

    insee: str
    name: str
    key: str
    postcodes: tuple[str, ...]
    population: int
    department_code: str
    department_name: str
    epci_code: str
    latitude: float
    longitude: float

    @property
    def label(self) -> str:
        return label_of(
            self.insee, self.name, self.postcodes, self.department_code, self.department_name, typed=""
        )


class Former(NamedTuple):
    """What is a part of a commune of today: an arrondissement, or what was a commune. Some codes bear no name."""

    insee: str
    name: str
    key: str
    kind: str
    postcodes: tuple[str, ...]
    today: str


def label_of(
    insee: str,
    name: str,
    postcodes: Iterable[str],
    department_code: str,
    department_name: str,
    *,
    typed: str,
) -> str:
    """Name, département and first postcode, or the one that a word of what was typed begins."""
    figures = tuple(word for word in typed.split() if word.isdigit())
    matching = [code for code in postcodes if figures and code.startswith(figures)]
    if not matching and insee in WITH_ARRONDISSEMENTS:
        matching = [department_code]
    postcode = next(iter(matching or postcodes), "")
    department = "" if department_name == name else department_name
    details = ", ".join(part for part in (department, postcode) if part)
    return f"{name} ({details})" if details else name


def squeezed(key: str) -> str:
    """A folded name without its spaces: "L'Haÿ les Roses" and "LHay-les-Roses" are one."""
    return key.replace(" ", "")


def without_article(key: str) -> str:
    """A folded name without the article that it begins with."""
    return next((key.removeprefix(one) for one in _ARTICLES if key.startswith(one)), key)


@dataclass(frozen=True)
class Gazetteer:
    """Codes of communes of today, the largest first, under whatever finds them."""

    communes: Mapping[str, Known]
    former: Mapping[str, tuple[Former, ...]]
    by_name: Mapping[str, tuple[str, ...]]
    by_former_name: Mapping[str, tuple[Former, ...]]
    # Names without their article, which people leave away: "Mans", "Haye".
    by_bare_name: Mapping[str, tuple[str, ...]]
    by_postcode: Mapping[str, tuple[str, ...]]
    departments: Mapping[str, str]  # folded name → code
    # Quarters that people name instead of their town, by the name without article.
    quarters: Mapping[str, tuple[str, ...]]

    def largest_first(self, codes: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(set(codes), key=lambda code: (-self.communes[code].population, code)))


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The gazetteer, read once by each process, when it is first asked: some 0.5 s and 30 MB."""
    return read(GAZETTEER, FORMER, QUARTERS)


@lru_cache(maxsize=64)
def territory(seat: str, epci_code: str) -> frozenset[str]:
    """The communes of a town: those of its EPCI, and its seat."""
    known = gazetteer().communes.items()
    return frozenset([seat, *(code for code, one in known if epci_code and one.epci_code == epci_code)])


def read(communes_file: Path, former_file: Path, quarters_file: Path) -> Gazetteer:
    """A gazetteer from its files."""
    communes = {row["insee"]: _known(row) for row in rows_of(communes_file)}
    former: dict[str, list[Former]] = {}
    former_names: dict[str, list[Former]] = {}
    for row in rows_of(former_file):
        one = Former(
            row["insee"],
            row["name"],
            fold(row["name"]),
            row["kind"],
            tuple(row["postcodes"].split()),
            row["today"],
        )
        former.setdefault(one.insee, []).append(one)
        if one.name:
            former_names.setdefault(squeezed(one.key), []).append(one)
    names: dict[str, list[str]] = {}
    bare: dict[str, list[str]] = {}
    postcodes: dict[str, list[str]] = {}
    departments: dict[str, str] = {}
    for known in sorted(communes.values(), key=lambda commune: (-commune.population, commune.insee)):
        names.setdefault(squeezed(known.key), []).append(known.insee)
        short = without_article(known.key)
        if short != known.key:
            bare.setdefault(squeezed(short), []).append(known.insee)
        for postcode in known.postcodes:
            postcodes.setdefault(postcode, []).append(known.insee)
        departments.setdefault(fold(known.department_name), known.department_code)
    quarters: dict[str, list[str]] = {}
    for row in rows_of(quarters_file):
        quarters.setdefault(squeezed(without_article(fold(row["name"]))), []).append(row["insee"])
    return Gazetteer(
        communes=communes,
        former=_tuples(former),
        by_name=_tuples(names),
        by_former_name=_tuples(former_names),
        by_bare_name=_tuples(bare),
        by_postcode=_tuples(postcodes),
        departments=departments,
        quarters=_tuples(quarters),
    )


def rows_of(source: Path) -> Iterator[dict[str, str]]:
    """The lines of one of the gazetteer's files."""
    opened = gzip.open if source.suffix == ".gz" else open
    with opened(source, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _known(row: Mapping[str, str]) -> Known:
    return Known(
        row["insee"],
        row["name"],
        fold(row["name"]),
        tuple(map(intern, row["postcodes"].split())),
        int(row["population"]),
        # A few hundred texts, borne by all.
        intern(row["department_code"]),
        intern(row["department_name"]),
        intern(row["epci_code"]),
        float(row["latitude"]),
        float(row["longitude"]),
    )


def _tuples(found: Mapping[str, list[Item]]) -> dict[str, tuple[Item, ...]]:
    return {key: tuple(some) for key, some in found.items()}
