"""What somebody reports of a match or an offer, who reads it, and what the readers did (docs/adr/0027)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import ADMINISTRATION, VisibleQuerySet, towns_of
from accounts.models import User
from catalogue.models import StateChange
from matching.models import Match
from offers.models import Offer
from sealing.fields import EncryptedCharField, EncryptedPhoneNumberField, EncryptedTextField


class ReaderQuerySet(models.QuerySet["Reader"]):
    def who_read(self) -> "ReaderQuerySet":
        """Those who are of their town's team still."""
        of_team = User.objects.filter(pk=OuterRef("person"), city_roles__city=OuterRef("city"))
        return self.filter(Exists(of_team), person__is_active=True)


class Reader(models.Model):
    """Whom a town has named to read its reports. Who named whom, and when, `RoleChange` keeps."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    named_at = models.DateTimeField()

    objects = ReaderQuerySet.as_manager()

    class Meta:
        verbose_name = _("personne qui lit les signalements")
        verbose_name_plural = _("personnes qui lisent les signalements")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "person"],
                name="incident_reader_named_once",
                violation_error_message=_("Cette personne lit déjà les signalements."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.person_id}"


class What(models.TextChoices):
    """What a report is about, in plain words. Never what somebody has, is or believes."""

    DANGER = "danger", _("Quelqu’un est en danger maintenant")
    VIOLENCE = "violence", _("Violence, menaces ou gestes déplacés")
    PRESSURE = "pressure", _("On demande de l’argent, du travail ou autre chose en échange")
    HOME = "home", _("Le logement est dangereux, ou n’est pas celui qui était décrit")
    SILENCE = "silence", _("Quelqu’un ne répond plus, ou a disparu")
    OTHER = "other", _("Autre chose")


class ReportedAs(models.TextChoices):
    """On whose side of the match somebody stands who reports."""

    HOST = "host", _("la personne qui propose")
    POSTER = "poster", _("l’association, ou la personne accueillie")
    DESK = "desk", _("l’équipe de la ville")


class IncidentState(models.TextChoices):
    OPEN = "open", _("à traiter")
    ENDING = "ending", _("fin à confirmer")
    CLOSED = "closed", _("clos")


class End(models.TextChoices):
    """Why a report is closed. What was closed before two had to agree has no other reason."""

    UNFOUNDED = "unfounded", _("Il n’y a pas lieu de s’inquiéter")
    SETTLED = "settled", _("C’est réglé")
    EXCLUDED = "excluded", _("Cette proposition n’accueille plus personne")
    FORMERLY = "formerly", _("clos par une seule personne, comme auparavant")


# What two readers may agree on; with the last one the offer does not come back.
ENDS = (End.UNFOUNDED, End.SETTLED, End.EXCLUDED)


class IncidentQuerySet(VisibleQuerySet["Incident"]):
    def seen_by(self, user: User) -> Q:
        """Of the named readers of its town, those whom it does not concern; the administrators where none is left."""
        named = Reader.objects.who_read().filter(person=user).values("city")
        about_them = Incident.objects.filter(concerns(user), pk=OuterRef("pk"))
        return (
            Q(city__in=named) | Q(city__in=towns_of(user, ADMINISTRATION)) & ~Q(_has_named_reader())
        ) & ~Q(Exists(about_them))

    def open(self) -> "IncidentQuerySet":
        return self.exclude(state=IncidentState.CLOSED)


def concerns(person: User | OuterRef) -> Q:
    """Whom a report is about, of reports: who owns its offer or one that is the same (docs/adr/0030), whom it received
    or the members of their association, and whoever was named, or was one of these when it was written. It joins:
    for what is below an Exists.
    """
    return (
        Q(offer__owner=person)
        | Q(offer__merged_into__owner=person)
        | Q(offer__merged__owner=person)
        | Q(offer__merged__merged__owner=person)
        | Q(match__offer__owner=person)
        | Q(match__need__person=person)
        | Q(match__need__organisation__memberships__user=person)
        | Q(concerned__person=person)
    )


def _has_named_reader() -> Exists:
    """Whether somebody who is named may read it: the same that `seen_by` says of one person."""
    about_them = Incident.objects.filter(concerns(OuterRef("person")), pk=OuterRef(OuterRef("pk")))
    return Exists(Reader.objects.who_read().filter(~Exists(about_them), city=OuterRef("city")))


class Incident(models.Model):
    """A safeguarding report; it freezes the offer at once, until two of those who may read it have closed it."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="incidents")
    match = models.ForeignKey(
        Match, on_delete=models.PROTECT, null=True, blank=True, related_name="incidents"
    )
    what = models.CharField(max_length=10, choices=What.choices, default=What.OTHER)
    text = EncryptedTextField(max_length=2000)
    reported_as = models.CharField(max_length=6, choices=ReportedAs.choices, default=ReportedAs.DESK)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    # Where a reader may call whoever has reported, and when; nothing: they do not want to be called.
    phone = EncryptedPhoneNumberField(blank=True)
    call_when = EncryptedCharField(max_length=80, blank=True)
    state = models.CharField(max_length=6, choices=IncidentState.choices, default=IncidentState.OPEN)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)
    conclusion = EncryptedCharField(max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    proposed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("signalement")
        verbose_name_plural = _("signalements")
        ordering = ["-reported_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=IncidentState.CLOSED, closed_at__isnull=False, closed_by__isnull=False)
                | ~Q(state=IncidentState.CLOSED) & Q(closed_at__isnull=True, closed_by__isnull=True),
                name="incident_closed_at_by",
                violation_error_message=_("Une clôture porte sa date et son auteur."),
            ),
            models.CheckConstraint(
                condition=Q(
                    state=IncidentState.OPEN, proposed_at__isnull=True, proposed_by__isnull=True, end=""
                )
                | Q(state=IncidentState.CLOSED, end=End.FORMERLY)
                | ~Q(state=IncidentState.OPEN)
                & Q(proposed_at__isnull=False, proposed_by__isnull=False, end__in=ENDS),
                name="incident_proposed_at_by",
                violation_error_message=_("Une fin proposée porte sa date, son auteur et sa raison."),
            ),
            # Each is null while nobody has: such a comparison refuses nothing.
            models.CheckConstraint(
                condition=Q(end=End.FORMERLY)
                | ~Q(closed_by=F("proposed_by"))
                & ~Q(closed_by=F("reported_by"))
                & ~Q(proposed_by=F("reported_by")),
                name="incident_closed_by_two",
                violation_error_message=_("Deux personnes, et pas celle qui a signalé, décident de la fin."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.reported_at:%Y-%m-%d}"


class Concerned(models.Model):
    """Somebody of the team whom a report is about: whoever was named, and those who were of its offer or its match in
    the moment in which it was written, whatever they are later. They do not read it.
    """

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="concerned")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("personne concernée")
        verbose_name_plural = _("personnes concernées")
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "person"],
                name="incident_concerns_once",
                violation_error_message=_("Cette personne est déjà écartée de la lecture."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.person_id}"


class IncidentChange(StateChange):
    """What a reader did with a report: each reading, and each step to its end. A trigger lets nobody change or delete
    a row; `reason` may be emptied. Whoever reported it stands in none of them: the town's record shows these rows.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="changes")

    class Meta(StateChange.Meta):
        verbose_name = _("signalement")
        verbose_name_plural = _("signalements")
