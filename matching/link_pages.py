"""Pages whose address holds a signed link, and what they say of one that opens nothing."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from matching.links import LinkBroken, LinkExpired

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def behind_link(view: View[P]) -> View[P]:
    """A page that reads a link: of one that is too old (410) or was cut (404) it says what to do."""

    @wraps(view)
    def page(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (LinkExpired, LinkBroken) as failure:
            expired = isinstance(failure, LinkExpired)
            status = 410 if expired else 404
            return render(request, "matching/link_failed.html", {"expired": expired}, status=status)

    return page
