"""Visits of homes and dwellings on their way; included under a town's slug."""

from django.urls import path

from homes import dwelling_views, host_views, views

app_name = "homes"
urlpatterns = [
    path("bureau/visites/", views.visits, name="visits"),
    path("bureau/visites/questions/", views.questions, name="questions"),
    path("bureau/visites/<int:pk>/", views.visit, name="visit"),
    path("bureau/visites/<int:pk>/<slug:what>/", views.act, name="act"),
    path("propositions/<slug:reference>/visites/", host_views.offer, name="offer"),
    path("propositions/<slug:reference>/visites/commencer/", views.begin, name="begin"),
    path("visite/<str:token>/", host_views.host, name="host"),
    path("bureau/logements-vides/", dwelling_views.dwellings, name="dwellings"),
    path("bureau/logements-vides/nouveau/", dwelling_views.new, name="new_dwelling"),
    path("bureau/logements-vides/<int:pk>/", dwelling_views.dwelling, name="dwelling"),
    path("bureau/logements-vides/<int:pk>/contact/", dwelling_views.contact, name="dwelling_contact"),
    path("bureau/logements-vides/<int:pk>/etape/", dwelling_views.step, name="step"),
    path("bureau/logements-vides/<int:pk>/depense/", dwelling_views.cost, name="cost"),
]
