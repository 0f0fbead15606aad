"""What a visitor has answered so far, in their session, under the key in the address: two tabs are two.

What was typed is checked again each time that it is needed, by its question's form. The key is the visitor's word
for a draft and no secret: what a draft becomes is known by `once`, which never leaves the session.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import QueryDict

from catalogue.vocabulary import Kind
from cities.models import City
from statements.forms import FORMS, QuestionForm, YouForm
from statements.questions import QUESTIONS, Question, asked

_SLOT = "statements"
_MOST_DRAFTS = 4
# Of one question, more than any takes: what is too long is still refused as such.
_LONGEST, _MOST_VALUES, _MOST_NAMES, _MOST_SIGNS = 1_000, 40, 20, 4_000
_KEY = re.compile(r"[A-Za-z0-9_-]{11}")


def new_key() -> str:
    return secrets.token_urlsafe(8)


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


class Draft:
    """The answers under one key. `is_known`: somebody who is signed in is not asked how to be answered."""

    def __init__(self, session: SessionBase, *, key: str, city: City, is_known: bool) -> None:
        self.session, self.key, self.city, self.is_known = session, key, city, is_known
        blank = {"kind": "", "typed": {}, "once": secrets.token_urlsafe(16)}
        self._kept: dict[str, Any] = blank | session.get(_SLOT, {}).get(self._slot, {})

    @property
    def _slot(self) -> str:
        return f"{self.city.pk}:{self.key}"

    @property
    def kind(self) -> str:
        return str(self._kept["kind"])

    @property
    def once(self) -> str:
        """What makes this draft sent twice one statement, and no other's."""
        return str(self._kept["once"])

    def choose(self, kind: str) -> None:
        """What is needed; what was said of the rest stays."""
        self._kept["kind"] = kind if kind in Kind.values else ""
        self._save()

    def keep(self, question: Question, data: QueryDict) -> None:
        """What was typed on a question's page, good or not; nothing else of what was sent."""
        fields = FORMS[question.name].names()
        typed: dict[str, list[str]] = {}
        room = _MOST_SIGNS
        for name, values in data.lists():
            is_asked = any(name == field or name.startswith(f"{field}_") for field in fields)
            if not is_asked or len(typed) == _MOST_NAMES:
                continue
            typed[name] = []
            for value in values[:_MOST_VALUES]:
                typed[name].append(value[: min(_LONGEST, room)])
                room -= len(typed[name][-1])
        self._kept["typed"][question.name] = typed
        self._save()

    def forget(self) -> None:
        drafts = self.session.get(_SLOT, {})
        if drafts.pop(self._slot, None) is not None:
            self.session[_SLOT] = drafts

    def questions(self) -> list[Question]:
        """Those that these answers lead to; none before the first one is answered."""
        if not self.kind:
            return []
        return asked(self.kind, self._category(), is_known=self.is_known)

    def form(self, question: Question, data: QueryDict | None = None, *, bound: bool = False) -> QuestionForm:
        """A question's form: with what was sent, or else with what was typed before, as a start."""
        typed = self._typed(question)
        answers = self.answers(before=question)
        more: dict[str, Any] = {"is_known": self.is_known} if FORMS[question.name] is YouForm else {}
        build = FORMS[question.name]
        kept = {"city": self.city, "kind": self.kind, "answers": answers, **more}
        if data is not None or (typed is not None and bound):
            return build(data if data is not None else typed, **kept)
        blank = build(None, **kept)
        if typed is None:
            return blank
        initial = {
            name: field.widget.value_from_datadict(typed, {}, name) for name, field in blank.fields.items()
        }
        return build(None, initial=initial, **kept)

    def answers(self, *, before: Question | None = None) -> dict[str, Any]:
        """The good answers, those that come before a question or all."""
        found: dict[str, Any] = {}
        for question in self.questions():
            if before is not None and question.name == before.name:
                break
            typed = self._typed(question)
            if typed is None:
                continue
            more: dict[str, Any] = {"is_known": self.is_known} if FORMS[question.name] is YouForm else {}
            form = FORMS[question.name](typed, city=self.city, kind=self.kind, answers=found, **more)
            if form.is_valid():
                found |= form.said()
        return found

    def first_open(self) -> Question | None:
        """The first question without a good answer."""
        for question in self.questions():
            if self._typed(question) is None or not self.form(question, bound=True).is_valid():
                return question
        return None

    def _category(self) -> Mapping[str, Any]:
        """The one answer on which it hangs which questions there are."""
        typed = self._typed(QUESTIONS["aide"]) if self.kind == Kind.SKILL else None
        return {"category": typed.get("category", "")} if typed is not None else {}

    def _typed(self, question: Question) -> QueryDict | None:
        typed = self._kept["typed"].get(question.name)
        if typed is None:
            return None
        query = QueryDict(mutable=True)
        for name, values in typed.items():
            query.setlist(name, values)
        return query

    def _save(self) -> None:
        drafts = self.session.get(_SLOT, {})
        drafts.pop(self._slot, None)
        drafts[self._slot] = self._kept
        self.session[_SLOT] = dict(list(drafts.items())[-_MOST_DRAFTS:])
