"""The communes of France, and the towns that run the service."""

import zoneinfo
from datetime import time
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cities.addresses import reserved_words
from cities.colours import HEX_COLOUR, is_readable_on_white, nearest_readable
from cities.gazetteer import label_of
from engine.vocabulary import DEFAULT_WEIGHTS, KINDS

# When nobody is to be disturbed for what can wait, by the clocks of a town that has set nothing else.
QUIET_FROM, QUIET_UNTIL = time(21), time(8)


def all_kinds() -> list[str]:
    return list(KINDS)


def default_weights() -> dict[str, int]:
    return dict(DEFAULT_WEIGHTS)


def validate_timezone(name: str) -> None:
    """Raise unless `name` is a place of the time-zone database."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Ce fuseau horaire n’existe pas."), code="timezone")


def validate_hours_in(hours: Any) -> None:
    """Raise unless it holds, by language of the product, a text as short as the field for the hours."""
    longest = City._meta.get_field("phone_hours").max_length or 0
    if not isinstance(hours, dict) or any(
        language not in dict(settings.LANGUAGES) or not isinstance(text, str) or not 0 < len(text) <= longest
        for language, text in hours.items()
    ):
        raise ValidationError(
            _("Les heures d’appel s’écrivent dans une langue du service, en %(n)s signes au plus."),
            code="hours_in",
            params={"n": longest},
        )


def validate_weights(weights: Any) -> None:
    """Raise unless each of the six parts has its points, none below zero, 100 together."""
    if not isinstance(weights, dict) or set(weights) != set(DEFAULT_WEIGHTS):
        raise ValidationError(
            _("Indiquez les six parts de la note, et elles seules\u202f: %(parts)s."),
            code="city_weights_parts",
            params={"parts": ", ".join(DEFAULT_WEIGHTS)},
        )
    # bool is an int, and "true points" is a mistake.
    if any(type(points) not in (int, float) or not 0 <= points <= 100 for points in weights.values()):
        raise ValidationError(
            _("Chaque part de la note est un nombre de points entre 0 et 100."), code="city_weights_points"
        )
    if abs(sum(weights.values()) - 100) > 1e-9:
        raise ValidationError(
            _("Les six parts de la note font 100 points au total."), code="city_weights_total"
        )


class Commune(models.Model):
    """One row of the gazetteer, written by `load_gazetteer` alone."""

    insee = models.CharField(_("code INSEE"), max_length=5, primary_key=True)
    name = models.CharField(_("nom"), max_length=100)
    postcodes = ArrayField(
        models.CharField(max_length=5), verbose_name=_("codes postaux"), default=list, blank=True
    )
    population = models.PositiveIntegerField(_("population"), default=0)
    department_code = models.CharField(_("code du département"), max_length=3)
    department_name = models.CharField(_("département"), max_length=60)
    region_name = models.CharField(_("région"), max_length=60)
    is_overseas = models.BooleanField(_("outre-mer"), default=False)
    epci_code = models.CharField(_("code de l’intercommunalité"), max_length=9, blank=True, db_index=True)
    epci_name = models.CharField(_("intercommunalité"), max_length=120, blank=True)
    latitude = models.FloatField(_("latitude"))
    longitude = models.FloatField(_("longitude"))
    name_key = models.CharField(_("nom sans accents"), max_length=100, db_index=True, editable=False)
    # " saint denis 93200 93210": each word and postcode after a space, so that '% word%' finds beginnings.
    search = models.TextField(_("texte de recherche"), editable=False)

    class Meta:
        verbose_name = _("commune")
        verbose_name_plural = _("communes")
        ordering = ["name_key", "insee"]
        indexes = [
            GinIndex(name="commune_search_trgm", fields=["search"], opclasses=["gin_trgm_ops"]),
            GinIndex(name="commune_postcodes", fields=["postcodes"]),
            # For names typed with a slip: similarity to the name alone.
            GinIndex(name="commune_name_trgm", fields=["name_key"], opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="commune_insee_shape",
                condition=Q(insee__regex=r"^(\d{5}|2[AB]\d{3})$"),
                violation_error_message=_("Un code INSEE compte cinq caractères, comme 38185 ou 2A004."),
            ),
            models.CheckConstraint(
                name="commune_latitude_range",
                condition=Q(latitude__gte=-90, latitude__lte=90),
                violation_error_message=_("La latitude va de −90 à 90 degrés."),
            ),
            models.CheckConstraint(
                name="commune_longitude_range",
                condition=Q(longitude__gte=-180, longitude__lte=180),
                violation_error_message=_("La longitude va de −180 à 180 degrés."),
            ),
            models.CheckConstraint(
                name="commune_epci_code_and_name",
                condition=Q(epci_code="", epci_name="") | (~Q(epci_code="") & ~Q(epci_name="")),
                violation_error_message=_("Le code et le nom de l’intercommunalité vont ensemble."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """Name, département and first postcode: enough to tell the twelve Sainte-Colombe apart."""
        return self.label_for("")

    def label_for(self, text: str) -> str:
        """The label with the postcode that a word of `text` begins, for a commune that has several."""
        return label_of(
            self.insee,
            self.name,
            self.postcodes,
            self.department_code,
            self.department_name,
            typed=text,
        )


class CityQuerySet(models.QuerySet["City"]):
    def open(self) -> "CityQuerySet":
        """Towns that take offers and needs."""
        return self.filter(is_open=True)


class CityManager(models.Manager["City"]):
    """A town that was removed is none: its row stays for what was written of it, and nobody finds it."""

    def get_queryset(self) -> CityQuerySet:
        return CityQuerySet(self.model, using=self._db).filter(removed_at=None)

    def open(self) -> CityQuerySet:
        return self.get_queryset().open()


class City(models.Model):
    """A town or métropole that runs the service; everything else belongs to one."""

    slug = models.SlugField(_("adresse courte"), max_length=50)
    name = models.CharField(_("nom"), max_length=80)
    locative = models.CharField(
        _("nom dans une phrase"),
        max_length=80,
        help_text=_("Par exemple\u202f: À Grenoble, Au Havre, Aux Ulis."),
    )
    seat = models.ForeignKey(
        Commune, on_delete=models.PROTECT, related_name="+", verbose_name=_("commune siège")
    )
    epci_code = models.CharField(
        _("code de l’intercommunalité"),
        max_length=9,
        blank=True,
        help_text=_("Le territoire couvert. Vide\u202f: la commune siège seule."),
    )
    linked = models.ManyToManyField("self", symmetrical=True, blank=True, verbose_name=_("villes liées"))
    is_open = models.BooleanField(_("ouverte au public"), default=True)

    phone = models.CharField(_("téléphone"), max_length=30, blank=True)
    phone_hours = models.CharField(_("heures d’appel"), max_length=120, blank=True)
    # By language, where it is not said in French: {"en": "Monday to Friday, 9 am to 6 pm"}.
    phone_hours_in = models.JSONField(
        _("heures d’appel dans d’autres langues"), default=dict, blank=True, validators=[validate_hours_in]
    )
    email = models.EmailField(_("adresse e-mail"), blank=True)
    timezone = models.CharField(
        _("fuseau horaire"), max_length=40, default="Europe/Paris", validators=[validate_timezone]
    )
    brand_colour = models.CharField(_("couleur de la ville"), max_length=7, default="#0f5c5c")
    accent_colour = models.CharField(_("couleur des actions"), max_length=7, default="#c8501e")

    remind_after_days = models.PositiveIntegerField(_("rappel après (jours)"), default=30)
    expire_after_days = models.PositiveIntegerField(_("expiration après (jours)"), default=45)
    answer_hours_tonight = models.PositiveIntegerField(_("délai de réponse, ce soir (heures)"), default=2)
    answer_hours_this_week = models.PositiveIntegerField(
        _("délai de réponse, cette semaine (heures)"), default=24
    )
    answer_hours_planned = models.PositiveIntegerField(_("délai de réponse, prévu (heures)"), default=72)
    follow_up_after_days = models.PositiveIntegerField(_("prise de nouvelles après (jours)"), default=2)
    escalate_after_minutes = models.PositiveIntegerField(
        _("alerte suivante pour ce soir (minutes)"),
        default=10,
        help_text=_(
            "Sans «\u00a0Je m’en occupe\u00a0», un besoin pour ce soir sonne encore après ce temps, puis chez d’autres."
        ),
    )
    homes_asked_at_once = models.PositiveIntegerField(
        _("logements demandés à la fois pour un besoin, au plus"),
        default=1,
        help_text=_(
            "Pendant qu’un hôte réfléchit, un autre peut être demandé. Le premier oui compte, l’autre est remercié."
        ),
    )
    looks_ahead_days = models.PositiveSmallIntegerField(
        _("le plan garde de quoi répondre à qui viendra d’ici (jours)"),
        default=0,
        help_text=_(
            "0 : il ne regarde que les besoins d’aujourd’hui. Sinon, ce qui est rare compte davantage quand "
            "d’autres en auront sans doute besoin. Ce soir, personne n’attend pour cela."
        ),
    )
    sms_monthly_limit = models.PositiveIntegerField(
        _("SMS par mois, au plus"),
        default=1000,
        help_text=_("Un long message en compte plusieurs. Ce qui décide d’une nuit part au-delà."),
    )
    quiet_from = models.TimeField(
        _("heures calmes, début"),
        default=QUIET_FROM,
        help_text=_(
            "Ce qui ne presse pas attend leur fin. Deux fois la même heure\u202f: aucune heure calme."
        ),
    )
    quiet_until = models.TimeField(_("heures calmes, fin"), default=QUIET_UNTIL)
    messages_a_week = models.PositiveIntegerField(
        _("messages par semaine à un citoyen, au plus"),
        default=5,
        help_text=_(
            "Questions et rappels. Ce qui est pour ce soir, et ce qui répond à la personne, part toujours."
        ),
    )
    visit_valid_months = models.PositiveSmallIntegerField(
        _("validité de la visite d’un logement (mois)"),
        default=12,
        help_text=_("Après ce temps, un logement est à visiter de nouveau avant d’être proposé."),
    )
    asks_citizen_for = ArrayField(
        models.CharField(max_length=10),
        verbose_name=_("accord demandé aux citoyens pour"),
        default=all_kinds,
        blank=True,
        help_text=_("Pour les autres natures, l’accord est présumé."),
    )
    asks_association_for = ArrayField(
        models.CharField(max_length=10),
        verbose_name=_("accord demandé aux associations pour"),
        default=all_kinds,
        blank=True,
        help_text=_("Pour les autres natures, l’accord est présumé."),
    )
    charter_url = models.URLField(
        _("adresse de la charte"),
        blank=True,
        help_text=_("Si elle est déjà publiée ailleurs. Sinon, écrivez-la ci-dessous."),
    )
    charter_text = models.TextField(_("texte de la charte"), max_length=20_000, blank=True)
    weights = models.JSONField(_("points de la note"), default=default_weights, validators=[validate_weights])
    weights_need_opinion = models.BooleanField(
        _("les points de la note ne changent qu’après un avis du conseil"),
        default=False,
        help_text=_(
            "Un projet est alors ouvert aux remarques, un conseil donne son avis, et la ville y répond avant "
            "de changer les points."
        ),
    )
    created_at = models.DateTimeField(_("créée le"), default=now, editable=False)
    removed_at = models.DateTimeField(_("supprimée le"), null=True, blank=True)

    objects = CityManager()

    class Meta:
        verbose_name = _("ville")
        verbose_name_plural = _("villes")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="city_slug_unique",
                fields=["slug"],
                condition=Q(removed_at=None),
                violation_error_message=_("Une autre ville a déjà cette adresse courte."),
            ),
            models.CheckConstraint(
                name="city_slug_present",
                condition=~Q(slug=""),
                violation_error_message=_("Donnez une adresse courte à la ville."),
            ),
            models.CheckConstraint(
                name="city_removed_once_closed",
                condition=Q(removed_at=None) | Q(is_open=False),
                violation_error_message=_("Fermez la ville au public avant de la supprimer."),
            ),
            models.CheckConstraint(
                name="city_epci_code_shape",
                condition=Q(epci_code__regex=r"^(\d{9})?$"),
                violation_error_message=_("Le code d’une intercommunalité compte neuf chiffres."),
            ),
            models.CheckConstraint(
                name="city_reminder_before_expiry",
                condition=Q(remind_after_days__gt=0, expire_after_days__gt=F("remind_after_days")),
                violation_error_message=_(
                    "Le rappel vient au moins un jour après la confirmation, et l’expiration après le rappel."
                ),
            ),
            models.CheckConstraint(
                name="city_answer_hours_positive",
                condition=Q(
                    answer_hours_tonight__gt=0, answer_hours_this_week__gt=0, answer_hours_planned__gt=0
                ),
                violation_error_message=_("Laissez au moins une heure pour répondre."),
            ),
            models.CheckConstraint(
                name="city_follow_up_positive",
                condition=Q(follow_up_after_days__gt=0),
                violation_error_message=_("Prenez des nouvelles au moins un jour après le début."),
            ),
            models.CheckConstraint(
                name="city_escalates_in_time",
                condition=Q(escalate_after_minutes__range=(1, 120)),
                violation_error_message=_(
                    "Une alerte se répète après une minute au moins, deux heures au plus."
                ),
            ),
            models.CheckConstraint(
                name="city_homes_asked_at_once",
                condition=Q(homes_asked_at_once__range=(1, 5)),
                violation_error_message=_("Demandez un logement au moins à la fois, cinq au plus."),
            ),
            models.CheckConstraint(
                name="city_looks_ahead_days_range",
                condition=Q(looks_ahead_days__range=(0, 60)),
                violation_error_message=_("Un plan regarde soixante jours en avant, au plus."),
            ),
            models.CheckConstraint(
                name="city_messages_a_week_positive",
                condition=Q(messages_a_week__gt=0),
                violation_error_message=_("Laissez passer au moins un message par semaine."),
            ),
            models.CheckConstraint(
                name="city_visit_valid_months_plausible",
                condition=Q(visit_valid_months__range=(1, 60)),
                violation_error_message=_("Une visite vaut d’un mois à cinq ans."),
            ),
            models.CheckConstraint(
                name="city_colours_hex",
                condition=Q(
                    brand_colour__regex=r"^#[0-9a-fA-F]{6}$", accent_colour__regex=r"^#[0-9a-fA-F]{6}$"
                ),
                violation_error_message=_("Écrivez une couleur comme #0f5c5c."),
            ),
            models.CheckConstraint(
                name="city_asks_citizen_for_kinds",
                condition=Q(asks_citizen_for__contained_by=list(KINDS)),
                violation_error_message=_("L’accord des citoyens porte sur housing, goods ou skill."),
            ),
            models.CheckConstraint(
                name="city_asks_association_for_kinds",
                condition=Q(asks_association_for__contained_by=list(KINDS)),
                violation_error_message=_("L’accord des associations porte sur housing, goods ou skill."),
            ),
            models.CheckConstraint(
                name="city_charter_once",
                condition=Q(charter_url="") | Q(charter_text=""),
                violation_error_message=_("Donnez l’adresse de la charte ou son texte, pas les deux."),
            ),
            models.CheckConstraint(
                name="city_weights_six_parts",
                condition=Q(weights__has_keys=list(DEFAULT_WEIGHTS)),
                violation_error_message=_("La note a six parts, chacune avec ses points."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise where a page of the site stands at its address, a colour cannot be read on white, or the territory
        leaves the seat out.
        """
        super().clean()
        errors: dict[str, ValidationError] = {}
        if self.slug.lower() in reserved_words() and not self._keeps_its_address():
            errors["slug"] = ValidationError(
                _("Cette adresse courte est prise par le site. Choisissez-en une autre."), code="reserved"
            )
        for field in ("brand_colour", "accent_colour"):
            colour = getattr(self, field)
            # What is no colour at all the database refuses.
            if HEX_COLOUR.fullmatch(colour) and not is_readable_on_white(colour):
                errors[field] = ValidationError(
                    _(
                        "Cette couleur se lit mal sur fond blanc. La plus proche qui convient\u202f: %(nearest)s."
                    ),
                    code="contrast",
                    params={"nearest": nearest_readable(colour)},
                )
        if self.seat_id and self.epci_code and self.seat.epci_code != self.epci_code:
            errors["epci_code"] = ValidationError(
                _("La commune siège ne fait pas partie de cette intercommunalité."), code="territory"
            )
        if errors:
            raise ValidationError(errors)

    def _keeps_its_address(self) -> bool:
        """A town that had it before the site did goes on, so that its settings can be changed."""
        return City.objects.filter(pk=self.pk, slug=self.slug).exists()

    @property
    def phone_uri(self) -> str:
        """The town's number as a `tel:` link; empty without a number."""
        digits = "".join(char for char in self.phone if char.isdigit() or char == "+")
        return f"tel:{digits}" if digits else ""

    @property
    def contact(self) -> str:
        """Its name and how to reach it, a line each."""
        return "\n".join(line for line in (self.name, self.phone, self.email) if line)

    @property
    def hours_said(self) -> str:
        """When the town answers the telephone, in the language of the page where it has said so."""
        return self.phone_hours_in.get(get_language() or "", "") or self.phone_hours

    def answer_hours(self, urgency: str) -> int:
        """Hours that a citizen has to answer a need of this urgency (tonight, this_week, planned)."""
        return {
            "tonight": self.answer_hours_tonight,
            "this_week": self.answer_hours_this_week,
            "planned": self.answer_hours_planned,
        }[urgency]

    def asks_citizen(self, kind: str) -> bool:
        """Whether the citizen's consent is asked for this kind, or presumed."""
        return kind in self.asks_citizen_for

    def asks_association(self, kind: str) -> bool:
        """Whether the association's consent is asked for this kind, or presumed."""
        return kind in self.asks_association_for
