"""What the worker does for matching: when woken, as time passes, and everything again. Rows say what there is to do."""

import time

from celery import shared_task
from django.utils import timezone

from cities.models import City
from cities.selectors import cities_by_slug
from matching import (
    answering,
    going_on,
    held_back,
    linked_towns,
    moves,
    plans,
    rehousing,
    scanning,
    sweeps,
    tonight,
    visits,
)
from matching.scanning import rescans
from notifications.wake_up import wake_on_commit

# Well below the task's time limit; what is left then waits for a wake-up of its own.
SECONDS_A_TURN = 60.0


@shared_task(ignore_result=True)
def scan_due() -> None:
    """Scan whatever is due, needs first, until nothing is left or the turn is over."""
    over = time.monotonic() + SECONDS_A_TURN
    answering.announce(by=None, now=timezone.now())
    while time.monotonic() < over:
        if not _scan_some():
            return
    wake_on_commit("matching.tasks.scan_due")


@shared_task(ignore_result=True)
def ask_in_turn() -> None:
    """Ask whoever is free to be asked, since a question before theirs has come to its end (`services` wakes for it)."""
    sweeps.ask_in_turn(by=None, now=timezone.now())


@shared_task(ignore_result=True)
def look_after_matches() -> None:
    """What a change of an offer or a need means for the matches in hand (`scanning.matches_in_hand` wakes for it)."""
    _look_after_matches()


@shared_task(ignore_result=True)
def rescan(*slugs: str) -> None:
    """Ask that everything be looked at again: of these towns, or of all when none is named.

    Raises CityNotFound, and nothing is asked, when one of them is unknown.
    """
    cities = cities_by_slug(slugs) if slugs else list(City.objects.all())
    rescans.ask(cities=cities, by=None, now=timezone.now())


@shared_task(ignore_result=True)
def rescan_part() -> None:
    """Work on parts of rescans until none is left or the turn is over; any number of workers do so side by side."""
    over = time.monotonic() + SECONDS_A_TURN
    is_first = True
    while time.monotonic() < over:
        if not rescans.work_on_one(now=timezone.now(), wake=is_first):
            return
        is_first = False
    wake_on_commit(rescans.PART_TASK)


@shared_task(ignore_result=True)
def make_plans() -> None:
    """Make the plans that somebody waits for, one after the other; any number of workers do so side by side."""
    over = time.monotonic() + SECONDS_A_TURN
    while time.monotonic() < over:
        if not plans.work_on_one(now=timezone.now()):
            return
    wake_on_commit(plans.TASK)


@shared_task(ignore_result=True)
def advance_time() -> None:
    """Release what was not answered in time, remind of what still can be, ask whether what was confirmed long before
    still holds, set under way what begins today.

    Desks are reminded of needs for tonight that nobody looks after.

    What nobody can do any more is called off. Plans and parts of a rescan that no worker heard of, or whose worker is
    gone, get another wake-up; old plans go.
    """
    now = timezone.now()
    if rescans.are_waiting():
        wake_on_commit(rescans.PART_TASK)
    if plans.are_waiting():
        wake_on_commit(plans.TASK)
    _look_after_matches()
    held_back.tell_of_silence(by=None, now=now)
    scanning.set_suspended_aside(by=None, now=now)
    scanning.mark_pressing(by=None, now=now)
    while sweeps.lapse_unanswered(by=None, now=now):
        pass
    while going_on.lapse_longer(by=None, now=now):
        pass
    sweeps.ask_in_turn(by=None, now=now)
    while sweeps.remind_unanswered(by=None, now=now):
        pass
    while sweeps.start_due(by=None, now=now):
        pass
    tonight.remind_desks(by=None, now=now)
    plans.forget_old(by=None, now=now)


def _look_after_matches() -> None:
    now = timezone.now()
    rehousing.look_after(by=None, now=now)  # first: whatever fails below, nobody is left without a roof by it
    sweeps.cancel_orphans(by=None, now=now)
    sweeps.judge_again(by=None, now=now)
    sweeps.thank_the_others(by=None, now=now)
    visits.tell_desks(by=None, now=now)
    moves.tell(by=None, now=now)
    held_back.tell_desks(by=None, now=now)
    held_back.tell_of_two_homes(by=None, now=now)
    held_back.tell_of_changes(by=None, now=now)
    held_back.tell_of_those_left(by=None, now=now)
    linked_towns.lapse(by=None, now=now)


def _scan_some() -> bool:
    """Scan some of what is due, needs first; False when nothing is."""
    now = timezone.now()
    return bool(scanning.scan_due_needs(by=None, now=now) or scanning.scan_due_offers(by=None, now=now))
