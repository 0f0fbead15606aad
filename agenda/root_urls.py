"""One's own agenda: of no town, and so of all."""

from django.urls import path

from agenda import views

app_name = "agenda"
urlpatterns = [
    path("compte/agenda/", views.page, name="page"),
    path("agenda/<str:token>.ics", views.feed, name="feed"),
]
