"""What is looked for in the directory, and what is said of a service."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from accounts.models import Organisation
from catalogue.contacts import EmailField, EmailInput, PhoneField, region_of
from catalogue.fields.needs import REMINDER
from catalogue.forms import CheckboxCards, DayField, LanguagesField, LanguagesWidget, RadioCards, SlotsField
from catalogue.languages import autonym, language_name
from cities.forms import CommuneField
from cities.models import City
from directory import selectors
from directory.models import LONGEST_ABOUT, Fees, Service
from directory.selectors import Search
from directory.services import FIELDS
from directory.themes import Theme, with_themes

LONGEST_SEARCH = 80
_ORDER = (
    "name", "organisation", "run_by", "themes", "about", "languages", "phone", "slots", "hours_note", "commune",
    "address", "how_to_come", "email", "site", "fees",
)  # fmt: skip


class SearchForm(forms.Form):
    """The filters of the public page. What is not in its lists asks nothing: an old address still opens."""

    use_required_attribute = False

    besoin = forms.ChoiceField(
        label=_("Pour quoi\u202f?"), required=False, choices=[("", _("Tout")), *Theme.choices]
    )
    parle = forms.ChoiceField(label=_("Dans quelle langue\u202f?"), required=False)
    lieu = forms.ChoiceField(label=_("Où\u202f?"), required=False)
    quand = forms.ChoiceField(
        label=_("Quand\u202f?"),
        required=False,
        choices=[
            ("", _("N’importe quand")),
            (selectors.NOW, _("Ouvert maintenant")),
            (selectors.EVENING, _("Ouvert le soir")),
            (selectors.WEEKEND, _("Ouvert le week-end")),
        ],
    )
    mots = forms.CharField(
        label=_("Un nom, un mot"),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )

    def __init__(self, data: Any, *, city: City) -> None:
        super().__init__(data)
        languages: Any = self.fields["parle"]
        languages.choices = [
            ("", _("Toutes les langues")),
            *sorted(
                ((code, _language(code)) for code in selectors.languages_of(city)), key=lambda one: one[1]
            ),
        ]
        communes: Any = self.fields["lieu"]
        communes.choices = [
            ("", _("Toutes les communes")),
            *((one.pk, one.name) for one in selectors.communes_with_services(city)),
        ]

    def search(self) -> Search:
        self.is_valid()
        said = self.cleaned_data
        return Search(
            theme=said.get("besoin", ""),
            language=said.get("parle", ""),
            commune=said.get("lieu", ""),
            when=said.get("quand", ""),
            words=said.get("mots", ""),
        )


class EntryForm(ServiceForm):
    """A service, as those who keep it say it. `organisations`: those in whose name it may be entered; `may_be_others`:
    whether it may be run by somebody who is not inscribed here.
    """

    name = forms.CharField(
        label=_("Nom du service"),
        help_text=_("Par exemple\u202f: Permanence juridique."),
        min_length=3,
        max_length=150,
        error_messages={"required": _("Écrivez son nom.")},
    )
    organisation = forms.ModelChoiceField(
        label=_("Association ou service inscrit ici"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("Aucun"),
    )
    run_by = forms.CharField(
        label=_("Sinon, qui le tient"),
        help_text=_("Par exemple\u202f: CCAS, Croix-Rouge, bibliothèque."),
        max_length=150,
        required=False,
    )
    themes = forms.MultipleChoiceField(
        label=_("Pour quels besoins"),
        choices=Theme.choices,
        widget=CheckboxCards(layout="two"),
        error_messages={"required": _("Choisissez au moins un besoin.")},
    )
    about = forms.CharField(
        label=_("Ce qu’on y trouve"),
        help_text=_("Deux ou trois phrases simples. Aucun nom de personne."),
        min_length=5,
        max_length=LONGEST_ABOUT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Dites ce qu’on y trouve.")},
    )
    languages = LanguagesField(
        label=_("Langues parlées sur place"),
        required=False,
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
    )
    slots = SlotsField(label=_("Heures d’ouverture"), required=False)
    hours_note = forms.CharField(
        label=_("Précision sur les heures"),
        help_text=_("Par exemple\u202f: sur rendez-vous, fermé en août."),
        max_length=300,
        required=False,
    )
    address = forms.CharField(
        label=_("Adresse du service"),
        help_text=_("Celle que tout le monde peut lire, jamais celle d’une personne."),
        max_length=200,
        required=False,
    )
    how_to_come = forms.CharField(
        label=_("Comment venir"),
        help_text=_("Par exemple\u202f: tram B, arrêt Sainte-Claire\u202f; sonner à l’accueil."),
        max_length=300,
        required=False,
    )
    email = EmailField(
        label=_("E-mail du service"), required=False, widget=EmailInput(attrs={"autocomplete": "off"})
    )
    site = forms.URLField(label=_("Site"), max_length=300, required=False, assume_scheme="https")
    fees = forms.ChoiceField(
        label=_("Prix"),
        choices=[("", _("Non précisé")), *Fees.choices],
        required=False,
        widget=RadioCards(layout="inline"),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        city: City,
        organisations: QuerySet[Organisation],
        may_be_others: bool,
        service: Service | None = None,
    ) -> None:
        self.service = service
        super().__init__(data, initial=_as_typed(service) if service else {})
        commune = CommuneField(city=city)
        phone = PhoneField(
            region=region_of(city.seat_id), of_person=False, label=_("Téléphone du service"), required=False
        )
        self.fields |= {"commune": commune, "phone": phone}
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations
        if not may_be_others:
            del self.fields["run_by"]
            organisation.required, organisation.empty_label = True, None
        self.order_fields(_ORDER)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if "run_by" in self.fields and not (said.get("organisation") or said.get("run_by")):
            self.add_error("run_by", _("Dites qui tient ce service."))
        return said

    def fields_said(self) -> dict[str, Any]:
        """Of a valid form: what a service is told."""
        said = dict(self.cleaned_data)
        before = self.service.thematics if self.service else []
        said["thematics"] = with_themes(before, said.pop("themes"))
        if said["organisation"] is not None:
            said["run_by"] = ""
        return said


class ReferForm(ServiceForm):
    """Which service is asked, and what it is told besides the facts of the need."""

    service = forms.ModelChoiceField(
        label=_("Quel service\u202f?"),
        queryset=Service.objects.none(),
        empty_label=_("Choisissez"),
        error_messages={"required": _("Choisissez un service.")},
    )
    words = forms.CharField(
        label=_("Ce que le service doit savoir"),
        help_text=REMINDER,
        max_length=600,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    agreed = forms.BooleanField(
        label=_("La personne est d’accord pour que ce service ait ses coordonnées"),
        help_text=_("Sans cela, le service répond par vous."),
        required=False,
    )
    contact = forms.CharField(
        label=_("Comment la joindre"),
        help_text=_("Un prénom, un téléphone. Seul ce service le lit, et un non l’efface."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, services: QuerySet[Service], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["service"]
        field.queryset = services
        by_theme: dict[str, list[tuple[int, str]]] = {}
        for one in services:
            by_theme.setdefault(str(one.themes[0].label), []).append((one.pk, f"{one.name} · {one.keeper}"))
        field.choices = [("", field.empty_label), *by_theme.items()]


class AnswerForm(ServiceForm):
    """What a service answers."""

    answer = forms.ChoiceField(
        label=_("Votre réponse"),
        choices=[
            ("accept", _("Oui, nous recevons")),
            ("decline", _("Non, pas possible")),
            ("call", _("Appelez-nous d’abord")),
        ],
        widget=RadioCards,
        error_messages={"required": _("Choisissez une réponse.")},
    )
    day = DayField(label=_("Quel jour"), required=False)
    hour = forms.TimeField(
        label=_("À quelle heure"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    words = forms.CharField(
        label=_("Un mot\u202f: quoi apporter, qui demander, ou pourquoi pas"), max_length=500, required=False
    )


def _as_typed(service: Service) -> dict[str, Any]:
    said = {name: getattr(service, name) for name in FIELDS if name != "thematics"}
    return {**said, "themes": [str(theme) for theme in service.themes]}


def _language(code: str) -> str:
    """In the reader's language, and in its own."""
    name, own = language_name(code), autonym(code)
    return name if name.casefold() == own.casefold() else f"{name} · {own}"
