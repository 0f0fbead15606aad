"""A linked town's word on asking one of its citizens for a need of another town (`matching.linked_towns`)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import VisibleQuerySet
from matching.models.desk import DeskQuerySet
from matching.models.matches import Match


class TownAgreement(models.Model):
    """The need's town asks the offer's town, `city`, before its citizen is asked.

    Unanswered in time it lapses; it is moot when the suggestion is gone meanwhile.
    """

    class Answer(models.TextChoices):
        AGREED = "agreed", _("d’accord")
        DECLINED = "declined", _("pas d’accord")
        LAPSED = "lapsed", _("sans réponse à temps")
        MOOT = "moot", _("sans objet")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    match = models.ForeignKey(Match, on_delete=models.CASCADE, related_name="agreements")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    # What is asked, whatever a scan makes of the suggestion meanwhile.
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    relay = models.JSONField(
        null=True, blank=True, help_text=_("les logements du relais dont c’est une part")
    )
    answer = models.CharField(max_length=8, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    # The plan of which this is a line: the decision that follows keeps its number.
    plan_number = models.PositiveBigIntegerField(null=True, blank=True)

    objects: VisibleQuerySet["TownAgreement"] = DeskQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("accord d’une ville liée")
        verbose_name_plural = _("accords des villes liées")
        ordering = ["answer_by", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["match"],
                condition=Q(answer__in=["", "agreed"]),
                name="agreement_asked_once",
                violation_error_message=_("L’accord est déjà demandé."),
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="agreement_answered_at",
                violation_error_message=_("Une réponse porte sa date."),
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=Q(answer=""), name="agreement_answer_due"),
        ]

    def __str__(self) -> str:
        return f"{self.match_id}: {self.answer or '?'}"
