"""What if, included under the town's address."""

from django.urls import path

from whatif import views

app_name = "whatif"
urlpatterns = [
    path("bureau/et-si/", views.index, name="index"),
    path("bureau/et-si/prevu/", views.foreseen_page, name="foreseen"),
    path("bureau/et-si/<int:pk>/", views.one, name="one"),
    path("bureau/et-si/<int:pk>/dessin.svg", views.drawing, name="drawing"),
    path("bureau/et-si/<int:pk>/arreter/", views.stop, name="stop"),
]
