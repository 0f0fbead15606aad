"""That somebody has been told when their data will go."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """Two years without contact: somebody is told the day on which their data go, and may say that they stay."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    erase_on = models.DateField()
    # They have said so, or done something else since.
    kept_at = models.DateTimeField(null=True, blank=True)
    followed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("préavis d’effacement")
        verbose_name_plural = _("préavis d’effacement")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(kept_at__isnull=True, followed_at__isnull=True),
                name="notice_one_at_a_time",
                violation_error_message=_("Cette personne est déjà prévenue."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.erase_on:%Y-%m-%d}"
