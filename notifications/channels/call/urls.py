"""The list of calls."""

from django.urls import path

from notifications.channels.call import views

urlpatterns = [
    path("appels/", views.calls, name="list"),
    path("appels/non-remis/", views.undelivered, name="undelivered"),
    path("appels/non-remis/renvoyer/", views.send_all_again, name="send_all_again"),
    path("appels/<int:message_id>/", views.call, name="one"),
    path("appels/<int:message_id>/prendre/", views.take, name="take"),
    path("appels/<int:message_id>/reponse/", views.answer, name="answer"),
    path("appels/<int:message_id>/cest-bien-elle/", views.recognise, name="recognise"),
    path("appels/<int:message_id>/issue/", views.outcome, name="outcome"),
    path("appels/<int:message_id>/renvoyer/", views.send_again, name="send_again"),
]
