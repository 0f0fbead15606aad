"""That somebody's data are to go: asked for, waiting for an end, done."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sealing.fields import EncryptedCharField


class Erasure(models.Model):
    """Somebody's data are to be erased; it stays as the proof that this was done, and names nobody then.

    A worker does it (`privacy.erasing.carry_out`), at once or as soon as what it waits for is over.
    """

    class How(models.TextChoices):
        OWN = "own", _("la personne elle-même, en ligne")
        PHONE = "phone", _("la personne elle-même, par téléphone")
        UNUSED = "unused", _("deux ans sans contact")
        LEFT = "left", _("invitation ou inscription sans suite")

    class WaitsFor(models.TextChoices):
        """What is not over; the two procedures read the same, so that no report is to be guessed."""

        STAY = "stay", _("un accueil, une aide ou un prêt en cours")
        REPORT = "report", _("une procédure en cours")
        HOLD = "hold", _("une procédure en cours")
        PART = "part", _("un rôle dans une équipe ou une association")

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="erasures")
    # The town whose desk noted it; null where it is nobody's desk.
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    how = models.CharField(_("demandé par"), max_length=6, choices=How)
    # What the operator notes of the call.
    reason = EncryptedCharField(_("raison"), max_length=500, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    asked_at = models.DateTimeField(_("demandé le"))
    waits_for = models.CharField(_("attend"), max_length=6, choices=WaitsFor, blank=True)
    done_at = models.DateTimeField(_("effacé le"), null=True, blank=True)
    taken_back_at = models.DateTimeField(_("repris le"), null=True, blank=True)

    class Meta:
        verbose_name = _("effacement")
        verbose_name_plural = _("effacements")
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(done_at__isnull=True, taken_back_at__isnull=True),
                name="erasure_one_at_a_time",
                violation_error_message=_("Cet effacement est déjà demandé."),
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(taken_back_at__isnull=True, waits_for=""),
                name="erasure_done_or_taken_back",
                violation_error_message=_("Ce qui est effacé n’attend plus et ne se reprend pas."),
            ),
            models.CheckConstraint(
                condition=~Q(how="phone") | Q(city__isnull=False, asked_by__isnull=False),
                name="erasure_by_phone_is_noted",
                violation_error_message=_("Une demande par téléphone porte le nom de qui l’a notée."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.asked_at:%Y-%m-%d}"
