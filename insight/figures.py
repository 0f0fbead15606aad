"""The figures as pages show them: sections of indicators, each a list of lines with a bar, in the words of its unit."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format, number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from catalogue.labels import category_label, item_label, kind_label
from catalogue.times import days_words, length_words
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City, Commune
from insight import own, today
from insight.indicators import NAMED, PART, TIME, Indicator
from insight.measuring import ALL, BY_COMMUNE, BY_KIND, BY_MONTH, Figures, Scope, measure
from insight.models import OwnIndicator
from insight.published import LEAST, PUBLISHED, Published, Sum
from matching.reasons.sentences import RULE_WORDS
from needs.models import NeedState
from offers.models import OfferState

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

SECTIONS: dict["StrPromise", tuple[str, ...]] = {
    gettext_lazy("Ce qui arrive"): ("offers", "needs", "people_in_need"),
    gettext_lazy("Ce qui en vient"): ("needs_served", "people_helped", "nights"),
    gettext_lazy("Combien de temps"): ("to_suggestion", "to_question", "to_answer", "to_placement"),
    gettext_lazy("Questions et réponses"): ("questions", "yes", "no", "unanswered", "acceptance"),
    gettext_lazy("Ce qui a eu lieu"): ("took_place", "no_shows", "fell_through", "no_show_part"),
}
# From two days on a time is said in days.
_DAYS_FROM = 2 * 24 * 60
# A line more is one that nobody reads on a phone; what is left out is said.
MOST_LINES = 24
_WHY: dict[str, Any] = {
    today.UNVERIFIED: gettext_lazy("L’association attend sa vérification."),
    today.ASKED: gettext_lazy("Quelqu’un est interrogé."),
    today.SUGGESTED: gettext_lazy("Une piste attend une décision."),
    today.NOT_LOOKED: gettext_lazy("Le moteur n’a pas encore cherché."),
    today.NOTHING_NEAR: gettext_lazy("Rien n’approche de ce qui est demandé."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """`percent`: how long its bar is; `more`: what stands beside the number, a ninetieth centile."""

    label: str
    value: str
    percent: float
    more: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    label: str
    about: str
    total: str
    lines: Sequence[Line]
    more: str = ""
    left_out: int = 0


def scope_of(city: City, asked: dict[str, Any], *, now: datetime) -> Scope:
    """From the first day of so many months, this one among them, to its end."""
    this = local_day(now, city).replace(day=1)
    number = this.year * 12 + this.month - 1
    first, until = number - asked["months"] + 1, number + 1
    return Scope(
        city=city,
        first=date(first // 12, first % 12 + 1, 1),
        until=date(until // 12, until % 12 + 1, 1),
        kind=asked["kind"],
        commune=asked["commune"],
        by=asked["by"],
    )


def sections(scope: Scope, *, now: datetime) -> list[dict[str, Any]]:
    """All indicators of these months, by section."""
    figures = measure(scope, today=local_day(now, scope.city))
    labels = _labels(scope, figures)
    return [
        {"label": label, "tables": [_table(NAMED[name], figures, labels) for name in names]}
        for label, names in SECTIONS.items()
    ]


def own_tables(user: User, scope: Scope) -> list[tuple[OwnIndicator, Table]]:
    """The town's own, each with its definition."""
    indicators = list(own.of(user, scope.city))
    found = own.measure(indicators, scope)
    labels = _labels(scope, Figures(numbers={str(number): keys for number, keys in found.items()}))
    return [(one, _numbers(one.name, definition(one), found[one.pk], labels, _whole)) for one in indicators]


def definition(indicator: OwnIndicator) -> str:
    """What its definition names, and what whoever defined it says of it."""
    states = own.STATES[indicator.subject]  # type: ignore[index]
    named = [
        indicator.get_subject_display(),
        kind_label(indicator.kind) if indicator.kind else "",
        item_label(indicator.item) if indicator.item else "",
        str(states(indicator.state).label) if indicator.state else "",
        indicator.get_urgency_display() if indicator.urgency else "",
        indicator.commune.name if indicator.commune else "",
    ]
    return " · ".join(part for part in (*named, indicator.about) if part)


