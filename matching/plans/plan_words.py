"""A plan in sentences: how good it is, why a need is left out, what would help most."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.labels import euros, listed, quantity_words
from catalogue.languages import language_name
from catalogue.saying import what
from catalogue.vocabulary import Kind
from engine.planning import EQUAL, gap_of
from matching.models import Plan
from matching.plans import SEEN_KM
from matching.reasons.sentences import exact_km
from needs.models import Need
from needs.words import days_of, given_words

# --- How good ------------------------------------------------------------------------------------------


def helped(plan: Plan) -> str:
    """ "Ce plan aide 212 personnes sur 260."; whoever is helped in part counts by that part, and is not rounded up."""
    if 0 < (plan.people or 0) < 1 - EQUAL:
        return _("Ce plan aide en partie\u202f: moins d’une personne sur %(all)s.") % {
            "all": number_format(plan.people_asked)
        }
    return ngettext(
        "Ce plan aide %(n)s personne sur %(all)s.",
        "Ce plan aide %(n)s personnes sur %(all)s.",
        _whole(plan.people),
    ) % {"n": number_format(_whole(plan.people)), "all": number_format(plan.people_asked)}


def helped_shortly(plan: Plan) -> str:
    """ "212 personnes aidées sur 260", for the list of plans."""
    if 0 < (plan.people or 0) < 1 - EQUAL:
        return _("moins d’une personne aidée sur %(all)s") % {"all": number_format(plan.people_asked)}
    return ngettext(
        "%(n)s personne aidée sur %(all)s", "%(n)s personnes aidées sur %(all)s", _whole(plan.people)
    ) % {"n": number_format(_whole(plan.people)), "all": number_format(plan.people_asked)}


def compared(plan: Plan) -> str:
    """ "Premier arrivé, premier servi en aiderait 187\u202f: 25 de moins.", or what is so when it helps as many."""
    more = (plan.people or 0) - (plan.people_first_come or 0)
    less = int(more + math.copysign(EQUAL, more))
    theirs = _whole(plan.people) - less
    if less > 0:
        return _("Premier arrivé, premier servi en aiderait %(n)s\u202f: %(less)s de moins.") % {
            "n": number_format(theirs),
            "less": number_format(less),
        }
    if not gap_of(plan.first_come or 0.0, plan.objective or 0.0):
        return _("Premier arrivé, premier servi ferait aussi bien, cette fois.")
    if less == 0:
        return _(
            "Premier arrivé, premier servi en aiderait autant, mais moins bien\u202f: l’urgence et la note comptent."
        )
    return _(
        "Premier arrivé, premier servi en aiderait %(n)s, mais moins bien\u202f: l’urgence et la note comptent."
    ) % {"n": number_format(theirs)}


def sure(plan: Plan) -> str:
    """How sure it is that there is no better plan, and whether time ran out; a share is rounded up, so that it is never
    said too small.
    """
    gap = gap_of(plan.objective or 0.0, plan.bound or 0.0)
    if not gap:
        return _("On ne peut pas faire mieux\u202f: c’est démontré.")
    percent = math.ceil(gap * 1000 - EQUAL) / 10
    told = _("Il est à %(percent)s\u202f%% au plus du meilleur plan possible.") % {
        "percent": number_format(percent, 1)
    }
    if plan.in_time:
        return told
    cut_short = ngettext(
        "Le calcul s’est arrêté au bout de %(n)s seconde\u202f: plus de temps peut trouver mieux.",
        "Le calcul s’est arrêté au bout de %(n)s secondes\u202f: plus de temps peut trouver mieux.",
        plan.budget_seconds,
    ) % {"n": number_format(plan.budget_seconds)}
    return f"{told} {cut_short}"


def ways(plan: Plan) -> list[dict[str, Any]]:
    """The plan beside the baselines and the bound, for the drawing and its table."""
    rows = (
        ("plan", _("Ce plan"), plan.objective, plan.people),
        ("greedy", _("La meilleure note d’abord"), plan.greedy, None),
        ("first_come", _("Premier arrivé, premier servi"), plan.first_come, plan.people_first_come),
        ("bound", _("Aucun plan ne peut faire plus"), plan.bound, None),
    )
    return [
        {
            "code": code,
            "label": label,
            "points": points or 0.0,
            "percent": _percent(points or 0.0, plan.bound or 0.0),
            "people": people,
        }
        for code, label, points, people in rows
    ]


def _whole(people: float | None) -> int:
    """How many people at least, when some are helped in part."""
    return math.floor((people or 0.0) + EQUAL)


def _percent(points: float, bound: float) -> float:
    """Of the bound: 100 for what is proven to reach it, and for nothing else."""
    gap = gap_of(points, bound)
    return math.floor(round(1000 - 1000 * gap, 6)) / 10 if gap else 100.0


# --- Who is left out, and why --------------------------------------------------------------------------

RULE_NAMES = {
    "item": gettext_lazy("l’objet"),
    "size": gettext_lazy("la taille"),
    "distance": gettext_lazy("la distance"),
    "dates": gettext_lazy("les dates"),
    "notice": gettext_lazy("le temps pour prévenir"),
    "stay": gettext_lazy("la durée du séjour"),
    "capacity": gettext_lazy("la place ou la quantité"),
    "rent": gettext_lazy("le loyer"),
    "step_free": gettext_lazy("le plain-pied"),
    "pets": gettext_lazy("les animaux"),
    "smoke_free": gettext_lazy("la fumée"),
    "shared_home": gettext_lazy("le partage du logement"),
    "household": gettext_lazy("le type de foyer"),
    "languages": gettext_lazy("les langues"),
    "slots": gettext_lazy("les heures"),
    "open": gettext_lazy("déjà demandée ou écartée"),
}


def left_out(need: Need, reason: Mapping[str, Any], *, missing: int, days: int = 0) -> str:
    """Why a need is left out, as a sentence: what was counted and no more (engine.planning.gaps). `days`: of what
    lasts, those on which something is missing.
    """
    if reason["code"] == "part" and days:
        return _("Servi en partie\u202f: il manque encore %(days)s.") % {"days": days_of(need, days)}
    return _LEFT_OUT[reason["code"]](need, reason, missing)


def _nothing_of_kind(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    if need.kind == Kind.HOUSING:
        return _("La ville n’a aucun logement de ce type à moins de %(km)s.") % {"km": exact_km(SEEN_KM)}
    return _("La ville n’a aucune proposition «\u00a0%(what)s\u00a0» à moins de %(km)s.") % {
        "what": what(need),
        "km": exact_km(SEEN_KM),
    }


def _served_others(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    return ngettext(
        "La seule proposition possible va à un autre besoin de ce plan.",
        "Les %(n)s propositions possibles vont à d’autres besoins de ce plan.",
        reason["count"],
    ) % {"n": number_format(reason["count"])}


def _kept(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    return ngettext(
        "La proposition possible est gardée pour qui en aura plus besoin : ce besoin a encore le temps. Vous pouvez "
        "quand même la demander.",
        "Les %(n)s propositions possibles sont gardées pour qui en aura plus besoin : ce besoin a encore le temps. "
        "Vous pouvez quand même les demander.",
        reason["count"],
    ) % {"n": number_format(reason["count"])}


def _part(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    return _("Servi en partie\u202f: il manque encore %(missing)s sur %(all)s.") % {
        "missing": _named(need, given_words(need, missing)),
        "all": number_format(need.quantity),
    }


def _several_rules(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    return _(
        "À moins de %(km)s, il manque au moins deux conditions à chaque proposition, surtout\u202f: %(rules)s."
    ) % {"km": exact_km(SEEN_KM), "rules": listed(str(RULE_NAMES[rule]) for rule in reason["rules"])}


def _one_rule(need: Need, reason: Mapping[str, Any], missing: int) -> str:
    (rule,) = reason["rules"]
    count = reason["count"]
    told = _ONE_RULE.get(rule, _but_for)(need.kind, count, reason)
    return told % {"n": number_format(count), **_numbers(need, rule, reason)}


_LEFT_OUT: dict[str, Callable[[Need, Mapping[str, Any], int], str]] = {
    "nothing_of_kind": _nothing_of_kind,
    "served_others": _served_others,
    "kept": _kept,
    "part": _part,
    "one_rule": _one_rule,
    "several_rules": _several_rules,
}


def _named(need: Need, words: str) -> str:
    """Of goods, with the item and the size: "4 objets (couette, 140 cm)"."""
    if need.kind != Kind.GOODS:
        return words
    return _("%(title)s (%(what)s)") % {"title": words, "what": what(need)}


def _numbers(need: Need, rule: str, reason: Mapping[str, Any]) -> dict[str, str]:
    """What there is of the offer that comes nearest, and what it should be."""
    found, needed = reason["found"], reason["needed"]
    if found is None:
        name = str(RULE_NAMES[rule])
        return {"rule": _named(need, name) if rule in ("item", "size") else name}
    if rule == "distance":
        return {"found": exact_km(found), "needed": exact_km(needed)}
    words = _days(int(found)) if rule == "dates" else quantity_words(need.kind, int(found))
    return {"found": words, "needed": number_format(int(needed))}


def _days(days: int) -> str:
    """In days, however many: they are compared with others."""
    return ngettext("%(n)s jour", "%(n)s jours", days) % {"n": number_format(days)}


def _too_far(kind: str, count: int, reason: Mapping[str, Any]) -> str:
    if kind == Kind.HOUSING:
        return ngettext(
            "%(n)s logement conviendrait, mais il est trop loin\u202f: à %(found)s, pour %(needed)s au plus.",
            "%(n)s logements conviendraient, mais ils sont trop loin\u202f: le mieux placé à %(found)s, "
            "pour %(needed)s au plus.",
            count,
        )
    return ngettext(
        "%(n)s proposition conviendrait, mais elle est trop loin\u202f: à %(found)s, pour %(needed)s au plus.",
        "%(n)s propositions conviendraient, mais elles sont trop loin\u202f: la mieux placée à %(found)s, "
        "pour %(needed)s au plus.",
        count,
    )


def _too_short(kind: str, count: int, reason: Mapping[str, Any]) -> str:
    is_home, is_never = kind == Kind.HOUSING, not reason["found"]
    if is_home and is_never:
        return ngettext(
            "%(n)s logement conviendrait, mais pas à ces dates.",
            "%(n)s logements conviendraient, mais pas à ces dates.",
            count,
        )
    if is_never:
        return ngettext(
            "%(n)s proposition conviendrait, mais pas à ces dates.",
            "%(n)s propositions conviendraient, mais pas à ces dates.",
            count,
        )
    if is_home:
        return ngettext(
            "%(n)s logement conviendrait, mais pas assez longtemps\u202f: %(found)s d’affilée, "
            "il en faut %(needed)s.",
            "%(n)s logements conviendraient, mais pas assez longtemps\u202f: au mieux %(found)s d’affilée, "
            "il en faut %(needed)s.",
            count,
        )
    return ngettext(
        "%(n)s proposition conviendrait, mais pas assez longtemps\u202f: %(found)s d’affilée, "
        "il en faut %(needed)s.",
        "%(n)s propositions conviendraient, mais pas assez longtemps\u202f: au mieux %(found)s d’affilée, "
        "il en faut %(needed)s.",
        count,
    )


def _too_small(kind: str, count: int, reason: Mapping[str, Any]) -> str:
    if kind == Kind.HOUSING:
        return ngettext(
            "%(n)s logement conviendrait, mais il est trop petit\u202f: %(found)s, il en faut %(needed)s.",
            "%(n)s logements conviendraient, mais ils sont trop petits\u202f: au mieux %(found)s, "
            "il en faut %(needed)s.",
            count,
        )
    return ngettext(
        "%(n)s proposition conviendrait, mais elle ne suffit pas\u202f: %(found)s, "
        "il en faut %(needed)s d’un seul tenant.",
        "%(n)s propositions conviendraient, mais aucune ne suffit\u202f: au mieux %(found)s, "
        "il en faut %(needed)s d’un seul tenant.",
        count,
    )


def _answered(kind: str, count: int, reason: Mapping[str, Any]) -> str:
    return ngettext(
        "La seule proposition possible a déjà été demandée ou écartée pour ce besoin.",
        "Les %(n)s propositions possibles ont déjà été demandées ou écartées pour ce besoin.",
        count,
    )


def _but_for(kind: str, count: int, reason: Mapping[str, Any]) -> str:
    if kind == Kind.HOUSING:
        return ngettext(
            "%(n)s logement conviendrait, sauf pour %(rule)s.",
            "%(n)s logements conviendraient, sauf pour %(rule)s.",
            count,
        )
    return ngettext(
        "%(n)s proposition conviendrait, sauf pour %(rule)s.",
        "%(n)s propositions conviendraient, sauf pour %(rule)s.",
        count,
    )


_ONE_RULE: dict[str, Callable[[str, int, Mapping[str, Any]], str]] = {
    "distance": _too_far,
    "dates": _too_short,
    "capacity": _too_small,
    "open": _answered,
}


# --- What would help most ------------------------------------------------------------------------------


def would_help(told: Mapping[str, Any]) -> str:
    """One change, and how many people more it helps: "Avec 30 km au lieu de 20 km\u202f: 14 personnes de plus."."""
    people = math.floor(told["people"] + EQUAL)
    more = ngettext("au moins %(n)s personne de plus", "au moins %(n)s personnes de plus", people) % {
        "n": number_format(people)
    }
    return _("%(change)s\u202f: %(more)s.") % {"change": _RELAXED[told["code"]](told), "more": more}


_RELAXED: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: (
        _("Avec %(after)s au lieu de %(before)s")
        % {"after": exact_km(p["after"]), "before": exact_km(p["before"])}
    ),
    "dates": lambda p: (
        _("Avec %(after)s d’affilée au lieu de %(before)s")
        % {"after": _days(int(p["after"])), "before": number_format(int(p["before"]))}
    ),
    "capacity": lambda p: _("Si une partie est déjà utile"),
    "step_free": lambda p: _("Si des marches pouvaient aller"),
    "rent": lambda p: (
        _("Avec un loyer payé jusqu’à %(after)s au lieu de %(before)s")
        % {"after": euros(int(p["after"])), "before": euros(int(p["before"]))}
    ),
    "pets": lambda p: _("Si les animaux étaient acceptés"),
    "smoke_free": lambda p: _("Si l’on pouvait fumer"),
    "shared_home": lambda p: _("Si un logement partagé pouvait aller"),
    "household": lambda p: _("Si les hôtes accueillaient tous les foyers"),
    "languages": lambda p: _("Sans demander\u202f: %(language)s") % {"language": language_name(p["word"])},
    "slots": lambda p: _("Si d’autres heures pouvaient aller"),
}
