"""What the engine last found for each need, and everything looked at again (`matching.scanning`)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import Kind
from matching.models.desk import DeskQuerySet
from needs.models import Need


class Scan(models.Model):
    """What the engine last found for a need: one row each, rewritten by each scan."""

    need = models.OneToOneField(Need, on_delete=models.CASCADE, related_name="scan")
    revision = models.PositiveIntegerField()
    feasible = models.PositiveIntegerField(help_text=_("offres possibles"))
    suggested = models.PositiveSmallIntegerField(help_text=_("pistes gardées"))
    # What an offer must reach to be kept, where the list is full (`engine.Feasible.standing`); nothing when it is not
    # known, and whoever is possible is then kept.
    lowest_standing = models.IntegerField(null=True, help_text=_("rang de la dernière piste gardée"))
    near_misses = models.JSONField(
        default=list, help_text=_("presque possibles\u202f: une seule condition manque")
    )
    algorithm = models.CharField(max_length=10)
    scanned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"scan {self.need_id}"


class Rescan(models.Model):
    """Everything of some towns looked at again: who asked, and how far it is. The work is in its parts."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    # The database's oldest transaction under way when it was asked: offers written since are scanned once more.
    horizon = models.BigIntegerField()

    class Meta:
        verbose_name = _("recalcul")
        verbose_name_plural = _("recalculs")
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.asked_at:%Y-%m-%d %H:%M}"


class RescanPart(models.Model):
    """Needs of one town and one kind, in these categories and départements: what one worker takes at a time.

    Whoever works on a part holds an advisory lock for as long as its connection lives: a part whose worker died is
    free again at once.
    """

    rescan = models.ForeignKey(Rescan, on_delete=models.CASCADE, related_name="parts")
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    categories = ArrayField(models.CharField(max_length=20), help_text=_("aucune\u202f: toutes"))
    departments = ArrayField(models.CharField(max_length=3), help_text=_("aucun\u202f: tous"))
    needs = models.PositiveIntegerField(help_text=_("besoins à regarder"))
    feasible = models.PositiveBigIntegerField(default=0, help_text=_("paires possibles"))
    written = models.PositiveIntegerField(default=0, help_text=_("pistes nouvelles ou changées"))
    unchanged = models.PositiveIntegerField(default=0, help_text=_("pistes qui restent"))
    failures = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = DeskQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rescan", "city", "kind", "categories", "departments"], name="rescan_part_once"
            ),
        ]
        indexes = [
            models.Index(fields=["rescan"], condition=Q(finished_at__isnull=True), name="rescan_part_to_do"),
        ]

    def __str__(self) -> str:
        words = [self.kind, *self.categories, *self.departments]
        return f"{self.rescan_id}: {self.city_id} {' '.join(words)}"
