from django.urls import path

from needs import views

app_name = "needs"

urlpatterns = [
    path("", views.public, name="public"),
    path("poster/", views.new, name="new"),
    path("poster/plusieurs/", views.several, name="several"),
    path("mes-besoins/", views.mine, name="mine"),
    path("<str:reference>/", views.detail, name="detail"),
]
