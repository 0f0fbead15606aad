"""Pages whose address holds a signed link, and what they say of one that opens nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.access import DESK, has_role, person
from accounts.models import User
from cities.models import City
from matching.links import LinkBroken, LinkExpired

View = Callable[[HttpRequest, City, str], HttpResponse]


def behind_link(*, signed_in: str, known_as: Callable[[int], Any] = int) -> Callable[[View], View]:
    """A page that reads a link: of one that is too old (410) or was cut (404) it says what to do.

    `signed_in`: the page that says the same to whoever signs in. An old link leads there.
    `known_as`: by what the address of that page names what the link is about.
    """

    def decorated(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, city: City, token: str) -> HttpResponse:
            try:
                return view(request, city, token)
            except LinkExpired as old:
                onward = reverse(signed_in, args=[city.slug, known_as(old.grant.subject_id)])
                return render(request, "matching/link_failed.html", {"onward": onward}, status=410)
            except LinkBroken:
                return render(request, "matching/link_failed.html", {"onward": ""}, status=404)

        return page

    return decorated


def on_the_phone(request: HttpRequest, city: City) -> User | None:
    """Who of the town's desk notes the answer of a caller whose link they opened; the answer is then theirs."""
    return person(request) if has_role(request.user, city, DESK) else None
