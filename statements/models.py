"""What a person concerned says that they need, in their own words and language, before it is a need of the town.

Nobody but its author sees it before its contact is proven; then it waits for the coordinator, who gives it to an
association. It becomes a `needs.Need` once one has said yes. Never a field for nationality, origin, religion, papers
or diagnosis.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import DESK, VisibleQuerySet, associations_of, towns_of
from accounts.models import Organisation, User
from catalogue.models import StateChange
from catalogue.vocabulary import Kind, Urgency
from needs.models import Need
from sealing.fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField


class Way(models.TextChoices):
    """How the person is answered."""

    PHONE = "phone", _("Par téléphone")
    MAIL = "mail", _("Par e-mail")
    DESK = "desk", _("Par une association, ou à l’accueil")


class Proof(models.TextChoices):
    """How it is known that whoever wrote it can be reached."""

    SMS = "sms", pgettext_lazy("preuve", "par un code reçu par SMS")
    MAIL = "mail", pgettext_lazy("preuve", "par un code reçu par e-mail")
    ACCOUNT = "account", pgettext_lazy("preuve", "par son compte")
    DESK = "desk", pgettext_lazy("preuve", "par l’équipe de la ville")
    ASSOCIATION = "association", pgettext_lazy("preuve", "par une association")


class Stage(models.TextChoices):
    UNPROVEN = "unproven", _("à confirmer")
    WAITING = "waiting", _("à confier")
    OFFERED = "offered", _("proposé à une association")
    ADOPTED = "adopted", pgettext_lazy("besoin exprimé", "suivi")
    CLOSED = "closed", _("retiré")


class StatementQuerySet(VisibleQuerySet["Statement"]):
    def seen_by(self, user: User) -> Q:
        """One's own; once its contact is proven the town's for its desk, and what an association is asked about."""
        asked = Q(stage__in=(Stage.OFFERED, Stage.ADOPTED), organisation__in=associations_of(user))
        proven = Q(proven_at__isnull=False)
        return Q(person=user) | (proven & (asked | Q(city__in=towns_of(user, DESK))))


class Statement(models.Model):
    """A need as the person concerned states it. `answers`: what each question was answered, by its field."""

    reference = models.CharField(max_length=12, unique=True)
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    # Null until the contact is proven, and for whoever is answered by an association alone.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="statements"
    )
    name = EncryptedCharField(max_length=60, blank=True)
    language = models.CharField(max_length=10)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    urgency = models.CharField(max_length=9, choices=Urgency.choices)
    answers = EncryptedJSONField(default=dict)
    commune = models.ForeignKey("cities.Commune", on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    way = models.CharField(max_length=5, choices=Way.choices)
    stage = models.CharField(max_length=8, choices=Stage.choices, default=Stage.UNPROVEN)
    proof = models.CharField(max_length=11, choices=Proof.choices, blank=True)
    proven_at = models.DateTimeField(null=True, blank=True)
    # Who had the person before them, where it was not themselves.
    proven_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The association that confirmed it, then that is asked, then that looks after it.
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    need = models.OneToOneField(
        Need, on_delete=models.PROTECT, null=True, blank=True, related_name="statement"
    )
    # The form's own: what is sent twice is kept once.
    external_key = models.CharField(max_length=80, blank=True)
    # When they were asked what they would like to give: once.
    asked_to_give_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = StatementQuerySet.as_manager()

    class Meta:
        verbose_name = _("besoin exprimé")
        verbose_name_plural = _("besoins exprimés")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["external_key"],
                condition=~Q(external_key=""),
                name="statement_sent_once",
                violation_error_message=_("Ce besoin est déjà enregistré."),
            ),
            models.CheckConstraint(
                condition=Q(proof="", proven_at__isnull=True) | (~Q(proof="") & Q(proven_at__isnull=False)),
                name="statement_proof_with_moment",
                violation_error_message=_("Une preuve porte sa date."),
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[Stage.UNPROVEN, Stage.CLOSED]) | Q(proven_at__isnull=False),
                name="statement_proven_before_seen",
                violation_error_message=_("Rien n’est montré avant que le contact soit confirmé."),
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.OFFERED) | Q(organisation__isnull=False),
                name="statement_offered_to_somebody",
                violation_error_message=_("Un besoin est proposé à une association."),
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.ADOPTED) | Q(need__isnull=False),
                name="statement_adopted_is_need",
                violation_error_message=_("Ce qui est suivi est un besoin de la ville."),
            ),
            models.CheckConstraint(
                condition=Q(way=Way.DESK)
                | Q(person__isnull=False)
                | Q(stage__in=[Stage.UNPROVEN, Stage.CLOSED]),
                name="statement_way_to_somebody",
                violation_error_message=_("Donnez un téléphone ou une adresse e-mail."),
            ),
        ]
        indexes = [
            models.Index(fields=["city", "stage"], name="statement_of_town"),
            models.Index(fields=["created_at"], condition=Q(stage="unproven"), name="statement_unproven"),
        ]

    # Of a contact that nobody has proven, all codes count (`accounts.own_codes`).
    email: str | None = None

    def __str__(self) -> str:
        return self.reference

    @property
    def contact(self) -> str:
        """To where its code goes, while it is not proven; "" where it is shown at a desk."""
        return str(self.answers.get("phone") or self.answers.get("email") or "")


class StatementChange(StateChange):
    """The history of a statement."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="changes")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )


class Recording(models.Model):
    """A question as a town has had it read aloud in one language: a short file of sound."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    question = models.CharField(max_length=20)
    language = models.CharField(max_length=10)
    media_type = models.CharField(max_length=20)
    # In base 64; empty once it was taken away.
    content = EncryptedTextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("enregistrement")
        verbose_name_plural = _("enregistrements")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "question", "language"],
                name="recording_once",
                violation_error_message=_("Cette question est déjà enregistrée dans cette langue."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.question} {self.language}"
