"""The hosting agreement, filled in: host, the guest's association, town; in French and in the guest's language.

The surname of a guest is never kept: a line is left for whoever signs.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from catalogue.contacts import shown
from catalogue.languages import spoken_by_us
from catalogue.saying import what
from catalogue.times import day_range
from cities.days import local_day
from matching.explanations.comparing import isolated
from matching.explanations.document import typeset
from matching.models import Match

TEMPLATE = Path(__file__).parent / "typesetting" / "agreement.typ"
FRENCH = "fr"


@dataclass(frozen=True, slots=True)
class Party:
    role: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """The agreement in one language."""

    language: str
    is_rtl: bool
    heading: str
    reference: str
    intro: str
    parties: tuple[Party, ...]
    articles: tuple[str, ...]
    signatures: tuple[str, ...]
    made_on: str
    note: str


def as_pdf(match: Match, *, now: datetime) -> bytes:
    """The document. The caller has logged that the host's contact is read."""
    return typeset(
        TEMPLATE,
        {"city": match.city.name, "versions": [asdict(one) for one in versions(match, now=now)]},
        now=now,
    )


def versions(match: Match, *, now: datetime) -> list[Version]:
    """In French, which counts, and in the first of the guest's languages that the product speaks."""
    others = [code for code in map(spoken_by_us, match.need.languages) if code not in ("", FRENCH)]
    found = []
    for code in [FRENCH, *others[:1]]:
        with translation.override(code):
            found.append(_version(match, now=now))
    return found


def _version(match: Match, *, now: datetime) -> Version:
    need, offer, city = match.need, match.offer, match.city
    people = ngettext("%(n)s personne", "%(n)s personnes", match.quantity) % {"n": match.quantity}
    days = day_range(match.first_day, match.last_day, today=local_day(now, city).replace(year=1))
    organisation = need.organisation
    return Version(
        language=get_language() or FRENCH,
        is_rtl=get_language_bidi(),
        heading=_("Convention d’hébergement"),
        reference=f"{need.reference} · {offer.reference}",
        intro=_("Cette convention dit qui accueille qui, où, et jusqu’à quand. Elle n’est pas un bail."),
        parties=(
            Party(_("La personne qui accueille"), _lines(offer.owner.name, offer.owner.proven_phone)),
            Party(
                _("L’association qui accompagne"),
                _lines(organisation.name, organisation.phone) if organisation else (_blank(),),
            ),
            Party(_("La ville"), _lines(city.name, city.phone)),
            Party(_("Les personnes accueillies"), (people, _blank())),
        ),
        articles=(
            _("Lieu\u202f: %(place)s (%(what)s).")
            % {
                "place": isolated(", ".join(part for part in (offer.address, offer.commune.name) if part)),
                "what": what(offer, with_words=False),
            },
            _("Durée\u202f: %(days)s. Elle peut être prolongée si tout le monde est d’accord.")
            % {"days": days},
            _rent(match),
            _(
                "La personne qui accueille donne une place où dormir, l’accès à l’eau, aux toilettes et à une cuisine."
            ),
            _(
                "Chacun respecte la vie privée, le calme, et les habitudes de la maison, dites le premier jour."
            ),
            _(
                "Personne n’est obligé de travailler, de payer ou de rendre un service en échange de l’accueil."
            ),
            _("La personne qui accueille prévient son assurance habitation avant le premier jour."),
            _("L’association reste joignable, passe régulièrement, et aide en cas de difficulté."),
            _(
                "Chacun peut arrêter avant la fin. La ville est prévenue tout de suite, et cherche une autre solution."
            ),
            _("En cas de danger, appelez le 17 ou le 112, puis la ville."),
        ),
        signatures=(
            _("La personne qui accueille"),
            _("Les personnes accueillies"),
            _("L’association"),
            _("La ville"),
        ),
        made_on=_("Fait le %(day)s") % {"day": date_format(local_day(now, city), "DATE_FORMAT")},
        note=_("Modèle à relire par la ville. Si les versions diffèrent, la version française compte."),
    )


def _rent(match: Match) -> str:
    if match.offer.rent:
        return _("Loyer\u202f: %(rent)s\u00a0€ par mois, charges comprises.") % {"rent": match.offer.rent}
    return _("L’accueil est gratuit.")


def _lines(*parts: object) -> tuple[str, ...]:
    return tuple(
        isolated(shown(part) if isinstance(part, PhoneNumber) else str(part)) for part in parts if part
    )


def _blank() -> str:
    return "……………………………………………"
