"""The API of matches: read them explained, and act on them by the services that the pages call."""

from collections.abc import Callable, Sequence
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.bulk import EXPORTED, ExportEndpoint
from accounts.endpoints import Conflict, lock
from accounts.models import Scope
from accounts.operations import problems
from accounts.services import log_contact_reading
from catalogue.filters import ChangedSince, of_town
from catalogue.vocabulary import Category, Kind, Urgency
from matching import going_on, services
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState
from matching.presentation import refusal_code, refusal_words
from matching.reasons import facts
from matching.serializers import (
    HandedOverSerializer,
    MatchDetailSerializer,
    MatchSerializer,
    NoteSerializer,
    Reader,
    UntilSerializer,
    WhyNotSerializer,
    answer_serializer,
    as_read,
    with_contacts,
)
from matching.why_not.judging import needs_known_to, offers_known_to, why_not
from matching.why_not.why_not_forms import Side, row_of
from needs.models import Need
from offers.models import Offer

TAGS = ["matches"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The match's number.")
DISMISS, DECLINE, REFUSE, CANCEL, BREAK_OFF = (
    answer_serializer(act) for act in (Act.DISMISS, Act.DECLINE, Act.REFUSE, Act.CANCEL, Act.BREAK_OFF)
)


class EndSerializer(answer_serializer(Act.SHORTEN)):  # type: ignore[misc]
    """The last day, and why."""

    last_day = serializers.DateField(help_text="The last day of the stay; the days after it are free.")


class MatchFilter(django_filters.FilterSet):
    """What to keep of the matches that one may see."""

    city = of_town()
    state = django_filters.MultipleChoiceFilter(choices=MatchState.choices)
    kind = django_filters.ChoiceFilter(field_name="offer__kind", choices=Kind.choices)
    category = django_filters.MultipleChoiceFilter(field_name="offer__category", choices=Category.choices)
    urgency = django_filters.MultipleChoiceFilter(field_name="need__urgency", choices=Urgency.choices)
    need = django_filters.CharFilter(
        field_name="need__reference", lookup_expr="iexact", help_text="Reference of a need."
    )
    offer = django_filters.CharFilter(
        field_name="offer__reference", lookup_expr="iexact", help_text="Reference of an offer."
    )
    changed_since = ChangedSince()

    class Meta:
        model = Match
        fields: list[str] = []


def _act(act: Act, summary: str, body: type[Serializer] | None, description: str = "") -> Callable[..., Any]:
    """An act as an operation of the schema."""

    def decorate(method: Callable[..., Response]) -> Any:
        described = extend_schema(
            tags=TAGS,
            summary=summary,
            description=description or None,
            parameters=[ID],
            request=body,
            responses={200: MatchDetailSerializer, **problems(404, 409)},
        )
        return described(action(detail=True, methods=["post"], url_path=act.value)(method))

    return decorate


class MatchEndpoint(ExportEndpoint):
    area = Scope.MATCHES
    queryset = Match.objects.none()
    serializer_class = MatchSerializer
    filterset_class = MatchFilter
    # Fewer digits than would overflow the column.
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return (
            Match.objects.visible_to(self.request.user)
            .select_related(
                "city",
                "need__commune",
                "need__organisation",
                "need__person",
                "offer__commune",
                "offer__city",
                "offer__owner__message_preference",
            )
            .prefetch_related("agreements", "offer__windows")
            .order_by("-pk")
        )

    def get_object(self) -> Match:
        match = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if match is None:
            raise Http404
        return match

    @extend_schema(
        tags=TAGS,
        summary="List matches",
        description="Coordinators: every pair of their towns, suggestions included. Associations and citizens: "
        "their own, once a coordinator has acted. The latest first.",
        responses={200: MatchSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.shapes(rows or []))

    @extend_schema(
        tags=TAGS,
        summary="Read all matches in one answer",
        description=EXPORTED,
        responses={200: MatchSerializer(many=True), **problems()},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        return self.streamed()

    def shapes(self, rows: Sequence[Match]) -> Sequence[dict[str, Any]]:
        reader, now = Reader.of(self.actor), timezone.now()
        told = [as_read(match, reader, now=now) for match in facts.explained(rows, now=now)]
        return list(MatchSerializer(told, many=True).data)

    @extend_schema(
        tags=TAGS,
        summary="Read a match",
        description="With the other side's contacts, from the confirmation on and until thirty days after the "
        "end. Each reading of a person's contact is logged.",
        parameters=[ID],
        responses={200: MatchDetailSerializer, **problems(404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    def shown(self) -> dict[str, Any]:
        return MatchDetailSerializer(self._shape()).data

    def locked(self) -> None:
        match = self.get_object()
        # In the order of all locks.
        lock((Offer, match.offer_id), (Need, match.need_id), (Match, match.pk))

    def _shape(self) -> dict[str, Any]:
        now = timezone.now()
        (match,) = facts.explained([self.get_object()], now=now)
        return {
            **with_contacts(match, Reader.of(self.actor), now=now),
            "match": match,
        }

    def answer(self, status: int = 200) -> Response:
        """The match as it now stands; the contacts that it shows are logged as read."""
        now, shape = timezone.now(), self._shape()
        match: Match = shape["match"]
        read = []
        if shape["citizen_contact"]:
            read.append((match.offer.owner, match.offer.reference))
        person = match.need.person
        if shape["association_contact"] and match.need.organisation is None and person is not None:
            read.append((person, match.need.reference))
        for subject, reference in read:
            if subject != self.actor:
                log_contact_reading(
                    subject=subject,
                    reason="match",
                    reference=reference,
                    city=match.city,
                    by=self.actor,
                    now=now,
                )
        return self.told(MatchDetailSerializer(shape).data, status)

    def perform(
        self, service: Callable[..., Match], body: type[Serializer] | None = NoteSerializer
    ) -> Response:
        """One act: read what was said, do it, answer with the match or with why not."""
        match, said = self.get_object(), self.said(body)
        try:
            service(match_id=match.pk, by=self.actor, now=timezone.now(), **said)
        except NotPossible as failure:
            roles = Reader.of(self.actor).roles(match)
            sentence = refusal_words(failure, roles=roles)
            if failure.why == "role":
                raise exceptions.PermissionDenied(sentence, code="role") from failure
            raise Conflict(sentence, code=refusal_code(failure, roles=roles)) from failure
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Why does this pair not match?",
        description="Coordinators. Judges an offer and a need as they are in this moment: every rule that the pair "
        "breaks, with its gap; or that it is possible, with its score and rank. Offers of linked towns are known as "
        "far as their citizens share them.",
        parameters=[
            OpenApiParameter("need", OpenApiTypes.STR, required=True, description="Reference of a need."),
            OpenApiParameter("offer", OpenApiTypes.STR, required=True, description="Reference of an offer."),
        ],
        filters=False,
        responses={200: WhyNotSerializer, **problems(404)},
    )
    @action(detail=False, methods=["get"], url_path="why-not", pagination_class=None, asks=("need", "offer"))
    def why_not(self, request: Request) -> Response:
        need = self._named("need", needs_known_to(self.actor))
        offer = self._named("offer", offers_known_to(self.actor, of=need.city))
        return Response(WhyNotSerializer(why_not(need, offer, now=timezone.now())).data)

    def _named(self, side: Side, known: QuerySet[Any]) -> Any:
        """The row whose reference was given. Raises ValidationError, and Http404 when there is none."""
        try:
            return row_of(self.request.query_params.get(side, ""), side=side, known=known)
        except ValidationError as refusal:
            if refusal.code == "unknown":
                raise exceptions.NotFound(refusal.message) from refusal
            raise ValidationError({side: refusal.messages}) from refusal

    @_act(
        Act.PROPOSE,
        "Ask the citizen",
        NoteSerializer,
        "Coordinators. Holds the capacity until the answer. Refused with `vetting` for a home that nobody has "
        "visited, `unaccompanied` for a lone minor whom nobody accompanies yet, `taken` when the offer or the need has "
        "no more room, `closed` when one of them is no more.",
    )
    def propose(self, request: Request, pk: str) -> Response:
        return self.perform(services.propose)

    @_act(Act.DISMISS, "Set a suggestion aside", DISMISS, "Coordinators. Until its offer or need changes.")
    def dismiss(self, request: Request, pk: str) -> Response:
        return self.perform(services.dismiss, DISMISS)

    @_act(Act.ACCEPT, "Say yes, as the citizen", None, "The citizen, or the desk that has them on the line.")
    def accept(self, request: Request, pk: str) -> Response:
        return self.perform(services.accept, None)

    @_act(Act.DECLINE, "Say no, as the citizen", DECLINE, "The capacity is free again.")
    def decline(self, request: Request, pk: str) -> Response:
        return self.perform(services.decline, DECLINE)

    @_act(Act.CONFIRM, "Confirm, as the association", None, "Contacts are exchanged, and only now.")
    def confirm(self, request: Request, pk: str) -> Response:
        return self.perform(services.confirm, None)

    @_act(
        Act.RECONFIRM,
        "Say that the stay still holds, as the association",
        None,
        "Asked some days before a stay that was confirmed long ago.",
    )
    def reconfirm(self, request: Request, pk: str) -> Response:
        return self.perform(services.reconfirm, None)

    @_act(Act.REFUSE, "Refuse, as the association", REFUSE, "The capacity is free again.")
    def refuse(self, request: Request, pk: str) -> Response:
        return self.perform(services.refuse, REFUSE)

    @_act(Act.CANCEL, "Call off before the start", CANCEL, "Anybody concerned.")
    def cancel(self, request: Request, pk: str) -> Response:
        return self.perform(services.cancel, CANCEL)

    @_act(Act.START, "Say that it has begun", None, "Anybody concerned, from the first day on.")
    def start(self, request: Request, pk: str) -> Response:
        return self.perform(services.start, None)

    @_act(
        Act.ASK_LONGER,
        "Ask the host whether the stay can go on",
        UntilSerializer,
        "The association, coordinators. The days are judged by the rules of the engine and held until the answer; "
        "refused with the rule that they break, or with `taken`; with `not_now` to an association where the "
        "town has to see to something first.",
    )
    def ask_longer(self, request: Request, pk: str) -> Response:
        return self.perform(going_on.ask_longer, UntilSerializer)

    @_act(Act.STAY_LONGER, "Say yes to going on, as the citizen", None)
    def stay_longer(self, request: Request, pk: str) -> Response:
        return self.perform(going_on.stay_longer, None)

    @_act(Act.NOT_LONGER, "Say no to going on, as the citizen", NoteSerializer, "It ends as agreed.")
    def not_longer(self, request: Request, pk: str) -> Response:
        return self.perform(going_on.not_longer)

    @_act(
        Act.SHORTEN,
        "End with an earlier day",
        EndSerializer,
        "Anybody concerned. A day that has passed ends it now.",
    )
    def shorten(self, request: Request, pk: str) -> Response:
        return self.perform(going_on.end_early, EndSerializer)

    @_act(
        Act.HAND_OVER,
        "Say how much was handed over",
        HandedOverSerializer,
        "Anybody concerned. What is left goes back to the offer and to the need.",
    )
    def hand_over(self, request: Request, pk: str) -> Response:
        return self.perform(going_on.hand_over, HandedOverSerializer)

    @_act(
        Act.BREAK_OFF,
        "End early, or say that it never took place",
        BREAK_OFF,
        "Anybody concerned. Free from today on.",
    )
    def break_off(self, request: Request, pk: str) -> Response:
        return self.perform(services.break_off, BREAK_OFF)
