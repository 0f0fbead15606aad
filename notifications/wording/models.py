"""A town's own words, and who changed them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import FieldChange

LONGEST_TITLE, LONGEST_BODY, LONGEST_SHORT = 120, 4000, 600


class Form(models.TextChoices):
    """A text as long as a mail's, which every channel says that has no form of its own, or a short one."""

    LETTER = "email", _("Courriel")
    SHORT = "sms", _("SMS")


class Wording(models.Model):
    """What a town says in place of a built-in text, in one language; with an empty body the built-in is in force."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    # Of notifications.wording.texts. No choices: a text more is no migration.
    name = models.CharField(max_length=60, editable=False)
    form = models.CharField(max_length=10, choices=Form.choices, editable=False)
    language = models.CharField(max_length=10, editable=False)
    title = models.CharField(_("objet"), max_length=LONGEST_TITLE, blank=True)
    body = models.TextField(_("texte"), blank=True)

    class Meta:
        verbose_name = _("texte de la ville")
        verbose_name_plural = _("textes de la ville")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "name", "language", "form"],
                name="wording_once",
                violation_error_message=_("Ce texte existe déjà."),
            ),
            models.CheckConstraint(
                condition=Q(body="", title="")
                | (~Q(body="") & ((Q(form=Form.LETTER) & ~Q(title="")) | (Q(form=Form.SHORT) & Q(title="")))),
                name="wording_title_with_body",
                violation_error_message=_("Un courriel a un objet et un texte, un SMS un texte."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.language} {self.form}"


class WordingEdit(FieldChange):
    """What somebody changed of a town's words."""

    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de texte")
        verbose_name_plural = _("changements de textes")
