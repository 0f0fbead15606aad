"""The API of visits: a home is seen before anybody is housed in it."""

from collections.abc import Callable
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

from accounts.access import COORDINATION, has_role
from accounts.endpoints import Conflict, Endpoint, conflict_in, lock
from accounts.models import Scope
from accounts.operations import problems
from catalogue.filters import ChangedSince, of_town
from catalogue.serializers import MomentField
from homes import selectors, services
from homes.models import Extract, Refusal, Visit, VisitState, Wish
from offers.models import Offer

TAGS = ["visits"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The visit's number.")
ANSWERS = ("yes", "no")
MISSING = ("answers", "extract", "charter")


class AnswerSerializer(serializers.Serializer):
    """What was seen, for one question of the town's list."""

    question = serializers.CharField(max_length=300, help_text="As the town asks it.")
    answer = serializers.ChoiceField(ANSWERS, allow_blank=True, help_text="Empty: not answered yet.")
    note = serializers.CharField(allow_blank=True, max_length=300, required=False, default="")


class SeenSerializer(serializers.Serializer):
    """What is noted during a visit; answers are those of all questions."""

    answers = AnswerSerializer(many=True, required=False, allow_null=True)
    extract = serializers.ChoiceField(
        Extract.choices,
        required=False,
        allow_blank=True,
        allow_null=True,
        help_text="Whether the extract of the criminal record was looked at; no copy is kept.",
    )
    charter_on = serializers.DateField(
        required=False, allow_null=True, help_text="When the charter was signed."
    )
    note = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=1000,
        help_text="For the team. No health.",
    )


class NewVisitSerializer(serializers.Serializer):
    """A visit to come, which you make yourself; without a moment, one that is made now."""

    offer = serializers.CharField(max_length=11, help_text="Reference of a home.")
    starts_at = MomentField(required=False)


class MomentSerializer(serializers.Serializer):
    """Another moment."""

    starts_at = MomentField()


class RefusalSerializer(serializers.Serializer):
    """Why the home does not suit; its host is told kindly."""

    reason = serializers.ChoiceField(Refusal.choices)


class WishSerializer(serializers.Serializer):
    """When the host would rather be visited."""

    wish = serializers.ChoiceField(Wish.choices)


class VisitSerializer(SeenSerializer):
    """A visit. Its host reads when it is and what came of it; what was seen is the desk's, and null for them."""

    id = serializers.IntegerField()
    city = serializers.CharField()
    offer = serializers.CharField(help_text="Reference of the home.")
    state = serializers.ChoiceField(VisitState.choices)
    starts_at = serializers.DateTimeField()
    wish = serializers.ChoiceField(
        Wish.choices, allow_blank=True, help_text="What its host asked for instead."
    )
    missing = serializers.ListField(
        child=serializers.ChoiceField(MISSING), allow_null=True, help_text="What it lacks to be concluded."
    )
    valid_until = serializers.DateField(allow_null=True, help_text="Until when the home counts as visited.")
    refusal = serializers.ChoiceField(Refusal.choices, allow_blank=True)
    concluded_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


def as_read(visit: Visit, *, for_host: bool) -> dict[str, Any]:
    """A visit as its host reads it, or as the desk does."""
    lacks = None if for_host or visit.state != VisitState.PLANNED else selectors.missing(visit)
    told = {
        "answers": selectors.asked_at(visit),
        "extract": visit.extract,
        "charter_on": visit.charter_on,
        "note": visit.note,
        "missing": [name for name in MISSING if lacks is not None and getattr(lacks, name)],
    }
    names = (
        "state",
        "starts_at",
        "wish",
        "valid_until",
        "refusal",
        "concluded_at",
        "created_at",
        "changed_at",
    )
    return {
        "id": visit.pk,
        "city": visit.offer.city.slug,
        "offer": visit.offer.reference,
        **{name: getattr(visit, name) for name in names},
        **(dict.fromkeys(told) if for_host else told),
    }


class VisitFilter(django_filters.FilterSet):
    """What to keep of the visits that one may see."""

    city = of_town("offer__city__slug")
    offer = django_filters.CharFilter(
        field_name="offer__reference", lookup_expr="iexact", help_text="Reference of a home."
    )
    state = django_filters.MultipleChoiceFilter(choices=VisitState.choices)
    changed_since = ChangedSince()

    class Meta:
        model = Visit
        fields: list[str] = []


def _act(
    name: str,
    summary: str,
    service: Callable[..., Visit],
    body: type[serializers.Serializer] | None = None,
    description: str = "",
) -> Any:
    """An act on a visit, as an operation."""

    def method(self: Any, request: Request, pk: str) -> Response:
        # Whoever may not see the visit is not told either what is to be said of it.
        visit_id = self.get_object().pk
        return self._perform(service, visit_id, **self.said(body))

    method.__name__ = name.replace("-", "_")
    described = extend_schema(
        tags=TAGS,
        summary=summary,
        description=description or None,
        parameters=[ID],
        request=body,
        responses={200: VisitSerializer, **problems(404, 409)},
    )
    return described(action(detail=True, methods=["post"], url_path=name)(method))


