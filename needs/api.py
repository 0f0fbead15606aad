"""The API of needs: the same services and the same visibility as the pages.

What people may count on is changed and taken back by `matching.entry_api`, which knows them.
"""

from datetime import date, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import DESK, has_role
from accounts.bulk import EACH, EXPORTED, BulkEndpoint, ExportEndpoint, ResultsSerializer
from accounts.endpoints import IDEMPOTENCY
from accounts.models import Consent, Organisation, Scope, User
from accounts.operations import problems
from accounts.services import ensure_person, record_consent
from catalogue.filters import EntryFilter
from catalogue.vocabulary import Category, Source, Urgency
from cities.days import local_day
from cities.models import City
from needs import services
from needs.models import Need, NeedState
from needs.selectors import organisations_to_post_for
from needs.serializers import NeedRowSerializer, NeedRowsSerializer, NeedSerializer, NewNeedSerializer

# What was asked of the person for whom the desk's program writes; a new wording has a new version.
WORDING = "need-by-api-1"
TAGS = ["needs"]


class NeedFilter(EntryFilter):
    """What to keep of the needs that one may see."""

    category = django_filters.MultipleChoiceFilter(choices=Category.choices)
    state = django_filters.MultipleChoiceFilter(choices=NeedState.choices)
    urgency = django_filters.MultipleChoiceFilter(choices=Urgency.choices)

    class Meta:
        model = Need
        fields: list[str] = []


class NeedEndpoint(ListModelMixin, BulkEndpoint, ExportEndpoint):
    area = Scope.NEEDS
    queryset = Need.objects.none()
    serializer_class = NeedSerializer
    filterset_class = NeedFilter
    named = ("create",)
    lookup_field = "reference"
    lookup_value_regex = "[Bb]-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}"

    def get_queryset(self) -> Any:
        return (
            Need.objects.visible_to(self.request.user)
            .select_related("city", "commune", "organisation")
            .order_by("-pk")
        )

    def get_object(self) -> Need:
        need = self.get_queryset().filter(reference=self.kwargs["reference"].upper()).first()
        if need is None:
            raise Http404
        return need

    def shown(self) -> dict[str, Any]:
        return NeedSerializer(self.get_object(), context={"request": self.request}).data

    @extend_schema(
        tags=TAGS,
        summary="List needs",
        description="Those of your associations and your own; for coordinators and operators, every need of "
        "their towns. The latest first.",
        responses={200: NeedSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=TAGS, summary="Read a need", responses={200: NeedSerializer, **problems(404)})
    def retrieve(self, request: Request, reference: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=TAGS,
        summary="Register a need",
        description="The engine looks for offers within seconds. A need of an association that the town has not "
        "verified yet is kept, and waits.",
        parameters=[IDEMPOTENCY],
        request=NewNeedSerializer,
        responses={201: NeedSerializer, 200: NeedSerializer, **problems(422)},
    )
    def create(self, request: Request) -> Response:
        need, is_known = self._registered(self.said(NewNeedSerializer))
        self.kwargs["reference"] = need.reference
        return self.answer(200 if is_known else 201)

    @extend_schema(
        tags=TAGS,
        summary="Register many needs",
        description=EACH,
        request=NeedRowsSerializer,
        responses={200: ResultsSerializer, **problems()},
    )
    @action(detail=False, methods=["post"], url_path="bulk", pagination_class=None)
    def bulk(self, request: Request) -> Response:
        return self.each(NeedRowSerializer, self._registered)

    @extend_schema(
        tags=TAGS,
        summary="Read all needs in one answer",
        description=EXPORTED,
        responses={200: NeedSerializer(many=True), **problems()},
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def export(self, request: Request) -> StreamingHttpResponse:
        return self.streamed()

    def _registered(self, fields: dict[str, Any], part: tuple[str, Any] | None = None) -> tuple[Need, bool]:
        """The need, and whether it was registered before under the same key."""
        now = timezone.now()
        city, number, contact = fields.pop("city"), fields.pop("organisation", ""), fields.pop("person", None)
        if number and contact:
            raise ValidationError({"person": _("Un besoin est posté par une association ou une personne.")})
        if contact:
            self.enters_for_others(city)
        elif not number and not has_role(self.actor, city, DESK):
            # As on the site: the town reads it before it is a need (docs/adr/0051).
            raise ValidationError(
                {
                    "organisation": _(
                        "Dites pour quelle association. Pour soi-même, on le demande sur le site."
                    )
                }
            )
        organisation = _organisation(self.actor, city, number) if number else None
        with self.named_request(Need.objects.filter(city=city), part) as (key, known):
            need = known or _register(
                city=city,
                organisation=organisation,
                contact=contact,
                fields=fields,
                external_key=key,
                by=self.actor,
                now=now,
            )
        return need, known is not None


@transaction.atomic
def _register(
    *,
    city: City,
    organisation: Organisation | None,
    contact: dict[str, Any] | None,
    fields: dict[str, Any],
    external_key: str,
    by: User,
    now: datetime,
) -> Need:
    """The need; for somebody known by a contact, the person and their consent with it."""
    person = None if organisation else by
    if contact:
        how = contact.pop("consent")
        on_the_line = city if how == Consent.How.PHONE else None
        person = ensure_person(**contact, on_the_line=on_the_line, by=by, now=now)
        record_consent(
            user=person,
            purpose=Consent.Purpose.RECORD,
            wording_version=WORDING,
            how=how,
            by=by,
            now=now,
        )
    return services.register(
        city=city,
        organisation=organisation,
        person=person,
        fields=fields,
        source=Source.API,
        by=by,
        now=now,
        today=_today(city, now),
        external_key=external_key,
    )


def _organisation(user: User, city: City, number: str) -> Organisation:
    """The association with this number, if the person may post in its name. Raises ValidationError."""
    number = "".join(number.split()).upper()
    found = organisations_to_post_for(user, city).filter(Q(rna=number) | Q(siret=number)).first()
    if found is None:
        raise ValidationError({"organisation": _("Vous ne postez pas pour cette association.")})
    return found


def _today(city: City, now: datetime) -> date:
    return local_day(now, city)
