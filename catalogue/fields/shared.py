"""Rows that offers and needs have alike: the place, and what the program itself keeps."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.fields.shapes import Word
from catalogue.fields.table import ANONYMISE, Field, Use, code, page, part, rule
from catalogue.vocabulary import Kind

# How many, at most, in each kind's unit: persons, items, hours a week.
LARGEST: dict[str, int] = {Kind.HOUSING: 50, Kind.GOODS: 10_000, Kind.SKILL: 80}
LONGEST_REACH_KM = 500
HIGHEST_RENT = 5_000  # euros a month
LONGEST_TITLE = 120
LONGEST_TEXT = 2000
# A stay of more than ten years is a slip of the finger.
LONGEST_DAYS = 3_660

KIND = Word(
    choices=Kind,
    synonyms={"logements": "housing", "objet": "goods", "competence": "skill", "temps": "skill"},
)
PLACE = (rule("distance"), part("proximity"))
TEXT_COLUMNS = ("texte", "précisions", "description")
COMMUNE_COLUMNS = ("code INSEE", "INSEE", "code commune")
LANGUAGE_COLUMNS = ("langues", "langues parlées")
FROM_COLUMNS, TO_COLUMNS = ("depuis langues", "langues de"), ("vers langues", "langues vers")
REACH_COLUMNS = ("distance_km", "rayon_km")


def own_rows(*, app: str, model: str) -> tuple[Field, ...]:
    """What nobody types."""
    shown = page(f"{app}:detail")

    def own(name: str, *use: Use, label: Any = "", **changes: Any) -> Field:
        return Field(name=name, label=label, asked=False, use=use, **changes)

    return (
        own("latitude", *PLACE, erasure=ANONYMISE),
        own("longitude", *PLACE, erasure=ANONYMISE),
        own("band", rule("distance")),
        own("reach_class", rule("distance")),
        own("reference", shown, label=_("Référence")),
        own("city", rule("city"), label=_("Ville")),
        own("state", rule("open"), shown, label=_("État")),
        own("source", page(f"admin:{app}_{model}_change"), label=_("Arrivé par")),
        own("item_checked_at", page("matching:sorting")),
        own("external_key", code(f"{app}.services.register"), erasure=ANONYMISE),
        own("listed", code("catalogue.imports.again.compared"), erasure=ANONYMISE),
        own("entered_by", page(f"admin:{app}_{model}_change"), label=_("Saisi par")),
        own("revision", code(f"{app}.services.mark_scanned")),
        own("scan_due_at", code(f"{app}.services.mark_scanned")),
        own("created_at", shown, label=_("Enregistré le")),
        own("changed_at", code("catalogue.filters.ChangedSince"), label=_("Modifié le")),
    )
