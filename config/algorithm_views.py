"""The public notice of the algorithm, for people and for programs, both made of the engine's own values."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.access import PUBLIC, town_page
from cities.models import City
from matching.algorithm import notice


@town_page(PUBLIC)
@require_safe
def page(request: HttpRequest, city: City) -> HttpResponse:
    """What the law asks to publish about the matching."""
    return render(
        request, "algorithm.html", {"notice": notice.notice(city), "source_url": settings.SOURCE_URL}
    )


@town_page(PUBLIC)
@require_safe
def as_json(request: HttpRequest, city: City) -> JsonResponse:
    """The same notice: codes that stay, beside words in the reader's language."""
    published: dict[str, Any] = {
        "city": {"slug": city.slug, "name": city.name},
        "page": request.build_absolute_uri(reverse("algorithm", args=[city.slug])),
        "source": settings.SOURCE_URL or None,
        "law": notice.LAW,
        "cada": notice.CADA,
        **notice.notice(city),
    }
    return JsonResponse(published, json_dumps_params={"ensure_ascii": False, "indent": 2})
