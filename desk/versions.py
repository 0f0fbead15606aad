"""What changes when the desk's pages do: a page that asks again and has the same is sent nothing.

A version is made of which rows there are and which transaction wrote each last. It rests on no clock: whoever decides
writes the moment in which they began, and may be the last to finish. It is read with the town (`town_page(also=…)`).
"""

from datetime import datetime
from hashlib import blake2s
from typing import Any

from django.db.models import BigIntegerField, F, Func, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, JSONObject

from accounts.models import Organisation
from catalogue.compiled import Later
from cities.models import City
from desk.models import Flag, Note
from followups.models import FollowUp
from matching.models import (
    CaseTaken,
    ConditionQuestion,
    HouseholdVerdict,
    Match,
    MatchState,
    Scan,
    TownAgreement,
)
from needs.models import Need
from notifications.models import Preference
from offers.models import Offer

# As the index `match_city_decided` has it.
UNDECIDED = (MatchState.SUGGESTED, MatchState.SUPERSEDED, MatchState.DISMISSED)
# What is late, since when it waits, and how many things are to be sorted, is told anew so often.
MINUTES = 5


class _Written(Func):
    """Of a row, named by its key, a number that is another once it is written again."""

    # Of a column it is given the name, alias and all; the transaction stands beside the columns of each table.
    template = "%(function)s(%(key)s, %(table)s.xmin::text::bigint)"
    function = "hashint8extended"
    output_field = BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any, *names: Any, **extra: Any) -> Any:
        key, _params = compiler.compile(self.source_expressions[0])
        return super().as_sql(compiler, connection, *names, key=key, table=key.rpartition(".")[0], **extra)


def case_state(*, city_slug: Later, reference: Later) -> dict[str, Subquery]:
    """Of a town, `case_state`: the number and the version of the case with this reference; None where it has none."""
    of_need = {"need": OuterRef("pk")}
    shown = (
        Match.objects.filter(need=OuterRef(OuterRef("pk"))).exclude(state=MatchState.SUPERSEDED).order_by()
    )
    offers = Offer.objects.filter(pk__in=shown.values("offer"))
    # Apart: of the two at once every offer would be read.
    made_for_it = Offer.objects.filter(answers_need=OuterRef("reference")).exclude(answers_need="")
    owners = Preference.objects.filter(person__in=shown.values("offer__owner"))
    verdicts = HouseholdVerdict.objects.filter(Q(lower=OuterRef("pk")) | Q(higher=OuterRef("pk")))
    parts = {
        "pk": F("pk"),
        "need": _Written("pk"),
        "poster": _rows(Organisation.objects.filter(pk=OuterRef("organisation"))),
        "matches": _rows(Match.objects.filter(**of_need).exclude(state=MatchState.SUPERSEDED)),
        "scan": _rows(Scan.objects.filter(**of_need)),
        "offers": _rows(offers),
        "made_for_it": _rows(made_for_it),
        "pauses": _rows(owners),
        "agreements": _rows(TownAgreement.objects.filter(match__need=OuterRef("pk"))),
        "taken": _rows(CaseTaken.objects.filter(**of_need)),
        "notes": _rows(Note.objects.filter(**of_need)),
        "flags": _rows(Flag.objects.filter(**of_need)),
        "conditions": _rows(ConditionQuestion.objects.filter(**of_need)),
        "follow_ups": _rows(FollowUp.objects.filter(match__need=OuterRef("pk"))),
        "verdicts": _rows(verdicts),
    }
    needs = Need.objects.filter(city=OuterRef("pk"), reference=reference).order_by()
    return {"case_state": Subquery(needs.values(row=JSONObject(**parts)))}


def queue_state(*, city_slug: Later) -> dict[str, Combinable]:
    """Of a town, `queue_state`: what its queue is made of.

    Suggestions alone are a hundred thousand, and are not read: whatever adds, takes or dismisses one has the engine
    look at its need again, which writes the need.
    """
    of_city = {"city": OuterRef("pk")}
    decided = Match.objects.filter(**of_city).exclude(state__in=UNDECIDED)
    return {
        "queue_state": JSONObject(
            needs=_rows(Need.objects.filter(**of_city)),
            matches=_rows(decided),
            taken=_rows(CaseTaken.objects.filter(**of_city)),
            flags=_rows(Flag.objects.filter(**of_city)),
            follow_ups=_rows(FollowUp.objects.filter(match__city=OuterRef("pk"))),
            organisations=_rows(Organisation.objects.filter(**of_city)),
        )
    }


def of_case(city: City) -> tuple[int, str] | None:
    """The need's number and its version, of a town with `case_state`."""
    state: dict[str, Any] | None = city.case_state  # type: ignore[attr-defined]
    return (state["pk"], _digest(state)) if state is not None else None


def of_queue(city: City, *, now: datetime) -> str:
    """The version of the queue, of a town with `queue_state`."""
    return _digest((city.queue_state, now.timestamp() // (60 * MINUTES)))  # type: ignore[attr-defined]


def _rows(rows: QuerySet[Any]) -> Combinable:
    """Of all these rows together, in no order: another number once one is written, comes or goes."""
    together = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Sum(_Written("pk")))
    return Coalesce(Cast(Subquery(together.values("n")), TextField()), Value(""))


def _digest(state: object) -> str:
    return blake2s(repr(state).encode(), digest_size=12).hexdigest()
