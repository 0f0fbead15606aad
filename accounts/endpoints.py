"""What every endpoint of the API does alike (docs/api.md, docs/adr/0052): what it reads of a request and refuses of
it, pages, versions, keys against double posting.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.http import http_date, parse_etags
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, serializers
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.viewsets import GenericViewSet

from accounts.access import DESK, has_role, require
from accounts.models import Scope, User
from accounts.operations import Operation
from cities.models import City
from sealing.seals import blind

_KEY = re.compile(r"[!-~]{1,50}")
# What of a body's digest is kept beside its key: as much as the column has room for.
_DIGEST = 12
# More digits than any of our numbers has, and fewer than it takes to overflow one.
_MOST_DIGITS = 15
_NUMBER = re.compile(r"[0-9]{1,18}")
LARGEST_PAGE = 200
# The actions that know the filters: in pages, and all at once.
LISTS = ("list", "export")
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=False,
    description="Your own name for this request (1 to 50 visible ASCII characters). Sent again by the same "
    "person for the same city with the same body, it registers nothing: the answer is 200 with what the first one "
    "registered. With another body it is refused (422, `idempotency_key_reused`).",
)


class Conflict(exceptions.APIException):
    """What was asked is understood and allowed, but not possible from the present state."""

    status_code = 409
    default_code = "conflict"


class OtherVersion(exceptions.APIException):
    status_code = 412
    default_code = "precondition_failed"


class KeyReused(exceptions.APIException):
    status_code = 422
    default_code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """An operation that will go: since when that is said, when it goes, and where the docs tell what to use."""

    since: datetime
    sunset: datetime
    link: str


class Page(CursorPagination):
    """A page begins after the last row of the one before, by its number, whatever was written in between."""

    ordering = ("-pk",)
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = LARGEST_PAGE
    page_size_query_description = "Rows to return, 50 unless told, 200 at most."
    cursor_query_description = "Where the page begins, as `next` and `previous` say it."

    def get_page_size(self, request: Request) -> int:
        told = request.query_params.get("limit", str(self.page_size))
        if not _NUMBER.fullmatch(told) or not 1 <= int(told) <= LARGEST_PAGE:
            raise ValidationError({"limit": _("De 1 à %(most)d.") % {"most": LARGEST_PAGE}})
        return int(told)

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = super().decode_cursor(request)
        except exceptions.NotFound:
            cursor = None
        # Other than the first page's, a cursor always has a position.
        told = "cursor" in request.query_params
        if told and (cursor is None or not _NUMBER.fullmatch(str(cursor.position))):
            raise ValidationError({"cursor": _("Ce n’est pas le début d’une page.")})
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        bounds = {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": self.page_size}
        return [
            _query("cursor", str(self.cursor_query_description), {"type": "string"}),
            _query("limit", str(self.page_size_query_description), bounds),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": {**link, "description": "The next page, null on the last."},
                "previous": {**link, "description": "The page before, null on the first."},
                "results": schema,
            },
        }


def _query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "required": False, "in": "query", "description": description, "schema": schema}


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


def lock(*rows: tuple[type[models.Model], int]) -> None:
    """These rows, in this order, stay as they are to the end of the transaction."""
    for model, key in rows:
        list(
            model._default_manager.order_by().select_for_update(no_key=True).filter(pk=key).values_list("pk")
        )


class Endpoint(GenericViewSet):
    """Rows that the reader may see, and acts on them, which an API key needs the scope `area` for."""

    schema = Operation()
    # For an endpoint without rows of its own.
    queryset: Any = User.objects.none()
    area: Scope = Scope.READ
    parser_classes = [Body]
    pagination_class: type[Page] | None = Page
    http_method_names = ["get", "post", "patch", "head", "options"]
    # The query parameters of an action beside those of its filters and pages.
    asks: tuple[str, ...] = ()
    # Whether an action on one row answers with that row.
    versioned = True
    # The actions that read an `Idempotency-Key`.
    named: tuple[str, ...] = ()
    # By action.
    deprecations: Mapping[str, Deprecation] = {}

    @property
    def actor(self) -> User:
        """Who asks; the permission classes let nobody else come here."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    @property
    def throttle_scope(self) -> str | None:
        """What asks for many rows by one request has a rate of its own."""
        return self.action if self.action in ("bulk", "export") else None

    def enters_for_others(self, city: City) -> None:
        """Only the town's desk registers what somebody else offers or needs. Raises PermissionDenied."""
        refusal = _("Seul l’accueil de la ville enregistre pour quelqu’un d’autre.")
        require(has_role(self.actor, city, DESK), refusal)

    # --- One row, and which version of it -----------------------------------------------------------------

    def shown(self) -> dict[str, Any]:
        """The row of the address as the reader may read it. Raises Http404."""
        raise NotImplementedError

    def locked(self) -> None:
        """The row of the address stays as it is to the end of the transaction."""
        row = self.get_object()
        lock((type(row), row.pk))

    def gives_version(self) -> bool:
        return bool(self.detail) and self.versioned

    def answer(self, status: int = 200) -> Response:
        """The row as it now stands, with its version."""
        return self.told(self.shown(), status)

    def told(self, shown: dict[str, Any], status: int = 200) -> Response:
        """What is shown of the row, with its version; nothing to whoever has it."""
        version = version_of(shown)
        known = [tag.removeprefix("W/") for tag in parse_etags(self.request.headers.get("If-None-Match", ""))]
        if self.request.method in SAFE_METHODS and version in known:
            return Response(status=304, headers={"ETag": version})
        return Response(shown, status, headers={"ETag": version})

    # --- What is asked ------------------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is None:  # another method: 405
            return
        self._check_asked(request)
        if "If-Match" in request.headers:
            method = str(request.method).lower()
            setattr(self, method, self._of_that_version(getattr(self, method)))

    def parameters(self) -> dict[str, bool]:
        """The query parameters of the action, and whether each may be given several times."""
        names = dict.fromkeys(self.asks, False)
        filters = getattr(self, "filterset_class", None)
        if self.action in LISTS and filters is not None:
            names |= {name: "Multiple" in type(one).__name__ for name, one in filters.base_filters.items()}
        if self.action == "list" and self.pagination_class is not None:
            names |= {"cursor": False, "limit": False}
        return names

    def _check_asked(self, request: Request) -> None:
        """Refuse a parameter or header that would have no effect: whoever sends it counts on one."""
        known = self.parameters()
        wrong: dict[str, str] = {}
        for name, values in request.query_params.lists():
            if name not in known:
                wrong[name] = _("Ce paramètre n’existe pas ici.")
            elif len(values) > 1 and not known[name]:
                wrong[name] = _("Une seule valeur est possible.")
            elif not all(value.strip() for value in values):
                wrong[name] = _("Écrivez une valeur.")
        for header, counts in (
            ("If-Match", self.gives_version() and request.method not in SAFE_METHODS),
            ("Idempotency-Key", self.action in self.named),
        ):
            if header in request.headers and not counts:
                wrong[header] = _("Cet en-tête n’a pas d’effet ici.")
        if wrong:
            raise ValidationError(wrong)

    def _of_that_version(self, handler: Callable[..., Response]) -> Callable[..., Response]:
        """The act, if the row still is of the version that `If-Match` names; nobody changes it in between."""

        @wraps(handler)
        def act(request: Request, *args: Any, **kwargs: Any) -> Response:
            # A proxy that compresses, as ours does, makes a version weak on its way.
            wanted = [tag.removeprefix("W/") for tag in parse_etags(request.headers["If-Match"])]
            with transaction.atomic():
                self.locked()
                if wanted != ["*"] and version_of(self.shown()) not in wanted:
                    raise OtherVersion(_("Cela a changé entre-temps. Relisez, puis recommencez."))
                return handler(request, *args, **kwargs)

        return act

    def said(
        self, body: type[serializers.Serializer] | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        """What the request's body says, all of it known; nothing, where no `body` is asked for. Raises ValidationError.

        `partial`: a change of the row. What is only read there may come back, unchanged.
        """
        data: Any = self.request.data
        wrong: dict[str, Any] = {}
        body = body or serializers.Serializer
        if partial and isinstance(data, Mapping):
            data, wrong = self._what_is_written(data, body(partial=True))
        return self.read(body, data, partial=partial, wrong=wrong)

    def read(
        self,
        body: type[serializers.Serializer],
        data: Any,
        *,
        partial: bool = False,
        wrong: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What a body says, all of it known. `wrong`: what was found before. Raises ValidationError."""
        wrong = dict(wrong or {})
        read: Any = body(data=data, partial=partial)
        wrong |= dict(unknown(read, data))
        if read.is_valid() and not wrong:
            return dict(read.validated_data)
        raise exceptions.ValidationError({**read.errors, **wrong} if isinstance(read.errors, dict) else wrong)

    def _what_is_written(
        self, data: Mapping[str, Any], body: Any
    ) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """A change without what only is read, or read in full by some alone, and comes back as it was read; and what
        comes back otherwise.
        """
        shown_by: Any = self.get_serializer_class()()
        shape = shown_by.fields
        some_alone = {
            name for name, one in shape.items() if isinstance(one, serializers.SerializerMethodField)
        }
        only_read = {name for name in data if name in shape and name not in body.fields}
        if not (only_read | some_alone) & data.keys():
            return dict(data), {}
        shown = json.loads(json.dumps(self.shown(), cls=JSONEncoder))
        as_read = {name for name in (only_read | some_alone) & data.keys() if _same(data[name], shown[name])}
        said = _("Ce champ se lit, et ne se change pas ici.")
        return (
            {name: value for name, value in data.items() if name not in as_read | only_read},
            {name: [said] for name in only_read - as_read},
        )

    @contextmanager
    def named_request(
        self, rows: QuerySet[Any], part: tuple[str, Any] | None = None
    ) -> Iterator[tuple[str, Any]]:
        """Under which external key this request registers, empty without an `Idempotency-Key`, and the row that it
        has registered before, of `rows`. Nobody else registers under it meanwhile. `part`: of the request, with a key
        of its own, and what it says. Raises KeyReused, ValidationError.
        """
        key, said = part or (self.request.headers.get("Idempotency-Key", ""), self.request.data)
        if not key:
            yield "", None
            return
        if not _KEY.fullmatch(key):
            raise ValidationError({"Idempotency-Key": _("De 1 à 50 caractères ASCII visibles.")})
        name = f"api:{self.actor.pk}:{key}"
        body = json.dumps(said, sort_keys=True)
        # No key has a space. The digest needs our own key: what it is of may be sealed in its columns.
        full = f"{name} {blind(body, of='accounts.request')[:_DIGEST]}"
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            known = rows.filter(external_key__startswith=f"{name} ").first()
            if known is not None and known.external_key != full:
                raise KeyReused(_("Cette clé a déjà servi pour une autre demande."))
            yield full, known

    # --- What is answered ---------------------------------------------------------------------------------

    def deprecated_since(self) -> Deprecation | None:
        return self.deprecations.get(self.action or "")

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        goes = self.deprecated_since() if hasattr(self, "action") else None
        if goes is not None:
            response.headers["Deprecation"] = f"@{int(goes.since.timestamp())}"
            response.headers["Sunset"] = http_date(goes.sunset.timestamp())
            response.headers["Link"] = f'<{goes.link}>; rel="deprecation"'
        return response


def version_of(shown: dict[str, Any]) -> str:
    """An ETag: of what somebody reads, so that it changes when, and only when, they would read something else."""
    return f'"{blind(json.dumps(shown, cls=JSONEncoder, sort_keys=True), of="accounts.version")[:32]}"'


def unknown(read: Any, data: Any) -> Iterator[tuple[str, Any]]:
    """Each name of a body that its serializer does not know, at any depth, with a sentence."""
    if isinstance(read, serializers.ListSerializer):
        for number, row in enumerate(data if isinstance(data, list) else ()):
            if wrong := dict(unknown(read.child, row)):
                yield str(number), wrong
    elif isinstance(read, serializers.Serializer) and isinstance(data, Mapping):
        for name, value in data.items():
            if name not in read.fields:
                yield name, [_("Ce champ n’existe pas ici.")]
            elif wrong := dict(unknown(read.fields[name], value)):
                yield name, wrong


def _same(sent: Any, shown: Any) -> bool:
    """Whether a value is what was read; a moment may be written in another zone."""
    if sent == shown and type(sent) is type(shown):
        return True
    if not isinstance(sent, str) or not isinstance(shown, str):
        return False
    try:
        moments = parse_datetime(sent), parse_datetime(shown)
    except ValueError:
        return False
    return None not in moments and moments[0] == moments[1]


def conflict_in(refusal: ValidationError) -> Exception:
    """The refusal as a 409 when it is the state that forbids, else as it is: a 400."""
    if getattr(refusal, "code", None) == "state":
        return Conflict(detail=refusal.messages[0], code="state")
    return refusal
