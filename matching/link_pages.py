"""The page for a link that opens nothing, the same wherever a link of a message leads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from matching.links import LinkBroken, LinkExpired


def link_failed(request: HttpRequest, failure: LinkExpired | LinkBroken) -> HttpResponse:
    """What to do with a link that is too old (410) or was cut (404)."""
    expired = isinstance(failure, LinkExpired)
    return render(request, "matching/link_failed.html", {"expired": expired}, status=410 if expired else 404)
