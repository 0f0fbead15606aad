"""How a plan is shown: its selection, its lines by need, whom it leaves out, what would help. Shapes for templates."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.saying import titled
from catalogue.times import day_words, hour_words
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day, local_time
from cities.models import City, Commune
from engine.planning import EQUAL
from matching import plans, presentation
from matching.models import Match, Plan, PlanLine
from matching.plans import ahead_words, call_words, plan_sending, plan_words
from matching.plans.plan_sending import Standing
from matching.reasons import facts
from needs.models import Need
from needs.urgency import urgency_order


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line of a plan, and how it stands."""

    line: PlanLine
    standing: Standing
    score: float
    reasons: list[dict[str, str]]
    parts: list[dict[str, Any]]
    is_of_town: bool
    others_need: str
    weighed: str


@dataclass(frozen=True, slots=True)
class AskCard:
    """What is asked together: one line, or the homes that a household would have in turn, in the order of days.

    `ticks`: what its box sends; empty when it cannot be asked.
    """

    cards: list[LineCard]
    ticks: str
    is_ticked: bool

    @property
    def is_in_turn(self) -> bool:
        return len(self.cards) > 1

    @property
    def is_broken(self) -> bool:
        """Whether some could be asked, but not all of it."""
        return not self.ticks and any(card.standing.state == "open" for card in self.cards)


@dataclass(frozen=True, slots=True)
class NeedGroup:
    """A need of a plan, and whom it would be asked of."""

    need: Need
    asks: list[AskCard]


@dataclass(frozen=True, slots=True)
class Kept:
    """A need and its lines that are about to be asked."""

    need: Need
    lines: list[PlanLine]


def selection_words(plan: Plan) -> str:
    """What a plan was asked for: "Tous les besoins", "Logement · Ce soir", "3 besoins choisis"."""
    words = []
    if plan.need_ids:
        words.append(
            ngettext("%(n)s besoin choisi", "%(n)s besoins choisis", len(plan.need_ids))
            % {"n": len(plan.need_ids)}
        )
    if plan.kind:
        words.append(str(Kind(plan.kind).label))
    if plan.urgency:
        words.append(str(Urgency(plan.urgency).label))
    return " · ".join(words) or _("Tous les besoins")


def changed_since(plan: Plan, *, now: datetime) -> str:
    """ "Des choses ont changé depuis 14 h 05."."""
    assert plan.finished_at is not None  # plan_done_has_figures
    return _("Des choses ont changé depuis %(when)s.") % {
        "when": _moment(plan.finished_at, plan.city, now=now)
    }


def no_longer(count: int, plan: Plan, *, is_stale: bool, now: datetime) -> str:
    """How many lines are not asked because they no longer hold."""
    told = ngettext(
        "%(n)s ligne ne tient plus et n’est pas demandée.",
        "%(n)s lignes ne tiennent plus et ne sont pas demandées.",
        count,
    ) % {"n": count}
    if not is_stale or plan.finished_at is None:
        return told
    return f"{changed_since(plan, now=now)} {told}"


def broken(need: Need) -> str:
    """Of homes in turn one no longer holds."""
    return _(
        "«\u00a0%(need)s\u00a0»\u202f: un des logements successifs ne tient plus, aucun n’est donc demandé."
    ) % {"need": titled(need)}


def refusal(refused: plans.Refused) -> str:
    """Which line was not asked, and why."""
    line = refused.line
    return _("«\u00a0%(offer)s\u00a0» pour «\u00a0%(need)s\u00a0»\u202f: %(why)s") % {
        "offer": titled(line.offer),
        "need": titled(line.need),
        "why": presentation.refusal_words(refused.failure),
    }


