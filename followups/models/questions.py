"""What happened after contacts were exchanged: a dated question, and its answer."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, VisibleQuerySet, associations_of, towns_of
from accounts.models import User
from matching.models import Match, MatchState
from sealing.fields import EncryptedCharField

# The question makes sense in these alone; whatever ended otherwise has its own story.
FOLLOWED_STATES = (MatchState.CONFIRMED, MatchState.UNDER_WAY)


class Answer(models.TextChoices):
    """One tap answers the question."""

    TOOK_PLACE = "took_place", _("Oui, cela a eu lieu")
    NOT_YET = "not_yet", _("Pas encore")
    NO_SHOW = "no_show", _("Non, la personne n’est pas venue")
    CHANGED_MIND = "changed_mind", _("Non, quelqu’un a changé d’avis")
    LOST_CONTACT = "lost_contact", _("Non, nous n’arrivons pas à nous joindre")


class FollowUpQuerySet(VisibleQuerySet["FollowUp"]):
    def seen_by(self, user: User) -> Q:
        """Of the matches that one may see."""
        return Q(match__in=Match.objects.visible_to(user))

    def to_ask(self) -> "FollowUpQuerySet":
        """Questions not asked yet, the oldest first."""
        return self.filter(asked_at__isnull=True).order_by("due_on", "id")


class FollowUp(models.Model):
    """One dated question after a match; asked once, answered at most once, asked again when "not yet"."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="followups")
    due_on = models.DateField()
    asked_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=12, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField()

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("suivi")
        verbose_name_plural = _("suivis")
        constraints = [
            models.UniqueConstraint(
                fields=["match", "due_on"],
                name="followup_once_a_day",
                violation_error_message=_("Cette question est déjà prévue."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(asked_at__isnull=False),
                name="followup_asked_before_answered",
                violation_error_message=_("Une réponse suit une question."),
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="followup_answered_at_by",
                violation_error_message=_("Une réponse porte sa date et son auteur."),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], condition=Q(asked_at__isnull=True), name="followup_due")]

    def __str__(self) -> str:
        return f"{self.match_id} {self.due_on}"


class Side(models.TextChoices):
    """Who is asked; neither reads what the other says."""

    HOST = "host", _("la personne qui propose")
    POSTER = "poster", _("l’association, ou la personne elle-même")


class Going(models.TextChoices):
    """How it is going, in one tap."""

    WELL = "well", _("Tout va bien")
    TALK = "talk", _("J’aimerais en parler")
    ENDED = "ended", _("C’est terminé")


class CheckInQuerySet(VisibleQuerySet["CheckIn"]):
    def seen_by(self, user: User) -> Q:
        """One's own side's; the town's for its coordinators."""
        poster = Q(match__need__organisation__in=associations_of(user)) | Q(match__need__person=user)
        return (
            Q(match__city__in=towns_of(user, COORDINATION))
            | Q(side=Side.HOST, match__offer__owner=user)
            | Q(side=Side.POSTER) & poster
        )


class CheckIn(models.Model):
    """ "How is it going?", asked of one side of what lasts: after two weeks, then each month."""

    match = models.ForeignKey(Match, on_delete=models.PROTECT, related_name="check_ins")
    side = models.CharField(max_length=6, choices=Side.choices)
    due_on = models.DateField()
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=5, choices=Going.choices, blank=True)
    note = EncryptedCharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = _("nouvelle")
        verbose_name_plural = _("nouvelles")
        constraints = [
            models.UniqueConstraint(
                fields=["match", "side", "due_on"],
                name="check_in_once_a_day",
                violation_error_message=_("Cette question est déjà prévue."),
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_at__isnull=True, answered_by__isnull=True)
                | (~Q(answer="") & Q(answered_at__isnull=False, answered_by__isnull=False)),
                name="check_in_answered_at_by",
                violation_error_message=_("Une réponse porte sa date et son auteur."),
            ),
        ]
        indexes = [
            models.Index(fields=["asked_at"], condition=Q(answered_at__isnull=True), name="check_in_silent")
        ]

    def __str__(self) -> str:
        return f"{self.match_id} {self.side} {self.due_on}"


class Outcome(models.Model):
    """The answer that closes the question."""

    match = models.OneToOneField(Match, on_delete=models.PROTECT, related_name="outcome")
    answer = models.CharField(max_length=12, choices=Answer.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = EncryptedCharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("bilan")
        verbose_name_plural = _("bilans")

    def __str__(self) -> str:
        return f"{self.match_id} {self.answer}"
