"""An import taken back: what nobody has touched since is withdrawn, or is again as it was; all else stays, and why."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Min, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import never_here
from accounts.services import forget_person
from catalogue import changes
from catalogue.vocabulary import Source
from cities.days import local_day
from homes.models import Visit
from lists.models import Fate, Line, ListImport
from lists.settling import offer_values, values
from matching.models import CaseTaken, ConditionQuestion, Match, MatchState
from needs import services as needs
from needs.models import Need, NeedChange, NeedEdit
from offers import services as offers
from offers.models import Offer, OfferChange, OfferEdit, OfferState

AT_ONCE = 100
# Of a pair in another state somebody has decided something.
_OF_THE_ENGINE = (MatchState.SUGGESTED, MatchState.SUPERSEDED)


@transaction.atomic
def forget_people(*, one: ListImport, by: User | None, now: datetime) -> int:
    """Of the people whom an import entered that was taken back, those go who never came and of whom nothing else is
    left; how many.
    """
    entered = one.all_lines.filter(fate=Fate.NEW).exclude(offer=None)
    began = entered.aggregate(began=Min("offer__created_at"))["began"]
    owners = User.objects.filter(
        pk__in=entered.filter(taken_back=True).values("offer__owner"), created_at__gte=began
    )
    some = _of_whom_nothing_is_left(owners.values_list("pk", flat=True)) if began else set()
    # Whoever does something at this moment is waited for, and looked at again.
    people = {one.pk: one for one in User.objects.select_for_update().filter(pk__in=some).order_by("pk")}
    gone = sorted(_of_whom_nothing_is_left(people))
    for pk in gone:
        forget_person(person=people[pk], by=by, now=now)
    return len(gone)


def _of_whom_nothing_is_left(people: Iterable[int]) -> set[int]:
    """Those of whom nothing is kept but offers that were taken back."""
    found = never_here(set(people), apart=["offers.Offer.owner"])
    back = Offer.objects.filter(source=Source.IMPORT, state=OfferState.WITHDRAWN, external_key="")
    others = Offer.objects.filter(owner__in=found).exclude(pk__in=back.values("pk"))
    return found - set(others.values_list("owner", flat=True))


@transaction.atomic
def take_back_some(*, one: ListImport, by: User, now: datetime) -> bool:
    """The next lines; False when none is left."""
    found = one.all_lines.filter(number__gt=one.line_done, fate__in=(Fate.NEW, Fate.CHANGED, Fate.DISPUTED))
    lines = list(found.order_by("number")[:AT_ONCE])
    if not lines:
        return False
    # Before anything is looked at: whoever decides at this moment is waited for.
    Offer.objects.select_for_update(no_key=True).filter(pk__in=_keys(lines, "offer_id")).order_by(
        "pk"
    ).count()
    touched = _touched_offers(_keys(lines, "offer_id")) | _touched_needs(_keys(lines, "need_id"))
    for line in lines:
        why = _taken_back(line, touched, by=by, now=now)
        line.taken_back = not why
        if why:
            line.said = {**line.said, "kept": why}
            one.kept_on += 1
    Line.objects.bulk_update(lines, ["taken_back", "said"])
    one.line_done, one.moved_at = lines[-1].number, now
    one.save(update_fields=["line_done", "moved_at", "kept_on"])
    return True


def _keys(lines: Iterable[Line], name: str) -> list[int]:
    return [key for line in lines if (key := getattr(line, name))]


def _taken_back(line: Line, touched: dict[tuple[str, int], str], *, by: User, now: datetime) -> str:
    """Why the line's row stays; "" when it was taken back."""
    key = ("offer", line.offer_id) if line.offer_id else ("need", line.need_id or 0)
    reason = _("import annulé")
    try:
        with transaction.atomic():
            if line.fate != Fate.NEW:
                return _again_as_it_was(line, by=by, now=now)
            if key in touched:
                return touched[key]
            if line.offer_id:
                offers.take_import_back(offer_id=line.offer_id, by=by, now=now, reason=reason)
            else:
                needs.take_import_back(need_id=key[1], by=by, now=now, reason=reason)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _again_as_it_was(line: Line, *, by: User, now: datetime) -> str:
    """What this import changed, where nobody has changed it again."""
    if line.fate == Fate.DISPUTED or not line.said.get("differs"):
        return ""
    what: changes.What = line.said["differs"]
    windows = what.get("windows")
    fields = {name: pair for name, pair in what.items() if name != "windows"}
    if line.offer_id:
        offer = Offer.objects.get(pk=line.offer_id)
        same = changes.still_so(offer, fields)
        days = [
            [window.first_day.isoformat(), window.last_day.isoformat() if window.last_day else None]
            for window in offer.windows.all()
        ]
        if windows is not None and days == windows[1]:
            same["windows"] = windows
        old = offer_values({name: pair[0] for name, pair in same.items()})
        offers.change(offer_id=offer.pk, by=by, now=now, **old)
        offers.note_listed(offer_id=offer.pk, listed={})
    else:
        assert line.need_id is not None
        need = Need.objects.select_related("city").get(pk=line.need_id)
        same = changes.still_so(need, fields)
        old_fields = values(Need, {name: pair[0] for name, pair in same.items()})
        today = local_day(now, need.city)
        needs.change(need_id=need.pk, fields=old_fields, by=by, now=now, today=today)
        needs.note_listed(need_id=need.pk, listed={})
    return "" if len(same) == len(what) else _("changée depuis par quelqu’un")


