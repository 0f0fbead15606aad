"""Pairs of a need and an offer, what was decided about them, and the capacity that they hold."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, associations_of, towns_of
from accounts.models import User
from engine.vocabulary import PARTS
from needs.models import Need
from offers.models import Offer
from sealing.fields import EncryptedCharField


class MatchState(models.TextChoices):
    SUGGESTED = "suggested", _("piste")
    DISMISSED = "dismissed", _("écartée")
    SUPERSEDED = "superseded", _("plus possible")
    PROPOSED = "proposed", _("demandée au citoyen")
    DECLINED = "declined", _("déclinée")
    LAPSED = "lapsed", _("sans réponse à temps")
    ACCEPTED = "accepted", _("acceptée, à confirmer")
    REFUSED = "refused", _("refusée par l’association")
    CONFIRMED = "confirmed", _("confirmée")
    UNDER_WAY = "under_way", _("en cours")
    COMPLETED = "completed", _("terminée")
    BROKEN_OFF = "broken_off", _("interrompue")
    CANCELLED = "cancelled", _("annulée")


# A pair in one of these is live: there is at most one for an offer and a need.
LIVE_STATES = (
    MatchState.SUGGESTED,
    MatchState.PROPOSED,
    MatchState.ACCEPTED,
    MatchState.CONFIRMED,
    MatchState.UNDER_WAY,
)
# Contacts are shown in these and nowhere else.
CONTACT_STATES = (MatchState.CONFIRMED, MatchState.UNDER_WAY, MatchState.COMPLETED, MatchState.BROKEN_OFF)


# Offer or need is another than the one that was compared.
CHANGED = ~Q(offer_revision=F("offer__revision")) | ~Q(need_revision=F("need__revision"))


def _concerns(user: User) -> Q:
    """Pairs of one's own, once somebody has decided."""
    own = Q(need__organisation__in=associations_of(user)) | Q(need__person=user) | Q(offer__owner=user)
    return own & ~Q(state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED, MatchState.DISMISSED])


class MatchQuerySet(VisibleQuerySet["Match"]):
    def seen_by(self, user: User) -> Q:
        """The desk sees every pair of its towns; an association and a citizen see theirs once somebody decided.

        A suggestion is the desk's alone: nobody is to hope, or to be looked at, before a coordinator has acted.
        """
        return Q(city__in=towns_of(user, COORDINATION)) | _concerns(user)

    def concerning(self, user: User) -> "MatchQuerySet":
        """Pairs in which somebody is the citizen, the person concerned or of the association."""
        return self.filter(_concerns(user))

    def live(self) -> "MatchQuerySet":
        return self.filter(state__in=LIVE_STATES)

    def suggested(self) -> "MatchQuerySet":
        """Suggestions in the engine's order (docs/algorithm.md)."""
        return self.filter(state=MatchState.SUGGESTED).order_by("rank", "id")


