import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cities.services import load_gazetteer


class Command(BaseCommand):
    help = "Load the communes of France; a second run changes only what the file has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.perf_counter()
        loaded = load_gazetteer()
        seconds = time.perf_counter() - start
        self.stdout.write(
            _("%(total)s communes en %(seconds)s\u00a0s\u202f: %(added)s ajoutées, %(changed)s changées.")
            % {
                "total": loaded.total,
                "seconds": number_format(seconds, 1),
                "added": loaded.added,
                "changed": loaded.changed,
            }
        )
        if loaded.left_alone:
            self.stdout.write(
                _("%(n)s communes ne sont plus dans le fichier\u202f; elles restent en place.")
                % {"n": loaded.left_alone}
            )
