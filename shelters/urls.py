"""Places for many, included under the town's slug."""

from django.urls import path

from shelters import views

app_name = "shelters"
urlpatterns = [
    path("lieux/", views.shelters, name="list"),
    path("lieux/nouveau/", views.new, name="new"),
    path("lieux/<int:pk>/", views.shelter, name="shelter"),
    path("lieux/<int:pk>/modifier/", views.edit, name="edit"),
    path("lieux/<int:pk>/fermer/", views.close, name="close"),
    path("lieux/<int:pk>/vu/", views.see, name="see"),
    path("lieux/<int:pk>/places/", views.add_nights, name="add_nights"),
    path("lieux/<int:pk>/benevoles/", views.add_shifts, name="add_shifts"),
    path("lieux/places/<int:pk>/", views.nights, name="nights"),
    path("lieux/de/<str:reference>/", views.of_offer, name="of_offer"),
    path("lieux/places/<int:pk>/reprendre/", views.resume, name="resume"),
    path("lieux/places/<int:pk>/fermer/", views.close_some, name="close_some"),
    path("lieux/places/<int:pk>/retirer/", views.take_back, name="take_back"),
]
