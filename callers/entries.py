"""What an operator is entering: an offer or a need of one kind, with its form, and what is known that looks like it.

The two forms are those of their apps; here stands what they share, under the names that each has for it.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from accounts.models import User
from accounts.phones import on_the_line
from accounts.selectors import find_person
from accounts.townspeople import is_of
from catalogue.contacts import known_number, shown
from catalogue.contacts.signs import plain_digits
from catalogue.fields import OFFER
from catalogue.vocabulary import Kind
from cities.models import City
from needs import intake as need_intake
from needs import selectors as needs
from needs.forms import FORMS, NeedForm
from needs.forms.base import CALLER
from needs.models import Need
from offers import intake as offer_intake
from offers import selectors as offers
from offers.forms import CONTACT, CallForm, unchecked
from offers.locating import located
from offers.models import Offer
from offers.services import take_up
from offers.wizard import Draft, form_key
from offers.words import proposed_title

OFFERED, NEEDED = "offre", "besoin"
# The name in the form of an offer, and in that of a need.
SHARED = {"phone": "caller_phone", "name": "caller_name", "email": "caller_email", "consent": "caller_agrees"}


@dataclass(slots=True)
class Caller:
    """Who is on the line, as far as their number or address says, and what they offer and need in the town.

    `perhaps`: who has the number and bears another name; nothing of them is shown before the caller has said who it is.
    """

    person: User | None
    offers: list[Offer] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    perhaps: tuple[User, ...] = ()


def asked_for(source: Mapping[str, str]) -> tuple[str, str]:
    """What is being entered and of which kind: of "besoin:goods" both; an offer of a home unless it is said."""
    what, _colon, kind = (source.get("switch") or source.get("entering") or "").partition(":")
    return (
        what if what in (OFFERED, NEEDED) else OFFERED,
        kind if kind in Kind.values else Kind.HOUSING.value,
    )


def carried_over(data: QueryDict) -> QueryDict:
    """What was typed, under the names of both forms: changing from an offer to a need keeps it."""
    both = data.copy()
    for of_offer, of_need in SHARED.items():
        for here, there in ((of_offer, of_need), (of_need, of_offer)):
            if here in data and there not in data:
                both.setlist(there, data.getlist(here))
    return both


def names_somebody(data: Mapping[str, Any]) -> bool:
    """Whether a number or an address is written that could be somebody's."""
    phone, email = _written(data)
    return bool(email and "@" in email) or known_number(phone) is not None


def _written(data: Mapping[str, Any]) -> tuple[str, str]:
    if data.get("whom", CALLER) not in ("", CALLER):
        return "", ""
    names = [(SHARED[name], name) for name in ("phone", "email")]
    phone, email = ((data.get(of_need) or data.get(of_offer) or "").strip() for of_need, of_offer in names)
    return phone, email


def _name_written(data: Mapping[str, Any]) -> str:
    return str(data.get(SHARED["name"]) or data.get("name") or "").strip()


def said_to_be(data: QueryDict, *, user: User, city: City) -> QueryDict:
    """The caller has said that they are one of those whom the number is known by ("who"): their name is written."""
    chosen = next(
        (one for one in caller_of(data, user=user, city=city).perhaps if str(one.pk) == data["who"]), None
    )
    if chosen is None:
        return data
    named = data.copy()
    for name in ("name", SHARED["name"]):
        named[name] = chosen.name
    return named


def caller_of(data: Mapping[str, Any], *, user: User, city: City) -> Caller:
    """Who the number or the address belongs to, if they have to do with the town: of anybody else nothing is said. An
    association's need is nobody's.
    """
    phone, email = _written(data)
    person = find_person(email=email)
    if person is None and phone and not data.get("is_another"):
        known = on_the_line(phone=phone, name=_name_written(data), city=city)
        if known.perhaps:
            return Caller(None, perhaps=known.perhaps)
        person = known.person
    if person is None or not is_of(person, city):
        return Caller(None)
    return Caller(person, offers.known_offers(user, city, person), needs.known_needs(user, city, person))


def with_draft(data: QueryDict, *, city: City, by: User, now: datetime, today: date) -> QueryDict:
    """What was typed so far of an offer that is not sent, by the number that is read out ("draft_number").

    Raises SharedDraft.DoesNotExist of a number that is none here.
    """
    number = "".join(char for char in plain_digits(data.get("draft_number", "")) if char.isdigit())
    shared = take_up(city=city, number=number, by=by, now=now)
    draft = Draft.of_shared(shared, city=city, today=today)
    typed = draft.typed()
    typed["entering"] = f"{OFFERED}:{draft.kind or Kind.HOUSING}"
    typed["key"], typed["taken"] = draft.key, shared.number
    return typed


