"""The town's pages: who sleeps where, and which beds are free."""

from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.services import log_contact_reading
from catalogue.vocabulary import Category, Kind
from cities.days import local_day
from cities.models import City
from matching.models import MatchState
from matching.selectors import contacts_are_open
from stays import selectors
from stays.agreement import as_pdf
from stays.views import around, day_asked

FREE_DAYS = 14
ONE_NIGHT = timedelta(days=1)


@town_page(COORDINATION)
@require_safe
def tonight(request: HttpRequest, city: City) -> HttpResponse:
    """Who sleeps where: tonight, or on another night. No contact stands here: the case has it."""
    today = local_day(timezone.now(), city)
    night = day_asked(request, "nuit", today=today)
    user = person(request)
    matches = list(selectors.asleep_on(user, city, night))
    context = {
        "night": night,
        "is_tonight": night == today,
        "rows": [
            {
                "match": match,
                "is_there": match.state == MatchState.UNDER_WAY,
                "is_last": match.last_day == night,
                "is_collective": match.offer.category == Category.COLLECTIVE_PLACE,
                # An incident holds the home back: another one is looked for (`matching.rehousing`).
                "must_move": match.rehouse_from is not None and match.rehouse_from <= night,
                "nothing_after": match.need.is_open and match.need.uncovered_from == night + ONE_NIGHT,
            }
            for match in matches
        ],
        "people": sum(match.quantity for match in matches),
        # Of a night that is past, who has a home by now would be missing.
        "to_rehouse": selectors.to_rehouse(user, city, night) if night >= today else [],
        **around(selectors.days_from(night, 2)),
    }
    return render(request, "stays/tonight.html", context)


@town_page(COORDINATION)
@require_safe
def free_beds(request: HttpRequest, city: City) -> HttpResponse:
    """Beds that nobody has, by day and commune, and by place for many."""
    today = local_day(timezone.now(), city)
    days = selectors.days_from(day_asked(request, "du", today=today), FREE_DAYS)
    rows = selectors.free_beds(city, days)
    totals = [sum(beds) for beds in zip(*(row.beds for row in rows), strict=True)]
    context = {"days": days, "rows": rows, "totals": totals, **around(days)}
    return render(request, "stays/free_beds.html", context)


@town_page(COORDINATION)
@require_safe
def agreement(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The hosting agreement of a home, filled in; that the host's contact is read in it is kept."""
    user, now = person(request), timezone.now()
    homes = selectors.of_person(user, city).filter(need__kind=Kind.HOUSING)
    match = get_object_or_404(homes, pk=pk)
    if not contacts_are_open(match, today=local_day(now, city)):
        raise Http404
    log_contact_reading(
        subject=match.offer.owner,
        reason="agreement",
        reference=match.offer.reference,
        city=city,
        by=user,
        now=now,
    )
    return HttpResponse(
        as_pdf(match, now=now),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="convention-{match.need.reference}.pdf"'},
    )
