"""A town's own words and picture on its home, and who changed them."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalogue.models import FieldChange

LONGEST_BUTTON, LONGEST_HEADING, LONGEST_TITLE, LONGEST_LINE, LONGEST_TEXT = 28, 60, 80, 240, 1200


def validate_descriptions(descriptions: Any) -> None:
    """Raise unless it holds, by language of the product, a text of a line."""
    if not isinstance(descriptions, dict) or any(
        language not in dict(settings.LANGUAGES)
        or not isinstance(text, str)
        or not 0 < len(text) <= LONGEST_LINE
        for language, text in descriptions.items()
    ):
        raise ValidationError(
            _("Une description s’écrit dans une langue du service, en %(n)s signes au plus."),
            code="descriptions",
            params={"n": LONGEST_LINE},
        )


class HomeWords(models.Model):
    """What a town says on its home in one language; where a field is empty the built-in text stands.

    Plain text. `front.words` has the built-in ones.
    """

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    language = models.CharField(max_length=10, editable=False)
    title = models.CharField(_("titre"), max_length=LONGEST_TITLE, blank=True)
    lead = models.TextField(_("ce que c’est"), max_length=LONGEST_LINE, blank=True)
    offer_label = models.CharField(_("bouton pour proposer"), max_length=LONGEST_BUTTON, blank=True)
    need_label = models.CharField(_("bouton pour demander"), max_length=LONGEST_BUTTON, blank=True)
    call_note = models.CharField(_("sous le téléphone"), max_length=LONGEST_LINE, blank=True)
    needs_title = models.CharField(_("titre des besoins"), max_length=LONGEST_HEADING, blank=True)
    needs_none = models.CharField(_("quand il n’y a aucun besoin"), max_length=LONGEST_LINE, blank=True)
    figures_title = models.CharField(_("titre des chiffres"), max_length=LONGEST_HEADING, blank=True)
    about_title = models.CharField(_("titre de la présentation"), max_length=LONGEST_HEADING, blank=True)
    about = models.TextField(_("qui fait vivre ce service"), max_length=LONGEST_TEXT, blank=True)
    associations_title = models.CharField(_("titre des associations"), max_length=LONGEST_HEADING, blank=True)

    class Meta:
        verbose_name = _("textes de l’accueil")
        verbose_name_plural = _("textes des accueils")
        constraints = [
            models.UniqueConstraint(
                fields=["city", "language"],
                name="home_words_once",
                violation_error_message=_("Ces textes existent déjà."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.language}"


class HomeWordsEdit(FieldChange):
    """What somebody changed of a town's words on its home."""

    words = models.ForeignKey(HomeWords, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement des textes de l’accueil")
        verbose_name_plural = _("changements des textes de l’accueil")


class HomePicture(models.Model):
    """A picture for a town's home: written anew by `front.pictures`, so that nothing of the camera is in it.

    It waits until an administrator has seen it in its place. What is no longer shown keeps its row and loses its bytes:
    somebody may be on it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        SHOWN = "shown", _("montrée")
        GONE = "gone", _("retirée")

    city = models.ForeignKey("cities.City", on_delete=models.PROTECT, related_name="+", editable=False)
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.WAITING)
    # By language of the product; French is asked for.
    descriptions = models.JSONField(_("descriptions"), default=dict, validators=[validate_descriptions])
    # For the page (WebP), and for those who show a link to it (JPEG, 1200 × 630).
    small = models.BinaryField(blank=True, editable=False)
    preview = models.BinaryField(blank=True, editable=False)
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)
    # Of `small`: its name in addresses.
    digest = models.CharField(max_length=32, editable=False)
    added_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("image de l’accueil")
        verbose_name_plural = _("images des accueils")
        constraints = [
            models.UniqueConstraint(
                fields=["city"],
                condition=Q(state="shown"),
                name="home_picture_one_shown",
                violation_error_message=_("Une image est déjà montrée."),
            ),
            models.UniqueConstraint(
                fields=["city"],
                condition=Q(state="waiting"),
                name="home_picture_one_waits",
                violation_error_message=_("Une image attend déjà."),
            ),
            models.CheckConstraint(
                condition=Q(state="gone", small=b"", preview=b"")
                | (Q(state__in=["waiting", "shown"]) & ~Q(small=b"") & ~Q(preview=b"")),
                name="home_picture_gone_is_empty",
                violation_error_message=_("Une image retirée est effacée."),
            ),
            models.CheckConstraint(
                condition=Q(state="gone") | Q(descriptions__has_key="fr"),
                name="home_picture_described",
                violation_error_message=_("Décrivez l’image en français."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.city_id} {self.state}"


class HomePictureEdit(FieldChange):
    """Who added a picture, showed it, described it anew or took it down."""

    picture = models.ForeignKey(HomePicture, on_delete=models.PROTECT, related_name="edits")

    class Meta(FieldChange.Meta):
        verbose_name = _("changement de l’image de l’accueil")
        verbose_name_plural = _("changements de l’image de l’accueil")
