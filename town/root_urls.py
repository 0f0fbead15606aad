"""Where an installation without towns opens its first."""

from django.urls import path

from town.views import opening

app_name = "first_town"
urlpatterns = [path("premiere-ville/<str:token>/", opening.first, name="open")]
