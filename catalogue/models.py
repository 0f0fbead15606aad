"""What offers and needs have in common, as abstract models: place, languages, slots, state and its history."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Cast, Floor
from django.utils.translation import gettext_lazy as _

from catalogue.fields.offers import OFFER
from catalogue.fields.shared import LONGEST_REACH_KM, LONGEST_TEXT, LONGEST_TITLE
from catalogue.languages import validate_language
from catalogue.slots import validate_slot
from catalogue.vocabulary import CATEGORIES, Kind, Source
from sealing.fields import EncryptedCharField, EncryptedPairsField

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

# Of an item of the catalogue, and of a size.
LONGEST_CODE, LONGEST_SIZE = 24, 8
# Kilometres. One row that reaches 500 km must not have a search among those of 5 km look through half the country.
REACH_CLASSES = (5, 10, 20, 30, 50, 100, 200, LONGEST_REACH_KM)


def language_array(verbose_name: "StrPromise") -> ArrayField:
    """A list of BCP 47 codes."""
    return ArrayField(
        models.CharField(max_length=12, validators=[validate_language]),
        default=list,
        blank=True,
        verbose_name=verbose_name,
    )


def category_matches_kind(*, housing: models.Q) -> models.Q:
    """A condition for a check constraint: the category belongs to the kind; housing as the caller says."""
    return (
        (models.Q(kind=Kind.HOUSING) & housing)
        | models.Q(kind=Kind.GOODS, category__in=list(CATEGORIES[Kind.GOODS]))
        | models.Q(kind=Kind.SKILL, category__in=list(CATEGORIES[Kind.SKILL]))
    )


class Entry(models.Model):
    """An offer or a need: what, where, in which languages, and whether the engine has seen its last change.

    `revision` grows with each change that matters to the engine; `scan_due_at` is the moment since which a scan
    is due, null when none is. Together they are the queue (docs/adr/0002).
    """

    reference = models.CharField(OFFER["reference"].label, max_length=12, unique=True, editable=False)
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, verbose_name=OFFER["city"].label)
    kind = models.CharField(OFFER["kind"].label, max_length=8, choices=Kind.choices)
    title = models.CharField(OFFER["title"].label, max_length=LONGEST_TITLE)
    text = models.TextField(OFFER["text"].label, max_length=LONGEST_TEXT, blank=True)
    commune = models.ForeignKey(
        "cities.Commune", on_delete=models.PROTECT, verbose_name=OFFER["commune"].label, related_name="+"
    )
    latitude = models.FloatField(validators=[MinValueValidator(-90), MaxValueValidator(90)])
    longitude = models.FloatField(validators=[MinValueValidator(-180), MaxValueValidator(180)])
    # A tenth of a degree of latitude (about 11 km): the coarse half of the engine's space index.
    band = models.GeneratedField(
        expression=Cast(Floor(models.F("latitude") * 10), models.IntegerField()),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    reach_km = models.FloatField(
        OFFER["reach_km"].label,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(LONGEST_REACH_KM)],
    )
    reach_class = models.GeneratedField(
        expression=models.Case(
            *(models.When(reach_km__lte=km, then=models.Value(km)) for km in REACH_CLASSES[:-1]),
            default=models.Value(REACH_CLASSES[-1]),
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    languages = language_array(OFFER["languages"].label)
    languages_from = language_array(OFFER["languages_from"].label)
    languages_to = language_array(OFFER["languages_to"].label)
    slots = ArrayField(
        models.CharField(max_length=15, validators=[validate_slot]),
        default=list,
        blank=True,
        verbose_name=OFFER["slots"].label,
    )
    source = models.CharField(OFFER["source"].label, max_length=6, choices=Source.choices, default=Source.WEB)
    # The form's, the file's or the client's own key: what arrives twice is registered once.
    external_key = models.CharField(max_length=80, blank=True, editable=False)
    # Digests of what a list last said of the row and of each field, by name (`catalogue.imports.again`).
    listed = models.JSONField(
        default=dict, blank=True, db_default=models.Value({}, models.JSONField()), editable=False
    )
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=OFFER["entered_by"].label,
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    scan_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(OFFER["created_at"].label, editable=False)
    changed_at = models.DateTimeField(OFFER["changed_at"].label, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference


class StateChange(models.Model):
    """One row for each change of state, written in the same transaction; `by` is null when the scheduler did it."""

    act = models.CharField(max_length=20)
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = EncryptedCharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}"


class FieldChange(models.Model):
    """One row for each change of fields, written in the same transaction: who, when, and old and new of each field.

    `what` is `{field: [old, new]}` in values of JSON (see `catalogue.changes`), each pair sealed; `by` is null when no
    person did it.
    The database lets nobody change or delete a row. What it holds of a person (a name, an address, free text) is
    erased by making that pair `[null, null]`, the one update that passes: that a field changed, when and by whom stays.
    """

    what = EncryptedPairsField(_("changements"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(what={}),
                name="%(app_label)s_%(class)s_says_what",
                violation_error_message=_("Un changement dit ce qui a changé."),
            )
        ]

    def __str__(self) -> str:
        return ", ".join(self.what)
