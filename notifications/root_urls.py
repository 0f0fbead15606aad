"""The addresses of the channels that stand below no town's: short ones, and those that providers call."""

from django.urls import include, path

from notifications import channel_folders

urlpatterns = [
    path("", include(channel_folders.part(name, "root_urls")))
    for name in channel_folders.names()
    if channel_folders.has(name, "root_urls")
]
