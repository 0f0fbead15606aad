"""Changing and taking back offers and needs by the API: what people count on only once they were read of."""

from collections.abc import Callable, Container
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import conflict_in
from accounts.operations import problems
from accounts.problems import PROBLEM, ProblemSerializer
from matching import counted_on, presentation
from matching.models import MatchState
from needs import api as needs
from needs.serializers import NeedChangeSerializer, NeedSerializer, NeedWithdrawalSerializer
from offers import api as offers
from offers.locating import located
from offers.serializers import OfferChangeSerializer, OfferSerializer, WithdrawalSerializer

CHANGED = (
    "Only what is sent changes. Where people count on what changes, the answer is 409 with the matches concerned, "
    "and nothing is written until the same is sent with `confirmed`."
)
TAKEN_BACK = (
    "Doing it twice changes nothing. Where people count on it, the answer is 409 with the matches that would be called "
    "off, and nothing is written until the same is sent with `confirmed`."
)


class StakeSerializer(serializers.Serializer):
    """A match that both sides, or the citizen, have said yes to."""

    match = serializers.IntegerField(source="match.pk", help_text="Its number.")
    state = serializers.ChoiceField(MatchState.choices, source="match.state")
    title = serializers.CharField(help_text="What it is about, in the language of the request.")
    commune = serializers.CharField(source="match.need.commune.name", help_text="Of the need.")
    first_day = serializers.DateField(source="match.first_day")
    last_day = serializers.DateField(source="match.last_day")
    quantity = serializers.IntegerField(
        source="match.quantity", help_text="In the kind's unit: persons, for a home."
    )
    becomes = serializers.CharField(help_text="What becomes of it, in the language of the request.")


class CountedOnSerializer(ProblemSerializer):
    """A refusal that names who counts on it, when `type` is `counted_on`."""

    matches = StakeSerializer(many=True, required=False)


class _Confirmed(serializers.Serializer):
    confirmed = serializers.BooleanField(
        required=False, help_text="True once you have read who counts on it. False unless told."
    )


class ConfirmedOfferChangeSerializer(_Confirmed, OfferChangeSerializer):
    """What can be changed, and whether those who count on it were read of."""

    class Meta(OfferChangeSerializer.Meta):
        fields = (*OfferChangeSerializer.Meta.fields, "confirmed")


class ConfirmedNeedChangeSerializer(_Confirmed, NeedChangeSerializer):
    """What can be changed, and whether those who count on it were read of."""

    class Meta(NeedChangeSerializer.Meta):
        fields = (*NeedChangeSerializer.Meta.fields, "confirmed")


class ConfirmedWithdrawalSerializer(_Confirmed, WithdrawalSerializer):
    """Why, if one wishes to say, and whether those who count on it were read of."""


class ConfirmedNeedWithdrawalSerializer(_Confirmed, NeedWithdrawalSerializer):
    """Why, if one wishes to say, and whether those who count on it were read of."""


def _problems() -> dict[tuple[int, str], OpenApiResponse]:
    answers = problems(404, 409)
    return answers | {(409, PROBLEM): OpenApiResponse(CountedOnSerializer, answers[409, PROBLEM].description)}


class OfferEndpoint(offers.OfferEndpoint):
    @extend_schema(
        tags=offers.TAGS,
        summary="Change an offer",
        description=CHANGED,
        request=ConfirmedOfferChangeSerializer(partial=True),
        responses={200: OfferSerializer, **_problems()},
    )
    def partial_update(self, request: Request, reference: str) -> Response:
        fields, read = _read(self.said(ConfirmedOfferChangeSerializer, partial=True))
        windows = fields.pop("windows", None)
        # Before anything is locked: it may take a moment.
        fields = located(fields, before=self.get_object())
        return _written(
            lambda offer_id: counted_on.change_offer(
                offer_id=offer_id,
                fields=fields,
                windows=None if windows is None else [(w["first_day"], w["last_day"]) for w in windows],
                read=read,
                by=self.actor,
                now=timezone.now(),
            ),
            self,
        )

    @extend_schema(
        tags=offers.TAGS,
        summary="Take an offer back for good",
        description=TAKEN_BACK,
        request=ConfirmedWithdrawalSerializer,
        responses={200: OfferSerializer, **_problems()},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, reference: str) -> Response:
        said, read = _read(self.said(ConfirmedWithdrawalSerializer))
        return _written(
            lambda offer_id: counted_on.withdraw_offer(
                offer_id=offer_id, read=read, by=self.actor, now=timezone.now(), **said
            ),
            self,
        )


class NeedEndpoint(needs.NeedEndpoint):
    @extend_schema(
        tags=needs.TAGS,
        summary="Change an open need",
        description=CHANGED,
        request=ConfirmedNeedChangeSerializer(partial=True),
        responses={200: NeedSerializer, **_problems()},
    )
    def partial_update(self, request: Request, reference: str) -> Response:
        fields, read = _read(self.said(ConfirmedNeedChangeSerializer, partial=True))
        return _written(
            lambda need_id: counted_on.change_need(
                need_id=need_id, fields=fields, read=read, by=self.actor, now=timezone.now()
            ),
            self,
        )

    @extend_schema(
        tags=needs.TAGS,
        summary="Say that a need is no more",
        description=TAKEN_BACK,
        request=ConfirmedNeedWithdrawalSerializer,
        responses={200: NeedSerializer, **_problems()},
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, reference: str) -> Response:
        said, read = _read(self.said(ConfirmedNeedWithdrawalSerializer))
        return _written(
            lambda need_id: counted_on.withdraw_need(
                need_id=need_id, read=read, by=self.actor, now=timezone.now(), **said
            ),
            self,
        )


def _read(said: dict[str, Any]) -> tuple[dict[str, Any], Container[int]]:
    """What a body says, and the matches that it says were read of: all or none."""
    return said, counted_on.ALL if said.pop("confirmed", False) else ()


def _written(write: Callable[[int], object], endpoint: OfferEndpoint | NeedEndpoint) -> Response:
    """The row after it was written, or who must be read of before."""
    try:
        write(endpoint.get_object().pk)
    except ValidationError as refusal:
        raise conflict_in(refusal) from refusal
    except counted_on.NotRead as unread:
        is_offer = isinstance(endpoint, OfferEndpoint)
        problem = {
            "type": "counted_on",
            "title": _("Des personnes comptent dessus"),
            "status": 409,
            "errors": {},
            "matches": presentation.stakes(unread.stakes, of_offer=is_offer),
        }
        return Response(CountedOnSerializer(problem).data, status=409, content_type=PROBLEM)
    return endpoint.answer()
