"""Labels of the shared vocabulary, alone and in lists, in the reader's language."""

from collections.abc import Iterable

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalogue.items import ITEM, SERIES
from catalogue.languages import language_name
from catalogue.vocabulary import Category, Household, Kind
from engine.goods import ANY, MIXED, OTHER


def listed(words: Iterable[object]) -> str:
    """ "français, anglais": one after the other, with the reader's own comma."""
    return pgettext("entre les mots d’une liste", ", ").join(map(str, words))


def kind_label(kind: str) -> str:
    """ "Logement"."""
    return str(Kind(kind).label)


def category_label(category: str) -> str:
    """ "Chambre chez l’habitant"."""
    return str(Category(category).label)


def item_label(code: str) -> str:
    """ "couette": of an item of goods, or of what stands for any and for other."""
    if code in ("", ANY):
        return _("tout objet de la catégorie")
    return _("autre objet") if code == OTHER else ITEM[code].name


def size_label(code: str) -> str:
    """ "6 ans", "140 cm", "tailles diverses"."""
    if code == MIXED:
        return next(iter(SERIES.values())).label(code)
    return next((series.label(code) for series in SERIES.values() if code in series.sizes.codes), code)


def quantity_words(kind: str, quantity: int) -> str:
    """A quantity in the kind's unit: "3 places", "10 objets", "2 h par semaine"."""
    if kind == Kind.HOUSING:
        return ngettext("%(n)s place", "%(n)s places", quantity) % {"n": quantity}
    if kind == Kind.GOODS:
        return ngettext("%(n)s objet", "%(n)s objets", quantity) % {"n": quantity}
    return _("%(n)s\u00a0h par semaine") % {"n": quantity}


def km_words(km: float) -> str:
    """A number of kilometres that people chose: "12 km", "12,5 km"."""
    return _("%(n)s\u00a0km") % {"n": number_format(f"{km:g}")}


def euros(amount: int) -> str:
    """ "350 €", "1 200 €"."""
    return _("%(n)s\u00a0€") % {"n": number_format(amount, force_grouping=True)}


def language_names(codes: Iterable[str]) -> str:
    """ "français, anglais"."""
    return listed(language_name(code) for code in codes)


def household_names(households: Iterable[str]) -> str:
    """ "une femme seule, un couple"."""
    names = listed(str(Household(value).label) for value in households)
    return names.lower()