def _touched_offers(keys: list[int]) -> dict[tuple[str, int], str]:
    decided = Match.objects.filter(offer=OuterRef("pk")).exclude(state__in=_OF_THE_ENGINE)
    marks: dict[str, Any] = {
        _("demandée ou mise en relation depuis"): Exists(decided),
        _("une question a été posée depuis"): Exists(ConditionQuestion.objects.filter(offer=OuterRef("pk"))),
        _("une visite est prévue ou faite"): Exists(Visit.objects.filter(offer=OuterRef("pk"))),
        _("changée depuis par quelqu’un"): Exists(OfferEdit.objects.filter(offer=OuterRef("pk"))),
        _("confirmée, mise en pause ou retirée depuis"): Exists(
            OfferChange.objects.filter(offer=OuterRef("pk")).exclude(act="register")
        ),
    }
    return _marked("offer", Offer.objects.filter(pk__in=keys), marks)


def _touched_needs(keys: list[int]) -> dict[tuple[str, int], str]:
    decided = Match.objects.filter(need=OuterRef("pk")).exclude(state__in=_OF_THE_ENGINE)
    marks: dict[str, Any] = {
        _("mis en relation depuis"): Exists(decided),
        _("une question a été posée depuis"): Exists(ConditionQuestion.objects.filter(need=OuterRef("pk"))),
        _("quelqu’un s’en occupe"): Exists(CaseTaken.objects.filter(need=OuterRef("pk"))),
        _("une note ou un rappel de l’équipe"): Exists(
            Need.objects.filter(pk=OuterRef("pk")).exclude(notes=None, flags=None)
        ),
        _("changé depuis par quelqu’un"): Exists(NeedEdit.objects.filter(need=OuterRef("pk"))),
        _("rouvert ou retiré depuis"): Exists(
            NeedChange.objects.filter(need=OuterRef("pk")).exclude(act="register")
        ),
    }
    return _marked("need", Need.objects.filter(pk__in=keys), marks)


def _marked(sort: str, found: Any, marks: dict[str, Any]) -> dict[tuple[str, int], str]:
    if not marks:
        return {}
    names = {f"mark_{number}": why for number, why in enumerate(marks)}
    rows = found.annotate(**{name: marks[why] for name, why in names.items()})
    touched: dict[tuple[str, int], str] = {}
    for row in rows.values("pk", *names):
        why = next((why for name, why in names.items() if row[name]), "")
        if why:
            touched[sort, row["pk"]] = why
    return touched
