from django.urls import path

from statements import desk_views, own_views, question_views

app_name = "statements"
urlpatterns = [
    path("j-ai-besoin/", question_views.start, name="start"),
    path("j-ai-besoin/ce-soir/", question_views.tonight, name="tonight"),
    path("j-ai-besoin/numero/", desk_views.number, name="number"),
    path("j-ai-besoin/confies/", desk_views.asked, name="asked"),
    path("j-ai-besoin/ecouter/<slug:question>/<slug:language>/", question_views.listen, name="listen"),
    path("j-ai-besoin/suivi/<str:token>/", own_views.own, name="own"),
    path("j-ai-besoin/<str:key>/verifier/", question_views.check, name="check"),
    path("j-ai-besoin/<str:key>/<slug:name>/", question_views.question, name="question"),
    path("bureau/besoins-a-confier/", desk_views.entrust, name="entrust"),
    path("bureau/voix/", desk_views.recordings, name="recordings"),
]
