"""Who of the desk looks after a case, and the reminders of those for tonight that nobody does (`matching.tonight`)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matching.models.desk import DeskQuerySet
from needs.models import Need


class CaseTaken(models.Model):
    """A coordinator looks after a need, from a moment until they or another give it back. Past ones stay."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="taken")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    # Who handed it over, when they did not take it themselves.
    handed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    given_back_at = models.DateTimeField(null=True, blank=True)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("dossier pris en charge")
        verbose_name_plural = _("dossiers pris en charge")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need"],
                condition=Q(given_back_at__isnull=True),
                name="case_taken_by_one",
                violation_error_message=_("Quelqu’un s’occupe déjà de ce dossier."),
            ),
            models.CheckConstraint(
                condition=Q(given_back_at__isnull=True, given_back_by__isnull=True)
                | Q(given_back_at__isnull=False, given_back_by__isnull=False),
                name="case_given_back_by_somebody",
                violation_error_message=_("Un dossier est rendu par quelqu’un."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id}: {self.by_id}"


class DeskReminder(models.Model):
    """Needs for tonight that nobody of a town's desk looks after: those it knows of, and when it is told again."""

    city = models.OneToOneField("cities.City", on_delete=models.CASCADE, related_name="+")
    need_ids = ArrayField(models.BigIntegerField(), help_text=_("besoins déjà annoncés"))
    round = models.PositiveIntegerField(default=0, help_text=_("rappels depuis le dernier besoin nouveau"))
    # Never starts again at 1: each reminder is a message of its own.
    number = models.PositiveIntegerField(default=0, help_text=_("rappels depuis toujours"))
    next_at = models.DateTimeField(help_text=_("prochain rappel"))

    def __str__(self) -> str:
        return f"{self.city_id}: {self.number}"
