"""Lists, included under the town's address."""

from django.urls import path

from lists import views

app_name = "lists"
urlpatterns = [
    path("bureau/listes/", views.lists, name="lists"),
    path("bureau/listes/sortir/", views.give_out, name="give_out"),
    path("bureau/listes/<int:pk>/", views.one, name="one"),
    path("bureau/listes/<int:pk>/colonnes/", views.columns, name="columns"),
    path("bureau/listes/<int:pk>/mots/", views.words, name="words"),
    path("bureau/listes/<int:pk>/importer/", views.start, name="start"),
    path("bureau/listes/<int:pk>/a-corriger/<str:form>/", views.to_mend, name="to_mend"),
    path("bureau/listes/<int:pk>/lignes/<int:line>/", views.settle, name="settle"),
    path("bureau/listes/<int:pk>/annuler/", views.undo, name="undo"),
    path("bureau/listes/<int:pk>/effacer/", views.forget, name="forget"),
]
