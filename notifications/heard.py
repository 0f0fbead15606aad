"""What people write back, by whatever channel. It knows no message: the channels, which stand below those, keep it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import DESK, VisibleQuerySet, towns_of
from accounts.models import User
from notifications.understanding import Said
from sealing.fields import EncryptedTextField


class HeardQuerySet(VisibleQuerySet[Any]):
    def seen_by(self, user: User) -> Q:
        """What was written to the towns of the desk."""
        return Q(city__in=towns_of(user, DESK))


class Heard(models.Model):
    """Something that somebody wrote back; each channel that hears people keeps it in a table of its own, found by being
    one (`inbox.selectors.kinds`).
    """

    # By what messages and addresses speak of it ("reply:12"), the channel by which it came, the event by which the desk
    # is told of it, and what of `became` means that somebody is to read it.
    WORD: str
    CHANNEL: str
    EVENT: str
    TO_READ: tuple[str, ...]

    # Who wrote: whoever the message went to, or who has the number.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What it answers.
    message = models.ForeignKey(
        "notifications.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Whose desk reads it; null where no town has ever written to them.
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    text = EncryptedTextField()
    said = models.CharField(max_length=8, choices=Said.choices)
    received_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    # Each says in its own words what came of it.
    became: "models.CharField[str, str]"

    objects = HeardQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-received_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(seen_at__isnull=True, seen_by__isnull=True)
                | Q(seen_at__isnull=False, seen_by__isnull=False),
                name="%(app_label)s_%(class)s_seen_by",
                violation_error_message=_("Ce qui est vu porte sa date et son auteur."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.said}"
