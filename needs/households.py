"""The household of a line of a list: in words, or number by number, and never both."""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.fields.needs import ADULTS, CHILDREN, NEED
from catalogue.imports import RowRefused
from catalogue.labels import listed as listed_words
from catalogue.meaning import People
from catalogue.spreadsheets import Row
from catalogue.vocabulary import HOUSING_FORMS

ADOLESCENTS = "children_12_to_17"
LONGEST_NAME = NEED["social_worker"].longest


class Households:
    """The households of one list, and what was made of children of whom it says too little."""

    def __init__(self, name: str) -> None:
        self.name = name  # of the association, which accompanies lone minors
        self.ageless = self.alone = 0

    def fields(self, row: Row) -> dict[str, Any]:
        """Whom the line says, and the forms of home that will do. RowRefused."""
        # A list that has one column for the categories of all kinds names the one form wanted there.
        forms = row["forms"] or ((row["category"],) if row["category"] else ())
        foreign = [form for form in forms if form not in HOUSING_FORMS]
        if foreign:
            message = _("«\u00a0%(text)s\u00a0» n’est pas une forme de logement\u202f: %(known)s.") % {
                "text": foreign[0],
                "known": listed_words(HOUSING_FORMS),
            }
            raise RowRefused(row.bad("forms" if row["forms"] else "category", message))
        if row["category"] and row["category"] not in forms:
            message = _("cette forme n’est pas parmi celles de la colonne «\u00a0forms\u00a0».")
            raise RowRefused(row.bad("category", message))
        who = self._who(row)
        household = sum(who[name] for name in (*ADULTS, *CHILDREN))
        if household == 0:
            raise RowRefused(row.bad("adult_women", _("dites combien de personnes cherchent un logement.")))
        for column in ("quantity", "people"):
            if row[column] is not None and row[column] != household:
                message = _("le foyer compte %(household)s personnes, cette cellule dit %(number)s.") % {
                    "household": household,
                    "number": row[column],
                }
                raise RowRefused(row.bad(column, message))
        if not any(who[name] for name in ADULTS):
            # Adolescents without an adult are lone minors, ticked or not; of younger children an adult may have been
            # forgotten, and it is asked. Who posts the need of lone minors accompanies them.
            if not who["lone_minor"] and sum(who[name] for name in CHILDREN) == who[ADOLESCENTS]:
                self.alone += 1
                who["lone_minor"] = True
            if who["lone_minor"]:
                who["social_worker"] = row["social_worker"] or self.name[:LONGEST_NAME]
        return {**who, "forms": list(forms)}

    def _who(self, row: Row) -> dict[str, Any]:
        """The household: in words, or number by number."""
        told: People | None = row["household"]
        ages = self._ages(row)
        if told is None:
            return {**{name: row[name] for name in (*ADULTS, "couple", "lone_minor")}, **ages}
        if any(
            row[name] for name in (*ADULTS, *CHILDREN, "couple", "lone_minor", "children", "children_ages")
        ):
            message = _("ce foyer est dit deux fois, ici et dans d’autres colonnes.")
            raise RowRefused(row.bad("household", message))
        return asdict(told)

    def _ages(self, row: Row) -> dict[str, int]:
        """Children by age band; those of whom the file only gives the number are counted in one band."""
        ages = {band: row[band] for band in CHILDREN}
        if row["children_ages"]:
            if any(ages.values()):
                message = _("ces âges sont donnés deux fois, dans des colonnes différentes.")
                raise RowRefused(row.bad("children_ages", message))
            ages = dict(zip(CHILDREN, row["children_ages"], strict=True))
        total = row["children"]
        if total is None or total == sum(ages.values()):
            return ages
        if any(ages.values()):
            message = _("%(total)s enfants ici, et %(sum)s par tranches d’âge.") % {
                "total": total,
                "sum": sum(ages.values()),
            }
            raise RowRefused(row.bad("children", message))
        # The engine asks whether there are children, not of what age; a minor alone is hardly under twelve.
        if row["lone_minor"]:
            ages["children_12_to_17"] = total
        else:
            ages["children_3_to_11"] = total
            self.ageless += 1
        return ages

    def notices(self) -> list[str]:
        """What is worth a second look, though no row is wrong."""
        found = []
        if self.ageless:
            found.append(
                ngettext(
                    "%(n)s ligne compte des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    "%(n)s lignes comptent des enfants sans âge\u202f: ils sont enregistrés entre 3 et 11 ans.",
                    self.ageless,
                )
                % {"n": self.ageless}
            )
        if self.alone:
            found.append(
                ngettext(
                    "%(n)s ligne compte des enfants sans adulte\u202f: ce sont des mineurs isolés.",
                    "%(n)s lignes comptent des enfants sans adulte\u202f: ce sont des mineurs isolés.",
                    self.alone,
                )
                % {"n": self.alone}
            )
        return found
