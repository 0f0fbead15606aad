"""What is asked for, by an association, the town's desk or the person concerned.

Never a field for nationality, origin, religion, papers, diagnosis, or the beneficiary's surname.
"""

from collections.abc import Iterable
from datetime import date
from typing import cast

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from accounts.access import DESK, VisibleQuerySet, associations_of, towns_of
from accounts.models import Organisation, User
from catalogue.fields.needs import MOST_PEOPLE, NEED
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
from catalogue.slots import parse_slot
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Category, Kind, RentPayer, Rhythm, Urgency
from cities.days import TownDay
from engine.records import share_of
from engine.urgency import urgency_on
from engine.vocabulary import Urgency as Word
from needs.progress import Given, Progress, given_by_day, given_once
from needs.urgency import URGENCY_RANKS, urgency_order, urgency_rank_on
from sealing.fields import EncryptedCharField


class NeedState(models.TextChoices):
    DRAFT = "draft", _("brouillon")
    OPEN = "open", _("ouvert")
    PARTLY_MET = "partly_met", _("en partie pourvu")
    MET = "met", _("pourvu")
    WITHDRAWN = "withdrawn", _("retiré")
    EXPIRED = "expired", _("terminé")


OPEN_STATES = (NeedState.OPEN, NeedState.PARTLY_MET)


class NeedQuerySet(VisibleQuerySet["Need"]):
    def seen_by(self, user: User) -> Q:
        """Needs of one's organisations, own needs, and for the desk every need of its towns."""
        own = Q(person=user) | Q(organisation__in=associations_of(user))
        return own | Q(city__in=towns_of(user, DESK))

    def open(self) -> "NeedQuerySet":
        """Needs that the engine may match: open, and posted by a verified organisation or by a person."""
        return self.filter(state__in=OPEN_STATES).filter(
            Q(organisation__isnull=True) | Q(organisation__state=Organisation.State.VERIFIED)
        )

    def by_urgency(self, today: date) -> "NeedQuerySet":
        """The desk's order: the most urgent of this day first, of these those that were posted so, then the longest
        waiting.
        """
        return self.order_by(*urgency_order(today))

    def of_urgency(self, urgency: str, today: date | TownDay) -> "NeedQuerySet":
        """Needs that are so urgent on this day, of one town or of all."""
        return self.filter(Exact(urgency_rank_on(today), URGENCY_RANKS[urgency]))

    def due_for_scan(self) -> "NeedQuerySet":
        """Needs changed since the engine last looked: tonight first, then the longest waiting.

        An open need of an organisation that is not verified keeps its mark and waits: it is due on verification.
        """
        waits = Q(state__in=OPEN_STATES, organisation__isnull=False) & ~Q(
            organisation__state=Organisation.State.VERIFIED
        )
        return (
            self.filter(scan_due_at__isnull=False)
            .exclude(waits)
            .order_by("urgency_rank", "scan_due_at", "id")
        )


def _days_between(first: F, last: F) -> models.Func:
    """Whole days from one day to another: PostgreSQL's own difference, where Django's would be an interval."""
    return models.Func(
        last, first, arg_joiner=" - ", output_field=models.IntegerField(), template="(%(expressions)s)"
    )


