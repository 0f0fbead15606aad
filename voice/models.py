"""What people say is missing, in groups that the town answers; proposals about rules, with a council's opinion.

Of whoever writes a remark or a comment nothing is kept: no account, no address, and of the moment the day alone.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import FieldChange
from cities.models import validate_weights
from sealing.fields import EncryptedCharField
from voice.progress import GroupState, Verdict

LONGEST_REMARK = 600


class RemarkGroup(models.Model):
    """Remarks that say the same. `titles` and `answers`: by language, the French one always."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    titles = models.JSONField(_("titre"))
    state = models.CharField(_("où cela en est"), max_length=9, choices=GroupState, default=GroupState.HEARD)
    answers = models.JSONField(_("réponse de la ville"), default=dict, blank=True)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("groupe de remarques")
        verbose_name_plural = _("groupes de remarques")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=GroupState.HEARD) | ~Q(answers={}),
                name="remark_group_answered_in_words",
                violation_error_message=_("Répondez avec des mots."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.titles.get(settings.LANGUAGE_CODE, ""))


class RemarkGroupEdit(FieldChange):
    """What somebody wrote of a group."""

    group = models.ForeignKey(RemarkGroup, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de groupe")
        verbose_name_plural = _("changements de groupes")


class Anonymous(models.Model):
    """A text of somebody whom nobody knows. `form_key`: what the same form sends twice is kept once; None once nobody
    sends it again, since it would tell whose browser wrote.
    """

    text = EncryptedCharField(max_length=LONGEST_REMARK)
    language = models.CharField(max_length=10)
    said_on = models.DateField()
    form_key = models.CharField(max_length=40, unique=True, null=True)
    # Where it insults or names somebody: nobody but the team reads or counts it.
    is_set_aside = models.BooleanField(default=False)
    # Who last put it anywhere.
    sorted_at = models.DateTimeField(null=True, blank=True)
    sorted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True
        ordering = ["-said_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sorted_at__isnull=True, sorted_by__isnull=True, is_set_aside=False)
                | Q(sorted_at__isnull=False, sorted_by__isnull=False),
                name="%(class)s_sorted_by_somebody",
                violation_error_message=_("Ce qui est rangé ou mis de côté dit par qui et quand."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class Remark(Anonymous):
    """An answer to “what is missing here?”, in a group once the desk has put it there."""

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(
        RemarkGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="remarks"
    )

    class Meta(Anonymous.Meta):
        verbose_name = _("remarque")
        verbose_name_plural = _("remarques")
        constraints = [
            *Anonymous.Meta.constraints,
            models.CheckConstraint(
                condition=Q(group__isnull=True) | Q(is_set_aside=False, sorted_at__isnull=False),
                name="remark_in_a_group_or_aside",
                violation_error_message=_("Ce qui est mis de côté n’est dans aucun groupe."),
            ),
        ]
        indexes = [
            models.Index(fields=["city", "said_on"], name="remark_of_day"),
            models.Index(fields=["said_on"], name="remark_said_on"),
            # Counted on each page of the desk.
            models.Index(
                fields=["city"], name="remark_to_sort", condition=Q(group__isnull=True, is_set_aside=False)
            ),
        ]


class Proposal(models.Model):
    """Another rule, or other points, that the town submits to comments and to a council before it decides.

    `titles`, `texts`, `opinion_texts`, `answers`, `drop_texts`: by language, the French one always. `weights`: the
    points, where it is about those; `weights_before`: the town's when it was opened, which is what a council is heard
    on. Its moments say how far it is: `opened_at`, `opinion_on`, `answered_at`, `applied_at` or
    `dropped_at`.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    titles = models.JSONField(_("titre"))
    texts = models.JSONField(_("texte"))
    weights = models.JSONField(_("points de la note"), null=True, blank=True, validators=[validate_weights])
    weights_before = models.JSONField(_("points à l’ouverture"), null=True, blank=True)
    created_at = models.DateTimeField(editable=False)
    opened_at = models.DateTimeField(_("ouvert le"), null=True, blank=True)
    # The last day on which somebody may comment.
    comments_until = models.DateField(_("remarques jusqu’au"), null=True, blank=True)
    # How many there were: they stay counted when their texts are deleted.
    comment_count = models.PositiveIntegerField(default=0, editable=False)
    opinion_on = models.DateField(_("jour de l’avis"), null=True, blank=True)
    # Counted by the town, from 1 each year.
    opinion_number = models.PositiveSmallIntegerField(_("numéro de l’avis"), null=True, blank=True)
    opinion_year = models.PositiveSmallIntegerField(_("année de l’avis"), null=True, blank=True)
    verdict = models.CharField(_("avis"), max_length=8, choices=Verdict, blank=True)
    opinion_texts = models.JSONField(_("texte de l’avis"), default=dict, blank=True)
    answers = models.JSONField(_("réponse de la ville"), default=dict, blank=True)
    answered_at = models.DateTimeField(_("répondu le"), null=True, blank=True)
    applied_at = models.DateTimeField(_("appliqué le"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("abandonné le"), null=True, blank=True)
    drop_texts = models.JSONField(_("pourquoi la ville y renonce"), default=dict, blank=True)

    class Meta:
        verbose_name = _("projet de règle")
        verbose_name_plural = _("projets de règles")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["city", "opinion_year", "opinion_number"],
                name="proposal_opinion_number_once",
                violation_error_message=_("Un autre avis de l’année porte ce numéro."),
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, comments_until__isnull=True)
                | Q(opened_at__isnull=False, comments_until__isnull=False),
                name="proposal_open_until",
                violation_error_message=_("Un projet ouvert aux remarques l’est jusqu’à un jour."),
            ),
            models.CheckConstraint(
                condition=Q(
                    opinion_on__isnull=True,
                    opinion_number__isnull=True,
                    opinion_year__isnull=True,
                    verdict="",
                    opinion_texts={},
                )
                | Q(
                    opened_at__isnull=False,
                    opinion_on__isnull=False,
                    opinion_number__isnull=False,
                    opinion_year__isnull=False,
                )
                & ~Q(verdict="")
                & ~Q(opinion_texts={}),
                name="proposal_opinion_whole",
                violation_error_message=_("Un avis a un jour, un numéro, un sens et un texte."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answers={})
                | Q(answered_at__isnull=False) & ~Q(answers={}),
                name="proposal_answered_in_words",
                violation_error_message=_("Une réponse se donne avec des mots."),
            ),
            models.CheckConstraint(
                condition=Q(applied_at__isnull=True)
                | Q(opinion_on__isnull=False, answered_at__isnull=False, dropped_at__isnull=True),
                name="proposal_applied_once_answered",
                violation_error_message=_(
                    "Un projet s’applique après l’avis du conseil et la réponse de la ville."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.titles.get(settings.LANGUAGE_CODE, ""))

    @property
    def opinion(self) -> str:
        """The number of its opinion, "2026-3"; "" while there is none."""
        return f"{self.opinion_year}-{self.opinion_number}" if self.opinion_on else ""

    @property
    def is_over(self) -> bool:
        return self.applied_at is not None or self.dropped_at is not None


class ProposalEdit(FieldChange):
    """What somebody wrote of a proposal, and each of its steps."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de projet")
        verbose_name_plural = _("changements de projets")


class Comment(Anonymous):
    """What somebody says of a proposal that is open."""

    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, related_name="comments")

    class Meta(Anonymous.Meta):
        verbose_name = _("remarque sur un projet")
        verbose_name_plural = _("remarques sur un projet")
        indexes = [models.Index(fields=["said_on"], name="comment_said_on")]
