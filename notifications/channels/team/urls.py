"""The place where the team talks."""

from django.urls import path

from notifications.channels.team import views

urlpatterns = [
    path("equipe/canal/", views.room, name="room"),
    path("equipe/canal/essayer/", views.trial, name="trial"),
    path("equipe/canal/retirer/", views.leave, name="leave"),
]
