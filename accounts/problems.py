"""How the API tells a refusal: one shape for all, from 400 on.

Apart from `api.py`, because the framework's views import the authentication classes, and this imports its views.
"""

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from rest_framework import exceptions, serializers, status
from rest_framework.fields import get_error_detail
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_framework_handler

from engine import RULE_CODES

# The media type of RFC 9457.
PROBLEM = "application/problem+json"
# Each `type` of a problem, and what it means: the whole list, which the schema and docs/api.md tell.
TYPES: dict[str, str] = {
    "validation_error": "The request breaks a rule: `errors` says which field or parameter, and why.",
    "parse_error": "The body is no JSON that can be kept.",
    "bad_request": "The request cannot be read at all.",
    "not_authenticated": "No key was sent.",
    "authentication_failed": "The key is not valid, or not any more.",
    "permission_denied": "You may know of it, and not do it.",
    "missing_scope": "The key lacks the scope that `title` names.",
    "second_factor_required": "Whoever works for a town signs in with two factors.",
    "not_found": "Nothing here that you may see.",
    "method_not_allowed": "The address knows other methods; `Allow` names them.",
    "not_acceptable": "`Accept` asks for something other than JSON.",
    "expired": "What came after this `cursor` is erased already: read the lists anew, and then begin without one.",
    "precondition_failed": "`If-Match` names another version than the present one: read it again.",
    "too_large": "The body is longer than this installation reads.",
    "unsupported_media_type": "`Content-Type` is not `application/json`.",
    "idempotency_key_reused": "This `Idempotency-Key` has already come with another body.",
    "throttled": "Too many requests; `Retry-After` says when to come back.",
    "error": "A fault of ours; it is noted under the `X-Request-ID` of the answer.",
    "unavailable": "A server of ours does not answer; `Retry-After` says when to come back.",
    "state": "Not possible from its present state.",
    "role": "Not yours to decide.",
    "counted_on": "People count on it: `matches` names them, and `confirmed` says that you have read so.",
    "taken": "The capacity, or the need, went to another match; of a call, somebody else makes it.",
    "closed": "The offer or the need is no longer open.",
    "changed": "The offer or the need has changed in what matters; it is compared again.",
    "vetting": "The home was not visited yet.",
    "unaccompanied": "A lone minor whom nobody accompanies yet.",
    "paused": "The person asked for a pause in their messages.",
    "town": "The linked town of the offer has not agreed.",
    "not_now": "Not possible for the moment: the town has to see to something first.",
    "reason": "The act needs one of its reasons.",
    "days": "The day does not fit the stay.",
    "asked": "The question is asked already.",
    "once": "It takes place once: there are no days to add or to take.",
    "early": "Its first day has not come.",
    "rehoused": "Another home is asked for, or found, for these people.",
    "missing": "A visit still lacks what `missing` names.",
    "planned": "A visit of this home is planned already.",
    "kind": "Homes alone are visited.",
    "cannot": "Even so the offer would not do.",
    "stays": "The answer is known: this condition stays.",
    "nobody": "Nobody is there to be asked.",
    "lasts": "It goes on from day to day: say when it ends.",
    "quantity": "At least one, and at most what was promised.",
}
TYPES |= {
    code: "What is asked for breaks this rule of the engine." for code in RULE_CODES if code not in TYPES
}
WORDS = tuple(TYPES)


class ProblemSerializer(serializers.Serializer):
    """The body of every answer from 400 on."""

    type = serializers.ChoiceField(
        WORDS, help_text="A stable word, a relative reference in the sense of RFC 9457."
    )
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
    # Seconds, for `Retry-After`.
    wait = 30


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


def is_away(failure: BaseException | None) -> bool:
    """Whether it fails because the database or Redis does not answer, for as long as that lasts."""
    return isinstance(failure, OperationalError | InterfaceError | RedisError)


def problem(word: str, title: str, code: int) -> JsonResponse:
    """A refusal that no endpoint gives: before the framework sees the request, or after it failed."""
    told = {"type": word, "title": title, "status": code, "errors": {}}
    return JsonResponse(told, status=code, content_type=PROBLEM)


def away() -> str:
    return _("Le service est momentanément indisponible. Réessayez dans une minute.")


def exception_handler(failure: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as a `ProblemSerializer`; None for a fault of ours, which is a 500."""
    if isinstance(failure, ValidationError):
        failure = exceptions.ValidationError(detail=get_error_detail(failure))
    elif is_away(failure):
        failure = ServiceUnavailable(away())
    elif isinstance(failure, RequestDataTooBig):
        failure = TooLarge(_("Cette demande est trop longue."))
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
