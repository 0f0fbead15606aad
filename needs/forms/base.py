"""What the forms of a need have in common. They check what the page can say; the service has the last word."""

import uuid
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.access import DESK, has_role
from accounts.models import Organisation, User
from accounts.phones import on_the_line
from accounts.selectors import find_person
from catalogue.contacts import EmailField, NameField, PhoneField, region_of
from catalogue.fields import FARTHEST, NEED, Number
from catalogue.fields.shapes import TOO_FAR
from catalogue.forms import CountField, LanguagesWidget, RadioCards, form_field
from catalogue.vocabulary import CATEGORIES, Category, Kind, Urgency
from cities.forms import CommuneField
from cities.models import City
from needs.models import Need
from needs.selectors import organisations_to_post_for
from needs.words import suggested_title, suggested_title_of

ME, CALLER = "me", "caller"
# More names than this are quicker to find in a list than among cards.
MOST_CARDS = 6
# What a field has of its own, besides its row.
OWN: dict[str, dict[str, Any]] = {
    "urgency": {
        "widget": RadioCards(
            hints={
                Urgency.TONIGHT: _("Nous demandons une réponse dans les heures qui viennent."),
                Urgency.THIS_WEEK: _("Une réponse sous un jour."),
                Urgency.PLANNED: _("Il reste du temps pour bien choisir."),
            }
        )
    },
    "category": {"widget": RadioCards(layout="inline")},
    "reach_km": {
        "widget": forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
        "required": True,
        "initial": 10,
    },
    "languages": {"widget": LanguagesWidget(attrs={"class": "choices--inline"})},
    "languages_from": {"widget": LanguagesWidget(attrs={"class": "choices--inline"})},
    "languages_to": {"widget": LanguagesWidget(attrs={"class": "choices--inline"})},
    "text": {"widget": forms.Textarea(attrs={"rows": 4})},
    "title": {"required": False},
    "first_day": {"required": False},
    "last_day": {"required": False},
    "shared_home_ok": {"initial": True},
}


