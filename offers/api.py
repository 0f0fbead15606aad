"""The API of offers: the same services and the same visibility as the pages.

What people may count on is changed and taken back by `matching.entry_api`, which knows them.
"""

from collections.abc import Callable
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bulk import EACH, EXPORTED, BulkEndpoint, ExportEndpoint, ResultsSerializer
from accounts.endpoints import IDEMPOTENCY, conflict_in
from accounts.models import Scope
from accounts.operations import problems
from catalogue.filters import EntryFilter
from catalogue.vocabulary import Category, Source
from offers import intake, services
from offers.locating import located
from offers.models import Offer, OfferState
from offers.serializers import (
    NewOfferSerializer,
    OfferRowSerializer,
    OfferRowsSerializer,
    OfferSerializer,
)

TAGS = ["offers"]


class OfferFilter(EntryFilter):
    """What to keep of the offers that one may see."""

    category = django_filters.MultipleChoiceFilter(choices=Category.choices)
    state = django_filters.MultipleChoiceFilter(choices=OfferState.choices)

    class Meta:
        model = Offer
        fields: list[str] = []


class OfferEndpoint(ListModelMixin, BulkEndpoint, ExportEndpoint):
    area = Scope.OFFERS
    queryset = Offer.objects.none()
    serializer_class = OfferSerializer
    filterset_class = OfferFilter
    named = ("create",)
    lookup_field = "reference"
    lookup_value_regex = "[Pp]-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}"

    def get_queryset(self) -> Any:
        return (
            Offer.objects.visible_to(self.request.user)
            .select_related("city", "commune")
            .prefetch_related("windows")
            .order_by("-pk")
        )

    def get_object(self) -> Offer:
        offer = self.get_queryset().filter(reference=self.kwargs["reference"].upper()).first()
        if offer is None:
            raise Http404
        return offer

    def shown(self) -> dict[str, Any]:
        return OfferSerializer(self.get_object(), context={"request": self.request}).data

    @extend_schema(
        tags=TAGS,
        summary="List offers",
        description="Your own offers; for coordinators and operators, every offer of their towns. "
        "The latest first.",
        responses={200: OfferSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=TAGS, summary="Read an offer", responses={200: OfferSerializer, **problems(404)})
    def retrieve(self, request: Request, reference: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Register an offer",
        description="Your own, active at once; with `owner`, somebody's whose consent the town's desk has. "
        "The engine looks at it within seconds.",
        parameters=[IDEMPOTENCY],
        request=NewOfferSerializer,
        responses={201: OfferSerializer, 200: OfferSerializer, **problems(422)},
    )
    def create(self, request: Request) -> Response:
        offer, is_known = self._register(self.said(NewOfferSerializer))
        self.kwargs["reference"] = offer.reference
        return self.answer(200 if is_known else 201)

    @extend_schema(
        tags=TAGS,
        summary="Register many offers",
        description=EACH,
        request=OfferRowsSerializer,
        responses={200: ResultsSerializer, **problems()},
    )
    @action(detail=False, methods=["post"], url_path="bulk", pagination_class=None)
    def bulk(self, request: Request) -> Response:
        return self.each(OfferRowSerializer, self._register)

    @extend_schema(
        tags=TAGS,
        summary="Read all offers in one answer",
        description=EXPORTED,
        responses={200: OfferSerializer(many=True), **problems()},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        return self.streamed()

    def _register(self, fields: dict[str, Any], part: tuple[str, Any] | None = None) -> tuple[Offer, bool]:
        """The offer, and whether it was registered before under the same key."""
        now = timezone.now()
        city, owner = fields.pop("city"), fields.pop("owner", None)
        if owner is not None:
            self.enters_for_others(city)
        windows = [(window["first_day"], window["last_day"]) for window in fields.pop("windows")]
        if part is None:  # of many, each would wait for the one before
            fields = located(fields)
        with self.named_request(Offer.objects.filter(city=city), part) as (key, known):
            entry: dict[str, Any] = {
                "city": city,
                "fields": fields,
                "windows": windows,
                "external_key": key,
                "source": Source.API,
                "by": self.actor,
                "now": now,
            }
            if known is not None:
                offer = known
            elif owner is None:
                offer = intake.receive(contact={}, language=self.actor.language, **entry)
            else:
                how = owner.pop("consent")
                offer = intake.take_call(contact=owner, how=how, **entry)
        return offer, known is not None

    def _act(self, service: Callable[..., Offer]) -> Response:
        self.said()
        try:
            service(offer_id=self.get_object().pk, by=self.actor, now=timezone.now())
        except ValidationError as refusal:
            raise conflict_in(refusal) from refusal
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Set an active offer aside for a while",
        request=None,
        responses={200: OfferSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, reference: str) -> Response:
        return self._act(services.pause)

    @extend_schema(
        tags=TAGS,
        summary="Take a paused offer up again",
        description="Saying so confirms that it holds.",
        request=None,
        responses={200: OfferSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, reference: str) -> Response:
        return self._act(services.resume)

    @extend_schema(
        tags=TAGS,
        summary="Say that an active or expired offer still holds",
        request=None,
        responses={200: OfferSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"])
    def reconfirm(self, request: Request, reference: str) -> Response:
        return self._act(services.reconfirm)
