from django.urls import path

from catalogue import views

app_name = "catalogue"
urlpatterns = [
    path("", views.guesses, name="guesses"),
    path("tailles/", views.sizes, name="sizes"),
]
