"""What the desk knows of its own work: notes on a case, whom they name, days to come back to it, views of the queue."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import VisibleQuerySet
from accounts.models import User
from matching.models import DeskQuerySet
from needs.models import Need
from sealing.fields import EncryptedCharField, EncryptedTextField, FindableCharField, Index

LONGEST_NOTE = 2000
LONGEST_WORDS = 120
LONGEST_NAME = 40
LONGEST_QUERY = 300


class Note(models.Model):
    """What a coordinator writes on a case for the others; never changed, and nobody else reads it."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = EncryptedTextField(max_length=LONGEST_NOTE)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("note de l’équipe")
        verbose_name_plural = _("notes de l’équipe")
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""),
                name="note_says_something",
                violation_error_message=_("Écrivez la note."),
            ),
        ]
        indexes = [models.Index(fields=["need", "at"], name="note_of_need")]

    def __str__(self) -> str:
        return f"{self.need_id}: {self.by_id}"


class Mention(models.Model):
    """A colleague whom a note names: their bell rings."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="mentions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("personne nommée")
        verbose_name_plural = _("personnes nommées")
        constraints = [
            models.UniqueConstraint(
                fields=["note", "person"],
                name="mention_once",
                violation_error_message=_("Cette personne est déjà nommée."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.note_id}: {self.person_id}"


class Flag(models.Model):
    """A day on which the desk comes back to a case, and what for; lifted by whoever has done it."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="flags")
    day = models.DateField(_("jour"))
    words = EncryptedCharField(_("quoi"), max_length=LONGEST_WORDS)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("rappel d’un dossier")
        verbose_name_plural = _("rappels de dossiers")
        ordering = ["day", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(words=""),
                name="flag_says_something",
                violation_error_message=_("Écrivez ce qui est à faire."),
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="flag_lifted_by_somebody",
                violation_error_message=_("Un rappel est levé par quelqu’un."),
            ),
        ]
        indexes = [models.Index(fields=["need", "day"], condition=Q(lifted_at__isnull=True), name="flag_due")]

    def __str__(self) -> str:
        return f"{self.need_id} {self.day}"

    @classmethod
    def opened_words(cls, kept: str) -> str:
        """Of words that the database has put into an object of JSON, where they stay sealed."""
        field = cls._meta.get_field("words")
        assert isinstance(field, EncryptedCharField)
        return str(field.opened(kept))


class ViewQuerySet(VisibleQuerySet["SavedView"]):
    def seen_by(self, user: User) -> Q:
        """One's own."""
        return Q(by=user)


class SavedView(models.Model):
    """What a coordinator looks at often: a basket with its filters, under a name of their own."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = FindableCharField(_("nom de la vue"), max_length=LONGEST_NAME)
    query = EncryptedCharField(max_length=LONGEST_QUERY)
    at = models.DateTimeField()

    objects = ViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("vue enregistrée")
        verbose_name_plural = _("vues enregistrées")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                F("by"),
                F("city"),
                Index("name"),
                name="view_name_once",
                violation_error_message=_("Vous avez déjà une vue de ce nom."),
            ),
            models.CheckConstraint(
                condition=~Q(name=""),
                name="view_has_a_name",
                violation_error_message=_("Donnez un nom à la vue."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
