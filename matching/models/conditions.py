"""Questions on a condition of a need (`matching.conditions`)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from needs.models import Need
from offers.models import Offer


class ConditionQuestion(models.Model):
    """Can this condition of the need give? The desk asks; whoever posted the need answers, and alone changes it."""

    class Answer(models.TextChoices):
        GIVES = "gives", _("la condition peut changer")
        STAYS = "stays", _("la condition reste")
        MOOT = "moot", _("sans objet")

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="condition_questions")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=12, help_text=_("la seule règle qui manque"))
    params = models.JSONField(default=dict, help_text=_("l’écart, en nombres"))
    # The need's fields as they would have to be.
    change = models.JSONField(help_text=_("ce qui changerait dans le besoin"))
    need_revision = models.PositiveIntegerField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=5, choices=Answer.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("question sur une condition")
        verbose_name_plural = _("questions sur une condition")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer", "rule"],
                condition=Q(answer=""),
                name="condition_asked_once",
                violation_error_message=_("Cette question est déjà posée."),
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False)),
                name="condition_answered_at",
                violation_error_message=_("Une réponse porte sa date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id}: {self.rule}"
