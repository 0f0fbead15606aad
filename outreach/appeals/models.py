"""Appeals: a town asks citizens who agreed to be asked for what some needs lack, some at a time."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import FieldChange
from needs.models import Need

FARTHEST_KM, MOST_OFFERS = 100, 500


class Appeal(models.Model):
    """Drafted by one person, sent by another; over as soon as its needs are met, or by hand."""

    class Ended(models.TextChoices):
        MET = "met", _("Ses besoins sont couverts ou fermés")
        NOBODY_LEFT = "nobody_left", _("Toutes les personnes du secteur ont été sollicitées")
        BY_HAND = "by_hand", _("Arrêté par l’équipe")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    needs = models.ManyToManyField(Need, related_name="+", editable=False)
    # {language: free words}, which begin the message.
    words = models.JSONField(_("mots de la ville"), default=dict, blank=True)
    # How many offers would do, and how far from a need somebody may live.
    wanted = models.PositiveIntegerField(
        _("propositions cherchées"), validators=[MinValueValidator(1), MaxValueValidator(MOST_OFFERS)]
    )
    reach_km = models.PositiveIntegerField(
        _("à quelle distance au plus, en km"),
        validators=[MinValueValidator(1), MaxValueValidator(FARTHEST_KM)],
    )
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    drafted_at = models.DateTimeField(editable=False)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When some more are asked, if it still takes them.
    next_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended = models.CharField(max_length=12, choices=Ended, blank=True, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )

    class Meta:
        verbose_name = _("appel aux habitants")
        verbose_name_plural = _("appels aux habitants")
        ordering = ["-drafted_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_by__isnull=True, sent_at__isnull=True)
                | Q(sent_by__isnull=False, sent_at__isnull=False),
                name="appeal_sent_at_with_by",
                violation_error_message=_("Un appel envoyé dit par qui et quand."),
            ),
            models.CheckConstraint(
                condition=Q(sent_by__isnull=True) | ~Q(sent_by=F("drafted_by")),
                name="appeal_takes_two",
                violation_error_message=_("Une autre personne que celle qui l’a écrit envoie l’appel."),
            ),
            models.CheckConstraint(
                condition=Q(ended="", ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended="by_hand", ended_at__isnull=False, ended_by__isnull=False)
                | Q(ended__in=["met", "nobody_left"], ended_at__isnull=False, ended_by__isnull=True),
                name="appeal_ended_at_by",
                violation_error_message=_("Un appel terminé dit quand, et par qui s’il a été arrêté."),
            ),
            models.CheckConstraint(
                condition=Q(next_at__isnull=True) | Q(sent_at__isnull=False, ended_at__isnull=True),
                name="appeal_goes_on_while_sent",
                violation_error_message=_("Seul un appel envoyé et non terminé continue."),
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="appeal_due")]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def goes_on(self) -> bool:
        return self.sent_at is not None and self.ended_at is None


class AppealEdit(FieldChange):
    """What somebody changed of an appeal before it left."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’appel")
        verbose_name_plural = _("changements d’appels")


class Asked(models.Model):
    """Somebody whom an appeal has asked: once, whatever they answer."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="asked")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="appeals")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("personne sollicitée")
        verbose_name_plural = _("personnes sollicitées")
        constraints = [
            models.UniqueConstraint(
                fields=["appeal", "person"],
                name="asked_once",
                violation_error_message=_("Cette personne a déjà été sollicitée."),
            )
        ]
        indexes = [models.Index(fields=["person", "-at"], name="asked_last")]

    def __str__(self) -> str:
        return f"{self.appeal_id} {self.person_id}"
