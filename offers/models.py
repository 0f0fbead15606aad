"""What a citizen can give."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce, Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import DESK, VisibleQuerySet, towns_of
from accounts.models import Consent, User
from catalogue.fields.offers import OFFER
from catalogue.fields.shared import LARGEST
from catalogue.folding import Words
from catalogue.models import (
    LONGEST_CODE,
    LONGEST_SIZE,
    Entry,
    FieldChange,
    StateChange,
    category_matches_kind,
)
from catalogue.vocabulary import (
    HOUSING_FORMS,
    LANGUAGE_PAIR_CATEGORIES,
    MOST_PERIODS,
    TOO_MANY_PERIODS,
    Category,
    Condition,
    DwellingState,
    HandOver,
    Household,
    Kind,
)
from engine.goods import ANY, OTHER
from engine.vocabulary import READY
from sealing.fields import EncryptedCharField, EncryptedJSONField, EncryptedTextField, FindableAddressField

BYTES_OF_PERIOD = 8
# The items of goods of which nobody knows what they are, until somebody has looked.
UNSORTED = ("", ANY, OTHER)

# What its owner agreed to: nothing is asked of somebody who has taken one of these back.
STANDS_ON = (Consent.Purpose.RECORD, Consent.Purpose.CONTACT)


class OfferState(models.TextChoices):
    """`exhausted` of the domain is not here: it follows from capacity and what is held."""

    DRAFT = "draft", _("brouillon")
    UNCONFIRMED = "unconfirmed", _("contact à confirmer")
    # With its context: Django's own French catalogue has another "active", and makes it masculine.
    ACTIVE = "active", pgettext_lazy("proposition", "active")
    PAUSED = "paused", _("en pause")
    EXPIRED = "expired", _("à reconfirmer")
    WITHDRAWN = "withdrawn", _("retirée")
    FROZEN = "frozen", _("suspendue")


def _sent(field: str, function: str) -> Func:
    """A field's bytes, as PostgreSQL sends them."""
    return Func(F(field), function=function)


def _key_of(*lists: str) -> Func:
    """Eight bytes that stand for a list of words: a list may be of any length, an index's row not."""
    words = Func(*lists, function="array_cat") if len(lists) > 1 else F(*lists)
    return Func(Func(words, Value(0), function="hash_array_extended"), function="int8send")


def _key_of_words(*words: str) -> Func:
    """As `_key_of`, of a list that is made of single words."""
    listed = Func(*words, template="ARRAY[%(expressions)s]", output_field=ArrayField(models.CharField()))
    return Func(Func(listed, Value(0), function="hash_array_extended"), function="int8send")


# What the engine reads of an offer, in one value: taken apart where it lies, by
# `matching.scanning.reading.offer_columns`. Sixteen fields one by one took three times as long (docs/adr/0007).
PACKED = {
    "id": _sent("id", "int8send"),
    "revision": _sent("revision", "int4send"),
    "city": _sent("city", "int8send"),
    "lat": _sent("latitude", "float8send"),
    "lon": _sent("longitude", "float8send"),
    "reach_km": _sent("reach_km", "float8send"),
    "capacity": _sent("capacity", "int4send"),
    "owner": _sent("owner", "int8send"),
    # Never confirmed is before everything.
    "confirmed": Func(
        Coalesce("confirmed_at", Value("-infinity"), output_field=models.DateTimeField()),
        function="timestamptz_send",
    ),
    "registered": _sent("created_at", "timestamptz_send"),
    "share_with_linked": _sent("share_with_linked", "boolsend"),
    "shared_home": _sent("shared_home", "boolsend"),
    "step_free": _sent("step_free", "boolsend"),
    "pets_accepted": _sent("pets_accepted", "boolsend"),
    "smoking": _sent("smoking", "boolsend"),
    "notice_days": _sent("notice_days", "int2send"),
    # Without a limit, and lent: 0.
    "longest_stay": Func(Coalesce("longest_stay_days", 0), function="int4send"),
    "rent": Func(Coalesce("rent", 0), function="int4send"),
    "is_ready": Func(
        Func(
            F("dwelling_state"),
            template=f"(%(expressions)s IN {READY})",
            output_field=models.BooleanField(),
        ),
        function="boolsend",
    ),
    "remote": _sent("remote", "boolsend"),
    "languages": _key_of("languages"),
    "named_languages": _key_of("languages_from", "languages_to"),
    "accepts": _key_of("accepts"),
    "slots": _key_of("slots"),
    "goods": _key_of_words("item", "size"),
    # Without a day: for good.
    "best_before": Func(
        Coalesce("best_before", Value("infinity"), output_field=models.DateField()), function="date_send"
    ),
    "periods": Func(Length("days") / BYTES_OF_PERIOD, function="int4send"),
}


