"""Places between towns, included under the town's slug."""

from django.urls import path

from between import views

app_name = "between"
urlpatterns = [
    path("entre-villes/", views.overview, name="overview"),
    path("entre-villes/foyers/nouveau/", views.publish_household, name="publish_household"),
    path("entre-villes/foyers/<int:pk>/retirer/", views.close_household, name="close_household"),
    path("entre-villes/foyers/<int:pk>/places/<int:places_pk>/", views.ask, name="ask"),
    path("entre-villes/places/nouvelles/", views.publish_places, name="publish_places"),
    path("entre-villes/places/<int:pk>/retirer/", views.close_places, name="close_places"),
    path("entre-villes/reponses/<int:pk>/", views.answer, name="answer"),
]
