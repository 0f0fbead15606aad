"""The plan's pages: choose what to plan, wait, read it, propose its lines. Parse, one service call, render."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts
from accounts.models import User
from catalogue.times import day_words, hour_words
from catalogue.vocabulary import Kind, Urgency
from cities.models import City, Commune
from matching import facts, plan_words, plans, presentation
from matching.lifecycle import ANSWERED, IN_HAND
from matching.models import Match, MatchState, Plan, PlanLine
from matching.plan_forms import PlanForm
from matching.snapshots import local_day
from needs.models import Need

PLANS_PER_PAGE = 10
NEEDS_PER_PAGE = 20
# Whoever accepts a whole plan waits for so long at most, and goes on with the rest.
ACCEPT_SECONDS = 10.0
# Needs that can be ticked, the most urgent first; and gaps told before the rest is folded away.
TICKABLE = 200
FIRST_GAPS, MOST_GAPS = 12, 200
# Refusals told one by one.
MOST_TOLD = 12


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


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, city_slug: str) -> HttpResponse:
    """What to plan; and the last plans of the town."""
    city, user = _desk(request, city_slug)
    tickable, total = _tickable(user, city, request.GET.getlist("besoin") + request.POST.getlist("besoin"))
    if request.method == "POST" and "again" in request.POST:
        return _again(request, city, user)
    if request.method == "POST":
        form = PlanForm(request.POST, needs=tickable)
        if form.is_valid():
            return _ask(request, city, user, form.cleaned_data, tickable)
    else:
        form = PlanForm(
            needs=tickable,
            initial={
                "kind": request.GET.get("nature", ""),
                "urgency": request.GET.get("urgence", ""),
                "budget_seconds": plans.BUDGETS[0],
                "besoin": request.GET.getlist("besoin"),
            },
        )
    history = Paginator(plans.of_city(city, user), PLANS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "open_total": total,
        "not_shown": max(0, total - len(tickable)),
        "ticking": bool(form["besoin"].value()),
        "history": [
            {"plan": plan, "what": selection_words(plan), "helped": plan_words.helped_shortly(plan)}
            for plan in history.object_list
        ],
        "page_obj": history,
    }
    return render(request, "matching/plan_index.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, city_slug: str, pk: int) -> HttpResponse:
    """One plan: under way, or what it would do, line by line; its lines are accepted here."""
    city, user = _desk(request, city_slug)
    plan = get_object_or_404(Plan.objects.visible_to(user).select_related("city", "by"), pk=pk, city=city)
    now = timezone.now()
    if request.method == "POST" and "refresh" in request.POST:
        plans.refresh(plan_id=plan.pk, by=user, now=now)
        return redirect(_same_page(request, plan))
    if request.method == "POST":
        return _accept(request, plan, user, now=now)
    standing = plans.look_at(plan_id=plan.pk, now=now)
    context: dict[str, Any] = {
        "plan": plan,
        "what": selection_words(plan),
        "standing": standing,
        "changed_since": _changed_since(plan) if standing.is_stale else "",
        "newer_is_ready": standing.newer is not None and standing.newer.state == Plan.State.DONE,
        "now": now,
    }
    if plan.state == Plan.State.DONE:
        context |= _done(request, plan, city, now=now)
    return render(request, "matching/plan.html", context)


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


def _desk(request: HttpRequest, city_slug: str) -> tuple[City, User]:
    """The town and its coordinator; 404 for anybody else."""
    city = get_object_or_404(City, slug=city_slug)
    user = request.user
    if not isinstance(user, User) or not accounts.is_coordinator(user, city):
        raise Http404
    return city, user


def _tickable(user: User, city: City, ticked: Sequence[str]) -> tuple[list[Need], int]:
    """The open needs that the form lists, those ticked among them first; and how many are open in all."""
    open_needs = Need.objects.visible_to(user).open().filter(city=city).select_related("commune")
    queue = open_needs.order_by("urgency_rank", "created_at", "id")
    chosen = list(queue.filter(reference__in=ticked)) if ticked else []
    others = [need for need in queue[:TICKABLE] if need not in chosen]
    return chosen + others, open_needs.count()


def _ask(
    request: HttpRequest, city: City, user: User, asked: Mapping[str, Any], tickable: Sequence[Need]
) -> HttpResponse:
    ticked = set(asked["besoin"])
    try:
        plan = plans.ask(
            city_id=city.pk,
            # Whoever ticks needs means these and no others.
            kind="" if ticked else asked["kind"],
            urgency="" if ticked else asked["urgency"],
            need_ids=[need.pk for need in tickable if need.reference in ticked],
            budget_seconds=asked["budget_seconds"],
            by=user,
            now=timezone.now(),
        )
    except plans.NothingToPlan:
        messages.warning(request, _("Aucun besoin ouvert ne correspond à ce choix."))
        return redirect("matching:plans", city_slug=city.slug)
    return redirect("matching:plan", city_slug=city.slug, pk=plan.pk)


def _again(request: HttpRequest, city: City, user: User) -> HttpResponse:
    """The same plan once more, on what there is now."""
    plan = get_object_or_404(Plan.objects.visible_to(user), pk=_number(request.POST["again"]), city=city)
    renewed = plans.renew(plan_id=plan.pk, by=user, now=timezone.now())
    if renewed is None:
        messages.warning(request, _("Aucun besoin ouvert ne correspond à ce choix."))
        return redirect("matching:plans", city_slug=city.slug)
    return redirect("matching:plan", city_slug=city.slug, pk=renewed.pk)


def _accept(request: HttpRequest, plan: Plan, user: User, *, now: datetime) -> HttpResponse:
    """Propose what is ticked, or everything, say what became of it, and come back to the same page of the plan."""
    if "everything" in request.POST:
        ticked = list(plans.askable(plan, now=now).values_list("pk", flat=True))
    else:
        ticked = [pk for text in request.POST.getlist("line") if (pk := _number(text)) is not None]
    if not ticked:
        messages.warning(request, _("Cochez au moins une ligne."))
        return redirect(_same_page(request, plan))
    outcome = plans.accept(plan_id=plan.pk, line_ids=ticked, by=user, now=now, seconds=ACCEPT_SECONDS)
    if outcome.asked:
        messages.success(
            request,
            ngettext(
                "C’est demandé\u202f: %(n)s personne reçoit la question.",
                "C’est demandé\u202f: %(n)s questions sont parties.",
                len(outcome.asked),
            )
            % {"n": len(outcome.asked)},
        )
    if outcome.left:
        messages.warning(
            request,
            ngettext(
                "Il reste %(n)s ligne à demander\u202f: recommencez pour la suite.",
                "Il reste %(n)s lignes à demander\u202f: recommencez pour la suite.",
                outcome.left,
            )
            % {"n": outcome.left},
        )
    if outcome.already:
        messages.info(
            request,
            ngettext(
                "%(n)s ligne était déjà demandée.", "%(n)s lignes étaient déjà demandées.", outcome.already
            )
            % {"n": outcome.already},
        )
    if outcome.refused:
        messages.warning(request, _no_longer(outcome, plan))
        for refused in outcome.refused[:MOST_TOLD]:
            messages.warning(request, _refusal(refused, plan, now=now))
    return redirect(_same_page(request, plan))


def _same_page(request: HttpRequest, plan: Plan) -> str:
    """The page of the plan from which a form was sent."""
    back = reverse("matching:plan", args=[plan.city.slug, plan.pk])
    number = _number(request.POST.get("page", ""))
    return back if number is None else f"{back}?page={number}"


def _number(text: str) -> int | None:
    """A key or a page as a form sends it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _no_longer(outcome: plans.Outcome, plan: Plan) -> str:
    count = len(outcome.refused)
    told = ngettext(
        "%(n)s ligne ne tient plus et n’est pas demandée.",
        "%(n)s lignes ne tiennent plus et ne sont pas demandées.",
        count,
    ) % {"n": count}
    if not outcome.was_stale or plan.finished_at is None:
        return told
    return f"{_changed_since(plan)} {told}"