# --- One table -----------------------------------------------------------------------------------------


def _table(indicator: Indicator, figures: Figures, labels: dict[str, str]) -> Table:
    label = str(indicator.label)
    about = _("%(counts)s Sans\u202f: %(what)s") % {"counts": indicator.counts, "what": indicator.leaves_out}
    if indicator.unit == TIME:
        return _times(label, about, figures.times.get(indicator.name, {}), labels)
    said, nothing = (_percent, "–") if indicator.unit == PART else (_whole, "0")
    return _numbers(label, about, figures.numbers.get(indicator.name, {}), labels, said, nothing)


def _numbers(
    label: str,
    about: str,
    values: dict[str, float],
    labels: dict[str, str],
    said: Callable[[float], str],
    nothing: str = "0",
) -> Table:
    shown = list(labels)[:MOST_LINES]
    most = max((values.get(key, 0) for key in shown), default=0) or 1
    lines = [
        Line(labels[key], said(values[key]), 100 * float(values[key]) / float(most))
        if key in values
        else Line(labels[key], nothing, 0)
        for key in shown
    ]
    total = said(values[ALL]) if ALL in values else nothing
    return Table(label, about, total, lines, left_out=len(labels) - len(shown))


def _times(label: str, about: str, values: dict[str, tuple[float, float]], labels: dict[str, str]) -> Table:
    shown = list(labels)[:MOST_LINES]
    most = max((values[key][0] for key in shown if key in values), default=0) or 1
    lines = [
        Line(labels[key], length(values[key][0]), 100 * values[key][0] / most, length(values[key][1]))
        if key in values
        else Line(labels[key], "–", 0, "–")
        for key in shown
    ]
    median, ninetieth = (map(length, values[ALL])) if ALL in values else ("–", "–")
    return Table(label, about, median, lines, more=ninetieth, left_out=len(labels) - len(shown))


def _labels(scope: Scope, figures: Figures) -> dict[str, str]:
    """The keys in their order, as they are said: every month, every kind, the communes of which there is something."""
    if scope.by == BY_MONTH:
        return {key: month_words(key) for key in scope.months}
    if scope.by == BY_KIND:
        return {kind.value: str(kind.label) for kind in Kind if scope.kind in ("", kind)}
    assert scope.by == BY_COMMUNE
    names = dict(Commune.objects.filter(pk__in=figures.keys()).values_list("pk", "name"))
    weight = {key: sum(values.get(key, 0) for values in figures.numbers.values()) for key in names}
    return {key: names[key] for key in sorted(names, key=lambda key: (-weight[key], names[key]))}


# --- Words ---------------------------------------------------------------------------------------------


def month_words(key: str) -> str:
    """ "mars 2026"."""
    year, month = map(int, key.split("-"))
    return date_format(date(year, month, 1), "YEAR_MONTH_FORMAT")


def length(seconds: float) -> str:
    """ "12 min", "5 h 30", "3 jours"."""
    minutes = round(seconds / 60)
    return length_words(minutes) if minutes < _DAYS_FROM else days_words(round(minutes / (24 * 60)))


def _whole(number: float) -> str:
    return number_format(round(number), force_grouping=True)


def _percent(number: float) -> str:
    return _("%(n)s\u00a0%%") % {"n": number_format(round(number))}


def sum_words(total: Sum) -> str:
    """ "34", "au moins 34"."""
    said = _whole(total.number)
    return said if total.is_exact else _("au moins %(n)s") % {"n": said}


def cell_words(number: int | None) -> str:
    """ "12", "moins de 5"."""
    return _("moins de %(n)s") % {"n": LEAST} if number is None else _whole(number)


