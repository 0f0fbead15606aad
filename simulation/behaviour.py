"""How people behave: the one table of parameters, each with its value, its range, where it comes from, how sure it is.

The facts behind it are in docs/behaviour.md. Sureness: A, an official or reviewed figure; B, a rounded statement or our
own division of counts; C, a vendor, a small place or memory; M, nobody has measured it: the range is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Behaviour = Mapping[str, float]

SHARE, HOURS, MINUTES, DAYS, WEEKS, TIMES = "part", "heures", "minutes", "jours", "semaines", "fois"


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    words: str  # French, for docs/simulation.md
    low: float
    base: float
    high: float
    unit: str
    source: str
    sure: str


_TABLE = (
    ("yes_planned", "oui de l’hôte, demande prévue", 0.25, 0.45, 0.65, SHARE,
     "moins que les 58 % qui ont hébergé en fin de compte (Croix-Rouge irlandaise)", "M"),
    ("yes_this_week", "oui de l’hôte, pour cette semaine", 0.15, 0.30, 0.50, SHARE, "entre les deux autres", "M"),
    ("yes_tonight", "oui de l’hôte, pour ce soir", 0.05, 0.12, 0.30, SHARE,
     "plus que les 5,6 à 6,6 % de covidliste, demande de masse", "M"),
    ("yes_goods", "oui du donateur, et l’objet est encore là", 0.40, 0.60, 0.80, SHARE,
     "OLIO, 170 000 annonces : 60 % enlevées", "A"),
    ("yes_skill", "oui du bénévole à une demande personnelle", 0.10, 0.30, 0.60, SHARE,
     "GoodSAM : 38 % des alertés acceptent", "M"),
    ("half_life", "une proposition sur deux ne vaut plus après", 8, 20, 60, WEEKS,
     "3,5 % puis 0,6 % de retraits par semaine, plus les silences (Irlande)", "M"),
    ("fatigue", "oui, à chaque demande de plus en 30 jours", 0.7, 0.85, 1.0, TIMES, "plainte des « 136 SMS »", "M"),
    ("answers_sms", "répond à un SMS dans le délai", 0.45, 0.65, 0.85, SHARE, "43 % en 15 min ; 60 % en 45 min", "M"),
    ("answers_mail", "répond à un e-mail dans le délai", 0.25, 0.50, 0.65, SHARE,
     "52 % des 17 000 e-mails irlandais", "M"),
    ("by_sms", "joint par SMS plutôt que par e-mail", 0.3, 0.5, 0.8, SHARE, "aucune : notre choix", "M"),
    ("answers_call", "décroche à un appel du bureau", 0.20, 0.28, 0.60, SHARE,
     "27 à 29 % par essai (Croix-Rouge irlandaise)", "B"),
    ("answer_hours", "délai médian d’une réponse, demande prévue ou de la semaine", 1, 5, 24, HOURS,
     "43 % des réponses aux SMS en 15 min ; personne ne réponde la nuit", "M"),
    ("answer_minutes", "délai médian d’une réponse, pour ce soir", 5, 12, 60, MINUTES,
     "courbe de covidliste : la moitié en 12 min", "A"),
    ("answer_spread", "dispersion de ces délais (σ du logarithme)", 1.5, 1.75, 2.0, TIMES, "covidliste : 1,5", "A"),
    ("guest_refuses", "refus de la personne ou de l’association", 0.05, 0.20, 0.40, SHARE,
     "logements ruraux, école et travail proches", "M"),
    ("host_cancels", "l’hôte annule entre le oui et l’arrivée", 0.03, 0.08, 0.20, SHARE,
     "15 % des ruptures anglaises : logement absent ou impropre", "M"),
    ("guest_absent", "la personne ne vient pas", 0.03, 0.10, 0.25, SHARE, "rien de publié", "M"),
    ("reminder", "effet d’un rappel sur ces deux-là", 0.65, 0.77, 0.90, TIMES,
     "12 études de rendez-vous de santé : 0,71 à 0,84", "A"),
    ("conflict", "séjours rompus, par mois (le double au premier)", 0.005, 0.015, 0.04, SHARE,
     "8 % en 17 mois, au moins (Angleterre)", "M"),
    ("pickup_fails", "enlèvement convenu qui n’a pas lieu", 0.10, 0.20, 0.40, SHARE, "journaux de donateurs", "M"),
    ("unusable", "objet inutilisable une fois vu", 0.05, 0.15, 0.60, SHARE, "10 à 12 % chez Emmaüs", "M"),
    ("helper_absent", "bénévole absent à son rendez-vous", 0.05, 0.12, 0.30, SHARE,
     "aucun programme ne le publie", "M"),
    ("decision_minutes", "coordination : minutes par demande décidée", 5, 12, 30, MINUTES,
     "6,5 appels par heure d’écoutant", "M"),
    ("call_minutes", "coordination : minutes d’un appel qui aboutit", 6, 9, 15, MINUTES,
     "6,5 appels par heure d’écoutant (Essonne)", "B"),
    ("missed_minutes", "coordination : minutes d’un appel sans réponse", 2, 3, 5, MINUTES, "aucune : notre choix", "M"),
    ("patience_tonight", "attend après le jour voulu, pour ce soir", 1, 3, 7, DAYS, "aucune : notre choix", "M"),
    ("patience_this_week", "attend après le jour voulu, cette semaine", 7, 14, 28, DAYS, "aucune : notre choix", "M"),
    ("patience_planned", "attend après le jour voulu, prévu", 21, 45, 90, DAYS, "aucune : notre choix", "M"),
    ("desk_hours", "heures de coordination, à côté de celles de la ville", 0.5, 1, 1.5, TIMES, "chaque ville", "M"),
    ("demand", "besoins, à côté de ceux de la ville", 0.5, 1, 1.5, TIMES, "chaque ville", "M"),
)  # fmt: skip
TABLE = tuple(Parameter(*row) for row in _TABLE)
BASE: Behaviour = MappingProxyType({one.name: float(one.base) for one in TABLE})


def changed(**values: float) -> Behaviour:
    """The table's values, these apart. A `ValueError` names what is unknown or cannot be."""
    units = {one.name: one.unit for one in TABLE}
    for name, value in values.items():
        if name not in units:
            raise ValueError(f"{name}: no such parameter")
        if not 0 <= value < float("inf") or (units[name] == SHARE and value > 1):
            raise ValueError(f"{name}: {value!r} cannot be")
    return MappingProxyType({**BASE, **values})


def scaled(name: str, factor: float) -> Behaviour:
    """The table with one value multiplied; a share stays one."""
    value = BASE[name] * factor
    unit = next(one.unit for one in TABLE if one.name == name)
    return changed(**{name: min(value, 1.0) if unit == SHARE or name == "fatigue" else value})
