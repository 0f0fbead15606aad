"""What other systems can be told of a town: docs/webhooks.md says each with its example.

A happening is a change of state, of which the app has a row already; what it says is which need and which offer.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Happening(TextChoices):
    NEED_OPENED = "need.opened", _("Un besoin est ouvert")
    NEED_MET = "need.met", _("Un besoin est pourvu")
    NEED_CLOSED = "need.closed", _("Un besoin est retiré, ou sa date est passée")
    OFFER_OPENED = "offer.opened", _("Une proposition est active")
    OFFER_CLOSED = "offer.closed", _("Une proposition est retirée, ou à reconfirmer")
    MATCH_PROPOSED = "match.proposed", _("Une personne est sollicitée")
    MATCH_ACCEPTED = "match.accepted", _("Une personne a dit oui")
    MATCH_CONFIRMED = "match.confirmed", _("Une mise en relation est confirmée")
    MATCH_BEGUN = "match.begun", _("Une mise en relation a commencé")
    MATCH_COMPLETED = "match.completed", _("Une mise en relation est terminée")
    MATCH_ENDED = "match.ended", _("Une mise en relation n’aura pas lieu, ou s’arrête avant la fin")


# Sent when somebody asks for it, and only there.
TEST = "webhook.test"
