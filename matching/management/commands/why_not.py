import argparse
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from catalogue.references import read_reference
from matching.why_not.judging import WhyNot, why_not
from matching.why_not.why_not_forms import PREFIXES, Side, row_of
from needs.models import Need
from offers.models import Offer


class Command(BaseCommand):
    help = (
        "Why does an offer not match a need? Every rule that the pair breaks, or where it stands in the need's list. "
        "The exit status is 0 when the pair is possible, 1 when it is not, 2 when a reference is not known."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("references", nargs=2, metavar="REFERENCE", help="P-… and B-…, in any order")

    def handle(self, *args: Any, references: list[str], **options: Any) -> None:
        one, other = sorted(
            references, key=lambda text: (read_reference(text) or "").startswith(PREFIXES["offer"])
        )
        need = _row("need", one, Need.objects.select_related("city", "organisation"))
        offer = _row("offer", other, Offer.objects.select_related("city"))
        answer = why_not(need, offer, now=timezone.now())
        for line in _lines(answer):
            self.stdout.write(line)
        if not answer.is_possible:
            raise SystemExit(1)


def _row(side: Side, text: str, known: Any) -> Any:
    try:
        return row_of(text, side=side, known=known)
    except ValidationError as refusal:
        raise CommandError(f"{text}\u202f: {refusal.message}", returncode=2) from refusal


def _lines(answer: WhyNot) -> list[str]:
    told = [unmet.sentence for unmet in answer.unmet] or [
        answer.standing,
        *(note.sentence for note in answer.notes),
    ]
    word = _("C’est possible") if answer.is_possible else _("Ce n’est pas possible")
    pair = f"{answer.need.reference} × {answer.offer.reference}\u202f: {word}"
    return [pair, *(f"- {line}" for line in told if line)]
