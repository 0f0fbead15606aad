"""The page docs/simulation.md and its charts, from what was replayed: every sentence with a number is made of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Self

from simulation.behaviour import BASE, TABLE
from simulation.charts import Bar, Swing, bars, tornado
from simulation.findings import sections
from simulation.measures import HOUSEHOLDS, Figures, interval
from simulation.policies import POLICIES
from simulation.runs import FACTORS, Task
from simulation.towns import TOWNS
from simulation.words import MEASURES, NOTHING, measured, number, table, typeset

CHARTS = "simulation"
PLAN, DAILY, FIRST, LIST = "relances", "plan", "premier", "telephone"
AIM = 2.0
MOST_SWINGS = 12
CLEARLY = 1.1
TRIAL = "essai"
SWUNG = ("help", "people")
FIGURES = "figures.json"

Years = Mapping[str, Sequence[Figures]]  # by policy, one of each seed


@dataclass(frozen=True, slots=True)
class Results:
    """`towns`: by town, then by policy. `swings`: what a changed value makes of `ratio`; `base` where none is."""

    seeds: Sequence[int]
    policies: Sequence[str]
    towns: Mapping[str, Years]
    swing_town: str
    swings: Mapping[tuple[str, float], Years]
    trial: Years
    command: str

    def as_json(self) -> str:
        """What the page is made of, in six decimals."""
        plain = {
            "seeds": list(self.seeds),
            "policies": list(self.policies),
            "towns": {town: _plain(years) for town, years in self.towns.items()},
            "swing_town": self.swing_town,
            "swings": [[name, factor, _plain(years, SWUNG)] for (name, factor), years in self.swings.items()],
            "trial": _plain(self.trial),
            "command": self.command,
        }
        return json.dumps(plain, indent=0, ensure_ascii=False, separators=(",", ":")) + "\n"

    @classmethod
    def of_json(cls, text: str) -> Self:
        plain = json.loads(text)
        return cls(
            seeds=plain["seeds"],
            policies=plain["policies"],
            towns={town: _read(years) for town, years in plain["towns"].items()},
            swing_town=plain["swing_town"],
            swings={(name, factor): _read(years) for name, factor, years in plain["swings"]},
            trial=_read(plain["trial"]),
            command=plain["command"],
        )


def _plain(years: Years, names: Sequence[str] = ()) -> dict[str, list[dict[str, float | None]]]:
    return {
        policy: [
            {
                name: None if value != value else round(value, 6)
                for name, value in one.items()
                if name in (names or one)
            }
            for one in some
        ]
        for policy, some in years.items()
    }


def _read(years: Mapping[str, Sequence[Mapping[str, float | None]]]) -> Years:
    return {
        policy: [{name: nan if value is None else value for name, value in one.items()} for one in some]
        for policy, some in years.items()
    }


def gathered(
    done: Sequence[tuple[Task, Mapping[str, Figures]]],
) -> tuple[dict[str, dict[str, list[Figures]]], dict[tuple[str, float], dict[str, list[Figures]]]]:
    """By town; and by changed value, ("", 1.0) where none is."""
    towns: dict[str, dict[str, list[Figures]]] = {}
    swings: dict[tuple[str, float], dict[str, list[Figures]]] = {}
    for task, found in done:
        for policy, some in found.items():
            towns.setdefault(task.town, {}).setdefault(policy, []).append(some)
            swings.setdefault((task.parameter, task.factor), {}).setdefault(policy, []).append(some)
    return towns, swings


def ratios(years: Years, one: str, other: str, name: str = "help") -> list[float]:
    """Seed by seed, for both met the same people."""
    return [
        ours[name] / theirs[name] if theirs[name] else float("nan")
        for ours, theirs in zip(years[one], years[other], strict=True)
    ]


def write(results: Results, docs: Path) -> None:
    """docs/simulation.md, its charts, and the figures that both are made of."""
    folder = docs / CHARTS
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FIGURES).write_text(results.as_json(), "utf-8")
    results = Results.of_json(results.as_json())
    for name, years in results.towns.items():
        (folder / f"{name}.svg").write_text(_town_chart(name, years), "utf-8")
    if results.swings:
        (folder / "sensibilite.svg").write_text(_tornado(results), "utf-8")
    (docs / "simulation.md").write_text(page(results), "utf-8")


def page(results: Results) -> str:
    parts = [
        "# L’année rejouée : ce que changerait un bureau qui décide mieux",
        _for_the_council(results),
        sections(results.towns),
        _not_better(results),
        *(_town(name, years) for name, years in results.towns.items()),
        _sensitivity(results),
        _how(results),
        _parameters(),
    ]
    return typeset("\n\n".join(part for part in parts if part)) + "\n"


def _for_the_council(results: Results) -> str:
    """One page, without a term of the trade."""
    lines = [
        "## En une page, pour un conseil municipal",
        "Un ordinateur a rejoué la même année d’une ville inventée, avec les mêmes habitants, les mêmes besoins, les"
        " mêmes réponses et les mêmes heures de travail ; seule change la manière de décider à qui l’on demande."
        " Personne n’a été interrogé : ce sont des calculs sur des hypothèses publiées, pas une mesure sur le terrain.",
    ]
    head = ["ville", *(POLICIES[name].words for name in results.policies)]
    rows = [
        [
            TOWNS[name].words.split(" :")[0],
            *(measured(_of(years, policy, "people")) for policy in results.policies),
        ]
        for name, years in results.towns.items()
    ]
    lines += ["Personnes logées au moins une nuit :", table(head, rows)]
    if {PLAN, LIST} <= set(results.policies):
        lines += [_ratio_sentence(name, years) for name, years in results.towns.items()]
    lines.append(
        f"± est l’incertitude due au hasard sur {len(results.seeds)} années tirées"
        f"{' ; avec si peu, elle est large' if len(results.seeds) < 10 else ''}. L’incertitude sur les habitudes des"
        " gens est plus grande encore : voir « Sensibilité »."
    )
    return "\n\n".join(lines)


def _of(years: Years, policy: str, name: str) -> list[float]:
    return [some[name] for some in years[policy]]


def verdict(values: Sequence[float], aim: float = AIM) -> str:
    """Whether these ratios reach the aim, with their uncertainty."""
    mean, half = interval(values)
    if mean != mean:
        return "rien à comparer"
    half = 0.0 if half != half else half
    if mean - half >= aim:
        return "le double est atteint"
    if mean + half < 1:
        return "c’est moins bien"
    if mean - half <= 1:
        return "la différence n’est pas établie"
    return (
        "c’est mieux, sans atteindre le double" if mean < aim else "c’est mieux, le double n’est pas établi"
    )


def _ratio_sentence(name: str, years: Years) -> str:
    people = ratios(years, PLAN, LIST, "people")
    help_ = ratios(years, PLAN, LIST)
    words = (
        f"* **{TOWNS[name].words.split(' :')[0]}** : le plan avec relances loge {measured(people, 2)} fois les"
        f" personnes de la liste au téléphone, et apporte, tous besoins réunis, {measured(help_, 2)} fois l’aide"
        f" ({verdict(people)} pour les personnes logées)."
    )
    if {FIRST, DAILY} <= set(years):
        words += (
            " À côté du premier arrivé servi par les mêmes messages, le plan du jour, sans relances, fait"
            f" {measured(ratios(years, DAILY, FIRST), 2)} fois : voilà la part du calcul seul."
        )
    return words


# What is better when it is larger (1) or smaller (-1).
_BETTER = {"people": 1, "nights_per_1000": 1, "goods": 1, "skills": 1, "wait_median": -1, "wait_p90": -1,
           "asks_per_yes": -1, "asks_a_month": -1, "asks_most": -1, "hours": -1, "spread_household": -1,
           "spread_language": -1, "spread_place": -1,
           **{f"housed_{household}": 1 for household in HOUSEHOLDS}}  # fmt: skip


def _not_better(results: Results) -> str:
    """Where the plan is worse, and where nobody can tell: measure by measure, seed by seed."""
    if not {PLAN, LIST} <= set(results.policies):
        return ""
    words = {name: label for name, label, _, _ in MEASURES}
    words |= {f"housed_{household}": f"part des logés ({household})" for household in HOUSEHOLDS}
    lines = ["## Où nous ne sommes pas meilleurs"]
    for other in (name for name in (LIST, FIRST) if name in results.policies):
        lines.append(f"À côté de « {POLICIES[other].words} », le plan avec relances :")
        for town, years in results.towns.items():
            worse, unsure = [], []
            for name, sign in _BETTER.items():
                both = zip(_of(years, PLAN, name), _of(years, other, name), strict=True)
                mean, half = interval([sign * (ours - theirs) for ours, theirs in both])
                if mean == mean and half == half and mean + half < 0:
                    worse.append(words[name])
                elif mean == mean and (half != half or abs(mean) <= half):
                    unsure.append(words[name])
            lines.append(
                f"* *{town}* : moins bien pour {', '.join(worse) or 'rien de ce qui est mesuré'} ;"
                f" différence non établie pour {', '.join(unsure) or 'rien'}."
            )
    lines.append(
        "\nUn appel resté sans réponse n’est compté comme demande nulle part, ce qui flatte la liste, et un peu le plan"
        " avec relances."
    )
    return "\n".join(lines).replace(" :\n*", " :\n\n*").replace("\nÀ", "\n\nÀ")


def _town(name: str, years: Years) -> str:
    head = ["", *(POLICIES[policy].words for policy in years)]
    rows = [
        [words, *(measured(_of(years, policy, measure), digits, times) for policy in years)]
        for measure, words, digits, times in MEASURES
    ]
    rows += [
        [
            f"{household} : logés, %",
            *(measured(_of(years, one, f"housed_{household}"), 0, 100) for one in years),
        ]
        for household in HOUSEHOLDS
    ]
    asked = measured(_of(years, next(iter(years)), "people_asked"))
    return "\n\n".join(
        (
            f"## {TOWNS[name].words}",
            f"{asked} personnes cherchent un logement.",
            f"![Personnes logées pour 1 000 propositions, par manière de décider]({CHARTS}/{name}.svg)",
            table(head, rows),
        )
    )


def _town_chart(name: str, years: Years) -> str:
    rows = []
    for policy in years:
        values = _of(years, policy, "people_per_1000")
        mean, half = interval(values)
        rows.append(Bar(POLICIES[policy].words, 0.0 if mean != mean else mean, half, measured(values)))
    return bars(f"Personnes logées pour 1 000 propositions ({name})", rows)


def _swings(results: Results) -> list[tuple[str, float, float]]:
    """Of each value, the ratio with half of it and with half more, widest first."""
    found = []
    for one in TABLE:
        ends = [interval(ratios(results.swings[one.name, factor], DAILY, LIST))[0] for factor in FACTORS]
        found.append((one.name, ends[0], ends[1]))
    return sorted(found, key=lambda row: (-round(abs(row[2] - row[1]), 6), row[0]))


def _base(results: Results) -> float:
    return interval(ratios(results.swings["", 1.0], DAILY, LIST))[0]


def _tornado(results: Results) -> str:
    words = {one.name: one.words for one in TABLE}
    rows = [
        Swing(typeset(words[name][:34]) + ("…" if len(words[name]) > 34 else ""), low, high)
        for name, low, high in _swings(results)
        if low == low and high == high
    ]
    return tornado(
        "Aide du plan à côté de la liste au téléphone, chaque valeur à −50 % (ocre) et +50 % (bleu)",
        _base(results),
        rows[:MOST_SWINGS],
    )


def _sensitivity(results: Results) -> str:
    if not results.swings:
        return ""
    words = {one.name: one.words for one in TABLE}
    rows = [[words[name], number(low, 2), number(high, 2)] for name, low, high in _swings(results)]
    ways = [
        (f"{words[name]} ({factor})", ratio)
        for name, low, high in _swings(results)
        for factor, ratio in (("−50 %", low), ("+50 %", high))
    ]
    better = [way for way, ratio in ways if ratio >= CLEARLY]
    worse = [way for way, ratio in ways if ratio <= 1 / CLEARLY]
    years = len(results.swings["", 1.0][DAILY])
    return "\n\n".join(
        (
            "## Sensibilité",
            f"Sur « {TOWNS[results.swing_town].words} », {years} année{'s' * (years > 1)}. Chaque valeur du"
            " tableau plus bas est divisée par deux, puis augmentée de moitié (une part ne dépasse jamais 1), les"
            " autres restent. Le nombre est l’aide que le plan du jour apporte, comparée à celle de la liste au"
            " téléphone :"
            f" {number(_base(results), 2)} aux valeurs de base.",
            *(
                [
                    "Une seule petite année : les écarts disent quelles valeurs comptent, non ce qu’une ville"
                    " obtiendrait."
                ]
                if years == 1
                else []
            ),
            f"![Les valeurs qui changent le plus le résultat]({CHARTS}/sensibilite.svg)",
            f"Le plan apporte nettement plus que la liste (au moins {number(CLEARLY, 1)} fois) avec :"
            f" {' ; '.join(better) or 'rien'}.",
            f"Il apporte nettement moins (au plus {number(1 / CLEARLY, 2)} fois) avec : {' ; '.join(worse) or 'rien'}.",
            table(["valeur changée", "à −50 %", "à +50 %"], rows),
        )
    )


def _how(results: Results) -> str:
    trial = [
        [POLICIES[policy].words, *(number(some[0][name], digits) for name, digits in TRIAL_MEASURES)]
        for policy, some in results.trial.items()
    ]
    return "\n\n".join(
        (
            "## Comment c’est fait, et comment le refaire",
            f"`{results.command}` écrit cette page. Graines : {', '.join(map(str, results.seeds))}. La même graine"
            " donne le même tableau : le hasard de chaque personne ne dépend que de la graine et d’elle"
            " (`simulation/chance.py`), et aucune décision ne dépend de l’heure de la machine. Toutes les règles, les"
            " notes et la valeur d’une paire sont celles du moteur (docs/algorithm.md) ; les comportements sont dans le"
            " tableau ci-dessous, les faits dans [docs/behaviour.md](behaviour.md), les choix dans"
            " [docs/adr/0044](adr/0044-a-year-is-replayed.md).",
            "**Les manières de décider.** *Liste et téléphone* : le besoin le plus ancien d’abord, les propositions du"
            " même quartier d’abord, puis par date d’inscription ; jusqu’à cinq appels de suite pour un besoin, trois"
            " essais par personne ; la liste est lue sans erreur, ce qui la flatte. *Premier arrivé* : les besoins dans"
            " l’ordre, chacun la meilleure paire de sa liste, par message. *Meilleur score d’abord* : la paire la mieux"
            " notée d’abord. *Plan du jour* : l’ensemble de demandes qui vaut le plus selon l’objectif du plan, chaque"
            " paire pour toute sa durée. *Plan et relances*, *Plan prévoyant* : voir plus haut. Par message, une"
            " question à la fois attend chez un citoyen, comme dans le"
            " produit ; un appel obtient la réponse aussitôt, mais prend des minutes.",
            "**L’optimum connu après coup** saurait d’avance qui viendra et qui dira oui, n’aurait besoin d’aucune"
            " heure et pourrait déménager un ménage chaque jour : personne ne peut l’atteindre, et il est plus haut que"
            " le meilleur possible, on ne sait pas de combien.",
            "Une paire de villes liées (`paire`) et une métropole (`metropole`) se rejouent de même :"
            ' `make simulate ARGS="--towns paire metropole --print"`.',
            "**Ce qui n’est pas rejoué** : la vérification des"
            " logements avant usage, la confirmation périodique des propositions, les mineurs isolés, les créneaux"
            " horaires, les relais proposés d’un seul geste.",
            f"**Pour vérifier** : « {TOWNS[TRIAL].words} », graine 1. Un test rejoue ces lignes.",
            table(["", *(name for name, _ in TRIAL_MEASURES)], trial),
        )
    )


TRIAL_MEASURES = (("people", 0), ("nights", 0), ("goods", 0), ("skills", 0), ("help", 3), ("of_hindsight", 3),
                  ("asks", 0), ("hours", 2))  # fmt: skip


def _parameters() -> str:
    rows = [
        [
            one.words, number(one.low, 3).rstrip("0").rstrip(","), number(BASE[one.name], 3).rstrip("0").rstrip(","),
            number(one.high, 3).rstrip("0").rstrip(","), one.unit, one.source, one.sure,
        ]
        for one in TABLE
    ]  # fmt: skip
    return "\n\n".join(
        (
            "## Le tableau des comportements",
            "A : chiffre officiel ou relu ; B : chiffre rond ou division de notre fait ; C : petit lieu ou mémoire ;"
            f" M : personne ne l’a mesuré, la fourchette est la nôtre. {NOTHING} : sans objet.",
            table(["", "bas", "base", "haut", "unité", "d’où", "sûreté"], rows),
        )
    )