def groups(
    plan: Plan, needs: Sequence[Need], *, ticked: Container[int] | None, now: datetime
) -> list[NeedGroup]:
    """The lines of these needs, all ticked with None: a fixed number of queries, however many there are."""
    today = local_day(now, plan.city)
    lines = plan_sending.lines_of(plan, Q(need__in=needs), today=today)
    shown = {line.pk: line.match or plans.suggestion(line, plan=plan, now=now) for line in lines}
    for line in lines:
        shown[line.pk].need, shown[line.pk].offer = line.need, line.offer
    # What has been asked keeps its reasons of then.
    facts.explained((match for match in shown.values() if match.facts is None), now=now)
    standing_of = plan_sending.standings(lines, today=today)
    asks: dict[int, list[AskCard]] = defaultdict(list)
    for group in plan_sending.together(lines):
        cards = [_card(line, shown[line.pk], standing_of[line.pk], plan) for line in group]
        open_keys = [card.line.pk for card in cards if card.standing.state == "open"]
        can_be = plan_sending.may_be_asked([card.standing for card in cards])
        asks[group[0].need_id].append(
            AskCard(
                cards=cards,
                ticks=" ".join(map(str, open_keys)) if can_be else "",
                is_ticked=ticked is None or any(key in ticked for key in open_keys),
            )
        )
    return [NeedGroup(need, asks[need.pk]) for need in needs]


def can_be_asked(groups: Iterable[NeedGroup]) -> list[PlanLine]:
    """The lines of these groups that have a box to tick."""
    return [
        card.line
        for group in groups
        for ask in group.asks
        if ask.ticks
        for card in ask.cards
        if card.standing.state == "open"
    ]


def kept(lines: Iterable[PlanLine]) -> list[Kept]:
    """Lines that are about to be asked, by need, in the order in which they come."""
    by_need: dict[int, Kept] = {}
    for line in lines:
        by_need.setdefault(line.need_id, Kept(line.need, [])).lines.append(line)
    return list(by_need.values())


def _card(line: PlanLine, match: Match, standing: Standing, plan: Plan) -> LineCard:
    return LineCard(
        line=line,
        standing=standing,
        score=match.score,
        reasons=presentation.reasons(match),
        parts=presentation.parts(match),
        is_of_town=line.offer.city_id == plan.city_id,
        others_need=ahead_words.others_need(line.ahead, line.offer),
        weighed=ahead_words.weighed(line.ahead),
    )


def gaps(plan: Plan, *, most: int, today: date) -> list[dict[str, Any]]:
    """Whom the plan leaves out and why, the most urgent first."""
    rows = plan.gaps.select_related("need__commune", "need__city").order_by(
        *urgency_order(today, of="need__")
    )
    return [
        {
            "need": gap.need,
            "sentence": plan_words.left_out(gap.need, gap.reason, missing=gap.missing, days=gap.days),
        }
        for gap in rows[:most]
    ]


def scarcity(plan: Plan, *, address: str) -> dict[str, Any]:
    """What would help most, and the text with which a town calls for it: it leads to this address."""
    changes = [told for told in plan.scarcity if told["type"] == "relaxation" and told["people"] >= 1 - EQUAL]
    wanted = [told for told in plan.scarcity if told["type"] == "call"]
    communes = Commune.objects.in_bulk([told["commune"] for told in wanted if told["commune"]])
    asking = Need.objects.open().filter(pk__in={pk for told in wanted for pk in told.get("need_ids", [])})
    references = dict(asking.values_list("pk", "reference"))
    lines = [
        call_words.wanted(told, commune=communes[told["commune"]].name if told["commune"] else "")
        for told in wanted
    ]
    return {
        "changes": [plan_words.would_help(told) for told in changes],
        "wanted": [
            {
                "line": line,
                "helps": call_words.helps(told),
                "count": told["count"],
                "references": [references[pk] for pk in told.get("need_ids", []) if pk in references],
            }
            for line, told in zip(lines, wanted, strict=True)
        ],
        "call_text": call_words.as_posted(lines, city=plan.city.name, address=address, phone=plan.city.phone)
        if lines
        else "",
    }


def _moment(moment: datetime, city: City, *, now: datetime) -> str:
    """ "14 h 05" of the town's clock, or its day when that is not today."""
    here = local_time(moment, city)
    if here.date() != local_day(now, city):
        return _("le %(day)s") % {"day": day_words(here.date())}
    return hour_words(here.hour * 60 + here.minute)
