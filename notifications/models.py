"""The outbox: a message is a row first, delivered by the worker afterwards."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, TextField, Value
from django.utils.translation import gettext_lazy as _

from accounts.access import DESK, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import FieldChange
from notifications import channel_registry, reasons
from notifications.events import PRIVATE, Priority, Refusable
from sealing.fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField


class MessageState(models.TextChoices):
    QUEUED = "queued", _("en attente")
    # Not now: `why` says what keeps it (quiet hours, a limit), `due_at` when that is looked at again.
    HELD = "held", _("retenu")
    SENDING = "sending", _("en cours d’envoi")
    SENT = "sent", _("envoyé")
    # Only where the channel tells.
    DELIVERED = "delivered", _("remis")
    OPENED = "opened", _("lu")
    ANSWERED = "answered", _("répondu")
    # Refused: at the door, or later, by a receipt.
    FAILED = "failed", _("refusé")
    # Not to this person by this channel: `why`.
    SUPPRESSED = "suppressed", _("écarté")
    UNCERTAIN = "uncertain", _("envoi interrompu")
    MOOT = "moot", _("sans objet")


# It has left us, and nothing speaks against its arrival; each state knows more than the one before.
ON_THE_WAY = (MessageState.SENT, MessageState.DELIVERED, MessageState.OPENED, MessageState.ANSWERED)
WITH_A_REASON = (MessageState.HELD, MessageState.SUPPRESSED)


def subject() -> Func:
    """Of a message: what it speaks of, without the turn that some keys add ("match:12" of "match:12:confirmed")."""
    return Func(
        F("subject_key"),
        Value("^[a-z]+:[0-9]+"),
        function="SUBSTRING",
        output_field=TextField(),
    )


class MessageQuerySet(VisibleQuerySet["Message"]):
    def seen_by(self, user: User) -> Q:
        """One's own messages; for coordinators and operators, those of their towns that are not private."""
        return Q(recipient=user) | Q(city__in=towns_of(user, DESK)) & ~Q(event__in=PRIVATE)

    def with_reason(self) -> "MessageQuerySet":
        """Messages that speak of what is still so."""
        return self.filter(reasons.has_reason())

    def due(self, channel: str, now: datetime) -> "MessageQuerySet":
        """Messages that wait for this channel, and whose time has come."""
        return self.filter(state=MessageState.QUEUED, channel=channel, due_at__lte=now)


_TOLD_AT = (
    ("delivered_at", MessageState.DELIVERED),
    ("opened_at", MessageState.OPENED),
    ("answered_at", MessageState.ANSWERED),
)


def _told_at_with_state(field: str, state: MessageState) -> models.CheckConstraint:
    """In that state the moment stands; it does in no state that knows less."""
    later = ON_THE_WAY[ON_THE_WAY.index(state) :]
    return models.CheckConstraint(
        condition=Q(state=state, **{f"{field}__isnull": False})
        | Q(state__in=later[1:])
        | (~Q(state__in=later) & Q(**{f"{field}__isnull": True})),
        name=f"message_{field}_with_state",
        violation_error_message=_("Ce qu’un fournisseur a dit d’un message porte son heure."),
    )


# What two messages share that say the same by two channels.
_THE_SAME = (
    "recipient", "city", "event", "subject_key", "priority", "language", "title", "body", "short", "impersonal",
    "wording", "values", "action_label", "action_url",
)  # fmt: skip


