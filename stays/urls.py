"""What a placement is once people have met, included under the town's slug."""

from django.urls import path

from stays import desk_views, views

app_name = "stays"
urlpatterns = [
    path("accueils/", desk_views.tonight, name="tonight"),
    path("accueils/libres/", desk_views.free_beds, name="free_beds"),
    path("accueils/<int:pk>/", views.one, name="one"),
    path("accueils/<int:pk>/convention.pdf", desk_views.agreement, name="agreement"),
    path("accueils/<int:pk>/parrainage/", views.sponsorship, name="sponsorship"),
    path("accueils/<int:pk>/<str:act>/", views.act, name="act"),
    path("besoins/<str:reference>/accueils/", views.of_need, name="of_need"),
    path("propositions/<str:reference>/calendrier/", views.calendar, name="calendar"),
]
