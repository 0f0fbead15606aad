"""How the API tells a refusal: one shape for all, from 400 on.

Apart from `api.py`, because the framework's views import the authentication classes, and this imports its views.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework import exceptions, serializers, status
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler

# The media type of RFC 9457.
PROBLEM = "application/problem+json"


class ProblemSerializer(serializers.Serializer):
    """The body of every answer from 400 on."""

    type = serializers.CharField(help_text="Stable word: validation_error, not_found, permission_denied…")
    title = serializers.CharField(help_text="One sentence, in the language of the request.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text="Sentences by field; a field inside another is written `windows.0.first_day`, "
        "what concerns no single field is under `__all__`.",
    )


class ServiceUnavailable(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"


def is_away(failure: BaseException | None) -> bool:
    """Whether it fails because the database or Redis does not answer, for as long as that lasts."""
    return isinstance(failure, OperationalError | InterfaceError | RedisError)


def away_problem() -> dict[str, Any]:
    """A `ProblemSerializer` for a request that fails before the framework sees it."""
    return {"type": ServiceUnavailable.default_code, "title": _away(), "status": 503, "errors": {}}


def _away() -> str:
    return _("Le service est momentanément indisponible. Réessayez dans une minute.")


def exception_handler(failure: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as a `ProblemSerializer`; None for a fault of ours, which is a 500."""
    if isinstance(failure, ValidationError):
        failure = exceptions.ValidationError(detail=get_error_detail(failure))
    elif is_away(failure):
        failure = ServiceUnavailable(_away())
    response = rest_framework_handler(failure, context)
    if response is None:
        return None
    errors: dict[str, list[str]] = {}
    if isinstance(failure, exceptions.ValidationError):
        word, title = "validation_error", _("Certaines réponses sont à corriger.")
        for name, sentence in _flat(failure.detail):
            errors.setdefault(name, []).append(sentence)
    else:
        # Http404 and PermissionDenied of Django became exceptions of the framework, kept in the data alone.
        detail = response.data["detail"]
        word, title = detail.code, str(detail)
    response.data = {"type": word, "title": title, "status": response.status_code, "errors": errors}
    response.content_type = PROBLEM
    return response


def _flat(detail: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(dotted name, sentence) for each error, however deep."""
    if isinstance(detail, dict):
        for key, inner in detail.items():
            word = "" if key in ("non_field_errors", "__all__") else str(key)
            yield from _flat(inner, ".".join(part for part in (name, word) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from _flat(inner, f"{name}.{number}" if name else str(number))
            else:
                yield name or "__all__", str(inner)
    else:
        yield name or "__all__", str(detail)
