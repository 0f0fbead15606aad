"""The devices of whoever is signed in, and the script that a browser keeps to show what arrives."""

from django.urls import path

from notifications.channels.push import views

app_name = "push"
urlpatterns = [
    # Where it stands is what it may act for: this page, and no other.
    path("compte/messages/push.js", views.worker, name="worker"),
    path("compte/messages/appareils/", views.add, name="add"),
    path("compte/messages/appareils/<int:device_id>/retirer/", views.remove, name="remove"),
]
