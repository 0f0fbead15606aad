"""How communes and towns are read."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from cities.models import City, Commune
from cities.names import fold
from cities.places import (
    Contradiction,
    Figures,
    Place,
    PlaceAbroad,
    PlaceError,
    SeveralPlaces,
    near_of,
    read_place,
    suggested,
)

# Shorter words are in every other name.
SHORTEST_EPCI = 4
_INSEE = re.compile(r"\d{5}|2[AB]\d{3}")


class CommuneNotFound(Exception):
    """No commune answers to the text. `suggestions` are those that look like it, perhaps none."""

    def __init__(self, text: str, suggestions: Iterable[Commune] = ()) -> None:
        self.text = text
        self.suggestions = list(suggestions)
        super().__init__(
            _("Nous ne connaissons pas cette commune. Vérifiez son nom, ou écrivez son code postal.")
        )


class CommuneAbroad(CommuneNotFound):
    """The text names a place that is not in France."""

    def __init__(self, text: str, sentence: str) -> None:
        super().__init__(text)
        self.args = (sentence,)


class AmbiguousCommune(Exception):
    """Several communes answer to the text. `candidates` are all of them, the largest first."""

    def __init__(self, text: str, candidates: Iterable[Commune]) -> None:
        self.text = text
        self.candidates = list(candidates)
        super().__init__(_("Plusieurs communes répondent à ce nom. Choisissez la vôtre."))


class ContradictoryCommune(AmbiguousCommune):
    """The name is one commune's, and the code or the département another's."""


class CityNotFound(Exception):
    """No town has one of these short addresses."""

    def __init__(self, slugs: Iterable[str]) -> None:
        self.slugs = list(slugs)
        super().__init__(_("Ville inconnue\u202f: %(slugs)s.") % {"slugs": ", ".join(self.slugs)})


@dataclass(frozen=True, slots=True)
class Suggested:
    """A commune that the type-ahead proposes; `former`: the name of before that was typed, "" for today's."""

    commune: Commune
    former: str = ""


def suggest_communes(text: str, *, near: Commune | None = None, limit: int = 10) -> list[Suggested]:
    """Communes for a type-ahead, in the order of `cities.places.suggested`."""
    found = suggested(text, near=near_of(near.pk, near.epci_code) if near else None, limit=limit)
    communes = Commune.objects.in_bulk([one.insee for one in found])
    return [Suggested(communes[one.insee], one.former) for one in found if one.insee in communes]


def understood(
    text: str, *, city: City | None = None, figures: Figures = Figures.ASKED
) -> tuple[Commune, Place]:
    """The one commune meant by what somebody wrote, and how it was understood.

    Raises CommuneNotFound or AmbiguousCommune.
    """
    try:
        place = read_place(
            text, near=near_of(city.seat_id, city.epci_code) if city else None, figures=figures
        )
    except Contradiction as several:
        raise ContradictoryCommune(text, _communes(several.choices)) from None
    except SeveralPlaces as several:
        raise AmbiguousCommune(text, _communes(several.choices)) from None
    except PlaceAbroad as error:
        raise CommuneAbroad(text, str(error)) from None
    except PlaceError as error:
        raise CommuneNotFound(text, _communes(error.choices)) from None
    commune = Commune.objects.filter(pk=place.insee).first()
    if commune is None:
        raise CommuneNotFound(text)
    return commune, place


def find_commune(text: str, *, city: City | None = None) -> Commune:
    """The one commune meant by the text that a person typed into a form.

    Five figures that are both a postcode and another commune's INSEE code are read as the postcode: that is what
    people know by heart. (The API carries INSEE codes: see `commune_by_insee`.) Where several answer, the one in the
    territory of `city` is meant. Raises CommuneNotFound or AmbiguousCommune.
    """
    return understood(text, city=city, figures=Figures.POSTCODE)[0]


def commune_by_insee(insee: str) -> Commune:
    """The commune with this INSEE code. Raises CommuneNotFound."""
    code = insee.strip().upper()
    found = Commune.objects.filter(pk=code).first() if _INSEE.fullmatch(code) else None
    if found is None:
        raise CommuneNotFound(insee)
    return found


def communes_of(city: City) -> QuerySet[Commune]:
    """The communes of the town's territory: its EPCI, or the seat alone."""
    if city.epci_code:
        return Commune.objects.filter(Q(epci_code=city.epci_code) | Q(pk=city.seat_id))
    return Commune.objects.filter(pk=city.seat_id)


def open_cities() -> QuerySet[City]:
    """Towns that take offers and needs, with their seats."""
    return City.objects.open().select_related("seat")


def epcis_named(text: str) -> dict[str, list[Commune]]:
    """The intercommunalities whose name holds what was typed, each with its communes, the largest first."""
    typed = fold(text)
    if len(typed) < SHORTEST_EPCI:
        return {}
    names = Commune.objects.exclude(epci_name="").order_by("epci_name").values_list("epci_name", flat=True)
    meant = [name for name in names.distinct() if f" {typed} " in f" {fold(name)} "]
    found: dict[str, list[Commune]] = {name: [] for name in meant}
    for commune in Commune.objects.filter(epci_name__in=meant).order_by("-population", "insee"):
        found[commune.epci_name].append(commune)
    return found


def names_epci(text: str, seat: Commune) -> bool:
    """Whether somebody who wrote this meant the seat's whole intercommunality: they called it by its name."""
    return bool(seat.epci_name) and fold(text) == fold(seat.epci_name)


def cities_by_slug(slugs: Collection[str]) -> list[City]:
    """The towns of these short addresses. Raises CityNotFound, for one of them is a slip."""
    found = {city.slug: city for city in City.objects.filter(slug__in=slugs)}
    if unknown := [slug for slug in slugs if slug not in found]:
        raise CityNotFound(unknown)
    return list(found.values())


def town_of(commune: Commune, *, but: City) -> City | None:
    """Another town on the service in whose territory the commune lies."""
    if commune.pk in near_of(but.seat_id, but.epci_code).territory:
        return None
    within = Q(seat=commune)
    if commune.epci_code:
        within |= Q(epci_code=commune.epci_code)
    return open_cities().exclude(pk=but.pk).filter(within).first()


def linked_city_ids(city: City) -> set[int]:
    """The towns that may see this one's shared offers; itself not among them."""
    return set(city.linked.values_list("pk", flat=True))


def _communes(codes: Sequence[str]) -> list[Commune]:
    """In this order."""
    known = Commune.objects.in_bulk(codes)
    return [known[code] for code in codes if code in known]
