"""The API of the list of calls: whom the desk calls, who does it now, and what came of it."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import has_scope
from accounts.endpoints import Conflict, Endpoint
from accounts.models import Scope
from accounts.operations import problems
from catalogue.filters import YesNo, of_town
from catalogue.serializers import MomentField
from notifications.channels.call import selectors, services
from notifications.channels.call.models import Outcome
from notifications.events import Priority
from notifications.models import Message

TAGS = ["calls"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The call's number.")
# Whoever calls takes the first; more than this nobody reads.
MOST = 200


class NotedSerializer(serializers.Serializer):
    """What came of a call."""

    outcome = serializers.ChoiceField(
        Outcome.choices, help_text="`no_answer` and `again` bring it back later, in time for its `answer_by`."
    )
    again_at = MomentField(required=False, help_text="With `again`: when.")


class CallSerializer(serializers.Serializer):
    """Somebody to be called, and what they are to be told."""

    id = serializers.IntegerField()
    city = serializers.CharField()
    title = serializers.CharField(help_text="What it is about, in the person's language.")
    tonight = serializers.BooleanField(help_text="A night hangs on it.")
    due_at = serializers.DateTimeField(help_text="From when on to call.")
    answer_by = serializers.DateTimeField(allow_null=True, help_text="Until when an answer is waited for.")
    taken_by = serializers.ChoiceField(("you", "another"), allow_null=True, help_text="Who is calling now.")
    outcome = serializers.ChoiceField(
        Outcome.choices, allow_blank=True, help_text="Of the last call about it; empty without one."
    )
    is_to_make = serializers.BooleanField(
        help_text="False once the person knows, or nothing is asked any more."
    )
    name = serializers.CharField(
        allow_null=True,
        help_text="As all below, read while you call them, with a key that may take calls; each reading is logged.",
    )
    phone = serializers.CharField(allow_null=True)
    proven = serializers.BooleanField(
        allow_null=True, help_text="Whether the person was met at this number; `recognise/` says so."
    )
    language = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_null=True, help_text="What they are told, in their language.")


@extend_schema_serializer(many=False)  # a list action answers no list
class CallsSerializer(serializers.Serializer):
    """The calls to make."""

    more = serializers.BooleanField(help_text=f"Whether there are more than these {MOST}.")
    results = CallSerializer(many=True)


class CallFilter(django_filters.FilterSet):
    """What to keep of the calls."""

    city = of_town()
    later = YesNo(
        method="that_come_later", help_text="Those whose hour has not come; false: those to make now."
    )

    class Meta:
        model = Message
        fields: list[str] = []

    def that_come_later(self, rows: Any, name: str, value: bool) -> Any:
        later = Q(due_at__gt=timezone.now())
        return rows.filter(later) if value else rows.exclude(later)


def _act(
    name: str, summary: str, service: Callable[..., object], body: Any = None, description: str = ""
) -> Any:
    """An act on a call, as an operation."""

    def method(self: Any, request: Request, pk: str) -> Response:
        message_id = self.get_object().pk
        return self._perform(service, message_id, **self.said(body))

    method.__name__ = name
    described = extend_schema(
        tags=TAGS,
        summary=summary,
        description=description or None,
        parameters=[ID],
        request=body,
        responses={200: CallSerializer, **problems(404, 409)},
    )
    return described(action(detail=True, methods=["post"], url_path=name)(method))


class CallEndpoint(Endpoint):
    """For desks; to anybody else no call is there."""

    area = Scope.MATCHES
    queryset = Message.objects.none()
    serializer_class = CallSerializer
    filterset_class = CallFilter
    pagination_class = None
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        if self.action == "list":
            return selectors.calls_to_make_of(self.actor).select_related("city")
        return selectors.calls_of(self.actor).select_related("city", "recipient")

    def get_object(self) -> Message:
        message = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if message is None:
            raise Http404
        return message

    @extend_schema(
        tags=TAGS,
        summary="List whom to call",
        description=f"The most urgent first, {MOST} at most. Without names and numbers: `take/` gives them.",
        responses={200: CallsSerializer, **problems()},
    )
    def list(self, request: Request) -> Response:
        messages = [*self.filter_queryset(self.get_queryset())[: MOST + 1]]
        first = messages[:MOST]
        shapes = self._shapes(first, to_make={message.pk for message in first})
        return Response(CallsSerializer({"more": len(messages) > MOST, "results": shapes}).data)

    @extend_schema(
        tags=TAGS, summary="Read a call", parameters=[ID], responses={200: CallSerializer, **problems(404)}
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    def shown(self) -> dict[str, Any]:
        message = self.get_object()
        (shape,) = self._shapes([message], to_make={message.pk} if selectors.is_to_make(message) else set())
        return dict(CallSerializer(shape).data)

    def answer(self, status: int = 200) -> Response:
        """The call as it now stands; whoever reads the number has read a contact."""
        message, shown = self.get_object(), self.shown()
        if shown["phone"] is not None:
            services.log_reading(message, by=self.actor, now=timezone.now())
        return self.told(shown, status)

    def _shapes(self, messages: Sequence[Any], *, to_make: Collection[int]) -> Any:
        taken = selectors.under_way({message.recipient_id for message in messages}, timezone.now())
        before = selectors.last_outcomes([message.pk for message in messages])
        # Who may take a call is told whom to call, not who only may look on.
        may_be_told = self.detail and has_scope(self.request, self.area)
        for message in messages:
            call, made = taken.get(message.recipient_id), before.get(message.pk)
            mine = call is not None and call.by_id == self.actor.pk
            shape = {
                "id": message.pk,
                "city": message.city.slug,
                "title": message.title,
                "tonight": message.priority == Priority.NIGHT,
                "due_at": message.due_at,
                "answer_by": selectors.deadline_of(message) if self.detail else message.deadline,
                "taken_by": None if call is None else "you" if mine else "another",
                "outcome": made.outcome if made else "",
                "is_to_make": message.pk in to_make,
                **dict.fromkeys(("name", "phone", "proven", "language", "text")),
            }
            about_it = call is not None and call.message_id == message.pk
            if may_be_told and mine and about_it and message.pk in to_make:
                person = message.recipient
                shape |= {
                    "name": str(person),
                    "phone": str(person.phone or ""),
                    "proven": services.is_known_at_number(person),
                    "language": message.language,
                    "text": message.body,
                }
            yield shape

    def _perform(self, service: Callable[..., object], message_id: int, **said: Any) -> Response:
        try:
            service(message_id=message_id, by=self.actor, now=timezone.now(), **said)
        except services.Taken as taken:
            raise Conflict(_("Quelqu’un appelle déjà cette personne."), code="taken") from taken
        except ValidationError as refusal:
            if hasattr(refusal, "error_dict"):
                raise
            raise Conflict(refusal.messages[0], code="state") from refusal
        return self.answer()

    take = _act(
        "take",
        "Say that you call this person now",
        services.take,
        None,
        "For a quarter of an hour nobody else does; the answer has the number and what to say. `taken` while somebody "
        "else calls them.",
    )
    recognise = _act("recognise", "Say that it is this person who answers at this number", services.recognise)
    note = _act(
        "note",
        "Note what came of a call",
        services.note,
        NotedSerializer,
        "Of the call that you have taken. `reached` and `not_for_me` ask for a number at which the person was met. "
        "What they answer is said of the match itself.",
    )


# Its place in the API, and what its addresses are called.
ENDPOINT = ("calls", CallEndpoint, "api-call")