def _move(*, visit_id: int, starts_at: Any, by: Any, now: Any) -> Visit:
    visit = Visit.objects.select_related("visitor").get(pk=visit_id)
    return services.move(visit_id=visit_id, starts_at=starts_at, visitor=visit.visitor, by=by, now=now)


class VisitEndpoint(ListModelMixin, Endpoint):
    area = Scope.OFFERS
    queryset = Visit.objects.none()
    serializer_class = VisitSerializer
    filterset_class = VisitFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return Visit.objects.visible_to(self.request.user).select_related("offer__city").order_by("-pk")

    def get_object(self) -> Visit:
        visit = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if visit is None:
            raise Http404
        return visit

    def _shape(self, visit: Visit) -> dict[str, Any]:
        return as_read(visit, for_host=visit.offer.owner_id == self.actor.pk)

    def locked(self) -> None:
        visit = self.get_object()
        # In the order of all locks.
        lock((Offer, visit.offer_id), (Visit, visit.pk))

    def shown(self) -> dict[str, Any]:
        return VisitSerializer(self._shape(self.get_object())).data

    @extend_schema(
        tags=TAGS,
        summary="List visits",
        description="Coordinators: all of their towns. Operators: those that they make. Hosts: those of their homes.",
        responses={200: VisitSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(
            VisitSerializer([self._shape(visit) for visit in rows or ()], many=True).data
        )

    @extend_schema(
        tags=TAGS, summary="Read a visit", parameters=[ID], responses={200: VisitSerializer, **problems(404)}
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Plan a visit",
        description="Coordinators, who come themselves; the host is told and invited. Nobody visits their own home.",
        request=NewVisitSerializer,
        responses={201: VisitSerializer, **problems(404, 409)},
    )
    def create(self, request: Request) -> Response:
        said, now = self.said(NewVisitSerializer), timezone.now()
        offer = Offer.objects.visible_to(self.actor).filter(reference=said["offer"].upper()).first()
        if offer is None or not has_role(self.actor, offer.city, COORDINATION):
            raise ValidationError({"offer": _("Ce logement n’est pas ici.")})
        if "starts_at" in said:
            done = self._done(
                lambda: services.plan(
                    offer_id=offer.pk,
                    starts_at=said["starts_at"],
                    visitor=self.actor,
                    by=self.actor,
                    now=now,
                )
            )
        else:
            done = self._done(lambda: services.begin(offer_id=offer.pk, by=self.actor, now=now))
        self.kwargs["pk"] = done.pk
        return self.answer(201)

    @extend_schema(
        tags=TAGS,
        summary="Note what was seen",
        description="The desk, as often as needed until the visit is concluded.",
        parameters=[ID],
        request=SeenSerializer,
        responses={200: VisitSerializer, **problems(404, 409)},
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        seen = self.said(SeenSerializer, partial=True)
        visit, as_it_was = self.get_object(), self.shown()
        # What comes back as it was read is no change: a host reads none of it.
        sent: Any = self.request.data
        seen = {name: value for name, value in seen.items() if sent[name] != as_it_was[name]}
        known = {asked["question"] for asked in selectors.asked_at(visit)}
        if any(row["question"] not in known for row in seen.get("answers") or ()):
            raise ValidationError({"answers": _("Cette question n’est pas sur la liste de la ville.")})
        seen = {name: value for name, value in seen.items() if value is not None or name == "charter_on"}
        if "answers" in seen:
            seen["answers"] = [dict(row) for row in seen["answers"] if row["answer"]]
        if not seen:
            return self.answer()
        return self._perform(services.note, visit.pk, seen=seen)

    def _perform(self, service: Callable[..., Visit], visit_id: int, **said: Any) -> Response:
        self._done(lambda: service(visit_id=visit_id, by=self.actor, now=timezone.now(), **said))
        return self.answer()

    def _done(self, act: Callable[[], Visit]) -> Visit:
        try:
            return act()
        except ValidationError as refusal:
            if getattr(refusal, "code", None) in ("missing", "planned", "kind"):
                raise Conflict(refusal.messages[0], code=refusal.code) from refusal
            if hasattr(refusal, "error_dict") and "day" in refusal.error_dict:
                raise ValidationError({"starts_at": refusal.messages}) from refusal
            if hasattr(refusal, "error_dict") and "refusal" in refusal.error_dict:
                raise ValidationError({"reason": refusal.messages}) from refusal
            raise conflict_in(refusal) from refusal

    conclude = _act(
        "conclude",
        "The home suits",
        services.conclude,
        None,
        "Refused with `missing` while that names something. The home counts as visited until `valid_until`.",
    )
    refuse = _act("refuse", "The home does not suit", services.refuse, RefusalSerializer)
    cancel = _act("cancel", "Call a visit off", services.cancel, None, "The host is told.")
    move = _act("move", "Visit at another moment", _move, MomentSerializer)
    other_time = _act(
        "other-time", "Ask for another time, as the host", services.ask_other_time, WishSerializer
    )
    decline = _act("decline", "Decline the visit, as the host", services.decline)
