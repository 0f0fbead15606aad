"""Follow-up answers and reports, included under the town's slug."""

from django.urls import path

from followups import views

app_name = "followups"
urlpatterns = [
    path("suivi/<str:token>/", views.answer, name="answer"),
    path("nouvelles/<str:token>/", views.check_in, name="check_in"),
    path("a-relancer/", views.to_chase, name="to_chase"),
    path("signalements/", views.incidents, name="incidents"),
    path("signalements/nouveau/", views.report, name="report"),
    path("signalements/<int:incident_id>/clore/", views.close, name="close"),
]
