"""What a page that stays open asks every few seconds: has something changed? Mostly the answer is no (304).

Whether anything has changed is asked with the town: no query more than those that say who asks.
"""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from desk import presence, presentation, selectors, versions
from desk.baskets import basket_of, query_of, wanted_of
from desk.views import listed, live_url, moment_of


@town_page(COORDINATION, also=versions.case_state)
@require_safe
def case(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Who else is on a case, and what a colleague has just done there. `vu`: the version that the page shows."""
    user, now = person(request), timezone.now()
    found = versions.of_case(city)
    if found is None:
        raise Http404
    need_id, version = found
    others = presence.others_on(need_id, person=user, now=now)
    etag = presentation.etag(version, *others)
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    seen = request.GET.get("vu") or version
    query = query_of(basket_of(request.GET), wanted_of(request.GET))
    context = {
        "live_url": live_url(city, reference, query, seen=seen),
        "case_url": f"{reverse('desk:case', args=[city.slug, reference])}?{query}",
        "headers": presentation.if_none_match(etag),
        "others": presentation.on_this_case(others),
        "changed": presentation.just_done(selectors.last_decision(user, need_id), now=now)
        if seen != version
        else "",
    }
    return _sent(render(request, "desk/_live.html", context), etag)


@town_page(COORDINATION, also=versions.queue_state)
@require_safe
def queue(request: HttpRequest, city: City) -> HttpResponse:
    """The list as it is now. `ouvert`: the case that stands beside it."""
    user, at = person(request), moment_of(city)
    etag = presentation.etag(versions.of_queue(city, now=at.now))
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    context = {
        **listed(request, user, city, at=at),
        "open_reference": request.GET.get("ouvert", ""),
        "live_query": request.GET.urlencode(),
        "headers": presentation.if_none_match(etag),
    }
    return _sent(render(request, "desk/_queue.html", context), etag)


def _sent(response: HttpResponse, etag: str) -> HttpResponse:
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-store"
    return response
