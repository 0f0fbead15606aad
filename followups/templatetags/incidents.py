"""What every coordinator reads of a match whose offer a report holds back: that it is, who has read it, what to do."""

from collections.abc import Iterable
from typing import Any

from django import template

from followups import selectors
from matching.lifecycle import ACTIVE
from matching.models import Match
from offers.models import OfferState

register = template.Library()


@register.inclusion_tag("followups/_suspended.html", takes_context=True)
def suspended(context: dict[str, Any], acted: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Those of a case's matches in hand that a report holds back. Nothing is asked of the database where there is none.

    `acted`: each with its `match`, whose decisions are read: a link of a relay says that the relay is broken there.
    """
    matches: list[Match] = [row["match"] for row in acted]
    held = [one for one in matches if one.state in ACTIVE and one.offer.state == OfferState.FROZEN]
    seen = selectors.seen({one.offer_id for one in held}) if held else {}
    rows = [
        {
            "match": one,
            "read_by": ", ".join(seen.get(one.offer_id, [])),
            "in_relay": any(decision.relay for decision in one.decisions.all()),
        }
        for one in held
    ]
    return {"rows": rows, "city": context["city"]}
