"""Communes of today that answer to what is written, and the one of them that is meant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cities.gazetteer import Former, Known, gazetteer
from cities.places.answers import Near, Place, SeveralPlaces


@dataclass(frozen=True, slots=True)
class Found:
    """A commune of today that answers; `former`: by a name or code that it has no more."""

    insee: str
    former: Former | None = None
    # Nothing had to be understood.
    plain: bool = True

    def place(self, written: str) -> Place:
        if self.plain and self.former is None:
            return Place(self.insee)
        return Place(self.insee, written, self.former.name if self.former else "")

    @property
    def known(self) -> Known:
        return gazetteer().communes[self.insee]

    def bears(self, number: str) -> bool:
        """Whether this is its code, its postcode or that of the part."""
        former = self.former
        return (
            number == self.insee
            or number in self.known.postcodes
            or (former is not None and number in (former.insee, *former.postcodes))
            or any(one.today == self.insee for one in gazetteer().former.get(number, ()))
        )


def only(written: str, found: Sequence[Found], near: Near | None) -> Found:
    """The only one, or the only one in the territory of the town. Raises SeveralPlaces."""
    by_code: dict[str, Found] = {}
    for one in found:
        by_code.setdefault(one.insee, one)
    if len(by_code) == 1:
        return next(iter(by_code.values()))
    here = [one for code, one in by_code.items() if near and code in near.territory]
    if len(here) == 1:
        return here[0]
    raise SeveralPlaces(written, codes_of(found))


def codes_of(found: Iterable[Found]) -> tuple[str, ...]:
    return gazetteer().largest_first(one.insee for one in found)


def everything() -> Iterator[Found]:
    known = gazetteer()
    for code in known.communes:
        yield Found(code)
    for some in known.former.values():
        yield from (Found(one.today, one, plain=False) for one in some if one.name)
