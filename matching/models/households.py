"""What the desk said of two needs that look like one household (`matching.households`)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from matching.models.desk import DeskQuerySet
from needs.models import Need


class HouseholdVerdict(models.Model):
    """Two needs are of one household, and `joined` is closed for the other; or they are of two (`joined` is empty)."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    # The pair in one order, so that it is judged once.
    lower = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    higher = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    joined = models.ForeignKey(Need, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("double possible")
        verbose_name_plural = _("doubles possibles")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["lower", "higher"], name="household_judged_once"),
            models.CheckConstraint(condition=Q(lower__lt=F("higher")), name="household_pair_in_order"),
            models.CheckConstraint(
                condition=Q(joined__isnull=True) | Q(joined=F("lower")) | Q(joined=F("higher")),
                name="household_joined_of_pair",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lower_id}, {self.higher_id}"

    @property
    def kept(self) -> Need | None:
        """The need that goes on for both."""
        if self.joined_id is None:
            return None
        return self.lower if self.joined_id == self.higher_id else self.higher
