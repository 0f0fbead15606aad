"""A town's letter; included under its slug, at "lettre/"."""

from django.urls import include, path

from outreach import views

app_name = "outreach"
urlpatterns = [
    path("", views.ask, name="ask"),
    path("confirmer/<str:token>/", views.confirm, name="confirm"),
    path("quitter/<str:token>/", views.leave, name="leave"),
    path("appels/", include("outreach.appeals.urls")),
    path("equipe/", views.issues, name="issues"),
    path("equipe/<int:pk>/", views.issue, name="issue"),
    path("equipe/<int:pk>/envoyer/", views.send, name="send"),
]
