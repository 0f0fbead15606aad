"""One's own data, and the copy that a desk hands over."""

from django.urls import path

from privacy import copy_views

app_name = "my_data"
urlpatterns = [
    path("compte/mes-donnees/", copy_views.mine, name="mine"),
    path("compte/mes-donnees/lectures/", copy_views.who_read, name="readings"),
    path("<slug:city_slug>/appel/donnees/", copy_views.of_caller, name="of_caller"),
]