class Need(Entry):
    """A need for a household's home, a number of items, or hours a week, between two days."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="needs",
        verbose_name=NEED["organisation"].label,
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="needs",
        verbose_name=NEED["person"].label,
    )
    category = models.CharField(NEED["category"].label, max_length=20, choices=Category.choices, blank=True)
    first_day = models.DateField(NEED["first_day"].label)
    last_day = models.DateField(NEED["last_day"].label)
    min_days = models.PositiveIntegerField(NEED["min_days"].label, null=True, blank=True)
    quantity = models.PositiveIntegerField(NEED["quantity"].label)
    part_useful = models.BooleanField(NEED["part_useful"].label, default=False)
    people = models.PositiveIntegerField(NEED["people"].label, default=1)
    urgency = models.CharField(
        NEED["urgency"].label, max_length=9, choices=Urgency.choices, default=Urgency.PLANNED
    )
    # The queue's order, kept by the database beside the word that people read.
    urgency_rank = models.GeneratedField(
        expression=models.Case(
            models.When(urgency=Urgency.TONIGHT, then=models.Value(0)),
            models.When(urgency=Urgency.THIS_WEEK, then=models.Value(1)),
            default=models.Value(2),
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )
    case_reference = models.CharField(
        NEED["case_reference"].label,
        max_length=NEED["case_reference"].longest,
        blank=True,
    )
    state = models.CharField(
        NEED["state"].label, max_length=12, choices=NeedState.choices, default=NeedState.OPEN
    )

    # What people on both sides have said yes to, as `needs.progress` counts it.
    given_days = models.PositiveIntegerField(default=0, editable=False)
    given_quantity = models.PositiveIntegerField(default=0, editable=False)
    uncovered_from = models.DateField(null=True, blank=True, editable=False)

    # Housing
    adult_women = models.PositiveSmallIntegerField(NEED["adult_women"].label, default=0)
    adult_men = models.PositiveSmallIntegerField(NEED["adult_men"].label, default=0)
    children_under_3 = models.PositiveSmallIntegerField(NEED["children_under_3"].label, default=0)
    children_3_to_11 = models.PositiveSmallIntegerField(NEED["children_3_to_11"].label, default=0)
    children_12_to_17 = models.PositiveSmallIntegerField(NEED["children_12_to_17"].label, default=0)
    lone_minor = models.BooleanField(NEED["lone_minor"].label, default=False)
    couple = models.BooleanField(NEED["couple"].label, default=False)
    step_free_needed = models.BooleanField(NEED["step_free_needed"].label, default=False)
    pets = models.BooleanField(NEED["pets"].label, default=False)
    smoke_free_needed = models.BooleanField(NEED["smoke_free_needed"].label, default=False)
    rent_up_to = models.PositiveIntegerField(NEED["rent_up_to"].label, null=True, blank=True)
    rent_payer = models.CharField(
        NEED["rent_payer"].label, max_length=11, choices=RentPayer.choices, blank=True
    )
    shared_home_ok = models.BooleanField(NEED["shared_home_ok"].label, default=True)
    forms = ArrayField(
        models.CharField(max_length=20, choices=[(c.value, c.label) for c in Category]),
        default=list,
        blank=True,
        verbose_name=NEED["forms"].label,
    )
    social_worker = EncryptedCharField(
        NEED["social_worker"].label, max_length=NEED["social_worker"].longest, blank=True
    )

    # Goods. Without an item: none was named yet (`needs.services.name_items`).
    items = ArrayField(
        models.CharField(max_length=LONGEST_CODE), default=list, blank=True, verbose_name=NEED["items"].label
    )
    item_words = models.CharField(NEED["item_words"].label, max_length=NEED["item_words"].longest, blank=True)
    sizes = ArrayField(
        models.CharField(max_length=LONGEST_SIZE), default=list, blank=True, verbose_name=NEED["sizes"].label
    )
    # When the desk last said what it is; null: nobody has looked.
    item_checked_at = models.DateTimeField(null=True, blank=True, editable=False)

    # Skills
    rhythm = models.CharField(NEED["rhythm"].label, max_length=6, choices=Rhythm.choices, blank=True)
    remote_ok = models.BooleanField(NEED["remote_ok"].label, default=False)

    objects = NeedQuerySet.as_manager()

    class Meta:
        verbose_name = _("besoin")
        verbose_name_plural = _("besoins")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=category_matches_kind(housing=Q(category="")),
                name="need_category_of_kind",
                violation_error_message=_("Cette catégorie ne correspond pas à la nature du besoin."),
            ),
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | Q(person__isnull=False),
                name="need_has_a_poster",
                violation_error_message=_("Un besoin est posté par une association ou une personne."),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="need_days_in_order",
                violation_error_message=_("La fin doit venir après le début."),
            ),
            models.CheckConstraint(
                condition=Q(min_days__isnull=True)
                | Q(min_days__gte=1, min_days__lte=_days_between(F("first_day"), F("last_day")) + 1),
                name="need_min_days_within",
                violation_error_message=_(
                    "La durée minimale doit tenir entre le premier et le dernier jour."
                ),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1)
                & (
                    Q(kind=Kind.HOUSING, quantity__lte=LARGEST[Kind.HOUSING])
                    | Q(kind=Kind.GOODS, quantity__lte=LARGEST[Kind.GOODS])
                    | Q(kind=Kind.SKILL, quantity__lte=LARGEST[Kind.SKILL])
                ),
                name="need_quantity_plausible",
                violation_error_message=_(
                    "La quantité doit être d’au moins 1, et d’au plus 50 personnes, 10 000 objets "
                    "ou 80 heures par semaine."
                ),
            ),
            models.CheckConstraint(
                condition=Q(people__gte=1, people__lte=MOST_PEOPLE),
                name="need_people_plausible",
                violation_error_message=_("Le nombre de personnes doit être compris entre 1 et 10 000."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.HOUSING)
                | Q(
                    quantity=F("people"),
                    people=F("adult_women")
                    + F("adult_men")
                    + F("children_under_3")
                    + F("children_3_to_11")
                    + F("children_12_to_17"),
                ),
                name="need_household_adds_up",
                violation_error_message=_("Le nombre de personnes doit être celui du foyer."),
            ),
            models.CheckConstraint(
                condition=~Q(lone_minor=True)
                | Q(kind=Kind.HOUSING, adult_women=0, adult_men=0, couple=False),
                name="need_lone_minor_is_alone",
                violation_error_message=_("Un mineur isolé n’est pas accompagné d’un adulte."),
            ),
            models.CheckConstraint(
                condition=Q(couple=False) | Q(adult_women__gte=2 - F("adult_men")),
                name="need_couple_is_two",
                violation_error_message=_("Un couple compte deux adultes."),
            ),
            models.CheckConstraint(
                condition=Q(reach_km__gte=0, reach_km__lte=500),
                name="need_reach_plausible",
                violation_error_message=_("La distance doit être comprise entre 0 et 500 km."),
            ),
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="need_point_on_earth",
                violation_error_message=_("Ce point n’est pas sur la Terre."),
            ),
            models.CheckConstraint(
                condition=~Q(category__in=list(LANGUAGE_PAIR_CATEGORIES))
                | (~Q(languages_from=[]) | ~Q(languages_to=[])),
                name="need_language_pair_given",
                violation_error_message=_("Dites quelle langue est demandée."),
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.SKILL, rhythm__in=Rhythm.values) | (~Q(kind=Kind.SKILL) & Q(rhythm="")),
                name="need_rhythm_of_skill",
                violation_error_message=_("Dites si c’est une seule fois, ou chaque semaine."),
            ),
            models.CheckConstraint(
                condition=Q(kind=Kind.GOODS) | Q(items=[], item_words="", sizes=[]),
                name="need_items_of_goods",
                violation_error_message=_("Seuls des objets ont un objet du catalogue et une taille."),
            ),
            models.UniqueConstraint(
                fields=["city", "external_key"],
                condition=~Q(external_key=""),
                name="need_registered_once",
                violation_error_message=_("Ce besoin est déjà enregistré."),
            ),
        ]
        indexes = [
            # Which needs an offer may be for is found here, and the table itself is not touched.
            models.Index(
                fields=["category", "reach_class", "band", "longitude"],
                include=["latitude", "reach_km", "city", "id"],
                condition=Q(state__in=["open", "partly_met"]),
                name="need_candidates",
            ),
            models.Index(
                fields=["category"],
                include=["city", "id"],
                condition=Q(state__in=["open", "partly_met"], remote_ok=True),
                name="need_remote",
            ),
            models.Index(
                fields=["urgency_rank", "scan_due_at"],
                condition=Q(scan_due_at__isnull=False),
                name="need_scan_due",
            ),
            models.Index(
                fields=["city", "urgency_rank", "created_at"],
                condition=Q(state__in=["open", "partly_met"]),
                name="need_queue",
            ),
            models.Index(fields=["state", "last_day"], name="need_expiry"),
            models.Index(fields=["city", "created_at"], name="need_city_created"),
        ]

    @property
    def children(self) -> int:
        return self.children_under_3 + self.children_3_to_11 + self.children_12_to_17

    @property
    def days(self) -> int:
        """How many days are asked, first and last included."""
        return (self.last_day - self.first_day).days + 1

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    def may_be_withdrawn(self, today: date) -> bool:
        """Whether it can still be said that it is no more: also of a met one, for what has not begun of it."""
        return self.is_open or (self.state == NeedState.MET and self.last_day >= today)

    def may_be_tonight(self, today: date) -> bool:
        """Whether it can be made one for tonight. Hours have a day or a rhythm of their own, agreed upon."""
        is_tonight = self.urgency == Urgency.TONIGHT and self.first_day <= today
        return self.is_open and self.kind != Kind.SKILL and not is_tonight

    @property
    def lasts(self) -> bool:
        """Whether it is wanted on every day of its days, and so counted by day."""
        return self.kind != Kind.GOODS and self.rhythm != Rhythm.ONCE

    def progress(self, given: Iterable[Given], *, today: date) -> Progress:
        """How far it would have come with this."""
        if not self.lasts:
            return given_once(given, quantity=self.quantity)
        days = {"first_day": self.first_day, "last_day": self.last_day}
        return given_by_day(given, quantity=self.quantity, today=today, **days)

    def share(self, quantity: int, days: int) -> float:
        """What part of what it asks so much is, on so many days."""
        given, asked = self.hours_of(quantity), self.hours_of(self.quantity)
        return share_of(given, days, asked=asked, days_asked=self.days, lasts=self.lasts)

    def hours_of(self, quantity: int) -> float:
        """A quantity of it; of an appointment no more than its longest slot."""
        if self.rhythm != Rhythm.ONCE or not self.slots:
            return quantity
        slots = map(parse_slot, self.slots)
        return min(quantity, max(slot.end_minute - slot.start_minute for slot in slots) / 60)

    @property
    def pressing_day(self) -> date:
        """The day that says how urgent it is: the first that is not covered of what lasts, the last of all else.

        Covered by what both sides have said yes to: while somebody is only asked, it presses as before.
        """
        return (self.uncovered_from or self.first_day) if self.lasts else self.last_day

    def urgency_on(self, today: date) -> Urgency:
        """How urgent it is on this day; `NeedQuerySet.by_urgency` says the same in SQL."""
        return Urgency(urgency_on(today, posted=cast(Word, self.urgency), pressing_day=self.pressing_day))


class NeedChange(StateChange):
    """The history of a need's states."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="changes")


class NeedEdit(FieldChange):
    """The history of a need's fields."""

    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="edits")


class NeedWords(Words):
    """The words by which a need is found."""

    # The key is the migration's own: the words go with their row, also where it goes without Django.
    need = models.OneToOneField(
        Need, on_delete=models.CASCADE, related_name="words", primary_key=True, db_constraint=False
    )
