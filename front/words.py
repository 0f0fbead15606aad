"""The texts of a town's home: Accorde's own, in the reader's language, and over them the town's."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cities.models import City
from front.models import HomeWords


def place(city: City) -> str:
    """ "À Grenoble", "Au Havre": French alone bends a town's name."""
    return city.locative if get_language() == "fr" else city.name


# Each by the field of HomeWords in whose place it stands, in the order of the page.
BUILT_IN: dict[str, Callable[[City], str]] = {
    "title": lambda city: _("%(place)s, on s’entraide pour accueillir.") % {"place": place(city)},
    "lead": lambda city: _(
        "Une chambre, des meubles, une heure de français\u202f: votre proposition rejoint le besoin d’une association "
        "près de chez vous."
    ),
    "offer_label": lambda city: _("Je propose mon aide"),
    "need_label": lambda city: _("J’ai besoin d’aide"),
    "call_note": lambda city: _("Vous préférez appeler\u202f? Nous remplissons avec vous."),
    "needs_title": lambda city: _("Besoins du moment"),
    "needs_none": lambda city: _("Votre proposition sera prête quand il y en aura un."),
    "figures_title": lambda city: _("Douze mois d’entraide"),
    "about_title": lambda city: _("Qui fait vivre ce service"),
    "about": lambda city: (
        _(
            "L’équipe de la ville (%(town)s) lit les besoins et les propositions, et décide de chaque mise en relation."
        )
        % {"town": city.name}
    ),
    "associations_title": lambda city: _("Les associations qui participent"),
}
FIELDS = tuple(BUILT_IN)


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says, field by field."""

    title: str
    lead: str
    offer_label: str
    need_label: str
    call_note: str
    needs_title: str
    needs_none: str
    figures_title: str
    about_title: str
    about: str
    associations_title: str


def built_in(city: City) -> dict[str, str]:
    """Accorde's own texts, in the language of the page."""
    return {name: text(city) for name, text in BUILT_IN.items()}


def said(city: City, own: HomeWords | None) -> Words:
    """The town's where it has any, else the built-in: a reader never gets another language than theirs."""
    return Words(**{name: getattr(own, name, "") or text for name, text in built_in(city).items()})
