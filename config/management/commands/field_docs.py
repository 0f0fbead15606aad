"""`manage.py field_docs`: writes the parts of docs/ that follow from the table of fields."""

from typing import Any

from django.core.management.base import BaseCommand

from config.field_docs import DOCS, PAGES, written


class Command(BaseCommand):
    help = "Writes the tables of docs/ that follow from the table of fields."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for name in PAGES:
            page = DOCS / name
            before = page.read_text(encoding="utf-8")
            after = written(before)
            if after != before:
                page.write_text(after, encoding="utf-8")
            self.stdout.write(f"docs/{name}: {'written' if after != before else 'unchanged'}")
