"""The plan's pages: choose what to plan, wait, read it, propose its lines. Parse, one service call, render."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.access import COORDINATION, person, town_page
from accounts.models import User
from catalogue.references import row_number
from cities.days import local_day
from cities.models import City
from matching import asked_words, plans
from matching.models import Plan
from matching.plans import plan_presentation, plan_sending, plan_words
from matching.plans.plan_forms import PlanForm
from needs.models import Need

PLANS_PER_PAGE = 10
NEEDS_PER_PAGE = 20
# Whoever accepts a whole plan waits for so long at most, and goes on with the rest.
ACCEPT_SECONDS = 10.0
# Needs that can be ticked, the most urgent first; and gaps told before the rest is folded away.
TICKABLE = 200
FIRST_GAPS, MOST_GAPS = 12, 200
# Refusals told one by one; and needs listed before one sends.
MOST_TOLD, MOST_KEPT = 12, 100


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, city: City) -> HttpResponse:
    """What to plan; and the last plans of the town."""
    user = person(request)
    today = local_day(timezone.now(), city)
    tickable, total = _tickable(
        user, city, today, request.GET.getlist("besoin") + request.POST.getlist("besoin")
    )
    if request.method == "POST" and "again" in request.POST:
        return _again(request, city, user)
    if request.method == "POST":
        form = PlanForm(request.POST, needs=tickable, today=today)
        if form.is_valid():
            return _ask(request, city, user, form.cleaned_data, tickable)
    else:
        form = PlanForm(
            needs=tickable,
            today=today,
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
            {
                "plan": plan,
                "what": plan_presentation.selection_words(plan),
                "helped": plan_words.helped_shortly(plan),
            }
            for plan in history.object_list
        ],
        "page_obj": history,
    }
    return render(request, "matching/plan_index.html", context)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One plan: under way, or what it would do, line by line; its lines are accepted here."""
    user = person(request)
    plan = get_object_or_404(Plan.objects.visible_to(user).select_related("city", "by"), pk=pk, city=city)
    now = timezone.now()
    if request.method == "POST" and "refresh" in request.POST:
        plans.refresh(plan_id=plan.pk, by=user, now=now)
        return redirect(_same_page(request, plan))
    if request.method == "POST" and "count" in request.POST:
        return _count(request, plan, now=now)
    if request.method == "POST" and "back" not in request.POST:
        return _send(request, plan, user, now=now)
    standing = plans.look_at(plan_id=plan.pk, now=now)
    context: dict[str, Any] = {
        "plan": plan,
        "what": plan_presentation.selection_words(plan),
        "standing": standing,
        "changed_since": plan_presentation.changed_since(plan, now=now) if standing.is_stale else "",
        "newer_is_ready": standing.newer is not None and standing.newer.state == Plan.State.DONE,
        "now": now,
    }
    if plan.state == Plan.State.DONE:
        context |= _done(request, plan, is_stale=standing.is_stale, now=now)
    return render(request, "matching/plan.html", context)


def _tickable(user: User, city: City, today: date, ticked: Sequence[str]) -> tuple[list[Need], int]:
    """The open needs that the form lists, those ticked among them first; and how many are open in all."""
    open_needs = Need.objects.visible_to(user).open().filter(city=city).select_related("commune", "city")
    queue = open_needs.by_urgency(today)
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
    plan = get_object_or_404(Plan.objects.visible_to(user), pk=row_number(request.POST["again"]), city=city)
    renewed = plans.renew(plan_id=plan.pk, by=user, now=timezone.now())
    if renewed is None:
        messages.warning(request, _("Aucun besoin ouvert ne correspond à ce choix."))
        return redirect("matching:plans", city_slug=city.slug)
    return redirect("matching:plan", city_slug=city.slug, pk=renewed.pk)


def _count(request: HttpRequest, plan: Plan, *, now: datetime) -> HttpResponse:
    """How many people the ticked lines ask, and how: what the page says of them while one ticks."""
    lines = plan_sending.choice(plan, _ticked(request), now=now).lines
    sending = plan_sending.sending(lines, plan.city)
    context = {
        "is_counted": True,
        "sentences": plan_sending.sentences(sending),
        "act": plan_sending.act(sending) if lines else _("Demander les lignes cochées"),
    }
    return render(request, "matching/_plan_sending.html", context)


def _send(request: HttpRequest, plan: Plan, user: User, *, now: datetime) -> HttpResponse:
    """Propose what is ticked, or everything, say what became of it, and come back to the same page of the plan.

    Of more than a few people, and of everything, one reads first whom it asks; again when it would be more by then.
    """
    is_all = "everything" in request.POST
    choice = (
        plan_sending.whole(plan, now=now) if is_all else plan_sending.choice(plan, _ticked(request), now=now)
    )
    if not (choice.lines or choice.others or choice.broken):
        messages.warning(request, _("Cochez au moins une ligne."))
        return redirect(_same_page(request, plan))
    sending = plan_sending.sending(choice.lines, plan.city)
    told = request.POST.get("told")
    is_read = bool(told) and sending.people <= row_number(told)
    if choice.lines and (is_all or sending.is_large) and not is_read:
        return _ask_once_more(request, plan, choice, sending, now=now)
    keys = [line.pk for line in (*choice.lines, *choice.others)]
    outcome = plans.accept(plan_id=plan.pk, line_ids=keys, by=user, now=now, seconds=ACCEPT_SECONDS)
    _tell(request, plan, outcome, now=now)
    for need in choice.broken[:MOST_TOLD]:
        messages.warning(request, plan_presentation.broken(need))
    return redirect(_same_page(request, plan))


