"""A service of the directory: what it is for, where, when, in which languages, and who answers for what is said of it.

It speaks of places and of work, never of a person: its telephone, mail and address are those that it gives everybody.
Who answers there by name stands on a card of their own, which only those who work together read.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from accounts.access import TEAM, VisibleQuerySet, associations_of, towns_of
from accounts.models import Organisation, User
from catalogue.models import FieldChange, StateChange, language_array
from catalogue.slots import validate_slot
from directory.themes import Theme, themes_of
from sealing.fields import EncryptedCharField, EncryptedEmailField, EncryptedPhoneNumberField

# What nobody has looked at for so long is said to be old, and asked about.
CHECKED_FOR = timedelta(days=180)
LONGEST_ABOUT = 2000
LONGEST_NAME = 150  # of who answers, as it is said
LONGEST_WORDS = 200


class Fees(models.TextChoices):
    FREE = "gratuit", _("Gratuit")
    PAID = "payant", _("Payant")


class ServiceQuerySet(VisibleQuerySet["Service"]):
    def seen_by(self, user: User) -> Q:
        """Those that somebody keeps: the town's, for its team; those of one's own associations."""
        return Q(city__in=towns_of(user, TEAM)) | Q(organisation__in=associations_of(user))

    def shown(self) -> "ServiceQuerySet":
        """What everybody reads: neither closed, nor of an association that the town has not verified."""
        return self.filter(
            Q(organisation=None) | Q(organisation__state=Organisation.State.VERIFIED), closed_at=None
        )


class Service(models.Model):
    """`slots`: the usual week. `hours_note`: what of its hours no week says. `checked_at`: when somebody last said that
    all this holds; of what was read from a list, the day of which the list has it.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("association inscrite ici"),
    )
    run_by = models.CharField(_("qui le tient"), max_length=150, blank=True)
    name = models.CharField(_("nom du service"), max_length=150)
    about = models.TextField(_("ce qu’on y trouve"), max_length=LONGEST_ABOUT)
    # Of data.inclusion; `themes` are ours.
    thematics = ArrayField(models.CharField(max_length=120), verbose_name=_("besoins"))
    languages = language_array(_("langues parlées"))
    slots = ArrayField(
        models.CharField(max_length=15, validators=[validate_slot]),
        default=list,
        blank=True,
        verbose_name=_("heures d’ouverture"),
    )
    hours_note = models.CharField(_("précision sur les heures"), max_length=300, blank=True)
    commune = models.ForeignKey(
        "cities.Commune", on_delete=models.PROTECT, related_name="+", verbose_name=_("commune")
    )
    address = models.CharField(_("adresse"), max_length=200, blank=True)
    how_to_come = models.CharField(_("comment venir"), max_length=300, blank=True)
    phone = PhoneNumberField(_("téléphone"), blank=True)
    email = models.EmailField(_("adresse e-mail"), blank=True)
    site = models.CharField(
        _("site"), max_length=300, blank=True, validators=[URLValidator(schemes=["http", "https"])]
    )
    fees = models.CharField(_("prix"), max_length=7, choices=Fees, blank=True)
    # From which list it comes and its name there, those of its structure with it; empty for what is entered here.
    source = models.CharField(max_length=80, blank=True, editable=False)
    source_id = models.CharField(max_length=200, blank=True, editable=False)
    source_structure = models.CharField(max_length=200, blank=True, editable=False)
    # What the list last said of each field: what differs from it, the town has written.
    listed = models.JSONField(default=dict, blank=True, editable=False)
    checked_at = models.DateTimeField(editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    # When those who keep it were last asked whether it holds.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("service de l’annuaire")
        verbose_name_plural = _("services de l’annuaire")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "source", "source_id"],
                condition=~Q(source=""),
                name="service_of_list_once",
                violation_error_message=_("Ce service est déjà dans l’annuaire."),
            ),
            models.CheckConstraint(
                condition=Q(source="", source_id="") | ~Q(source="") & ~Q(source_id=""),
                name="service_source_with_id",
                violation_error_message=_("Un service lu dans une liste porte son numéro dans cette liste."),
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(run_by=""),
                name="service_run_by_somebody",
                violation_error_message=_("Dites qui tient ce service."),
            ),
            models.CheckConstraint(
                condition=Q(thematics__len__gt=0),
                name="service_for_something",
                violation_error_message=_("Choisissez au moins un besoin."),
            ),
        ]
        indexes = [
            models.Index(fields=["city", "name"], condition=Q(closed_at=None), name="service_of_town"),
            GinIndex(fields=["thematics"], name="service_thematics"),
            models.Index(fields=["checked_at"], condition=Q(closed_at=None), name="service_to_check"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def themes(self) -> list[Theme]:
        return themes_of(self.thematics)

    @property
    def keeper(self) -> str:
        """Who runs it, as it is called."""
        return self.organisation.name if self.organisation else self.run_by

    def is_old(self, now: datetime) -> bool:
        """Whether nobody has said for a long time that it holds."""
        return self.checked_at <= now - CHECKED_FOR


class ServiceEdit(FieldChange):
    """What somebody, or a list, changed of a service."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de service")
        verbose_name_plural = _("changements de services")


class AgentCardQuerySet(VisibleQuerySet["AgentCard"]):
    def seen_by(self, user: User) -> Q:
        """The town's team sees all of its cards; a verified association those that are shown in its town."""
        verified = Organisation.objects.filter(
            pk__in=associations_of(user), state=Organisation.State.VERIFIED
        )
        return Q(city__in=towns_of(user, TEAM)) | _of_who_is_heard() & Q(city__in=verified.values("city"))

    def shown(self) -> "AgentCardQuerySet":
        """Not those of an association that the town has not verified, or has suspended."""
        return self.filter(_of_who_is_heard())

    def public(self) -> "AgentCardQuerySet":
        """What everybody reads: shown, and somebody who keeps it has ticked it."""
        return self.shown().filter(is_public=True)


def _of_who_is_heard() -> Q:
    return Q(organisation=None) | Q(organisation__state=Organisation.State.VERIFIED)


class AgentCard(models.Model):
    """Who answers, a person or a desk: as they are called, for what, in which languages, when and how.

    `organisation`: None of the town's own team. `words`: what else they answer for. Gone as a whole once it is removed.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("association inscrite ici"),
    )
    name = EncryptedCharField(_("qui répond"), max_length=LONGEST_NAME)
    themes = ArrayField(
        models.CharField(max_length=9, choices=Theme),
        default=list,
        blank=True,
        verbose_name=_("besoins"),
    )
    words = EncryptedCharField(_("autres mots"), max_length=LONGEST_WORDS, blank=True)
    languages = language_array(_("langues parlées"))
    hours = EncryptedCharField(_("heures"), max_length=200, blank=True)
    phone = EncryptedPhoneNumberField(_("téléphone"), blank=True)
    email = EncryptedEmailField(_("adresse e-mail"), blank=True)
    is_public = models.BooleanField(_("lue par tout le monde"), default=False)
    checked_at = models.DateTimeField(editable=False)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False
    )
    # When those who keep it were last asked whether it holds.
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)

    objects = AgentCardQuerySet.as_manager()

    class Meta:
        verbose_name = _("fiche de qui répond")
        verbose_name_plural = _("fiches de qui répond")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["city"], name="agent_card_of_town"),
            models.Index(fields=["checked_at"], name="agent_card_to_check"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_old(self, now: datetime) -> bool:
        """Whether nobody has said for a long time that it holds."""
        return self.checked_at <= now - CHECKED_FOR


class ReferralState(models.TextChoices):
    ASKED = "asked", _("en attente de réponse")
    CALL = "call", _("le service veut qu’on l’appelle")
    ACCEPTED = "accepted", _("rendez-vous donné")
    DECLINED = "declined", _("refusé")
    LAPSED = "lapsed", _("resté sans réponse")
    WITHDRAWN = "withdrawn", _("repris")


# Somebody still waits for the service, or for the day.
WAITING = (ReferralState.ASKED, ReferralState.CALL)
LIVE = (*WAITING, ReferralState.ACCEPTED)
# Nobody comes: the service reads nothing more of it.
ENDED = (ReferralState.LAPSED, ReferralState.WITHDRAWN)


class Referral(models.Model):
    """A service is asked to receive those whom a need is for. `day` and `hour`: when it does, as it has said.

    `contact`: how the person is reached, written only once they agreed that this service has it; gone with a no.
    """

    need = models.ForeignKey("needs.Need", on_delete=models.PROTECT, related_name="referrals")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="referrals")
    words = EncryptedCharField(max_length=600, blank=True)
    contact = EncryptedCharField(max_length=200, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=ReferralState, default=ReferralState.ASKED)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    day = models.DateField(null=True, blank=True)
    hour = models.TimeField(null=True, blank=True)
    answer = EncryptedCharField(max_length=500, blank=True)
    # The day on which the contact goes, where one was given to a service that receives them.
    forget_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name = _("orientation")
        verbose_name_plural = _("orientations")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "service"],
                condition=Q(state__in=LIVE),
                name="referral_live_once",
                violation_error_message=_("Ce service est déjà interrogé pour ce besoin."),
            ),
            models.CheckConstraint(
                condition=Q(state=ReferralState.ACCEPTED, day__isnull=False)
                | ~Q(state=ReferralState.ACCEPTED) & Q(day__isnull=True, hour__isnull=True),
                name="referral_accepted_with_day",
                violation_error_message=_("Un rendez-vous a un jour."),
            ),
            models.CheckConstraint(
                condition=Q(answer_by__gte=models.F("asked_at")),
                name="referral_answer_after_asking",
                violation_error_message=_("Une réponse est attendue après la question."),
            ),
        ]
        indexes = [
            models.Index(fields=["answer_by"], condition=Q(state__in=WAITING), name="referral_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ReferralChange(StateChange):
    """The history of a referral."""

    referral = models.ForeignKey(Referral, on_delete=models.PROTECT, related_name="changes")

    class Meta(StateChange.Meta):
        verbose_name = _("étape d’une orientation")
        verbose_name_plural = _("étapes d’une orientation")
