"""Calls to make, included at the root."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("<slug:city_slug>/appels/", views.calls, name="calls"),
    path("<slug:city_slug>/appels/<int:message_id>/", views.call, name="call"),
    path("<slug:city_slug>/appels/<int:message_id>/fait/", views.called, name="called"),
    path("<slug:city_slug>/appels/<int:message_id>/renvoyer/", views.send_again, name="send_again"),
]
