"""What people write back, and who wants no SMS any more."""

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.heard import Heard
from sealing.fields import FindableCharField, Index


class Became(models.TextChoices):
    """What came of it."""

    APPLIED = "applied", _("réponse enregistrée")
    CLOSED = "closed", _("question déjà close")
    # The first answer stands.
    DISAGREES = "disagrees", _("contredit la première réponse")
    LATE = "late", _("arrivée après le délai")
    WAITS = "waits", _("question encore ouverte")
    READ_BY_DESK = "read_by_desk", _("transmis à la ville")
    NOTED = "noted", _("noté")


class Reply(Heard):
    """One SMS from somebody whom we know: what they wrote, how it was understood, what came of it.

    `message`: the question that it answers, where one had been asked by SMS.
    """

    WORD, CHANNEL, EVENT = "reply", "sms", "sms_to_read"
    TO_READ = (Became.READ_BY_DESK, Became.DISAGREES, Became.LATE)

    became = models.CharField(max_length=12, choices=Became.choices)
    # By what name the gateway speaks of it: the same one twice is one reply.
    provider_ref = models.CharField(max_length=200, blank=True)

    class Meta(Heard.Meta):
        verbose_name = _("réponse par SMS")
        verbose_name_plural = _("réponses par SMS")
        indexes = [
            models.Index(
                fields=["city"],
                condition=Q(seen_at__isnull=True, became__in=["read_by_desk", "disagrees", "late"]),
                name="sms_reply_to_read",
            )
        ]
        constraints = [
            *Heard.Meta.constraints,
            models.CheckConstraint(
                condition=Q(person__isnull=False),
                name="sms_reply_of_somebody",
                violation_error_message=_("Une réponse par SMS a son auteur."),
            ),
            models.UniqueConstraint(
                fields=["provider_ref"],
                condition=~Q(provider_ref=""),
                name="sms_reply_once",
                violation_error_message=_("Cette réponse est déjà enregistrée."),
            ),
            models.CheckConstraint(
                condition=~Q(became__in=[Became.APPLIED, Became.CLOSED, Became.DISAGREES, Became.LATE])
                | Q(message__isnull=False),
                name="sms_reply_answers_a_question",
                violation_error_message=_("Une réponse enregistrée répond à une question."),
            ),
        ]


class StopQuerySet(models.QuerySet["Stop"]):
    def in_force(self, number: str) -> "StopQuerySet":
        """Of a number as E.164."""
        return self.filter(number=number, lifted_at__isnull=True)


class Stop(models.Model):
    """A number that gets no SMS: its holder wrote STOP. It is kept by number, whoever the person is said to be."""

    # As E.164.
    number = FindableCharField(max_length=16, validators=[RegexValidator(r"^\+[1-9][0-9]{5,14}\Z")])
    at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = StopQuerySet.as_manager()

    class Meta:
        verbose_name = _("numéro qui ne veut plus de SMS")
        verbose_name_plural = _("numéros qui ne veulent plus de SMS")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                Index("number"),
                condition=Q(lifted_at__isnull=True),
                name="sms_stop_once",
                violation_error_message=_("Ce numéro ne reçoit déjà plus de SMS."),
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(lifted_at__gte=F("at")),
                name="sms_stop_lifted_after",
                violation_error_message=_("Un arrêt est levé après avoir été demandé."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Spending(models.Model):
    """How many segments left for a town in a month (`spending`)."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    month = models.DateField(help_text=_("son premier jour"))
    segments = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("SMS d’un mois")
        verbose_name_plural = _("SMS par mois")
        ordering = ["-month", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "month"],
                name="sms_spending_once_a_month",
                violation_error_message=_("Ce mois est déjà compté."),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="sms_spending_from_the_first",
                violation_error_message=_("Un mois commence le premier."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.month:%Y-%m}"
