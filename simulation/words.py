"""Numbers and names as the page shows them: French, and the same on every machine."""

from collections.abc import Sequence

from simulation.measures import interval

NOTHING = "–"
# Of the tables by town: the measure, its words, decimals, and by what it is multiplied.
MEASURES = (
    ("people", "personnes logées", 0, 1),
    ("people_per_1000", "personnes logées pour 1 000 propositions", 0, 1),
    ("nights_per_1000", "nuits pour 1 000 propositions", 0, 1),
    ("goods", "besoins d’objets servis", 0, 1),
    ("skills", "besoins d’aide servis", 0, 1),
    ("needs_met", "besoins qui ont reçu quelque chose, %", 0, 100),
    ("of_hindsight", "part de l’optimum connu après coup, %", 0, 100),
    ("wait_median", "ménages logés : jours d’attente après le jour voulu, médiane", 0, 1),
    ("wait_p90", "… un ménage logé sur dix attend davantage", 0, 1),
    ("wait_median_tonight", "… médiane, pour ce soir", 0, 1),
    ("wait_median_this_week", "… médiane, cette semaine", 0, 1),
    ("wait_median_planned", "… médiane, prévu", 0, 1),
    ("wait_median_homme seul", "… médiane, homme seul", 0, 1),
    ("wait_median_femme seule", "… médiane, femme seule", 0, 1),
    ("wait_median_plusieurs adultes", "… médiane, plusieurs adultes", 0, 1),
    ("wait_median_famille", "… médiane, famille", 0, 1),
    ("asks_per_yes", "demandes par oui", 1, 1),
    ("asks_a_month", "demandes par citoyen et par mois", 2, 1),
    ("asks_most", "le plus de demandes à un citoyen en 30 jours", 0, 1),
    ("hours", "heures de coordination", 0, 1),
    ("unserved_none", "sans rien, % : rien ne convenait", 0, 100),
    ("unserved_unasked", "sans rien, % : pas le temps de demander", 0, 100),
    ("unserved_refused", "sans rien, % : personne n’a dit oui", 0, 100),
    ("unserved_failed", "sans rien, % : un oui qui n’a rien donné", 0, 100),
    ("spread_household", "écart entre ménages, points de %", 0, 100),
    ("spread_language", "écart entre langues, points de %", 0, 100),
    ("spread_place", "écart entre centre et communes, points de %", 0, 100),
)


def number(value: float, digits: int = 0) -> str:
    """With a decimal comma and thin spaces; a dash for what cannot be told."""
    if value != value:
        return NOTHING
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace(".", ",")


def measured(values: Sequence[float], digits: int = 0, times: float = 1) -> str:
    """Mean and half of its interval over seeds."""
    mean, half = interval([times * value for value in values])
    if half != half:
        return number(mean, digits)
    return f"{number(mean, digits)} ± {number(half, digits)}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def typeset(text: str) -> str:
    """With the spaces of French typography, which no line breaks."""
    for mark in ":;?!":
        text = text.replace(f" {mark}", f"\u202f{mark}")
    return text.replace("« ", "«\u00a0").replace(" »", "\u00a0»")
