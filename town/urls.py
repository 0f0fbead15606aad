from django.urls import path

from town.views import settings

app_name = "town"
urlpatterns = [
    path("ma-ville/", settings.home, name="home"),
    path("ma-ville/reglages/<slug:slug>/", settings.group, name="settings"),
    path("charte/", settings.charter, name="charter"),
]
