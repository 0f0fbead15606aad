"""The form of an offer. It asks for the rows of the table; each page shows the part that it wants."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.contacts import EmailField, EmailInput, NameField, PhoneField, region_of
from catalogue.fields import OFFER, Day, Languages, Word, Words
from catalogue.fields.shared import LARGEST
from catalogue.forms import CheckboxCards, ChoiceOfNumber, DayField, RadioCards, form_field
from catalogue.forms.things import meant_in, moved_note, pieces_note
from catalogue.items import ITEM, Said, for_whom, in_one, sizes_of
from catalogue.labels import km_words, quantity_words
from catalogue.times import days_words
from catalogue.vocabulary import (
    CATEGORIES,
    LANGUAGE_PAIR_CATEGORIES,
    OFFERED_BY_PEOPLE,
    Category,
    HandOver,
    Household,
    Kind,
)
from cities.forms import CommuneField
from cities.models import City

DAYS = ("first_day", "last_day", "open_ended", "second_first_day", "second_last_day")
NOW, OTHER_DAYS = "now", "dates"
# As a question asks it: from now on without an end, as most say, or the days.
WHEN = ("when", *DAYS)
CONTACT = ("name", "email", "phone")
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
    Category.RECEPTION: _("dans un lieu collectif, le jour ou la nuit"),
}

CAPACITY_QUESTIONS: dict[str, Any] = {
    Kind.HOUSING: _("Combien de personnes\u202f?"),
    Kind.GOODS: _("Combien d’objets\u202f?"),
    Kind.SKILL: _("Combien d’heures par semaine\u202f?"),
}
# What a field has of its own, besides its row.
OWN: dict[str, dict[str, Any]] = {
    "kind": {"widget": RadioCards(hints=KIND_HINTS)},
    "category": {"widget": RadioCards(hints=CATEGORY_HINTS)},
    "address": {"widget": forms.TextInput(attrs={"autocomplete": "street-address"})},
    "item": {"required": True},
    "accepts": {
        "widget": CheckboxCards(hints={Household.LONE_MINORS: _("avec une association qui vous accompagne")})
    },
}
# Nobody comes where hours are given; objects are handed over without many words.
NOT_ASKED = frozenset({("address", Kind.SKILL), ("languages", Kind.GOODS)})
# The choice that stands for a number, where the number itself would say less.
NUMBER_WORDS: dict[str, dict[Any, Any]] = {
    "reach_km": {0: _("Je ne me déplace pas")},
    "longest_stay_days": {
        None: _("Pas de limite"),
        7: _("1 semaine"),
        14: _("2 semaines"),
        30: _("1 mois"),
    },
    "notice_days": {
        0: _("Le jour même suffit"),
        1: _("La veille"),
        7: _("1 semaine"),
        14: _("2 semaines"),
    },
}


class OfferForm(forms.Form):
    """The fields of `names` that the kind and category call for (all by default): rows of the table, days, contact.

    `today` is the town's. `compact` replaces cards by lists, for the long pages.
    """

    when = forms.ChoiceField(
        label=_("Quand est-ce possible\u202f?"),
        choices=[
            (NOW, _("À partir de maintenant, sans fin")),
            (OTHER_DAYS, _("À d’autres dates")),
        ],
        initial=NOW,
        widget=RadioCards(hints={NOW: _("Vous pourrez changer ou arrêter quand vous voulez.")}),
    )
    first_day = DayField(label=_("À partir du"))
    last_day = DayField(label=_("Jusqu’au"), required=False, help_text=_("Ce jour compte aussi."))
    open_ended = forms.BooleanField(label=_("Sans date de fin"), required=False)
    second_first_day = DayField(label=_("Deuxième période, du"), required=False)
    second_last_day = DayField(label=_("au"), required=False)

    name = NameField(
        label=_("Votre nom"),
        max_length=120,
        help_text=_("Comme vous souhaitez être appelé."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Dites comment vous appeler.")},
    )
    email = EmailField(
        label=_("Adresse e-mail"),
        required=False,
        max_length=254,
        help_text=_("Vous recevrez un code, sans mot de passe à retenir."),
        widget=EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Cette adresse est incomplète. Elle s’écrit comme nom@exemple.fr.")},
    )
    phone = PhoneField(
        label=_("Téléphone"),
        required=False,
        help_text=_("Sans e-mail, nous vous appelons."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"invalid": _("Ce numéro est incomplet. Il s’écrit comme 06 12 34 56 78.")},
    )
    no_phone = forms.BooleanField(label=_("Je n’ai pas de téléphone"), required=False)
    consent = forms.BooleanField(
        label=_("J’accepte que la ville enregistre ces réponses pour répondre à un besoin"),
        help_text=_(
            "Elles ne servent qu’à cela. Vous pouvez les voir, les changer ou retirer votre accord à tout moment."
        ),
        error_messages={"required": _("Sans votre accord, nous ne pouvons rien enregistrer.")},
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
        item: str = "",
        item_sizes: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), **kwargs)
        self.city, self.today, self.compact, self.item = city, today, compact, item
        # What was said with the thing, before its size is asked; or stands of it.
        self.item_sizes = item_sizes
        self.offer_kind, self.offer_category = kind, category
        self.said: Said | None = None
        self.notes: list[str] = []
        self.place_notes: list[str] = []
        fields: dict[str, forms.Field] = {}
        for name in [*(row.name for row in OFFER.asked()), *self.fields] if names is None else names:
            if name in self.fields:
                fields[name] = self.fields[name]
            elif asked_for(name, kind, category) and (name != "share_with_linked" or city.linked.exists()):
                fields[name] = self._field(name)
        self.fields = fields
        for name in ("first_day", "last_day", "second_first_day", "second_last_day", "best_before"):
            if name in fields:
                fields[name].widget.attrs["min"] = self.today.isoformat()
        if "no_phone" in fields:
            fields["phone"].required = True
            fields["phone"].error_messages["required"] = _(
                "Donnez un numéro\u202f: la visite de votre logement se convient par téléphone. "
                "Sinon, cochez «\u00a0Je n’ai pas de téléphone\u00a0»."
            )
            fields["phone"].help_text = _(
                "Une personne de la ville vous appelle pour convenir d’une visite de votre logement."
            )
        if "phone" in fields:
            self.fields["phone"].region = region_of(city.seat_id)  # type: ignore[attr-defined]
        if "first_day" in fields:
            self.initial.setdefault("first_day", self.today)
        if "item" in fields:
            box: Any = fields["item"]
            if not self.compact and len(fields) == 1:
                box.widget.attrs["autofocus"] = True  # the question is this one box
            box.stored = [one for one in self.initial.get("item") or [] if isinstance(one, Said)]
        if "size" in fields:
            self._offer_sizes(fields["size"])

    def _field(self, name: str) -> forms.Field:
        """The field that asks for a row, with the choices and words of the kind, the town and the day."""
        row, kind = OFFER[name], self.offer_kind
        if name == "commune":
            commune = CommuneField(label=row.question)
            commune.city = self.city
            return commune
        if getattr(row.shape, "usual", ()):
            return self._usual_number(name)
        own = dict(OWN.get(name, {}))
        if name == "category":
            known = OFFERED_BY_PEOPLE if kind == Kind.HOUSING else CATEGORIES.get(kind, ())
            stored = self.initial.get(name)
            own["choices"] = [
                (value, Category(value).label)
                for value in CATEGORIES.get(kind, ())
                if value in known or value == stored
            ]
        if name == "capacity" and kind:
            own["label"] = CAPACITY_QUESTIONS[kind]
        field = form_field(row, kind=kind, stored=self.initial.get(name), **own)
        if name == "capacity":
            field.widget.attrs["inputmode"] = "numeric"
            most = quantity_words(kind, LARGEST[Kind(kind)]) if kind else ""
            field.error_messages["max_value"] = _(
                "C’est plus que nous ne pouvons enregistrer (%(most)s au plus). Vérifiez ce nombre."
            ) % {"most": most}
        if name == "languages":
            field.widget.attrs["class"] = "choices--inline"
        if self.compact:
            self._make_compact(name, field)
        return field

    def _offer_sizes(self, field: Any) -> None:
        """The sizes of the item that is known, or those of the one that is named in the box beside."""
        if "item" not in self.fields:
            field.widget.items = [self.item]
            return
        source: Any = self.data if self.is_bound else {}
        said = meant_in(source, "item") if self.is_bound else self.initial.get("item") or []
        field.widget.items = [one.item for one in said if isinstance(one, Said)]
        field.widget.beside = "item"

    def _usual_number(self, name: str) -> forms.Field:
        """A number among usual ones; zero kilometres, days in words."""
        row = OFFER[name]
        shape: Any = row.shape
        inline = name == "reach_km" and not self.compact
        field = ChoiceOfNumber(
            label=row.question,
            usual=shape.usual,
            words=NUMBER_WORDS.get(name),
            coerce=int if shape.whole else float,
            empty_value=shape.assumed,
            required=shape.assumed is not None,
            initial=shape.assumed,
            widget=RadioCards(layout="inline") if inline else forms.Select(),
        )
        if name == "reach_km" and self.offer_kind == Kind.GOODS:
            field.label = _("Si vous livrez, jusqu’où\u202f?")
        current = self.get_initial_for_field(field, name)
        unit = km_words if name == "reach_km" else (lambda n: days_words(int(n)))
        field.keep(current if isinstance(current, int | float) else None, unit)
        return field

    def _make_compact(self, name: str, field: Any) -> None:
        """Lists for cards. Every field of the kind is there: what only some categories have may stay empty."""
        row = OFFER[name]
        if name == "category" and self.offer_kind == Kind.GOODS:
            field.required = False
            field.label = _("Catégorie, si l’objet n’est pas dans la liste")
        if isinstance(row.shape, Word):
            choices = field.choices
            field.widget = forms.Select()
            field.choices = [("", "—"), *choices]
        if isinstance(row.shape, Words | Languages):
            field.widget.attrs["class"] = "choices--inline"
        if row.categories or name == "hand_over":
            field.required = False
        if row.categories == LANGUAGE_PAIR_CATEGORIES:
            field.help_text = _("Pour l’interprétariat et la traduction.")

    def clean_commune(self) -> Any:
        field: Any = self.fields["commune"]
        commune = self.cleaned_data["commune"]
        self.place_notes = field.notes(commune) if "commune" in self.changed_data else []
        self.notes += self.place_notes
        return commune

    def clean_first_day(self) -> date:
        return self._in_time(self.cleaned_data["first_day"])

    def clean_last_day(self) -> date | None:
        return self._in_time(self.cleaned_data["last_day"])

    def clean_best_before(self) -> date | None:
        return self._in_time(self.cleaned_data["best_before"])

    def _in_time(self, day: date | None) -> Any:
        if day is not None:
            Day().check(day, kind=self.offer_kind, today=self.today)
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "first_day" in self.fields:
            self._clean_days(cleaned)
        if self.offer_kind == Kind.GOODS:
            self._clean_item(cleaned)
        if (
            "when" in self.fields
            and cleaned.get("hand_over") == HandOver.DELIVERED
            and not cleaned.get("reach_km")
        ):
            self.add_error("reach_km", _("Dites jusqu’où vous pouvez livrer."))
        if self.offer_kind and "category" in self.fields:
            self._clean_category(cleaned)
        if cleaned.get("no_phone") and not self["phone"].data:
            cleaned["phone"] = None
            self.errors.pop("phone", None)
        has_contact = cleaned.get("email") or cleaned.get("phone")
        if "email" in self.fields and not has_contact and not {"email", "phone"} & set(self.errors):
            self.add_error("email", _("Donnez une adresse e-mail ou un numéro de téléphone."))
        return cleaned

    def _clean_item(self, cleaned: dict[str, Any]) -> None:
        """What was named, with what it says of size, number and category; what follows is said (`notes`)."""
        said = next(iter(cleaned.get("item") or []), None)
        if said is not None:
            self.said = said
            cleaned["item"], cleaned["item_words"] = said.item, said.words
            if "capacity" not in self.fields:
                if said.number is not None:
                    cleaned["capacity"] = said.number
            elif number := cleaned.get("capacity"):
                cleaned["capacity"] = said.pieces(number)
                if cleaned["capacity"] != number:
                    self.notes.append(pieces_note(cleaned["capacity"]))
            self._clean_place(cleaned, said.item)
        if said is not None or self.item:
            self._clean_size(cleaned, said)

    def _clean_place(self, cleaned: dict[str, Any], item: str) -> None:
        """The category is the item's own; only something that has no name here needs one."""
        if item in ITEM:
            own = ITEM[item].category.value
            if cleaned.get("category") not in ("", None, own):
                self.notes.append(moved_note(own))
            cleaned["category"] = own
            self.errors.pop("category", None)
        elif "category" in self.fields and not cleaned.get("category") and "category" not in self.errors:
            self.add_error("category", OFFER["category"].errors["required"])

    def _clean_size(self, cleaned: dict[str, Any], said: Said | None) -> None:
        if "size" not in self.fields:
            if said is not None and "item" in self.fields:
                cleaned["size"] = said.size
            return
        typed = cleaned.get("size") or []
        try:
            sizes = sizes_of([said.item if said else self.item], typed)
        except ValidationError as error:
            self.add_error("size", error)
            return
        before = [one.item for one in self.initial.get("item") or [] if isinstance(one, Said)]
        named = said.sizes if said and (said.sizes or said.item not in before) else self.item_sizes
        cleaned["size"] = in_one(for_whom(named, sizes) if sizes or said is None else named)

    def _clean_days(self, cleaned: dict[str, Any]) -> None:
        if "when" in self.fields:
            if not self["when"].data:  # what was typed of days tells
                self.errors.pop("when", None)
            if self._is_from_now(cleaned):
                return
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

    def _is_from_now(self, cleaned: dict[str, Any]) -> bool:
        """From now on, without an end: what was typed of days counts no more. Unsaid, it is so where none was typed."""
        typed = any(self[name].data for name in DAYS)
        if cleaned.get("when") == OTHER_DAYS or (not cleaned.get("when") and typed):
            return False
        cleaned |= {
            "first_day": self.today,
            "last_day": None,
            "second_first_day": None,
            "second_last_day": None,
        }
        for name in DAYS:
            self.errors.pop(name, None)
        return True

    def _clean_category(self, cleaned: dict[str, Any]) -> None:
        """On the long pages every field of the kind is there; which of them count depends on the category."""
        category = cleaned.get("category")
        if category is None:
            return
        for name in [name for name in self.fields if name in OFFER and OFFER[name].asked]:
            if not OFFER[name].called_for(self.offer_kind, category):
                cleaned[name] = OFFER[name].shape.none()
                self.errors.pop(name, None)
        if category in LANGUAGE_PAIR_CATEGORIES:
            for name in ("languages_from", "languages_to"):
                if name in self.fields and not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Choisissez au moins une langue."))

    # --- What the pages and services take from it --------------------------------------------------------

    def offer_fields(self) -> dict[str, Any]:
        """The cleaned answers that are columns of an offer, by name."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in OFFER and (OFFER[name].asked or OFFER[name].beside)
        }

    def contact(self) -> dict[str, Any]:
        """Name, e-mail and phone, as far as this page asks for them."""
        return {name: self.cleaned_data[name] for name in CONTACT if name in self.fields}

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


def asked_for(name: str, kind: str, category: str) -> bool:
    """Whether forms ask this kind and category for a row; without a category, any of the kind's will do."""
    row = OFFER[name]
    if (name, kind) in NOT_ASKED:
        return False
    return row.asked and (not kind or row.asked_of(kind, category))


def unchecked(form: forms.BaseForm, data: Any) -> dict[str, Any]:
    """What was typed, as initial values: a form that was left before it was sent shows no error yet."""
    return {
        name: field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        for name, field in form.fields.items()
    }
