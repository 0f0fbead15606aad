"""What a town shows to everybody, and where its administration writes it; included under the town's address."""

from django.urls import path

from front import town_views, views

app_name = "front"
urlpatterns = [
    path("image/<str:digest>.<str:form>", views.picture, name="picture"),
    path("aide/", views.help_page, name="help"),
    path("langue/<str:language>/", views.welcome, name="welcome"),
    path("besoins-du-moment.json", views.needs_feed, name="feed"),
    path("besoins-du-moment/oembed.json", views.oembed, name="oembed"),
    path("besoins-du-moment/<str:language>/", views.frame, name="frame"),
    path("ma-ville/accueil/", town_views.overview, name="overview"),
    path("ma-ville/accueil/textes/<str:language>/", town_views.words, name="words"),
    path("ma-ville/accueil/image/", town_views.picture, name="edit_picture"),
    path("ma-ville/accueil/apercu/", town_views.preview, name="preview"),
    path("ma-ville/affiches/", town_views.posters, name="posters"),
    path("ma-ville/affiches/<str:language>.pdf", town_views.poster, name="poster"),
    path("ma-ville/sur-votre-site/", town_views.embed, name="embed"),
]
