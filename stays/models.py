"""Sponsorship: one sponsor and one godchild, for a time, with aims and an association that frames it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, associations_of, towns_of
from accounts.models import Organisation, User
from catalogue.models import FieldChange
from matching.models import Match
from needs.models import Need
from sealing.fields import EncryptedTextField


class SponsorshipQuerySet(VisibleQuerySet["Sponsorship"]):
    def seen_by(self, user: User) -> Q:
        """The sponsor, who posted the need, and the town's coordinators: whoever sees the match. The association that
        frames it hears of it from them, unless the need is its own.
        """
        return (
            Q(match__city__in=towns_of(user, COORDINATION))
            | Q(sponsor=user)
            | Q(need__person=user)
            | Q(need__organisation__in=associations_of(user))
        )

    def current(self) -> "SponsorshipQuerySet":
        return self.filter(ended_at__isnull=True)


class Sponsorship(models.Model):
    """What a match of two people who go along with each other is, beyond its days.

    `sponsor` and `need` are the match's own: they stand here so that the database holds that each has one at a time.
    """

    match = models.OneToOneField(Match, on_delete=models.PROTECT, related_name="sponsorship", editable=False)
    sponsor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="sponsorships", editable=False)
    framed_by = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("association qui encadre")
    )
    aims = EncryptedTextField(_("buts"), max_length=1000)
    ends_on = models.DateField(_("jusqu’au"))
    agreed_at = models.DateTimeField(editable=False)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = SponsorshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("parrainage")
        verbose_name_plural = _("parrainages")
        constraints = [
            models.UniqueConstraint(
                fields=["sponsor"],
                condition=Q(ended_at__isnull=True),
                name="sponsorship_one_godchild_at_a_time",
                violation_error_message=_("Cette personne parraine déjà quelqu’un."),
            ),
            models.UniqueConstraint(
                fields=["need"],
                condition=Q(ended_at__isnull=True),
                name="sponsorship_one_sponsor_at_a_time",
                violation_error_message=_("Cette personne a déjà une marraine ou un parrain."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sponsor_id} → {self.need_id}"


class SponsorshipEdit(FieldChange):
    """What was agreed, and changed, of a sponsorship."""

    sponsorship = models.ForeignKey(Sponsorship, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de parrainage")
        verbose_name_plural = _("changements de parrainages")
