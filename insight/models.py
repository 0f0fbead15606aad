"""What a town counts beside the indicators that all have: the one thing that this app writes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import LONGEST_CODE
from catalogue.vocabulary import Kind, Urgency


class Subject(models.TextChoices):
    """What is counted, each by the month in which it came: a match when it was asked about."""

    OFFERS = "offers", _("Propositions")
    NEEDS = "needs", _("Besoins")
    MATCHES = "matches", _("Mises en relation")


class OwnIndicatorQuerySet(VisibleQuerySet["OwnIndicator"]):
    def seen_by(self, user: User) -> Q:
        return Q(city__in=towns_of(user, COORDINATION))

    def kept(self) -> "OwnIndicatorQuerySet":
        return self.filter(removed_at__isnull=True)


class OwnIndicator(models.Model):
    """A filtered count that a town has defined with its partners. Never edited, so that its months can be compared: it
    is removed, and another defined.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    name = models.CharField(_("nom"), max_length=80)
    about = models.CharField(
        _("ce que cela mesure"),
        max_length=300,
        blank=True,
        help_text=_("Pour qui lira ce chiffre plus tard."),
    )
    subject = models.CharField(_("ce qui est compté"), max_length=8, choices=Subject)
    # Empty: any.
    kind = models.CharField(_("nature"), max_length=8, choices=Kind.choices, blank=True)
    item = models.CharField(_("objet"), max_length=LONGEST_CODE, blank=True)
    state = models.CharField(_("état d’aujourd’hui"), max_length=12, blank=True)
    urgency = models.CharField(_("urgence"), max_length=9, choices=Urgency.choices, blank=True)
    commune = models.ForeignKey(
        "cities.Commune",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("commune"),
    )
    defined_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    defined_at = models.DateTimeField(editable=False)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    removed_at = models.DateTimeField(null=True, editable=False)

    objects = OwnIndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicateur de la ville")
        verbose_name_plural = _("indicateurs de la ville")
        ordering = ["defined_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "name"],
                condition=Q(removed_at=None),
                name="indicator_name_once",
                violation_error_message=_("Un indicateur porte déjà ce nom."),
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="indicator_removed_at_by",
                violation_error_message=_("Un retrait porte sa date et son auteur."),
            ),
            models.CheckConstraint(
                condition=Q(urgency="") | ~Q(subject="offers"),
                name="indicator_urgency_of_needs",
                violation_error_message=_("Une proposition n’a pas d’urgence."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
