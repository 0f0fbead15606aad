"""Short, for they stand in SMS; what gateways call; and one's own number."""

from django.urls import path

from notifications.channels.sms import own_views, views

app_name = "sms"
urlpatterns = [
    path("s/<str:token>/", views.link, name="link"),
    path("compte/numero/", own_views.my_phone, name="my_phone"),
    path("sms/accuses/<str:secret>/", views.receipts, name="receipts"),
    path("sms/reponses/<str:secret>/", views.replies, name="replies"),
]
