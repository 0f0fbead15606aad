"""What people say is missing, and the rules that a town submits; included under its address."""

from django.urls import path

from voice import desk_views, town_views, views

app_name = "voice"
urlpatterns = [
    path("ce-qui-manque/", views.say, name="say"),
    path("regles/", views.rules, name="rules"),
    path("regles/<int:pk>/", views.proposal, name="proposal"),
    path("regles/avis/<str:number>/", views.opinion, name="opinion"),
    path("bureau/ce-qui-manque/", desk_views.sort, name="sort"),
    path("bureau/ce-qui-manque/<int:pk>/", desk_views.group, name="group"),
    path("bureau/regles/", town_views.proposals, name="proposals"),
    path("bureau/regles/nouveau/", town_views.new, name="proposal_new"),
    path("bureau/regles/<int:pk>/", town_views.steer, name="steer"),
]
