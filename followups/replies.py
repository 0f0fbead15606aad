"""A yes or a no that somebody writes back to "did it take place?"."""

from datetime import datetime

from accounts.models import User
from followups import selectors, services
from followups.links import Grant
from followups.models import Answer, FollowUp
from notifications.answers import Outcome


def take(followup_id: int, said_yes: bool, by: User, now: datetime) -> Outcome:
    """A yes is the whole answer; a no has several reasons, which somebody asks for."""
    followup = FollowUp.objects.select_related("match__city").get(pk=followup_id)
    if followup.answered_at is not None:
        return Outcome.CLOSED
    grant = Grant(subject_id=followup.pk, user_id=by.pk)
    is_theirs = selectors.granted(grant, city_slug=followup.match.city.slug) is not None
    if not (said_yes and is_theirs):
        return Outcome.NEEDS_A_PERSON
    answered = services.answer(followup_id=followup.pk, answer=Answer.TOOK_PLACE, by=by, now=now)
    # Somebody else may have been quicker.
    return Outcome.TAKEN if answered.answered_by_id == by.pk else Outcome.CLOSED
