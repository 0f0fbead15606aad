"""What of two lists is worth a second look, though no row is wrong."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.labels import listed
from engine import NeedColumns, OfferColumns
from tryout.saying import MOST_SAID
from tryout.table import Tally


def of_file(path: Path, tally: Tally) -> list[str]:
    notices = [
        _("%(label)s\u202f: %(value)s") % {"label": path.name, "value": notice} for notice in tally.notices
    ]
    if not tally.good + tally.bad:
        notices.append(_("%(file)s n’a que son en-tête.") % {"file": path.name})
    return notices


def without_item(offers: Tally, needs: Tally) -> Iterator[str]:
    """Said once of both files, which may be older than the catalogue of items."""
    if count := offers.without_item + needs.without_item:
        yield ngettext(
            "%(n)s ligne d’objets ne dit pas lequel\u202f: tout objet de sa catégorie compte, pour moitié.",
            "%(n)s lignes d’objets ne disent pas lequel\u202f: tout objet de leur catégorie compte, pour moitié.",
            count,
        ) % {"n": count}


def without_workbook(offers: Tally, needs: Tally) -> Iterator[str]:
    if offers.said is None or needs.said is None:
        yield _(
            "Pas de classeur results.xlsx\u202f: au-delà de %(most)s lignes par liste, seuls les csv sont écrits."
        ) % {"most": MOST_SAID}


def hardly_meant(needs: NeedColumns, offers: OfferColumns, today: date) -> Iterator[str]:
    """Rows that are right by themselves and yet hardly what was meant."""
    past = int(np.count_nonzero(needs.last_day < today.toordinal()))
    if past:
        yield ngettext(
            "%(n)s besoin est déjà passé le %(today)s\u202f: plus aucun jour ne peut l’aider.",
            "%(n)s besoins sont déjà passés le %(today)s\u202f: plus aucun jour ne peut les aider.",
            past,
        ) % {"n": past, "today": today.isoformat()}
    alone = ~np.isin(needs.city, offers.city)
    if len(offers) and alone.any():
        cities = list(needs.vocabulary.cities)
        named = sorted({cities[code] for code in np.unique(needs.city[alone]).tolist()})
        yield ngettext(
            "%(n)s besoin est dans une ville sans proposition (%(cities)s).",
            "%(n)s besoins sont dans une ville sans proposition (%(cities)s).",
            int(alone.sum()),
        ) % {"n": int(alone.sum()), "cities": listed(name or _("sans nom") for name in named[:10])}
