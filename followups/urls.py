"""Follow-up answers and reports, included under the town's slug."""

from django.urls import path

from followups.views import incidents, questions

app_name = "followups"
urlpatterns = [
    path("suivi/<str:token>/", questions.answer, name="answer"),
    path("nouvelles/<str:token>/", questions.check_in, name="check_in"),
    path("a-relancer/", questions.to_chase, name="to_chase"),
    path("signaler/<int:match_id>/", incidents.signal, name="signal"),
    path("signaler/lien/<str:token>/", incidents.signal_linked, name="signal_linked"),
    path("signaler/au-sujet-de/<str:reference>/", incidents.about, name="about"),
    path("signalements/", incidents.incidents, name="incidents"),
    path("signalements/nouveau/", incidents.report, name="report"),
    path("signalements/<int:incident_id>/", incidents.incident, name="incident"),
]
