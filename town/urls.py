from django.urls import path

from town.views import doubles, linked, record, settings, team

app_name = "town"
urlpatterns = [
    path("ma-ville/", settings.home, name="home"),
    path("ma-ville/reglages/<slug:slug>/", settings.group, name="settings"),
    path("ma-ville/equipe/", team.team, name="team"),
    path("ma-ville/equipe/inviter/", team.invite, name="invite"),
    path("ma-ville/equipe/invitations/<int:pk>/reprendre/", team.take_back, name="take_back"),
    path("ma-ville/equipe/quitter/", team.leave, name="leave"),
    path("ma-ville/equipe/<int:pk>/", team.member, name="member"),
    path("ma-ville/villes/", linked.linked, name="linked"),
    path("ma-ville/villes/demandes/<int:pk>/", linked.answer, name="answer_link"),
    path("ma-ville/villes/<int:pk>/rompre/", linked.end, name="end_link"),
    path("ma-ville/registre/", record.page, name="record"),
    path("ma-ville/doublons/", doubles.doubles, name="doubles"),
    path("ma-ville/doublons/<int:first>/<int:second>/", doubles.decide, name="decide_double"),
    path("ma-ville/doublons/<int:pk>/defaire/", doubles.undo, name="undo_double"),
    path("invitation/<str:token>/", team.invitation, name="invitation"),
    path("charte/", settings.charter, name="charter"),
]
