"""The forms of a need: one page for each kind. They check what the page can say; the service has the last word."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from accounts.access import DESK, has_role
from accounts.models import LowerCaseEmailField, Organisation, User
from catalogue.forms import CheckboxCards, LanguagesField, LanguagesWidget, RadioCards, SlotsField
from catalogue.vocabulary import (
    GOODS_CATEGORIES,
    HOUSING_FORMS,
    LANGUAGE_PAIR_CATEGORIES,
    SKILL_CATEGORIES,
    Category,
    Kind,
    Urgency,
)
from cities.forms import CommuneField
from cities.models import City
from needs.models import LARGEST_QUANTITY, Need
from needs.selectors import organisations_to_post_for
from needs.words import HOUSEHOLD, LONGEST_TITLE, suggested_title, suggested_title_of

ME, CALLER = "me", "caller"
LONGEST_AHEAD = timedelta(days=3 * 366)
# Said wherever words can be typed: what is not needed is not written down.
REMINDER = _("Pas de nom de famille, pas d’origine, pas de papiers, pas de santé.")
# More names than this are quicker to find in a list than among cards.
MOST_CARDS = 6


def _labels(categories: tuple[Category, ...]) -> list[tuple[str, Any]]:
    return [(category.value, category.label) for category in categories]


class DayField(forms.DateField):
    """A day, in the browser's own calendar. Left empty it is None: the form knows what that means."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {
        "invalid": _("Ce jour n’existe pas. Écrivez par exemple 03/03/2026."),
    }

    def validate(self, value: date | None) -> None:
        """Nothing is missing yet."""


class CountField(forms.IntegerField):
    """How many of something; the telephone shows figures. Left empty it is zero, where zero is possible."""

    default_error_messages = {"invalid": _("Écrivez un nombre entier, par exemple 2.")}

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(min_value=least, max_value=most, **kwargs)
        self.widget.attrs["inputmode"] = "numeric"
        if not least:
            self.widget.attrs["placeholder"] = "0"

    def clean(self, value: Any) -> Any:
        return super().clean(value if value not in self.empty_values or self.min_value else 0)


