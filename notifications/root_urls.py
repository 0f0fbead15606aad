"""One's own choices, and the addresses of channels that stand below no town's: short ones, and what providers call."""

from django.urls import include, path

from notifications import channel_folders, views

urlpatterns = [
    path("compte/messages/", views.choose_signed_in, name="my_messages"),
    path("", include("notifications.inbox.root_urls")),
    *[
        path("", include(channel_folders.part(name, "root_urls")))
        for name in channel_folders.names()
        if channel_folders.has(name, "root_urls")
    ],
]
