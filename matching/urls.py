from django.urls import path

from matching import views, weight_views

app_name = "matching"

urlpatterns = [
    path("bureau/", views.queue, name="queue"),
    path("bureau/pistes/<int:pk>/contact/", views.contact, name="contact"),
    path("bureau/pistes/<int:pk>/<str:act>/", views.act, name="act"),
    path("bureau/notation/", weight_views.weights, name="weights"),
    path("bureau/<str:reference>/", views.case, name="case"),
    path("reponse/<str:token>/", views.answer, name="answer"),
    path("demandes/", views.mine, name="mine"),
    path("demandes/<int:pk>/", views.mine_one, name="mine_one"),
]