def published_tables(found: Published) -> list[dict[str, Any]]:
    """One table an indicator: a line for each month, the latest first, a column for each kind and their sum."""
    return [
        {
            "label": str(NAMED[name].label),
            "about": str(NAMED[name].counts),
            "kinds": [str(kind.label) for kind in Kind],
            "lines": [
                {
                    "label": month_words(month),
                    "cells": [cell_words(found.cell(name, month, kind)) for kind in Kind.values],
                    "total": sum_words(found.of_month(name, month)),
                    "percent": 100 * found.of_month(name, month).number / most,
                }
                for month in reversed(found.months)
            ],
            "totals": [sum_words(found.of_kind(name, kind)) for kind in Kind.values],
            "total": sum_words(found.total(name)),
        }
        for name in PUBLISHED
        for most in [max(found.of_month(name, month).number for month in found.months) or 1]
    ]


# --- Today ---------------------------------------------------------------------------------------------


def by_state_today(scope: Scope) -> dict[str, dict[str, Any]]:
    """What there is of offers and of needs, each as a table."""
    offers, needs = today.by_state(scope)
    return {"offers": _by_state(offers, OfferState), "needs": _by_state(needs, NeedState)}


def _by_state(rows: today.ByState, states: Any) -> dict[str, Any]:
    """A line for each item, or category where there is none, the most frequent first; a column for each state."""
    there = [state for state in states if any(row[2] == state for row in rows)]
    lines: list[dict[str, Any]] = []
    found: dict[tuple[str, str], Counter[str]] = {}
    for category, item, state, n in rows:
        # What has an item is counted under it, whatever category it was registered in.
        found.setdefault(("", item) if item else (category, ""), Counter())[state] += n
    for (category, item), counts in found.items():
        label = (
            item_label(item) if item else category_label(category) if category else kind_label(Kind.HOUSING)
        )
        lines.append(
            {
                "label": capfirst(label),
                "counts": [counts[state] for state in there],
                "total": sum(counts.values()),
            }
        )
    lines.sort(key=lambda line: (-line["total"], line["label"]))
    return {
        "states": [capfirst(state.label) for state in there],
        "lines": lines[:MOST_LINES],
        "left_out": max(0, len(lines) - MOST_LINES),
        "totals": [sum(row[3] for row in rows if row[2] == state) for state in there],
        "total": sum(row[3] for row in rows),
    }


def freshness_today(scope: Scope, *, now: datetime) -> str:
    fresh, active = today.freshness(scope, now=now)
    if not active:
        return ""
    return ngettext(
        "%(part)s des propositions actives ont été confirmées depuis moins de %(n)s jour.",
        "%(part)s des propositions actives ont été confirmées depuis moins de %(n)s jours.",
        scope.city.remind_after_days,
    ) % {"part": _percent(100 * fresh / active), "n": scope.city.remind_after_days}


def unserved_today(scope: Scope) -> Table:
    found = today.unserved(scope)
    labels = {why: str(_WHY.get(why) or RULE_WORDS.get(why) or why) for why in found}
    counts: dict[str, float] = {**found, ALL: sum(found.values())}
    return _numbers(
        _("Besoins ouverts sans aide"),
        _("Ce qui les retient. Une règle\u202f: celle que la proposition la plus proche ne remplit pas."),
        counts,
        labels,
        _whole,
    )


def asked_table(scope: Scope) -> Table:
    """How many citizens were asked how often."""
    found = today.asked(scope)
    labels = {str(times): ngettext("%(n)s fois", "%(n)s fois", times) % {"n": times} for times in found}
    counts: dict[str, float] = {str(times): people for times, people in found.items()}
    return _numbers(
        _("Personnes interrogées, selon combien de fois"),
        _("Les personnes qui proposent, sur la période."),
        {**counts, ALL: sum(counts.values())},
        labels,
        _whole,
    )
