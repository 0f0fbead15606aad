"""Entering what somebody says on the phone; included under the town's slug."""

from django.urls import path

from callers import views

app_name = "callers"
urlpatterns = [
    path("appel/", views.enter, name="enter"),
    path("appel/connu/", views.known, name="known"),
]