class Message(models.Model):
    """One notification to one person through one channel; what may be told twice is repeated in a row of its own."""

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
    # notifications/events.py says which event has which.
    priority = models.PositiveSmallIntegerField(default=Priority.NORMAL)
    # The message of which nobody knows whether it arrived, and which this one says once more.
    repeat_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="repeated_by"
    )
    language = models.CharField(max_length=10)
    title = EncryptedCharField(max_length=200)
    body = EncryptedTextField()
    # What the town says where there is little room; empty where that is made of the title and the body.
    short = EncryptedTextField(blank=True, db_default="")
    # The text of notifications.wording.texts that it is, where a town may say it otherwise, and what filled it.
    wording = models.CharField(max_length=60, blank=True, db_default="")
    values = EncryptedJSONField(default=dict, blank=True, db_default={})
    action_label = models.CharField(max_length=60, blank=True)
    action_url = EncryptedCharField(max_length=500, blank=True)
    # What others may read along: on a locked screen, in a team's own channel. Nothing of a person; empty: not said.
    impersonal = models.CharField(max_length=200, blank=True, db_default="", default="")
    state = models.CharField(max_length=10, choices=MessageState.choices, default=MessageState.QUEUED)
    # A code of what holds (`holding`) or suppresses it, without personal data: "quiet hours", "bounced".
    why = models.CharField(max_length=40, blank=True)
    due_at = models.DateTimeField()
    # How often a worker took it up: also the mark by which a worker knows that the message is still its own.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Since when sending is tried without success: after three days we give up.
    tried_since = models.DateTimeField(null=True, blank=True)
    # A code ("rcpt 550"), never the server's sentence: that one quotes addresses.
    last_error = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # The number under which it is being sent (`connections`): whose holder is gone, was interrupted.
    connection = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    # By what name a provider's receipts speak of it, and when they said what.
    provider_ref = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
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
                fields=["recipient", "event", "subject_key", "channel"],
                condition=Q(repeat_of__isnull=True),
                name="message_once",
                violation_error_message=_("Ce message existe déjà."),
            ),
            models.CheckConstraint(
                condition=Q(repeat_of__isnull=True) | ~Q(repeat_of=F("id")),
                name="message_repeats_another",
                violation_error_message=_("Un rappel répète un autre message."),
            ),
            models.CheckConstraint(
                condition=Q(priority__in=Priority.values),
                name="message_priority_known",
                violation_error_message=_("Un message a l’une des urgences connues."),
            ),
            models.CheckConstraint(
                condition=(Q(state__in=WITH_A_REASON) & ~Q(why=""))
                | (~Q(state__in=WITH_A_REASON) & Q(why="")),
                name="message_why_with_state",
                violation_error_message=_("Un message retenu ou écarté dit pourquoi, et lui seul."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=ON_THE_WAY, sent_at__isnull=False)
                | Q(state=MessageState.FAILED)
                | (~Q(state__in=[*ON_THE_WAY, MessageState.FAILED]) & Q(sent_at__isnull=True)),
                name="message_sent_at_with_state",
                violation_error_message=_("Un message envoyé porte sa date d’envoi, et lui seul."),
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=False) | Q(provider_ref=""),
                name="message_reference_once_sent",
                violation_error_message=_("Seul un message envoyé porte la référence du fournisseur."),
            ),
            *(_told_at_with_state(*known) for known in _TOLD_AT),
            models.CheckConstraint(
                condition=~Q(state=MessageState.SENDING) | Q(claimed_at__isnull=False),
                name="message_sending_is_claimed",
                violation_error_message=_("Un envoi en cours porte l’heure de son début."),
            ),
            *(rule for channel in channel_registry.all_channels().values() for rule in channel.constraints),
        ]
        indexes = [
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="message_claimed"),
            # What waits for another day, to be looked at again.
            models.Index(fields=["due_at"], condition=Q(state="held"), name="message_held"),
            # In the order in which they are taken to be sent.
            models.Index(
                fields=["channel", "priority", "due_at", "id"],
                condition=Q(state="queued"),
                name="message_to_send",
            ),
            # Questions that went out, to be seen to when nobody opens them.
            models.Index(
                fields=["claimed_at"],
                condition=Q(priority__lte=Priority.ASK, state__in=["sent", "delivered", "opened", "failed"]),
                name="message_unanswered",
            ),
            models.Index(
                fields=["channel", "provider_ref"], condition=~Q(provider_ref=""), name="message_by_reference"
            ),
            models.Index(
                fields=["city", "due_at"],
                condition=Q(state__in=["failed", "uncertain"]),
                name="message_undelivered",
            ),
            models.Index(subject(), name="message_by_subject"),
            *(index for channel in channel_registry.all_channels().values() for index in channel.indexes),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.subject_key}"

    def said_again(self, *, channel: str, due_at: datetime, now: datetime) -> "Message":
        """The same words to the same person by this channel, as a row of its own that is not saved yet."""
        return Message(
            channel=channel,
            due_at=due_at,
            created_at=now,
            **{name: getattr(self, name) for name in _THE_SAME},
        )


