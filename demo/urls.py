"""Addresses of the demonstration. config/urls.py includes them in demo mode alone."""

from django.urls import path

from demo import views

app_name = "demo"
urlpatterns = [
    path("", views.enter, name="enter"),
    path("entrer/", views.sign_in, name="sign_in"),
    path("boite/", views.mailbox, name="mailbox"),
]
