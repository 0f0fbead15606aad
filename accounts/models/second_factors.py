"""Whose second factor was taken away because they had lost it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from sealing.fields import EncryptedCharField


class FactorReset(models.Model):
    """An administrator, or the installation (`by` None), took somebody's second factor away, and why."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="factor_resets")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    note = EncryptedCharField(_("raison"), max_length=500)

    class Meta:
        verbose_name = _("double vérification réinitialisée")
        verbose_name_plural = _("doubles vérifications réinitialisées")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(note=""),
                name="factor_reset_says_why",
                violation_error_message=_("Dites pourquoi."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%Y-%m-%d}"
