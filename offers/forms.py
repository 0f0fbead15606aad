"""The forms of an offer. One class knows every field; each page shows the part that it asks for."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from catalogue.forms import CheckboxCards, LanguagesField, RadioCards, SlotsField
from catalogue.labels import category_label, kind_label, language_names, listed, quantity_words
from catalogue.times import days_words
from catalogue.vocabulary import CATEGORIES, LANGUAGE_PAIR_CATEGORIES, MOST_PERIODS, Category, Household, Kind
from cities.forms import CommuneField
from cities.models import City
from offers.models import (
    LARGEST_CAPACITY,
    Condition,
    DwellingState,
    HandOver,
    Offer,
    OfferState,
)

# Beyond this, a day is a slip of the finger.
FARTHEST_DAYS = 3 * 366
DIPLOMA_CATEGORIES = (
    Category.INTERPRETING,
    Category.TRANSLATION,
    Category.LEGAL_HELP,
    Category.HEALTH_ORIENTATION,
)
RENT_CATEGORIES = (Category.WHOLE_DWELLING, Category.EMPTY_DWELLING)

PLACE = ("commune", "address", "reach_km")
DAYS = ("first_day", "last_day", "open_ended", "second_first_day", "second_last_day")
CONTACT = ("name", "email", "phone")
# In the order of the long forms.
BY_KIND: dict[str, tuple[str, ...]] = {
    Kind.HOUSING: (
        "capacity",
        "accepts",
        "shared_home",
        "step_free",
        "pets_accepted",
        "smoking",
        "longest_stay_days",
        "notice_days",
        "nearest_stop",
        "rent",
        "dwelling_state",
        "languages",
    ),
    Kind.GOODS: ("capacity", "condition", "best_before", "hand_over"),
    Kind.SKILL: ("capacity", "slots", "remote", "languages_from", "languages_to", "languages", "diploma"),
}
# Fields that only some categories call for.
BY_CATEGORY: dict[str, tuple[Category, ...]] = {
    "shared_home": (Category.SEPARATE_ROOM,),
    "rent": RENT_CATEGORIES,
    "dwelling_state": (Category.EMPTY_DWELLING,),
    "condition": tuple(c for c in CATEGORIES[Kind.GOODS] if c not in (Category.FOOD, Category.HYGIENE)),
    "best_before": (Category.FOOD,),
    "languages_from": LANGUAGE_PAIR_CATEGORIES,
    "languages_to": LANGUAGE_PAIR_CATEGORIES,
    "diploma": DIPLOMA_CATEGORIES,
}
# What is not a column of an offer.
NOT_OF_THE_OFFER = frozenset({*DAYS, *CONTACT, "consent", "not_a_duplicate"})

KIND_HINTS: dict[str, Any] = {
    Kind.HOUSING: _("une chambre, un appartement, un logement vide"),
    Kind.GOODS: _("des vêtements, des meubles, un vélo"),
    Kind.SKILL: _("du français, une langue, un trajet, un repas"),
}
CATEGORY_HINTS: dict[str, Any] = {
    Category.SHARED_ROOM: _("vous partagez votre logement"),
    Category.SEPARATE_ROOM: _("avec sa propre entrée"),
    Category.WHOLE_DWELLING: _("vous n’y habitez pas pendant ce temps"),
    Category.EMPTY_DWELLING: _("à louer ou à rénover"),
    Category.INTERPRETING: _("à l’oral"),
    Category.TRANSLATION: _("à l’écrit"),
    Category.SPONSORSHIP: _("accompagner une personne sur la durée"),
    Category.LEGAL_HELP: _("avec un diplôme de droit"),
}
REMINDER = _(
    "N’écrivez aucun nom de famille, et rien sur les papiers, l’origine, la religion ou la santé de quelqu’un."
)


class ChoiceOfNumber(forms.TypedChoiceField):
    """A number among usual ones; another one that is already stored stays among the choices."""

    def __init__(
        self, *, usual: Sequence[int], words: Mapping[Any, Any] | None = None, **kwargs: Any
    ) -> None:
        self.usual = usual
        self.words = dict(words or {})
        super().__init__(**kwargs)

    def keep(self, value: float | None, unit: Any) -> None:
        """Set the choices, `value` among them; `unit` puts a number into words."""
        numbers: list[float] = sorted({*self.usual, *([] if value is None else [value])})
        empty = [("", self.words[None])] if None in self.words else []
        self.choices = [
            *empty,
            *((f"{number:g}", self.words.get(number) or unit(number)) for number in numbers),
        ]

    def prepare_value(self, value: Any) -> Any:
        return f"{value:g}" if isinstance(value, int | float) else value


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day from the browser's own picker, or typed as 20/03/2026."""

    widget = DayInput
    default_error_messages = {
        "required": _("Indiquez un jour."),
        "invalid": _("Ce jour n’existe pas. Écrivez par exemple 20/03/2026."),
    }


