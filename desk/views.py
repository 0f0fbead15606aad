"""The desk's pages: the queue and its cases. Parse, read, render."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.models import User
from catalogue.vocabulary import Urgency
from cities.days import local_day
from cities.models import City
from desk import drawing, presentation, selectors, versions
from desk.baskets import Basket, Moment, Wanted, basket_of, query_of, wanted_of
from desk.forms import FlagForm, NoteForm
from followups.presentation import suspended
from matching import answering, conditions, given, households, relays
from matching import selectors as matches
from matching.lifecycle import HOLDING, Role
from matching.models import MatchState
from matching.plans import looking_ahead
from matching.presentation import STATE_COLOURS
from matching.reasons import facts
from matching.sorting import sorting_lists
from matching.standing import GONE
from needs.models import Need
from needs.words import progress_words
from notifications.wording import selectors as wording

PER_PAGE = 50
# More of these, and a line says how many there are.
MOST_PINNED = 12


@town_page(COORDINATION)
@require_safe
def queue(request: HttpRequest, city: City) -> HttpResponse:
    """What is to be done: a basket of the queue. Its first case opens beside it, after the list."""
    user, at = person(request), moment_of(city)
    page = listed(request, user, city, at=at)
    first = next((line.need for line in (*page["pinned"], *page["lines"])), None)
    query = f"{page['query']}&page={page['page_obj'].number}"
    context = {
        **page,
        "desk_first": "queue",
        "first_url": f"{_case_url(city, first.reference)}?{query}" if first is not None else "",
        "open_reference": first.reference if first is not None else "",
        "live_query": f"{query}&ouvert={first.reference}" if first is not None else query,
        "headers": "",
    }
    return render(request, "desk/queue.html", context)


@town_page(COORDINATION, also=versions.case_state)
@require_safe
def case(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """One need with its suggestions and its near misses. The list, the thread and the messages come after it."""
    user = person(request)
    return render_case(request, user, city, selectors.case(user, city, reference))


def render_case(
    request: HttpRequest,
    user: User,
    city: City,
    need: Need,
    *,
    note_form: NoteForm | None = None,
    flag_form: FlagForm | None = None,
) -> HttpResponse:
    """A case; with a form that was refused, as it was typed. Of a town with `versions.case_state`."""
    forms = {"note_form": note_form or NoteForm(), "flag_form": flag_form or FlagForm()}
    context = _of_case(request, user, city, need, at=moment_of(city)) | forms
    return render(request, "desk/case.html", context)


def back_to_case(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """To the case, beside the list as it was."""
    case = reverse("desk:case", args=[city.slug, reference])
    return redirect(
        f"{case}?{query_of(basket_of(request.GET), wanted_of(request.GET))}" if request.GET else case
    )


def live_url(city: City, reference: str, query: str, *, seen: str) -> str:
    """Where a case's page asks whether something has changed since that version."""
    return f"{reverse('desk:live', args=[city.slug, reference])}?{query}&vu={seen}"


def moment_of(city: City) -> Moment:
    now = timezone.now()
    return Moment(now=now, today=local_day(now, city))


def listed(request: HttpRequest, user: User, city: City, *, at: Moment) -> dict[str, Any]:
    """The basket that the address asks for. Whoever is alone tonight stands above it, whatever is asked for."""
    basket, wanted = basket_of(request.GET), wanted_of(request.GET)
    counts = selectors.counts(user, city, wanted, at=at)
    alone = list(selectors.alone_tonight(user, city, at=at).values_list("pk", flat=True)[: MOST_PINNED + 1])
    pinned = alone[:MOST_PINNED]
    queued = selectors.queue(user, city, basket, wanted, at=at).values_list("pk", flat=True)
    paginator = Paginator(queued, PER_PAGE)
    paginator.count = counts[basket].total  # counted already
    page = paginator.get_page(request.GET.get("page"))
    # Those above are not told twice.
    keys = dict.fromkeys([*pinned, *page.object_list])
    cases = selectors.lines(keys)
    shown = [cases[key] for key in keys]
    lines = presentation.queue_lines(shown, selectors.steps(shown), selectors.chased(shown, at=at), at=at)
    here = reverse("desk:queue", args=[city.slug])
    return {
        "page_obj": page,
        "pinned": lines[: len(pinned)],
        "lines": lines[len(pinned) :],
        "more_tonight": f"{here}?{query_of(Basket.DECIDE, Wanted(urgency=Urgency.TONIGHT))}"
        if len(alone) > MOST_PINNED
        else "",
        "baskets": presentation.tabs(counts, basket, wanted, here=here),
        "urgencies": presentation.urgencies(counts[basket], basket, wanted, here=here),
        "basket": Basket(basket),
        "is_filtered": wanted != Wanted(),
        "query": query_of(basket, wanted),
        "unfiltered": query_of(basket, Wanted()),
        "queue_total": counts[basket].total,
        "to_sort": sorting_lists.count(user, city),
        "views": selectors.views_by_name(user, city),
    }


