"""What is said of a place, of its nights and of its shifts."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from accounts.models import Organisation, User
from catalogue.contacts import PhoneField
from catalogue.fields.needs import REMINDER
from catalogue.fields.shared import LARGEST
from catalogue.forms import CheckboxCards, CountField, DayField, RadioCards
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, SKILL_CATEGORIES, Category, Household, Kind
from cities.forms import CommuneField
from cities.models import City
from offers.models import Offer
from shelters import services
from shelters.models import LONGEST_NAME, Shelter

MOST_NIGHTS = 365
MOST_VOLUNTEERS = 10
ONCE, WEEKLY = "once", "weekly"
# Two languages meet at a place as well: that is asked for on the page of needs, which asks for both.
CATEGORIES = [Category.RECEPTION, *(
    one for one in SKILL_CATEGORIES if one not in (*LANGUAGE_PAIR_CATEGORIES, Category.RECEPTION)
)]  # fmt: skip


class HourField(forms.TimeField):
    """An hour of the day, as the telephone's own clock asks for it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"), **kwargs)


class ShelterForm(ServiceForm):
    """`shelter`: the one that is corrected; else `organisations`: in whose name one may enter another."""

    name = forms.CharField(
        label=_("Nom du lieu"),
        help_text=_("Par exemple\u202f: Gymnase des Tilleuls."),
        min_length=3,
        max_length=LONGEST_NAME,
    )
    organisation = forms.ModelChoiceField(
        label=_("Qui tient le lieu\u202f?"), queryset=Organisation.objects.none(), empty_label=None
    )
    host = forms.ModelChoiceField(
        label=_("Qui répond aux demandes\u202f?"),
        help_text=_("Cette personne dit oui ou non quand quelqu’un est proposé."),
        queryset=User.objects.none(),
        empty_label=None,
    )
    commune = CommuneField()
    address = forms.CharField(
        label=_("Adresse du lieu"),
        help_text=_("Elle est donnée une fois l’accueil confirmé, comme celle d’un logement."),
        max_length=200,
    )
    phone = PhoneField(
        label=_("Téléphone sur place"), required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    arrives_from = HourField(label=_("Arrivée à partir de"), required=False)
    arrives_until = HourField(label=_("Arrivée jusqu’à"), required=False)
    rules = forms.CharField(
        label=_("Règles du lieu"),
        help_text=REMINDER,
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        city: City,
        shelter: Shelter | None = None,
        organisations: QuerySet[Organisation] | None = None,
        hosts: QuerySet[User] | None = None,
    ) -> None:
        known: dict[str, Any] = {}
        if shelter is not None:
            known = {name: getattr(shelter, name) for name in services.FIELDS} | {"host": shelter.host_id}
        super().__init__(data, initial=known)
        self.fields["commune"].city = city  # type: ignore[attr-defined]
        if shelter is not None:
            del self.fields["organisation"]
            self.fields["host"].queryset = hosts  # type: ignore[attr-defined]
        else:
            del self.fields["host"]
            self.fields["organisation"].queryset = organisations  # type: ignore[attr-defined]


class KeyedForm(ServiceForm):
    """A form that adds something: `key` makes the same page posted twice one."""

    # Named so that no field that is asked for is hidden by it.
    form_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    @property
    def key(self) -> str:
        """Of a valid form."""
        return str(self.cleaned_data.get("form_key") or "")


class NightsForm(KeyedForm):
    """So many beds, on which nights, for whom. Without a last night: without an end."""

    capacity = CountField(
        label=_("Combien de places par nuit\u202f?"),
        help_text=_("50 au plus. Pour davantage, ajoutez d’autres places."),
        least=1,
        most=LARGEST[Kind.HOUSING],
    )
    first_day = DayField(label=_("Première nuit"))
    last_day = DayField(label=_("Dernière nuit"), help_text=_("Vide\u202f: sans fin prévue."), required=False)
    accepts = forms.MultipleChoiceField(
        label=_("Pour qui\u202f?"),
        help_text=_("Si vous ne cochez rien\u202f: tout le monde, sauf un mineur isolé."),
        choices=[one for one in Household.choices if one[0] != Household.LONE_MINORS],
        required=False,
        widget=CheckboxCards(layout="inline"),
    )
    longest_stay_days = CountField(
        label=_("Combien de nuits de suite au plus\u202f?"),
        help_text=_("0\u202f: sans limite."),
        most=MOST_NIGHTS,
        required=False,
    )
    step_free = forms.BooleanField(label=_("De plain-pied, ou avec ascenseur"), required=False)
    pets_accepted = forms.BooleanField(label=_("Un animal est possible"), required=False)

    def __init__(self, data: Any = None, *, today: date, offer: Offer | None = None) -> None:
        known: dict[str, Any] = {"first_day": today, "form_key": uuid.uuid4()}
        if offer is not None:
            windows = list(offer.windows.all())
            known = {name: getattr(offer, name) for name in services.NIGHTS_FIELDS}
            known |= {"first_day": windows[0].first_day, "last_day": windows[-1].last_day}
        super().__init__(data, initial=known)

    def said(self) -> dict[str, Any]:
        """What the services take."""
        fields = {name: self.cleaned_data[name] for name in services.NIGHTS_FIELDS}
        fields["longest_stay_days"] = fields["longest_stay_days"] or None
        return {
            "fields": fields,
            "first_day": self.cleaned_data["first_day"],
            "last_day": self.cleaned_data["last_day"],
        }


class ClosedForm(ServiceForm):
    """Nights on which there are no beds."""

    first_day = DayField(label=_("Fermé à partir de la nuit du"))
    last_day = DayField(label=_("Fermé jusqu’à la nuit du"))


class ShiftForm(KeyedForm):
    """Volunteers who are wanted at one time, on one day or several, once or each week."""

    title = forms.CharField(
        label=_("Pour faire quoi\u202f?"),
        help_text=_("Par exemple\u202f: Accueil du soir. Aucun nom de personne."),
        min_length=3,
        max_length=40,
    )
    category = forms.ChoiceField(label=_("Quelle aide\u202f?"))
    weekdays = forms.TypedMultipleChoiceField(
        label=_("Quels jours\u202f?"), coerce=int, widget=CheckboxCards(layout="inline")
    )
    starts = HourField(label=_("Heure de début"))
    ends = HourField(label=_("Heure de fin"), help_text=_("Après minuit\u202f: ajoutez un autre créneau."))
    volunteers = CountField(label=_("Combien de bénévoles\u202f?"), least=1, most=MOST_VOLUNTEERS)
    first_day = DayField(label=_("Du"))
    last_day = DayField(label=_("Au"))
    rhythm = forms.ChoiceField(
        label=_("Les mêmes bénévoles chaque semaine\u202f?"),
        choices=[
            (ONCE, _("Non, chaque jour est demandé à part")),
            (WEEKLY, _("Oui, chaque semaine")),
        ],
        initial=ONCE,
        widget=RadioCards,
    )

    def __init__(self, data: Any = None, *, today: date) -> None:
        known = {"first_day": today, "category": Category.RECEPTION, "form_key": uuid.uuid4()}
        super().__init__(data, initial=known)
        self.fields["category"].choices = [(one.value, one.label) for one in CATEGORIES]  # type: ignore[attr-defined]
        self.fields["weekdays"].choices = [  # type: ignore[attr-defined]
            (number, capfirst(str(WEEKDAYS[number]))) for number in range(7)
        ]

    def said(self) -> dict[str, Any]:
        """What the service takes."""
        said = self.cleaned_data
        names = ("title", "category", "weekdays", "volunteers", "first_day", "last_day")
        start, end = said["starts"], said["ends"]
        return {
            **{name: said[name] for name in names},
            "start_minute": start.hour * 60 + start.minute,
            # Midnight ends a day.
            "end_minute": end.hour * 60 + end.minute or 24 * 60,
            "weekly": said["rhythm"] == WEEKLY,
        }
