"""Who sends lists, each list that came, and what became of each of its lines."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, towns_of
from accounts.models import Organisation, User
from needs.models import Need
from offers.models import Offer
from sealing.fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField

LONGEST_NAME = 60
LONGEST_KEY = 20
# The file, what became of its lines, and the way back: gone after so long.
KEPT = timedelta(days=7)


class What(models.TextChoices):
    """What the rows of a list are."""

    OFFERS = "offers", _("Propositions")
    NEEDS = "needs", _("Besoins")


class Step(models.TextChoices):
    """Where a list stands. What ends in -ing is a worker's."""

    COLUMNS = "columns", _("colonnes à vérifier")
    CHECKING = "checking", _("essai en cours")
    READY = "ready", _("prête à importer")
    IMPORTING = "importing", _("import en cours")
    DONE = "done", _("importée")
    UNDOING = "undoing", _("annulation en cours")
    UNDONE = "undone", _("annulée")
    FAILED = "failed", _("arrêtée")


AT_WORK = (Step.CHECKING, Step.IMPORTING, Step.UNDOING)


class Fate(models.TextChoices):
    """What became of a line, or would: `catalogue.imports.Outcome`."""

    NEW = "new", _("ligne nouvelle")
    CHANGED = "changed", _("mise à jour")
    KNOWN = "known", _("déjà là")
    DISPUTED = "disputed", _("en désaccord")
    BAD = "bad", _("à corriger")


class SenderQuerySet(VisibleQuerySet["Sender"]):
    def seen_by(self, user: User) -> Q:
        """Those of the towns that somebody coordinates."""
        return Q(city__in=towns_of(user, COORDINATION))


class ListQuerySet(VisibleQuerySet["ListImport"]):
    def seen_by(self, user: User) -> Q:
        """The same of their lists."""
        return Q(city__in=towns_of(user, COORDINATION))


class Sender(models.Model):
    """Who sends lists of one sort to a town, and how their lists are to be read.

    `headers`: by how a column is called, which of ours it is; "" for one that is not read. `fixed`: what holds for all
    rows of a column that their lists lack. `answers`: by column, what a word of theirs means.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=6, choices=What.choices)
    name = models.CharField(_("nom de la source"), max_length=LONGEST_NAME)
    # With it the keys of their offers begin.
    key = models.CharField(max_length=LONGEST_KEY, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    headers = EncryptedJSONField(default=dict, blank=True)
    fixed = EncryptedJSONField(default=dict, blank=True)
    answers = EncryptedJSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    objects = SenderQuerySet.as_manager()

    class Meta:
        verbose_name = _("source de listes")
        verbose_name_plural = _("sources de listes")
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "what", "key"],
                condition=Q(organisation=None),
                name="sender_key_once",
                violation_error_message=_("Cette source existe déjà."),
            ),
            models.UniqueConstraint(
                fields=["city", "what", "organisation"],
                condition=Q(organisation__isnull=False),
                name="sender_association_once",
                violation_error_message=_("Cette source existe déjà."),
            ),
            models.CheckConstraint(
                condition=Q(what="offers", organisation=None) | Q(what="needs", organisation__isnull=False),
                name="sender_of_needs_is_an_association",
                violation_error_message=_("Des besoins sont ceux d’une association."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListImport(models.Model):
    """One list. `columns`: which of ours each of its columns is, "" for one that is not read.

    `line_done`: the last line that is written; a worker that is killed goes on behind it. `by` is null of a command
    that named nobody.
    """

    sender = models.ForeignKey(Sender, on_delete=models.PROTECT, related_name="lists")
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    name = EncryptedCharField(max_length=200)
    # By which the same file is known again.
    digest = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()
    step = models.CharField(max_length=9, choices=Step.choices, default=Step.COLUMNS)
    # What somebody said of the file as a whole: `catalogue.spreadsheets.Answers`.
    opened_as = EncryptedJSONField(default=dict, blank=True)
    columns = ArrayField(models.CharField(max_length=40, blank=True), default=list, blank=True)
    lines = models.PositiveIntegerField(null=True, blank=True)
    line_done = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    disputed = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    kept_on = models.PositiveIntegerField(default=0)  # of an undone one: what stays
    notices = EncryptedJSONField(default=list, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    trouble = EncryptedTextField(blank=True)
    moved_at = models.DateTimeField()
    imported_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    emptied_at = models.DateTimeField(null=True, blank=True)

    objects = ListQuerySet.as_manager()

    class Meta:
        verbose_name = _("liste importée")
        verbose_name_plural = _("listes importées")
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sender"],
                condition=Q(step__in=["importing", "undoing"]),
                name="list_one_at_a_time",
                violation_error_message=_("Une liste de cette source est déjà en cours d’import."),
            ),
            models.CheckConstraint(
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="list_undone_at_by",
                violation_error_message=_("Une annulation porte sa date et son auteur."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["moved_at"],
                condition=Q(step__in=["checking", "importing", "undoing"]),
                name="list_at_work",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sender_id}: {self.step}"

    @property
    def is_at_work(self) -> bool:
        return self.step in AT_WORK

    @property
    def read(self) -> int:
        """How many lines were looked at."""
        return self.new + self.changed + self.known + self.disputed + self.bad

    @property
    def percent(self) -> int:
        """Of the lines; 100 only when it is over."""
        if not self.is_at_work:
            return 100
        return min(99, 100 * self.read // self.lines) if self.lines else 0


class FilePart(models.Model):
    """A part of the file as it came, sealed, until the list is emptied."""

    list = models.ForeignKey(ListImport, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = EncryptedTextField()  # in base 64

    class Meta:
        verbose_name = _("partie d’un fichier")
        verbose_name_plural = _("parties de fichiers")
        ordering = ["list", "number"]
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="file_part_once")]

    def __str__(self) -> str:
        return f"{self.list_id}/{self.number}"


class Line(models.Model):
    """What became of a line. `said`: `words` of what was understood, `bad` cells with what is wrong, and `differs` by
    field: what stood or stands here, and what the list says.
    """

    list = models.ForeignKey(ListImport, on_delete=models.CASCADE, related_name="all_lines")
    number = models.PositiveIntegerField()
    fate = models.CharField(max_length=8, choices=Fate.choices)
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    said = EncryptedJSONField(default=dict, blank=True)
    # Of an undone list: whether it was taken back.
    taken_back = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("ligne d’une liste")
        verbose_name_plural = _("lignes de listes")
        ordering = ["list", "number"]
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="line_once")]
        indexes = [models.Index(fields=["list", "fate", "number"], name="line_of_fate")]

    def __str__(self) -> str:
        return f"{self.list_id}:{self.number} {self.fate}"
