"""Addresses of offers, included under the town's `propositions/`."""

from django.urls import path

from offers import desk_views, device_views, own_views, picture_views, question_views, receipt_views

app_name = "offers"
urlpatterns = [
    path("", own_views.mine, name="mine"),
    path("nouvelle/", question_views.step, {"step": "kind"}, name="new"),
    path("nouvelle/verifier/", question_views.check, name="check"),
    path("nouvelle/autre-appareil/", device_views.device, name="device"),
    path("nouvelle/suite/<str:token>/", device_views.go_on, name="go_on"),
    path("nouvelle/<slug:step>/", question_views.step, name="step"),
    path("saisir/", desk_views.enter, name="enter"),
    path("ville/", desk_views.town, name="town"),
    path("<slug:reference>/", own_views.detail, name="detail"),
    path("<slug:reference>/envoyee/", receipt_views.sent, name="sent"),
    path("<slug:reference>/photo/", picture_views.picture, name="picture"),
    path("<slug:reference>/confirmer/", receipt_views.proven, name="proven"),
    path("<slug:reference>/pause/", own_views.pause, name="pause"),
    path("<slug:reference>/pause/jusqu-au/", own_views.pause_until, name="pause_until"),
    path("<slug:reference>/proposer-de-nouveau/", own_views.revive, name="revive"),
    path("<slug:reference>/reprendre/", own_views.resume, name="resume"),
    path("<slug:reference>/toujours-possible/", own_views.reconfirm, name="reconfirm"),
    path("<slug:reference>/contact/", desk_views.contact, name="contact"),
    path("<slug:reference>/appel/", desk_views.called, name="called"),
]
