"""The outbox: a message is a row first, delivered by the worker afterwards."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import DESK, VisibleQuerySet, towns_of
from accounts.models import User
from notifications import channel_registry, reasons


class MessageState(models.TextChoices):
    QUEUED = "queued", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SENT = "sent", _("envoyé")
    FAILED = "failed", _("refusé")
    UNCERTAIN = "uncertain", _("envoi interrompu")
    MOOT = "moot", _("sans objet")


class MessageQuerySet(VisibleQuerySet["Message"]):
    def seen_by(self, user: User) -> Q:
        """One's own messages; for coordinators and operators, those of their towns."""
        return Q(recipient=user) | Q(city__in=towns_of(user, DESK))

    def with_reason(self) -> "MessageQuerySet":
        """Messages that speak of what is still so."""
        return self.filter(reasons.has_reason())

    def due(self, now: datetime) -> "MessageQuerySet":
        """Messages that a machine may send now."""
        by_machine = sorted(channel_registry.by_machine())
        return self.filter(state=MessageState.QUEUED, due_at__lte=now, channel__in=by_machine).with_reason()


class Message(models.Model):
    """One notification to one person through one channel, once at most per (recipient, event, subject)."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="received_messages"
    )
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # The name of a folder of notifications/channels. No choices: a channel more is no migration.
    channel = models.CharField(max_length=20)
    event = models.CharField(max_length=40)
    subject_key = models.CharField(
        max_length=60, help_text=_("ce dont parle le message, par exemple match:12")
    )
    language = models.CharField(max_length=10)
    title = models.CharField(max_length=200)
    body = models.TextField()
    action_label = models.CharField(max_length=60, blank=True)
    action_url = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=MessageState.choices, default=MessageState.QUEUED)
    due_at = models.DateTimeField()
    # How often a worker took it up: also the mark by which a worker knows that the message is still its own.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Since when sending is tried without success: after three days we give up.
    tried_since = models.DateTimeField(null=True, blank=True)
    # A code ("rcpt 550"), never the server's sentence: that one quotes addresses.
    last_error = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "event", "subject_key"],
                name="message_once",
                violation_error_message=_("Ce message existe déjà."),
            ),
            models.CheckConstraint(
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
                name="message_sent_at_with_state",
                violation_error_message=_("Un message envoyé porte sa date d’envoi, et lui seul."),
            ),
            models.CheckConstraint(
                condition=~Q(state=MessageState.SENDING) | Q(claimed_at__isnull=False),
                name="message_sending_is_claimed",
                violation_error_message=_("Un envoi en cours porte l’heure de son début."),
            ),
            *(rule for channel in channel_registry.all_channels().values() for rule in channel.constraints),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="queued"), name="message_due"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="message_claimed"),
            models.Index(
                fields=["city", "due_at"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="message_undelivered",
            ),
            *(index for channel in channel_registry.all_channels().values() for index in channel.indexes),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_key}"
