from django.urls import path

from desk import act_views, filter_views, live_views, note_views, part_views, views

app_name = "desk"

urlpatterns = [
    path("bureau/", views.queue, name="queue"),
    path("bureau/pistes/<int:pk>/appeler/<str:side>/", act_views.call, name="call"),
    path("bureau/pistes/<int:pk>/contact/", act_views.contact, name="contact"),
    path("bureau/pistes/<int:pk>/<str:act>/", act_views.act, name="act"),
    path("bureau/direct/", live_views.queue, name="queue_live"),
    path("bureau/filtres/", filter_views.filters, name="filters"),
    path("bureau/vues/<int:pk>/effacer/", filter_views.forget_view, name="forget_view"),
    path("bureau/rappels/<int:pk>/fait/", note_views.lift, name="lift_flag"),
    path("bureau/<str:reference>/", views.case, name="case"),
    path(
        "bureau/<str:reference>/meme-foyer/<str:other>/",
        act_views.same_household,
        name="same_household",
    ),
    path("bureau/<str:reference>/prendre/", act_views.take, name="take"),
    path("bureau/<str:reference>/notes/", note_views.note, name="note"),
    path("bureau/<str:reference>/rappels/", note_views.flag, name="flag"),
    path("bureau/<str:reference>/fil/", part_views.thread, name="thread"),
    path("bureau/<str:reference>/messages/", part_views.said, name="said"),
    path("bureau/<str:reference>/tour-a-tour/", part_views.in_turn, name="in_turn"),
    path("bureau/<str:reference>/equipe/", part_views.colleagues, name="colleagues"),
    path("bureau/<str:reference>/comparer/", part_views.compare, name="compare"),
    path("bureau/<str:reference>/direct/", live_views.case, name="live"),
    path("bureau/<str:reference>/confier/", act_views.hand_over, name="hand_over"),
    path("bureau/<str:reference>/rendre/", act_views.give_back, name="give_back"),
]
