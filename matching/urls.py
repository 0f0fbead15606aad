from django.urls import path

from matching import (
    answering_views,
    calendar_views,
    change_views,
    linked_town_views,
    own_views,
    reconfirming_views,
    withdrawal_views,
)
from matching.conditions import condition_views
from matching.explanations import explanation_views
from matching.plans import plan_views
from matching.relays import relay_views
from matching.scanning.rescans import rescan_views
from matching.sorting import sorting_views
from matching.weighting import weight_views
from matching.why_not import why_not_views

app_name = "matching"

urlpatterns = [
    path("bureau/pistes/<int:pk>/accord/", linked_town_views.ask, name="ask_linked_town"),
    path("bureau/notation/", weight_views.weights, name="weights"),
    path("bureau/objets/", sorting_views.page, name="sorting"),
    path("bureau/objets/<str:kind>/<str:reference>/", sorting_views.sort, name="sort"),
    path("bureau/recalculs/", rescan_views.rescan_page, name="rescans"),
    path("bureau/villes-liees/", linked_town_views.page, name="linked_towns"),
    path("bureau/villes-liees/<int:pk>/", linked_town_views.answer, name="answer_linked_town"),
    path("bureau/plan/", plan_views.index, name="plans"),
    path("bureau/plan/<int:pk>/", plan_views.page, name="plan"),
    path("bureau/<str:reference>/relais/", relay_views.propose, name="propose_relay"),
    path("bureau/<str:reference>/pourquoi-pas/", why_not_views.of_need, name="why_not"),
    path("propositions/<str:reference>/pourquoi-pas/", why_not_views.of_offer, name="why_not_of_offer"),
    path("propositions/<str:reference>/modifier/", change_views.offer, name="edit_offer"),
    path("besoins/<str:reference>/modifier/", change_views.need, name="edit_need"),
    path("propositions/<str:reference>/retirer/", withdrawal_views.offer, name="withdraw_offer"),
    path("propositions/<str:reference>/pour-un-besoin/", answering_views.sent, name="offer_for_need"),
    path("besoins/<str:reference>/ce-soir/", change_views.tonight, name="need_tonight"),
    path("besoins/<str:reference>/retirer/", withdrawal_views.need, name="withdraw_need"),
    path("bureau/<str:reference>/conditions/", condition_views.gains, name="condition_gains"),
    path(
        "bureau/<str:reference>/conditions/<int:offer_id>/<str:rule>/",
        condition_views.ask,
        name="ask_condition",
    ),
    path("condition/<str:token>/", condition_views.answer, name="condition"),
    path("demandes/conditions/<int:pk>/", condition_views.mine, name="my_condition"),
    path("toujours-possible/<str:token>/", reconfirming_views.still_there, name="still_there"),
    path("reponse/<str:token>/", own_views.answer, name="answer"),
    path("reponse/<str:token>/agenda.ics", calendar_views.linked, name="linked_calendar"),
    path("reponse/<str:token>/explication/", explanation_views.linked_page, name="linked_explanation"),
    path("reponse/<str:token>/explication.pdf", explanation_views.linked_pdf, name="linked_explanation_pdf"),
    path("explication/<int:pk>/", explanation_views.page, name="explanation"),
    path("explication/<int:pk>.pdf", explanation_views.pdf, name="explanation_pdf"),
    path("demandes/", own_views.mine, name="mine"),
    path("demandes/<int:pk>/agenda.ics", calendar_views.mine, name="calendar"),
    path("demandes/<int:pk>/", own_views.mine_one, name="mine_one"),
]
