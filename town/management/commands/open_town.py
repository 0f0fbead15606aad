from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import services
from cities.models import City, Commune
from cities.selectors import AmbiguousCommune, CommuneNotFound, communes_of, find_commune, names_epci
from town.links import first_town_path
from town.opening import seats_of


class Command(BaseCommand):
    help = (
        "Open a town: its seat and the address of its first administrator, who does the rest on the town's own pages. "
        "The public sees it once they say so. Without either, where there is no town yet: print the address of a page "
        "that asks for all of it, once, within a day."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "commune",
            nargs="?",
            default="",
            help="its seat: a name, with the département where several share it",
        )
        parser.add_argument(
            "email", nargs="?", default=None, help="of its first administrator, who signs in by a code"
        )
        parser.add_argument("--name", default="", help="of that person, as others read it")
        parser.add_argument(
            "--language", default="fr", choices=_languages(), help="of that person's messages"
        )
        parser.add_argument("--town-name", default="", help="how the town is called; else as its seat")
        parser.add_argument("--slug", default="", help="its short address; else made of its name")
        parser.add_argument(
            "--epci",
            action="store_true",
            help="its territory is the seat's whole intercommunalité, not it alone",
        )
        parser.add_argument("--phone", default="", help="the town's number, as people read it")
        parser.add_argument("--hours", default="", help="when it is answered, in French")
        parser.add_argument("--colour", default="", help="of its pages, as #0f5c5c")
        parser.add_argument("--accent", default="", help="of what is to be pressed, as #c8501e")

    def handle(self, *args: Any, commune: str, email: str | None, **options: Any) -> None:
        if not commune:
            self._say_where()
            return
        if email is None:
            raise CommandError(
                _("Dites aussi l’adresse e-mail de la première personne qui administre la ville.")
            )
        try:
            seat = find_commune(commune)
            city = services.found_town(
                seat=seat,
                email=email,
                name=options["name"],
                language=options["language"],
                slug=options["slug"],
                town_name=options["town_name"],
                whole_epci=options["epci"] or names_epci(commune, seat),
                by=None,
                now=timezone.now(),
                **_settings(options),
            )
        except AmbiguousCommune as several:
            raise CommandError(_which(str(several), several.candidates)) from several
        except CommuneNotFound as unknown:
            raise CommandError(_which(seats_of(commune) or str(unknown), unknown.suggestions)) from unknown
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        page = settings.SITE_URL + reverse("town:home", args=[city.slug])
        said = _("%(city)s existe, fermée au public. %(email)s continue ici\u202f: %(page)s")
        self.stdout.write(said % {"city": city.name, "email": email, "page": page})
        self.stdout.write(_territory(city))

    def _say_where(self) -> None:
        path = first_town_path()
        if path is None:
            raise CommandError(_("Dites la commune siège et l’adresse e-mail de qui administre la ville."))
        self.stdout.write(_("La première ville s’ouvre ici, une fois, d’ici demain\u202f:"))
        self.stdout.write(settings.SITE_URL + path)


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code not in settings.LANGUAGES_FOR_THE_PUBLIC]


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """What was said of the town's settings; the others are as each town begins."""
    said = {
        "phone": options["phone"],
        "phone_hours": options["hours"],
        "brand_colour": options["colour"],
        "accent_colour": options["accent"],
    }
    return {field: value for field, value in said.items() if value}


def _territory(city: City) -> str:
    if not city.epci_code:
        return _("Territoire\u202f: la commune seule. Avec --epci, toute son intercommunalité.")
    count = communes_of(city).count()
    said = ngettext(
        "Territoire\u202f: %(epci)s, %(count)s commune.",
        "Territoire\u202f: %(epci)s, %(count)s communes.",
        count,
    )
    return said % {"epci": city.seat.epci_name, "count": count}


def _which(refusal: str, communes: Iterable[Commune]) -> str:
    return "\n".join([refusal, *(f"- {commune.label}" for commune in communes)])
