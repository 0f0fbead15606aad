"""Households that a town cannot house, and places of linked towns for them: what each publishes, and what was said.

A person is asked twice, before anything of them is published and before they go to these very places, and both
answers are rows with how and when they were asked (docs/adr/0063).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, towns_of
from accounts.models import User
from needs.models import Need
from offers.models import Offer
from sealing.fields import EncryptedTextField

MOST_WISHES = 3
LONGEST_SERVICES = 400


class How(models.TextChoices):
    """How a person was asked."""

    IN_PERSON = "in_person", _("de vive voix")
    PHONE = "phone", _("par téléphone")
    INTERPRETER = "interpreter", _("avec un interprète")
    PAPER = "paper", _("par écrit")


class HouseholdQuerySet(VisibleQuerySet["PublishedHousehold"]):
    def seen_by(self, user: User) -> Q:
        """Those of one's own town: other towns read `between.selectors.Shown` and no row."""
        return Q(city__in=towns_of(user, COORDINATION))


class PublishedHousehold(models.Model):
    """A need of housing that other towns may read as size, days, languages and wishes, all read from the need.

    `how`, `yes_on`: when and how the person agreed to be proposed to other towns. Without it there is no row.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=11, choices=How.choices)
    yes_on = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = _("foyer proposé à d’autres villes")
        verbose_name_plural = _("foyers proposés à d’autres villes")
        ordering = ["published_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need"],
                condition=Q(closed_at=None),
                name="between_household_once",
                violation_error_message=_("Ce foyer est déjà proposé à d’autres villes."),
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Wish(models.Model):
    """A town that the person named, the dearest first: rank 1."""

    household = models.ForeignKey(PublishedHousehold, on_delete=models.CASCADE, related_name="wishes")
    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("souhait d’un foyer")
        verbose_name_plural = _("souhaits des foyers")
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["household", "city"], name="between_wish_town_once"),
            models.UniqueConstraint(fields=["household", "rank"], name="between_wish_rank_once"),
            models.CheckConstraint(
                condition=Q(rank__gte=1, rank__lte=MOST_WISHES), name="between_wish_rank_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank} {self.city_id}"


class PlacesQuerySet(VisibleQuerySet["PublishedPlaces"]):
    def seen_by(self, user: User) -> Q:
        """Those of one's own town: other towns read `between.selectors.ShownPlaces` and no row."""
        return Q(city__in=towns_of(user, COORDINATION))


class PublishedPlaces(models.Model):
    """So many places of a visited home, some days, for households of linked towns. `services`: school, care, work."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="+")
    people = models.PositiveSmallIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    services = EncryptedTextField(max_length=LONGEST_SERVICES, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    published_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = PlacesQuerySet.as_manager()

    class Meta:
        verbose_name = _("places pour d’autres villes")
        verbose_name_plural = _("places pour d’autres villes")
        ordering = ["published_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["offer"],
                condition=Q(closed_at=None),
                name="between_places_once",
                violation_error_message=_("Ces places sont déjà proposées aux autres villes."),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="between_places_days_in_order"
            ),
            models.CheckConstraint(condition=Q(people__gte=1), name="between_places_some"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class LineState(models.TextChoices):
    NO = "no", _("la personne a dit non")
    WAITING = "waiting", _("la personne a dit oui, l’autre ville doit répondre")
    AGREED = "agreed", _("les deux ont dit oui")
    DECLINED = "declined", _("l’autre ville a dit non")


# In these, places are promised.
PROMISED = (LineState.WAITING, LineState.AGREED)


class Line(models.Model):
    """What was said of one household and one set of places.

    `how`, `yes_on`: the person's second yes, for these very places; a no leaves neither. `people`, `first_day`,
    `last_day`: what was said yes to.
    """

    household = models.ForeignKey(PublishedHousehold, on_delete=models.PROTECT, related_name="lines")
    places = models.ForeignKey(PublishedPlaces, on_delete=models.PROTECT, related_name="lines")
    state = models.CharField(max_length=8, choices=LineState.choices)
    how = models.CharField(max_length=11, choices=How.choices, blank=True)
    yes_on = models.DateField(null=True, blank=True)
    people = models.PositiveSmallIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("foyer et places d’une autre ville")
        verbose_name_plural = _("foyers et places d’autres villes")
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["household", "places"], name="between_line_once"),
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(state__in=PROMISED),
                name="between_promised_once",
                violation_error_message=_("La personne a déjà dit oui à d’autres places."),
            ),
            models.CheckConstraint(
                condition=Q(state=LineState.NO, how="", yes_on=None)
                | (~Q(state=LineState.NO) & ~Q(how="") & Q(yes_on__isnull=False)),
                name="between_second_yes_is_said",
            ),
            models.CheckConstraint(
                condition=~Q(state=LineState.AGREED) | Q(answered_at__isnull=False),
                name="between_agreed_by_the_town",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.household_id} {self.places_id}"
