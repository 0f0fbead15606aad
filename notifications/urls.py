"""Calls to make, included under the town's slug."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("appels/", views.calls, name="calls"),
    path("appels/<int:message_id>/", views.call, name="call"),
    path("appels/<int:message_id>/fait/", views.called, name="called"),
    path("appels/<int:message_id>/renvoyer/", views.send_again, name="send_again"),
]