class OfferForm(forms.Form):
    """Fields of an offer, those of `names` that the kind and category call for (all of the kind's by default).

    `today` is the town's. `compact` replaces cards by lists, for the long pages.
    """

    kind = forms.ChoiceField(
        label=_("Votre aide"),
        choices=Kind.choices,
        widget=RadioCards(hints=KIND_HINTS),
        error_messages={"required": _("Choisissez ce que vous proposez.")},
    )
    category = forms.ChoiceField(
        label=_("Catégorie"),
        widget=RadioCards(hints=CATEGORY_HINTS),
        error_messages={
            "required": _("Choisissez une catégorie."),
            "invalid_choice": _("Choisissez une catégorie de la liste."),
        },
    )
    commune = CommuneField(label=_("Dans quelle commune\u202f?"))
    address = forms.CharField(
        label=_("Adresse"),
        required=False,
        max_length=200,
        help_text=_("Elle reste cachée. Elle n’est donnée qu’après votre oui."),
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    reach_km = ChoiceOfNumber(
        label=_("Jusqu’où pouvez-vous aller\u202f?"),
        usual=(0, 2, 5, 10, 20, 50),
        words={0: _("Je ne me déplace pas")},
        coerce=float,
        widget=RadioCards(layout="inline"),
        initial=0,
    )
    hand_over = forms.ChoiceField(
        label=_("Comment se fait la remise\u202f?"),
        choices=HandOver.choices,
        widget=RadioCards,
        error_messages={"required": _("Dites si vous livrez ou si l’on vient chercher.")},
    )
    first_day = DayField(label=_("À partir du"))
    last_day = DayField(label=_("Jusqu’au"), required=False, help_text=_("Ce jour compte aussi."))
    open_ended = forms.BooleanField(label=_("Sans date de fin"), required=False)
    second_first_day = DayField(label=_("Deuxième période, du"), required=False)
    second_last_day = DayField(label=_("au"), required=False)
    capacity = forms.IntegerField(label=_("Combien"), min_value=1)
    accepts = forms.MultipleChoiceField(
        label=_("Qui pouvez-vous accueillir\u202f?"),
        required=False,
        widget=CheckboxCards(
            hints={Household.LONE_MINORS: _("avec une association qui vous accompagne")},
        ),
        help_text=_("Si vous ne cochez rien\u202f: tout le monde, sauf un mineur isolé."),
    )
    shared_home = forms.BooleanField(label=_("Vous partagez la cuisine ou la salle de bains"), required=False)
    step_free = forms.BooleanField(
        label=_("De plain-pied, ou avec ascenseur"), required=False, help_text=_("Aucune marche à monter.")
    )
    pets_accepted = forms.BooleanField(label=_("Un animal est possible"), required=False)
    smoking = forms.BooleanField(label=_("On peut fumer à l’intérieur"), required=False)
    longest_stay_days = ChoiceOfNumber(
        label=_("Pour combien de temps au plus\u202f?"),
        usual=(3, 7, 14, 30, 90, 180, 365),
        words={None: _("Pas de limite"), 7: _("1 semaine"), 14: _("2 semaines"), 30: _("1 mois")},
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select,
    )
    notice_days = ChoiceOfNumber(
        label=_("Combien de temps avant faut-il vous prévenir\u202f?"),
        usual=(0, 1, 2, 3, 7, 14),
        words={0: _("Le jour même suffit"), 1: _("La veille"), 7: _("1 semaine"), 14: _("2 semaines")},
        coerce=int,
        initial=0,
        widget=forms.Select,
    )
    nearest_stop = forms.CharField(
        label=_("Arrêt de bus, de tram ou gare le plus proche"), required=False, max_length=80
    )
    rent = forms.IntegerField(
        label=_("Loyer par mois, en euros"),
        required=False,
        min_value=0,
        max_value=5000,
        help_text=_("0 si vous le prêtez."),
        error_messages={
            "invalid": _("Écrivez le loyer en chiffres, par exemple 450."),
            "min_value": _("Le loyer ne peut pas être négatif."),
            "max_value": _("Vérifiez ce loyer\u202f: il dépasse 5 000 € par mois."),
        },
    )
    dwelling_state = forms.ChoiceField(
        label=_("Dans quel état est le logement\u202f?"), required=False, widget=RadioCards
    )
    condition = forms.ChoiceField(
        label=_("Dans quel état\u202f?"),
        choices=Condition.choices,
        widget=RadioCards,
        error_messages={"required": _("Dites dans quel état c’est.")},
    )
    best_before = DayField(label=_("À consommer avant le"), required=False)
    remote = forms.BooleanField(
        label=_("Possible aussi à distance"), required=False, help_text=_("Par téléphone ou en visio.")
    )
    slots = SlotsField(
        label=_("Quels moments de la semaine\u202f?"),
        required=False,
        help_text=_("Si vous ne cochez rien, nous voyons ensemble."),
    )
    languages_from = LanguagesField(
        label=_("De quelles langues\u202f?"), help_text=_("Les langues que vous comprenez.")
    )
    languages_to = LanguagesField(
        label=_("Vers quelles langues\u202f?"),
        help_text=_("Si vous traduisez dans les deux sens, cochez-les des deux côtés."),
    )
    languages = LanguagesField(label=_("Quelles langues parlez-vous\u202f?"), required=False)
    diploma = forms.CharField(label=_("Diplôme, ou numéro d’inscription"), required=False, max_length=80)
    title = forms.CharField(
        label=_("Titre"),
        max_length=120,
        help_text=_("Nous l’avons préparé. Vous pouvez le changer."),
        error_messages={"required": _("Donnez un titre, même court.")},
    )
    text = forms.CharField(
        label=_("Précisions"),
        required=False,
        max_length=2000,
        help_text=REMINDER,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        help_text=_("Comme vous souhaitez être appelé."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Dites comment vous appeler.")},
    )
    email = forms.EmailField(
        label=_("Adresse e-mail"),
        required=False,
        max_length=254,
        help_text=_("Vous recevrez un code, sans mot de passe à retenir."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse est incomplète. Elle s’écrit comme nom@exemple.fr.")},
    )
    phone = PhoneNumberField(
        label=_("Téléphone"),
        required=False,
        region="FR",
        help_text=_("Sans e-mail, nous vous appelons."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"invalid": _("Ce numéro est incomplet. Il s’écrit comme 06 12 34 56 78.")},
    )
    consent = forms.BooleanField(
        label=_("J’accepte que la ville enregistre ces réponses pour répondre à un besoin"),
        help_text=_(
            "Elles ne servent qu’à cela. Vous pouvez les voir, les changer ou retirer votre accord à tout moment."
        ),
        error_messages={"required": _("Sans votre accord, nous ne pouvons rien enregistrer.")},
    )
    share_with_linked = forms.BooleanField(
        label=_("Montrer aussi ma proposition aux villes voisines"), required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        city: City,
        today: date,
        kind: str = "",
        category: str = "",
        names: Iterable[str] | None = None,
        initial: Mapping[str, Any] | None = None,
        compact: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), **kwargs)
        self.city, self.today = city, today
        self.offer_kind, self.offer_category = kind, category
        wanted = list(self.fields) if names is None else list(names)
        wanted = [name for name in wanted if called_for(name, kind, category)]
        for name in set(self.fields) - set(wanted):
            del self.fields[name]
        self.order_fields(wanted)
        if "share_with_linked" in self.fields and not city.linked.exists():
            del self.fields["share_with_linked"]
        self._fit(compact)

    def _fit(self, compact: bool) -> None:
        """Choices, bounds and words that depend on the kind, the town and the day."""
        fields: dict[str, Any] = self.fields
        if "commune" in fields:
            fields["commune"].city = self.city
        if "category" in fields:
            choices: list[tuple[Any, Any]] = [
                (value, Category(value).label) for value in CATEGORIES.get(self.offer_kind, ())
            ]
            if compact:
                fields["category"].widget = forms.Select()
                choices = [("", "—"), *choices]
            fields["category"].choices = choices
        if "accepts" in fields:
            fields["accepts"].choices = [
                (value, Household(value).label)
                for value in ("women", "families", "couples", "men", "lone_minors")
            ]
        if "dwelling_state" in fields:
            fields["dwelling_state"].choices = DwellingState.choices
            fields["dwelling_state"].required = self.offer_category == Category.EMPTY_DWELLING
        if compact:
            # Every field of the kind is there: what the category calls for is checked in `_clean_category`.
            for name in ("dwelling_state", "condition", "hand_over"):
                if name in fields:
                    choices = fields[name].choices
                    fields[name].widget, fields[name].required = forms.Select(), False
                    fields[name].choices = [("", "—"), *choices]
            for name in ("accepts", "languages", "languages_from", "languages_to"):
                if name in fields:
                    fields[name].widget.attrs["class"] = "choices--inline"
            for name in ("languages_from", "languages_to"):
                if name in fields:
                    fields[name].required = False
                    fields[name].help_text = _("Pour l’interprétariat et la traduction.")
        if "address" in fields and self.offer_kind == Kind.SKILL:
            del fields["address"]
        for name, unit in (
            ("reach_km", lambda n: _t("%(n)s\u00a0km") % {"n": f"{n:g}"}),
            ("longest_stay_days", lambda n: days_words(int(n))),
            ("notice_days", lambda n: days_words(int(n))),
        ):
            if name in fields:
                if compact:
                    fields[name].widget = forms.Select()
                current = self.get_initial_for_field(fields[name], name)
                fields[name].keep(current if isinstance(current, int | float) else None, unit)
        if "reach_km" in fields and self.offer_kind == Kind.GOODS:
            fields["reach_km"].label = _("Jusqu’où pouvez-vous livrer\u202f?")
        if "capacity" in fields:
            self._fit_capacity(fields["capacity"])
        for name in ("first_day", "last_day", "second_first_day", "second_last_day", "best_before"):
            if name in fields:
                fields[name].widget.attrs["min"] = self.today.isoformat()
        if "first_day" in fields:
            self.initial.setdefault("first_day", self.today)

    def _fit_capacity(self, field: Any) -> None:
        kind = self.offer_kind
        largest = LARGEST_CAPACITY[Kind(kind)]
        field.label = {
            Kind.HOUSING: _("Combien de personnes\u202f?"),
            Kind.GOODS: _("Combien d’objets\u202f?"),
            Kind.SKILL: _("Combien d’heures par semaine\u202f?"),
        }[Kind(kind)]
        # Checked in `clean_capacity`, where the message can say the unit.
        field.widget.attrs.update({"min": 1, "max": largest, "inputmode": "numeric"})
        field.error_messages.update(
            {
                "required": _("Indiquez un nombre, par exemple 1."),
                "invalid": _("Écrivez un nombre en chiffres, par exemple 2."),
                "min_value": _("Indiquez au moins 1."),
            }
        )

    def clean_capacity(self) -> int:
        number: int = self.cleaned_data["capacity"]
        largest = LARGEST_CAPACITY[Kind(self.offer_kind)]
        if number > largest:
            raise ValidationError(
                _("C’est plus que nous ne pouvons enregistrer (%(most)s au plus). Vérifiez ce nombre."),
                code="max_value",
                params={"most": quantity_words(self.offer_kind, largest)},
            )
        return number

    def clean_first_day(self) -> date:
        return self._not_past(self.cleaned_data["first_day"])

    def clean_last_day(self) -> date | None:
        return self._not_past(self.cleaned_data["last_day"])

    def clean_best_before(self) -> date | None:
        return self._not_past(self.cleaned_data["best_before"])

    def _not_past(self, day: date | None) -> Any:
        if day is not None and day < self.today:
            raise ValidationError(_("Ce jour est passé. Choisissez aujourd’hui ou plus tard."), code="past")
        if day is not None and day > self.today + timedelta(days=FARTHEST_DAYS):
            raise ValidationError(_("Ce jour est trop loin. Vérifiez l’année."), code="far")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "first_day" in self.fields:
            self._clean_days(cleaned)
        if self.offer_kind and "category" in self.fields:
            self._clean_category(cleaned)
        has_contact = cleaned.get("email") or cleaned.get("phone")
        if "email" in self.fields and not has_contact and not {"email", "phone"} & set(self.errors):
            self.add_error("email", _("Donnez une adresse e-mail ou un numéro de téléphone."))
        return cleaned

    def _clean_days(self, cleaned: dict[str, Any]) -> None:
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if cleaned.get("open_ended"):
            # Ticked wins over a date left in the box, and over what is wrong with it.
            cleaned["last_day"] = last = None
            self.errors.pop("last_day", None)
        elif last is None and "last_day" not in self.errors:
            self.add_error("last_day", _("Donnez le dernier jour, ou cochez «\u00a0Sans date de fin\u00a0»."))
        elif first and last and last < first:
            self.add_error("last_day", _("La fin doit venir après le début."))
        begins, ends = cleaned.get("second_first_day"), cleaned.get("second_last_day")
        if begins is None and ends is None:
            return
        if begins is None:
            if "second_first_day" not in self.errors:
                self.add_error("second_first_day", _("Donnez aussi le premier jour de cette période."))
        elif cleaned.get("open_ended"):
            self.add_error(
                "second_first_day", _("La première période n’a pas de fin\u202f: effacez la deuxième.")
            )
        elif last and begins <= last:
            self.add_error("second_first_day", _("La deuxième période commence après la fin de la première."))
        elif ends is not None and ends < begins:
            self.add_error("second_last_day", _("La fin doit venir après le début."))

    def _clean_category(self, cleaned: dict[str, Any]) -> None:
        """On the long pages every field of the kind is there; which of them count depends on the category."""
        category = cleaned.get("category")
        if category is None:
            return
        for name in ("languages_from", "languages_to"):
            if name not in self.fields:
                continue
            if category not in LANGUAGE_PAIR_CATEGORIES:
                cleaned[name] = []
                self.errors.pop(name, None)
            elif not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("Choisissez au moins une langue."))

    # --- What the pages and services take from it --------------------------------------------------------

    def offer_fields(self) -> dict[str, Any]:
        """The cleaned answers that are columns of an offer, by name."""
        return {name: value for name, value in self.cleaned_data.items() if name not in NOT_OF_THE_OFFER}

    def periods(self) -> list[tuple[date, date | None]]:
        """The days given, as the services take them."""
        cleaned = self.cleaned_data
        periods = [(cleaned["first_day"], cleaned["last_day"])]
        if cleaned.get("second_first_day"):
            periods.append((cleaned["second_first_day"], cleaned["second_last_day"]))
        return periods

    def add_service_errors(self, error: ValidationError) -> None:
        """Put what a service refused beside the fields; what has no field here goes on top."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            beside = {"windows": "first_day"}.get(name, name)
            self.add_error(beside if beside in self.fields else None, errors)


def called_for(name: str, kind: str, category: str) -> bool:
    """Whether an offer of this kind and category has this field; without a category, any of the kind's will do."""
    kinds = [of for of, names in BY_KIND.items() if name in names]
    if kinds and kind not in kinds:
        return False
    if name == "reach_km" and kind == Kind.HOUSING:
        return False
    if name == "languages" and category in LANGUAGE_PAIR_CATEGORIES:
        return False
    return not (category and name in BY_CATEGORY and category not in BY_CATEGORY[name])


def complete(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an offer with what follows from its category: a room at home is shared, an interpreter speaks."""
    complete = dict(fields)
    category = complete["category"]
    if complete["kind"] == Kind.HOUSING:
        complete["reach_km"] = 0
        complete["shared_home"] = category == Category.SHARED_ROOM or (
            category == Category.SEPARATE_ROOM and bool(complete.get("shared_home"))
        )
    if complete["kind"] == Kind.GOODS and complete.get("hand_over") == HandOver.COLLECTED:
        complete["reach_km"] = 0
    if category in LANGUAGE_PAIR_CATEGORIES:
        both = [*complete.get("languages_from", []), *complete.get("languages_to", [])]
        complete["languages"] = list(dict.fromkeys([*complete.get("languages", []), *both]))
    return complete


def proposed_title(fields: Mapping[str, Any]) -> str:
    """A title from the answers, in the reader's language: "Chambre chez l’habitant, 2 places, Eybens"."""
    words = [category_label(fields["category"])]
    if fields.get("languages_from") and fields.get("languages_to"):
        words.append(
            _t("%(from)s vers %(to)s")
            % {"from": language_names(fields["languages_from"]), "to": language_names(fields["languages_to"])}
        )
    if fields.get("capacity"):
        words.append(quantity_words(fields["kind"], fields["capacity"]))
    if fields.get("commune"):
        words.append(fields["commune"].name)
    return listed(words)[:120]


def unchecked(form: forms.BaseForm, data: Any) -> dict[str, Any]:
    """What was typed, as initial values: a form that was left before it was sent shows no error yet."""
    return {
        name: field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        for name, field in form.fields.items()
    }


# --- The whole offer on one page -----------------------------------------------------------------------


class PeriodForm(forms.Form):
    """One period of an offer; an empty line is none."""

    first_day = DayField(label=_("Du"), required=False)
    last_day = DayField(label=_("au"), required=False, help_text=_("Vide\u202f: sans date de fin."))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first_day"), cleaned.get("last_day")
        if last and not first and "first_day" not in self.errors:
            self.add_error("first_day", _("Donnez aussi le premier jour."))
        elif first and last and last < first:
            self.add_error("last_day", _("La fin doit venir après le début."))
        elif last and last < self.today and "last_day" in self.changed_data:
            self.add_error("last_day", _("Ce jour est passé. Choisissez aujourd’hui ou plus tard."))
        elif first and first > self.today + timedelta(days=FARTHEST_DAYS):
            self.add_error("first_day", _("Ce jour est trop loin. Vérifiez l’année."))
        return cleaned


class PeriodFormSet(forms.BaseFormSet):
    """The periods of an offer: a few lines, emptied to take one away."""

    def clean(self) -> None:
        if any(self.errors):
            return
        periods = sorted(self.periods(), key=lambda period: period[0])
        if not periods:
            raise ValidationError(_("Dites à partir de quel jour vous êtes disponible."), code="none")
        for (_first, last), (following, _last) in itertools.pairwise(periods):
            if last is None or following <= last:
                raise ValidationError(_("Deux périodes se chevauchent."), code="overlap")

    def periods(self) -> list[tuple[date, date | None]]:
        """The lines that were filled in."""
        return [
            (form.cleaned_data["first_day"], form.cleaned_data.get("last_day"))
            for form in self.forms
            if form.cleaned_data.get("first_day")
        ]


def period_formset(data: Any, *, windows: Sequence[tuple[date, date | None]], today: date) -> PeriodFormSet:
    """The lines of an offer's periods, with two empty ones."""
    # One line too many is read, for the service to refuse.
    limits: dict[str, Any] = {"max_num": MOST_PERIODS, "absolute_max": MOST_PERIODS + 1}
    factory: Any = forms.formset_factory(PeriodForm, formset=PeriodFormSet, extra=2, **limits)
    initial = [{"first_day": first, "last_day": last} for first, last in windows]
    formset: PeriodFormSet = factory(data, initial=initial, prefix="periods", form_kwargs={"today": today})
    return formset


def edit_names(kind: str) -> tuple[str, ...]:
    """The fields of the page on which an offer is changed."""
    return ("title", "text", "category", *BY_KIND[kind], *PLACE, "share_with_linked")


def current_values(offer: Offer, names: Iterable[str]) -> dict[str, Any]:
    """What the offer says now, for the page on which it is changed."""
    return {name: getattr(offer, name) for name in names}


class CallForm(OfferForm):
    """An offer that an operator enters for somebody on the line: the caller, what they say, their consent."""

    not_a_duplicate = forms.BooleanField(
        label=_("C’est une autre proposition que celles ci-dessus"), required=False
    )

    def __init__(self, data: Any = None, *, kind: str, **kwargs: Any) -> None:
        names = (
            *("phone", "name", "email"),
            *("category", "capacity", *PLACE),
            *DAYS,
            *(name for name in BY_KIND[kind] if name != "capacity"),
            *("title", "text", "share_with_linked", "not_a_duplicate", "consent"),
        )
        super().__init__(data, kind=kind, names=names, compact=True, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["name"].label = _("Nom de la personne")
        fields["name"].help_text = ""
        fields["email"].help_text = _("Si elle en a une\u202f: elle suivra sa proposition elle-même.")
        fields["phone"].help_text = ""
        fields["phone"].widget.attrs["autofocus"] = True
        for name in CONTACT:
            fields[name].widget.attrs["autocomplete"] = "off"
        fields["title"].required = False
        fields["title"].help_text = _("Vide\u202f: nous l’écrivons à partir des réponses.")
        fields["consent"].label = _("La personne a donné son accord de vive voix")
        fields["consent"].help_text = _(
            "Dites\u202f: «\u00a0Acceptez-vous que la ville enregistre ce que vous me dites, pour répondre à un "
            "besoin\u202f? Vous pourrez changer d’avis à tout moment.\u00a0»"
        )
        fields["consent"].error_messages["required"] = _("Demandez l’accord de la personne, puis cochez.")


class WithdrawForm(forms.Form):
    """Taking an offer back, with a reason if one likes."""

    reason = forms.CharField(
        label=_("Pourquoi\u202f?"),
        required=False,
        max_length=500,
        help_text=_("Si vous voulez bien nous le dire. Cela reste entre la ville et vous."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class SearchForm(forms.Form):
    """What the desk looks for in the town's offers."""

    q = forms.CharField(label=_("Référence, titre ou nom"), required=False, max_length=80)
    category = forms.ChoiceField(label=_("Catégorie"), required=False)
    state = forms.ChoiceField(
        label=_("État"), required=False, choices=[("", _("Tous les états")), *OfferState.choices]
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        groups = [
            (kind_label(kind), [(value, Category(value).label) for value in values])
            for kind, values in CATEGORIES.items()
        ]
        self.fields["category"].choices = [("", _t("Toutes les catégories")), *groups]  # type: ignore[attr-defined]
