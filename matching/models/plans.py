"""Plans, their lines, and whom they leave out (`matching.plans`)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import Kind, Urgency
from engine.vocabulary import PARTS
from matching.models.desk import DeskQuerySet
from matching.models.matches import Match
from needs.models import Need
from offers.models import Offer


class Plan(models.Model):
    """The globally best set for the needs chosen, as it was worked out; each acceptance is a decision of its own."""

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        RUNNING = "running", _("en cours")
        DONE = "done", _("prêt")
        FAILED = "failed", _("interrompu")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Which open needs: every empty field means all.
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    urgency = models.CharField(max_length=9, choices=Urgency.choices, blank=True)
    need_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    budget_seconds = models.PositiveSmallIntegerField(default=10)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    # Of everything that the plan was made from; when it is another, the plan is stale.
    fingerprint = models.CharField(max_length=64, blank=True)
    algorithm = models.CharField(max_length=10, blank=True)
    objective = models.FloatField(null=True, blank=True)
    bound = models.FloatField(null=True, blank=True, help_text=_("aucun plan ne peut faire mieux"))
    first_come = models.FloatField(null=True, blank=True, help_text=_("premier arrivé, premier servi"))
    greedy = models.FloatField(null=True, blank=True, help_text=_("la meilleure note d’abord"))
    in_time = models.BooleanField(default=True, help_text=_("faux quand le temps donné a mis fin au calcul"))
    people_asked = models.PositiveIntegerField(default=0)
    people = models.FloatField(null=True, blank=True, help_text=_("personnes aidées par le plan"))
    people_first_come = models.FloatField(null=True, blank=True)
    # What would help most those whom the plan leaves out: codes and numbers, see engine.planning.scarcity and calls.
    scarcity = models.JSONField(default=list)
    # What lay ahead, where the town looks ahead: days, futures, seed, needs expected; and by offer what its days are
    # worth to others, see engine.foresight.
    ahead = models.JSONField(default=dict, blank=True)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done")
                | Q(finished_at__isnull=False, objective__isnull=False, bound__isnull=False),
                name="plan_done_has_figures",
                violation_error_message=_("Un plan prêt porte ses chiffres."),
            ),
        ]
        indexes = [models.Index(fields=["city", "asked_at"], name="plan_of_city")]

    def __str__(self) -> str:
        return f"{self.city_id} {self.asked_at:%Y-%m-%d %H:%M}"


class PlanLine(models.Model):
    """One pair of a plan, with what it would give."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="lines")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    rank = models.PositiveIntegerField(help_text=_("place parmi les propositions possibles, 1 d’abord"))
    score = models.FloatField()
    part_values = ArrayField(models.FloatField(), size=len(PARTS))
    distance_km = models.FloatField()
    value = models.FloatField(help_text=_("ce que la paire ajoute à l’objectif"))
    # What was taken off its worth, in points: for those to come, for who was asked often; and for whom.
    ahead = models.JSONField(default=dict, blank=True)
    need_revision = models.PositiveIntegerField()
    offer_revision = models.PositiveIntegerField()
    # Set once a coordinator has accepted it.
    match = models.ForeignKey(Match, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "need", "offer"], name="plan_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="plan_line_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.need_id} × {self.offer_id}"


class PlanGap(models.Model):
    """A need that a plan leaves out, in whole or in part, and why."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="gaps")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    missing = models.PositiveIntegerField(help_text=_("ce qui manque, dans l’unité du besoin"))
    days = models.PositiveIntegerField(default=0, help_text=_("sur combien de jours, si le besoin dure"))
    people = models.FloatField(help_text=_("personnes que cela concerne"))
    # `code` and numbers: see engine.planning.gaps.
    reason = models.JSONField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["plan", "need"], name="plan_gap_once")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.need_id}"
