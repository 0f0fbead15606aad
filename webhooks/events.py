"""What other systems can be told of a town: docs/webhooks.md says each with its example.

A happening is a change of which the app has a row already; what it says is of which need, offer or match it is. Its
first word is its subject: what happens to one subject is told in the order in which it happened.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Happening(TextChoices):
    NEED_OPENED = "need.opened", _("Un besoin est ouvert")
    NEED_CHANGED = "need.changed", _("Un besoin a changé")
    NEED_MET = "need.met", _("Un besoin est pourvu")
    NEED_CLOSED = "need.closed", _("Un besoin est retiré, ou sa date est passée")
    OFFER_OPENED = "offer.opened", _("Une proposition est active")
    OFFER_CHANGED = "offer.changed", _("Une proposition a changé")
    OFFER_CLOSED = "offer.closed", _("Une proposition est retirée, ou à reconfirmer")
    MATCH_PROPOSED = "match.proposed", _("Une personne est sollicitée")
    MATCH_ACCEPTED = "match.accepted", _("Une personne a dit oui")
    MATCH_CONFIRMED = "match.confirmed", _("Une mise en relation est confirmée")
    MATCH_BEGUN = "match.begun", _("Une mise en relation a commencé")
    MATCH_CHANGED = "match.changed", _("Une mise en relation change de durée, ou tient toujours")
    MATCH_COMPLETED = "match.completed", _("Une mise en relation est terminée")
    MATCH_ENDED = "match.ended", _("Une mise en relation n’aura pas lieu, ou s’arrête avant la fin")
    VISIT_PLANNED = "visit.planned", _("Une visite est prévue, ou déplacée")
    VISIT_ENDED = "visit.ended", _("Une visite est conclue, ou n’aura pas lieu")
    CONDITION_ASKED = "condition.asked", _("On demande si une condition peut s’assouplir")
    CONDITION_ANSWERED = "condition.answered", _("Cette question a sa réponse")
    FOLLOWUP_ASKED = "followup.asked", _("On demande ce qu’une mise en relation a donné")
    FOLLOWUP_ANSWERED = "followup.answered", _("On sait ce qu’elle a donné")

    @property
    def subject(self) -> str:
        """Of what it is: need, offer, match, visit, condition or followup."""
        return self.value.partition(".")[0]


# Sent when somebody asks for it, and only there.
TEST = "webhook.test"
