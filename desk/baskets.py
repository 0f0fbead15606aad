"""Where a case stands for the desk: the baskets of the queue, and what somebody asks to see of them.

A case lies in each basket in which something is to be done: one of two homes may be asked while the other begins
tomorrow. Nothing of what waits for the desk is hidden by what waits for others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, F, Min, OrderBy, OuterRef, Q, Subquery, TextChoices
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation
from catalogue.vocabulary import Kind, Urgency
from desk.models import Flag
from followups.models import FollowUp
from matching.lifecycle import ACTIVE, WAITING
from matching.models import Match, MatchState
from needs.models import OPEN_STATES, NeedState
from needs.urgency import urgency_order

# A stay is prepared in the days before it begins.
PREPARED_WITHIN = timedelta(days=3)
# Whoever has not said for so long what became of it is asked by a person.
SILENT_AFTER = timedelta(days=2)


class Basket(TextChoices):
    """What is to be done, as the desk reads it."""

    DECIDE = "decider", _("À décider")
    WAIT = "attendre", _("En attente")
    CONFIRM = "confirmer", _("À confirmer")
    PREPARE = "preparer", _("À préparer")
    RUN = "en-cours", _("En cours")
    CHASE = "relancer", _("À relancer")
    DONE = "termines", _("Terminés")


class Age(TextChoices):
    """For how long, at least, a case has been waiting."""

    DAY = "1", _("depuis un jour ou plus")
    THREE_DAYS = "3", _("depuis trois jours ou plus")
    WEEK = "7", _("depuis une semaine ou plus")


NOBODY = "personne"
# The names of the filters in an address, and what each asks for.
NAMES = {
    "nature": "kind",
    "urgence": "urgency",
    "association": "organisation",
    "commune": "commune",
    "qui": "owner",
    "age": "age",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks to see; what is empty asks for nothing. `owner`: a person's number, or NOBODY."""

    kind: str = ""
    urgency: str = ""
    organisation: str = ""
    commune: str = ""
    owner: str = ""
    age: str = ""

    def named(self) -> dict[str, str]:
        """The same by the names that stand in an address."""
        return {name: getattr(self, field) for name, field in NAMES.items()}


def basket_of(data: QueryDict) -> str:
    """The basket that an address names: the first when it names none."""
    named = data.get("panier", "")
    return named if named in Basket.values else Basket.DECIDE.value


def wanted_of(data: QueryDict) -> Wanted:
    """What an address asks for; what cannot be asked is left out, so that an old address still opens."""
    found = {field: data.get(name, "") for name, field in NAMES.items()}
    allowed = {
        "kind": found["kind"] in Kind.values,
        "urgency": found["urgency"] in Urgency.values,
        "organisation": _is_number(found["organisation"]),
        "commune": found["commune"].isalnum() and len(found["commune"]) == 5,
        "owner": found["owner"] == NOBODY or _is_number(found["owner"]),
        "age": found["age"] in Age.values,
    }
    return Wanted(**{field: value for field, value in found.items() if allowed[field]})


def query_of(basket: str, wanted: Wanted, **changed: str) -> str:
    """The address of a basket with its filters, without its question mark; `changed`: what is asked otherwise."""
    data = QueryDict(mutable=True)
    data["panier"] = changed.pop("panier", basket)
    for name, field in NAMES.items():
        if value := changed.get(name, getattr(wanted, field)):
            data[name] = value
    return data.urlencode()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


@dataclass(frozen=True, slots=True)
class Moment:
    """When the queue is read: by the town's own day."""

    now: datetime
    today: date


def _matches(*conditions: Q, **fields: object) -> Exists:
    return Exists(Match.objects.filter(*conditions, need=OuterRef("pk"), **fields))


ASKED_AGAIN = Q(state=MatchState.CONFIRMED, confirm_by__isnull=False)
# Reminded once, and silent still; a question that waits for its turn has been read by nobody.
REMINDED = Q(remind_at__isnull=True, waits_since__isnull=True)
OPEN = Q(state__in=OPEN_STATES) & (
    Q(organisation__isnull=True) | Q(organisation__state=Organisation.State.VERIFIED)
)


def _to_decide(at: Moment) -> Q:
    return OPEN & ~Q(_matches(state__in=WAITING))


def _waiting(at: Moment) -> Q:
    return Q(_matches(state=MatchState.PROPOSED))


def _to_confirm(at: Moment) -> Q:
    return Q(_matches(Q(state=MatchState.ACCEPTED) | ASKED_AGAIN))


def _to_prepare(at: Moment) -> Q:
    return Q(_matches(state=MatchState.CONFIRMED, first_day__lte=at.today + PREPARED_WITHIN))


def _running(at: Moment) -> Q:
    return Q(_matches(state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY]))


def silent_followups(at: Moment) -> Q:
    """Of follow-ups: asked, and unanswered for too long."""
    return Q(asked_at__lte=at.now - SILENT_AFTER, answered_at__isnull=True)


def due_flags(at: Moment) -> Q:
    """Of flags: their day has come, and nobody has lifted them."""
    return Q(day__lte=at.today, lifted_at__isnull=True)


def _to_chase(at: Moment) -> Q:
    unanswered = FollowUp.objects.filter(silent_followups(at), match__need=OuterRef("pk"))
    flagged = Flag.objects.filter(due_flags(at), need=OuterRef("pk"))
    silent = _matches(Q(state__in=WAITING) | ASKED_AGAIN, REMINDED)
    return Q(Exists(unanswered)) | Q(Exists(flagged)) | Q(silent)


def _done(at: Moment) -> Q:
    over = Q(state__in=[NeedState.MET, NeedState.WITHDRAWN, NeedState.EXPIRED])
    return over & ~Q(_matches(state__in=ACTIVE))


_RULES: Mapping[str, Callable[[Moment], Q]] = {
    Basket.DECIDE: _to_decide,
    Basket.WAIT: _waiting,
    Basket.CONFIRM: _to_confirm,
    Basket.PREPARE: _to_prepare,
    Basket.RUN: _running,
    Basket.CHASE: _to_chase,
    Basket.DONE: _done,
}


def lies_in(basket: str, at: Moment) -> Q:
    """Of needs: whether they lie in this basket."""
    return _RULES[basket](at)


def order_of(basket: str, at: Moment) -> tuple[OrderBy | Combinable | str, ...]:
    """What comes first in a basket: who has waited longest for a bed, what ends first, what begins first."""
    if basket in (Basket.WAIT, Basket.CONFIRM, Basket.CHASE):
        waited = Match.objects.filter(Q(state__in=WAITING) | ASKED_AGAIN, need=OuterRef("pk"))
        until = waited.order_by().values("need").annotate(by=Min(Coalesce("confirm_by", "answer_by")))
        return (Subquery(until.values("by")).asc(nulls_last=True), *urgency_order(at.today))
    if basket in (Basket.PREPARE, Basket.RUN):
        kept = Match.objects.filter(
            need=OuterRef("pk"), state__in=[MatchState.CONFIRMED, MatchState.UNDER_WAY]
        )
        begins = kept.order_by().values("need").annotate(first=Min("first_day"))
        return (Subquery(begins.values("first")).asc(), "id")
    if basket == Basket.DONE:
        return (F("last_day").desc(), "-id")
    return urgency_order(at.today)
