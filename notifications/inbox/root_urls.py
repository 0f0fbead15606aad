"""What a mail server or a provider calls."""

from django.urls import path

from notifications.inbox import webhook_views

app_name = "inbox_door"
urlpatterns = [path("courrier/reponses/<str:secret>/", webhook_views.receive, name="receive")]
