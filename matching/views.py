"""The desk's pages: the queue and its cases, and what is decided on them. Parse, one service call, render."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from cities.days import local_day
from cities.models import City
from matching import (
    answering,
    conditions,
    households,
    presentation,
    progress,
    relays,
    selectors,
    services,
    tonight,
)
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import HOLDING, Act, NotPossible, Role
from matching.models import Match, MatchState
from matching.reasons import facts
from matching.relays import relay_presentation
from matching.sorting import sorting_lists
from needs.models import Need
from needs.selectors import edits_of
from needs.words import progress_words
from notifications.inbox.presentation import written
from notifications.presentation import told
from notifications.selectors import about
from notifications.wording import selectors as wording

PER_PAGE = 50


@town_page(COORDINATION)
@never_cache
@require_safe
def queue(request: HttpRequest, city: City) -> HttpResponse:
    """What is to be done: the queue, with its first case open."""
    user = person(request)
    page = _page(request, user, city)
    first = page.object_list[0] if page.object_list else None
    return _render_case(request, user, city, page, first, desk_first="queue")


@town_page(COORDINATION)
@never_cache
@require_safe
def case(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """One need with its suggestions, its near misses and its thread."""
    user = person(request)
    need = _need(user, city, reference)
    return _render_case(request, user, city, _page(request, user, city), need, desk_first="case")


@town_page(COORDINATION)
@require_POST
def take(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """This coordinator looks after the case, and the reminders end."""
    user = person(request)
    need = _need(user, city, reference)
    try:
        tonight.take(need=need, by=user, now=timezone.now())
    except tonight.AlreadyTaken:
        messages.warning(request, _("Quelqu’un d’autre vient de prendre ce dossier."))
    else:
        messages.success(request, _("Vous vous occupez de ce dossier."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


@town_page(COORDINATION)
@require_POST
def give_back(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Nobody looks after the case any more."""
    user = person(request)
    tonight.give_back(need=_need(user, city, reference), by=user, now=timezone.now())
    messages.success(request, _("Le dossier attend de nouveau quelqu’un."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


@town_page(COORDINATION)
@require_POST
def act(request: HttpRequest, city: City, pk: int, act: str) -> HttpResponse:
    """One decision of the desk on one match, then back to its case."""
    user = person(request)
    match = get_object_or_404(Match.objects.visible_to(user).select_related("need"), pk=pk, city=city)
    if act not in services.BY_HAND:
        raise Http404
    answer: dict[str, Any] = {}
    if Act(act) in REASONS:
        prefix = f"d{pk}" if act == Act.DISMISS else f"{act}{pk}"
        form = ReasonForm(request.POST, act=Act(act), prefix=prefix)
        if not form.is_valid():
            messages.error(request, _("Choisissez une raison."))
            return redirect("matching:case", city_slug=city.slug, reference=match.need.reference)
        answer = {"reason": form.cleaned_data["reason"], "note": form.cleaned_data["note"]}
    try:
        match = services.BY_HAND[Act(act)](match_id=pk, by=user, now=timezone.now(), **answer)
    except NotPossible as failure:
        messages.warning(request, presentation.refusal_words(failure))
    else:
        messages.success(request, _done(match, Act(act)))
    return redirect("matching:case", city_slug=city.slug, reference=match.need.reference)


@town_page(COORDINATION)
@require_POST
def contact(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The citizen's contact, for the desk; each reading is logged."""
    user = person(request)
    matches = Match.objects.visible_to(user).select_related("offer__owner", "offer__commune", "need")
    match = get_object_or_404(matches, pk=pk, city=city)
    if match.is_across and not selectors.contacts_are_open(match, today=local_day(timezone.now(), city)):
        raise Http404  # of another town's citizen nothing is known before the confirmation
    log_contact_reading(
        subject=match.offer.owner,
        reason="desk",
        reference=match.offer.reference,
        by=user,
        now=timezone.now(),
    )
    return render(request, "matching/contact.html", {"match": match})


@town_page(COORDINATION)
@require_POST
def same_household(request: HttpRequest, city: City, reference: str, other: str) -> HttpResponse:
    """Two needs are of one household, of which this one goes on, or of two."""
    user, now = person(request), timezone.now()
    found = {need.reference: need for need in _needs(user, city).filter(reference__in=[reference, other])}
    if len(found) != 2:
        raise Http404
    need, twin = found[reference], found[other]
    if request.POST.get("same") != "yes":
        households.tell_apart(need=need, other=twin, by=user, now=now)
        messages.success(request, _("Ce sont deux foyers : les deux demandes restent."))
    else:
        try:
            households.join(kept=need, closed=twin, by=user, now=now)
        except households.InHand:
            messages.warning(
                request,
                _("La demande %(other)s est déjà en cours : ouvrez-la, et fermez plutôt celle-ci.")
                % {"other": other},
            )
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, _("Une seule demande reste pour ce foyer : celle-ci."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


def _needs(user: User, city: City) -> QuerySet[Need]:
    needs = selectors.with_desk(Need.objects.visible_to(user))
    return needs.filter(city=city).select_related("commune", "organisation", "city")


def _need(user: User, city: City, reference: str) -> Need:
    return get_object_or_404(_needs(user, city), reference=reference)


def _page(request: HttpRequest, user: User, city: City) -> Any:
    queue = selectors.queue(user, city, today=local_day(timezone.now(), city))
    return Paginator(queue, PER_PAGE).get_page(request.GET.get("page"))


def _render_case(
    request: HttpRequest, user: User, city: City, page: Any, need: Need | None, *, desk_first: str
) -> HttpResponse:
    now = timezone.now()
    today = local_day(now, city)
    context: dict[str, Any] = {
        "page_obj": page,
        "queue_lines": presentation.queue_lines(page.object_list),
        "queue_total": page.paginator.count,
        "to_sort": sorting_lists.count(user, city),
        "need": need,
        "desk_first": desk_first,
        "now": now,
    }
    if need is not None:
        scan = conditions.scan_of(need)
        acted = list(selectors.under_way(user, need))
        roles = frozenset({Role.COORDINATOR})
        # All that is needed is promised: what the engine suggested before is on its way out, and would be refused.
        promised = [match for match in acted if match.state in HOLDING]
        is_promised = need.progress(map(progress.of_match, promised), today=today).is_all
        near_misses = [] if is_promised else selectors.near_misses(user, need, scan)
        suggested = [] if is_promised else list(selectors.suggestions(user, need, today=today))
        in_turn = relays.find(need, suggested, now=now)
        facts.explained([*suggested, *in_turn.parts], near_misses=near_misses, now=now)
        own = wording.own_of(city) if suggested else []
        cards = [presentation.suggestion_card(match, own=own, now=now) for match in suggested]
        explained = [miss for miss in near_misses if miss.sentence]
        lines = conditions.lines(scan, explained, today=today)
        waits_of = presentation.waits(acted)
        thread = presentation.thread(need, edits_of(need), acted, now) + conditions.events(scan, now=now)
        context |= {
            "scan": scan,
            "progress": progress_words(need),
            "look_alikes": households.look_alikes(need),
            "joined": households.joined_to(need) if need.has_joined else [],  # type: ignore[attr-defined]
            "made_for_it": answering.made_for(need) if need.is_open else (),
            "suggested_offers": {card.match.offer_id for card in cards},
            "relays": relay_presentation.cards(in_turn, suggested, today=today),
            "cards": cards,
            "chart": presentation.chart(need, cards),
            "acted": [
                {
                    "match": match,
                    "waits": waits_of.get(match.pk, ""),
                    "acts": presentation.acts(match, roles),
                    "colour": presentation.STATE_COLOURS.get(MatchState(match.state), "planned"),
                }
                for match in acted
            ],
            "near_misses": lines,
            "may_ask": any(line.asks for line in lines),
            "told": told(about(user, _subjects(need, [*acted, *suggested])), city, now=now),
            "written": written(user, _subjects(need, [*acted, *suggested]), now=now),
            "thread": sorted(thread, key=lambda event: event["at"], reverse=True),
            "looking": need.scan_due_at is not None and not is_promised,
        }
    return render(request, "matching/case.html", context)


def _subjects(need: Need, matches: Iterable[Match]) -> list[str]:
    return [f"need:{need.pk}", *(f"match:{match.pk}" for match in matches)]


def _done(match: Match, act: Act) -> str:
    if act == Act.PROPOSE and match.state == MatchState.PROPOSED:
        if match.waits_since is not None:
            return _("C’est noté. La question partira dès que cette personne pourra la recevoir.")
        if not match.offer.owner.email:
            return _("C’est demandé. Cette personne n’a pas d’e-mail : elle attend dans « À appeler ».")
        return _("C’est demandé. La personne reçoit la question par e-mail.")
    return f"{presentation.ACT_WORDS[act.value]}."
