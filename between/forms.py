"""What a desk says of a household, of places, and of what a person answered."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from between import selectors
from between.models import LONGEST_SERVICES, How
from catalogue.fields.needs import MOST_PEOPLE
from catalogue.forms import CountField, DayField, RadioCards
from cities.models import City
from needs.models import Need
from needs.words import when_words
from offers.models import Offer

YES, NO = "yes", "no"


class AskedForm(ServiceForm):
    """How and when a person was asked."""

    how = forms.ChoiceField(
        label=_("Comment avez-vous demandé\u202f?"), choices=How.choices, widget=RadioCards(layout="two")
    )
    yes_on = DayField(label=_("Quel jour la personne a-t-elle dit oui\u202f?"))


class HouseholdForm(AskedForm):
    """A need, and the towns that the person named."""

    need = forms.ModelChoiceField(label=_("Quel besoin de logement\u202f?"), queryset=Need.objects.none())
    first = forms.ModelChoiceField(label=_("La ville que la personne préfère"), queryset=City.objects.none())
    second = forms.ModelChoiceField(
        label=_("Son deuxième souhait"), queryset=City.objects.none(), required=False
    )
    third = forms.ModelChoiceField(
        label=_("Son troisième souhait"), queryset=City.objects.none(), required=False
    )
    field_order = ("need", "first", "second", "third", "how", "yes_on")

    def __init__(self, data: Any = None, *, city: City, today: date) -> None:
        super().__init__(data)
        need: Any = self.fields["need"]
        need.queryset = selectors.needs_to_publish(city, today)
        need.label_from_instance = lambda one: (
            f"{one.reference} · {one.people} · {when_words(one, one.first_day, one.last_day)}"
        )
        for name in ("first", "second", "third"):
            self.fields[name].queryset = selectors.linked_towns(city)  # type: ignore[attr-defined]

    @property
    def wishes(self) -> list[City]:
        """Of a valid form, the dearest first."""
        said = [self.cleaned_data[name] for name in ("first", "second", "third")]
        return [town for town in said if town is not None]


class PlacesForm(ServiceForm):
    offer = forms.ModelChoiceField(
        label=_("Quel logement\u202f?"),
        help_text=_("Visité, et que son propriétaire montre aussi aux villes voisines."),
        queryset=Offer.objects.none(),
    )
    people = CountField(label=_("Pour combien de personnes\u202f?"), least=1, most=MOST_PEOPLE)
    first_day = DayField(label=_("Premier jour"), edge="first")
    last_day = DayField(label=_("Dernier jour"), edge="last")
    services = forms.CharField(
        label=_("Ce qu’il y a dans votre ville"),
        help_text=_("École, soins, cours de français, travail. Aucun nom, aucune adresse."),
        max_length=LONGEST_SERVICES,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None, *, city: City) -> None:
        super().__init__(data)
        offer: Any = self.fields["offer"]
        offer.queryset = selectors.offers_to_publish(city)
        offer.label_from_instance = lambda one: f"{one.reference} · {one.title}"


class AnswerForm(AskedForm):
    """What the person answered for these very places."""

    answer = forms.ChoiceField(
        label=_("Qu’a répondu la personne\u202f?"),
        choices=[(YES, _("Oui, elle veut y aller")), (NO, _("Non"))],
        widget=RadioCards(
            hints={
                NO: _(
                    "Ce non ne coûte rien\u202f: elle reste proposée comme avant, et personne d’autre ne le lit."
                )
            }
        ),
    )
    field_order = ("answer", "how", "yes_on")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["how"].required = self.fields["yes_on"].required = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("answer") == YES:
            for name, field in (("how", self.fields["how"]), ("yes_on", self.fields["yes_on"])):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, ValidationError(field.error_messages["required"], code="required"))
        return said
