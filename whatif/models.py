"""Questions of a town's team, and what the replayed months said: counts and settings, nobody's record."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# Of what a town may ask. More rooms than this are no longer the same town.
MOST_ROOMS, MOST_COORDINATORS, MOST_DAYS, MOST_HOURS = 200, 10, 60, 72


class Question(models.Model):
    """A change. `rooms` … `vetting_days`: 0 or empty where it stays as it is. `figures`: the town as it was counted
    when it was asked (`whatif.own`). `years`: of each seed that is done, the figures without and with the change.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        DONE = "done", _("prêt")
        STOPPED = "stopped", _("arrêté")
        FAILED = "failed", _("interrompu")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    at = models.DateTimeField(editable=False)
    rooms = models.PositiveSmallIntegerField(_("chambres de plus"), default=0)
    commune = models.ForeignKey(
        "cities.Commune", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer_hours = models.PositiveSmallIntegerField(_("délai de réponse (heures)"), null=True, blank=True)
    coordinators = models.PositiveSmallIntegerField(_("coordinateurs de plus"), default=0)
    vetting_days = models.PositiveSmallIntegerField(_("visite sous (jours)"), null=True, blank=True)
    # Of coordination on a weekday, as the team says it: nothing in the rows tells it.
    hours = models.PositiveSmallIntegerField(_("heures de coordination par jour"), default=4)
    figures = models.JSONField(default=dict, editable=False)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING, editable=False)
    years = models.JSONField(default=list, editable=False)
    cpu_seconds = models.FloatField(default=0, editable=False)
    # How often a worker took it up since a year was done.
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    moved_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("question «\u00a0et si\u00a0»")
        verbose_name_plural = _("questions «\u00a0et si\u00a0»")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city"],
                condition=Q(state__in=["waiting", "running"]),
                name="whatif_one_at_a_time",
                violation_error_message=_("Une autre question de la ville est en cours."),
            ),
            models.CheckConstraint(
                condition=Q(rooms=0, commune=None) | Q(rooms__gt=0, commune__isnull=False),
                name="whatif_rooms_somewhere",
                violation_error_message=_("Des chambres de plus sont quelque part."),
            ),
            models.CheckConstraint(
                condition=Q(rooms__gt=0)
                | Q(coordinators__gt=0)
                | Q(answer_hours__isnull=False)
                | Q(vetting_days__isnull=False),
                name="whatif_changes_something",
                violation_error_message=_("Changez au moins une chose."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.at:%Y-%m-%d %H:%M}"

    @property
    def is_under_way(self) -> bool:
        return self.state in UNDER_WAY


UNDER_WAY = (Question.State.WAITING, Question.State.RUNNING)
