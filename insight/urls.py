"""Search and figures; included under the town's slug."""

from django.urls import path

from insight import views

app_name = "insight"
urlpatterns = [
    path("chercher/", views.search, name="search"),
]
