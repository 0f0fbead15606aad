"""One's own data, and what a town decides about those of others."""

from django.urls import path

from privacy import erase_views, hold_views

app_name = "privacy"
urlpatterns = [
    path("compte/effacer/", erase_views.erase, name="erase"),
    path("compte/effacer/reprendre/", erase_views.take_back, name="take_back"),
    path("compte/garder/<str:token>/", erase_views.keep, name="keep"),
    path("<slug:city_slug>/appels/<int:pk>/effacer/", erase_views.erase_caller, name="erase_caller"),
    path("<slug:city_slug>/ma-ville/conservations/", hold_views.holds, name="holds"),
    path(
        "<slug:city_slug>/ma-ville/conservations/<int:pk>/<slug:what>/", hold_views.decide, name="decide_hold"
    ),
]
