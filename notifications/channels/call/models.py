"""Each try to reach somebody by phone: who called, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    """What came of a call."""

    REACHED = "reached", _("prévenue")
    NO_ANSWER = "no_answer", _("pas de réponse")
    AGAIN = "again", _("à rappeler")
    WRONG_NUMBER = "wrong_number", _("mauvais numéro")
    NOT_FOR_ME = "not_for_me", _("ne la concerne pas")
    # Nobody called: given back, or not noted in time.
    LEFT = "left", _("pas appelée")


# The person has heard it.
TOLD = (Outcome.REACHED, Outcome.NOT_FOR_ME)
# It comes up again at its hour.
COMES_BACK = (Outcome.NO_ANSWER, Outcome.AGAIN)


class Call(models.Model):
    """While it has no end, its person is taken: nobody else calls them before `taken_until`."""

    message = models.ForeignKey("notifications.Message", on_delete=models.PROTECT, related_name="calls")
    # The message's own, for the constraint: two messages to one person are still one telephone.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    taken_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    again_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("appel")
        verbose_name_plural = _("appels")
        ordering = ["-began_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(ended_at__isnull=True),
                name="call_one_at_a_time",
                violation_error_message=_("Quelqu’un appelle déjà cette personne."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, outcome="")
                | Q(ended_at__isnull=False, outcome__in=Outcome.values),
                name="call_ends_with_an_outcome",
                violation_error_message=_("Un appel fini dit ce qu’il a donné, et lui seul."),
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=COMES_BACK, again_at__isnull=False, again_at__gt=F("ended_at"))
                | (~Q(outcome__in=COMES_BACK) & Q(again_at__isnull=True)),
                name="call_again_later",
                violation_error_message=_("Un appel à refaire dit quand, et lui seul."),
            ),
            models.CheckConstraint(
                condition=Q(taken_until__gt=F("began_at")),
                name="call_taken_for_a_while",
                violation_error_message=_("Un appel dure un moment."),
            ),
        ]
        indexes = [models.Index(fields=["message", "-began_at"], name="call_of_message")]

    def __str__(self) -> str:
        return f"{self.message_id} {self.outcome}"
