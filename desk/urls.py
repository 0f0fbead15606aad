from django.urls import path

from desk import act_views, views

app_name = "desk"

urlpatterns = [
    path("bureau/", views.queue, name="queue"),
    path("bureau/pistes/<int:pk>/contact/", act_views.contact, name="contact"),
    path("bureau/pistes/<int:pk>/<str:act>/", act_views.act, name="act"),
    path("bureau/<str:reference>/", views.case, name="case"),
    path(
        "bureau/<str:reference>/meme-foyer/<str:other>/",
        act_views.same_household,
        name="same_household",
    ),
    path("bureau/<str:reference>/prendre/", act_views.take, name="take"),
    path("bureau/<str:reference>/rendre/", act_views.give_back, name="give_back"),
]
