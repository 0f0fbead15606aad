"""The API of what came of a match: the question, its answer, and the outcome."""

from typing import Any

import django_filters
from django.db.models import Q
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import COORDINATION, has_role, require, speaks_for
from accounts.bulk import EXPORTED, ExportEndpoint
from accounts.endpoints import Conflict, Endpoint, lock
from accounts.models import Scope
from accounts.operations import problems
from catalogue.filters import ChangedSince, RowNumber, YesNo, of_town
from followups import selectors, services
from followups.models import Answer, FollowUp, Outcome
from matching.models import Match
from needs.models import Need
from offers.models import Offer

TAGS = ["follow-ups"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The question's number.")
MATCH = "Number of a match."


class FollowUpSerializer(serializers.ModelSerializer):
    """ "Did it take place?", asked of whoever posted the need."""

    match = serializers.IntegerField(source="match_id", help_text=MATCH)
    answer = serializers.ChoiceField(Answer.choices, allow_blank=True, help_text="Empty: not answered yet.")

    class Meta:
        model = FollowUp
        fields = ("id", "match", "due_on", "asked_at", "answer", "answered_at")
        read_only_fields = fields


class SaidSerializer(serializers.Serializer):
    """What came of it."""

    answer = serializers.ChoiceField(Answer.choices)
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="For the town's desk. No name, no health."
    )


class OutcomeSerializer(serializers.ModelSerializer):
    """What came of a match, for good."""

    match = serializers.IntegerField(source="match_id", help_text=MATCH)

    class Meta:
        model = Outcome
        fields = ("match", "answer", "at")
        read_only_fields = fields


class FollowUpFilter(django_filters.FilterSet):
    """What to keep of the questions that one may see."""

    city = of_town("match__city__slug")
    match = RowNumber(field_name="match_id", help_text=MATCH)
    waiting = YesNo(method="that_wait", help_text="Asked, and not answered yet.")

    class Meta:
        model = FollowUp
        fields: list[str] = []

    def that_wait(self, rows: Any, name: str, value: bool) -> Any:
        waits = Q(asked_at__isnull=False, answered_at__isnull=True)
        return rows.filter(waits) if value else rows.exclude(waits)


class FollowUpEndpoint(ListModelMixin, Endpoint):
    area = Scope.MATCHES
    queryset = FollowUp.objects.none()
    serializer_class = FollowUpSerializer
    filterset_class = FollowUpFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return selectors.of_posters(self.actor).order_by("-pk")

    def get_object(self) -> FollowUp:
        followup = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if followup is None:
            raise Http404
        return followup

    def locked(self) -> None:
        followup = self.get_object()
        match = followup.match
        # In the order of all locks.
        lock((Offer, match.offer_id), (Need, match.need_id), (Match, match.pk), (FollowUp, followup.pk))

    def shown(self) -> dict[str, Any]:
        return FollowUpSerializer(self.get_object()).data

    @extend_schema(
        tags=TAGS,
        summary="List follow-ups",
        responses={200: FollowUpSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        summary="Read a follow-up",
        parameters=[ID],
        responses={200: FollowUpSerializer, **problems(404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Say what came of it",
        description="`not_yet` is asked again two days later; any other answer is the match's outcome. The first "
        "answer counts: another one later is refused.",
        parameters=[ID],
        request=SaidSerializer,
        responses={200: FollowUpSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="answer")
    def say(self, request: Request, pk: str) -> Response:
        followup, said = self.get_object(), self.said(SaidSerializer)
        need = Match.objects.select_related("need__organisation", "city").get(pk=followup.match_id).need
        heard = need.organisation is None or speaks_for(self.actor, need.organisation)
        require(heard or has_role(self.actor, need.city, COORDINATION))
        if followup.asked_at is None:
            raise Conflict(_("Cette question n’a pas encore été posée."), code="state")
        answered = services.answer(followup_id=followup.pk, by=self.actor, now=timezone.now(), **said)
        if answered.answer != said["answer"]:
            raise Conflict(_("Une réponse a déjà été donnée."), code="state")
        return self.answer()


class OutcomeFilter(django_filters.FilterSet):
    """What to keep of the outcomes of matches that one may see."""

    city = of_town("match__city__slug")
    match = RowNumber(field_name="match_id", help_text=MATCH)
    answer = django_filters.MultipleChoiceFilter(choices=Answer.choices)
    changed_since = ChangedSince("at")

    class Meta:
        model = Outcome
        fields: list[str] = []


class OutcomeEndpoint(ListModelMixin, ExportEndpoint):
    queryset = Outcome.objects.none()
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    town = "match__city"

    def get_queryset(self) -> Any:
        return Outcome.objects.filter(match__in=Match.objects.visible_to(self.actor)).order_by("-pk")

    @extend_schema(
        tags=TAGS,
        summary="List outcomes",
        description="Of the matches that you may see.",
        responses={200: OutcomeSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        summary="Read all outcomes in one answer",
        description=EXPORTED,
        responses={200: OutcomeSerializer(many=True), **problems()},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        return self.streamed()
