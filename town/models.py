"""Who is invited to a team, what is one and the same, which two towns share offers, and what was written by whom."""

from datetime import datetime
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ADMINISTRATION, COORDINATION, ROLE_CHOICES, VisibleQuerySet, towns_of
from accounts.models import Membership, Organisation, User
from cities.models import City
from offers.models import Offer, OfferState


class InvitationQuerySet(VisibleQuerySet["Invitation"]):
    def seen_by(self, user: User) -> Q:
        of_town = Q(organisation=None, city__in=towns_of(user, ADMINISTRATION))
        return of_town | Q(organisation__in=Organisation.objects.managed_by(user))

    def of(self, city: City, organisation: Organisation | None) -> "InvitationQuerySet":
        """Those to the town's team, or to the association's."""
        return self.filter(city=city, organisation=organisation)

    def waiting(self) -> "InvitationQuerySet":
        """Neither accepted nor taken back; too late or not."""
        return self.filter(accepted_at__isnull=True, taken_back_at__isnull=True)


class Invitation(models.Model):
    """Somebody is invited to have these roles in a town, or one in an association of it; the link in their mail says
    which invitation it is.
    """

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations")
    roles = ArrayField(
        models.CharField(max_length=20, choices=ROLE_CHOICES + Membership.Role.choices),
        verbose_name=_("rôles"),
    )
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "person"],
                condition=Q(accepted_at__isnull=True, taken_back_at__isnull=True, organisation__isnull=True),
                name="invitation_one_waits",
                violation_error_message=_("Cette personne est déjà invitée."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "person"],
                condition=Q(accepted_at__isnull=True, taken_back_at__isnull=True),
                name="invitation_of_association_waits",
                violation_error_message=_("Cette personne est déjà invitée."),
            ),
            models.CheckConstraint(
                condition=Q(
                    organisation__isnull=True,
                    roles__len__gt=0,
                    roles__contained_by=[role for role, _words in ROLE_CHOICES],
                )
                | Q(organisation__isnull=False, roles__len=1, roles__contained_by=Membership.Role.values),
                name="invitation_to_roles",
                violation_error_message=_("Choisissez au moins un rôle."),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("invited_at")),
                name="invitation_expires_later",
                violation_error_message=_("Une invitation expire après avoir été envoyée."),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(taken_back_at__isnull=True),
                name="invitation_ends_once",
                violation_error_message=_("Une invitation est acceptée ou reprise, pas les deux."),
            ),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True, taken_back_by__isnull=True)
                | Q(taken_back_at__isnull=False, taken_back_by__isnull=False),
                name="invitation_taken_back_pair",
                violation_error_message=_("Une invitation est reprise par quelqu’un."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.city_id}"

    def is_open(self, now: datetime) -> bool:
        """Whether it may still be accepted."""
        return self.accepted_at is None and self.taken_back_at is None and now < self.expires_at


class LinkRequestQuerySet(VisibleQuerySet["LinkRequest"]):
    def seen_by(self, user: User) -> Q:
        towns = towns_of(user, ADMINISTRATION)
        return Q(city__in=towns) | Q(other__in=towns)

    def waiting(self) -> "LinkRequestQuerySet":
        return self.filter(answer="")


