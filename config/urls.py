"""Addresses. A town's pages stand under its name; words in addresses are French, as on the pages."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from config import algorithm_views, api, discovery, views
from front import views as front
from privacy import papers_views

handler400 = views.bad_request
handler500 = views.fault

urlpatterns = [
    path("", views.cities, name="cities"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics_page, name="metrics"),
    path("robots.txt", discovery.robots, name="robots"),
    path("sitemap.xml", discovery.sitemap, name="sitemap"),
    path("favicon.ico", discovery.favicon, name="favicon"),
    path("etat/", views.status, name="status"),
    path("site.webmanifest", views.manifest, name="manifest"),
    path("langue/", include("django.conf.urls.i18n")),
    path("mentions-legales/", views.legal, name="legal"),
    path("accessibilite/", views.accessibility, name="accessibility"),
    path("vos-donnees/", papers_views.public, name="privacy"),
    path("securite/", papers_views.security, name="security"),
    path(".well-known/security.txt", papers_views.security_txt, name="security_txt"),
    path("communes/", include("cities.urls")),
    path("objets/", include("catalogue.urls")),
    path("", include("accounts.urls")),
    path("", include("privacy.urls")),
    path("", include("privacy.copy_urls")),
    path("", include("notifications.root_urls")),
    path("", include("agenda.root_urls")),
    path("", include("town.root_urls")),
    path("api/", api.readable, name="api"),
    path("api/schema/", api.SchemaEndpoint.as_view(), name="schema"),
    path("api/v1/", include(api.urls)),
    # Without a slash at its end an address of the API is none, rather than a redirection that loses the body.
    re_path(r"^api/(?!schema$).+$", api.NothingHere.as_view()),
]
if settings.ADMIN_PATH:
    urlpatterns.append(path(f"{settings.ADMIN_PATH}/", admin.site.urls))
if settings.DEMO:
    urlpatterns.append(path("demo/", include("demo.urls")))
urlpatterns += [
    path("<slug:city_slug>/", front.home, name="home"),
    path("<slug:city_slug>/couleurs.css", views.city_css, name="city_css"),
    path("<slug:city_slug>/algorithme/", algorithm_views.page, name="algorithm"),
    path("<slug:city_slug>/algorithme.json", algorithm_views.as_json, name="algorithm_json"),
    path("<slug:city_slug>/propositions/", include("offers.urls")),
    path("<slug:city_slug>/", include("callers.urls")),
    path("<slug:city_slug>/", include("oncall.urls")),
    path("<slug:city_slug>/", include("webhooks.urls")),
    path("<slug:city_slug>/", include("homes.urls")),
    path("<slug:city_slug>/", include("matching.urls")),
    path("<slug:city_slug>/", include("stays.urls")),
    path("<slug:city_slug>/", include("shelters.urls")),
    path("<slug:city_slug>/", include("between.urls")),
    path("<slug:city_slug>/besoins/", include("needs.urls")),
    path("<slug:city_slug>/", include("followups.urls")),
    path("<slug:city_slug>/", include("front.urls")),
    path("<slug:city_slug>/", include("town.urls")),
    path("<slug:city_slug>/", include("privacy.papers_urls")),
    path("<slug:city_slug>/lettre/", include("outreach.urls")),
    path("<slug:city_slug>/", include("lists.urls")),
    path("<slug:city_slug>/", include("whatif.urls")),
    path("<slug:city_slug>/", include("statements.urls")),
    path("<slug:city_slug>/", include("directory.urls")),
    path("<slug:city_slug>/", include("voice.urls")),
    # After all others below `bureau/`: a case stands there under its reference.
    path("<slug:city_slug>/", include("desk.urls")),
    path("<slug:city_slug>/", include("insight.urls")),
    path("<slug:city_slug>/", include("notifications.urls")),
]
