"""What a provider calls to say what became of our mails."""

from django.urls import path

from notifications.channels.email import views

app_name = "email"
urlpatterns = [path("courriel/nouvelles/<str:secret>/", views.news, name="news")]
