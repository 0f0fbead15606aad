"""The pages of the channels, each under the channel's name, included under the town's slug."""

from django.urls import include, path

from notifications import channel_folders

app_name = "notifications"
urlpatterns = [
    path("", include((channel_folders.part(name, "urls"), name)))
    for name in channel_folders.names()
    if channel_folders.has(name, "urls")
]