class Match(models.Model):
    """One need with one offer: its score, its reasons and its life (see `lifecycle.py`)."""

    # A country's suggestions are written in a minute (docs/adr/0006): the indexes below begin with need and offer, and
    # no key is checked here. The city is the need's own: all who write a match take it from there, and a need keeps it.
    city = models.ForeignKey(
        "cities.City", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="matches", db_index=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="matches", db_index=False)
    state = models.CharField(max_length=10, choices=MatchState.choices, default=MatchState.SUGGESTED)
    # The engine's result, kept whole: French law gives a right to the data, parameters and weights applied.
    rank = models.PositiveIntegerField(help_text=_("place parmi les propositions possibles, 1 d’abord"))
    score = models.FloatField(help_text=_("0 à 100"))
    part_values = ArrayField(
        models.FloatField(),
        size=len(PARTS),
        help_text=_("les six parts, chacune entre 0 et 1, dans l’ordre publié"),
    )
    weight_values = ArrayField(
        models.FloatField(), size=len(PARTS), help_text=_("les points de chaque part, au moment du calcul")
    )
    # Nothing while the pair is only suggested: reasons then are those of the day on which they are read.
    facts = models.JSONField(
        null=True,
        blank=True,
        help_text=_("les raisons au moment de la première décision, en codes et nombres"),
    )
    algorithm = models.CharField(max_length=10)
    distance_km = models.FloatField()
    first_day = models.DateField(help_text=_("premier jour que les deux peuvent"))
    last_day = models.DateField()
    quantity = models.PositiveIntegerField(help_text=_("ce que l’offre donnerait, dans l’unité de la nature"))
    # The revisions compared, so that a dismissed pair stays away until one of the two changes.
    need_revision = models.PositiveIntegerField()
    offer_revision = models.PositiveIntegerField()
    answer_by = models.DateTimeField(null=True, blank=True)
    # Until when a yes is to be confirmed; of what is confirmed, until when somebody says that it still holds.
    confirm_by = models.DateTimeField(null=True, blank=True)
    # When whoever is waited for is reminded; empty when they were, or nobody is waited for.
    remind_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    # Since when the question waits for its turn (`turns`): nobody has read it yet.
    waits_since = models.DateTimeField(null=True, blank=True)
    # The last day that its host is asked to go on until, and until when an answer is waited for: held meanwhile.
    longer_until = models.DateField(null=True, blank=True)
    longer_by = models.DateTimeField(null=True, blank=True)
    # From this day its people are looked another home for: an incident holds theirs back (docs/adr/0027).
    rehouse_from = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("mise en relation")
        verbose_name_plural = _("mises en relation")
        ordering = ["-changed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer"],
                condition=Q(state__in=LIVE_STATES),
                name="match_one_live_per_pair",
                violation_error_message=_("Cette mise en relation existe déjà."),
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=100),
                name="match_score_in_range",
                violation_error_message=_("Un score va de 0 à 100."),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="match_days_in_order",
                violation_error_message=_("La fin doit venir après le début."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="match_quantity_positive",
                violation_error_message=_("La quantité doit être d’au moins 1."),
            ),
            models.CheckConstraint(
                condition=Q(waits_since__isnull=True) | Q(state=MatchState.PROPOSED),
                name="match_waits_while_proposed",
                violation_error_message=_("Seule une demande en cours attend son tour."),
            ),
            models.CheckConstraint(
                condition=~Q(state=MatchState.PROPOSED) | Q(answer_by__isnull=False, asked_at__isnull=False),
                name="match_proposed_has_a_deadline",
                violation_error_message=_("Une demande porte la date limite de la réponse."),
            ),
            models.CheckConstraint(
                condition=~Q(state=MatchState.ACCEPTED) | Q(confirm_by__isnull=False),
                name="match_accepted_has_a_deadline",
                violation_error_message=_("Un oui à confirmer porte la date limite de la confirmation."),
            ),
            models.CheckConstraint(
                condition=Q(longer_until__isnull=True, longer_by__isnull=True)
                | Q(longer_until__gt=F("last_day"), longer_by__isnull=False)
                & Q(state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY]),
                name="match_longer_while_it_goes_on",
                violation_error_message=_("On ne prolonge que ce qui est confirmé ou en cours."),
            ),
            models.CheckConstraint(
                condition=Q(rehouse_from__isnull=True)
                | Q(state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY]),
                name="match_rehoused_while_it_goes_on",
                violation_error_message=_("On ne reloge que pour ce qui est confirmé ou en cours."),
            ),
        ]
        indexes = [
            models.Index(fields=["need", "state"], name="match_need_state"),
            models.Index(fields=["offer", "state"], name="match_offer_state"),
            models.Index(fields=["answer_by"], condition=Q(state="proposed"), name="match_answer_due"),
            models.Index(
                fields=["confirm_by"],
                condition=Q(state__in=["accepted", "confirmed"]),
                name="match_confirm_due",
            ),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="match_remind_due"),
            models.Index(fields=["longer_by"], condition=Q(longer_by__isnull=False), name="match_longer_due"),
            models.Index(fields=["need"], condition=Q(rehouse_from__isnull=False), name="match_rehoused"),
            # Who was asked lately, read by every scan for the courtesy part.
            models.Index(
                fields=["waits_since"], condition=Q(waits_since__isnull=False), name="match_waits_its_turn"
            ),
            models.Index(fields=["asked_at"], condition=Q(asked_at__isnull=False), name="match_asked"),
            models.Index(
                fields=["city", "state", "changed_at"],
                condition=~Q(state__in=["suggested", "superseded", "dismissed"]),
                name="match_city_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id} × {self.offer_id} ({self.state})"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_STATES

    @property
    def is_across(self) -> bool:
        """Whether the offer is of another town than the need, which is the match's own."""
        return self.offer.city_id != self.city_id

    @property
    def is_asked_again(self) -> bool:
        """Whether a stay that was confirmed long before still holds is asked, and nobody has answered."""
        return self.state == MatchState.CONFIRMED and self.confirm_by is not None

    @property
    def is_asked_longer(self) -> bool:
        """Whether its host is asked to go on until a later day, and has not answered."""
        return self.longer_until is not None

    @property
    def parts(self) -> Mapping[str, float]:
        """The six parts by name, each in [0, 1]."""
        return dict(zip(PARTS, self.part_values, strict=True))

    @property
    def weights(self) -> Mapping[str, float]:
        """The points that each part was worth, by name; 100 together."""
        return dict(zip(PARTS, self.weight_values, strict=True))

    @property
    def share(self) -> float:
        """What part of what the need asks this is."""
        return self.need.share(self.quantity, (self.last_day - self.first_day).days + 1)


class Decision(models.Model):
    """Who moved a match to which state, when and why. A trigger refuses every change and every deletion."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="decisions")
    act = models.CharField(max_length=12)
    from_state = models.CharField(max_length=10, choices=MatchState.choices)
    to_state = models.CharField(max_length=10, choices=MatchState.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("vide quand l’horloge ou un réglage de la ville a agi"),
    )
    role = models.CharField(max_length=12)
    reason = models.CharField(max_length=20, blank=True)
    note = EncryptedCharField(max_length=500, blank=True)
    # A number and no key: plans are forgotten after a month, decisions stay.
    plan_number = models.PositiveBigIntegerField(
        null=True, blank=True, help_text=_("le plan dont c’est une ligne")
    )
    # Of each home, in turn, the offer's reference and the first and last day asked of it.
    relay = models.JSONField(
        null=True, blank=True, help_text=_("les logements du relais dont c’est une part")
    )
    # Of what it changed beside the state, old and new: {"last_day": ["2026-03-09", "2026-03-12"]}.
    change = models.JSONField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("décision")
        verbose_name_plural = _("décisions")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.act} → {self.to_state}"


class Hold(models.Model):
    """The part of an offer that a match holds or has used, on which days.

    A trigger keeps two sums within bounds whatever writes here: the offer's capacity (on each day for homes and
    hours, in stock for goods) and the need's quantity. While a host is asked to go on for longer, it holds those days
    too, which the match gets with the yes. `released` marks a stay that ended early: the days
    before stay used, and the need is free to be served again. So does one whose people are to be housed elsewhere:
    its offer is held until somebody ends it (`Match.rehouse_from`).
    """

    match = models.OneToOneField(Match, on_delete=models.PROTECT, related_name="hold")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="holds")
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="holds")
    quantity = models.PositiveIntegerField()
    first_day = models.DateField()
    last_day = models.DateField()
    released = models.BooleanField(default=False)
    # Asked while others may be asked for the same: the offer keeps it, the need does not count it before a yes.
    beside = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("réservation")
        verbose_name_plural = _("réservations")
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gte=1),
                name="hold_quantity_positive",
                violation_error_message=_("La quantité doit être d’au moins 1."),
            ),
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="hold_days_in_order",
                violation_error_message=_("La fin doit venir après le début."),
            ),
        ]
        indexes = [
            models.Index(fields=["offer", "first_day", "last_day"], name="hold_offer_days"),
            models.Index(fields=["need"], condition=Q(released=False), name="hold_need"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.first_day}..{self.last_day}"
