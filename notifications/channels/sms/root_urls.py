"""Short, for they stand in SMS; and what gateways call."""

from django.urls import path

from notifications.channels.sms import views

app_name = "sms"
urlpatterns = [
    path("s/<str:token>/", views.link, name="link"),
    path("sms/accuses/<str:secret>/", views.receipts, name="receipts"),
    path("sms/reponses/<str:secret>/", views.replies, name="replies"),
]