class Outage(models.Model):
    """From when until when a channel was out of order. While it lasts the queue stays as it is, and one tries alone."""

    channel = models.CharField(max_length=20)
    since = models.DateTimeField()
    # A code, as `Message.last_error`: the latest.
    error = models.CharField(max_length=200)
    # A message that was handed over may be lost, so each try may cost one: tried more seldom.
    may_lose = models.BooleanField(default=False)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("panne")
        verbose_name_plural = _("pannes")
        ordering = ["-since", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"],
                condition=Q(ended_at__isnull=True),
                name="outage_one_at_a_time",
                violation_error_message=_("Cette voie est déjà en panne."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("since")),
                name="outage_ends_after_it_began",
                violation_error_message=_("Une panne finit après son début."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.since:%Y-%m-%d %H:%M}"


class UnderWay(models.Model):
    """Of the messages that a connection has claimed together, the one that it has begun to hand over (`claims`).

    PostgreSQL does not log this table: a row costs next to nothing, outlives the worker, and is gone after a crash of
    the server's own.
    """

    channel = models.CharField(max_length=20)
    number = models.PositiveSmallIntegerField()
    # Which claim: `Message.claimed_at`.
    claimed_at = models.DateTimeField()
    # No reference, which would be checked with each row, in a table that is logged.
    message_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="under_way_one_a_connection"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.number}: {self.message_id}"


# At which of these hours somebody may be told what can wait.
DIGEST_CHOICES = ("07:00", "08:30", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00")


class Preference(models.Model):
    """What somebody has said of the messages to them; without a row nothing is refused, and no night is disturbed."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="message_preference", editable=False
    )
    # Names of channels: they are told by the next one.
    refused_channels = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    refused_sorts = ArrayField(
        models.CharField(max_length=10, choices=Refusable.choices), default=list, blank=True
    )
    # The last day on which nothing new is asked of them.
    paused_until = models.DateField(null=True, blank=True)
    rings_at_night = models.BooleanField(default=False)
    # Their own quiet hours, by their town's clocks; without them those of everybody (`reach`).
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    # When what can wait is told to who works here, by their town's clocks ("08:30"), and on which weekdays it is not
    # (Monday is 0); without hours at those of everybody.
    digest_hours = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    days_off = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)

    class Meta:
        verbose_name = _("choix de messages")
        verbose_name_plural = _("choix de messages")
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | (Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=F("quiet_until"))),
                name="preference_quiet_hours_pair",
                violation_error_message=_(
                    "Donnez le début et la fin des heures calmes, deux heures différentes."
                ),
            ),
            models.CheckConstraint(
                condition=Q(digest_hours__contained_by=list(DIGEST_CHOICES)),
                name="preference_digest_hours_known",
                violation_error_message=_("Choisissez les heures du résumé parmi celles qui sont proposées."),
            ),
            models.CheckConstraint(
                condition=Q(days_off__contained_by=list(range(7))) & Q(days_off__len__lt=7),
                name="preference_works_some_day",
                violation_error_message=_("Gardez au moins un jour, ou décochez le résumé."),
            ),
            models.CheckConstraint(
                condition=Q(refused_sorts__contained_by=Refusable.values),
                name="preference_sorts_known",
                violation_error_message=_("On ne refuse que des messages qui existent."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}"


class PreferenceEdit(FieldChange):
    """What somebody changed of the messages to them."""

    preference = models.ForeignKey(Preference, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de choix de messages")
        verbose_name_plural = _("changements de choix de messages")


class Bounce(models.Model):
    """An address that does not exist, says its server. In force while the person has it and has not used it since."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="bounces")
    channel = models.CharField(max_length=20)
    # A keyed digest: it says whether an address is this one, and no more.
    address = models.CharField(max_length=64)
    # Likewise of the provider that holds it: "exemple.fr" of "marie@exemple.fr".
    provider = models.CharField(max_length=64, blank=True, db_default="", default="")
    # A code, as `Message.last_error`.
    error = models.CharField(max_length=200)
    at = models.DateTimeField()
    # Many were refused together: that says something of a server, and nothing of this address.
    is_general = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("adresse refusée")
        verbose_name_plural = _("adresses refusées")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["channel", "at"], name="bounce_of_late")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.error}"
