from django.urls import path

from webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("bureau/webhooks/", views.endpoints, name="list"),
    path("bureau/webhooks/<int:pk>/", views.one, name="one"),
    path("bureau/webhooks/<int:pk>/secret/", views.rotate, name="rotate"),
    path("bureau/webhooks/<int:pk>/retirer/", views.remove, name="remove"),
    path("bureau/webhooks/<int:pk>/rejouer/<int:delivery>/", views.replay, name="replay"),
    path("bureau/webhooks/<int:pk>/<str:what>/", views.act, name="act"),
]
