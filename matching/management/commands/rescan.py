import argparse
import os
import time
from collections.abc import Sequence
from typing import Any

import billiard
from celery import current_app
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from cities.models import City
from cities.selectors import CityNotFound, cities_by_slug
from matching.models import Rescan
from matching.scanning import rescans
from matching.scanning.rescans import Progress

LOOK_EVERY = 0.5
WORKERS_ANSWER_WITHIN = 1.0
BAR = 30


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes from 1 up")
    return count


class Command(BaseCommand):
    help = (
        "Look at every open need of some towns again. The workers do it; where none is running, or when --workers is "
        "given, this command does it itself. The exit status is 0 when everything was done."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        towns = parser.add_mutually_exclusive_group(required=True)
        towns.add_argument("--city", action="append", metavar="SLUG", help="a town; may be repeated")
        towns.add_argument("--all", action="store_true", help="every town")
        parser.add_argument("--workers", type=_count, metavar="N", help="work with N processes of its own")
        parser.add_argument(
            "--wait", action="store_true", help="return when it is over, even if workers do it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        cities = _cities(options["city"])
        own = options["workers"] or (0 if _a_worker_answers() else os.cpu_count() or 1)
        rescan = rescans.ask(cities=cities, by=None, now=timezone.now())
        line = _Line(self)
        if own:
            _work(rescan, own, line)
        elif options["wait"]:
            while not line.show(rescans.progress(rescan)):
                time.sleep(LOOK_EVERY)
        else:
            self.stdout.write(_("Demandé\u202f: le serveur s’en charge. Avec --wait, on attend la fin."))
            return
        progress = rescans.progress(rescan)
        line.end(progress)
        if not progress.is_over:
            raise CommandError(
                _("Ce n’est pas fini\u202f: nos processus se sont arrêtés. Relancez, rien n’est perdu.")
            )
        if progress.failed:
            raise CommandError(
                ngettext(
                    "%(n)s groupe de besoins sur %(all)s n’a pas pu être comparé. Le journal dit pourquoi.",
                    "%(n)s groupes de besoins sur %(all)s n’ont pas pu être comparés. Le journal dit pourquoi.",
                    progress.failed,
                )
                % {"n": progress.failed, "all": progress.parts}
            )


def _cities(slugs: Sequence[str] | None) -> list[City]:
    """The towns named, or all; CommandError for one that is not there."""
    if slugs is None:
        return list(City.objects.order_by("pk"))
    try:
        return cities_by_slug(slugs)
    except CityNotFound as error:
        raise CommandError(str(error)) from error


def _a_worker_answers() -> bool:
    """Whether some worker takes parts of rescans."""
    wanted = current_app.amqp.router.route({}, rescans.PART_TASK)["queue"].name
    try:
        with current_app.connection_for_write() as broker:
            asking = current_app.control.inspect(timeout=WORKERS_ANSWER_WITHIN, connection=broker)
            queues = asking.active_queues()
    except (OperationalError, OSError):
        return False
    return any(queue["name"] == wanted for some in (queues or {}).values() for queue in some)


def _work(rescan: Rescan, count: int, line: "_Line") -> None:
    """Do the parts in processes of our own, showing how far they are. A process that dies is replaced: whatever it
    worked on counts as tried, so this ends. A part that somebody else works on is waited for.
    """
    # Celery's own: a child begins with connections to the broker of its own.
    context = billiard.get_context("fork")
    deaths = 0
    while deaths <= rescans.TRIES:
        processes = [context.Process(target=_work_until_done) for _number in range(count)]
        # A forked process must not share our connection.
        connections.close_all()
        try:
            for process in processes:
                process.start()
            while any(process.is_alive() for process in processes):
                line.show(rescans.progress(rescan))
                time.sleep(LOOK_EVERY / 5)
        except KeyboardInterrupt:
            raise CommandError(
                _("Interrompu. Ce qui est écrit reste\u202f; le serveur finira."), returncode=130
            ) from None
        finally:
            for process in processes:
                if process.pid is not None:
                    process.terminate()
                    process.join()
        if rescans.progress(rescan).is_over:
            return
        deaths += any(process.exitcode for process in processes)
        time.sleep(LOOK_EVERY)


def _work_until_done() -> None:
    # What was open where we were forked is not ours to use, nor to close.
    for inherited in connections.all(initialized_only=True):
        inherited.connection = None
    while rescans.work_on_one(now=timezone.now()):
        pass
    connections.close_all()


class _Line:
    """How far it is: one line that changes on a terminal, a line for each step elsewhere."""

    def __init__(self, command: BaseCommand) -> None:
        self.out = command.stdout
        self.began = time.monotonic()
        self.said = ""

    def show(self, progress: Progress) -> bool:
        """Say it, when there is something new; whether it is over."""
        words = _(
            "Besoins\u202f: %(done)s sur %(all)s · pistes écrites\u202f: %(written)s, inchangées\u202f: %(unchanged)s"
        ) % {
            "done": number_format(progress.needs_done, force_grouping=True),
            "all": number_format(progress.needs, force_grouping=True),
            "written": number_format(progress.written, force_grouping=True),
            "unchanged": number_format(progress.unchanged, force_grouping=True),
        }
        if words != self.said:
            if self._is_terminal():
                full = BAR * progress.percent // 100
                bar = "█" * full + "·" * (BAR - full)
                self.out.write(f"\r{bar} {progress.percent:3}\u202f% {words}\x1b[K", ending="")
                self.out.flush()
            else:
                self.out.write(f"{progress.percent}\u202f% {words}")
            self.said = words
        return progress.is_over

    def end(self, progress: Progress) -> None:
        """The last line, with how long it took."""
        self.show(progress)
        if self._is_terminal():
            self.out.write("")
        seconds = number_format(time.monotonic() - self.began, 1)
        self.out.write(
            _("%(feasible)s paires possibles, en %(seconds)s s.")
            % {"feasible": number_format(progress.feasible, force_grouping=True), "seconds": seconds}
        )

    def _is_terminal(self) -> bool:
        return bool(self.out.isatty())
