"""Search and figures; included under the town's slug."""

from django.urls import path

from insight import figure_views, views

app_name = "insight"
urlpatterns = [
    path("chercher/", views.search, name="search"),
    path("chiffres/", figure_views.public, name="public"),
    path("chiffres/equipe/", figure_views.team, name="team"),
    path("chiffres/equipe/aujourd-hui/", figure_views.today, name="today"),
    path("chiffres/equipe/exporter/", figure_views.export, name="export"),
    path("chiffres/equipe/indicateurs/", figure_views.indicators, name="indicators"),
    path("chiffres/equipe/indicateurs/<int:pk>/retirer/", figure_views.remove, name="remove_indicator"),
]
