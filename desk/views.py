"""The desk's pages: the queue and its cases. Parse, read, render."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.models import User
from cities.days import local_day
from cities.models import City
from desk import presentation, selectors
from matching import answering, conditions, households, progress, relays
from matching import selectors as matches
from matching.lifecycle import HOLDING, Role
from matching.models import Match, MatchState
from matching.presentation import STATE_COLOURS
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
    need = selectors.need(user, city, reference)
    return _render_case(request, user, city, _page(request, user, city), need, desk_first="case")


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
        acted = list(matches.under_way(user, need))
        roles = frozenset({Role.COORDINATOR})
        # All that is needed is promised: what the engine suggested before is on its way out, and would be refused.
        promised = [match for match in acted if match.state in HOLDING]
        is_promised = need.progress(map(progress.of_match, promised), today=today).is_all
        near_misses = [] if is_promised else matches.near_misses(user, need, scan)
        suggested = [] if is_promised else list(matches.suggestions(user, need, today=today))
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
                    "colour": STATE_COLOURS.get(MatchState(match.state), "planned"),
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
    return render(request, "desk/case.html", context)


def _subjects(need: Need, of_need: Iterable[Match]) -> list[str]:
    return [f"need:{need.pk}", *(f"match:{match.pk}" for match in of_need)]
