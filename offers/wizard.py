"""The answers to the questions of "Je propose mon aide", kept in the session until they are sent."""

import uuid
from collections.abc import Mapping
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import override

from catalogue.fields import OFFER
from catalogue.fields.shared import LARGEST
from catalogue.items import CUTS, ITEM, Said
from catalogue.vocabulary import CATEGORIES, LANGUAGE_PAIR_CATEGORIES, Category, HandOver, Kind
from cities.models import City
from cities.selectors import CommuneNotFound, commune_by_insee
from offers import selectors, services
from offers.begun import FIRST, MOST_DRAFTS, moved_url, note_moved, slot_of
from offers.forms import CONTACT, NOW, WHEN, OfferForm, asked_for, unchecked
from offers.models import Offer, SharedDraft
from offers.steps import CAPACITY_STEPS, MOST, ORDER, STEPS, Step
from offers.words import proposed_title

LONGEST_ANSWER = 3000
# Of the person and their home: good for another need too.
OF_THE_PERSON = ("where", "you")
# To one town, for one offer: asked anew for each.
AGREED = frozenset({"consent", "share_with_linked"})
# What people type in words, and nothing else says.
_IN_WORDS = frozenset({"item", "item_words", "title", "text"})
# What a page says of a draft that an operator took over, and for how long it is not its owner's to send.
NOW_TAKEN, ONCE_TAKEN = "now", "once"
ONE_CALL = timedelta(minutes=30)
# In the answers of a draft that goes on elsewhere too: the key of its row.
SHARED = "shared"


