"""What takes minutes: a question is replayed year by year, by one worker at a time.

Whoever works holds the question's lock: when a worker is killed, it is free in that moment, and whoever takes it next
goes on behind the last year that is done.
"""

import logging
import time
from datetime import datetime, timedelta

from matching.scanning.work_locks import Work, try_lock, unlock
from whatif import own, results, services
from whatif.models import UNDER_WAY, Question
from whatif.replaying import Change, replayed

log = logging.getLogger(__name__)


def are_waiting() -> bool:
    return Question.objects.filter(state__in=UNDER_WAY).exists()


def work_on_one(*, now: datetime, until: float) -> bool:
    """Go on with a question that nobody works on, until enough is known or the turn is over; False without one."""
    for pk in list(
        Question.objects.filter(state__in=UNDER_WAY).order_by("moved_at").values_list("pk", flat=True)
    ):
        if not try_lock(Work.WHATIF, pk):
            continue
        try:
            _work(pk, now=now, until=until)
        except Exception:
            log.exception("question %s failed", pk)
        finally:
            unlock(Work.WHATIF, pk)
        return True
    return False


def _work(pk: int, *, now: datetime, until: float) -> None:
    began = time.monotonic()
    question = services.begin(question_id=pk, by=None, now=now)
    while question is not None:
        cpu = time.process_time()
        year = replayed(
            question.figures, change_of(question), hours=question.hours, seed=len(question.years) + 1
        )
        moment = now + timedelta(seconds=time.monotonic() - began)
        question = services.note_year(
            question_id=pk, year=year, cpu_seconds=time.process_time() - cpu, by=None, now=moment
        )
        if question is not None and results.is_enough(question.years, cpu_seconds=question.cpu_seconds):
            services.end(question_id=pk, by=None, now=moment)
            return
        if time.monotonic() > until:
            return  # the next turn goes on behind this year


def change_of(question: Question) -> Change:
    """What is asked, as it is replayed."""
    commune = question.commune
    return Change(
        rooms=question.rooms,
        rooms_at=own.km_from(question.city, commune.latitude, commune.longitude) if commune else None,
        answer_hours=question.answer_hours,
        coordinators=question.coordinators,
        vetting_days=question.vetting_days,
    )
