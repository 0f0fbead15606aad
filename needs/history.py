"""What happened to a need, and what each edit of it changed, in words."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue import change_words
from catalogue.fields.needs import HOUSEHOLD
from catalogue.times import ago
from needs.models import Need, NeedChange, NeedEdit, NeedState


def history(
    need: Need,
    changes: Iterable[NeedChange],
    edits: Sequence[NeedEdit],
    *,
    viewer: User,
    is_desk: bool,
    members: Collection[User],
    now: datetime,
) -> list[dict[str, Any]]:
    """What happened to the need, the first event first, for components/timeline.html. The desk reads names."""

    def actor(by: User | None) -> str:
        if by is None:
            return ""
        if by == viewer:
            return _("vous")
        if is_desk:
            return str(by)
        return _("l’association") if by in members else _("la ville")

    events: list[dict[str, Any]] = [
        {
            "at": change.at,
            "text": _change_words(change),
            "notes": [actor(change.by), change.reason],
            "lines": [],
            "state": "stop" if change.to_state == NeedState.WITHDRAWN else "",
        }
        for change in changes
    ]
    events += [
        {"at": edit.at, "text": _("Modification"), "notes": [actor(edit.by)], "lines": lines, "state": ""}
        for edit, lines in edit_lines(edits, now=now)
    ]
    events.sort(key=lambda event: event["at"])
    if events and not events[-1]["state"]:
        events[-1]["state"] = "current"
    return [
        event | {"when": ago(event["at"], now), "note": " · ".join(filter(None, event["notes"]))}
        for event in events
    ]


def edit_lines(edits: Sequence[NeedEdit], *, now: datetime) -> list[tuple[NeedEdit, list[str]]]:
    """What each edit changed, in words. How many a household is follows from who they are."""
    communes, today = change_words.communes_in(edits), timezone.localdate(now)
    return [
        (
            edit,
            change_words.lines(
                Need,
                {name: pair for name, pair in edit.what.items() if name not in _follows(edit.what)},
                today=today,
                communes=communes,
            ),
        )
        for edit in edits
    ]


def _follows(what: Mapping[str, Any]) -> tuple[str, ...]:
    return () if set(HOUSEHOLD).isdisjoint(what) else ("quantity", "people")


def _change_words(change: NeedChange) -> str:
    if change.act == "register":
        return _("Besoin enregistré")
    return {
        NeedState.OPEN: _("Nous cherchons de nouveau"),
        NeedState.PARTLY_MET: _("Une partie est trouvée"),
        NeedState.MET: _("Tout est trouvé"),
        NeedState.WITHDRAWN: _("Besoin retiré"),
        NeedState.EXPIRED: _("Le dernier jour est passé"),
        NeedState.DRAFT: _("Brouillon"),
    }[NeedState(change.to_state)]
