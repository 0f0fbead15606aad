"""What the pages of visits show: the desk's lists, the story of one visit, a home's own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue.times import ago
from cities.models import City
from homes import selectors, words
from homes.invitations import page_of
from homes.models import Dwelling, DwellingChange, Stage, Visit, VisitChange, VisitState
from offers.models import Offer

PER_PAGE = 50
TO_PLAN, PLANNED, DONE, ENDING, REFUSED = "a-planifier", "prevues", "faites", "a-refaire", "refusees"
_SAID = {
    VisitState.PASSED: lambda: _("Concluante"),
    VisitState.REFUSED: lambda: _("Le logement ne convient pas"),
    VisitState.CANCELLED: lambda: _("Annulée"),
}


def lists(user: User, city: City, view: str, *, now: datetime, page: str | None) -> dict[str, Any]:
    """The five lists with their counts, and one page of the one that is open."""
    found: Mapping[str, tuple[str, Any]] = {
        TO_PLAN: (_("À planifier"), selectors.to_plan(user, city)),
        PLANNED: (_("Prévues"), selectors.planned(user, city)),
        DONE: (_("Faites"), selectors.done(user, city)),
        ENDING: (_("À refaire bientôt"), selectors.running_out(user, city, now=now)),
        REFUSED: (_("Refusées"), selectors.refused(user, city)),
    }
    view = view if view in found else TO_PLAN
    here = reverse("homes:visits", args=[city.slug])
    counts = {name: rows.count() for name, (_text, rows) in found.items()}
    paginator = Paginator(found[view][1], PER_PAGE)
    paginator.count = counts[view]  # counted already
    page_obj = paginator.get_page(page)
    return {
        "view": view,
        "tabs": [
            {"url": f"{here}?vue={name}", "text": text, "current": name == view, "count": counts[name]}
            for name, (text, _rows) in found.items()
        ],
        "page_obj": page_obj,
        "lines": _lines(page_obj, view, city, viewer=user, now=now),
        "this_week": selectors.planned_this_week(user, city, now=now).count(),
    }


def _lines(page: Page[Any], view: str, city: City, *, viewer: User, now: datetime) -> list[dict[str, Any]]:
    if view == TO_PLAN:
        return [line_of_home(offer, city) for offer in page.object_list]
    return [line_of_visit(visit, city, viewer=viewer, now=now) for visit in page.object_list]


def line_of_home(offer: Offer, city: City) -> dict[str, Any]:
    return {
        "offer": offer,
        "visit": None,
        "url": reverse("homes:offer", args=[city.slug, offer.reference]),
        "tag": None,
    }


def line_of_visit(visit: Visit, city: City, *, viewer: User, now: datetime) -> dict[str, Any]:
    """One visit in a list, with the page that its viewer has of it."""
    visit.offer.city = city
    return {
        "offer": visit.offer,
        "visit": visit,
        "url": page_of(visit, is_owner=visit.offer.owner_id == viewer.pk),
        "when": words.when_words(visit),
        "tag": tag(visit, now=now),
        "until": words.until_words(visit.valid_until) if visit.valid_until else "",
    }


def tag(visit: Visit, *, now: datetime) -> dict[str, str]:
    """The state of a visit as a tag; what the host would like, and what is overdue, comes first."""
    if visit.state == VisitState.PLANNED:
        if visit.wish:
            return {"state": "warn", "text": _("À déplacer")}
        if visit.starts_at <= now:
            return {"state": "warn", "text": _("À conclure")}
        return {"state": "accent", "text": _("Prévue")}
    return {"state": words.TAGS[VisitState(visit.state)], "text": _SAID[VisitState(visit.state)]()}


def history(visit: Visit, *, viewer: User, now: datetime) -> list[dict[str, Any]]:
    """What became of a visit, the latest first, and who did it. The host reads of the town, not of who sits there."""
    owner = visit.offer.owner_id == viewer.pk
    edits = visit.edits.select_related("by").order_by("-at", "-id")
    return [
        _event(_what_changed(edit), edit, now=now, who=_actor(edit.by, viewer, hides=owner))
        for edit in edits
        if not owner or "state" in edit.what or "starts_at" in edit.what
    ]


def _what_changed(edit: VisitChange) -> str:
    what = edit.what
    if "state" in what:
        return {
            VisitState.PASSED: _("Visite concluante"),
            VisitState.REFUSED: _("Le logement ne convient pas"),
            VisitState.CANCELLED: _("Visite annulée"),
            VisitState.PLANNED: _("Conclusion reprise"),
        }[VisitState(what["state"][1])]
    if "starts_at" in what:
        return _("Visite prévue") if what["starts_at"][0] is None else _("Visite déplacée")
    if "visitor" in what:
        return _("Une autre personne vient")
    if "wish" in what:
        return _("L’hôte préfère un autre moment")
    if "extract" in what:
        return _("Extrait de casier regardé") if what["extract"][1] == "yes" else _("Extrait non regardé")
    return _("Notes de la visite")


def _actor(by: User | None, viewer: User, *, hides: bool) -> str:
    if by is None:
        return ""
    if by == viewer:
        return _("vous")
    return _("la ville") if hides else str(by)


def _event(text: str, edit: VisitChange | DwellingChange, *, now: datetime, who: str) -> dict[str, Any]:
    return {
        "text": text,
        "at": timezone.localtime(edit.at),
        "when": ago(edit.at, now),
        "note": who,
        "lines": [],
        "state": "",
    }


def path_of(dwelling: Dwelling, *, viewer: User, now: datetime) -> list[dict[str, Any]]:
    """The history of a dwelling, the latest first: its stages, and that it was corrected."""
    events = []
    for edit in dwelling.edits.select_related("by").order_by("-at", "-id"):
        if edit.what.get("title", [""])[0] is None:
            text = _("Repéré")
        elif "stage" in edit.what:
            text = str(Stage(edit.what["stage"][1]).label)
        else:
            text = _("Modification")
        events.append(_event(text, edit, now=now, who=_actor(edit.by, viewer, hides=False)))
    return events
