"""How far the town is with what it was told, and what a council says of a proposal, as everybody reads it."""

from django.db import models
from django.utils.translation import pgettext_lazy


class GroupState(models.TextChoices):
    HEARD = "heard", pgettext_lazy("ce qui manque", "Entendu")
    UNDER_WAY = "under_way", pgettext_lazy("ce qui manque", "En cours")
    DONE = "done", pgettext_lazy("ce qui manque", "Fait")
    CANNOT = "cannot", pgettext_lazy("ce qui manque", "Pas possible")


class Verdict(models.TextChoices):
    FOR = "for", pgettext_lazy("avis du conseil", "Avis favorable")
    RESERVED = "reserved", pgettext_lazy("avis du conseil", "Avis réservé")
    AGAINST = "against", pgettext_lazy("avis du conseil", "Avis défavorable")
