"""Pages that belong to no single app: the towns, what the law asks to state, health, and what went wrong."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import loader
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from accounts.access import ANYBODY, town_page
from accounts.problems import ServiceUnavailable, away, is_away, problem
from cities import selectors as towns
from cities.colours import HEX_COLOUR
from cities.models import City
from config import health, metrics


@require_safe
def cities(request: HttpRequest) -> HttpResponse:
    """The towns to choose from; straight on to the only one."""
    open_towns = list(towns.open_cities().order_by("name"))
    if len(open_towns) == 1:
        return redirect("home", city_slug=open_towns[0].slug)
    return render(request, "cities.html", {"towns": open_towns})


@town_page(ANYBODY)
@require_safe
@cache_control(public=True, max_age=3600)
def city_css(request: HttpRequest, city: City) -> HttpResponse:
    """A town's two colours as a style sheet: the policy allows no style in the page. Others may be tried on."""
    colours = {
        name: tried if HEX_COLOUR.fullmatch(tried := request.GET.get(name, "")) else getattr(city, name)
        for name in ("brand_colour", "accent_colour")
    }
    return render(request, "city.css", colours, content_type="text/css")


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What a phone keeps when somebody adds the site to its home screen; iPhones show messages of such a site alone."""
    colours = {"theme_color": "#0f5c5c", "background_color": "#fbfaf7"}
    icons = [
        {
            "src": static(f"img/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return JsonResponse(
        {
            "id": "/",
            "name": "Accorde",
            "short_name": "Accorde",
            "lang": get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": reverse("cities"),
            "scope": reverse("cities"),
            "display": "standalone",
            **colours,
            "icons": icons,
        },
        content_type="application/manifest+json",
    )


@require_safe
def legal(request: HttpRequest) -> HttpResponse:
    labels = {
        "publisher": _("Éditeur"),
        "director": _("Direction de la publication"),
        "host": _("Hébergement"),
        "contact": _("Contact"),
        "data_protection_officer": _("Délégué à la protection des données"),
    }
    facts = [{"label": label, "value": settings.LEGAL[field]} for field, label in labels.items()]
    return render(request, "legal.html", {"facts": facts})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "accessibility.html", {"legal": settings.LEGAL})


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """What works now, for whoever wonders whether it is them."""
    return render(request, "status.html", {"parts": health.in_words(timezone.now())})


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Database, cache, scheduler and each queue's worker, by real round trips; 503 when one fails."""
    parts = health.parts(timezone.now())
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for whoever has METRICS_TOKEN; without one there is no such page."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not constant_time_compare(given, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(metrics.page(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where somebody sent more than a form may hold; below the API's address as the API says it."""
    if request.path_info.startswith("/api/"):
        return problem("bad_request", _("Cette demande n’est pas lisible."), 400)
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return render(request, "400.html", status=400)


def fault(request: HttpRequest) -> HttpResponse:
    """503 when a server of ours is away, in the reader's language or as the API says it; else 500, in every language.

    Neither page asks the database for anything: of the town, what the request had read.
    """
    town = getattr(request, "_town", None)
    asks_api = request.path_info.startswith("/api/")
    if not is_away(sys.exc_info()[1]):
        if asks_api:
            return problem("error", _("Une erreur est survenue chez nous. Elle est notée."), 500)
        return HttpResponse(loader.get_template("500.html").render({"town": town}), status=500)
    if asks_api:
        response = problem("unavailable", away(), 503)
        response["Retry-After"] = str(ServiceUnavailable.wait)
        return response
    page = loader.get_template("503.html").render(
        {"bidi": get_language_bidi(), "language": get_language(), "town": town}
    )
    return HttpResponse(page, status=503, headers={"Retry-After": "30"})
