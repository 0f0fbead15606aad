"""What has happened, for other systems that cannot be called: in the order in which it happened to each subject, in the
words of the webhooks, and of nothing that the reader may not see.
"""

from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from accounts.endpoints import Endpoint, Page
from accounts.models import User
from accounts.operations import problems
from catalogue.filters import of_town
from followups import selectors as followups
from homes.models import Visit
from matching import conditions
from matching.models import Match
from needs.models import Need
from offers.models import Offer
from webhooks import selectors, services
from webhooks.events import Happening
from webhooks.models import Event

# Of each subject, the rows that somebody may see.
SEEN: dict[str, Callable[[User], QuerySet[Any]]] = {
    "need": Need.objects.visible_to,
    "offer": Offer.objects.visible_to,
    "match": Match.objects.visible_to,
    "visit": Visit.objects.visible_to,
    "condition": conditions.visible_to,
    "followup": followups.of_posters,
}


class Expired(exceptions.APIException):
    status_code = 410
    default_code = "expired"


class Feed(Page):
    """The oldest first. `next` is never null: whoever has read all asks there again later."""

    page_size_query_description = "Events to return, 50 unless told, 200 at most."
    cursor_query_description = (
        "The `id` of the last event that you have read, as `next` says it; unless told, the oldest that is kept comes "
        "first."
    )

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        told = request.query_params.get("cursor")
        forgotten, newest, last = selectors.places_kept()
        if told is not None:
            # Beyond what has happened: a number of another installation.
            if not told.isascii() or not told.isdigit() or len(told) > len(str(last)) or int(told) > last:
                raise ValidationError({"cursor": _("Ce n’est pas le début d’une page.")})
            if int(told) < forgotten:
                raise Expired(_("Ce qui suivait est déjà effacé."))
            queryset = queryset.filter(place__gt=int(told))
        size = self.get_page_size(request)
        rows = list(queryset[:size])
        read_to = rows[-1].place if rows else int(told or 0)
        if len(rows) < size:
            # Nothing else was there: whoever sees little of what happens does not fall behind what is kept.
            read_to = max(read_to, newest)
        self.address = request.build_absolute_uri()
        if read_to:
            self.address = replace_query_param(self.address, "cursor", read_to)
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.address, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = "Where what comes afterwards is read, now or later; `results` is empty while there is nothing new."
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {
                "next": {"type": "string", "format": "uri", "description": following},
                "results": schema,
            },
        }


class ReferencesSerializer(serializers.Serializer):
    """Of what it is; only what the event concerns is there."""

    city = serializers.CharField()
    need = serializers.CharField(required=False, help_text="Its reference.")
    offer = serializers.CharField(required=False, help_text="Its reference.")
    match = serializers.IntegerField(required=False, help_text="Its number.")
    visit = serializers.IntegerField(required=False, help_text="Its number.")
    condition = serializers.IntegerField(required=False, help_text="The question's number.")
    followup = serializers.IntegerField(required=False, help_text="The question's number.")


class EventSerializer(serializers.Serializer):
    """What a webhook is sent, and where it stands."""

    id = serializers.IntegerField(source="place", help_text="Send the last one back as `cursor`.")
    type = serializers.ChoiceField([one.value for one in Happening])
    timestamp = serializers.DateTimeField(help_text="When it happened.")
    data = ReferencesSerializer()  # type: ignore[assignment]

    def to_representation(self, event: Event) -> dict[str, Any]:
        told = services.said(event.happening, city=event.city, at=event.at, references=event.references)
        return {"id": event.place, **told}


class EventFilter(django_filters.FilterSet):
    """What to keep of the events that one may see."""

    city = of_town()
    type = django_filters.MultipleChoiceFilter(
        field_name="happening", choices=[(one.value, one.value) for one in Happening]
    )

    class Meta:
        model = Event
        fields: list[str] = []


class EventEndpoint(Endpoint):
    serializer_class = EventSerializer
    queryset = Event.objects.none()
    filterset_class = EventFilter
    pagination_class = Feed

    def get_queryset(self) -> Any:
        concerned = (
            Q(happening__in=[one.value for one in Happening if one.subject == subject])
            & Exists(rows(self.actor).filter(pk=OuterRef("subject_id")).order_by())
            for subject, rows in SEEN.items()
        )
        return selectors.placed_events().filter(reduce(or_, concerned))

    @extend_schema(
        tags=["events"],
        summary="Read what has happened",
        description="For those who cannot receive webhooks: the same bodies, the oldest first, and what happens to one "
        "subject in its order. Of the rows that you may see when you ask: what you may not see then is not told later. "
        "Read the lists anew once your rights have changed. Kept for thirty days; a `cursor` from before then, or from "
        "before a backup was restored, is refused (410, `expired`).",
        responses={200: EventSerializer(many=True), **problems(410)},
    )
    def list(self, request: Request) -> Response:
        services.place_events(by=None)
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(EventSerializer(rows or (), many=True).data)