class NeedForm(forms.Form):
    """What the three kinds have in common. `need` is the one that is changed, None for a new one."""

    kind: Kind
    # For each section of the page: its heading, its fields, those that stand in a row.
    SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    DETAILS: tuple[str, ...] = ()
    # Where the service's word about a field belongs on this page.
    PLACES: dict[str, str] = {}
    # The page says itself what is missing, in its own words.
    use_required_attribute = False
    first_days = 0

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    urgency = forms.ChoiceField(
        label=_("Pour quand\u202f?"),
        choices=Urgency.choices,
        widget=RadioCards(
            hints={
                Urgency.TONIGHT: _("Nous demandons une réponse dans les heures qui viennent."),
                Urgency.THIS_WEEK: _("Une réponse sous un jour."),
                Urgency.PLANNED: _("Il reste du temps pour bien choisir."),
            }
        ),
        error_messages={"required": _("Dites pour quand.")},
    )
    first_day = DayField(label=_("À partir du"))
    last_day = DayField(label=_("Jusqu’au"))
    min_days = forms.IntegerField(
        label=_("Durée minimale utile, en jours"),
        help_text=_("En dessous, ce n’est pas la peine de nous proposer quelque chose."),
        min_value=1,
        required=False,
        error_messages={"invalid": _("Écrivez un nombre entier, par exemple 7.")},
    )
    commune = CommuneField(label=_("Dans quelle commune\u202f?"))
    reach_km = forms.FloatField(
        label=_("Jusqu’à combien de kilomètres\u202f?"),
        help_text=_("La distance possible autour de cette commune."),
        min_value=0,
        max_value=500,
        initial=10,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        error_messages={
            "required": _("Indiquez une distance, par exemple 10."),
            "invalid": _("Écrivez une distance en kilomètres, par exemple 10."),
            "min_value": _("La distance doit être comprise entre 0 et 500 km."),
            "max_value": _("La distance doit être comprise entre 0 et 500 km."),
        },
    )
    languages = LanguagesField(
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
        label=_("Langues parlées"),
        help_text=_("Pour que les personnes se comprennent."),
        required=False,
    )
    text = forms.CharField(
        label=_("Ce qu’il est utile de savoir"),
        help_text=REMINDER,
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        required=False,
    )
    title = forms.CharField(
        label=_("Titre"),
        help_text=_("Vide, nous le composons avec vos réponses."),
        max_length=LONGEST_TITLE,
        required=False,
    )
    case_reference = forms.CharField(
        label=_("Votre référence de dossier"),
        help_text=_("Elle n’est lue que par votre association et la ville. Pas de nom de famille."),
        max_length=40,
        required=False,
    )

    def __init__(
        self, data: Any = None, *, city: City, user: User, today: date, need: Need | None = None
    ) -> None:
        self.city, self.user, self.today, self.need = city, user, today, need
        self.desk = has_role(user, city, DESK)
        super().__init__(data, initial=self._start() if need is None else self._as_stored(need))
        self.fields["commune"].city = city  # type: ignore[attr-defined]
        self.fields["first_day"].widget.attrs["min"] = min(
            today, need.first_day if need else today
        ).isoformat()
        self.organisations: dict[str, Organisation] = {}
        if need is None:
            self._ask_for_whom()
        if self.posts_as_person:
            del self.fields["case_reference"]

    # --- For whom ----------------------------------------------------------------------------------------

    def _ask_for_whom(self) -> None:
        self.organisations = {str(one.pk): one for one in organisations_to_post_for(self.user, self.city)}
        choices: list[tuple[str, Any]] = [(pk, one.name) for pk, one in self.organisations.items()]
        if self.desk:
            choices.insert(0, (CALLER, _("Une personne qui nous appelle")))
        if not choices:
            choices = [(ME, _("Moi"))]
        self.whom_choices = dict(choices)
        if len(choices) == 1 and not self.desk:
            return
        widget: forms.Widget = RadioCards() if len(choices) <= MOST_CARDS else forms.Select()
        if isinstance(widget, forms.Select) and not isinstance(widget, RadioCards):
            choices.insert(0, ("", _("Choisissez")))
        whom = forms.ChoiceField(
            label=_("Pour qui postez-vous ce besoin\u202f?"),
            choices=choices,
            widget=widget,
            initial=CALLER if len(choices) == 1 else None,
            error_messages={"required": _("Dites pour qui.")},
        )
        self.fields = {"whom": whom, **self.fields}
        if self.desk:
            self.fields |= {
                "caller_name": forms.CharField(
                    label=_("Son prénom"), help_text=_("Sans nom de famille."), max_length=60, required=False
                ),
                "caller_phone": PhoneNumberField(
                    label=_("Son téléphone"),
                    required=False,
                    error_messages={
                        "invalid": _("Ce numéro n’est pas complet. Écrivez par exemple 06 12 34 56 78.")
                    },
                ),
                "caller_email": forms.EmailField(
                    label=_("Son adresse e-mail"),
                    required=False,
                    error_messages={"invalid": _("Cette adresse n’est pas complète.")},
                ),
                "caller_agrees": forms.BooleanField(
                    label=_("La personne est d’accord pour que la ville garde ces réponses."),
                    help_text=_("Posez-lui la question. Nous gardons la date de son accord."),
                    required=False,
                ),
            }

    @property
    def posts_as_person(self) -> bool:
        """Whether it is somebody who speaks for themselves: they have no case file."""
        if self.need is not None:
            return self.need.organisation_id is None and not self.desk
        return list(self.whom_choices) == [ME]

    @property
    def organisation(self) -> Organisation | None:
        """Of a valid form: the association in whose name the need is posted; None for a person."""
        whom = self.cleaned_data.get("whom") or next(iter(self.whom_choices))
        return self.organisations.get(whom)

    @property
    def is_for_caller(self) -> bool:
        """Of a valid form: whether an operator enters the need of a person on the phone."""
        return self.cleaned_data.get("whom") == CALLER

    @property
    def waiting_organisation(self) -> Organisation | None:
        """An association not verified yet, when it is the only choice: its page says so beforehand."""
        only = next(iter(self.organisations.values()), None)
        return only if only and len(self.whom_choices) == 1 and not only.is_verified else None

    # --- The page ----------------------------------------------------------------------------------------

    def _start(self) -> dict[str, Any]:
        start: dict[str, Any] = {"key": uuid.uuid4(), "first_day": self.today}
        if self.first_days:
            start["last_day"] = self.today + timedelta(days=self.first_days)
        return start

    def _as_stored(self, need: Need) -> dict[str, Any]:
        stored = {name: getattr(need, name) for name in self.base_fields if hasattr(need, name)}
        return {**stored, "reach_km": f"{need.reach_km:g}"}

    def sections(self) -> list[dict[str, Any]]:
        """The page's sections with their bound fields; a row is a list of fields."""
        parts = []
        if "whom" in self.fields:
            caller = [name for name in self.fields if name.startswith("caller_")]
            parts.append(
                {"heading": _("Pour qui"), "rows": self._rows(("whom",)), "caller": self._rows(caller)}
            )
        parts += [{"heading": heading, "rows": self._rows(names)} for heading, names in self.SECTIONS]
        return [{"caller": [], **part} for part in parts]

    def details(self) -> dict[str, Any]:
        """What is rarely needed; open when something in it is to be reviewed."""
        names = [name for name in self.DETAILS if name in self.fields]
        return {"rows": self._rows(names), "open": any(self[name].errors for name in names)}

    def _rows(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Rows of bound fields; a name with "+" stands beside the one before. Numbers need less room."""
        rows: list[list[forms.BoundField]] = []
        for name in names:
            if name.startswith("+"):
                rows[-1].append(self[name[1:]])
            else:
                rows.append([self[name]])
        return [
            {"fields": row, "numbers": all(isinstance(field.field, CountField) for field in row)}
            for row in rows
        ]

    # --- The answers -------------------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_days(answers)
        if self.is_for_caller:
            if (
                not answers.get("caller_phone")
                and not answers.get("caller_email")
                and not ({"caller_phone", "caller_email"} & set(self.errors))
            ):
                self.add_error("caller_phone", _("Notez un téléphone ou une adresse e-mail pour répondre."))
            if not answers.get("caller_agrees"):
                self.add_error("caller_agrees", _("Sans son accord, nous ne pouvons rien enregistrer."))
        return answers

    def _clean_days(self, answers: dict[str, Any]) -> None:
        tonight = answers.get("urgency") == Urgency.TONIGHT
        for name, missing in (
            ("first_day", _("Indiquez le premier jour.")),
            ("last_day", _("Indiquez le dernier jour.")),
        ):
            if answers.get(name) is None and name not in self.errors:
                if tonight or (name == "first_day" and not self.need):
                    answers[name] = self.today
                else:
                    self.add_error(name, missing)
        first, last = answers.get("first_day"), answers.get("last_day")
        before = self.need.first_day if self.need else None
        if first and first != before:
            if first < self.today:
                self.add_error("first_day", _("Ce jour est déjà passé."))
            elif tonight and first > self.today:
                self.add_error("first_day", _("Pour ce soir, le premier jour est aujourd’hui."))
        if last and (not self.need or last != self.need.last_day):
            if last < self.today:
                self.add_error("last_day", _("Ce jour est déjà passé."))
            elif last > self.today + LONGEST_AHEAD:
                self.add_error("last_day", _("Ce jour est trop loin. Choisissez-en un dans les trois ans."))
        if first and last and last < first and "last_day" not in self.errors:
            self.add_error("last_day", _("La fin doit venir après le début."))
        shortest = answers.get("min_days")
        if shortest and first and last and first <= last and shortest > (last - first).days + 1:
            self.add_error("min_days", _("La durée minimale doit tenir entre le premier et le dernier jour."))

    def answers(self) -> dict[str, Any]:
        """Of a valid form: the need's fields, for the service."""
        names = [
            name for name in self.base_fields if name in self.cleaned_data and name not in {"key", "title"}
        ]
        fields = {"kind": self.kind, **{name: self.cleaned_data[name] for name in names}}
        fields["title"] = self._title(fields)
        if self.need is not None:
            del fields["kind"]
        return fields

    def _title(self, fields: dict[str, Any]) -> str:
        typed = self.cleaned_data["title"]
        # A title that we composed follows the answers that it was made of.
        if self.need is not None and typed == self.need.title == suggested_title_of(self.need):
            typed = ""
        return typed or suggested_title(fields)[:LONGEST_TITLE]

    @property
    def external_key(self) -> str:
        """Of a valid form: what makes the same page posted twice one need."""
        key = self.cleaned_data.get("key")
        return f"form:{key}" if key else ""

    def add_refusal(self, refusal: ValidationError) -> None:
        """Show what the service refused, beside its field where the page has it."""
        by_field = (
            refusal.message_dict if hasattr(refusal, "error_dict") else {NON_FIELD_ERRORS: refusal.messages}
        )
        for name, sentences in by_field.items():
            place = self.PLACES.get(name, name)
            self.add_error(place if place in self.fields else None, sentences)


class HousingNeedForm(NeedForm):
    """A home for a household."""

    kind = Kind.HOUSING
    SECTIONS = (
        (
            _("Qui cherche un toit"),
            (
                "adult_women", "+adult_men",
                "children_under_3", "+children_3_to_11", "+children_12_to_17",
                "couple", "lone_minor",
            ),
        ),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (
            _("Quel logement"),
            ("shared_home_ok", "step_free_needed", "pets", "part_useful", "forms"),
        ),
        (_("Pour bien faire"), ("text",)),
    )  # fmt: skip
    DETAILS = ("languages", "min_days", "title", "social_worker", "case_reference")
    PLACES = {"quantity": "adult_women", "people": "adult_women"}

    adult_women = CountField(label=_("Femmes"), most=50)
    adult_men = CountField(label=_("Hommes"), most=50)
    children_under_3 = CountField(label=_("Enfants de moins de 3 ans"), most=50)
    children_3_to_11 = CountField(label=_("De 3 à 11 ans"), most=50)
    children_12_to_17 = CountField(label=_("De 12 à 17 ans"), most=50)
    couple = forms.BooleanField(label=_("Deux adultes sont en couple"), required=False)
    lone_minor = forms.BooleanField(
        label=_("Un mineur isolé"), help_text=_("Sans adulte de sa famille."), required=False
    )
    shared_home_ok = forms.BooleanField(
        label=_("Un logement partagé convient"),
        help_text=_("Chez une personne ou une famille."),
        required=False,
        initial=True,
    )
    step_free_needed = forms.BooleanField(label=_("Plain-pied ou ascenseur nécessaire"), required=False)
    pets = forms.BooleanField(label=_("Avec un animal"), required=False)
    part_useful = forms.BooleanField(label=_("Le foyer peut être logé en plusieurs endroits"), required=False)
    social_worker = forms.CharField(
        label=_("Personne qui accompagne"),
        help_text=_("Le prénom et le service, pour que l’hôte sache à qui parler."),
        max_length=120,
        required=False,
    )
    # Last: from here on, `forms` is no longer the module.
    forms = forms.MultipleChoiceField(
        label=_("Formes de logement possibles"),
        help_text=_("Rien de coché\u202f: toutes conviennent."),
        choices=_labels(HOUSING_FORMS),
        widget=CheckboxCards(layout="inline"),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        if set(HOUSEHOLD) & set(self.errors):
            return answers
        adults = answers["adult_women"] + answers["adult_men"]
        children = sum(answers[name] for name in HOUSEHOLD[2:])
        if not adults + children:
            self.add_error("adult_women", _("Dites combien de personnes cherchent un toit."))
        elif adults + children > LARGEST_QUANTITY[Kind.HOUSING]:
            self.add_error(
                "adult_women", _("Un foyer compte 50 personnes au plus. Postez plusieurs besoins.")
            )
        if answers["lone_minor"] and (adults or not children):
            self.add_error(
                "lone_minor",
                _("Un mineur isolé n’est pas accompagné d’un adulte.")
                if adults
                else _("Notez son âge plus haut, parmi les enfants."),
            )
        elif children and not adults and not answers["lone_minor"]:
            self.add_error(
                "lone_minor", _("Des enfants sans adulte\u202f? Cochez cette case, ou ajoutez un adulte.")
            )
        if answers["couple"] and adults < 2:
            self.add_error("couple", _("Un couple compte deux adultes."))
        if answers.get("forms") == [Category.SHARED_ROOM] and not answers["shared_home_ok"]:
            self.add_error(
                "shared_home_ok",
                _(
                    "Une chambre chez l’habitant est un logement partagé. Cochez cette case, ou une autre forme."
                ),
            )
        return answers


class GoodsNeedForm(NeedForm):
    """A number of items."""

    kind = Kind.GOODS
    first_days = 30
    SECTIONS = (
        (_("De quoi avez-vous besoin"), ("category", "quantity", "+people", "part_useful")),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (_("Pour bien faire"), ("text",)),
    )
    DETAILS = ("title", "languages", "case_reference")

    category = forms.ChoiceField(
        label=_("Quels objets\u202f?"),
        choices=_labels(GOODS_CATEGORIES),
        widget=RadioCards(layout="inline"),
        error_messages={"required": _("Choisissez une catégorie.")},
    )
    quantity = CountField(
        label=_("Combien\u202f?"),
        least=1,
        most=LARGEST_QUANTITY[Kind.GOODS],
        initial=1,
        error_messages={
            "required": _("Dites combien."),
            "min_value": _("Il en faut au moins un."),
            "max_value": _("Un besoin compte 10 000 objets au plus."),
        },
    )
    people = CountField(label=_("Pour combien de personnes\u202f?"), least=1, most=10_000, initial=1)
    part_useful = forms.BooleanField(
        label=_("Une partie est déjà utile"),
        help_text=_("Plusieurs personnes peuvent alors se partager votre besoin."),
        required=False,
        initial=True,
    )


class SkillNeedForm(NeedForm):
    """Hours a week."""

    kind = Kind.SKILL
    first_days = 90
    SECTIONS = (
        (_("De quoi avez-vous besoin"), ("category", "languages_from", "languages_to")),
        (_("Combien de temps"), ("quantity", "+people", "part_useful", "remote_ok")),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (_("Pour bien faire"), ("text",)),
    )
    DETAILS = ("slots", "languages", "min_days", "title", "case_reference")

    category = forms.ChoiceField(
        label=_("Quelle aide\u202f?"),
        choices=_labels(SKILL_CATEGORIES),
        widget=RadioCards(layout="inline"),
        error_messages={"required": _("Choisissez une catégorie.")},
    )
    languages_from = LanguagesField(
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
        label=_("Depuis quelle langue\u202f?"),
        help_text=_("Pour l’interprétariat et la traduction."),
        required=False,
    )
    languages_to = LanguagesField(
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
        label=_("Vers quelle langue\u202f?"),
        help_text=_("Rien de coché\u202f: vers le français."),
        required=False,
    )
    quantity = CountField(
        label=_("Combien d’heures par semaine\u202f?"),
        least=1,
        most=LARGEST_QUANTITY[Kind.SKILL],
        initial=1,
        error_messages={
            "required": _("Dites combien d’heures."),
            "min_value": _("Il en faut au moins une."),
            "max_value": _("Un besoin compte 80 heures par semaine au plus."),
        },
    )
    people = CountField(label=_("Pour combien de personnes\u202f?"), least=1, most=10_000, initial=1)
    part_useful = forms.BooleanField(
        label=_("Une partie des heures est déjà utile"), required=False, initial=True
    )
    remote_ok = forms.BooleanField(label=_("Possible à distance"), required=False)
    slots = SlotsField(
        label=_("À quels moments de la semaine\u202f?"),
        help_text=_("Rien de coché\u202f: tous conviennent."),
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        if answers.get("category") not in LANGUAGE_PAIR_CATEGORIES:
            # What stands in a part of the page that does not concern this category is no answer.
            answers["languages_from"], answers["languages_to"] = [], []
            for name in ("languages_from", "languages_to"):
                self.errors.pop(name, None)
        elif not answers.get("languages_from") and "languages_from" not in self.errors:
            self.add_error("languages_from", _("Dites depuis quelle langue."))
        elif not answers.get("languages_to") and "languages_to" not in self.errors:
            answers["languages_to"] = ["fr"]
        return answers


FORMS: dict[str, type[NeedForm]] = {
    form.kind: form for form in (HousingNeedForm, GoodsNeedForm, SkillNeedForm)
}


class AddressForm(forms.Form):
    """The address to which a visitor's sign-in code goes."""

    email = forms.EmailField(
        label=_("Votre adresse e-mail"),
        help_text=_("Nous y envoyons un code à six chiffres. Elle n’est montrée à personne."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Écrivez votre adresse e-mail."),
            "invalid": _("Cette adresse n’est pas complète. Écrivez par exemple prenom@exemple.org."),
        },
    )

    def clean_email(self) -> str:
        return str(LowerCaseEmailField.normalised(self.cleaned_data["email"]))


class WithdrawForm(forms.Form):
    """Why a need is no more: one choice, and words if one likes."""

    why = forms.ChoiceField(
        label=_("Pourquoi retirez-vous ce besoin\u202f?"),
        choices=[
            ("found", _("Une solution est trouvée ailleurs")),
            ("over", _("Le besoin n’existe plus")),
            ("mistake", _("C’était une erreur ou un doublon")),
            ("other", _("Une autre raison")),
        ],
        widget=RadioCards,
        error_messages={"required": _("Choisissez une raison.")},
    )
    words = forms.CharField(
        label=_("Précisions"),
        help_text=REMINDER,
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def reason(self) -> str:
        """Of a valid form: the reason in words."""
        label = str(dict(self.fields["why"].choices)[self.cleaned_data["why"]])  # type: ignore[attr-defined]
        return f"{label}. {self.cleaned_data['words']}" if self.cleaned_data["words"] else label
