"""The field in which a person names a commune, and the form of a town."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cities.models import City, Commune
from cities.places import Figures
from cities.selectors import (
    AmbiguousCommune,
    CommuneAbroad,
    CommuneNotFound,
    ContradictoryCommune,
    communes_of,
    find_commune,
    town_of,
    understood,
)

# More than these in one list of choices and a postcode is quicker to type.
MOST_CHOICES = 12


@dataclass(frozen=True)
class Typed:
    """What the form sent: the text, and the INSEE code of the candidate that was ticked, if any."""

    text: str
    choice: str = ""


def candidates_for(typed: Typed, city: City | None) -> list[Commune]:
    """What to choose from when the text is not one commune: the namesakes, or those that look like it."""
    try:
        find_commune(typed.text, city=city)
    except AmbiguousCommune as several:
        return several.candidates[:MOST_CHOICES]
    except CommuneNotFound as unknown:
        return unknown.suggestions
    return []


class CommuneWidget(forms.Widget):
    """A text box with suggestions; after a name that several communes bear, their list to tick from.

    Works without JavaScript: the text is resolved when the form is sent. With htmx, the suggestions follow
    what is typed.
    """

    template_name = "cities/commune_widget.html"
    input_type = "text"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"maxlength": 120, **(attrs or {})})
        self.city: City | None = None

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Typed:
        return Typed((data.get(name) or "").strip()[:120], (data.get(f"{name}_choice") or "").strip())

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data and f"{name}_choice" not in data

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return id_

    def format_value(self, value: Any) -> str:
        if isinstance(value, Commune):
            return value.label
        return value.text if isinstance(value, Typed) else value or ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        typed = value if isinstance(value, Typed) and value.text else None
        identifier = context["widget"]["attrs"].get("id") or f"id_{name}"
        context["widget"].update(
            {
                "type": self.input_type,
                "list_id": f"{identifier}_communes",
                "near": self.city.seat_id if self.city else "",
                # A town's own communes are offered before anything is typed, and without JavaScript.
                "communes": communes_of(self.city).order_by("-population")[:60] if self.city else [],
                "candidates": candidates_for(typed, self.city) if typed else [],
                "choice": typed.choice if typed else "",
            }
        )
        return context


class CommuneField(forms.Field):
    """A commune, typed. Cleans to a Commune; an unknown or shared name is an error that loses nothing.

    Set `city` (in the form's `__init__`) to prefer its territory among namesakes and suggestions. `said` is how the
    text was understood, where it was not plainly a name.
    """

    widget: CommuneWidget = CommuneWidget  # type: ignore[assignment]
    default_error_messages = {
        "required": _("Indiquez la commune, par son nom ou son code postal."),
        "unknown": _("Nous ne connaissons pas cette commune. Vérifiez son nom, ou écrivez son code postal."),
        "suggested": _("Nous ne connaissons pas cette commune. Est-elle dans cette liste\u202f?"),
        "ambiguous": _("Plusieurs communes répondent à ce nom. Choisissez la vôtre dans la liste."),
        "contradictory": _(
            "Le nom et le code ne vont pas ensemble. Choisissez la bonne commune dans la liste."
        ),
        "too_many": _(
            "Beaucoup de communes répondent à ce nom. Choisissez la vôtre, ou écrivez son code postal."
        ),
    }

    def __init__(self, *, city: City | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Commune"))
        kwargs.setdefault("help_text", _("Nom ou code postal"))
        super().__init__(**kwargs)
        self.city = city
        self.said = ""

    @property
    def city(self) -> City | None:
        return self.widget.city

    @city.setter
    def city(self, city: City | None) -> None:
        self.widget.city = city

    def prepare_value(self, value: Any) -> Any:
        """A form's initial value may be a commune or, from a model form, its INSEE code."""
        if isinstance(value, str) and value:
            return Commune.objects.filter(pk=value).first() or value
        return value

    def clean(self, value: Any) -> Commune | None:
        """The commune meant by a Typed value, a commune itself or its INSEE code. Raises ValidationError."""
        value = self.prepare_value(value)
        if isinstance(value, Commune):
            return value
        typed = value if isinstance(value, Typed) else Typed(value or "")
        if not typed.text:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            commune, place = understood(typed.text, city=self.city, figures=Figures.POSTCODE)
            self.said = place.said
            return commune
        except CommuneAbroad as abroad:
            raise ValidationError(capfirst(str(abroad)), code="abroad") from None
        except ContradictoryCommune as several:
            candidates, code = several.candidates, "contradictory"
        except AmbiguousCommune as several:
            candidates = several.candidates
            code = "ambiguous" if len(candidates) <= MOST_CHOICES else "too_many"
        except CommuneNotFound as unknown:
            candidates = unknown.suggestions
            code = "suggested" if candidates else "unknown"
        # A tick that belongs to an earlier text counts no more.
        for commune in candidates:
            if commune.pk == typed.choice:
                return commune
        raise ValidationError(self.error_messages[code], code=code)

    def notes(self, commune: Commune | None) -> list[str]:
        """What whoever typed it should know: how it was understood, and that another town has it."""
        notes = [gettext("Compris\u202f: %(said)s.") % {"said": self.said}] if self.said else []
        town = town_of(commune, but=self.city) if commune and self.city else None
        if town:
            notes.append(
                gettext("Cette commune est à %(town)s, qui a son propre accueil.") % {"town": town.name}
            )
        return notes

    def has_changed(self, initial: Any, data: Any) -> bool:
        initial = self.prepare_value(initial)
        before = initial.label if isinstance(initial, Commune) else initial or ""
        return isinstance(data, Typed) and (data.text != before or bool(data.choice))


class CityForm(forms.ModelForm):
    """The settings of a town; its rules are the model's."""

    KIND_CHOICES = (("housing", _("Logement")), ("goods", _("Objets")), ("skill", _("Temps et savoir-faire")))

    seat = CommuneField(label=_("Commune siège"))
    asks_citizen_for = forms.MultipleChoiceField(
        label=_("Accord demandé aux citoyens pour"),
        choices=KIND_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    asks_association_for = forms.MultipleChoiceField(
        label=_("Accord demandé aux associations pour"),
        choices=KIND_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = City
        fields = [
            "slug",
            "name",
            "locative",
            "seat",
            "epci_code",
            "linked",
            "is_open",
            "phone",
            "phone_hours",
            "email",
            "timezone",
            "brand_colour",
            "accent_colour",
            "remind_after_days",
            "expire_after_days",
            "answer_hours_tonight",
            "answer_hours_this_week",
            "answer_hours_planned",
            "follow_up_after_days",
            "escalate_after_minutes",
            "homes_asked_at_once",
            "looks_ahead_days",
            "sms_monthly_limit",
            "quiet_from",
            "quiet_until",
            "messages_a_week",
            "visit_valid_months",
            "asks_citizen_for",
            "asks_association_for",
            "weights",
            "weights_need_opinion",
        ]
