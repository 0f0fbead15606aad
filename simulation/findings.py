"""Where the daily plan lost, and what looking ahead brings: two parts of docs/simulation.md, made of the figures."""

from collections.abc import Mapping, Sequence
from math import nan

from engine.foresight.prices import FUTURES as PLAN_FUTURES
from simulation.lookout import FUTURES
from simulation.measures import HOUSEHOLDS, Figures, interval
from simulation.policies import LOOKS_DAYS
from simulation.towns import TOWNS
from simulation.words import measured, table

DAILY, CALLS, AHEAD = "plan", "relances", "prevoyance"
# By how many days, on average over the years, a group may wait longer with foresight.
BOUND_DAYS = 2
NEARLY_NOBODY = 0.02
_GROUPS = (
    *((f"wait_median_{household}", household) for household in HOUSEHOLDS),
    ("wait_median_centre", "au centre"),
    ("wait_median_communes", "dans les communes autour"),
    ("wait_median_fr_en", "qui parle français ou anglais"),
    ("wait_median_others", "qui parle d’autres langues"),
)

Years = Mapping[str, Sequence[Figures]]


def sections(towns: Mapping[str, Years]) -> str:
    """Nothing where the ways that are compared were not replayed."""
    if not all({DAILY, CALLS, AHEAD} <= set(years) for years in towns.values()):
        return ""
    return f"{_lost(towns)}\n\n{_looking_ahead(towns)}"


def times(years: Years, one: str, other: str, name: str) -> list[float]:
    """Seed by seed, for both met the same people."""
    return [
        ours[name] / theirs[name] if theirs[name] else nan
        for ours, theirs in zip(years[one], years[other], strict=True)
    ]


def _lost(towns: Mapping[str, Years]) -> str:
    rows = [
        [
            TOWNS[name].words.split(" :")[0],
            measured(times(years, CALLS, DAILY, "people"), 2),
            measured(times(years, CALLS, DAILY, "help"), 2),
            measured(_of(years, DAILY, "asks_most")),
            measured(_of(years, CALLS, "asks_most")),
        ]
        for name, years in towns.items()
    ]
    head = ["ville", "personnes logées", "aide", "au plus, plan du jour", "au plus, avec relances"]
    return "\n\n".join(
        (
            "## Où le plan du jour perdait, et ce qui le répare",
            _what_lacked(towns) + "Il tenait un"
            " silence pour un non, attendait une réponse avant de demander ailleurs, et revenait sans cesse aux mêmes"
            " citoyens, qui disent moins souvent oui à chaque demande de plus. *Plan et relances* change trois"
            " choses :",
            "1. ce que vaut une paire est multiplié par la chance d’un oui : 0,85 pour chaque demande des 30 derniers"
            " jours, ½ tous les 140 jours depuis la dernière confirmation (docs/algorithm.md) ;\n"
            "2. plusieurs logements sont demandés à la fois pour un besoin (réglage « logements demandés à la fois »,"
            " ici cinq) ;\n"
            "3. qui n’a pas répondu à un message peut être appelé, trois fois au plus ; l’appel prend les minutes du"
            " tableau.",
            "À côté du plan du jour (fois), et le plus de demandes à un même citoyen en 30 jours :",
            table(head, rows),
        )
    )


def _what_lacked(towns: Mapping[str, Years]) -> str:
    """Said where it is so: nearly nobody was left unasked."""
    unasked = [interval(_of(years, DAILY, "unserved_unasked"))[0] for years in towns.values()]
    if not unasked or not max(unasked) < NEARLY_NOBODY:  # also where one has nothing to tell
        return ""
    return "Le plan du jour n’a presque jamais manqué d’heures : il a manqué de oui. "


def _of(years: Years, policy: str, name: str) -> list[float]:
    return [some.get(name, nan) for some in years[policy]]


