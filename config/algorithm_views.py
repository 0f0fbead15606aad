"""The public notice of the algorithm, for people and for programs, both made of the engine's own values."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import selectors as accounts
from accounts.models import Role
from cities.models import City
from matching.algorithm import notice


@require_safe
def page(request: HttpRequest, city_slug: str) -> HttpResponse:
    """What the law asks to publish about the matching."""
    city = get_object_or_404(City.objects.open(), slug=city_slug)
    roles = accounts.roles_in(request.user, city)
    return render(
        request,
        "algorithm.html",
        {
            "notice": notice.notice(city),
            "may_change": bool(roles & {Role.COORDINATOR, Role.ADMINISTRATOR}),
            "source_url": settings.SOURCE_URL,
        },
    )


@require_safe
def as_json(request: HttpRequest, city_slug: str) -> JsonResponse:
    """The same notice: codes that stay, beside words in the reader's language."""
    city = get_object_or_404(City.objects.open(), slug=city_slug)
    published: dict[str, Any] = {
        "city": {"slug": city.slug, "name": city.name},
        "page": request.build_absolute_uri(reverse("algorithm", args=[city.slug])),
        "source": settings.SOURCE_URL or None,
        "law": notice.LAW,
        "cada": notice.CADA,
        **notice.notice(city),
    }
    return JsonResponse(published, json_dumps_params={"ensure_ascii": False, "indent": 2})
