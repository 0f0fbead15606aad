from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import services
from cities.models import Commune
from cities.selectors import AmbiguousCommune, CommuneNotFound, find_commune


class Command(BaseCommand):
    help = (
        "Open a town: its seat and the address of its first administrator, who does the rest on the town's own pages. "
        "The public sees it once they say so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("commune", help="its seat: a name, with the département where several share it")
        parser.add_argument("email", help="of its first administrator, who signs in by a code")
        parser.add_argument("--name", default="", help="of that person, as others read it")
        parser.add_argument("--slug", default="", help="its short address; else made of the commune's name")

    def handle(self, *args: Any, commune: str, email: str, name: str, slug: str, **options: Any) -> None:
        try:
            seat = find_commune(commune)
            slug = slug or slugify(seat.name)
            city = services.found_town(
                slug=slug, seat=seat, email=email, name=name, by=None, now=timezone.now()
            )
        except AmbiguousCommune as several:
            raise CommandError(_which(several, several.candidates)) from several
        except CommuneNotFound as unknown:
            raise CommandError(_which(unknown, unknown.suggestions)) from unknown
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        page = settings.SITE_URL + reverse("town:home", args=[city.slug])
        said = _("%(city)s existe, fermée au public. %(email)s continue ici\u202f: %(page)s")
        self.stdout.write(said % {"city": city.name, "email": email, "page": page})


def _which(refusal: Exception, communes: Iterable[Commune]) -> str:
    return "\n".join([str(refusal), *(f"- {commune.label}" for commune in communes)])
