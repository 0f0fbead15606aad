"""Which addresses of one's own agenda are in force, and which were."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Subscription(models.Model):
    """A secret address at which calendar programs read somebody's agenda; a new one ends the one before."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="agenda_subscriptions"
    )
    # What the address is made of, together with the secret of the settings (`agenda.links`).
    key = models.CharField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    last_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("abonnement à l’agenda")
        verbose_name_plural = _("abonnements à l’agenda")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(revoked_at__isnull=True),
                name="subscription_one_in_force",
                violation_error_message=_("Cette personne a déjà une adresse d’agenda."),
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | Q(revoked_at__gte=F("created_at")),
                name="subscription_revoked_after_creation",
                violation_error_message=_("Une adresse d’agenda est fermée après avoir été créée."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.created_at:%Y-%m-%d}"
