"""One's own messages."""

from django.urls import path

from notifications.channels.inapp import views

urlpatterns = [
    path("messages/", views.own, name="list"),
    path("messages/<int:message_id>/", views.one, name="one"),
]
