"""Appeals of a town; included at "lettre/appels/"."""

from django.urls import path

from outreach.appeals import views

app_name = "appeals"
urlpatterns = [
    path("", views.index, name="list"),
    path("nouveau/", views.new, name="new"),
    path("<int:pk>/", views.page, name="page"),
    path("<int:pk>/envoyer/", views.send, name="send"),
    path("<int:pk>/arreter/", views.stop, name="stop"),
    path("ne-plus-demander/<str:token>/", views.refuse, name="refuse"),
]
