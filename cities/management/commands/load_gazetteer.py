import time
from typing import Any

from django.core.management.base import BaseCommand

from cities.services import load_gazetteer


class Command(BaseCommand):
    help = "Load the communes of France; a second run changes only what the file has changed."

    def handle(self, *args: Any, **options: Any) -> None:
        start = time.perf_counter()
        loaded = load_gazetteer()
        seconds = time.perf_counter() - start
        self.stdout.write(
            f"{loaded.total} communes in {seconds:.1f} s: {loaded.added} added, {loaded.changed} changed."
        )
        if loaded.left_alone:
            self.stdout.write(
                f"{loaded.left_alone} communes are no longer in the file; they stay as they are."
            )
