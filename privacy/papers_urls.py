"""A town's papers."""

from django.urls import path

from privacy import papers_views

app_name = "papers"
urlpatterns = [
    path("ma-ville/papiers/", papers_views.town_papers, name="town"),
    path("ma-ville/demandes-officielles/", papers_views.official_requests, name="official"),
]
