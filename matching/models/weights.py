"""What a town's score counts, and who changed it (`matching.weighting`)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WeightsChange(models.Model):
    """Who changed what a town's score counts, from what to what, and when. Never edited."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    before = models.JSONField(help_text=_("les points de chaque part, avant"))
    after = models.JSONField(help_text=_("les points de chaque part, après"))
    # Of the council's opinion that it follows, the number that everybody reads: "2026-3" (`voice`).
    opinion = models.CharField(max_length=12, blank=True, help_text=_("l’avis du conseil qui l’a précédé"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("changement de la note")
        verbose_name_plural = _("changements de la note")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.city_id} {self.at:%Y-%m-%d}"
