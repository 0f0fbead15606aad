"""The directory of a town; included under its address."""

from django.urls import path

from directory import act_views, own_views, views

app_name = "directory"
urlpatterns = [
    path("annuaire/", views.public, name="public"),
    path("annuaire/<int:pk>/", views.detail, name="detail"),
    path("annuaire/structures.json", views.structures_feed, name="structures"),
    path("annuaire/services.json", views.services_feed, name="services"),
    path("annuaire/orienter/<str:reference>/", act_views.refer, name="refer"),
    path("annuaire/reponse/<str:token>/", act_views.answer, name="answer"),
    path("annuaire/qui-repond/", own_views.who, name="who"),
    path("annuaire/qui-repond/nouveau/", own_views.who_new, name="who_new"),
    path("annuaire/qui-repond/<int:pk>/", own_views.who_edit, name="who_edit"),
    path("annuaire/gerer/", own_views.kept, name="kept"),
    path("annuaire/gerer/nouveau/", own_views.new, name="new"),
    path("annuaire/gerer/<int:pk>/", own_views.edit, name="edit"),
]
