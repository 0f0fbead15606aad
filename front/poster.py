"""A poster of the town's home, A4, in one language: what it is, a code to scan, a number to call."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from catalogue.scanning import qr_code
from cities.colours import HEX_COLOUR
from cities.models import City
from front import selectors
from front.feed import home_url
from front.words import said
from matching.explanations.comparing import isolated
from matching.explanations.document import typeset

TEMPLATE = Path(__file__).parent / "typesetting" / "poster.typ"


def as_pdf(city: City, *, now: datetime) -> bytes:
    """The document, in the language that is active."""
    return typeset(TEMPLATE, words(city), now=now)


def words(city: City) -> dict[str, Any]:
    """All that stands on it. The code leads to the town's home in the language of the poster."""
    language = get_language() or selectors.FRENCH
    own = said(city, selectors.own_words(city, language))
    return {
        "language": language,
        "is_rtl": get_language_bidi(),
        "town": city.name,
        "title": own.title,
        "lead": own.lead,
        "code": qr_code(home_url(city, language), border=0),
        "code_words": _("Code à scanner avec un téléphone. Il mène à %(address)s")
        % {"address": address(city)},
        "scan": _("Scannez ce code avec votre téléphone"),
        "address": address(city),
        "call": _("Ou appelez-nous"),
        "phone": isolated(city.phone),
        "hours": city.hours_said,
        "colours": {
            name: colour if HEX_COLOUR.fullmatch(colour) else "#0f5c5c"
            for name, colour in (("brand", city.brand_colour), ("accent", city.accent_colour))
        },
    }


def address(city: City) -> str:
    """As somebody would type it: "accorde.ville.example/grenoble"."""
    return f"{settings.SITE_URL.split('://')[-1]}/{city.slug}"
