"""A file of data.inclusion into a town's directory: those of its services that stand in the town's territory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError

from accounts.models import Organisation, User
from catalogue.contacts.signs import bare
from cities.models import City, Commune
from cities.selectors import communes_of
from directory import data_inclusion, selectors, services
from directory.data_inclusion import BadRow, Row
from directory.services import Fate


@dataclass(slots=True)
class Tally:
    """What became of a file's services. `kept`: of those that the town wrote anew, the fields that stay; `bad`: which
    were not read, and why; `gone`: known from the same lists, and no longer in this one.
    """

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    own: int = 0
    elsewhere: int = 0
    for_others: int = 0
    kept: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    bad: list[tuple[str, str]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)


def bring_in(
    *,
    city: City,
    rows: Iterable[Row],
    structures: Mapping[str, Row],
    publics: Collection[str],
    by: User | None,
    now: datetime,
) -> Tally:
    """Take each service of the file that is in the town; with `publics`, only those that are for one of these or for
    everybody. A row that cannot be read is told, and the others are taken.
    """
    tally = Tally()
    territory = {one.insee: one for one in communes_of(city)}
    verified = {
        one.siret: one
        for one in Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).exclude(siret="")
    }
    seen: dict[str, set[str]] = {}
    # In one order: two that import at once wait for each other's rows, and never in a circle.
    for row in sorted(rows, key=data_inclusion.key_of):
        if row.get("source") == data_inclusion.own_source(city):
            tally.own += 1
            continue
        try:
            _take(
                row, structures, tally, seen, territory, verified, city=city, publics=publics, by=by, now=now
            )
        except (BadRow, ValidationError) as refusal:
            why = " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)
            tally.bad.append((bare(str(row.get("id") or row.get("nom") or "?"))[:200], why))
    tally.gone = selectors.no_longer_listed(city, seen)
    return tally


def _take(
    row: Row,
    structures: Mapping[str, Row],
    tally: Tally,
    seen: dict[str, set[str]],
    territory: Mapping[str, Commune],
    verified: Mapping[str, Organisation],
    *,
    city: City,
    publics: Collection[str],
    by: User | None,
    now: datetime,
) -> None:
    place = data_inclusion.insee_of(row, structures, city=city)
    commune = territory.get(place)
    if commune is None:
        tally.elsewhere += 1
        return
    source, number = data_inclusion.key_of(row)
    if source and number:
        seen.setdefault(source, set()).add(number)
    if not data_inclusion.is_for(row, publics):
        tally.for_others += 1
        return
    read = data_inclusion.read(row, structures, city=city)
    runs = verified.get(read.siret)
    taken = services.take(
        city=city,
        source=read.source,
        source_id=read.source_id,
        structure=read.structure,
        fields={**read.fields, "commune": commune, **({"organisation": runs} if runs else {})},
        as_of=read.as_of,
        by=by,
        now=now,
    )
    tally.fates[taken.fate] += 1
    if taken.kept:
        tally.kept.append((str(taken.service), taken.kept))
