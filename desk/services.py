"""What coordinators write for one another: notes, days to come back, views. Each with its actor and moment."""

import logging
import re
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from accounts.selectors import coordinators_of
from catalogue.constraints import insert_checked
from cities.days import local_day
from cities.models import City
from desk import messages
from desk.models import Flag, Mention, Note, SavedView
from needs.models import Need
from notifications.services import queue

log = logging.getLogger(__name__)

# More is a list that nobody reads.
MOST_VIEWS = 12


@transaction.atomic
def write_note(*, need: Need, text: str, by: User, now: datetime) -> Note:
    """A note on the case; each colleague of the coordination whom it names by @ is told. Raises ValidationError."""
    require(has_role(by, need.city, COORDINATION))
    note = Note(city=need.city, need=need, by=by, at=now, text=text.strip())
    insert_checked(note, loaded=("city", "need", "by"))
    named = [person for person in _named_in(note.text, coordinators_of(need.city)) if person != by]
    Mention.objects.bulk_create([Mention(note=note, person=person) for person in named])
    for person in named:
        queue(
            recipient=person,
            event="case_mention",
            subject_key=f"note:{note.pk}",
            city=need.city,
            compose=partial(messages.mentioned, need, by),
            now=now,
        )
    return note


def _named_in(text: str, team: Iterable[User]) -> list[User]:
    """Whom a text names after an @: by their whole name, or by their first name where one person alone has it."""
    named = [person for person in team if person.name]
    firsts = [person.name.split()[0].casefold() for person in named]
    found = []
    for person, first in zip(named, firsts, strict=True):
        names = [person.name.casefold()] + ([first] if firsts.count(first) == 1 else [])
        said = "|".join(re.escape(name) for name in names)
        if re.search(rf"(?<!\w)@(?:{said})(?!\w)", text.casefold()):
            found.append(person)
    return found


@transaction.atomic
def set_flag(*, need: Need, day: date, words: str, by: User, now: datetime) -> Flag:
    """The case comes up again on that day. Raises ValidationError for a day that is over."""
    require(has_role(by, need.city, COORDINATION))
    if day < local_day(now, need.city):
        raise ValidationError({"day": _("Choisissez aujourd’hui ou un jour à venir.")})
    flag = Flag(city=need.city, need=need, day=day, words=words.strip(), by=by, at=now)
    insert_checked(flag, loaded=("city", "need", "by"))
    return flag


@transaction.atomic
def lift_flag(*, flag_id: int, by: User, now: datetime) -> Flag:
    """What it was for is done; lifting it twice changes nothing."""
    flag = Flag.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=flag_id)
    require(has_role(by, flag.city, COORDINATION))
    if flag.lifted_at is None:
        flag.lifted_at, flag.lifted_by = now, by
        flag.save(update_fields=["lifted_at", "lifted_by"])
    return flag


@transaction.atomic
def save_view(*, city: City, name: str, query: str, by: User, now: datetime) -> SavedView:
    """Keep what somebody looks at. Raises ValidationError: a name twice, or more than anybody reads."""
    require(has_role(by, city, COORDINATION))
    if SavedView.objects.filter(by=by, city=city).count() >= MOST_VIEWS:
        raise ValidationError({"name": _("Vous avez déjà beaucoup de vues\u202f: effacez-en une.")})
    view = SavedView(city=city, by=by, name=name.strip(), query=query, at=now)
    insert_checked(view, loaded=("city", "by"))
    return view


def forget_view(*, view: SavedView, by: User, now: datetime) -> None:
    """One's own view is no more."""
    require(view.by == by)
    log.info("view %s is no more: user %s, at %s", view.pk, by.pk, now)
    view.delete()
