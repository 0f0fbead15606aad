"""The devices on which somebody wants to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealing.fields import EncryptedCharField, FindableCharField, Index


class Device(models.Model):
    """A browser on a device: where its push service takes messages for it, and the keys that only it can read by."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="devices")
    endpoint = FindableCharField(max_length=1000)
    p256dh = EncryptedCharField(max_length=100)
    auth = EncryptedCharField(max_length=30)
    # By what its owner knows it: "Firefox · Android".
    name = EncryptedCharField(max_length=60)
    created_at = models.DateTimeField()
    # When its push service last took a message.
    last_ok_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("appareil prévenu")
        verbose_name_plural = _("appareils prévenus")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(endpoint=""),
                name="device_has_an_address",
                violation_error_message=_("Un appareil a l’adresse d’un service de notification."),
            ),
            models.UniqueConstraint(
                Index("endpoint"),
                name="device_once",
                violation_error_message=_("Cet appareil est déjà inscrit."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