def _of_case(request: HttpRequest, user: User, city: City, need: Need, *, at: Moment) -> dict[str, Any]:
    """What a case shows at once, in at most fifteen queries with those of every page."""
    now, today = at.now, at.today
    query = query_of(basket_of(request.GET), wanted_of(request.GET))
    # Read with the town, before all else: what is written while the page is read is seen by its first question.
    _pk, version = versions.of_case(city) or (need.pk, "")
    scan = conditions.scan_of(need)
    suggested, acted = matches.of_case(user, need, today=today)
    # All that is needed is promised: what the engine suggested before is on its way out, and would be refused.
    promised = [match for match in acted if match.state in HOLDING and not match.is_beside]  # type: ignore[attr-defined]
    is_promised = need.progress(map(given.of_match, promised), today=today).is_all
    if is_promised:
        suggested = []
    near_misses = [] if is_promised else matches.near_misses(user, need, scan)
    facts.explained(suggested, near_misses=near_misses, now=now)
    own = wording.own_of(city) if suggested else []
    ahead = looking_ahead.latest(city, now=now) if suggested else {}
    cards = [presentation.suggestion_card(match, own=own, ahead=ahead, now=now) for match in suggested]
    dismissals = presentation.dismissals(suggested)
    lines = conditions.lines(scan, [miss for miss in near_misses if miss.sentence], today=today)
    waits_of = presentation.waits(acted)
    return {
        "need": need,
        "now": now,
        "query": query,
        "open_reference": need.reference,
        "live_query": f"{query}&page={_number_of(request)}&ouvert={need.reference}",
        "headers": "",
        "scan": scan,
        "live_url": live_url(city, need.reference, query, seen=version),
        "others": "",
        "changed": "",
        "flags": presentation.open_flags(need.open_flags, today=today),  # type: ignore[attr-defined]
        "alone_tonight": _is_alone_tonight(need, today=today),
        "progress": progress_words(need),
        "look_alikes": households.look_alikes(need),
        "joined": households.joined_to(need) if need.has_joined else [],  # type: ignore[attr-defined]
        "made_for_it": answering.made_for(need) if need.is_open else (),
        "suggested_offers": {card.match.offer_id for card in cards},
        "may_relay": relays.are_worth_a_look(need, suggested),
        "cards": [(card, dismissals[card.match.pk]) for card in cards],
        "chart": drawing.chart(need, cards),
        "acted": [
            {
                "match": match,
                "waits": waits_of.get(match.pk, ""),
                "calls": presentation.calls(match, today=today),
                "acts": presentation.acts(match, frozenset({Role.COORDINATOR})),
                "colour": STATE_COLOURS.get(MatchState(match.state), "planned"),
            }
            for match in acted
        ],
        "suspended": suspended(acted),
        "two_homes": [one for one in acted if one.rehouse_from is not None and one.offer.state not in GONE],
        "near_misses": lines,
        "may_ask": any(line.asks for line in lines),
        "looking": need.scan_due_at is not None and not is_promised,
    }


def _case_url(city: City, reference: str) -> str:
    return reverse("desk:case", args=[city.slug, reference])


def _number_of(request: HttpRequest) -> int:
    """Which page of the list stands beside a case; what is no number is the first."""
    text = request.GET.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _is_alone_tonight(need: Need, *, today: date) -> bool:
    is_taken: bool = need.taken_by is not None  # type: ignore[attr-defined]
    return need.is_open and not is_taken and need.urgency_on(today) == Urgency.TONIGHT
