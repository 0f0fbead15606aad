"""Associations and services of a city, and what was decided about them."""

from functools import reduce
from operator import or_
from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.models.fields import RnaField, SiretField
from accounts.models.people import User
from accounts.roles import DESK, VisibleQuerySet, associations_of, managed_associations_of, towns_of
from catalogue.folding import folded
from sealing.fields import EncryptedCharField

RNA_PAGE = "https://www.journal-officiel.gouv.fr/pages/associations-recherche/?q="
SIRET_PAGE = "https://annuaire-entreprises.data.gouv.fr/etablissement/"


class OrganisationQuerySet(VisibleQuerySet["Organisation"]):
    def seen_by(self, user: "User") -> Q:
        """One's own associations; for the coordinators and operators of a city, all of that city's."""
        if user.is_superuser:
            return Q()
        return Q(city__in=towns_of(user, DESK)) | Q(pk__in=associations_of(user))

    def managed_by(self, user: "User") -> Self:
        """Those that somebody decides for as a manager: none while it is suspended."""
        return self.filter(pk__in=managed_associations_of(user)).exclude(state=Organisation.State.SUSPENDED)


class Organisation(models.Model):
    """An association or a service of the city; its needs are matched once a coordinator has verified it."""

    class State(models.TextChoices):
        PENDING = "pending", _("à vérifier")
        VERIFIED = "verified", _("vérifiée")
        SUSPENDED = "suspended", _("suspendue")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="organisations")
    name = models.CharField(_("nom"), max_length=200)
    rna = RnaField(_("numéro RNA"), max_length=10, blank=True)
    siret = SiretField(_("numéro SIRET"), max_length=14, blank=True)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    phone = PhoneNumberField(_("téléphone"), blank=True)
    about = models.TextField(_("présentation"), blank=True, max_length=2000)
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.PENDING)
    verified_at = models.DateTimeField(_("vérifiée le"), null=True, blank=True)
    verified_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="organisations_verified"
    )
    created_at = models.DateTimeField(_("inscrite le"), default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("association")
        verbose_name_plural = _("associations")
        constraints = [
            models.CheckConstraint(
                condition=~Q(rna="") | ~Q(siret=""),
                name="organisation_has_number",
                violation_error_message=_("Indiquez le numéro RNA ou le numéro SIRET de l’association."),
            ),
            models.CheckConstraint(
                condition=Q(rna="") | Q(rna__regex=r"^W[0-9]{9}$"),
                name="organisation_rna_format",
                violation_error_message=_("Un numéro RNA s’écrit W suivi de 9 chiffres."),
            ),
            models.CheckConstraint(
                condition=Q(siret="") | Q(siret__regex=r"^[0-9]{14}$"),
                name="organisation_siret_format",
                violation_error_message=_("Un numéro SIRET compte 14 chiffres."),
            ),
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True, verified_by__isnull=True)
                | Q(verified_at__isnull=False, verified_by__isnull=False),
                name="organisation_verified_pair",
                violation_error_message=_("Une vérification a une date et un auteur."),
            ),
            models.CheckConstraint(
                condition=Q(state="pending", verified_at__isnull=True)
                | Q(state="verified", verified_at__isnull=False)
                | Q(state="suspended"),
                name="organisation_verified_state",
                violation_error_message=_(
                    "Une association est vérifiée à partir du jour de sa vérification."
                ),
            ),
            # Whoever types a number has proven nothing: it is taken by whom the desk has verified, and by nobody else.
            models.UniqueConstraint(
                fields=["city", "rna"],
                condition=Q(state="verified") & ~Q(rna=""),
                name="organisation_rna_unique",
                violation_error_message=_("Une association vérifiée de cette ville a déjà ce numéro RNA."),
            ),
            models.UniqueConstraint(
                fields=["city", "siret"],
                condition=Q(state="verified") & ~Q(siret=""),
                name="organisation_siret_unique",
                violation_error_message=_("Une association vérifiée de cette ville a déjà ce numéro SIRET."),
            ),
        ]
        indexes = [
            GinIndex(OpClass(folded("name"), name="gin_trgm_ops"), name="organisation_name_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def register_links(self) -> list[tuple[str, str, str]]:
        """For each of its numbers: of which register, the number, and the page on which anybody reads what it says.

        Where the town's installation asks the State's directory itself, `accounts.registered` does.
        """
        known = [("RNA", self.rna, RNA_PAGE), ("SIRET", self.siret, SIRET_PAGE)]
        return [(register, number, page + number) for register, number, page in known if number]

    @property
    def same_number(self) -> Q:
        """Of organisations: the others of its town that say they have one of its numbers."""
        numbers = [Q(**{name: getattr(self, name)}) for name in ("rna", "siret") if getattr(self, name)]
        return Q(city=self.city_id) & reduce(or_, numbers) & ~Q(pk=self.pk)

    @property
    def is_verified(self) -> bool:
        return self.state == self.State.VERIFIED

    @property
    def is_suspended(self) -> bool:
        return self.state == self.State.SUSPENDED


class OrganisationReview(models.Model):
    """Who moved an association to which state, when and why; never edited."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(_("état"), max_length=10, choices=Organisation.State)
    reason = EncryptedCharField(_("raison"), max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="organisation_reviews")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("décision sur une association")
        verbose_name_plural = _("décisions sur les associations")

    def __str__(self) -> str:
        return f"{self.organisation} · {self.get_state_display()}"
