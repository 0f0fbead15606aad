"""A question is asked, taken up by a worker, gone on with year by year, ended or stopped."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import STEERING, has_role, require
from accounts.models import User
from catalogue.constraints import insert_checked
from cities.models import City
from notifications.wake_up import wake_on_commit
from whatif import own
from whatif.models import UNDER_WAY, Question
from whatif.replaying import Year

log = logging.getLogger(__name__)

TASK = "whatif.tasks.work"
# A worker that is lost on the same year so often is not lost by chance.
TRIES = 3
KEPT = timedelta(days=400)


@transaction.atomic
def ask(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> Question:
    """Have it worked out, on the figures of now. Raises ValidationError: too little is known, or nothing is changed."""
    require(has_role(by, city, STEERING))
    try:
        counted = own.figures_of(city, now=now)
    except own.TooLittle:
        raise ValidationError(
            _(
                "La ville n’a pas encore assez d’histoire\u202f: il faut au moins %(needs)s besoins et %(days)s jours. "
                "Rien ne serait établi."
            )
            % {"needs": own.LEAST_NEEDS, "days": own.LEAST_DAYS}
        ) from None
    question = Question(city=city, by=by, at=now, moved_at=now, figures=counted, **fields)
    errors = {}
    if question.answer_hours == counted["answer_hours"][1]:
        errors["answer_hours"] = ValidationError(_("C’est déjà le délai de la ville."))
    if question.vetting_days is not None and counted["vetting_days"] is None:
        errors["vetting_days"] = ValidationError(
            _("Trop peu de visites sont notées pour savoir ce qu’elles durent aujourd’hui.")
        )
    elif question.vetting_days is not None and question.vetting_days == counted["vetting_days"]:
        errors["vetting_days"] = ValidationError(_("C’est déjà le délai des visites."))
    if errors:
        raise ValidationError(errors)
    insert_checked(question, loaded=["city", "by", "commune"])
    wake_on_commit(TASK)
    log.info("question %s asked", question.pk)
    return question


@transaction.atomic
def stop(*, question_id: int, by: User, now: datetime) -> None:
    """Nobody waits for it any more; the years that are done stay. Of one that is over nothing changes."""
    question = _locked(question_id)
    require(has_role(by, question.city, STEERING))
    if question.is_under_way:
        _end(question, to=Question.State.STOPPED, now=now)


@transaction.atomic
def begin(*, question_id: int, by: None, now: datetime) -> Question | None:
    """A worker takes it up; None when it is over, or was taken up too often for the same year."""
    question = _locked(question_id)
    if not question.is_under_way:
        return None
    if question.tries >= TRIES:
        _end(question, to=Question.State.FAILED, now=now)
        return None
    question.tries += 1
    question.state, question.moved_at = Question.State.RUNNING, now
    question.save(update_fields=["tries", "state", "moved_at"])
    return question


@transaction.atomic
def note_year(
    *, question_id: int, year: Sequence[Year], cpu_seconds: float, by: None, now: datetime
) -> Question | None:
    """A year is done; None when somebody has stopped it meanwhile."""
    question = _locked(question_id)
    if not question.is_under_way:
        return None
    question.years = [*question.years, list(year)]
    question.cpu_seconds += cpu_seconds
    question.tries, question.moved_at = 0, now
    question.save(update_fields=["years", "cpu_seconds", "tries", "moved_at"])
    return question


@transaction.atomic
def end(*, question_id: int, by: None, now: datetime) -> None:
    """Enough is known."""
    question = _locked(question_id)
    if question.is_under_way:
        _end(question, to=Question.State.DONE, now=now)


def forget_old(*, by: None, now: datetime) -> int:
    """Delete what was asked more than a year ago; how many."""
    return Question.objects.filter(at__lt=now - KEPT).exclude(state__in=UNDER_WAY).delete()[0]


def _locked(question_id: int) -> Question:
    return (
        Question.objects.select_for_update(of=("self",), no_key=True)
        .select_related("city__seat", "commune")
        .get(pk=question_id)
    )


def _end(question: Question, *, to: Question.State, now: datetime) -> None:
    question.state, question.moved_at = to, now
    question.save(update_fields=["state", "moved_at"])
    log.info("question %s %s", question.pk, to)
