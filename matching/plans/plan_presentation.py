"""How a plan is shown: its selection, its lines by need, whom it leaves out, what would help. Shapes for templates."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.saying import titled
from catalogue.times import day_words, hour_words
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day, local_time
from cities.models import City, Commune
from engine.planning import EQUAL
from matching import linked_towns, plans, presentation
from matching.lifecycle import ACTIVE, ANSWERED
from matching.models import Match, MatchState, Plan, PlanLine
from matching.plans import plan_words
from matching.reasons import facts
from needs.models import Need, urgency_order


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line of a plan. `state`: open (can be ticked), visit (a home to be visited first), asked, gone."""

    line: PlanLine
    state: str
    words: str
    colour: str
    score: float
    reasons: list[dict[str, str]]
    parts: list[dict[str, Any]]
    is_of_town: bool


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


def no_longer(outcome: plans.Outcome, plan: Plan, *, now: datetime) -> str:
    """How many lines were not asked because they no longer hold."""
    count = len(outcome.refused)
    told = ngettext(
        "%(n)s ligne ne tient plus et n’est pas demandée.",
        "%(n)s lignes ne tiennent plus et ne sont pas demandées.",
        count,
    ) % {"n": count}
    if not outcome.was_stale or plan.finished_at is None:
        return told
    return f"{changed_since(plan, now=now)} {told}"


def refusal(refused: plans.Refused) -> str:
    """Which line was not asked, and why."""
    line = refused.line
    return _("«\u00a0%(offer)s\u00a0» pour «\u00a0%(need)s\u00a0»\u202f: %(why)s") % {
        "offer": titled(line.offer),
        "need": titled(line.need),
        "why": presentation.refusal_words(refused.failure),
    }


def groups(plan: Plan, needs: Sequence[Need], *, now: datetime) -> list[tuple[Need, list[LineCard]]]:
    """The lines of these needs: a fixed number of queries, however many there are."""
    lines = list(
        PlanLine.objects.filter(plan=plan, need__in=needs)
        .select_related("need__organisation", "offer__commune", "offer__city", "match")
        .order_by("pk")
    )
    # A linked town that is asked has its line; one that has said nothing may be asked again.
    asked = linked_towns.are_asked(line.match for line in lines if line.match is not None)
    for line in lines:
        if line.match is not None and line.match.state == MatchState.SUGGESTED and line.match_id not in asked:
            line.match = None
    shown = [line.match or plans.suggestion(line, plan=plan, now=now) for line in lines]
    for match, line in zip(shown, lines, strict=True):
        match.need, match.offer = line.need, line.offer
    # What has been asked keeps its reasons of then.
    facts.explained((match for match in shown if match.facts is None), now=now)
    today = local_day(now, plan.city)
    decided = defaultdict(list)
    for match in Match.objects.filter(need__in=needs, state__in=[*ACTIVE, *ANSWERED]).order_by("pk"):
        decided[match.need_id, match.offer_id].append(match)
    found: dict[int, list[LineCard]] = defaultdict(list)
    for line, match in zip(lines, shown, strict=True):
        state, words, colour = _state(line, decided[line.need_id, line.offer_id])
        if state in ("open", "visit") and line.first_day < today:
            state, words, colour = "gone", _("Ses dates ont commencé"), "warn"
        found[line.need_id].append(
            LineCard(
                line=line,
                state=state,
                words=words,
                colour=colour,
                score=match.score,
                reasons=presentation.reasons(match),
                parts=presentation.parts(match),
                is_of_town=line.offer.city_id == plan.city_id,
            )
        )
    return [(need, found[need.pk]) for need in needs]


def gaps(plan: Plan, *, most: int, today: date) -> list[dict[str, Any]]:
    """Whom the plan leaves out and why, the most urgent first."""
    rows = plan.gaps.select_related("need__commune", "need__city").order_by(
        *urgency_order(today, of="need__")
    )
    return [
        {"need": gap.need, "sentence": plan_words.left_out(gap.need, gap.reason, missing=gap.missing)}
        for gap in rows[:most]
    ]


def scarcity(plan: Plan, *, address: str) -> dict[str, Any]:
    """What would help most, and the text with which a town calls for it: it leads to this address."""
    changes = [told for told in plan.scarcity if told["type"] == "relaxation" and told["people"] >= 1 - EQUAL]
    wanted = [told for told in plan.scarcity if told["type"] == "call"]
    communes = Commune.objects.in_bulk([told["commune"] for told in wanted if told["commune"]])
    lines = [
        plan_words.wanted(told, commune=communes[told["commune"]].name if told["commune"] else "")
        for told in wanted
    ]
    return {
        "changes": [plan_words.would_help(told) for told in changes],
        "wanted": [
            {"line": line, "helps": plan_words.call_helps(told)}
            for line, told in zip(lines, wanted, strict=True)
        ],
        "call_text": plan_words.call_for_offers(
            lines, city=plan.city.name, address=address, phone=plan.city.phone
        )
        if lines
        else "",
    }


def _state(line: PlanLine, decided: Sequence[Match]) -> tuple[str, str, str]:
    """How a line stands, in a word for the page, and its colour; `services.propose` has the last word."""
    if line.match is not None:
        state = MatchState(line.match.state)
        if state == MatchState.SUGGESTED:
            words = _("L’accord de %(city)s est demandé.") % {"city": line.offer.city.name}
            return "asked", words, "planned"
        return "asked", str(state.label), presentation.STATE_COLOURS.get(state, "planned")
    for match in decided:
        same = (match.need_revision, match.offer_revision) == (line.need_revision, line.offer_revision)
        if match.state in ACTIVE or same:
            return "gone", str(MatchState(match.state).label), "planned"
    if (line.need.revision, line.offer.revision) != (line.need_revision, line.offer_revision):
        return "gone", _("A changé depuis"), "warn"
    posted = line.need.organisation is None or line.need.organisation.is_verified
    if not (line.need.is_open and line.offer.is_open and posted):
        return "gone", _("N’est plus ouvert"), "warn"
    if line.offer.kind == Kind.HOUSING and line.offer.vetted_at is None:
        return "visit", _("À visiter d’abord"), "warn"
    return "open", "", ""


def _moment(moment: datetime, city: City, *, now: datetime) -> str:
    """ "14 h 05" of the town's clock, or its day when that is not today."""
    here = local_time(moment, city)
    if here.date() != local_day(now, city):
        return _("le %(day)s") % {"day": day_words(here.date())}
    return hour_words(here.hour * 60 + here.minute)
