import argparse
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import desk_member
from cities.models import City
from lists.command import ImportCommand
from lists.models import Sender, What
from lists.services import sender_of_offers
from offers.models import Offer


class Command(ImportCommand):
    help = "Import offers from a spreadsheet; run again, it imports only what is new or changed."
    model = Offer

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--list",
            default="",
            metavar="NAME",
            help="the list's name, when several number their rows from 1",
        )

    def sender(self, *, city: City, options: Mapping[str, Any]) -> Sender:
        if not re.fullmatch(r"[\w-]{0,20}", options["list"]):
            raise CommandError(_("Le nom d’une liste compte au plus 20 lettres, chiffres ou tirets."))
        return Sender(city=city, what=What.OFFERS, key=options["list"])

    def saved(self, sender: Sender, *, now: datetime) -> Sender:
        return sender_of_offers(city=sender.city, name=sender.key, key=sender.key, now=now)

    def enterer(self, *, sender: Sender, email: str | None) -> User | None:
        by = desk_member(email=email, city=sender.city) if email else None
        if email and by is None:
            raise CommandError(
                _("%(email)s n’est ni à la coordination ni à l’accueil téléphonique de %(city)s.")
                % {"email": email, "city": sender.city.name}
            )
        return by
