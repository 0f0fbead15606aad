"""`manage.py seed_demo`: the two towns of the demonstration."""

import time
from argparse import ArgumentParser
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from demo import seeding
from demo.people import personas
from demo.towns import TOWNS


class Command(BaseCommand):
    help = "Remplit Strasbourg et Grenoble de données inventées, une fois."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="Le même nombre donne les mêmes villes.")
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            help="Le jour de la démonstration (AAAA-MM-JJ), au lieu d’aujourd’hui.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Les données de démonstration n’entrent pas dans une vraie ville.")
        if seeding.is_there():
            self.stdout.write("  Villes de démonstration : déjà là.")
        else:
            self._seed(options["seed"], options["today"])
        self._ways_in()

    def _seed(self, seed: int, today: date | None) -> None:
        now = timezone.now()
        if today is not None:
            now = datetime(today.year, today.month, today.day, 17, 30, tzinfo=timezone.get_default_timezone())
        begin = time.monotonic()
        try:
            seeded = seeding.seed_towns(seed=seed, now=now, say=self._say)
        except seeding.NoGazetteer:
            raise CommandError("Chargez d’abord les communes : manage.py load_gazetteer") from None
        for town in seeded:
            self.stdout.write(
                f"  {town.city.name} : {town.offers} propositions, {town.needs} besoins, "
                f"{town.organisations} associations."
            )
        self.stdout.write(f"  En {time.monotonic() - begin:.0f} s.")

    def _say(self, text: str) -> None:
        self.stdout.write(f"  {text}…")
        self.stdout.flush()

    def _ways_in(self) -> None:
        """The address, one login a role, and where the codes arrive."""
        self.stdout.write(f"\n  Adresse : {settings.SITE_URL}")
        for town in TOWNS:
            self.stdout.write(f"  {town.name}")
            for someone in personas(town.slug).values():
                self.stdout.write(f"    {someone.key:<15} {someone.email:<42} {someone.name}")
        if settings.DEMO:
            self.stdout.write(f"  Entrer en un geste : {settings.SITE_URL}/demo/")
            self.stdout.write(f"  Les codes de connexion et les messages : {settings.SITE_URL}/demo/boite/\n")
