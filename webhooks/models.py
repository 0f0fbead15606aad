"""Whom a town's happenings are told to, and what was told: a delivery is a row in the transaction of its cause."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ADMINISTRATION, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import FieldChange
from sealing.fields import EncryptedCharField, EncryptedTextField, FindableCharField, Index
from webhooks.events import Happening

LONGEST_URL = 500
BOTH_SIGN = timedelta(days=1)


class Event(models.Model):
    """One happening of a town, kept for those who come and ask. It names rows and tells nothing of them."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    happening = models.CharField(max_length=20, choices=Happening.choices)
    # The number of the row that its first word names.
    subject_id = models.BigIntegerField()
    references = models.JSONField()
    at = models.DateTimeField()
    # Where it stands for all readers, once it has been committed: numbers of rows are given before, and may overtake.
    place = models.BigIntegerField(null=True, unique=True)

    class Meta:
        verbose_name = _("événement")
        verbose_name_plural = _("événements")
        ordering = ["place"]
        indexes = [
            models.Index(fields=["at"], name="event_age"),
            models.Index(fields=["id"], condition=Q(place__isnull=True), name="event_without_place"),
        ]

    def __str__(self) -> str:
        return f"{self.happening} {self.subject_id}"


class Forgotten(models.Model):
    """One row: up to which place the events are gone. Whoever has read less has missed some."""

    place = models.BigIntegerField()

    class Meta:
        verbose_name = _("événements effacés")
        verbose_name_plural = _("événements effacés")

    def __str__(self) -> str:
        return str(self.place)


class EndpointQuerySet(VisibleQuerySet["Endpoint"]):
    def seen_by(self, user: User) -> Q:
        """Those of a town are its administration's, until they are taken away."""
        return Q(city__in=towns_of(user, ADMINISTRATION), removed_at__isnull=True)

    def listening(self) -> "EndpointQuerySet":
        """Those for which deliveries are kept; who pauses has them afterwards."""
        return self.filter(removed_at__isnull=True, stopped_at__isnull=True)

    def ready(self, now: datetime) -> "EndpointQuerySet":
        """Those that may be called at this moment."""
        return (
            self.listening()
            .filter(paused_at__isnull=True)
            .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=now))
        )


class Endpoint(models.Model):
    """An address of another system, and which happenings of the town it is told."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    url = FindableCharField(_("adresse"), max_length=LONGEST_URL)
    happenings = ArrayField(
        models.CharField(max_length=20, choices=Happening.choices), verbose_name=_("événements")
    )
    # `whsec_…` of the standard; while a new one is taken up, both sign.
    secret = EncryptedCharField(max_length=80, editable=False)
    former_secret = EncryptedCharField(max_length=80, blank=True, editable=False)
    renewed_at = models.DateTimeField(_("secret changé le"), null=True, blank=True)
    paused_at = models.DateTimeField(_("en pause depuis"), null=True, blank=True)
    # By ourselves, when nothing has arrived for days.
    stopped_at = models.DateTimeField(_("arrêtée le"), null=True, blank=True)
    removed_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    # Out of order: how often in a row, since when, and when it is tried again. Nothing is sent meanwhile.
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    next_try_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                F("city"),
                Index("url"),
                condition=Q(removed_at__isnull=True),
                name="endpoint_once_a_town",
                violation_error_message=_("Cette adresse est déjà inscrite."),
            ),
            models.CheckConstraint(
                condition=Q(happenings__contained_by=Happening.values) & ~Q(happenings=[]),
                name="endpoint_happenings_known",
                violation_error_message=_("Choisissez au moins un événement de la liste."),
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True, next_try_at__isnull=True)
                | Q(failures__gt=0, failing_since__isnull=False, next_try_at__isnull=False),
                name="endpoint_failing_since_when",
                violation_error_message=_("Une destination en panne dit depuis quand."),
            ),
        ]
        indexes = [
            models.Index(fields=["city"], condition=Q(removed_at__isnull=True), name="endpoint_of_town"),
        ]

    def __str__(self) -> str:
        return self.url

    @property
    def host(self) -> str:
        """By which people know it: the rest of an address may hold a secret word."""
        return urlsplit(self.url).hostname or self.url

    def secrets_at(self, now: datetime) -> list[str]:
        """Those that sign at this moment: for a day after a change the former one too, until the receiver knows."""
        both = self.renewed_at is not None and now < self.renewed_at + BOTH_SIGN
        return [self.secret, self.former_secret] if both else [self.secret]


class EndpointEdit(FieldChange):
    """What somebody changed of a destination; its secrets stand nowhere here."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une destination")
        verbose_name_plural = _("changements des destinations")


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("en attente")
    DELIVERED = "delivered", _("remis")
    FAILED = "failed", _("abandonné")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, now: datetime) -> "DeliveryQuerySet":
        """What is to be sent; what failed least goes first, so that one that is refused holds up nothing but what
        happened to the same subject afterwards.
        """
        before = Delivery.objects.filter(
            endpoint=OuterRef("endpoint"),
            subject=OuterRef("subject"),
            state=DeliveryState.WAITING,
            pk__lt=OuterRef("pk"),
        ).exclude(subject="")
        waiting = self.filter(state=DeliveryState.WAITING, due_at__lte=now)
        return waiting.filter(~Exists(before)).order_by("attempts", "id")


class Delivery(models.Model):
    """One happening, told to one endpoint. The words are fixed as it happens; only the signature is of its sending."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries")
    # By which a receiver knows what it has already: the same in each attempt, and when it is sent anew.
    key = models.CharField(max_length=40, unique=True)
    happening = models.CharField(max_length=20)
    # Of what it is, as "match:12"; empty for a trial, and for what is sent anew. One subject's are sent one after the
    # other.
    subject = models.CharField(max_length=32, default="", db_default="", editable=False)
    body = EncryptedTextField()
    state = models.CharField(max_length=9, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # Of the last attempt: when, what came of it (a status, or the name of what went wrong), after how long.
    tried_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    milliseconds = models.PositiveIntegerField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DeliveryState.DELIVERED, delivered_at__isnull=False)
                | (~Q(state=DeliveryState.DELIVERED) & Q(delivered_at__isnull=True)),
                name="delivery_delivered_at_with_state",
                violation_error_message=_("Un envoi remis porte son heure."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "attempts", "id"], condition=Q(state="waiting"), name="delivery_to_send"
            ),
            models.Index(
                fields=["endpoint", "subject", "id"], condition=Q(state="waiting"), name="delivery_of_subject"
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.happening} {self.key}"
