"""What holds for every page: the town's own time."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.town import town_of

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
