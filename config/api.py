"""The API's addresses: one router for all apps, its schema, and the page that people read."""

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path as address
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from accounts.people_api import MeEndpoint, OrganisationEndpoint
from cities.selectors import open_cities
from config.events_api import EventEndpoint
from config.reference_api import CommuneEndpoint, ItemEndpoint, TownEndpoint, VocabularyEndpoint
from directory.api import ServiceEndpoint
from followups.api import FollowUpEndpoint, OutcomeEndpoint
from homes.api import VisitEndpoint
from matching.api import MatchEndpoint
from matching.case_api import CaseEndpoint, QuestionEndpoint
from matching.entry_api import NeedEndpoint, OfferEndpoint
from matching.plan_api import PlanEndpoint
from notifications import channel_folders

# In the order of the story.
TAGS = (
    *(
        "me",
        "reference",
        "organisations",
        "directory",
        "offers",
        "visits",
        "needs",
        "cases",
        "conditions",
        "matches",
        "plans",
    ),
    "follow-ups",
    "calls",
    "events",
)

router = SimpleRouter()
router.register("towns", TownEndpoint, "api-town")
router.register("communes", CommuneEndpoint, "api-commune")
router.register("vocabulary", VocabularyEndpoint, "api-vocabulary")
router.register("items", ItemEndpoint, "api-item")
router.register("organisations", OrganisationEndpoint, "api-organisation")
router.register("directory", ServiceEndpoint, "api-directory")
router.register("offers", OfferEndpoint, "api-offer")
router.register("visits", VisitEndpoint, "api-visit")
router.register("needs", NeedEndpoint, "api-need")
router.register("needs", CaseEndpoint, "api-case")
router.register("conditions", QuestionEndpoint, "api-condition")
router.register("matches", MatchEndpoint, "api-match")
router.register("plans", PlanEndpoint, "api-plan")
router.register("follow-ups", FollowUpEndpoint, "api-followup")
router.register("outcomes", OutcomeEndpoint, "api-outcome")
for channel in channel_folders.names():
    if channel_folders.has(channel, "api"):
        router.register(*channel_folders.part(channel, "api").ENDPOINT)
router.register("events", EventEndpoint, "api-event")
urls = [address("me/", MeEndpoint.as_view({"get": "retrieve"}, detail=True), name="api-me"), *router.urls]


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The API in OpenAPI 3.1. It follows from the code alone, so it is made once."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    _drop_titles(made["paths"])
    return made


def _drop_titles(part: Any) -> None:
    """Filters carry the models' labels, which are the pages' and French."""
    if isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            _drop_titles(inner)


class SchemaEndpoint(APIView):
    """The document, as YAML or JSON."""

    schema = None
    permission_classes = [permissions.AllowAny]
    renderer_classes = [OpenApiYamlRenderer, OpenApiYamlRenderer2, OpenApiJsonRenderer, OpenApiJsonRenderer2]

    def get(self, request: Request) -> Response:
        return Response(document())


class NothingHere(APIView):
    """Any other address: refused in the API's own shape."""

    schema = None
    permission_classes = [permissions.AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound


@require_safe
def readable(request: HttpRequest) -> HttpResponse:
    """The schema as a page: what each operation takes and answers, and how to begin."""
    schema = document()
    today = timezone.localdate()
    town = open_cities().first()
    context = {
        "groups": _groups(schema),
        "site": request.build_absolute_uri("/").rstrip("/"),
        "version": schema["openapi"],
        "example": {
            "city": town.slug if town else "strasbourg",
            "commune": town.seat_id if town else "67482",
            "first_day": today + timedelta(days=7),
            "last_day": today + timedelta(days=27),
        },
    }
    return render(request, "api.html", context)


# --- The page's shapes ---------------------------------------------------------------------------------


def _groups(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The operations by tag, in the order of the story."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            groups.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": operation["summary"],
                    "description": _text(operation),
                    "parameters": [
                        {
                            "name": parameter["name"],
                            "where": parameter["in"],
                            "required": parameter.get("required", False),
                            "type": _type(schema, parameter["schema"]),
                            "text": _text(parameter),
                        }
                        for parameter in operation.get("parameters", ())
                    ],
                    "fields": list(_fields(schema, body.get("schema", {}))),
                    "answers": [
                        {"status": status, **_answer(schema, answer)}
                        for status, answer in sorted(operation["responses"].items())
                    ],
                }
            )
    return [{"name": name, "operations": groups[name]} for name in TAGS]


def _answer(schema: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The words and fields of an answer; a refusal's shape is told once, at the top of the page."""
    content: dict[str, Any] = {}
    for media in answer.get("content", {}).values():
        content = media["schema"]
    is_problem = content.get("$ref", "").endswith("/Problem")
    return {
        "text": _text(answer),
        "fields": [] if is_problem else list(_fields(schema, content)),
    }


def _text(part: dict[str, Any]) -> SafeString:
    """The description, with what stands between backticks as code."""
    words = part.get("description", "").split("`")
    pieces = (("<code>{}</code>" if number % 2 else "{}", word) for number, word in enumerate(words))
    return mark_safe("".join(format_html(pattern, word) for pattern, word in pieces))  # noqa: S308  # each escaped


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """The part itself, where it only refers to another or wraps it."""
    for wrapper in ("allOf", "oneOf", "anyOf"):
        if len(inner := [one for one in part.get(wrapper, ()) if one.get("type") != "null"]) == 1:
            return _resolved(schema, inner[0]) | {k: v for k, v in part.items() if k == "description"}
    if "$ref" in part:
        found: dict[str, Any] = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[1]]
        return found | {k: v for k, v in part.items() if k == "description"}
    return part


def _fields(schema: dict[str, Any], part: dict[str, Any], prefix: str = "") -> Iterator[dict[str, Any]]:
    """The fields of an object, and those of the objects within it as `windows[].first_day`."""
    part = _resolved(schema, part)
    if part.get("type") == "array":
        yield from _fields(schema, part["items"], f"{prefix.rstrip('.')}[]." if prefix else "")
        return
    for name, inner in part.get("properties", {}).items():
        yield {
            "name": prefix + name,
            "type": _type(schema, inner),
            "required": name in part.get("required", ()),
            "text": _text(_resolved(schema, inner)) if "$ref" not in inner else "",
        }
        yield from _fields(schema, inner, f"{prefix}{name}.")


def _type(schema: dict[str, Any], part: dict[str, Any]) -> str:
    """In a word or two: `string`, `date`, `array of string`, `shared_room | separate_room`."""
    names = [one for wrapper in ("oneOf", "anyOf") for one in part.get(wrapper, ())]
    if len(names) > 1:
        return " | ".join(dict.fromkeys(filter(None, (_type(schema, one) for one in names))))
    part = _resolved(schema, part)
    if "enum" in part:
        return " | ".join("null" if word is None else str(word) for word in part["enum"] if word != "")
    if part.get("type") == "array":
        return f"array of {_type(schema, part['items'])}"
    kinds = part.get("type", "")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return " | ".join(str(part.get("format", kind)) if kind == "string" else kind for kind in kinds)