def _ask_once_more(
    request: HttpRequest,
    plan: Plan,
    choice: plan_sending.Choice,
    sending: plan_sending.Sending,
    *,
    now: datetime,
) -> HttpResponse:
    """Whom it asks, and by which channel, before anybody is asked. Whatever was ticked stays so."""
    is_stale = plans.is_stale(plan, now=now)
    gone = sum(line.match_id is None for line in choice.others)
    kept = plan_presentation.kept(choice.lines)
    if gone:
        warning = plan_presentation.no_longer(gone, plan, is_stale=is_stale, now=now)
    else:
        warning = plan_presentation.changed_since(plan, now=now) if is_stale else ""
    context = {
        "plan": plan,
        "act": plan_sending.act(sending),
        "sentences": plan_sending.sentences(sending),
        "people": sending.people,
        "has_grown": "told" in request.POST,
        "warning": warning,
        "broken": [plan_presentation.broken(need) for need in choice.broken[:MOST_TOLD]],
        "kept": kept[:MOST_KEPT],
        "not_shown": len(kept[MOST_KEPT:]),
        "line_count": len(choice.lines),
        "ticks": " ".join(map(str, sorted(_ticked(request)))),
        "is_all": "everything" in request.POST,
        "number": row_number(request.POST.get("page")) or 1,
    }
    return render(request, "matching/plan_sending.html", context)


def _tell(request: HttpRequest, plan: Plan, outcome: plans.Outcome, *, now: datetime) -> None:
    """What became of the lines."""
    for sentence in asked_words.sentences(outcome.asked, now=now):
        messages.success(request, sentence)
    if outcome.towns:
        messages.success(
            request,
            ngettext(
                "L’accord d’une ville liée est demandé pour %(n)s ligne.",
                "L’accord d’une ville liée est demandé pour %(n)s lignes.",
                len(outcome.towns),
            )
            % {"n": len(outcome.towns)},
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
        count, is_stale = len(outcome.refused), outcome.was_stale
        messages.warning(request, plan_presentation.no_longer(count, plan, is_stale=is_stale, now=now))
        for refused in outcome.refused[:MOST_TOLD]:
            messages.warning(request, plan_presentation.refusal(refused))


def _ticked(request: HttpRequest) -> set[int]:
    """The lines ticked: a box sends one, or those that are asked together."""
    words = " ".join(request.POST.getlist("line")).split()
    return {pk for word in words if (pk := row_number(word))}


def _same_page(request: HttpRequest, plan: Plan) -> str:
    """The page of the plan from which a form was sent."""
    back = reverse("matching:plan", args=[plan.city.slug, plan.pk])
    number = row_number(request.POST.get("page"))
    return f"{back}?page={number}" if number else back


def _done(request: HttpRequest, plan: Plan, *, is_stale: bool, now: datetime) -> dict[str, Any]:
    """What the page of a ready plan says. Nothing is ticked, unless one says so, or comes back."""
    served = (
        Need.objects.filter(pk__in=plan.lines.order_by().values("need"))
        .select_related("commune", "organisation", "city")
        .by_urgency(local_day(now, plan.city))
    )
    page_obj = Paginator(served, NEEDS_PER_PAGE).get_page(request.POST.get("page") or request.GET.get("page"))
    ticked = None if request.GET.get("coche") == "tout" else _ticked(request)
    groups = plan_presentation.groups(plan, list(page_obj.object_list), ticked=ticked, now=now)
    can_be_asked = plan_presentation.can_be_asked(groups)
    act = _("Vérifier et demander les lignes cochées") if is_stale else _("Demander les lignes cochées")
    gaps = plan_presentation.gaps(plan, most=MOST_GAPS, today=local_day(now, plan.city))
    gap_total = plan.gaps.count()
    return {
        "helped": plan_words.helped(plan),
        "compared": plan_words.compared(plan),
        "sure": plan_words.sure(plan),
        "ways": plan_words.ways(plan),
        "page_obj": page_obj,
        "groups": groups,
        "has_more": page_obj.paginator.num_pages > 1 and plans.askable(plan, now=now).exists(),
        "can_be_asked": bool(can_be_asked),
        "is_counted": False,
        "sentences": plan_sending.sentences(plan_sending.sending(can_be_asked, plan.city)),
        "act": act,
        "some_ticked": ticked is None or bool(ticked),
        "gap_total": gap_total,
        "first_gaps": gaps[:FIRST_GAPS],
        "more_gaps": gaps[FIRST_GAPS:],
        "gaps_not_shown": gap_total - len(gaps),
        **plan_presentation.scarcity(
            plan, address=request.build_absolute_uri(reverse("home", args=[plan.city.slug]))
        ),
    }
