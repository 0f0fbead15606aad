"""Addresses of offers, included under the town's `propositions/`."""

from django.urls import path

from offers import views

app_name = "offers"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("nouvelle/", views.step, {"step": "kind"}, name="new"),
    path("nouvelle/verifier/", views.check, name="check"),
    path("nouvelle/effacer/", views.start_again, name="start_again"),
    path("nouvelle/<slug:step>/", views.step, name="step"),
    path("saisir/", views.enter, name="enter"),
    path("ville/", views.town, name="town"),
    path("<slug:reference>/", views.detail, name="detail"),
    path("<slug:reference>/envoyee/", views.sent, name="sent"),
    path("<slug:reference>/confirmer/", views.proven, name="proven"),
    path("<slug:reference>/modifier/", views.edit, name="edit"),
    path("<slug:reference>/pause/", views.pause, name="pause"),
    path("<slug:reference>/reprendre/", views.resume, name="resume"),
    path("<slug:reference>/toujours-possible/", views.reconfirm, name="reconfirm"),
    path("<slug:reference>/retirer/", views.withdraw, name="withdraw"),
    path("<slug:reference>/contact/", views.contact, name="contact"),
    path("<slug:reference>/visite/", views.vet, name="vet"),
    path("<slug:reference>/appel/", views.called, name="called"),
]
