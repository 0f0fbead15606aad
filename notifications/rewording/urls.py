"""The pages on which a town puts messages into its own words; included under the town's slug."""

from django.urls import path

from notifications.rewording import views

urlpatterns = [
    path("", views.wordings, name="wordings"),
    path("<slug:name>/<slug:language>/<slug:form>/", views.wording, name="wording"),
    path("<slug:name>/<slug:language>/<slug:form>/origine/", views.restore, name="restore_wording"),
]