class LinkRequest(models.Model):
    """A town asks another that their citizens may share offers with both; an administrator of the other answers."""

    class Answer(models.TextChoices):
        ACCEPTED = "accepted", _("acceptée")
        DECLINED = "declined", _("déclinée")
        TAKEN_BACK = "taken_back", _("reprise")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = LinkRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("demande de lien entre villes")
        verbose_name_plural = _("demandes de lien entre villes")
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "other"],
                condition=Q(answer=""),
                name="link_request_one_waits",
                violation_error_message=_("C’est déjà demandé."),
            ),
            models.CheckConstraint(
                condition=~Q(city=F("other")),
                name="link_request_to_another",
                violation_error_message=_("Une ville n’est pas liée à elle-même."),
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="link_request_answered_by_somebody",
                violation_error_message=_("Une réponse a une date et un auteur."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id} → {self.other_id}"


Said = TypeVar("Said", bound=models.Model)


class SaidQuerySet(VisibleQuerySet[Said]):
    """What was said of two rows, persons or offers: whether they are one."""

    def seen_by(self, user: User) -> Q:
        return Q(city__in=towns_of(user, COORDINATION))

    def standing(self) -> Self:
        """What nobody has undone."""
        return self.filter(undone_at__isnull=True)


class Double(models.Model):
    """A coordinator said of two rows of persons whether they are one; if so, what of `other` is `kept`'s from then on.

    `moved`: by table and key ("offers.Offer.owner"), the rows that were moved, so that undoing moves these and no
    others; `contact`: which of address and number.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    is_same = models.BooleanField(_("une seule personne"))
    moved = models.JSONField(default=dict, blank=True)
    contact = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = SaidQuerySet["Double"].as_manager()

    class Meta:
        verbose_name = _("doublon")
        verbose_name_plural = _("doublons")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["other"],
                condition=Q(is_same=True, undone_at__isnull=True),
                name="double_merged_once",
                violation_error_message=_("Cette personne est déjà réunie à une autre."),
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("other")),
                name="double_of_another",
                violation_error_message=_("Choisissez deux personnes."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="double_undone_pair",
                violation_error_message=_("C’est défait par quelqu’un."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} → {self.kept_id}"


class OfficialRequest(models.Model):
    """An authority asked the town for somebody's data. Nothing of the person or the case stands here: it is counted,
    and the count is public (`/vos-donnees/`).
    """

    class Authority(models.TextChoices):
        COURT = "court", _("un juge ou un tribunal")
        POLICE = "police", _("la police ou la gendarmerie")
        PREFECTURE = "prefecture", _("une préfecture")
        OTHER = "other", _("une autre administration")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("reçue le"))
    authority = models.CharField(_("faite par"), max_length=10, choices=Authority)
    granted = models.BooleanField(_("des données ont été données"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("demande officielle")
        verbose_name_plural = _("demandes officielles")
        ordering = ["-day", "-id"]

    def __str__(self) -> str:
        return f"{self.day} {self.authority}"


class OfferDouble(models.Model):
    """A coordinator said of two offers whether they are one; if so, `other` is closed in favour of `kept`
    (docs/adr/0030). `from_state` and `paused_until`: how it stood, to which undoing brings it back.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    kept = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    is_same = models.BooleanField(_("une seule proposition"))
    from_state = models.CharField(max_length=12, choices=OfferState.choices, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = SaidQuerySet["OfferDouble"].as_manager()

    class Meta:
        verbose_name = _("proposition en double")
        verbose_name_plural = _("propositions en double")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["other"],
                condition=Q(is_same=True, undone_at__isnull=True),
                name="offer_double_merged_once",
                violation_error_message=_("Cette proposition est déjà réunie à une autre."),
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("other")),
                name="offer_double_of_another",
                violation_error_message=_("Choisissez deux propositions."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="offer_double_undone_pair",
                violation_error_message=_("C’est défait par quelqu’un."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.other_id} → {self.kept_id}"


class AuditRow(models.Model):
    """A row of another table was written. The database's own triggers write it, in the same transaction, whoever writes
    there: a page, a task, a shell, SQL (docs/adr/0028). Nobody changes it; it goes when it has been kept long enough.

    Keys, not relations: it locks nothing, and outlives what it tells of. `what` is `{column: [old, new]}`, and
    `[null, null]` where the register of personal data does not let the value be kept; of a row of a history, the fields
    that it says were changed.
    """

    class Act(models.TextChoices):
        INSERT = "insert", _("ajout")
        UPDATE = "update", _("modification")
        DELETE = "delete", _("suppression")

    # The start of its transaction, whose rows have one moment.
    at = models.DateTimeField()
    # Which transaction of the database; null on what was known before there were such rows.
    transaction = models.BigIntegerField(null=True)
    table = models.CharField(max_length=63)
    key = models.BigIntegerField()
    act = models.CharField(max_length=6, choices=Act)
    what = models.JSONField(default=dict)
    # The keys of who did it (null: the service itself), of the town, and of whom it is about.
    actor = models.BigIntegerField(null=True)
    city = models.BigIntegerField(null=True)
    about = models.BigIntegerField(null=True)
    reference = models.CharField(max_length=200, blank=True)
    # The database's own name for who was connected.
    role = models.CharField(max_length=63)

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        # Of one of each the latest first, as the record reads them.
        indexes = [
            models.Index(fields=["city", "-at", "-id"], name="audit_of_town"),
            models.Index(fields=["-at", "-id"], name="audit_of_no_town", condition=Q(city=None)),
            models.Index(
                fields=["about", "-at", "-id"], name="audit_about", condition=Q(about__isnull=False)
            ),
            models.Index(fields=["actor", "-at", "-id"], name="audit_by", condition=Q(actor__isnull=False)),
            models.Index(
                fields=["reference", "-at", "-id"], name="audit_reference", condition=~Q(reference="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.table} {self.key}"
