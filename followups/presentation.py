"""What the pages of reports show, as templates read it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from catalogue.times import ago
from cities.models import City
from followups import selectors
from followups.models import Incident
from matching.lifecycle import ACTIVE
from matching.models import Match
from offers.models import OfferState

ACT_WORDS = {
    "read": gettext_lazy("Lu"),
    "keep_from": gettext_lazy("Une personne concernée est écartée de la lecture"),
    "propose_end": gettext_lazy("Fin proposée"),
    "take_back_end": gettext_lazy("Fin reprise\u202f: le signalement reste à traiter"),
    "confirm_end": gettext_lazy("Fin confirmée, par une seconde personne"),
}


def who_reads(city: City) -> str:
    """Who will read what somebody is about to write, by role: what the page promises, and `seen_by` keeps."""
    if selectors.named_readers(city).exists():
        return _(
            "Seules les personnes que la ville a nommées pour lire les signalements le lisent. Si toutes sont "
            "concernées, c’est l’administration de la ville qui le lit."
        )
    return _("Seules les personnes qui administrent le service pour la ville le lisent.")


def names(people: Iterable[User | None]) -> str:
    """Each once, in the order in which they came."""
    return ", ".join(dict.fromkeys(str(one) for one in people if one is not None))


def suspended(matches: Iterable[Match]) -> list[dict[str, Any]]:
    """Of these matches, those in hand that a report holds back: what every coordinator reads of it, who has seen it and
    what to do. Their decisions are read: a link of a relay says so. Without one, nothing is asked of the database.
    """
    held = [one for one in matches if one.state in ACTIVE and one.offer.state == OfferState.FROZEN]
    seen = selectors.seen({one.offer_id for one in held}) if held else {}
    return [
        {
            "match": one,
            "read_by": ", ".join(seen.get(one.offer_id, [])),
            "is_tonight": one.rehouse_from is not None and one.rehouse_from <= timezone.localdate(),
            "in_relay": any(decision.relay for decision in one.decisions.all()),
        }
        for one in held
    ]


def timeline(incident: Incident, *, now: datetime) -> list[dict[str, Any]]:
    """What its readers did, the latest first, for components/timeline.html."""
    rows = incident.changes.select_related("by").order_by("-at", "-pk")
    return [
        {
            "at": row.at,
            "when": ago(row.at, now),
            "text": str(ACT_WORDS[row.act]),
            "note": " · ".join(str(words) for words in (row.by, row.reason) if words),
            "lines": [],
            "state": "",
        }
        for row in rows
    ]
