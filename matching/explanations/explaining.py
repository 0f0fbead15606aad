"""Why this pairing was ranked so: one match in sentences, for whoever it concerns (CRPA, article L. 311-3-1).

The page and the PDF show the same `Explanation`. It says of the other side no more than its reader may know: what is
left out of a sentence still counts in the figures, which the law gives a right to.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import get_language, get_language_bidi, ngettext
from django.utils.translation import gettext as _

import engine
from catalogue.labels import listed
from catalogue.times import day_and_hour
from cities.days import local_time
from cities.models import City
from matching.algorithm import notice
from matching.explanations.comparing import Compared, Reader, compared, isolated, public_words
from matching.lifecycle import Act
from matching.models import Decision, Match, MatchState, Scan
from matching.presentation import ACT_WORDS
from matching.reasons.sentences import PART_REASONS, reason_sentence

# What the engine said of a pair, under the rule that it speaks of.
RULE_REASONS = {
    "category": ("form",),
    "item": (),
    "size": (),
    "city": ("linked_city",),
    "distance": PART_REASONS["proximity"],
    "dates": PART_REASONS["dates"],
    "notice": ("notice",),
    "stay": ("stay",),
    "capacity": PART_REASONS["fit"],
    "rent": ("rent",),
    "step_free": ("step_free",),
    "pets": ("pets_accepted",),
    "smoke_free": ("smoke_free",),
    "shared_home": ("shared_home",),
    "household": ("accepts", "accepts_everyone"),
    "languages": ("languages",),
    "slots": ("slots",),
    "open": (),
}

# What a report makes of a match, and its end.
SUSPENSION = (Act.REHOUSE, Act.COUNT_AGAIN)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that held. `concerned` is False where it says nothing about this kind; `reason` may be empty."""

    words: str
    concerned: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the sum, in figures and in words."""

    label: str
    reason: str
    formula: str
    value: str
    weight: str
    points: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything, in the reader's language, as plain text: no markup. `rank` is the desk's, and empty for others."""

    language: str
    is_rtl: bool
    city: str
    reference: str
    title: str
    state: str
    calculated: str
    compared: tuple[Compared, ...]
    changed_since: str
    rules: tuple[Rule, ...]
    parts: tuple[Part, ...]
    score: str
    sum_in_words: str
    rank: str
    version: str
    decides: tuple[str, ...]
    contest: tuple[str, ...]

    @property
    def has_rules_apart(self) -> bool:
        """Whether some rule says nothing about this kind."""
        return not all(rule.concerned for rule in self.rules)


def explain(match: Match, reader: Reader, *, scan: Scan | None) -> Explanation:
    """A match with its loaded need, offer, city, communes and decisions, and its `facts` filled in."""
    decisions = list(match.decisions.all())
    return Explanation(
        language=get_language() or "fr",
        is_rtl=get_language_bidi(),
        city=match.city.name,
        reference=str(match.pk),
        title=isolated(_title(match, reader)),
        state=capfirst(str(MatchState(match.state).label)),
        calculated=_calculated(match, decisions),
        compared=tuple(compared(match, reader)),
        changed_since=_changed_since(match),
        rules=tuple(_rules(match, reader)),
        parts=tuple(_parts(match, reader)),
        score=_rounded(match.score, reader),
        sum_in_words=_sum_in_words(match, reader),
        rank=_rank(match, scan) if reader.is_desk else "",
        version=match.algorithm,
        decides=tuple(_decides(match, decisions, reader)),
        contest=tuple(_contest(match)),
    )


def headings(public_url: str) -> dict[str, str]:
    """What stands around the sentences, the same on the page and in the PDF."""
    return {
        "heading": _("Explication d’une mise en relation"),
        "compared": _("Ce qui a été comparé"),
        "what": _("Sujet"),
        "need": _("Le besoin"),
        "offer": _("La proposition"),
        "rules": _("Les règles"),
        "rules_held": _(
            "Toutes ces règles étaient remplies. Une seule qui manque, et la proposition n’est pas possible."
        ),
        "rules_apart": _("Les règles qui ne concernent pas ce type de besoin"),
        "score": _("La note"),
        "score_how": _(
            "Chaque critère vaut entre 0 et 1. On multiplie cette valeur par les points que la ville lui donne. La "
            "somme fait la note."
        ),
        "part": _("Critère"),
        "value": _("Valeur"),
        "weight": _("× points"),
        "points": _("= obtenus"),
        "total": _("Total"),
        "rounded": _(
            "Les nombres sont arrondis pour être lus\u202f: leur somme peut différer d’un dixième ou deux."
        ),
        "decides": _("Qui décide"),
        "contest": _("Si vous n’êtes pas d’accord"),
        "version": _("Version du calcul\u202f:"),
        "public": _("Le calcul est publié\u202f: %(url)s") % {"url": public_url},
    }


def _title(match: Match, reader: Reader) -> str:
    """The need in its poster's words, or in its figures."""
    if reader.reads_need:
        return match.need.title
    return public_words(match)


def _calculated(match: Match, decisions: list[Decision]) -> str:
    if decisions:
        return _("Calcul tel qu’il était à la première décision, le %(moment)s.") % {
            "moment": _moment(decisions[0].at, match.city)
        }
    return _("Calcul du %(moment)s. Il est refait dès que le besoin ou la proposition change.") % {
        "moment": _moment(match.changed_at, match.city)
    }


