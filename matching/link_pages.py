"""Pages whose address holds a signed link, and what they say of one that opens nothing."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cities.models import City
from matching.links import LinkBroken, LinkExpired

View = Callable[[HttpRequest, City, str], HttpResponse]


def behind_link(*, signed_in: str) -> Callable[[View], View]:
    """A page that reads a link: of one that is too old (410) or was cut (404) it says what to do.

    `signed_in`: the page that says the same to whoever signs in. An old link leads there.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, city: City, token: str) -> HttpResponse:
            try:
                return view(request, city, token)
            except LinkExpired as old:
                onward = reverse(signed_in, args=[city.slug, old.grant.subject_id])
                return render(request, "matching/link_failed.html", {"onward": onward}, status=410)
            except LinkBroken:
                return render(request, "matching/link_failed.html", {"onward": ""}, status=404)

        return page

    return decorated