def _changed_since(plan: Plan) -> str:
    assert plan.finished_at is not None  # plan_done_has_figures
    return _("Des choses ont changé depuis %(when)s.") % {"when": _moment(plan.finished_at, plan.city)}


def _moment(moment: datetime, city: City) -> str:
    """ "14 h 05" of the town's clock, or its day when that is not today."""
    here = moment.astimezone(ZoneInfo(city.timezone))
    if here.date() != local_day(timezone.now(), city):
        return _("le %(day)s") % {"day": day_words(here.date())}
    return hour_words(here.hour * 60 + here.minute)


def _refusal(refused: plans.Refused, plan: Plan, *, now: datetime) -> str:
    line = refused.line
    return _("«\u00a0%(offer)s\u00a0» pour «\u00a0%(need)s\u00a0»\u202f: %(why)s") % {
        "offer": line.offer.title,
        "need": line.need.title,
        "why": presentation.why_not(refused.failure, plans.suggestion(line, plan=plan, now=now)),
    }


# --- What a plan says ----------------------------------------------------------------------------------


def _done(request: HttpRequest, plan: Plan, city: City, *, now: datetime) -> dict[str, Any]:
    served = (
        Need.objects.filter(pk__in=plan.lines.order_by().values("need"))
        .select_related("commune", "organisation")
        .order_by("urgency_rank", "created_at", "id")
    )
    page_obj = Paginator(served, NEEDS_PER_PAGE).get_page(request.GET.get("page"))
    groups = _groups(plan, list(page_obj.object_list), city, now=now)
    gaps = [
        {"need": gap.need, "sentence": plan_words.left_out(gap.need, gap.reason, missing=gap.missing)}
        for gap in plan.gaps.select_related("need__commune").order_by(
            "need__urgency_rank", "need__created_at", "need_id"
        )[:MOST_GAPS]
    ]
    gap_total = plan.gaps.count()
    return {
        "helped": plan_words.helped(plan),
        "compared": plan_words.compared(plan),
        "sure": plan_words.sure(plan),
        "ways": plan_words.ways(plan),
        "page_obj": page_obj,
        "groups": groups,
        "askable_total": plans.askable(plan, now=now).count() if page_obj.paginator.num_pages > 1 else 0,
        "open_lines": sum(card.state == "open" for _need, cards in groups for card in cards),
        "gap_total": gap_total,
        "first_gaps": gaps[:FIRST_GAPS],
        "more_gaps": gaps[FIRST_GAPS:],
        "gaps_not_shown": gap_total - len(gaps),
        **_scarcity(request, plan, city),
    }


