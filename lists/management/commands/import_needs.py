import argparse
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Membership, Organisation, User
from accounts.selectors import desk_member
from cities.models import City
from lists.command import ImportCommand
from lists.models import Sender, What
from lists.services import sender_of_needs
from needs.models import Need


class Command(ImportCommand):
    help = (
        "Import an association's needs from a spreadsheet; run again, it imports only what is new or changed."
    )
    model = Need

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--organisation",
            required=True,
            metavar="NUMBER",
            help="the association: RNA, SIRET or exact name",
        )

    def sender(self, *, city: City, options: Mapping[str, Any]) -> Sender:
        organisation = _organisation(options["organisation"], city)
        if organisation.state == Organisation.State.PENDING:
            self.stdout.write(
                _("%(name)s n’est pas encore vérifiée\u202f: ses besoins attendront qu’elle le soit.")
                % {"name": organisation.name}
            )
        return Sender(city=city, what=What.NEEDS, organisation=organisation)

    def saved(self, sender: Sender, *, now: datetime) -> Sender:
        assert sender.organisation is not None
        return sender_of_needs(organisation=sender.organisation, now=now)

    def enterer(self, *, sender: Sender, email: str | None) -> User | None:
        assert sender.organisation is not None
        return _enterer(email, sender.organisation)


def _organisation(text: str, city: City) -> Organisation:
    """The association of the town with this number or name. Raises CommandError when it is not exactly one."""
    number = re.sub(r"[\s.\-]", "", text).upper()
    named = Q(name__iexact=text.strip())
    numbered = Q(rna=number) | Q(siret=number) if number else Q()
    found = list(Organisation.objects.filter(numbered | named, city=city).order_by("pk"))
    if not found:
        raise CommandError(
            _("Aucune association de %(city)s n’a ce numéro ou ce nom\u202f: %(text)s.")
            % {"city": city.name, "text": text}
        )
    if len(found) > 1:
        numbers = ", ".join(organisation.rna or organisation.siret for organisation in found)
        raise CommandError(
            _("Plusieurs associations portent ce nom. Donnez le numéro de la bonne\u202f: %(numbers)s.")
            % {"numbers": numbers}
        )
    if found[0].state == Organisation.State.SUSPENDED:
        raise CommandError(
            _("%(name)s est suspendue\u202f: ses besoins ne peuvent pas être importés.")
            % {"name": found[0].name}
        )
    return found[0]


def _enterer(email: str | None, organisation: Organisation) -> User:
    """Who enters the needs: somebody of the desk, by default the association's manager."""
    if email:
        by = desk_member(email=email, city=organisation.city)
        if by is None:
            raise CommandError(
                _("%(email)s n’est ni à la coordination ni à l’accueil téléphonique de %(city)s.")
                % {"email": email, "city": organisation.city.name}
            )
        return by
    members = Membership.objects.filter(organisation=organisation).select_related("user")
    member = (
        members.filter(role=Membership.Role.MANAGER).order_by("pk").first() or members.order_by("pk").first()
    )
    if member is None:
        raise CommandError(
            _("%(name)s n’a aucun membre. Dites qui saisit avec --by ADRESSE.") % {"name": organisation.name}
        )
    return member.user
