import argparse
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sealing.rotation import left, may_rotate, rotate, tables
from sealing.seals import keys

PASSES = 10


class Command(BaseCommand):
    help = (
        "Seal anew with the first of FIELD_KEYS what older keys have sealed; may be stopped and run again. "
        "Restart every process with the new keys first."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="only say what older keys are needed for")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check and not may_rotate():
            raise CommandError(
                "This login does not own the tables. In the containers: "
                "docker compose run --rm prepare python manage.py rotate_keys"
            )
        for number in range(1 if check else PASSES):
            waiting = {table: count for table in tables() if (count := left(table))}
            if not waiting:
                self.stdout.write(f"All is sealed with the key {keys().newest}: no older one is needed.")
                return
            if check:
                break
            if number:
                time.sleep(0.2)  # the rest is in somebody's hands
            for table, count in waiting.items():
                done = 0
                for rows in rotate(table):
                    done += rows
                    self.stdout.write(f"{table.name}: {done} of {count}")
        rest = ", ".join(f"{table.name} {count}" for table, count in waiting.items())
        raise CommandError(f"Older keys are still needed for: {rest}. Keep them in FIELD_KEYS.")
