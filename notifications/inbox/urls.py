"""What people wrote back; below a town's address."""

from django.urls import path

from notifications.inbox import views

app_name = "inbox"
urlpatterns = [
    path("ecrits/", views.replies, name="list"),
    path("ecrits/<slug:word>/<int:pk>/vu/", views.seen, name="seen"),
]
