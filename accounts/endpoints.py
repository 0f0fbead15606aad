"""What every endpoint of the API does alike: bodies, pages, keys against double posting, refusals and their schema."""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import exceptions
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.access import DESK, has_role, require
from accounts.models import Scope, User
from accounts.problems import PROBLEM, ProblemSerializer
from cities.models import City

_KEY = re.compile(r"[!-~]{1,50}")
# More digits than any of our numbers has, and fewer than it takes to overflow one.
_MOST_DIGITS = 15
_MEANINGS = {
    400: "Malformed, or refused by a rule: `errors` says which field and why.",
    401: "No key, or a key that is not valid any more.",
    403: "Not yours to do, or the key lacks a scope (`missing_scope`). With a session, also a missing CSRF token.",
    404: "Nothing here that you may see.",
    409: "Not possible any more from where it stands: `type` says why.",
    429: "Too many requests; `Retry-After` says when to come back.",
    503: "The service is unavailable for a moment.",
}
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=False,
    description="Your own name for this request (1 to 50 visible ASCII characters). Sent again by the same "
    "person for the same city, it registers nothing: the answer is 200 with what the first one registered.",
)


class Conflict(exceptions.APIException):
    """What was asked is understood and allowed, but not possible from the present state."""

    status_code = 409
    default_code = "conflict"


class Page(LimitOffsetPagination):
    """`limit` and `offset`; a malformed one counts as absent."""

    default_limit = 50
    max_limit = 200
    limit_query_description = "Rows to return, 50 unless told, 200 at most."
    offset_query_description = "Rows to skip."

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "How many there are in all."},
                "next": {**link, "description": "The next page, null on the last."},
                "previous": {**link, "description": "The page before, null on the first."},
                "results": schema,
            },
        }


class Body(JSONParser):
    """JSON that the database can hold: without halves of characters or numbers beyond measure."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            data = json.loads(stream.read().decode(), parse_int=_integer, parse_constant=_no_number)
            # A lone surrogate is legal in JSON and impossible in UTF-8, so in the database and in our answer.
            json.dumps(data, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise exceptions.ParseError(_("Ceci n’est pas du JSON lisible.")) from error
        return data


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError("a number beyond measure")
    return int(digits)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


class Endpoint(GenericViewSet):
    """Rows that the reader may see, and acts on them, which an API key needs the scope `area` for."""

    area: Scope
    parser_classes = [Body]
    pagination_class = Page
    http_method_names = ["get", "post", "patch", "head", "options"]

    @property
    def actor(self) -> User:
        """Who asks; the permission classes let nobody else come here."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def enters_for_others(self, city: City) -> None:
        """Only the town's desk registers what somebody else offers or needs. Raises PermissionDenied."""
        refusal = _("Seul l’accueil de la ville enregistre pour quelqu’un d’autre.")
        require(has_role(self.actor, city, DESK), refusal)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RequestDataTooBig):
            exc = exceptions.ParseError(_("Cette demande est trop longue."))
        return super().handle_exception(exc)


def external_key(request: Request) -> str:
    """The request's `Idempotency-Key` as an external key of this person; empty without one. Raises ValidationError."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        return ""
    if not _KEY.fullmatch(key):
        raise ValidationError({"Idempotency-Key": _("De 1 à 50 caractères ASCII visibles.")})
    return f"api:{request.user.pk}:{key}"


def conflict_in(refusal: ValidationError) -> Exception:
    """The refusal as a 409 when it is the state that forbids, else as it is: a 400."""
    if getattr(refusal, "code", None) == "state":
        return Conflict(detail=refusal.messages[0], code="state")
    return refusal


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals of an operation, for its schema; those that any operation may meet are always among them."""
    return {
        (status, PROBLEM): OpenApiResponse(
            ProblemSerializer, f"{HTTPStatus(status).phrase}. {_MEANINGS[status]}"
        )
        for status in sorted({401, 403, 429, 503, *statuses})
    }