class OfferEntry:
    """An offer, on the page for somebody on the line."""

    what = OFFERED
    names: Mapping[str, str] = {name: name for name in SHARED}

    def __init__(self, data: QueryDict | None, *, kind: str, city: City, user: User, today: date) -> None:
        self.kind, self.city, self.user = kind, city, user
        self._made: dict[str, Any] = {"kind": kind, "city": city, "today": today}
        self.form: Any = CallForm(data, **self._made)
        self.key = (data.get("key", "")[:60] if data else "") or str(uuid.uuid4())
        # The number of the draft that was taken over.
        self.taken = data.get("taken", "")[:6] if data else ""

    def show_unsent(self, data: QueryDict) -> None:
        """What was typed so far, without a word about what is missing."""
        self.form = CallForm(None, **self._made, initial=unchecked(self.form, data))

    def doubles(self, caller: Caller) -> list[Offer]:
        """Of a form that was looked at: what stands already and looks the same."""
        fields = {"kind": self.kind, **self.form.offer_fields()}
        return offers.doubles(
            self.user, self.city, owner=caller.person, fields=fields, external_key=self.external_key
        )

    def register(self, *, by: User, now: datetime) -> Offer:
        """The offer of a valid form. ValidationError by field; SentOtherwise of a draft that is an offer already."""
        form: CallForm = self.form
        fields = OFFER.completed({"kind": self.kind, **form.offer_fields()})
        fields["title"] = fields["title"] or proposed_title(fields)
        call: dict[str, Any] = {
            "city": self.city,
            "contact": {name: form.cleaned_data[name] for name in (*CONTACT, "is_another")},
            "fields": located(fields),
            "windows": form.periods(),
            "external_key": self.external_key,
            "by": by,
            "now": now,
        }
        if self.taken:
            return offer_intake.take_draft(number=self.taken, key=self.key, **call)
        return offer_intake.take_call(**call)

    def sent_meanwhile(self) -> Offer | None:
        """What the person, or a colleague, has sent since their draft was taken over."""
        sent = offers.sent_as(self.city, self.external_key) if self.taken else None
        return sent if sent is not None and not offer_intake.is_entered_by(sent, self.user) else None

    @property
    def external_key(self) -> str:
        return form_key(self.key) if self.taken else f"call:{self.key}"

    def refuse(self, refusal: ValidationError) -> None:
        self.form.add_service_errors(refusal)


class NeedEntry:
    """A need, of the person on the line or of an association that rings."""

    what = NEEDED
    names: Mapping[str, str] = SHARED
    taken = ""

    def __init__(self, data: QueryDict | None, *, kind: str, city: City, user: User, today: date) -> None:
        self.kind, self.city, self.user = kind, city, user
        self._made: dict[str, Any] = {"city": city, "user": user, "today": today}
        self.form: NeedForm = FORMS[kind](data, **self._made)
        self.form.initial["whom"] = CALLER
        self.form.fields[SHARED["phone"]].widget.attrs["autofocus"] = True

    def show_unsent(self, data: QueryDict) -> None:
        typed = unchecked(self.form, data)
        self.form = FORMS[self.kind](None, **self._made)
        known = {name: value for name, value in typed.items() if name in data}
        self.form.initial = {**self.form.initial, **known}

    def sent_meanwhile(self) -> None:
        return None

    def doubles(self, caller: Caller) -> list[Need]:
        return need_intake.doubles(self.form)

    def register(self, *, by: User, now: datetime) -> Need:
        return need_intake.post(form=self.form, by=by, now=now)

    def refuse(self, refusal: ValidationError) -> None:
        self.form.add_refusal(refusal)


Entry = OfferEntry | NeedEntry
ENTRIES: Mapping[str, type[OfferEntry] | type[NeedEntry]] = {OFFERED: OfferEntry, NEEDED: NeedEntry}


def fill_in(entry: Entry, caller: Caller, typed: Mapping[str, Any]) -> list[str]:
    """What we know of the caller stands where nothing was typed; the names of the boxes that it fills."""
    filled = []
    for name in ("name", "email", "phone"):
        box = entry.names[name]
        known = getattr(caller.person, name, None)
        if known and not (typed.get(box) or "").strip():
            entry.form.initial[box] = shown(known) if name == "phone" else known
            filled.append(box)
    return filled
