from django.urls import path

from town.views import colleagues, doubles, linked, opening, record, settings, team

app_name = "town"
urlpatterns = [
    path("ma-ville/", settings.home, name="home"),
    path("ma-ville/reglages/<slug:slug>/", settings.group, name="settings"),
    path("ma-ville/fermer/", opening.close, name="close"),
    path("ma-ville/equipe/", team.team, name="team"),
    path("ma-ville/equipe/inviter/", team.invite, name="invite"),
    path("ma-ville/equipe/invitations/<int:pk>/reprendre/", team.take_back, name="take_back"),
    path("ma-ville/equipe/quitter/", team.leave, name="leave"),
    path("ma-ville/equipe/<int:pk>/", team.member, name="member"),
    path("ma-ville/equipe/<int:pk>/double-verification/", team.reset_factor, name="reset_factor"),
    path("ma-ville/villes/", linked.linked, name="linked"),
    path("ma-ville/villes/demandes/<int:pk>/", linked.answer, name="answer_link"),
    path("ma-ville/villes/<int:pk>/rompre/", linked.end, name="end_link"),
    path("ma-ville/registre/", record.page, name="record"),
    path("ma-ville/doublons/", doubles.doubles, name="doubles"),
    path("ma-ville/doublons/<int:first>/<int:second>/", doubles.decide, name="decide_double"),
    path("ma-ville/doublons/<int:pk>/defaire/", doubles.undo, name="undo_double"),
    path(
        "ma-ville/doublons/propositions/<int:first>/<int:second>/",
        doubles.decide_offers,
        name="decide_offer_double",
    ),
    path("ma-ville/doublons/propositions/<int:pk>/defaire/", doubles.undo_offers, name="undo_offer_double"),
    path("associations/<int:pk>/equipe/", colleagues.team, name="association"),
    path("associations/<int:pk>/equipe/inviter/", colleagues.invite, name="invite_colleague"),
    path("associations/<int:pk>/equipe/quitter/", colleagues.leave, name="leave_association"),
    path("associations/<int:pk>/equipe/<int:person_pk>/", colleagues.member, name="colleague"),
    path(
        "associations/equipe/invitations/<int:pk>/reprendre/",
        colleagues.take_back,
        name="take_back_colleague",
    ),
    path("invitation/<str:token>/", team.invitation, name="invitation"),
    path("charte/", settings.charter, name="charter"),
]
