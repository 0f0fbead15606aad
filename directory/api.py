"""The directory over the API: what everybody reads of it on the pages, in rows."""

from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import Endpoint
from accounts.operations import problems
from catalogue.filters import Known, of_commune, of_town
from catalogue.languages import validate_language
from directory import selectors
from directory.models import Fees, Service
from directory.themes import THEMATICS, Theme

TAGS = ["directory"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="Number of the service.")


def _is_language(code: str) -> bool:
    try:
        validate_language(code)
    except ValidationError:
        return False
    return True


class ServiceSerializer(serializers.Serializer):
    """A service of a town's directory, as it tells everybody of itself."""

    id = serializers.IntegerField()
    city = serializers.CharField(source="city.slug", help_text="The town whose directory has it.")
    name = serializers.CharField()
    run_by = serializers.CharField(source="keeper", help_text="The association or city service that runs it.")
    about = serializers.CharField(help_text="What one finds there.")
    needs = serializers.ListField(
        source="themes",
        child=serializers.ChoiceField(Theme.choices),
        help_text="What it is for, in few words.",
    )
    thematics = serializers.ListField(
        child=serializers.CharField(), help_text="The same as data.inclusion (schema v1) says it."
    )
    languages = serializers.ListField(child=serializers.CharField(), help_text="Spoken there, as BCP 47.")
    slots = serializers.ListField(
        child=serializers.CharField(), help_text="When it is open in a usual week: `mon 09:00-12:00`."
    )
    hours_note = serializers.CharField(help_text="What of its hours no week says.")
    commune = serializers.CharField(source="commune_id", help_text="INSEE code.")
    address = serializers.CharField()
    how_to_come = serializers.CharField()
    phone = serializers.CharField(help_text="In E.164; empty where it has none.")
    email = serializers.CharField(help_text="Empty where it has none.")
    site = serializers.CharField(help_text="Its address on the web.")
    fees = serializers.ChoiceField(Fees.choices, allow_blank=True)
    checked_at = serializers.DateTimeField(help_text="When somebody last said that all this holds.")


class ServiceFilter(django_filters.FilterSet):
    """By town, place, need and language."""

    city = of_town()
    commune = of_commune()
    need = django_filters.ChoiceFilter(choices=Theme.choices, method="for_need", help_text="What it is for.")
    language = Known(
        _is_language,
        method="in_language",
        help_text="Spoken there; Dari is found where Persian is spoken (BCP 47).",
    )

    class Meta:
        model = Service
        fields: list[str] = []

    def for_need(self, rows: QuerySet[Service], name: str, value: str) -> QuerySet[Service]:
        return rows.filter(thematics__overlap=list(THEMATICS[Theme(value)]))

    def in_language(self, rows: QuerySet[Service], name: str, value: str) -> QuerySet[Service]:
        return selectors.where_spoken(rows, value)


class ServiceEndpoint(Endpoint):
    queryset = Service.objects.none()
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        return selectors.shown_in_open_towns().order_by("-pk")

    def shown(self) -> dict[str, Any]:
        found = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return ServiceSerializer(found).data

    @extend_schema(
        tags=TAGS,
        summary="List the services of the directory",
        description="Of open towns, as everybody reads them. A town's own feed of data.inclusion is on its pages.",
        responses={200: ServiceSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ServiceSerializer(rows or (), many=True).data)

    @extend_schema(
        tags=TAGS,
        summary="Read a service of the directory",
        parameters=[ID],
        responses={200: ServiceSerializer, **problems(404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()
