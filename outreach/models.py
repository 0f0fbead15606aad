"""The letter of a town: who asked for it, and its issues."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import FieldChange


class Subscription(models.Model):
    """Somebody who asked for a town's letter; without `confirmed_at` their address has not said so itself yet."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="subscriptions"
    )
    language = models.CharField(max_length=10)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("abonnement")
        verbose_name_plural = _("abonnements")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "person"],
                name="subscription_once",
                violation_error_message=_("Cette adresse est déjà inscrite."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("asked_at")),
                name="subscription_confirmed_after_asked",
                violation_error_message=_("Une inscription se confirme après avoir été demandée."),
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(confirmed_at=None), name="subscription_unconfirmed")
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Issue(models.Model):
    """One letter: what the town adds in each language, to what the letter says of itself when it is sent."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    # {language: free words}; a language without words has what the letter says of itself.
    words = models.JSONField(_("mots de la ville"), default=dict, blank=True)
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
    # The last subscription that the outbox was given it for.
    looked_at = models.BigIntegerField(default=0, editable=False)
    # Since when each subscriber has it in the outbox.
    queued_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("lettre")
        verbose_name_plural = _("lettres")
        ordering = ["-drafted_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_by__isnull=True, sent_at__isnull=True)
                | Q(sent_by__isnull=False, sent_at__isnull=False),
                name="issue_sent_at_with_by",
                violation_error_message=_("Une lettre envoyée dit par qui et quand."),
            ),
            models.CheckConstraint(
                condition=Q(sent_by__isnull=True) | ~Q(sent_by=F("drafted_by")),
                name="issue_takes_two",
                violation_error_message=_("Une autre personne que celle qui l’a écrite envoie la lettre."),
            ),
            models.CheckConstraint(
                condition=Q(queued_at__isnull=True) | Q(sent_at__isnull=False),
                name="issue_queued_once_sent",
                violation_error_message=_("Une lettre part une fois envoyée."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class IssueEdit(FieldChange):
    """What somebody wrote into a letter."""

    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de lettre")
        verbose_name_plural = _("changements de lettres")
