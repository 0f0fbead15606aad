"""What is looked for in the directory, and what is said of a service."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from accounts.models import Organisation
from catalogue.contacts import EmailField, EmailInput, PhoneField, region_of
from catalogue.fields.needs import REMINDER
from catalogue.forms import CheckboxCards, DayField, LanguagesField, LanguagesWidget, RadioCards, SlotsField
from catalogue.languages import MOST_LANGUAGES, autonym, language_name, validate_language
from cities.forms import CommuneField
from cities.models import City
from directory import agents, selectors
from directory.models import LONGEST_ABOUT, LONGEST_NAME, LONGEST_WORDS, AgentCard, Fees, Service
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
        languages.choices = [("", _("Toutes les langues")), *_languages(selectors.languages_of(city))]
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


class _SomeOf(forms.MultipleChoiceField):
    """Those of its choices that are asked for; what is none of them asks nothing."""

    def to_python(self, value: Any) -> list[str]:
        return [one for one in super().to_python(value) if self.valid_value(one)]


class WhoForm(forms.Form):
    """Who answers: what for, in one of some languages, and words. `languages`: those that are spoken; one that nobody
    speaks may be asked for as well, and finds nobody.
    """

    use_required_attribute = False

    mots = forms.CharField(
        label=_("Un besoin, une langue, un nom"),
        help_text=_("Par exemple\u202f: école dari."),
        required=False,
        max_length=LONGEST_SEARCH,
        widget=forms.TextInput(attrs={"type": "search", "enterkeyhint": "search"}),
    )
    besoin = forms.ChoiceField(
        label=_("Pour quoi\u202f?"), required=False, choices=[("", _("Tout")), *Theme.choices]
    )
    parle = _SomeOf(
        label=_("Dans une de ces langues"),
        required=False,
        widget=CheckboxCards(attrs={"class": "choices--inline"}),
    )

    def __init__(self, data: QueryDict, *, languages: Iterable[str]) -> None:
        super().__init__(data)
        spoken: Any = self.fields["parle"]
        asked = [code for code in data.getlist("parle")[:MOST_LANGUAGES] if _is_language(code)]
        spoken.choices = _languages({*languages, *asked})

    def search(self) -> dict[str, Any]:
        """For `answerers.found`."""
        self.is_valid()
        said = self.cleaned_data
        return {
            "theme": said.get("besoin", ""),
            "languages": said.get("parle", []),
            "words": said.get("mots", ""),
        }


class AgentForm(ServiceForm):
    """The card of who answers, as those who keep it say it. `may_be_of_town`: whether it may be the town's own."""

    name = forms.CharField(
        label=_("Qui répond\u202f?"),
        help_text=_("Par exemple\u202f: Nadia, accueil de l’école. Un prénom ou un service suffit."),
        max_length=LONGEST_NAME,
        error_messages={"required": _("Écrivez qui répond.")},
    )
    organisation = forms.ModelChoiceField(
        label=_("Pour qui\u202f?"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("L’équipe de la ville"),
    )
    themes = forms.MultipleChoiceField(
        label=_("Pour quels besoins"),
        choices=Theme.choices,
        required=False,
        widget=CheckboxCards(layout="two"),
    )
    words = forms.CharField(
        label=_("En d’autres mots"),
        help_text=_("Par exemple\u202f: inscription au collège, cantine, bourse."),
        max_length=LONGEST_WORDS,
        required=False,
    )
    languages = LanguagesField(
        label=_("Langues parlées"),
        required=False,
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
    )
    hours = forms.CharField(
        label=_("Quand l’appeler"),
        help_text=_("Par exemple\u202f: du lundi au jeudi, le matin."),
        max_length=200,
        required=False,
    )
    email = EmailField(
        label=_("E-mail de travail"), required=False, widget=EmailInput(attrs={"autocomplete": "off"})
    )
    is_public = forms.BooleanField(
        label=_("Tout le monde peut lire cette fiche"),
        help_text=_(
            "Sans cette case, seules l’équipe de la ville et les associations vérifiées la lisent. Demandez "
            "d’abord à la personne."
        ),
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        *,
        city: City,
        organisations: QuerySet[Organisation],
        may_be_of_town: bool,
        card: AgentCard | None = None,
    ) -> None:
        initial = {name: getattr(card, name) for name in agents.FIELDS} if card else {}
        super().__init__(data, initial=initial)
        phone = PhoneField(
            region=region_of(city.seat_id),
            of_person=False,
            label=_("Téléphone de travail"),
            help_text=_("Jamais le numéro personnel de quelqu’un."),
            required=False,
        )
        self.fields |= {"phone": phone}
        organisation: Any = self.fields["organisation"]
        organisation.queryset = organisations
        if not may_be_of_town:
            organisation.required, organisation.empty_label = True, None
        self.order_fields([*agents.FIELDS])


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


def _is_language(code: str) -> bool:
    try:
        validate_language(code)
    except ValidationError:
        return False
    return True


def _languages(codes: Iterable[str]) -> list[tuple[str, str]]:
    return sorted(((code, _language(code)) for code in codes), key=lambda one: one[1])


def _language(code: str) -> str:
    """In the reader's language, and in its own."""
    name, own = language_name(code), autonym(code)
    return name if name.casefold() == own.casefold() else f"{name} · {own}"
