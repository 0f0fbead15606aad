"""`manage.py translations --update | --check | --compile`."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import to_locale

from config import translations


class Command(BaseCommand):
    help = "Keeps the message catalogues in line with the sources, judges them, compiles them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        act = parser.add_mutually_exclusive_group(required=True)
        act.add_argument("--update", action="store_true", help="write locale/*/LC_MESSAGES/django.po anew")
        act.add_argument("--check", action="store_true", help="fail when a text lacks a sound translation")
        act.add_argument("--compile", action="store_true", help="write the .mo files that are out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            translations.compile_all()
            return
        # pt-br in the settings is pt_BR on the disk.
        languages = [to_locale(code) for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        if options["update"]:
            for language in languages:
                changed = translations.update(language)
                self.stdout.write(f"{language}: {'updated' if changed else 'unchanged'}")
            return
        found = {language: translations.problems(language) for language in languages}
        found[settings.LANGUAGE_CODE] = translations.problems_of_the_source()
        for language, lines in found.items():
            for line in lines:
                self.stderr.write(f"{language}: {line}")
        if count := sum(map(len, found.values())):
            raise CommandError(
                f"{count} problems in the translations. Run `manage.py translations --update`, then edit."
            )
