from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services
from cities.selectors import CityNotFound, cities_by_slug
from town import selectors


class Command(BaseCommand):
    help = (
        "Close a town that was made by mistake, and say what is in it; with --delete, remove it where nothing happened "
        "in it: no offer, no need, no association, no message, nobody invited."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its short address")
        parser.add_argument("--delete", action="store_true", help="the second step, once it is closed")

    def handle(self, *args: Any, slug: str, delete: bool, **options: Any) -> None:
        try:
            [city] = cities_by_slug([slug])
        except CityNotFound as unknown:
            raise CommandError(str(unknown)) from unknown
        now, keeps = timezone.now(), selectors.what_keeps(city)
        if delete:
            try:
                services.remove_town(city_id=city.pk, by=None, now=now)
            except ValidationError as refusal:
                raise CommandError(" ".join(refusal.messages) + _listed(keeps)) from refusal
            self.stdout.write(_("%(city)s est supprimée.") % {"city": city.name})
            return
        services.update_city(city_id=city.pk, changes={"is_open": False}, by=None, now=now)
        self.stdout.write(_("%(city)s est fermée au public.") % {"city": city.name})
        if keeps:
            kept = _("Cette ville n’est pas vide\u202f: elle peut être fermée, et reste.")
            self.stdout.write(kept + _listed(keeps))
        else:
            self.stdout.write(_("Rien ne s’y est passé\u202f: --delete la supprime."))


def _listed(keeps: list[tuple[str, int]]) -> str:
    return "".join(f"\n- {what}\u202f: {count}" for what, count in keeps)
