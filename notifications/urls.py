"""The pages of the channels, each under the channel's name, included under the town's slug."""

from django.urls import include, path

from notifications import channels

app_name = "notifications"
urlpatterns = [
    path("", include((channels.part(name, "urls"), name)))
    for name in channels.names()
    if channels.has(name, "urls")
]
