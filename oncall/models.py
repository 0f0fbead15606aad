"""Who of a town's desk is on call, from when to when. Shifts are the rota: there is no other."""

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import STEERING, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import FieldChange


class Rank(models.IntegerChoices):
    FIRST = 1, _("d’astreinte")
    DEPUTY = 2, _("en renfort")


# From `starts_at` up to `ends_at`, which is not of it.
_SPAN = Func(F("starts_at"), F("ends_at"), function="TSTZRANGE", output_field=DateTimeRangeField())


class ShiftQuerySet(VisibleQuerySet["Shift"]):
    def seen_by(self, user: User) -> Q:
        """Those who decide in the town, and those who see its teams."""
        return Q(city__in=towns_of(user, STEERING))

    def standing(self) -> "ShiftQuerySet":
        """Those that nobody has called off."""
        return self.filter(cancelled_at__isnull=True)

    def within(self, start: datetime, end: datetime) -> "ShiftQuerySet":
        """Those of which some part lies between two moments."""
        return self.standing().filter(starts_at__lt=end, ends_at__gt=start)


class Shift(models.Model):
    """One coordinator is reached first, or when the first does not answer, from one moment to another.

    `wanted_at`: since when they ask for somebody else to take it over.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shifts", verbose_name=_("personne")
    )
    rank = models.PositiveSmallIntegerField(_("rang"), choices=Rank.choices)
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    wanted_at = models.DateTimeField(_("remplacement demandé le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)
    created_at = models.DateTimeField(editable=False)

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("astreinte")
        verbose_name_plural = _("astreintes")
        ordering = ["starts_at", "rank", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="shift_ends_after_it_starts",
                violation_error_message=_("Une astreinte finit après son début."),
            ),
            ExclusionConstraint(
                name="shift_one_of_a_rank",
                expressions=[
                    ("city", RangeOperators.EQUAL),
                    ("rank", RangeOperators.EQUAL),
                    (_SPAN, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("Quelqu’un est déjà d’astreinte à ce moment."),
            ),
            ExclusionConstraint(
                name="shift_once_a_person",
                expressions=[
                    ("city", RangeOperators.EQUAL),
                    ("person", RangeOperators.EQUAL),
                    (_SPAN, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("Cette personne est déjà d’astreinte à ce moment."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["city", "ends_at"], condition=Q(cancelled_at__isnull=True), name="shift_to_come"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_rank_display()} · {self.person}"


class ShiftChange(FieldChange):
    """A shift planned, taken over, called off, or somebody sought for it."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une astreinte")
        verbose_name_plural = _("changements des astreintes")
