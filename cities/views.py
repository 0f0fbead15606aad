"""The type-ahead of communes. Public: the gazetteer is."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.http import require_safe

from cities.selectors import CommuneNotFound, commune_by_insee, suggest_communes

SHORTEST = 2
LONGEST = 120
MOST = 10


@require_safe
def communes(request: HttpRequest) -> HttpResponse:
    """At most ten communes for `q`, or for the value under the `name` of the box that asks; near `near`.

    HTML options by default, JSON when the client prefers it. A question that makes no sense has no answers.
    """
    asked = request.GET.get("q") or request.GET.get(request.GET.get("name", ""), "")
    text = asked.replace("\0", "").strip()[:LONGEST]
    try:
        near = commune_by_insee(request.GET.get("near", ""))
    except CommuneNotFound:
        near = None
    found = suggest_communes(text, near=near, limit=MOST) if len(text) >= SHORTEST else []
    choices: list[dict[str, Any]] = [
        {"commune": one.commune, "label": one.commune.label_for(text), "former": one.former} for one in found
    ]
    for choice in choices:
        # Browsers hide an option that does not contain what was typed, as "Saint-Étienne" for "st etienne".
        shown = text.lower() in choice["label"].lower() and not choice["former"]
        old = choice["former"]
        typed = old if text.lower() in old.lower() else f"{old}, {text}" if old else text
        choice["hint"] = "" if shown else f"{choice['label']} ← {typed}"

    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = JsonResponse(
            {
                "communes": [
                    {
                        "insee": choice["commune"].insee,
                        "name": choice["commune"].name,
                        "former_name": choice["former"],
                        "label": choice["label"],
                        "postcodes": choice["commune"].postcodes,
                        "department_code": choice["commune"].department_code,
                        "department_name": choice["commune"].department_name,
                        "population": choice["commune"].population,
                    }
                    for choice in choices
                ]
            }
        )
    else:
        response = render(request, "cities/_communes.html", {"choices": choices})
    # The gazetteer changes once a year.
    patch_cache_control(response, public=True, max_age=3600)
    patch_vary_headers(response, ["Accept"])
    return response
