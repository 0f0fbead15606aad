"""How communes and towns are read."""

import re
from collections.abc import Collection, Iterable

from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _

from cities.models import City, Commune
from cities.names import fold

_LABEL = re.compile(r"(?P<name>.+)\((?P<details>[^()]*)\)")
_POSTCODE = re.compile(r"\b\d{5}\b")
_INSEE = re.compile(r"\d{5}|2[AB]\d{3}")
_DEPARTMENT_CODE = re.compile(r"\d{2,3}|2[AB]")
_CEDEX = re.compile(r"\bcedex( \d+)?$")
_ARRONDISSEMENT = re.compile(r"(?P<name>paris|lyon|marseille) \d{1,2} ?(er|e|eme|nd)?( arr[a-z]*)?")
_NAME_AND_DEPARTMENT = re.compile(r"(?P<name>.+) (?P<department>\d{2,3}|2[ab])")
_ARTICLES = ("le", "la", "les", "l")


class CommuneNotFound(Exception):
    """No commune answers to the text. `suggestions` are those that look like it, perhaps none."""

    def __init__(self, text: str, suggestions: Iterable[Commune] = ()) -> None:
        self.text = text
        self.suggestions = list(suggestions)
        super().__init__(
            _("Nous ne connaissons pas cette commune. Vérifiez son nom, ou écrivez son code postal.")
        )


class AmbiguousCommune(Exception):
    """Several communes answer to the text. `candidates` are all of them, the largest first."""

    def __init__(self, text: str, candidates: Iterable[Commune]) -> None:
        self.text = text
        self.candidates = list(candidates)
        super().__init__(_("Plusieurs communes répondent à ce nom. Choisissez la vôtre."))


class CityNotFound(Exception):
    """No town has one of these short addresses."""

    def __init__(self, slugs: Iterable[str]) -> None:
        self.slugs = list(slugs)
        super().__init__(_("Ville inconnue\u202f: %(slugs)s.") % {"slugs": ", ".join(self.slugs)})


def search_communes(text: str, *, near: Commune | None = None, limit: int = 10) -> list[Commune]:
    """Communes for a type-ahead: every word of `text` begins a word of the name, or a postcode.

    The exact name comes first, then those of the EPCI and département of `near`, then names that begin with
    the text, then the most populated. Names with a slip are found by likeness when nothing else is.
    """
    folded = fold(text)
    if district := _ARRONDISSEMENT.fullmatch(folded):
        folded = district["name"]
    words = folded.split()
    if not words:
        return []
    name = " ".join(word for word in words if not word.isdigit())
    condition = Q()
    for word in words:
        condition &= Q(search__contains=f" {word}")
    order = [_rank(Q(name_key=name))]
    if near is not None:
        if near.epci_code:
            order.append(_rank(Q(epci_code=near.epci_code)))
        order.append(_rank(Q(department_code=near.department_code)))
    order.append(_rank(Q(name_key__startswith=name)))
    found = list(Commune.objects.filter(condition).order_by(*order, "-population", "insee")[:limit])
    # Three letters look like anything.
    if found or len(name) < 4:
        return found
    return list(
        Commune.objects.filter(name_key__trigram_similar=name).order_by(
            TrigramSimilarity("name_key", name).desc(), "-population", "insee"
        )[:limit]
    )


def find_commune(text: str, *, city: City | None = None) -> Commune:
    """The one commune meant by the text that a person typed into a form.

    Understood: a label ("Saint-Denis (Seine-Saint-Denis, 93200)"), a name, a name with a département (name or
    code), a name with a postcode on either side, a postcode, an INSEE code. Five figures that are both a
    postcode and another commune's INSEE code are read as the postcode: that is what people know by heart.
    (Spreadsheets and the API carry INSEE codes: see `commune_by_insee`.) Where several answer, the one in
    the territory of `city` is meant. Raises CommuneNotFound or AmbiguousCommune.
    """
    candidates = list(_answering(text.strip()).order_by("-population", "insee"))
    if len(candidates) > 1 and city is not None:
        here = [commune for commune in candidates if _is_in(commune, city)]
        if len(here) == 1:
            return here[0]
    if not candidates:
        raise CommuneNotFound(text, search_communes(text, near=city.seat if city else None, limit=5))
    if len(candidates) > 1:
        raise AmbiguousCommune(text, candidates)
    return candidates[0]


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


def cities_by_slug(slugs: Collection[str]) -> list[City]:
    """The towns of these short addresses. Raises CityNotFound, for one of them is a slip."""
    found = {city.slug: city for city in City.objects.filter(slug__in=slugs)}
    if unknown := [slug for slug in slugs if slug not in found]:
        raise CityNotFound(unknown)
    return list(found.values())


def linked_city_ids(city: City) -> set[int]:
    """The towns that may see this one's shared offers; itself not among them."""
    return set(city.linked.values_list("pk", flat=True))


def _rank(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())


def _is_in(commune: Commune, city: City) -> bool:
    return commune.pk == city.seat_id or (bool(city.epci_code) and commune.epci_code == city.epci_code)


def _answering(text: str) -> QuerySet[Commune]:
    """The communes that the text may mean, in no order."""
    # A few names hold brackets themselves: "Château-Chinon (Ville)".
    exact = Commune.objects.filter(name_key=fold(text))
    if text and exact.exists():
        return exact
    if label := _LABEL.fullmatch(text):
        found = _named(label["name"])
        for detail in label["details"].split(","):
            found = _located(found, detail.strip())
        return found

    if postcode := _POSTCODE.search(text):
        name = _CEDEX.sub("", fold(text.replace(postcode[0], " "))).strip()
        if not name:
            bearing = Commune.objects.filter(postcodes__contains=[postcode[0]])
            return bearing if bearing.exists() else Commune.objects.filter(pk=postcode[0])
        bearing = _named(name).filter(postcodes__contains=[postcode[0]])
        if bearing.exists():
            return bearing
        # Postcodes of firms ("38021 Grenoble cedex") are in no list; they begin like the département.
        return _located(_named(name), postcode[0][:3]) | _located(_named(name), postcode[0][:2])

    if _INSEE.fullmatch(text.upper()):
        return Commune.objects.filter(pk=text.upper())
    return _named(text)


def _named(text: str) -> QuerySet[Commune]:
    """Communes of this name, with or without its article; "Paris 11e" is Paris, "Mâcon 71" is in the 71."""
    name = fold(text)
    if not name:
        return Commune.objects.none()
    exact = Commune.objects.filter(name_key=name)
    if exact.exists():
        return exact
    if district := _ARRONDISSEMENT.fullmatch(name):
        return Commune.objects.filter(name_key=district["name"])
    if parts := _NAME_AND_DEPARTMENT.fullmatch(name):
        return _located(Commune.objects.filter(name_key=parts["name"]), parts["department"])
    return Commune.objects.filter(name_key__in=[f"{article} {name}" for article in _ARTICLES])


def _located(communes: QuerySet[Commune], detail: str) -> QuerySet[Commune]:
    """Those with this postcode, département code or département name."""
    if _POSTCODE.fullmatch(detail):
        return communes.filter(postcodes__contains=[detail])
    code = detail.upper()
    if code == "20":
        return communes.filter(department_code__in=["2A", "2B"])
    if _DEPARTMENT_CODE.fullmatch(code):
        return communes.filter(department_code=code)
    # Namesakes are few: their départements are compared here, folded as the typed one.
    departments = set(communes.values_list("department_name", flat=True))
    return communes.filter(department_name__in=[name for name in departments if fold(name) == fold(detail)])