class NeedForm(forms.Form):
    """A need of one kind: the rows of the table that it calls for. `need` is the one changed, None for a new one.

    What no section of the page places stands among the details.
    """

    kind: Kind
    # For each section of the page: its heading, its fields, those that stand in a row.
    SECTIONS: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    # Where the service's word about a field belongs on this page.
    PLACES: dict[str, str] = {}
    # What this kind says otherwise of a field.
    OWN: dict[str, dict[str, Any]] = {}
    # The page says itself what is missing, in its own words.
    use_required_attribute = False
    first_days = 0
    # Where the page asks for the first day.
    first_day_asked = "first_day"

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    # Asked where the same stands already.
    not_a_duplicate = forms.BooleanField(label=_("C’est un autre besoin que ceux ci-dessus"), required=False)
    # Of a caller whose number is known under another name.
    is_another = forms.BooleanField(label=_("Non, c’est une autre personne"), required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        city: City,
        user: User,
        today: date,
        need: Need | None = None,
        like: Need | None = None,
        tonight: bool = False,
    ) -> None:
        self.city, self.user, self.today, self.need, self.like = city, user, today, need, like
        # What another part of the page asks (`several`).
        self.said_elsewhere: set[str] = set()
        # What is worth saying once the answers are kept.
        self.notes: list[str] = []
        self.desk = has_role(user, city, DESK)
        self.names = [row.name for row in NEED.asked(self.kind) if row.name != "kind"]
        super().__init__(data, initial=self._start(tonight) if need is None else self._as_stored(need))
        self.fields |= {name: self._field(name) for name in self.names}
        self.fields["first_day"].widget.attrs["min"] = min(
            today, need.first_day if need else today
        ).isoformat()
        self.organisations: dict[str, Organisation] = {}
        if need is None:
            self._ask_for_whom()
        if self.posts_as_person:
            del self.fields["case_reference"]

    def _field(self, name: str) -> forms.Field:
        """The field that asks for a row, with what the page and the kind have of their own."""
        row, own = NEED[name], {**OWN.get(name, {}), **self.OWN.get(name, {})}
        if name == "commune":
            commune = CommuneField(label=row.question)
            commune.city = self.city
            return commune
        if name == "category":
            own["choices"] = [(value, Category(value).label) for value in CATEGORIES[self.kind]]
        shape = row.shape
        if (isinstance(shape, Number) and shape.whole and shape.assumed is not None) or name == "quantity":
            assert isinstance(shape, Number)
            asks = {"label": row.question or row.label, "error_messages": dict(row.errors), **own}
            return CountField(least=int(shape.least), most=shape.most_of(self.kind), **asks)
        known = self.need or self.like
        stored = getattr(known, name) if known else None
        return form_field(row, kind=self.kind, stored=stored, **own)

    # --- For whom ----------------------------------------------------------------------------------------

    @property
    def asked_by(self) -> User | None:
        """Of a form that was looked at: who asks for it, as far as we know them; None for an association."""
        if self.is_for_caller:
            cleaned = self.cleaned_data
            known = find_person(email=cleaned.get("caller_email"))
            if known is None and not cleaned.get("is_another"):
                name = cleaned.get("caller_name", "")
                known = on_the_line(phone=cleaned.get("caller_phone"), name=name, city=self.city).person
            return known
        return None if self.organisation else self.user

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
                "caller_name": NameField(
                    label=_("Son prénom"), help_text=_("Sans nom de famille."), max_length=60, required=False
                ),
                "caller_phone": PhoneField(
                    region=region_of(self.city.seat_id),
                    label=_("Son téléphone"),
                    required=False,
                    error_messages={
                        "invalid": _("Ce numéro n’est pas complet. Écrivez par exemple 06 12 34 56 78.")
                    },
                ),
                "caller_email": EmailField(
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

    def _start(self, tonight: bool) -> dict[str, Any]:
        """What a new need begins with. Of another, all but its title and its days: those are chosen anew."""
        start: dict[str, Any] = self._as_stored(self.like) if self.like else {}
        start |= {"key": uuid.uuid4(), "title": "", "first_day": self.today, "last_day": None}
        if self.first_days and self.like is None:
            start["last_day"] = self.today + timedelta(days=self.first_days)
        if self.like is not None and self.like.organisation_id:
            start["whom"] = str(self.like.organisation_id)
        if tonight:
            start |= {"urgency": Urgency.TONIGHT, "last_day": self.today}
        return start

    def _as_stored(self, need: Need) -> dict[str, Any]:
        stored = {name: getattr(need, name) for name in self.names}
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
        return [{"caller": [], **part} for part in parts if part["rows"]]

    def details(self) -> dict[str, Any]:
        """What is rarely needed; open when something in it is to be reviewed."""
        placed = {name.removeprefix("+") for _heading, names in self.SECTIONS for name in names}
        names = [name for name in self.names if name in self.fields and name not in placed]
        return {"rows": self._rows(names), "open": any(self[name].errors for name in names)}

    def _rows(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Rows of bound fields; a name with "+" stands beside the one before. Numbers need less room."""
        rows: list[list[forms.BoundField]] = []
        for name in names:
            field = name.removeprefix("+")
            if field in self.said_elsewhere:
                continue
            if name.startswith("+") and rows:
                rows[-1].append(self[field])
            else:
                rows.append([self[field]])
        return [
            {"fields": row, "numbers": all(isinstance(field.field, CountField) for field in row)}
            for row in rows
        ]

    # --- The answers -------------------------------------------------------------------------------------

    def clean_commune(self) -> Any:
        field: Any = self.fields["commune"]
        commune = self.cleaned_data["commune"]
        self.notes += field.notes(commune) if "commune" in self.changed_data else []
        return commune

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or self.cleaned_data
        self._clean_days(answers)
        # What stands already is not judged again.
        changed = self.names if self.need is None else self.changed_data
        for name, errors in NEED.refusals({**answers, "kind": self.kind}, changed, self.errors).items():
            self.add_error(name, errors)
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
                self.add_error(self.first_day_asked, _("Ce jour est déjà passé."))
            elif tonight and first > self.today:
                self.add_error(self.first_day_asked, _("Pour ce soir, le premier jour est aujourd’hui."))
            elif first > self.today + FARTHEST:
                self.add_error(self.first_day_asked, TOO_FAR)
        if last and self.first_day_asked == "first_day" and (not self.need or last != self.need.last_day):
            if last < self.today:
                self.add_error("last_day", _("Ce jour est déjà passé."))
            elif last > self.today + FARTHEST:
                self.add_error("last_day", TOO_FAR)

    def answers(self) -> dict[str, Any]:
        """Of a valid form: the need's fields, for the service."""
        names = [name for name in self.names if name in self.cleaned_data and name != "title"]
        fields = {"kind": self.kind, **{name: self.cleaned_data[name] for name in names}}
        if self.kind == Kind.GOODS:
            fields["item_words"] = self.cleaned_data["item_words"]
        fields["title"] = self._title(fields)
        if self.need is not None:
            del fields["kind"]
        return fields

    def _title(self, fields: dict[str, Any]) -> str:
        typed = self.cleaned_data["title"]
        # A title that we composed follows the answers that it was made of.
        if self.need is not None and typed == self.need.title == suggested_title_of(self.need):
            typed = ""
        return typed or suggested_title(fields)[: NEED["title"].longest]

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
