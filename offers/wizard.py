"""The questions of "Je propose mon aide", one a page, and the answers kept in the session until they are sent."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from catalogue.fields import OFFER
from catalogue.items import ITEM, Said
from catalogue.vocabulary import CATEGORIES, LANGUAGE_PAIR_CATEGORIES, HandOver, Kind
from cities.models import City
from cities.selectors import CommuneNotFound, commune_by_insee
from offers.forms import CONTACT, DAYS, OfferForm, asked_for, proposed_title, unchecked

LONGEST_ANSWER = 3000
Words = Any  # a lazy translation


@dataclass(frozen=True, slots=True)
class Step:
    """One question: the rows of the table whose `steps` name it, then fields of its own.

    `part` stands beside its number; `alone` means that its one field is the question itself.
    """

    name: str
    part: Words
    question: Words
    lead: Words = ""
    alone: bool = False
    own: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.own, *OFFER.at_step(self.name))


def _steps() -> dict[str, Step]:
    steps = (
        Step("kind", _("Votre aide"), _("Que pouvez-vous proposer\u202f?"), alone=True),
        Step("category", _("Votre aide"), _("De quoi s’agit-il\u202f?"), alone=True),
        Step(
            "item",
            _("Vos objets"),
            _("Quel objet proposez-vous\u202f?"),
            _("Écrivez-le comme vous le dites\u202f: couette 140, lit bébé, téléphone."),
            alone=True,
        ),
        Step(
            "goods",
            _("Vos objets"),
            _("Dites-nous-en un peu plus"),
        ),
        Step(
            "pair",
            _("Vos langues"),
            _("Entre quelles langues\u202f?"),
            _("Plusieurs réponses possibles."),
        ),
        Step(
            "where",
            _("Le lieu"),
            _("Où est-ce\u202f?"),
            _("Seule la commune est montrée aux associations. L’adresse reste cachée."),
        ),
        Step(
            "when",
            _("Les dates"),
            _("Quand est-ce possible\u202f?"),
            _("Une date approximative suffit. Vous pourrez la changer."),
            own=DAYS,
        ),
        Step("places", _("Votre logement"), _("Combien de personnes\u202f?"), alone=True),
        Step(
            "who",
            _("Votre logement"),
            _("Qui pouvez-vous accueillir\u202f?"),
            _("Plusieurs réponses possibles. Vous pourrez toujours dire non à une demande."),
            alone=True,
        ),
        Step(
            "home",
            _("Votre logement"),
            _("Comment est ce logement\u202f?"),
            _("Cochez ce qui est vrai. Le reste est facultatif."),
        ),
        Step("hours", _("Votre temps"), _("Combien de temps, et quand\u202f?")),
        Step(
            "languages",
            _("Vos langues"),
            _("Quelles langues parlez-vous\u202f?"),
            _("Plusieurs réponses possibles. Elles aident à se comprendre dès le premier jour."),
            alone=True,
        ),
        Step("words", _("En quelques mots"), _("Comment le diriez-vous\u202f?")),
        Step(
            "you",
            _("Vous"),
            _("Comment vous joindre\u202f?"),
            _("Vos coordonnées ne sont données qu’après votre oui."),
            own=(*CONTACT, "consent"),
        ),
    )
    return {step.name: step for step in steps}


STEPS = _steps()
ORDER: dict[str, tuple[str, ...]] = {
    "": ("kind", "category"),
    Kind.HOUSING: (
        *("kind", "category", "where", "when", "places", "who"),
        *("home", "languages", "words", "you"),
    ),
    Kind.GOODS: ("kind", "item", "category", "goods", "where", "when", "words", "you"),
    Kind.SKILL: ("kind", "category", "pair", "where", "when", "hours", "languages", "words", "you"),
}
# Where a home has places and hours have a number: the question that asks how much.
CAPACITY_STEPS = {Kind.HOUSING: "places", Kind.GOODS: "goods", Kind.SKILL: "hours"}
# Of what is offered; the other answers are of the person and their home, and good for another need too.
OF_THE_THING = frozenset({"kind", "category", "item", "goods", "pair", "when", "places", "hours", "words"})
# Until the kind is chosen, nobody knows how many questions follow: the longest list is announced.
MOST = len(ORDER[Kind.HOUSING])


class Draft:
    """The answers of one browser to one town's questions. Nothing is written until something is answered."""

    def __init__(self, session: SessionBase, *, city: City, today: date, signed_in: bool) -> None:
        self.session, self.city, self.today, self.signed_in = session, city, today, signed_in
        self._slot = f"offer-draft-{city.slug}"
        self._state: dict[str, Any] = session.get(self._slot) or {"key": "", "answers": {}, "checked": False}
        self._forms: dict[str, OfferForm] = {}

    # --- Reading ---------------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """What makes a form posted twice one offer."""
        return str(self._state["key"])

    @property
    def answers_need(self) -> str:
        """The reference of the need for which it was begun, if it was."""
        return str(self._state.get("need", ""))

    @property
    def is_begun(self) -> bool:
        return bool(self._state["answers"])

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
        if step.name == "you":
            return not self.signed_in
        if step.name == "category" and self.kind == Kind.GOODS:
            return self.said is not None and self.said.item not in ITEM
        if step.name in ("pair", "languages"):
            return (self.category in LANGUAGE_PAIR_CATEGORIES) == (step.name == "pair")
        return True

    def position(self, step: Step) -> tuple[int, int]:
        """ "Question n sur total"."""
        steps = self.steps()
        if not self.kind:
            return steps.index(step) + 1, MOST - self.signed_in
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
            names=[name for name in step.fields if self._is_shown(name)],
            initial=initial,
            auto_id="id_%s",
        )

    def _typed(self, step: Step) -> QueryDict:
        """What was typed; a title that we proposed follows the answers that it was made of."""
        answer = self._state["answers"][step.name]
        query = as_query(answer["data"])
        if answer.get("title_is_ours"):
            query["title"] = self._proposed_title()
        return query

    def _proposed_title(self) -> str:
        """Nothing before there is something to name: a page may be sent long after the answers were lost."""
        fields = self._fields(without="words")
        return proposed_title(fields) if "category" in fields else ""

    def _is_shown(self, name: str) -> bool:
        if name == "reach_km" and self.kind == Kind.GOODS:
            return self._first("goods", "hand_over") == HandOver.DELIVERED
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
        if step.name == "words":
            proposals = {"title": self._proposed_title()}
        elif step.name == "pair":
            proposals = {"languages_to": ["fr"]}
        elif step.name == "goods" and (said := self.said):
            proposals = {"capacity": said.number, "size": said.size}
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
        return self._fields(without="")

    def _fields(self, *, without: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for step in self.steps():
            form = None if step.name == without else self.answered(step)
            if form is not None and form.is_valid():
                fields |= form.offer_fields()
        return OFFER.completed(fields) if "category" in fields else fields

    def offer_fields(self) -> dict[str, Any]:
        """Every column that the answers give; the title in French when it is the one that we proposed."""
        fields = self.fields()
        if self._state["answers"]["words"].get("title_is_ours"):
            with override("fr"):
                fields["title"] = self._proposed_title()
        return fields

    def periods(self) -> list[tuple[date, date | None]]:
        form = self.answered(STEPS["when"])
        assert form is not None
        assert form.is_valid()
        return form.periods()

    def contact(self) -> dict[str, Any]:
        """Name, e-mail and phone of a visitor."""
        form = self.answered(STEPS["you"])
        assert form is not None
        assert form.is_valid()
        return {name: form.cleaned_data[name] for name in CONTACT}

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
        answer: dict[str, Any] = {"data": own, "sent": sent}
        if step.name == "words":
            answer["title_is_ours"] = own.get("title") == [self._proposed_title()]
        self._state["answers"][step.name] = answer
        self._forms.clear()
        self._save()

    def begin_for(self, said: Mapping[str, str]) -> None:
        """Begin an offer for a need with what its link says (`catalogue.help_link`), as far as each is a good answer.

        Kind, thing and category are answered; the rest is proposed, for its question is still asked. Who comes back
        to the need that they had begun to answer goes on where they were.
        """
        if said["need"] == self.answers_need:
            return
        for name in OF_THE_THING:
            self._state["answers"].pop(name, None)
        self._state |= {"need": "", "filled": {}, "checked": False}
        self._forms.clear()
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
        self._propose(STEPS["where"], {"commune": _commune_words(said["commune"])})
        self._propose(STEPS["when"], {"first_day": said["first_day"], "last_day": said["last_day"]})
        self._save()

    def _propose(self, step: Step, values: Mapping[str, str]) -> None:
        """Fill in what its question would take from somebody who typed it."""
        typed = {name: [value] for name, value in values.items() if value}
        form = self._build(step, as_query(typed))
        self._state["filled"][step.name] = {
            name: value for name, value in typed.items() if name in form.fields and name not in form.errors
        }

    def mark_checked(self) -> None:
        self._state["checked"] = True
        self._save()

    def forget(self) -> None:
        self.session.pop(self._slot, None)

    def _save(self) -> None:
        self.session[self._slot] = self._state
        self.session.modified = True


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
