"""What people agreed to, and who read how to reach them."""

from django.core.validators import validate_slug
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class Consent(models.Model):
    """What a person agreed to, in which wording, and how; withdrawn, it stays as a proof."""

    class How(models.TextChoices):
        WEB = "web", _("en ligne")
        PHONE = "phone", _("par téléphone")
        PAPER = "paper", _("sur papier")

    class Purpose(models.TextChoices):
        """The purposes that have words of their own on the account page; others are allowed."""

        RECORD = "record", _("Garder mes coordonnées pour me répondre")
        CONTACT = "contact", _("Me contacter au sujet de mes propositions")
        SHARING = "sharing", _("Partager mes propositions avec les villes voisines")
        APPEALS = "appeals", _("Me demander de l’aide pour d’autres besoins près de chez moi")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(_("objet"), max_length=40, validators=[validate_slug])
    wording_version = models.CharField(_("version du texte"), max_length=20)
    given_at = models.DateTimeField(_("donné le"))
    how = models.CharField(_("moyen"), max_length=10, choices=How)
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="consents_recorded"
    )
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    class Meta:
        verbose_name = _("consentement")
        verbose_name_plural = _("consentements")
        constraints = [
            models.CheckConstraint(
                condition=Q(how="web") | Q(recorded_by__isnull=False),
                name="consent_recorded_by",
                violation_error_message=_(
                    "Un consentement oral ou sur papier porte le nom de qui l’a recueilli."
                ),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after",
                violation_error_message=_("Un consentement est retiré après avoir été donné."),
            ),
            models.UniqueConstraint(
                fields=["user", "purpose", "wording_version"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_live_unique",
                violation_error_message=_("Ce consentement est déjà enregistré."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.purpose}"

    @property
    def purpose_label(self) -> str:
        return str(dict(self.Purpose.choices).get(self.purpose, self.purpose))


class DataCopy(models.Model):
    """Somebody was given a copy of all that is known about them; their desk gave it to who has no address."""

    class How(models.TextChoices):
        OWN = "own", _("téléchargée par la personne")
        HANDED = "handed", _("imprimée et remise en main propre")
        POST = "post", _("imprimée et envoyée par courrier")

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_copies")
    how = models.CharField(_("moyen"), max_length=6, choices=How)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Whose desk gave it; null where the person took it themselves.
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("copie de données")
        verbose_name_plural = _("copies de données")
        constraints = [
            models.CheckConstraint(
                condition=Q(how="own", by=F("person"), city__isnull=True)
                | (~Q(how="own") & Q(city__isnull=False)),
                name="data_copy_given_by",
                violation_error_message=_("Une copie remise par une ville porte son nom."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%Y-%m-%d}"


class ContactReading(models.Model):
    """Somebody read a person's contact. No subject: they exported many, or read of who is in no table of ours, the
    owner of an empty dwelling; the reference says of which.
    """

    reader = models.ForeignKey(User, on_delete=models.PROTECT, related_name="readings_made")
    subject = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="readings_of_contact"
    )
    reason = models.CharField(_("raison"), max_length=40, validators=[validate_slug])
    reference = models.CharField(_("référence"), max_length=80, blank=True)
    # For which town it was read; nothing on rows from before this was kept.
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField(_("lu le"), db_index=True)

    class Meta:
        verbose_name = _("lecture de coordonnées")
        verbose_name_plural = _("lectures de coordonnées")
        constraints = [
            models.CheckConstraint(
                condition=Q(subject__isnull=False)
                | Q(reason="export")
                | (Q(reason="dwelling") & ~Q(reference="")),
                name="contact_reading_subject",
                violation_error_message=_("Seul un export concerne plusieurs personnes."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.reader_id} → {self.subject_id or self.reason}"