class Draft:
    """The answers of one tab of a browser to one town's questions. Nothing is written until something is answered.

    `number` tells the drafts of a browser apart, so that two tabs do not mix theirs. One that goes on elsewhere too
    (`shared`) is read and written where all of its browsers find it.
    """

    def __init__(
        self,
        session: SessionBase,
        *,
        city: City,
        today: date,
        signed_in: bool,
        number: int = FIRST,
        has_phone: bool = False,
    ) -> None:
        self.session, self.city, self.today, self.signed_in = session, city, today, signed_in
        self.number, self.has_phone = number, has_phone
        self._slot = slot_of(city)
        begun = session.get(self._slot, {})
        self._state: dict[str, Any] = begun.get(str(number)) or {"key": "", "answers": {}, "checked": False}
        self.shared: SharedDraft | None = None
        if SHARED in self._state:
            self.shared = selectors.shared_draft(city, self._state[SHARED], now=timezone.now())
        if self.shared is not None:
            self._state = {**deepcopy(self.shared.answers), SHARED: self.shared.pk}
        self._forms: dict[str, OfferForm] = {}

    @classmethod
    def of_shared(cls, shared: SharedDraft, *, city: City, today: date) -> "Draft":
        """The answers of a draft of another browser, to be read."""
        draft = cls(SessionBase(), city=city, today=today, signed_in=False)
        draft.shared, draft._state = shared, dict(shared.answers)
        return draft

    # --- Reading ---------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """What makes a form posted twice one offer."""
        return str(self._state["key"])

    @property
    def external_key(self) -> str:
        """Of the offer that it becomes, wherever it is sent."""
        return form_key(self.key)

    @property
    def taken(self) -> str:
        """Whether an operator of the town completes it (NOW_TAKEN), or has begun to and not sent it (ONCE_TAKEN)."""
        if self.shared is None or self.shared.taken_at is None:
            return ""
        return NOW_TAKEN if timezone.now() < self.shared.taken_at + ONE_CALL else ONCE_TAKEN

    def sent_elsewhere(self) -> Offer | None:
        """The offer that it has become in another browser, or on the phone."""
        if SHARED not in self._state or self.shared is not None:
            return None
        return selectors.sent_as(self.city, self.external_key)

    @property
    def answers_need(self) -> str:
        """The reference of the need for which it was begun, if it was."""
        return str(self._state.get("need", ""))

    @property
    def is_begun(self) -> bool:
        return bool(self._state["answers"])

    @property
    def is_bare(self) -> bool:
        """Whether nothing but the kind is answered, if that."""
        return set(self._state["answers"]) <= {"kind"}

    @property
    def checked(self) -> bool:
        """Whether the last page was reached once: from then on an answer changed leads back to it."""
        return bool(self._state["checked"])

    @property
    def kind(self) -> str:
        kind = self._first("kind", "kind")
        return kind if kind in Kind.values else ""

    @property
    def said(self) -> Said | None:
        """The thing that is named, once it is clear which."""
        form = self.answered(STEPS["item"]) if self.kind == Kind.GOODS else None
        return form.said if form is not None and form.is_valid() else None

    @property
    def category(self) -> str:
        """That of the item; of what has no name in the catalogue, the one that was chosen."""
        if (said := self.said) and said.item in ITEM:
            return ITEM[said.item].category.value
        category = self._first("category", "category")
        return category if category in CATEGORIES.get(self.kind, ()) else ""

    def _first(self, step: str, field: str) -> str:
        values = self._state["answers"].get(step, {}).get("data", {}).get(field) or [""]
        return str(values[-1])

    def steps(self) -> list[Step]:
        """The questions that these answers call for, in order."""
        steps = [STEPS[name] for name in ORDER[self.kind]]
        return [step for step in steps if self._is_asked(step)]

    def _is_asked(self, step: Step) -> bool:
        if self.kind == Kind.GOODS:
            return self._is_asked_of_goods(step)
        return step.name != "pair" or self.category in LANGUAGE_PAIR_CATEGORIES

    def _is_asked_of_goods(self, step: Step) -> bool:
        """A thing that was named with its number and size needs no more; what may be added is added at the end."""
        said = self.said
        if step.name == "category":
            return said is not None and said.item not in ITEM
        if step.name == "details":
            return step.name in self._state["answers"]
        if step.name == "goods" and said is not None:
            has_sizes = said.item in ITEM and ITEM[said.item].sizes is not None
            is_counted = said.number is not None and 1 <= said.number <= LARGEST[Kind.GOODS]
            is_asked_anew = step.name in self._state["answers"] or step.name in self._state.get("filled", {})
            is_food = self.category == Category.FOOD
            return is_asked_anew or not is_counted or (has_sizes and said.size in ("", *CUTS)) or is_food
        return True

    def may_add(self, step: Step) -> bool:
        """Whether this question may be answered, though it need not be."""
        return step.optional and step.name in ORDER[self.kind]

    def position(self, step: Step) -> tuple[int, int]:
        """ "Question n sur total"."""
        steps = self.steps()
        if not self.kind:
            return steps.index(step) + 1, MOST
        return steps.index(step) + 1, len(steps)

    def form(self, step: Step, data: Any = None) -> OfferForm:
        """The question's form: with `data`, checked; else with the answer that is kept, if any."""
        answer = self._state["answers"].get(step.name)
        if data is None and answer and answer["sent"]:
            return self._build(step, self._typed(step))
        if data is not None:
            return self._build(step, data)
        initial = self._proposals(step)
        if answer:
            blank = self._build(step, None)
            initial |= unchecked(blank, self._typed(step))
        return self._build(step, None, initial)

    def _build(self, step: Step, data: Any, initial: dict[str, Any] | None = None) -> OfferForm:
        return OfferForm(
            data,
            city=self.city,
            today=self.today,
            kind=self.kind,
            category="" if step.name in ("item", "category") else self.category,
            item=self.said.item if step.name == "goods" and self.said else "",
            item_sizes=self.said.sizes if step.name == "goods" and self.said else (),
            names=[name for name in step.fields if self._is_shown(name)],
            initial=initial,
            auto_id="id_%s",
        )

    def _typed(self, step: Step) -> QueryDict:
        """What was typed."""
        return as_query(self._state["answers"][step.name]["data"])

    def title(self) -> str:
        """The title that the answers make, in the reader's language; "" while there is nothing to name."""
        fields = self.fields()
        return proposed_title(fields) if "category" in fields else ""

    def _is_shown(self, name: str) -> bool:
        if name == "no_phone":
            return self.asks_for_phone
        if name in CONTACT:
            return not self.signed_in or (name == "phone" and self.asks_for_phone)
        if name == "item":
            return True
        if name == "size":
            return self.said is not None and self.said.item in ITEM and ITEM[self.said.item].sizes is not None
        if name == "remote" and self.kind != Kind.SKILL:
            return False
        return name in OfferForm.base_fields or asked_for(name, self.kind, self.category)

    def _proposals(self, step: Step) -> dict[str, Any]:
        """What a question that was never answered says already: what follows from other answers, then from the need."""
        proposals: dict[str, Any] = {}
        if step.name == "pair":
            proposals = {"languages_to": ["fr"]}
        elif step.name == "goods" and (said := self.said):
            proposals = {"capacity": said.number, "size": "" if said.size in CUTS else said.size}
        elif step.name == "where" and self.kind == Kind.GOODS:
            # What promises least: somebody comes for it.
            proposals = {"hand_over": HandOver.COLLECTED}
        filled = self._state.get("filled", {}).get(step.name, {})
        typed = unchecked(self._build(step, None), as_query(filled)) if filled else {}
        return proposals | {name: typed[name] for name in filled if name in typed}

    def answered(self, step: Step) -> OfferForm | None:
        """The checked form of an answer that was sent, good or not; None when the question is open."""
        if step.name not in self._forms:
            answer = self._state["answers"].get(step.name)
            if not answer or not answer["sent"]:
                return None
            self._forms[step.name] = self._build(step, self._typed(step))
        return self._forms[step.name]

    def first_open(self) -> Step | None:
        """The first question without a good answer: nobody gets beyond it."""
        for step in self.steps():
            form = self.answered(step)
            if form is None or not form.is_valid():
                return step
        return None

    def fields(self) -> dict[str, Any]:
        """The good answers so far, as columns of an offer with what follows from them."""
        fields: dict[str, Any] = {}
        for step in self.steps():
            form = self.answered(step)
            if form is not None and form.is_valid():
                fields |= form.offer_fields()
        return OFFER.completed(fields) if "category" in fields else fields

    def offer_fields(self) -> dict[str, Any]:
        """Every column that the answers give; the title, which is made of them, in French for the desk."""
        with override("fr"):
            return self.fields() | {"title": self.title()}

    def periods(self) -> list[tuple[date, date | None]]:
        form = self.answered(STEPS["where"])
        assert form is not None
        assert form.is_valid()
        return form.periods()

    @property
    def asks_for_phone(self) -> bool:
        """A home is visited, and a visit arranged by phone."""
        return self.kind == Kind.HOUSING and not self.has_phone

    def last_form(self, data: Any = None) -> OfferForm:
        """The last page's own: how to reach whoever is not signed in, consent, sharing; with what was typed there."""
        return self._build(STEPS["you"], data) if data is not None else self.form(STEPS["you"])

    # --- Writing ---------------------------------------------------------------------------------------

    def keep(self, step: Step, data: QueryDict, *, sent: bool) -> None:
        """Keep what was typed; `sent` is False when somebody went back without continuing."""
        own = {
            name: [value[:LONGEST_ANSWER] for value in values]
            for name, values in data.lists()
            if any(name == field or name.startswith(f"{field}_") for field in step.fields)
        }
        self._state["key"] = self._state["key"] or str(uuid.uuid4())
        if step.name == "kind" and own.get("kind") != [self.kind]:
            self._state |= {"need": "", "filled": {}}  # another kind of help answers no need for this one
        self._state["answers"][step.name] = {"data": own, "sent": sent}
        self._forms.clear()
        self._save()

    def begin_for(self, said: Mapping[str, str]) -> None:
        """Begin an offer for a need with what its link says (`catalogue.help_link`), as far as each is a good answer.

        Kind, thing and category are answered; the rest is proposed, for its question is still asked. Who comes back
        to the need that they had begun to answer goes on where they were.
        """
        if said["need"] == self.answers_need:
            return
        answers = self._state["answers"]
        place = answers.pop("where")["data"] if "where" in answers else {}
        self._state |= {"need": "", "filled": {}, "checked": False}
        item = said["item"] if said["item"] in ITEM else ""
        for name, field, value in (
            ("kind", "kind", said["kind"]),
            ("item", "item_list", item),
            ("category", "category", said["category"]),
        ):
            data = as_query({field: [value]})
            if value and STEPS[name] in self.steps() and self._build(STEPS[name], data).is_valid():
                self.keep(STEPS[name], data, sent=True)
        self._state["need"] = said["need"]
        much = {"capacity": said["capacity"]} | ({"size": said["size"]} if self.kind == Kind.GOODS else {})
        self._propose(STEPS[CAPACITY_STEPS[Kind(self.kind)]], much)
        # Where somebody lives they have said already.
        here = {name: values[-1] for name, values in place.items() if name not in WHEN}
        here = here or {"commune": _commune_words(said["commune"])}
        days = {"first_day": said["first_day"], "last_day": said["last_day"]}
        self._propose(STEPS["where"], {"when": "dates" if any(days.values()) else "", **here, **days})
        self._save()

    def know_person_of(self, other: "Draft") -> None:
        """Take over what another draft says of whoever wrote it."""
        known = other._state["answers"]
        self._state["answers"] = _not_agreed({name: known[name] for name in OF_THE_PERSON if name in known})

    def _propose(self, step: Step, values: Mapping[str, str]) -> None:
        """Fill in what its question would take from somebody who typed it."""
        typed = {name: [value] for name, value in values.items() if value}
        form = self._build(step, as_query(typed))
        self._state["filled"][step.name] = {
            name: value for name, value in typed.items() if name in form.fields and name not in form.errors
        }

    def moved_to(self, city: City, *, number: int) -> "Draft":
        """The same answers for another town; of a need of this one they say nothing there."""
        there = Draft(
            self.session,
            city=city,
            today=self.today,
            signed_in=self.signed_in,
            number=number,
            has_phone=self.has_phone,
        )
        answers = _not_agreed(self._state["answers"])
        there._state = {**self._state, "answers": answers, "need": "", "filled": {}}
        there._state.pop(SHARED, None)
        there._save()
        self.forget()
        return there

    def mark_checked(self) -> None:
        self._state["checked"] = True
        self._save()

    def share(self, *, now: datetime) -> SharedDraft:
        """Let it go on in another browser, or on the phone, for as long as its link lasts."""
        if self.shared is None:
            self.shared = services.share(city=self.city, key=self.key, answers=self._answers(), now=now)
            self._state[SHARED] = self.shared.pk
            self._save()
        return self.shared

    def take_over(self, shared: SharedDraft) -> None:
        """Go on here with a draft of another browser."""
        self.shared = shared
        self._state = {**deepcopy(shared.answers), SHARED: shared.pk}
        self._forms.clear()
        self._save()

    def forget(self) -> None:
        """The other drafts of this browser stay; one that went on elsewhere ends there too."""
        if self.shared is not None:
            services.end_shared(draft_id=self.shared.pk)
        begun = dict(self.session.get(self._slot, {}))
        begun.pop(str(self.number), None)
        self.session[self._slot] = begun

    def typed(self) -> QueryDict:
        """All that was typed, good or not, and what follows from it, by the names of one long form; not what was agreed
        to, which a town hears itself.
        """
        data = QueryDict(mutable=True)
        for answer in _not_agreed(self._state["answers"]).values():
            for name, values in answer["data"].items():
                data.setlist(name, values)
        if data.get("when", NOW) == NOW and not data.get("first_day"):
            data["first_day"], data["open_ended"] = self.today.isoformat(), "on"
        assumed = {row.name: getattr(row.shape, "assumed", None) for row in OFFER.asked()}
        for name, value in {**assumed, **self.fields()}.items():
            if name not in _IN_WORDS and name not in data and type(value) in (str, int, float):
                data[name] = str(value)
        return data

    def _answers(self) -> dict[str, Any]:
        """What its other browsers find; not what was agreed to, which each of them asks anew."""
        answers = {name: value for name, value in self._state.items() if name != SHARED}
        return answers | {"answers": _not_agreed(self._state["answers"])}

    def _save(self) -> None:
        if self.shared is not None and self.shared.answers != (answers := self._answers()):
            services.keep_shared(draft_id=self.shared.pk, answers=answers)
        begun = dict(self.session.get(self._slot, {}))
        begun.pop(str(self.number), None)
        begun[str(self.number)] = self._state  # the latest stands last
        self.session[self._slot] = dict(list(begun.items())[-MOST_DRAFTS:])
        if moved_url(self.session, self.city, self.number):
            note_moved(self.session, self.city, self.number, "")


def form_key(key: str) -> str:
    """The key of the offer that the draft with this key becomes: sent twice, or from two places, it is one."""
    return f"form:{key}"


def _not_agreed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers without what was agreed to."""
    return {
        name: {**answer, "data": {key: said for key, said in answer["data"].items() if key not in AGREED}}
        for name, answer in answers.items()
    }


def as_query(data: dict[str, list[str]]) -> QueryDict:
    query = QueryDict(mutable=True)
    for name, values in data.items():
        query.setlist(name, values)
    return query


def _commune_words(insee: str) -> str:
    """A commune as somebody would type it; nothing for a code of none."""
    try:
        return commune_by_insee(insee).label
    except CommuneNotFound:
        return ""
