"""What people choose, and the pages of the channels, each under the channel's name; included under the town's slug."""

from django.urls import include, path

from notifications import channel_folders, views

app_name = "notifications"
urlpatterns = [
    path("", include("notifications.inbox.urls")),
    *[
        path("", include((channel_folders.part(name, "urls"), name)))
        for name in channel_folders.names()
        if channel_folders.has(name, "urls")
    ],
    path("rappel/<str:token>/", views.call_me, name="call_me"),
    path("textes/", include("notifications.rewording.urls")),
    # Last: a token is any word.
    path("messages/<str:token>/", views.choose, name="choose"),
    path("messages/<str:token>/<slug:sort>/", views.refuse, name="refuse"),
]
