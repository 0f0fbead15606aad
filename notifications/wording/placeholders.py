"""What may stand in a text between braces: by the name that composers use, what a town writes, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`token` is what stands in braces, in every language. What is `personal` is masked where it is not to be read."""

    token: str
    label: "StrPromise"
    example: "StrPromise | str"
    personal: bool = False


PLACEHOLDERS: Mapping[str, Placeholder] = {
    "about": Placeholder("sujet", _("ce dont il s’agit"), _("Chambre pour deux"), personal=True),
    "ask": Placeholder("question", _("ce qui est demandé"), _("Est-ce que 12\u00a0km conviennent\u202f?")),
    "association": Placeholder("association", _("l’association"), "Un lit, une lampe"),
    "city": Placeholder("ville", _("la ville"), "Strasbourg"),
    "contact": Placeholder(
        "coordonnees", _("le nom, le téléphone et l’adresse"), "Camille Martin\n01 99 00 12 34", personal=True
    ),
    "deadline": Placeholder("delai", _("jusqu’à quand répondre"), _("mardi 10 mars, 18:00")),
    "distance": Placeholder("distance", _("la distance"), _("à 3,2\u00a0km")),
    "gap": Placeholder("ecart", _("ce qui manque pour que cela convienne"), _("Le logement est à 12\u00a0km.")),
    "given": Placeholder("remis", _("ce qui a été remis"), _("6\u00a0objets")),
    "need": Placeholder("besoin", _("le besoin, comme il est nommé"), _("Un toit pour deux"), personal=True),
    "offer": Placeholder(
        "proposition", _("la proposition, comme elle est nommée"), _("Chambre au calme"), personal=True
    ),
    "phone": Placeholder("telephone", _("le téléphone de la ville"), "01 99 00 56 78"),
    "place": Placeholder("lieu", _("la commune et la distance"), _("Schiltigheim, à 3,2\u00a0km de chez vous")),
    "reason": Placeholder("raison", _("pourquoi"), _("La place manque un peu pour accueillir en ce moment.")),
    "reference": Placeholder("reference", _("la référence"), "P-3467-CDFG", personal=True),
    "title": Placeholder("titre", _("ce qui est enregistré"), _("Chambre au calme"), personal=True),
    "valid_until": Placeholder("fin", _("le dernier jour"), _("9 mars 2028")),
    "visitor": Placeholder("visiteur", _("qui vient"), "Awa D.", personal=True),
    "until": Placeholder("dernier_jour", _("le dernier jour demandé"), _("jeudi 12 mars")),
    "what": Placeholder("demande", _("ce qui est cherché"), _("Un toit pour 2 personnes")),
    "when": Placeholder("dates", _("les jours"), _("du 11 au 20 mars")),
}  # fmt: skip
MASK = "•••••"


def token(name: str) -> str:
    return PLACEHOLDERS[name].token


def by_token(values: Mapping[str, str]) -> dict[str, str]:
    """The values under the names that a town writes."""
    return {token(name): value for name, value in values.items()}
