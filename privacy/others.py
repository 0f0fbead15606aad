"""Who else the rows of a person speak of, and what of these rows is not theirs to read (GDPR art. 15(4)).

The rule stands in `privacy.told`; here it is put to the rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey, Model, Q
from phonenumber_field.phonenumber import PhoneNumber

from accounts.models import Membership, User
from followups.models import Side
from matching.lifecycle import Reason
from matching.models import Match
from notifications.models import Message
from offers.models import Offer
from privacy import rows
from privacy.rows import As, Of
from privacy.told import TOLD, Shown

CUT = "[…]"
# Shorter than this a name is a part of other words.
_SHORTEST = 3
_BETWEEN_DIGITS = r"[\s.\-\u00a0\u202f()]*"


# --- Which rows, and which fields of them --------------------------------------------------------------


def not_theirs(label: str, person: User) -> Q:
    """Of their rows, those that are left out whole."""
    return _LEFT_OUT[label](person) if label in _LEFT_OUT else Q(pk__in=[])


_LEFT_OUT: Mapping[str, Callable[[User], Q]] = {
    # A report is whoever's made it.
    "followups.Incident": lambda person: ~Q(reported_by=person) | Q(reported_by=None),
    "notifications.Message": lambda person: ~Q(recipient=person) & Q(subject_key__startswith="incident:"),
    "town.AuditRow": lambda _person: Q(table__startswith="followups_"),
}


def of_a_report(label: str) -> Q:
    """The rows that tell what somebody has reported."""
    if label == "followups.Incident":
        return ~Q(pk__in=[])
    return Q(subject_key__startswith="incident:") if label == "notifications.Message" else Q(pk__in=[])


class Veil:
    """What stays hidden in the rows of one person."""

    def __init__(self, person: User) -> None:
        self.person = person
        # Of themselves, and not told to them for a team or an association.
        whose = rows.ROWS["notifications.Message"]
        assert isinstance(whose, Of)
        assert whose.also is not None
        about_them = Message.objects.filter(whose.also(person), recipient=person)
        self._readable = set(about_them.values_list("pk", flat=True))

    def hidden(self, label: str, row: Any) -> frozenset[str]:
        """The fields of this row that are not theirs to read."""
        rule = _HIDDEN.get(label)
        return rule(self, row) if rule is not None else frozenset()

    def _of_message(self, row: Any) -> frozenset[str]:
        hidden = {"title", "body", "short", "action_label", "impersonal"}
        return frozenset() if row.pk in self._readable else frozenset(hidden)

    def _of_check_in(self, row: Any) -> frozenset[str]:
        owns = row.match.offer.owner_id == self.person.pk
        asks = row.match.need.person_id == self.person.pk
        is_mine = owns if row.side == Side.HOST else asks
        return frozenset() if is_mine else frozenset({"answer", "note", "answered_at", "answered_by"})

    def _of_decision(self, row: Any) -> frozenset[str]:
        if row.by_id == self.person.pk:
            return frozenset()
        return frozenset({"note", "reason"} if row.reason == Reason.SAFETY else {"note"})

    def _of_suspension(self, row: Any) -> frozenset[str]:
        return frozenset() if row.by_id == self.person.pk else frozenset({"reason"})

    def _of_answer(self, row: Any) -> frozenset[str]:
        by = row.by_id if hasattr(row, "by_id") else row.answered_by_id
        return frozenset() if by == self.person.pk else frozenset({"answer", "note"})

    def _of_double(self, row: Any) -> frozenset[str]:
        return frozenset() if row.is_same else frozenset({"moved", "contact"})

    def _of_reply(self, row: Any) -> frozenset[str]:
        is_theirs = row.person_id in (None, self.person.pk)
        return frozenset() if is_theirs else frozenset({"text", "sender"})


_HIDDEN: Mapping[str, Callable[[Veil, Any], frozenset[str]]] = {
    "notifications.Message": Veil._of_message,
    "followups.CheckIn": Veil._of_check_in,
    "followups.FollowUp": Veil._of_answer,
    "followups.Outcome": Veil._of_answer,
    "matching.Decision": Veil._of_decision,
    "offers.OfferChange": Veil._of_suspension,
    "town.Double": Veil._of_double,
    "sms.Reply": Veil._of_reply,
    "inbox.MailReply": Veil._of_reply,
}


# --- Names, numbers and addresses in texts -------------------------------------------------------------


def cutter(person: User) -> Callable[[str], str]:
    """What takes the names, numbers and addresses of everybody else out of a text."""
    parts = sorted({part for part in _patterns(person) if part}, key=len, reverse=True)
    if not parts:
        return str
    found = re.compile("|".join(parts), re.IGNORECASE)
    return lambda text: found.sub(CUT, text)


def _patterns(person: User) -> Iterable[str]:
    their_own = {text.casefold() for text in (person.name, person.email or "") if text}
    for other in User.objects.filter(pk__in=_others(person)).iterator():
        for text in (other.name, other.email or ""):
            if len(text) >= _SHORTEST and text.casefold() not in their_own:
                yield rf"(?<!\w){re.escape(text)}(?!\w)"
        if other.phone and other.phone != person.phone:
            yield from _numbers(other.phone)
    matches = Match.objects.filter(pk__in=rows.of("matching.Match", person, As.SUBJECT).values("pk"))
    for home in Offer.objects.filter(matches__in=matches).exclude(owner=person).distinct():
        if home.address:
            yield re.escape(home.address)


def _numbers(phone: PhoneNumber) -> Iterable[str]:
    for written in (phone.as_e164, phone.as_national):
        digits = [re.escape(sign) for sign in written if sign.isdecimal() or sign == "+"]
        yield r"(?<!\d)" + _BETWEEN_DIGITS.join(digits) + r"(?!\d)"


def _others(person: User) -> set[int]:
    """Whom the rows of this person name, both sides of their matches, and the members of the associations in them."""
    found: set[int | None] = set()
    for label, told in TOLD.items():
        if not isinstance(told, Shown):
            continue
        of_them = rows.of(label, person, As.SUBJECT).order_by()
        for name in _people_in(apps.get_model(label)):
            found.update(of_them.exclude(**{name: None}).values_list(name, flat=True).distinct())
    matches = rows.of("matching.Match", person, As.SUBJECT).order_by()
    found.update(matches.values_list("offer__owner", flat=True))
    found.update(matches.values_list("need__person", flat=True))
    members = Membership.objects.filter(organisation__in=matches.values("need__organisation"))
    found.update(members.values_list("user", flat=True))
    return {pk for pk in found if pk is not None} - {person.pk}


def _people_in(model: type[Model]) -> list[str]:
    fields = model._meta.local_concrete_fields
    return [
        f.name for f in fields if isinstance(f, ForeignKey) and f.related_model is User and not f.primary_key
    ]
