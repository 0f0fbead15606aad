"""The visit of a home: when, by whom, what was seen, what came of it, and until when that holds.

That a home was visited is told to everybody else by the offer's own `vetted_at`, which `offers.services` writes.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, DESK, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import FieldChange
from sealing.fields import EncryptedCharField, EncryptedJSONField

# So far ahead a visit may be planned.
FARTHEST = timedelta(days=366)
LONGEST_QUESTION, MOST_QUESTIONS = 200, 30


class VisitState(models.TextChoices):
    PLANNED = "planned", _("prévue")
    PASSED = "passed", _("faite, le logement convient")
    REFUSED = "refused", _("faite, le logement ne convient pas")
    CANCELLED = "cancelled", _("annulée")


class Extract(models.TextChoices):
    """Whether the extract of the criminal record was looked at. Neither a copy nor what stands in it is ever kept."""

    SEEN = "yes", _("Oui, je l’ai vu")
    NOT_SEEN = "no", _("Non, pas encore")


class Refusal(models.TextChoices):
    """Why a home does not suit, as the desk says it; `homes.messages` says it to the host."""

    NO_OWN_ROOM = "no_own_room", _("Il n’y a pas de chambre à part")
    NOT_SAFE = "not_safe", _("Le logement n’est pas assez sûr, ou pas assez sain")
    TOO_SMALL = "too_small", _("Il y a trop peu de place")
    NO_EXTRACT = "no_extract", _("L’extrait de casier judiciaire n’a pas été montré")
    NO_CHARTER = "no_charter", _("La charte n’a pas été signée")
    CHANGED_MIND = "changed_mind", _("La personne ne souhaite plus accueillir")
    OTHER = "other", _("Une autre raison")


class Wish(models.TextChoices):
    """When the host would rather be visited."""

    MORNING = "morning", _("Plutôt un matin")
    AFTERNOON = "afternoon", _("Plutôt un après-midi")
    EVENING = "evening", _("Plutôt un soir")
    SATURDAY = "saturday", _("Plutôt un samedi")
    LATER = "later", _("Plutôt dans deux semaines")


class VisitQuerySet(VisibleQuerySet["Visit"]):
    def seen_by(self, user: User) -> Q:
        """Those of one's own home; for coordinators all of their towns, for others of the desk those that they make."""
        of_town = Q(offer__city__in=towns_of(user, COORDINATION))
        own = Q(visitor=user, offer__city__in=towns_of(user, DESK))
        return Q(offer__owner=user) | of_town | own

    def planned(self) -> "VisitQuerySet":
        return self.filter(state=VisitState.PLANNED)

    def standing(self) -> "VisitQuerySet":
        """Those by which their home counts as visited: `vetted_at` is the moment in which one was concluded."""
        return self.filter(state=VisitState.PASSED, offer__vetted_at=F("concluded_at"))


class Visit(models.Model):
    """One coming to one home. A home has one planned at a time, and as many behind it as there were."""

    offer = models.ForeignKey("offers.Offer", on_delete=models.PROTECT, related_name="visits")
    visitor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="visits", verbose_name=_("qui vient")
    )
    starts_at = models.DateTimeField(_("jour et heure"))
    state = models.CharField(_("état"), max_length=9, choices=VisitState.choices, default=VisitState.PLANNED)
    wish = models.CharField(_("autre moment souhaité"), max_length=9, choices=Wish.choices, blank=True)

    # What was seen: for each question of the list, as it was asked, its answer ("yes", "no") and a few words.
    answers = EncryptedJSONField(_("ce qui a été vu"), default=list, blank=True)
    extract = models.CharField(_("extrait regardé"), max_length=3, choices=Extract.choices, blank=True)
    extract_on = models.DateField(_("extrait regardé le"), null=True, blank=True)
    extract_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("extrait regardé par"),
    )  # fmt: skip
    charter_on = models.DateField(_("charte signée le"), null=True, blank=True)
    note = EncryptedCharField(_("note de l’équipe"), max_length=1000, blank=True)

    concluded_at = models.DateTimeField(_("conclue le"), null=True, blank=True)
    concluded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("conclue par"),
    )  # fmt: skip
    valid_until = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    refusal = models.CharField(_("raison du refus"), max_length=12, choices=Refusal.choices, blank=True)
    # When the desk was told that it soon runs out.
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visite")
        verbose_name_plural = _("visites")
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer"],
                condition=Q(state="planned"),
                name="visit_one_planned",
                violation_error_message=_("Une visite de ce logement est déjà prévue."),
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["planned", "cancelled"], concluded_at__isnull=True, concluded_by__isnull=True
                )
                | Q(state__in=["passed", "refused"], concluded_at__isnull=False, concluded_by__isnull=False),
                name="visit_concluded_at_by",
                violation_error_message=_("Une visite faite porte sa date et son auteur."),
            ),
            models.CheckConstraint(
                condition=Q(state="passed", valid_until__isnull=False)
                | (~Q(state="passed") & Q(valid_until__isnull=True)),
                name="visit_valid_until_when_passed",
                violation_error_message=_("Seule une visite concluante est valable, jusqu’à un jour."),
            ),
            models.CheckConstraint(
                condition=Q(state="refused", refusal__in=Refusal.values)
                | (~Q(state="refused") & Q(refusal="")),
                name="visit_refused_with_reason",
                violation_error_message=_("Un refus a sa raison."),
            ),
            models.CheckConstraint(
                condition=Q(extract="yes", extract_on__isnull=False, extract_by__isnull=False)
                | (~Q(extract="yes") & Q(extract_on__isnull=True, extract_by__isnull=True)),
                name="visit_extract_seen_when_by",
                violation_error_message=_("Un extrait regardé porte sa date et qui l’a regardé."),
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], condition=Q(state="planned"), name="visit_to_come"),
            models.Index(fields=["valid_until"], condition=Q(state="passed"), name="visit_running_out"),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.starts_at:%Y-%m-%d %H:%M}"


class VisitChange(FieldChange):
    """A visit planned, moved, noted, concluded, undone or called off."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une visite")
        verbose_name_plural = _("changements des visites")


class Checklist(models.Model):
    """The questions of a town, in its own words. A town without any asks the built-in ones (`homes.questions`)."""

    city = models.OneToOneField("cities.City", on_delete=models.PROTECT, related_name="+")
    questions = ArrayField(
        models.CharField(max_length=LONGEST_QUESTION), blank=True, verbose_name=_("questions")
    )

    class Meta:
        verbose_name = _("liste de questions")
        verbose_name_plural = _("listes de questions")
        constraints = [
            models.CheckConstraint(
                condition=Q(questions__len__lte=MOST_QUESTIONS),
                name="checklist_not_too_long",
                violation_error_message=_("Une liste compte trente questions au plus."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id}"


class ChecklistChange(FieldChange):
    """The history of a town's questions."""

    checklist = models.ForeignKey(Checklist, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement d’une liste de questions")
        verbose_name_plural = _("changements des listes de questions")