def _changed_since(match: Match) -> str:
    if (match.need_revision, match.offer_revision) == (match.need.revision, match.offer.revision):
        return ""
    return _(
        "Le besoin ou la proposition a changé depuis ce calcul. Ce tableau montre ce qui est écrit aujourd’hui\u202f; "
        "les règles et la note restent celles du calcul."
    )


def _rules(match: Match, reader: Reader) -> list[Rule]:
    told = _told(match, reader)
    return [
        Rule(
            words=rule["words"],
            concerned=match.need.kind in rule["kinds"],
            reason=capfirst(next((told[code] for code in RULE_REASONS[rule["code"]] if code in told), "")),
        )
        for rule in notice.rules()
    ]


def _parts(match: Match, reader: Reader) -> list[Part]:
    told = _told(match, reader)
    return [
        Part(
            label=part["label"],
            reason=capfirst(
                next((told[code] for code in PART_REASONS[part["code"]] if code in told), part["meaning"])
            ),
            # Of another version the figures stay, and today's formula would not come to them.
            formula=part["formula"] if match.algorithm == engine.VERSION else "",
            value=_decimals(match.parts[part["code"]], 3 if reader.is_desk else 2),
            weight=_figure(part["points"]),
            points=_rounded(match.parts[part["code"]] * part["points"], reader),
        )
        for part in notice.parts(match.weights)
    ]


def _told(match: Match, reader: Reader) -> dict[str, str]:
    """The reasons that this reader may read, as sentences."""
    return {
        fact["code"]: reason_sentence(fact["code"], fact["params"])
        for fact in match.facts or ()
        if reader.may_read(fact["code"])
    }


def _sum_in_words(match: Match, reader: Reader) -> str:
    """ "20,4 + 25,0 + … = 86,1 points sur 100"."""
    points = [match.parts[part] * match.weights[part] for part in engine.PARTS]
    return _("%(sum)s = %(score)s points sur 100") % {
        "sum": " + ".join(_rounded(one, reader) for one in points),
        "score": _rounded(match.score, reader),
    }


def _rank(match: Match, scan: Scan | None) -> str:
    place = _("Pour ce besoin, cette proposition était la n° %(rank)s.") % {"rank": match.rank}
    if scan is None:
        return place
    possible = ngettext(
        "Au dernier calcul de ce besoin, le %(day)s, %(n)s proposition était possible.",
        "Au dernier calcul de ce besoin, le %(day)s, %(n)s propositions étaient possibles.",
        scan.feasible,
    ) % {"day": date_format(local_time(scan.scanned_at, match.city), "DATE_FORMAT"), "n": scan.feasible}
    return f"{place} {possible}"


def _decides(match: Match, decisions: list[Decision], reader: Reader) -> list[str]:
    lines = [
        _(
            "Ce calcul ne décide de rien. Une personne de la coordination de %(city)s choisit toujours à qui "
            "demander, et la personne qui propose comme celle qui demande peuvent dire non."
        )
        % {"city": match.city.name}
    ]
    for decision in decisions:
        if decision.act in SUSPENSION and not reader.is_desk:
            continue  # a report is confidential: its moment would say who has spoken
        words = {
            "what": ACT_WORDS[decision.act],
            "moment": _moment(decision.at, match.city),
            "who": decision.by or "",
        }
        if reader.is_desk and decision.by is not None:
            lines.append(_("%(what)s le %(moment)s, par %(who)s.") % words)
        else:
            lines.append(_("%(what)s le %(moment)s.") % words)
        if decision.plan_number is not None:
            lines.append(
                _(
                    "C’était une ligne du plan n° %(number)s. Un plan cherche à aider ensemble le plus de "
                    "personnes\u202f: il ne suit pas toujours l’ordre des notes."
                )
                % {"number": decision.plan_number}
            )
        if decision.relay:
            lines.append(
                _(
                    "C’était une part d’un relais\u202f: plusieurs logements l’un après l’autre, chaque personne pour "
                    "ses jours seulement."
                )
            )
    return lines


def _contest(match: Match) -> list[str]:
    phone = match.city.phone.replace(" ", "\xa0")  # on one line
    contact = listed(isolated(part) for part in (match.city.email, phone) if part)
    ask = _(
        "Vous pouvez demander à %(city)s une précision, ou que ce choix soit revu. Donnez le numéro de cette "
        "explication\u202f: %(reference)s."
    ) % {"city": match.city.name, "reference": match.pk}
    return [
        " ".join([ask, _("Contact\u202f: %(contact)s.") % {"contact": contact}]) if contact else ask,
        _(
            "Sans réponse de la ville sous un mois, ou si elle refuse, vous pouvez saisir la CADA, gratuitement\u202f: "
            "www.cada.fr."
        ),
        _(
            "Ce droit est celui du code des relations entre le public et l’administration, articles "
            "L.\u00a0311-3-1 et L.\u00a0342-1."
        ),
    ]


def _rounded(points: float, reader: Reader) -> str:
    """Points as shown: coarser outside the desk, or the proximity would place the other side to the metre."""
    return _decimals(points, 2 if reader.is_desk else 1)


def _decimals(value: float, places: int) -> str:
    """Rounded: `number_format` by itself cuts off."""
    return number_format(f"{value:.{places}f}", places, use_l10n=True)


def _figure(points: float) -> str:
    """ "30" or "12,5"."""
    return number_format(int(points) if points == int(points) else points, use_l10n=True)


def _moment(moment: datetime, city: City) -> str:
    return day_and_hour(local_time(moment, city))
