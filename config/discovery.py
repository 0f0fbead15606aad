"""What search engines and browsers ask for by themselves: robots.txt, the list of public pages, an icon.

Closed by default: what nobody has named here may have a person in it.
"""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cities.selectors import open_cities

# By the names of their addresses; those of a town take its short name.
PAGES = ("cities", "legal", "accessibility", "privacy", "security", "status")
TOWN_PAGES = (
    "home",
    "needs:public",
    "directory:public",
    "front:help",
    "insight:public",
    "algorithm",
    "voice:say",
)
HOUR = 3600


def pages() -> Iterator[str]:
    """The paths of the public pages, those of open towns among them."""
    for name in PAGES:
        yield reverse(name)
    for town in open_cities().order_by("slug"):
        for name in TOWN_PAGES:
            yield reverse(name, args=[town.slug])
        if town.charter_text:
            yield reverse("town:charter", args=[town.slug])


def _parts() -> Iterator[str]:
    """The beginnings of paths to what those pages consist of."""
    yield settings.STATIC_URL
    for town in open_cities().order_by("slug"):
        yield reverse("city_css", args=[town.slug])
        yield f"{reverse('home', args=[town.slug])}image/"


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots(request: HttpRequest) -> HttpResponse:
    """Nothing but these, each alone and not what lies below it (RFC 9309: the longest rule that fits counts)."""
    lines = [
        "User-agent: *",
        "Disallow: /",
        *(f"Allow: {path}$" for path in pages()),
        *(f"Allow: {path}" for path in _parts()),
        f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap(request: HttpRequest) -> HttpResponse:
    """The same pages, as sitemaps.org has it."""
    addresses = [settings.SITE_URL + path for path in pages()]
    return render(request, "sitemap.xml", {"addresses": addresses}, content_type="application/xml")


@require_safe
@cache_control(public=True, max_age=24 * HOUR)
def favicon(request: HttpRequest) -> HttpResponse:
    """For those that look here and read no page: feeds, PDF viewers."""
    return redirect(static("img/icon-192.png"))