class OfferQuerySet(VisibleQuerySet["Offer"]):
    def seen_by(self, user: User) -> Q:
        """Own offers; for coordinators and operators, every offer of their towns."""
        return Q(owner=user) | Q(city__in=towns_of(user, DESK))

    def open(self) -> "OfferQuerySet":
        """Offers that the engine may match."""
        return self.filter(state=OfferState.ACTIVE)

    def due_for_scan(self) -> "OfferQuerySet":
        """Offers changed since the engine last looked, the longest waiting first."""
        return self.filter(scan_due_at__isnull=False).order_by("scan_due_at", "id")


class Offer(Entry):
    """A home, goods, or hours a week, in one category, at one place, on given days."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="offers",
        verbose_name=OFFER["owner"].label,
    )
    category = models.CharField(OFFER["category"].label, max_length=20, choices=Category.choices)
    address = FindableAddressField(OFFER["address"].label, max_length=OFFER["address"].longest, blank=True)
    capacity = models.PositiveIntegerField(OFFER["capacity"].label)
    share_with_linked = models.BooleanField(OFFER["share_with_linked"].label, default=False)
    state = models.CharField(
        OFFER["state"].label, max_length=12, choices=OfferState.choices, default=OfferState.UNCONFIRMED
    )
    # The reference of the need under which "Je peux aider" was pressed; what it is worth, `matching.answering` says.
    answers_need = models.CharField(
        OFFER["answers_need"].label, max_length=11, blank=True, db_default="", default="", editable=False
    )
    confirmed_at = models.DateTimeField(OFFER["confirmed_at"].label, null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The last day of a pause that ends by itself.
    paused_until = models.DateField(OFFER["paused_until"].label, null=True, blank=True, editable=False)
    # Of what was in here twice: this row keeps what was promised with it, the other one goes on (docs/adr/0030).
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged", editable=False
    )

    # Housing
    shared_home = models.BooleanField(OFFER["shared_home"].label, default=False)
    accepts = ArrayField(
        models.CharField(max_length=12, choices=Household.choices),
        default=list,
        blank=True,
        verbose_name=OFFER["accepts"].label,
    )
    step_free = models.BooleanField(OFFER["step_free"].label, default=False)
    pets_accepted = models.BooleanField(OFFER["pets_accepted"].label, default=False)
    smoking = models.BooleanField(OFFER["smoking"].label, default=False)
    longest_stay_days = models.PositiveIntegerField(OFFER["longest_stay_days"].label, null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField(OFFER["notice_days"].label, default=0)
    nearest_stop = EncryptedCharField(
        OFFER["nearest_stop"].label, max_length=OFFER["nearest_stop"].longest, blank=True
    )
    rent = models.PositiveIntegerField(OFFER["rent"].label, null=True, blank=True)
    dwelling_state = models.CharField(
        OFFER["dwelling_state"].label, max_length=12, choices=DwellingState.choices, blank=True
    )
    vetted_at = models.DateTimeField(OFFER["vetted_at"].label, null=True, blank=True)
    vetted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=OFFER["vetted_by"].label,
    )

    # Goods. Without an item: none was named yet (`offers.services.name_items`).
    item = models.CharField(OFFER["item"].label, max_length=LONGEST_CODE, blank=True)
    item_words = models.CharField(
        OFFER["item_words"].label, max_length=OFFER["item_words"].longest, blank=True
    )
    size = models.CharField(OFFER["size"].label, max_length=LONGEST_SIZE, blank=True)
    # When the desk last said what it is; null: nobody has looked.
    item_checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    condition = models.CharField(
        OFFER["condition"].label, max_length=5, choices=Condition.choices, blank=True
    )
    best_before = models.DateField(OFFER["best_before"].label, null=True, blank=True)
    hand_over = models.CharField(OFFER["hand_over"].label, max_length=9, choices=HandOver.choices, blank=True)

    # Skills
    remote = models.BooleanField(OFFER["remote"].label, default=False)
    diploma = EncryptedCharField(OFFER["diploma"].label, max_length=OFFER["diploma"].longest, blank=True)

    # What the periods say, for the engine. The database keeps this itself, whatever is written here (docs/adr/0007).
    first_day = models.DateField(null=True, editable=False)
    last_day = models.DateField(null=True, editable=False)  # null: no end
    days = models.BinaryField(
        default=b"", editable=False
    )  # first and last of each in order, as PostgreSQL sends them
    packed = models.GeneratedField(
        expression=Func(*PACKED.values(), template="(%(expressions)s)", arg_joiner=" || "),
        output_field=models.BinaryField(),
        db_persist=True,
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=category_matches_kind(housing=Q(category__in=list(HOUSING_FORMS))),
                name="offer_category_of_kind",
                violation_error_message=_("Cette catégorie ne correspond pas à la nature de la proposition."),
            ),
            models.CheckConstraint(
                condition=Q(capacity__gte=1)
                & (
                    Q(kind=Kind.HOUSING, capacity__lte=LARGEST[Kind.HOUSING])
                    | Q(kind=Kind.GOODS, capacity__lte=LARGEST[Kind.GOODS])
                    | Q(kind=Kind.SKILL, capacity__lte=LARGEST[Kind.SKILL])
                ),
                name="offer_capacity_plausible",
                violation_error_message=_(
                    "La capacité doit être d’au moins 1, et d’au plus 50 personnes, 10 000 objets "
                    "ou 80 heures par semaine."
                ),
            ),
            models.CheckConstraint(
                condition=Q(reach_km__gte=0, reach_km__lte=500),
                name="offer_reach_plausible",
                violation_error_message=_("La distance doit être comprise entre 0 et 500 km."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="offer_point_on_earth",
                violation_error_message=_("Ce point n’est pas sur la Terre."),
            ),
            models.CheckConstraint(
                condition=Q(vetted_at__isnull=True, vetted_by__isnull=True)
                | Q(kind=Kind.HOUSING, vetted_at__isnull=False, vetted_by__isnull=False),
                name="offer_vetted_at_by",
                violation_error_message=_(
                    "Une visite porte sa date et son auteur, et seul un logement se visite."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(state=OfferState.ACTIVE) | Q(confirmed_at__isnull=False),
                name="offer_active_is_confirmed",
                violation_error_message=_(
                    "Une proposition active a été confirmée par la personne qui la fait."
                ),
            ),
            models.CheckConstraint(
                condition=Q(state=OfferState.PAUSED) | Q(paused_until__isnull=True),
                name="offer_paused_until_with_state",
                violation_error_message=_("Seule une proposition en pause a une fin de pause."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | (Q(state=OfferState.WITHDRAWN) & ~Q(merged_into=F("id"))),
                name="offer_merged_is_closed",
                violation_error_message=_("Une proposition réunie à une autre est fermée."),
            ),
            models.CheckConstraint(
                condition=~Q(category__in=list(LANGUAGE_PAIR_CATEGORIES))
                | (~Q(languages_from=[]) & ~Q(languages_to=[])),
                name="offer_language_pair_given",
                violation_error_message=_("Dites depuis quelles langues et vers quelles langues."),
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.GOODS) | Q(item="", item_words="", size=""),
                name="offer_item_of_goods",
                violation_error_message=_("Seuls des objets ont un objet du catalogue et une taille."),
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("days"), Value(MOST_PERIODS * BYTES_OF_PERIOD)),
                name="offer_periods_few",
                violation_error_message=TOO_MANY_PERIODS,
            ),
            models.UniqueConstraint(
                fields=["city", "external_key"],
                condition=~Q(external_key=""),
                name="offer_registered_once",
                violation_error_message=_("Cette proposition est déjà enregistrée."),
            ),
        ]
        indexes = [
            # All that the engine reads of an offer, in order of place: its candidates are found and read here, and
            # the table itself is not touched.
            models.Index(
                fields=["category", "reach_class", "band", "longitude"],
                include=[
                    *("latitude", "reach_km", "city", "share_with_linked", "remote"),
                    *("first_day", "last_day", "days", "packed"),
                ],
                condition=Q(state="active"),
                name="offer_reading",
            ),
            models.Index(fields=["category"], condition=Q(state="active", remote=True), name="offer_remote"),
            models.Index(
                fields=["scan_due_at"], condition=Q(scan_due_at__isnull=False), name="offer_scan_due"
            ),
            models.Index(fields=["state", "confirmed_at"], name="offer_freshness"),
            models.Index(fields=["answers_need"], condition=~Q(answers_need=""), name="offer_answers_need"),
            models.Index(fields=["city", "created_at"], name="offer_city_created"),
            # What the desk has still to do, which is little beside all that there is.
            models.Index(
                fields=["city", "created_at"],
                condition=Q(kind=Kind.GOODS, item_checked_at__isnull=True, item__in=UNSORTED),
                name="offer_to_sort",
            ),
            models.Index(
                fields=["city", "created_at"],
                condition=Q(kind=Kind.HOUSING, vetted_at__isnull=True, state="active"),
                name="offer_to_visit",
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state == OfferState.ACTIVE

    @property
    def has_works(self) -> bool:
        """Whether nobody can move in before work is done."""
        return self.dwelling_state not in READY


class SharedDraft(models.Model):
    """The answers of an offer that is not sent yet, while they are wanted in another browser or read out by phone.

    As long as it stands, each browser that has the draft reads and writes its answers here (`offers.wizard`).
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    # Of the draft, wherever it is: shared twice, it is one row.
    key = models.UUIDField(editable=False)
    # Six digits, for an operator on the phone.
    number = models.CharField(_("numéro"), max_length=6, editable=False)
    answers = EncryptedJSONField(default=dict, editable=False)
    made_at = models.DateTimeField(editable=False)
    ends_at = models.DateTimeField(db_index=True, editable=False)
    # The operator who completes it with whoever began it.
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    taken_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("brouillon partagé")
        verbose_name_plural = _("brouillons partagés")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "number"],
                name="shared_draft_number",
                violation_error_message=_("Ce numéro est pris."),
            ),
            models.UniqueConstraint(
                fields=["city", "key"],
                name="shared_draft_key",
                violation_error_message=_("Ce brouillon est déjà partagé."),
            ),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="shared_draft_taken_at_by",
                violation_error_message=_("Un brouillon repris porte sa date et son auteur."),
            ),
        ]

    def __str__(self) -> str:
        return self.said

    @property
    def said(self) -> str:
        """Its number as people read it out."""
        return f"{self.number[:4]}-{self.number[4:]}"


