"""What holds for every page: the town's own time, who writes, and no text that the database cannot keep."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from accounts import acting
from accounts.access import town_of

NUL = "\x00"
GetResponse = Callable[[HttpRequest], HttpResponse]


class TownTime:
    """Below a town's address every moment is told, and every day begins, in the town's time.

    Without it a page for Nouméa would tell of an evening in Paris. Mails have no address: they name their town's zone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # whatever this request activates ends with it
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        town = town_of(request)
        if town is not None:
            timezone.activate(ZoneInfo(town.timezone))


class Acting:
    """What a request writes is kept by the database with who sent it (docs/adr/0028)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting.during(request):
            return self.get_response(request)


class NoNul:
    """PostgreSQL keeps no NUL in a text, not even to look for it: nothing is found by an address or a question that
    has one, and nothing is sent with one. The API says by itself which value is wrong.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        assert request.resolver_match is not None  # it found the view
        if request.resolver_match.route.startswith("api/"):
            return
        asked = [text for _name, values in request.GET.lists() for text in values]
        if any(NUL in str(text) for text in (*kwargs.values(), *asked)):
            raise Http404
        if any(NUL in str(text) for _name, values in request.POST.lists() for text in values):
            raise BadRequest
