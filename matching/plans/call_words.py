"""A call for offers in sentences: what is wanted, whom it would help, and the text that a town posts."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.items import without_kinds
from catalogue.labels import category_label, goods_label, language_names, listed, quantity_words
from catalogue.times import day_range
from catalogue.vocabulary import Kind
from engine.planning import EQUAL

_CONDITIONS = {
    "step_free": gettext_lazy("de plain-pied ou avec ascenseur"),
    "pets": gettext_lazy("animal accepté"),
    "smoke_free": gettext_lazy("sans fumée"),
    "shared_home": gettext_lazy("sans partage avec l’hôte"),
    "families": gettext_lazy("enfants bienvenus"),
    "lone_minors": gettext_lazy("accueil d’un mineur isolé"),
}


def wanted(told: Mapping[str, Any], *, commune: str) -> str:
    """What to call for, in one line: "2 logements, 2 places, de plain-pied, vers Strasbourg, du 3 au 20 mars"."""
    details = [
        *_details(told),
        *([_("vers %(commune)s") % {"commune": commune}] if commune else []),
        day_range(date.fromisoformat(told["first_day"]), date.fromisoformat(told["last_day"])),
    ]
    return listed([_how_many(told), *details])


def helps(told: Mapping[str, Any]) -> str:
    """ "aiderait 5 personnes"."""
    people = max(1, math.floor(told["people"] + EQUAL))
    return ngettext("de quoi aider %(n)s personne", "de quoi aider %(n)s personnes", people) % {
        "n": number_format(people)
    }


def as_posted(lines: Sequence[str], *, city: str, address: str, phone: str) -> str:
    """A text that a town can send or post as it is."""
    parts = [_("%(city)s cherche de l’aide. Ce qui manque le plus en ce moment\u202f:") % {"city": city}, ""]
    parts += [f"• {line}" for line in lines]
    parts += [
        "",
        _("Vous pouvez aider, même un peu\u202f? Proposez ici\u202f: %(address)s") % {"address": address},
    ]
    if phone:
        parts.append(_("Par téléphone\u202f: %(phone)s") % {"phone": phone})
    return "\n".join(parts)


def _how_many(told: Mapping[str, Any]) -> str:
    if told["kind"] == Kind.HOUSING:
        return ngettext("%(n)s logement", "%(n)s logements", told["count"]) % {
            "n": number_format(told["count"])
        }
    if told["kind"] == Kind.GOODS:
        thing = capfirst(
            goods_label(told["category"], without_kinds(told.get("items", [])), told.get("sizes", []))
        )
        return f"{thing}\u202f: {quantity_words(told['kind'], told['count'])}"
    people = ngettext("%(n)s personne", "%(n)s personnes", told["count"]) % {
        "n": number_format(told["count"])
    }
    return f"{category_label(told['category'])}\u202f: {people}"


def _details(told: Mapping[str, Any]) -> list[str]:
    found = []
    if told["kind"] != Kind.GOODS:
        found.append(quantity_words(told["kind"], told["size"]))
    if told["forms"]:
        found.append(_(" ou ").join(category_label(form).lower() for form in told["forms"]))
    found += [str(_CONDITIONS[condition]) for condition in told["conditions"]]
    if told["languages"]:
        found.append(language_names(told["languages"]))
    return found
