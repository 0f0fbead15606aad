"""An empty dwelling on its way: found, its owner agrees, works, a lease, ready. Then an offer is made of it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.fields.shared import LARGEST
from catalogue.models import FieldChange
from catalogue.vocabulary import Kind
from sealing.fields import EncryptedCharField, EncryptedEmailField, EncryptedPhoneNumberField


class Stage(models.TextChoices):
    """In the order of the path; a dwelling may be given up from each."""

    FOUND = "found", _("Repéré")
    OWNER = "owner", _("Propriétaire d’accord")
    WORKS = "works", _("Travaux")
    LEASE = "lease", _("Bail")
    READY = "ready", _("Prêt")
    DROPPED = "dropped", _("Abandonné")


class DwellingQuerySet(VisibleQuerySet["Dwelling"]):
    def seen_by(self, user: User) -> Q:
        """For coordinators, those of their towns."""
        return Q(city__in=towns_of(user, COORDINATION))


class Dwelling(models.Model):
    """`due_on`: when the next stage is expected. Sums are whole euros."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    stage = models.CharField(_("étape"), max_length=7, choices=Stage.choices, default=Stage.FOUND)
    title = EncryptedCharField(_("nom"), max_length=120)
    commune = models.ForeignKey(
        "cities.Commune", on_delete=models.PROTECT, related_name="+", verbose_name=_("commune")
    )
    address = EncryptedCharField(_("adresse"), max_length=200, blank=True)
    capacity = models.PositiveSmallIntegerField(_("places"))
    owner_name = EncryptedCharField(_("propriétaire"), max_length=120, blank=True)
    owner_phone = EncryptedPhoneNumberField(_("téléphone du propriétaire"), blank=True)
    owner_email = EncryptedEmailField(_("e-mail du propriétaire"), blank=True)
    rent = models.PositiveIntegerField(_("loyer par mois"), null=True, blank=True)
    due_on = models.DateField(_("prochaine étape prévue le"), null=True, blank=True)
    lease_from = models.DateField(_("début du bail"), null=True, blank=True)
    lease_until = models.DateField(_("fin du bail"), null=True, blank=True)
    note = EncryptedCharField(_("note de l’équipe"), max_length=1000, blank=True)
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    objects = DwellingQuerySet.as_manager()

    class Meta:
        verbose_name = _("logement vide")
        verbose_name_plural = _("logements vides")
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=LARGEST[Kind.HOUSING]),
                name="dwelling_capacity_plausible",
                violation_error_message=_("Un logement compte de 1 à 50 places."),
            ),
            models.CheckConstraint(
                condition=Q(lease_until__isnull=True)
                | Q(lease_from__isnull=False, lease_until__gte=F("lease_from")),
                name="dwelling_lease_in_order",
                violation_error_message=_("La fin du bail vient après son début."),
            ),
            models.CheckConstraint(
                condition=~Q(stage="ready") | Q(lease_from__isnull=False),
                name="dwelling_ready_has_a_lease",
                violation_error_message=_("Un logement prêt a un bail. Notez son début."),
            ),
        ]
        indexes = [models.Index(fields=["city", "stage"], name="dwelling_of_town")]

    def __str__(self) -> str:
        return self.title


class Cost(models.Model):
    """What was or will be paid for it, once. A mistake is corrected by another row, which may be below zero."""

    dwelling = models.ForeignKey(Dwelling, on_delete=models.PROTECT, related_name="costs")
    what = EncryptedCharField(_("dépense"), max_length=120)
    euros = models.IntegerField(_("montant en euros"))
    day = models.DateField(_("date"))
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("dépense")
        verbose_name_plural = _("dépenses")
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(euros=0) & Q(euros__gte=-1_000_000, euros__lte=1_000_000),
                name="cost_plausible",
                violation_error_message=_("Un montant va jusqu’à un million d’euros, et n’est pas zéro."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.euros}"


class DwellingChange(FieldChange):
    """The path of a dwelling: each step of it, and each correction."""

    dwelling = models.ForeignKey(Dwelling, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’un logement vide")
        verbose_name_plural = _("changements des logements vides")