def _groups(
    plan: Plan, needs: Sequence[Need], city: City, *, now: datetime
) -> list[tuple[Need, list[LineCard]]]:
    """The lines of these needs: a fixed number of queries, however many there are."""
    lines = list(
        PlanLine.objects.filter(plan=plan, need__in=needs)
        .select_related("need__organisation", "offer__commune", "offer__city", "match")
        .order_by("pk")
    )
    shown = [line.match or plans.suggestion(line, plan=plan, now=now) for line in lines]
    for match, line in zip(shown, lines, strict=True):
        match.need, match.offer = line.need, line.offer
    # What has been asked keeps its reasons of then.
    facts.explained((match for match in shown if match.pk is None), now=now)
    today = local_day(now, city)
    decided = defaultdict(list)
    for match in Match.objects.filter(need__in=needs, state__in=[*IN_HAND, *ANSWERED]).order_by("pk"):
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
                is_of_town=line.offer.city_id == city.pk,
            )
        )
    return [(need, found[need.pk]) for need in needs]


def _state(line: PlanLine, decided: Sequence[Match]) -> tuple[str, str, str]:
    """How a line stands, in a word for the page, and its colour; `services.propose` has the last word."""
    if line.match is not None:
        state = MatchState(line.match.state)
        return "asked", str(state.label), presentation.STATE_COLOURS.get(state, "planned")
    for match in decided:
        same = (match.need_revision, match.offer_revision) == (line.need_revision, line.offer_revision)
        if match.state in IN_HAND or same:
            return "gone", str(MatchState(match.state).label), "planned"
    if (line.need.revision, line.offer.revision) != (line.need_revision, line.offer_revision):
        return "gone", _("A changé depuis"), "warn"
    posted = line.need.organisation is None or line.need.organisation.is_verified
    if not (line.need.is_open and line.offer.is_open and posted):
        return "gone", _("N’est plus ouvert"), "warn"
    if line.offer.kind == Kind.HOUSING and line.offer.vetted_at is None:
        return "visit", _("À visiter d’abord"), "warn"
    return "open", "", ""


def _scarcity(request: HttpRequest, plan: Plan, city: City) -> dict[str, Any]:
    """What would help most, and the text with which a town calls for it."""
    changes = [told for told in plan.scarcity if told["type"] == "relaxation" and told["people"] >= 1]
    wanted = [told for told in plan.scarcity if told["type"] == "call"]
    communes = Commune.objects.in_bulk([told["commune"] for told in wanted if told["commune"]])
    lines = [
        plan_words.wanted(told, commune=communes[told["commune"]].name if told["commune"] else "")
        for told in wanted
    ]
    address = request.build_absolute_uri(reverse("home", args=[city.slug]))
    return {
        "changes": [plan_words.would_help(told) for told in changes],
        "wanted": [
            {"line": line, "helps": plan_words.call_helps(told)}
            for line, told in zip(lines, wanted, strict=True)
        ],
        "call_text": plan_words.call_for_offers(lines, city=city.name, address=address, phone=city.phone)
        if lines
        else "",
    }
