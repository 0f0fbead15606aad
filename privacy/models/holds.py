"""Data that a town must not lose for now."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ADMINISTRATION, VisibleQuerySet, towns_of
from accounts.models import User
from sealing.fields import EncryptedCharField


class LegalHoldQuerySet(VisibleQuerySet["LegalHold"]):
    def seen_by(self, user: User) -> Q:
        return Q(city__in=towns_of(user, ADMINISTRATION))

    def standing(self) -> "LegalHoldQuerySet":
        """Those that two have agreed on and two have not lifted: of these people nobody erases anything."""
        return self.filter(set_at__isnull=False, lifted_at__isnull=True)


class LegalHold(models.Model):
    """A court or an inquiry needs somebody's data: set by two persons of a town's administration, lifted by two.

    Four moments: asked for and set, lifting asked for and lifted; of each pair two different persons.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="legal_holds")
    reason = EncryptedCharField(_("raison"), max_length=500)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    set_at = models.DateTimeField(null=True, blank=True)
    lifting_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifting_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = LegalHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("conservation obligatoire")
        verbose_name_plural = _("conservations obligatoires")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "person"],
                condition=Q(lifted_at__isnull=True),
                name="hold_one_at_a_time",
                violation_error_message=_("Cette conservation est déjà demandée."),
            ),
            models.CheckConstraint(
                condition=(Q(set_at__isnull=True, set_by__isnull=True) | Q(set_at__isnull=False))
                & (Q(set_by__isnull=True) | ~Q(set_by=F("asked_by"))),
                name="hold_set_by_two",
                violation_error_message=_("Deux personnes différentes décident d’une conservation."),
            ),
            models.CheckConstraint(
                condition=(Q(lifted_at__isnull=True, lifted_by__isnull=True) | Q(lifted_at__isnull=False))
                & (Q(lifted_by__isnull=True) | ~Q(lifted_by=F("lifting_by")))
                # What was never set is withdrawn by one.
                & (Q(lifted_at__isnull=True) | Q(set_at__isnull=True) | Q(lifting_by__isnull=False)),
                name="hold_lifted_by_two",
                violation_error_message=_("Deux personnes différentes mettent fin à une conservation."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.asked_at:%Y-%m-%d}"
