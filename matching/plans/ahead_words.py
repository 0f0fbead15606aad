"""What others will need, and how a pair was weighed for it, in sentences: beside a plan's line and a suggestion."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.vocabulary import Kind
from engine.planning import EQUAL
from offers.models import Offer


def others_need(told: Mapping[str, Any] | None, offer: Offer) -> str:
    """ "Seul logement de plain-pied de ce genre (Meinau) : 2 personnes en auront sans doute besoin d’ici 28 jours.";
    nothing where fewer than half a person is expected.
    """
    people = round(told["people"]) if told and "people" in told else 0
    if told is None or people < 1:
        return ""
    alike = told["alike"]
    place = {"n": number_format(alike), "place": offer.commune.name}
    if offer.kind == Kind.HOUSING and offer.step_free:
        head = ngettext(
            "Seul logement de plain-pied de ce genre (%(place)s)",
            "%(n)s logements de plain-pied de ce genre, dont celui-ci (%(place)s)",
            alike,
        )
    elif offer.kind == Kind.HOUSING:
        head = ngettext(
            "Seul logement de ce genre (%(place)s)",
            "%(n)s logements de ce genre, dont celui-ci (%(place)s)",
            alike,
        )
    else:
        head = ngettext(
            "Seule proposition de ce genre (%(place)s)",
            "%(n)s propositions de ce genre, dont celle-ci (%(place)s)",
            alike,
        )
    days = ngettext("%(n)s jour", "%(n)s jours", told["days"]) % {"n": number_format(told["days"])}
    will = ngettext(
        "%(people)s personne en aura sans doute besoin d’ici %(days)s.",
        "%(people)s personnes en auront sans doute besoin d’ici %(days)s.",
        people,
    ) % {"people": number_format(people), "days": days}
    return _("%(head)s\u202f: %(will)s") % {"head": head % place, "will": will}


def weighed(told: Mapping[str, Any]) -> str:
    """The arithmetic: "4,81 (priorité + note ÷ 100) × 0,72 (chance d’un oui) − 0,35 (pour qui viendra) = 3,11."."""
    if not told or told["left"] >= told["full"] - EQUAL:
        return ""
    share = told["likely"] / told["full"]
    numbers = {name: number_format(told[name], 2) for name in ("full", "price", "left")}
    numbers["share"] = number_format(share, 2)
    words = _(
        "%(full)s (priorité + note ÷ 100) × %(share)s (chance d’un oui) − %(price)s (pour qui viendra) = %(left)s."
    )
    if told["left"] > told["likely"] - told["price"] + EQUAL:
        words = _(
            "%(full)s (priorité + note ÷ 100) × %(share)s (chance d’un oui) − %(price)s (pour qui viendra), mais pour "
            "qui n’a plus le temps d’attendre jamais moins de trois quarts\u202f: %(left)s."
        )
    return words % numbers