def verdict(ratios: Sequence[float]) -> str:
    """What looking ahead brings, no stronger than its figures."""
    mean, half = interval(ratios)
    if mean != mean or half != half:
        return "rien d’établi"
    if mean - half > 1:
        return "c’est mieux"
    return "c’est moins bien" if mean + half < 1 else "aucune différence établie"


def _looking_ahead(towns: Mapping[str, Years]) -> str:
    lines = [
        "## Prévoir : garder ce qui est rare pour qui en aura besoin",
        f"*Plan prévoyant* est *Plan et relances*, qui regarde en outre {LOOKS_DAYS} jours en avant, une fois par"
        " semaine, par ce qui est venu jusque-là (docs/algorithm.md, « Looking ahead ») ;"
        f" {FUTURES} futurs sont tirés, là où le plan d’une ville en tire {PLAN_FUTURES}.",
    ]
    verdicts = []
    for name, years in towns.items():
        ratios = times(years, AHEAD, CALLS, "help")
        verdicts.append(verdict(ratios))
        lines.append(
            f"* **{TOWNS[name].words.split(' :')[0]}** : {measured(ratios, 3)} fois l’aide,"
            f" {measured(times(years, AHEAD, CALLS, 'people'), 3)} fois les personnes logées de *Plan et relances*"
            f" ({verdicts[-1]}) ; {measured(_of(years, AHEAD, 'of_hindsight'), 0, 100)} % de l’optimum connu après"
            " coup."
        )
    if "c’est mieux" not in verdicts:
        lines.append(
            "Rien n’établit ici que prévoir aide : c’est pourquoi le réglage « le plan garde de quoi répondre » est à 0"
            " quand une ville commence. Le but de 98 % de l’optimum n’est pas atteint, et ne pouvait l’être par les"
            " prix : cet optimum sait qui dira oui. Ce qui manque aux villes rejouées n’est pas la place que d’autres"
            " auraient mieux employée, ce sont les oui."
        )
    lines.append(_waits(towns))
    return (
        "\n\n".join(lines)
        .replace("\n\n*", "\n*")
        .replace("\n* **", "\n\n* **", 1)
        .replace("\n*Plan", "\n\n*Plan")
    )


def longer(years: Years, measure: str) -> list[float]:
    """By how many days a group waits longer with foresight, seed by seed, for both met the same people."""
    both = zip(_of(years, AHEAD, measure), _of(years, CALLS, measure), strict=True)
    return [ours - theirs for ours, theirs in both]


def bound_words(groups: Sequence[Sequence[float]]) -> str:
    """Whether the bound holds, no stronger than its figures: of each group, the years' differences."""
    found = [interval(one) for one in groups]
    if any(mean - half > BOUND_DAYS for mean, half in found):
        return "un groupe au moins la dépasse"
    # NaN of a group of whom nobody was housed, or of one year alone.
    unsure = sum(not mean + half <= BOUND_DAYS for mean, half in found)
    if not unsure:
        return "aucun groupe ne la dépasse"
    return f"rien d’établi pour {unsure} groupe{'s' * (unsure > 1)} sur {len(found)}, aucun ne la dépasse à coup sûr"


def _waits(towns: Mapping[str, Years]) -> str:
    """By group, the median of days waited after the day wanted, without and with foresight."""
    head = ["attente médiane, jours, sans → avec", *(TOWNS[name].words.split(" :")[0] for name in towns)]
    rows = [
        [
            words,
            *(
                f"{measured(_of(years, CALLS, measure), 1)} → {measured(_of(years, AHEAD, measure), 1)}"
                for years in towns.values()
            ),
        ]
        for measure, words in _GROUPS
    ]
    held = bound_words([longer(years, measure) for years in towns.values() for measure, _ in _GROUPS])
    return (
        "À partir de la veille du jour voulu, le plan ne retient plus rien à personne. Borne annoncée :"
        f" {BOUND_DAYS} jours d’attente médiane de plus, au plus, pour un groupe ; ici {held}.\n\n{table(head, rows)}"
    )
