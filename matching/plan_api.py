"""The API of plans: asked for, worked out by a worker, read, and accepted by line."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import COORDINATION, has_role, require
from accounts.endpoints import Conflict, Endpoint
from accounts.models import Scope
from accounts.operations import problems
from accounts.problems import WORDS
from catalogue.filters import of_town
from catalogue.serializers import CityField
from catalogue.vocabulary import Kind, Urgency
from matching import plans
from matching.models import Plan
from matching.presentation import refusal_words
from needs.models import Need

TAGS = ["plans"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The plan's number.")
# So long an answer may take; what is left over is accepted by the next request.
SECONDS = 10
MOST = 500


class PlanSerializer(serializers.ModelSerializer):
    """A plan: whom to ask, so that together most people are helped."""

    city = serializers.CharField(source="city.slug", help_text="Short name of the town.")
    state = serializers.ChoiceField(Plan.State.choices, help_text="Ready once it is `done`.")
    kind = serializers.ChoiceField(Kind.choices, allow_blank=True, help_text="Empty: all.")
    urgency = serializers.ChoiceField(Urgency.choices, allow_blank=True, help_text="Empty: all.")
    people = serializers.FloatField(allow_null=True, help_text="Whom it helps, of those asked for.")

    class Meta:
        model = Plan
        fields: tuple[str, ...] = (
            "id", "city", "state", "kind", "urgency", "budget_seconds", "asked_at", "started_at", "finished_at",
            "objective", "bound", "in_time", "people_asked", "people", "algorithm",
        )  # fmt: skip
        read_only_fields: tuple[str, ...] = fields
        extra_kwargs = {
            "budget_seconds": {"help_text": "How long the engine may think."},
            "objective": {"help_text": "What it reaches."},
            "bound": {"help_text": "No plan can reach more."},
            "in_time": {"help_text": "False when the time ended the calculation."},
            "people_asked": {"help_text": "How many people the needs concern."},
        }


class LineSerializer(serializers.Serializer):
    """One pair of a plan."""

    id = serializers.IntegerField()
    need = serializers.CharField(source="need.reference")
    offer = serializers.CharField(source="offer.reference")
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    quantity = serializers.IntegerField()
    score = serializers.FloatField()
    distance_km = serializers.FloatField()
    match = serializers.IntegerField(
        source="match_id", allow_null=True, help_text="Once somebody has accepted the line."
    )


class GapSerializer(serializers.Serializer):
    """A need that the plan leaves out, in whole or in part."""

    need = serializers.CharField(source="need.reference")
    missing = serializers.IntegerField(help_text="In the need's unit.")
    days = serializers.IntegerField(help_text="On how many days, if the need lasts.")
    people = serializers.FloatField()


class PlanDetailSerializer(PlanSerializer):
    """The same, with its pairs and with whom it leaves out."""

    is_stale = serializers.BooleanField(help_text="What it was made from has changed since.")
    lines = LineSerializer(many=True)
    gaps = GapSerializer(many=True)

    class Meta(PlanSerializer.Meta):
        fields: tuple[str, ...] = (*PlanSerializer.Meta.fields, "is_stale", "lines", "gaps")
        read_only_fields = fields


class NewPlanSerializer(serializers.Serializer):
    """Of which open needs a plan is made; what is left out means all."""

    city = CityField(help_text="The town, by its short name.")
    kind = serializers.ChoiceField(Kind.choices, required=False, allow_blank=True, default="")
    urgency = serializers.ChoiceField(Urgency.choices, required=False, allow_blank=True, default="")
    needs = serializers.ListField(
        child=serializers.CharField(max_length=11),
        required=False,
        allow_empty=False,
        max_length=MOST,
        help_text="References.",
    )
    budget_seconds = serializers.ChoiceField(list(plans.BUDGETS), required=False, default=plans.BUDGETS[0])


class LinesSerializer(serializers.Serializer):
    """Which lines are proposed."""

    lines = serializers.ListField(
        child=serializers.IntegerField(min_value=1), min_length=1, max_length=MOST, help_text="Their numbers."
    )


class RefusedSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    type = serializers.ChoiceField(WORDS)
    title = serializers.CharField(help_text="In the language of the request.")


class AcceptedSerializer(serializers.Serializer):
    """What became of the lines."""

    asked = serializers.ListField(
        child=serializers.IntegerField(), help_text="Numbers of the matches whose citizen is asked."
    )
    towns = serializers.ListField(
        child=serializers.IntegerField(), help_text="Of those whose linked town is asked first."
    )
    already = serializers.IntegerField(help_text="Lines that had been accepted before.")
    left = serializers.IntegerField(help_text="For which the time did not suffice: send them again.")
    refused = RefusedSerializer(many=True)


class PlanFilter(django_filters.FilterSet):
    """What to keep of the plans that one may see."""

    city = of_town()
    state = django_filters.MultipleChoiceFilter(choices=Plan.State.choices)

    class Meta:
        model = Plan
        fields: list[str] = []


class PlanEndpoint(ListModelMixin, Endpoint):
    area = Scope.MATCHES
    queryset = Plan.objects.none()
    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return Plan.objects.visible_to(self.actor).select_related("city").order_by("-pk")

    def get_object(self) -> Plan:
        plan = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if plan is None:
            raise Http404
        return plan

    def shown(self) -> dict[str, Any]:
        plan = self.get_object()
        is_stale = plan.state == Plan.State.DONE and plans.is_stale(plan, now=timezone.now())
        shape = PlanSerializer(plan).data
        lines = plan.lines.select_related("need", "offer")
        gaps = plan.gaps.select_related("need").order_by("pk")
        return {
            **shape,
            "is_stale": is_stale,
            "lines": LineSerializer(lines, many=True).data,
            "gaps": GapSerializer(gaps, many=True).data,
        }

    @extend_schema(
        tags=TAGS,
        summary="List plans",
        description="Coordinators: those of their towns, of the last thirty days.",
        responses={200: PlanSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        summary="Read a plan",
        description="While it is `waiting` or `running`, ask again every few seconds.",
        parameters=[ID],
        responses={200: PlanDetailSerializer, **problems(404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Have a plan made",
        description="Coordinators. A worker makes it; the same question asked before it is ready is one plan.",
        request=NewPlanSerializer,
        responses={202: PlanDetailSerializer, **problems(409)},
    )
    def create(self, request: Request) -> Response:
        said = self.said(NewPlanSerializer)
        city, references = said.pop("city"), [one.upper() for one in said.pop("needs", [])]
        require(has_role(self.actor, city, COORDINATION), _("Ce n’est pas à vous de le demander."))
        known = dict(Need.objects.filter(city=city, reference__in=references).values_list("reference", "pk"))
        if unknown := [one for one in references if one not in known]:
            raise ValidationError({"needs": _("Inconnu ici\u202f: %(what)s.") % {"what": ", ".join(unknown)}})
        try:
            plan = plans.ask(
                city_id=city.pk, need_ids=known.values(), by=self.actor, now=timezone.now(), **said
            )
        except plans.NothingToPlan as nothing:
            raise Conflict(_("Aucun de ces besoins n’est ouvert."), code="closed") from nothing
        self.kwargs["pk"] = plan.pk
        return self.answer(202)

    @extend_schema(
        tags=TAGS,
        summary="Accept lines of a plan",
        description="Each is a proposal as any other; those that no longer hold are told of. Twice asks nobody twice.",
        parameters=[ID],
        request=LinesSerializer,
        responses={200: AcceptedSerializer, **problems(404)},
    )
    @action(detail=True, methods=["post"], versioned=False)
    def accept(self, request: Request, pk: str) -> Response:
        plan, said = self.get_object(), self.said(LinesSerializer)
        known = set(plan.lines.filter(pk__in=said["lines"]).values_list("pk", flat=True))
        if unknown := [str(number) for number in said["lines"] if number not in known]:
            raise ValidationError({"lines": _("Inconnu ici\u202f: %(what)s.") % {"what": ", ".join(unknown)}})
        outcome = plans.accept(
            plan_id=plan.pk,
            line_ids=said["lines"],
            by=self.actor,
            now=timezone.now(),
            seconds=SECONDS,
        )
        told = {
            "asked": [match.pk for match in outcome.asked],
            "towns": [match.pk for match in outcome.towns],
            "already": outcome.already,
            "left": outcome.left,
            "refused": [
                {"line": one.line.pk, "type": one.failure.why, "title": refusal_words(one.failure)}
                for one in outcome.refused
            ],
        }
        return Response(AcceptedSerializer(told).data)
