"""The place where a town's team talks, and who named it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cities.models import City
from sealing.fields import EncryptedCharField


class Room(models.Model):
    """One a town. Whoever knows the address may write there: it is shown to nobody again."""

    city = models.OneToOneField(City, on_delete=models.PROTECT, related_name="room")
    address = EncryptedCharField(max_length=1000)
    # By what people know it: "Mattermost · chat.ville.fr".
    name = EncryptedCharField(max_length=200)
    # In whose language it is written to.
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()
    last_ok_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("canal d’équipe")
        verbose_name_plural = _("canaux d’équipe")

    def __str__(self) -> str:
        return self.name


class RoomChange(models.Model):
    """That a town's team is told in another place, or in none (`name` is empty), by whom and when."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    name = EncryptedCharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("changement de canal d’équipe")
        verbose_name_plural = _("changements de canal d’équipe")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.city_id} {self.name}"
