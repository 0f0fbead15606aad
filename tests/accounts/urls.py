"""The addresses that the frame of a page links to, and those of this app."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def page(request: HttpRequest, **kwargs: object) -> HttpResponse:
    return HttpResponse("")


def named(name: str, city: str = "<slug:city_slug>/") -> object:
    return path(f"{city}{name}/", page, name=name)


urlpatterns = [
    path("", page, name="cities"),
    path("i18n/", include("django.conf.urls.i18n")),
    *(named(name, "") for name in ("accessibility", "legal", "privacy")),
    path("", include("accounts.urls")),
    path("<slug:city_slug>/", page, name="home"),
    *(named(name) for name in ("algorithm", "city_css")),
    path("<slug:city_slug>/offers/", include(([path("", page, name="mine")], "offers"))),
    path("<slug:city_slug>/needs/", include(([path("", page, name="mine")], "needs"))),
    path("<slug:city_slug>/matching/", include(([path("", page, name="queue")], "matching"))),
]
