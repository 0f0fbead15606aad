from django.urls import path

from oncall import views

app_name = "oncall"
urlpatterns = [
    path("bureau/astreintes/", views.rota, name="rota"),
    path("bureau/astreintes/prendre/", views.cover, name="cover"),
    path("bureau/astreintes/<int:pk>/<str:what>/", views.act, name="act"),
]
