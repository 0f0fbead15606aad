"""Replies by mail."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.heard import Heard
from sealing.fields import FindableCharField


class MailReply(Heard):
    """One mail to the address for replies: who wrote, to which message, what they wrote, what came of it."""

    class Became(models.TextChoices):
        READ_BY_DESK = "read_by_desk", _("transmis à la ville")
        CALL_WANTED = "call_wanted", _("dans les appels à faire")
        # Another machine's: "absent until Monday", "could not be delivered".
        AUTOMATIC = "automatic", _("réponse automatique")
        RETURNED = "returned", _("message revenu")
        # It names none of our messages: the address was cut, altered or made up.
        UNKNOWN = "unknown", _("sans question reconnue")

    WORD, CHANNEL, EVENT = "mail", "email", "mail_to_read"
    TO_READ = (Became.READ_BY_DESK, Became.UNKNOWN)

    became = models.CharField(max_length=12, choices=Became.choices)
    # Who wrote, as the mail says; it need not be the person to whom the message went.
    sender = FindableCharField(max_length=254, blank=True)
    # How many files came along; they are not kept.
    files = models.PositiveSmallIntegerField(default=0)
    is_cut = models.BooleanField(default=False)
    # A digest of its Message-ID: the same mail twice is one reply.
    digest = models.CharField(max_length=64)

    class Meta(Heard.Meta):
        verbose_name = _("réponse par e-mail")
        verbose_name_plural = _("réponses par e-mail")
        indexes = [
            models.Index(
                fields=["city"],
                condition=Q(seen_at__isnull=True, became__in=["read_by_desk", "unknown"]),
                name="mail_reply_to_read",
            )
        ]
        constraints = [
            *Heard.Meta.constraints,
            models.UniqueConstraint(
                fields=["digest"],
                name="mail_reply_once",
                violation_error_message=_("Ce message est déjà enregistré."),
            ),
            models.CheckConstraint(
                condition=Q(became="unknown") | Q(message__isnull=False, person__isnull=False),
                name="mail_reply_answers_a_message",
                violation_error_message=_(
                    "Une réponse répond à un message, ou dit que nous n’en connaissons pas."
                ),
            ),
        ]
