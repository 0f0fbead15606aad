"""What the schema says of every operation alike, so that no view has to: its scope, its headers and its refusals."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse

from accounts.problems import PROBLEM, ProblemSerializer

MEANINGS = {
    400: "Malformed, or refused by a rule: `errors` says which field or parameter, and why.",
    401: "No key, or a key that is not valid any more.",
    403: "Not yours to do, or the key lacks a scope (`missing_scope`). With a session, also a missing CSRF token.",
    404: "Nothing here that you may see.",
    405: "The address knows other methods; `Allow` names them.",
    406: "Answers are JSON, and `Accept` asks for something else.",
    409: "Not possible any more from where it stands: `type` says why.",
    410: "What is asked for was kept for a while, and is erased.",
    412: "It is no longer as you read it: `If-Match` names another version.",
    413: "The body is too long.",
    415: "The body is not sent as `application/json`.",
    422: "The `Idempotency-Key` came before with another body.",
    429: "Too many requests; `Retry-After` says when to come back.",
    500: "A fault of ours; it is noted under the answer's `X-Request-ID`.",
    503: "The service is unavailable for a moment; `Retry-After` says when to come back.",
}
ALWAYS = frozenset({400, 401, 403, 405, 406, 429, 500, 503})
WITH_BODY = frozenset({413, 415})
ETAG = {
    "description": "The version that is read: send it back as `If-Match`, or as `If-None-Match`.",
    "schema": {"type": "string"},
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """The refusals of an operation of its own, for its schema; those that any may meet are added to them."""
    return {
        (status, PROBLEM): OpenApiResponse(ProblemSerializer, said_of(status))
        for status in sorted({400, *statuses})
    }


def said_of(status: int) -> str:
    # Its name changed from one Python to the next.
    phrase = (
        "Content Too Large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus(status).phrase
    )
    return f"{phrase}. {MEANINGS[status]}"


class Operation(AutoSchema):
    """An operation of an `accounts.endpoints.Endpoint`."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        made: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if made is None:
            return None
        view: Any = self.view
        writes = self.method not in ("GET", "HEAD")
        answers = made["responses"]
        parameters = made.setdefault("parameters", [])
        statuses = ALWAYS | (WITH_BODY if writes else frozenset())
        if view.gives_version():
            answers["200"]["headers"] = {"ETag": ETAG}
            if writes:
                parameters.append(
                    _header("If-Match", "Do it only if it still is of this version (its `ETag`).")
                )
                statuses |= {412}
            else:
                parameters.append(_header("If-None-Match", "Answer 304 if it still is of this version."))
                answers["304"] = {"description": "Not Modified. It is as you read it."}
        for status in statuses:
            answers.setdefault(str(status), _problem(status))
        made["responses"] = dict(sorted(answers.items()))
        if view.deprecated_since() is not None:
            made["deprecated"] = True
        scope = "read" if not writes else view.area
        made["description"] = " ".join(filter(None, (made.get("description"), f"Scope of a key: `{scope}`.")))
        for way in made["security"]:
            if "token" in way:
                way["token"] = [str(scope)]
        return made


def _header(name: str, description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string"}, "description": description}


def _problem(status: int) -> dict[str, Any]:
    shape = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": said_of(status), "content": {PROBLEM: shape}}