class Window(models.Model):
    """Days on which an offer is there: first to last day inclusive, null for an open end."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="windows", db_index=False)
    first_day = models.DateField(_("du"))
    last_day = models.DateField(_("au"), null=True, blank=True)

    class Meta:
        verbose_name = _("période")
        verbose_name_plural = _("périodes")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__isnull=True) | Q(last_day__gte=F("first_day")),
                name="window_in_order",
                violation_error_message=_("La fin doit venir après le début."),
            ),
            ExclusionConstraint(
                name="window_no_overlap",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    (
                        Func(
                            "first_day",
                            "last_day",
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Deux périodes se chevauchent."),
            ),
        ]
        # What an offer's `days` are made of, from the index alone.
        indexes = [models.Index(fields=["offer"], include=["first_day", "last_day"], name="window_days")]

    def __str__(self) -> str:
        return f"{self.first_day}..{self.last_day or ''}"


class OfferPicture(models.Model):
    """What offered goods look like: written anew by `catalogue.pictures`, so that nothing of the camera is in it.

    For the owner, the desk, and whoever collects the goods once that is agreed (`matching.own_views`).
    """

    offer = models.OneToOneField(Offer, on_delete=models.CASCADE, related_name="picture", editable=False)
    # WebP, in base 64. A page that may show it holds it: it has no address of its own.
    content = EncryptedTextField(editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    added_at = models.DateTimeField(_("ajoutée le"), editable=False)

    class Meta:
        verbose_name = _("photo d’une proposition")
        verbose_name_plural = _("photos des propositions")

    def __str__(self) -> str:
        return str(self.offer_id)

    @property
    def as_uri(self) -> str:
        """What stands in the page."""
        return f"data:image/webp;base64,{self.content}"


class OfferChange(StateChange):
    """The history of an offer's states."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="changes")


class OfferEdit(FieldChange):
    """The history of an offer's fields, and of its periods under "windows"."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="edits")


class OfferWords(Words):
    """The words by which an offer is found."""

    # The key is the migration's own: the words go with their row, also where it goes without Django.
    offer = models.OneToOneField(
        Offer, on_delete=models.CASCADE, related_name="words", primary_key=True, db_constraint=False
    )
