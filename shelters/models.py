"""A place where many are received: a day centre with beds, a gymnasium for the winter.

It is no third kind of row beside offers and needs: its nights are offers of housing, its shifts are needs of skills,
and how many places, on which days, for whom stands in them alone (docs/adr/0060).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, associations_of, towns_of
from accounts.models import Organisation, User
from catalogue.models import FieldChange
from needs.models import Need
from offers.models import Offer
from sealing.fields import EncryptedCharField, EncryptedPhoneNumberField, EncryptedTextField

LONGEST_NAME = 80


class ShelterQuerySet(VisibleQuerySet["Shelter"]):
    def seen_by(self, user: User) -> Q:
        """Those of one's associations; for coordinators, those of their towns."""
        return Q(organisation__in=associations_of(user)) | Q(city__in=towns_of(user, COORDINATION))


class Shelter(models.Model):
    """`organisation`: the association or the town's service that runs it. `host`: who answers for it when somebody is
    proposed, and owns its nights. `arrives_from`, `arrives_until`: when people are let in, by the town's clocks.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", verbose_name=_("qui tient le lieu")
    )
    host = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("qui répond aux demandes"),
    )
    name = models.CharField(_("nom du lieu"), max_length=LONGEST_NAME)
    commune = models.ForeignKey(
        "cities.Commune", on_delete=models.PROTECT, related_name="+", verbose_name=_("commune")
    )
    address = EncryptedCharField(_("adresse"), max_length=200)
    phone = EncryptedPhoneNumberField(_("téléphone sur place"), blank=True)
    arrives_from = models.TimeField(_("arrivée à partir de"), null=True, blank=True)
    arrives_until = models.TimeField(_("arrivée jusqu’à"), null=True, blank=True)
    rules = EncryptedTextField(_("règles du lieu"), max_length=1000, blank=True)
    closed_at = models.DateTimeField(_("fermé le"), null=True, blank=True)
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    objects = ShelterQuerySet.as_manager()

    class Meta:
        verbose_name = _("lieu collectif")
        verbose_name_plural = _("lieux collectifs")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(arrives_from__isnull=True, arrives_until__isnull=True)
                | Q(arrives_from__isnull=False, arrives_until__isnull=False),
                name="shelter_arrives_both",
                violation_error_message=_("Dites à partir de quelle heure, et jusqu’à quelle heure."),
            )
        ]
        indexes = [models.Index(fields=["city", "closed_at"], name="shelter_of_town")]

    def __str__(self) -> str:
        return self.name


class ShelterEdit(FieldChange):
    """What was changed of a place. The histories of its nights and shifts are those of their offers and needs."""

    shelter = models.ForeignKey(Shelter, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’un lieu collectif")
        verbose_name_plural = _("changements des lieux collectifs")


class Nights(models.Model):
    """An offer of so many beds, on some nights. More beds in a cold week are a row more."""

    shelter = models.ForeignKey(Shelter, on_delete=models.PROTECT, related_name="nights")
    offer = models.OneToOneField(Offer, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("nuits d’un lieu collectif")
        verbose_name_plural = _("nuits des lieux collectifs")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.offer_id)


class Shift(models.Model):
    """A need of one volunteer, at one time: two at the door on Tuesday are two rows."""

    shelter = models.ForeignKey(Shelter, on_delete=models.PROTECT, related_name="shifts")
    need = models.OneToOneField(Need, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("créneau d’un lieu collectif")
        verbose_name_plural = _("créneaux des lieux collectifs")
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.need_id)
