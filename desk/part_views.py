"""What a case's page loads after itself, so that it shows at once. Each part is a page as well: a link leads there."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.selectors import coordinators_of
from cities.models import City
from desk import presentation, selectors
from desk.baskets import basket_of, query_of, wanted_of
from desk.views import moment_of
from directory import presentation as referrals
from directory.selectors import changes_of_referrals
from matching import conditions, relays
from matching import selectors as matches
from matching.reasons import facts
from matching.relays import relay_presentation
from needs.models import Need
from needs.selectors import edits_of
from notifications.inbox.presentation import written
from notifications.presentation import told
from notifications.selectors import about

# More are not taken in at one look.
MOST_COMPARED = 4
_NUMBER = re.compile(r"[0-9]{1,18}")


@town_page(COORDINATION)
@require_safe
def thread(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """What happened in the case, the latest first."""
    user, now = person(request), timezone.now()
    need = selectors.need(user, city, reference)
    events = presentation.thread(need, edits_of(need), matches.under_way(user, need), now)
    events += conditions.events(conditions.scan_of(need), now=now)
    events += presentation.team_events(
        selectors.notes_of(user, need), selectors.flags_of(user, need), now=now
    )
    events += referrals.referral_events(changes_of_referrals(need), now=now)
    events.sort(key=lambda event: event["at"], reverse=True)
    return _part(request, need, "desk/_thread.html", _("Fil"), {"thread": events})


@town_page(COORDINATION)
@require_safe
def said(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """What was said to people about the case and its matches, and what they wrote back."""
    user, now = person(request), timezone.now()
    need = selectors.with_matches(user, city, reference)
    subjects = [f"need:{need.pk}", *(f"match:{pk}" for pk in need.match_ids)]  # type: ignore[attr-defined]
    context = {
        "told": told(about(user, subjects), city, now=now),
        "written": written(user, subjects, now=now),
    }
    return _part(request, need, "desk/_said.html", _("Messages"), context)


@town_page(COORDINATION)
@require_safe
def in_turn(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Two or three homes one after the other, where no home alone has all the days."""
    user, at = person(request), moment_of(city)
    need = selectors.need(user, city, reference)
    suggested = list(matches.suggestions(user, need, today=at.today))
    found = relays.find(need, suggested, now=at.now)
    facts.explained(found.parts, now=at.now)
    cards = relay_presentation.cards(found, suggested, today=at.today)
    return _part(
        request, need, "desk/_in_turn.html", _("Plusieurs logements, l’un après l’autre"), {"relays": cards}
    )


@town_page(COORDINATION)
@require_safe
def colleagues(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """To whom the case can be handed over: everybody but the reader, and whoever has it."""
    user = person(request)
    need = selectors.need(user, city, reference)
    owner: int | None = need.taken_by_id  # type: ignore[attr-defined]
    team = coordinators_of(city).exclude(pk__in=[user.pk, *filter(None, [owner])])
    return _part(request, need, "desk/_colleagues.html", _("Confier à…"), {"colleagues": team})


@town_page(COORDINATION)
@require_safe
def compare(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Up to four suggestions side by side, by the numbers in the address (`piste`): what their cards say, at once."""
    user, at = person(request), moment_of(city)
    need = selectors.need(user, city, reference)
    chosen = frozenset(number for number in request.GET.getlist("piste") if _NUMBER.fullmatch(number))
    suggested = matches.suggestions(user, need, today=at.today).filter(pk__in=map(int, chosen))
    shown = facts.explained(suggested[:MOST_COMPARED], now=at.now)
    cards = [presentation.suggestion_card(match, own=None, now=at.now) for match in shown]
    context = {"cards": cards if len(cards) > 1 else [], "has_more": len(chosen) > MOST_COMPARED}
    return _part(request, need, "desk/_compare.html", _("Comparer des pistes"), context, is_wide=True)


def _part(
    request: HttpRequest,
    need: Need,
    template: str,
    title: str,
    context: dict[str, Any],
    *,
    is_wide: bool = False,
) -> HttpResponse:
    """The part alone for the page that loads it, else a page around it."""
    query = query_of(basket_of(request.GET), wanted_of(request.GET))
    case_url = f"{reverse('desk:case', args=[need.city.slug, need.reference])}?{query}"
    context |= {"need": need, "query": query, "case_url": case_url, "back": case_url}
    if request.headers.get("HX-Request"):
        return render(request, template, context)
    return render(
        request, "desk/part.html", {**context, "part": template, "title": title, "is_wide": is_wide}
    )
