"""A question and its answer in plain words."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.vocabulary import Kind
from needs.selectors import published
from simulation.charts import Bar, bars
from whatif.foreseen import Row
from whatif.models import Question
from whatif.results import Compared, compared

MOST_NEEDS = 20
# In the order of the table.
FIGURES: Mapping[str, Any] = {
    "people": gettext_lazy("personnes logées"),
    "nights": gettext_lazy("nuits"),
    "goods": gettext_lazy("besoins d’objets servis"),
    "skills": gettext_lazy("besoins de temps servis"),
    "wait_median": gettext_lazy("jours d’attente des foyers logés, médiane"),
    "hours": gettext_lazy("heures de coordination"),
}
COUNTED: Mapping[str, Any] = {
    "offers": gettext_lazy("propositions en six mois, celles d’aujourd’hui comprises"),
    "needs": gettext_lazy("besoins en six mois"),
    "offer_kinds": gettext_lazy("nature des propositions"),
    "need_kinds": gettext_lazy("nature des besoins"),
    "urgencies": gettext_lazy("urgence des besoins"),
    "stays": gettext_lazy("durée des séjours"),
    "households": gettext_lazy("composition des foyers"),
    "communes": gettext_lazy("lieux des besoins"),
    "answer_hours": gettext_lazy("délai laissé pour répondre"),
    "delay_hours": gettext_lazy("temps que prennent les réponses"),
    "vetting_days": gettext_lazy("temps avant la visite d’un logement"),
}
FEATURES: Mapping[str, Any] = {
    "all": gettext_lazy("tous les besoins"),
    "housing": gettext_lazy("logement"),
    "goods": gettext_lazy("objets"),
    "skill": gettext_lazy("temps"),
    "tonight": gettext_lazy("logement pour ce soir"),
    "step_free": gettext_lazy("logement de plain-pied"),
    "pets": gettext_lazy("logement avec un animal"),
    "family": gettext_lazy("logement d’une famille"),
    "alone": gettext_lazy("logement d’une personne seule"),
}
TAGS = {"waiting": "brand", "running": "brand", "done": "ok", "stopped": "", "failed": "stop"}


def words(question: Question) -> str:
    """What is changed."""
    parts = []
    if question.rooms:
        parts.append(
            ngettext(
                "%(n)s chambre de plus à %(where)s", "%(n)s chambres de plus à %(where)s", question.rooms
            )
            % {"n": question.rooms, "where": question.commune}
        )
    if question.answer_hours is not None:
        parts.append(
            _("des réponses sous %(new)s h au lieu de %(old)s h, pour cette semaine")
            % {"new": question.answer_hours, "old": question.figures["answer_hours"][1]}
        )
    if question.coordinators:
        parts.append(
            ngettext("%(n)s coordinateur de plus", "%(n)s coordinateurs de plus", question.coordinators)
            % {"n": question.coordinators}
        )
    if question.vetting_days is not None:
        parts.append(
            _("des visites sous %(new)s j au lieu de %(old)s j")
            % {"new": question.vetting_days, "old": question.figures["vetting_days"]}
        )
    return str(get_text_list(parts, _("et")))


def sentence(question: Question) -> str:
    """What it brings, in people housed; "" before a second year is done."""
    people = compared(question.years, "people")
    if people is None or len(question.years) < 2:
        return ""
    least, most = round(people.least), round(people.most)
    if people.is_established and people.least > 0:
        least = max(1, least)
        said = _("entre %(least)s et %(most)s personnes de plus logées en six mois")
    elif people.is_established:
        least, most = max(1, -most), -least
        said = _("entre %(least)s et %(most)s personnes de moins logées en six mois")
    else:
        said = _("rien n’est établi, de %(least)s à %(most)s quant aux personnes logées en six mois")
        return _("Avec %(change)s\u202f: %(said)s.") % {
            "change": words(question),
            "said": said % {"least": _signed(least), "most": _signed(most)},
        }
    return _("Avec %(change)s\u202f: %(said)s.") % {
        "change": words(question),
        "said": said % {"least": least, "most": most},
    }


def _signed(number: int) -> str:
    """ "−3", "0", "+14", read from left to right in every language."""
    return f"\u2066{number:+d}\u2069".replace("-", "\u2212").replace("+0", "0")


def table(question: Question) -> list[dict[str, Any]]:
    """A row of each figure."""
    found = []
    for name, label in FIGURES.items():
        one = compared(question.years, name)
        if one is not None:
            found.append(
                {
                    "label": label,
                    "without": _pair(one.without),
                    "changed": _pair(one.changed),
                    "more": _pair(one.more, signed=True),
                    "is_established": one.is_established,
                }
            )
    return found


def _pair(value: tuple[float, float], *, signed: bool = False) -> str:
    """ "12,3 ± 4,1"; without the second where there is none."""
    mean, half = value
    shown = number_format(round(abs(mean), 1), 1)
    sign = ("+" if mean > 0 else "−" if mean < 0 else "") if signed else ""
    return f"{sign}{shown}" + ("" if half != half else f" ± {number_format(round(half, 1), 1)}")


def drawing(question: Question) -> str:
    """People housed without and with the change, as SVG."""
    people: Compared | None = compared(question.years, "people")
    rows = [] if people is None else [(_("Comme aujourd’hui"), people.without), (_("Et si"), people.changed)]
    shown = [Bar(label, value[0], value[1], _pair(value)) for label, value in rows]
    return bars(_("Personnes logées en six mois"), shown)


def counted(question: Question) -> list[tuple[Any, str, bool]]:
    """What the town is replayed by: label, value where it is one number, whether it is the town's own."""
    found = []
    for name, label in COUNTED.items():
        value = question.figures[name]
        is_own = value not in ([], {}, None)
        if name in ("answer_hours",):
            shown = " · ".join(f"{hours} h" for hours in value)
        elif name == "delay_hours" and is_own:
            shown = f"{number_format(value, 1)} h"
        elif name == "vetting_days" and is_own:
            shown = _("%(days)s j") % {"days": value}
        else:
            shown = str(value) if isinstance(value, int) else ""
        found.append((label, shown, is_own))
    return found


def call_address(question: Question) -> str:
    """Where an appeal for as many offers begins, about the homes that are missing now; "" without rooms or needs."""
    if not question.rooms:
        return ""
    missing = published(question.city).filter(kind=Kind.HOUSING).order_by("first_day", "pk")
    references = list(missing.values_list("reference", flat=True)[:MOST_NEEDS])
    if not references:
        return ""
    asked: Sequence[tuple[str, Any]] = [
        ("combien", question.rooms), *(("besoin", one) for one in references)
    ]  # fmt: skip
    return f"{reverse('outreach:appeals:new', args=[question.city.slug])}?{urlencode(asked)}"


def foreseen_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {
            "label": FEATURES[row.feature],
            "expected": number_format(round(row.expected, 1), 1),
            "low": row.low,
            "high": row.high,
            "came": row.came,
            "is_within": row.is_within,
        }
        for row in rows
    ]
