"""Two at the same moment, on two connections."""

from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from needs.models import OPEN_STATES, Need
from statements import services
from statements.models import Stage, Statement
from tests.factories.accounts import MembershipFactory


def test_the_same_form_twice_is_one(at_once: Any, city: Any) -> None:
    answers = {
        "category": "bedding", "quantity": 2, "urgency": "this_week", "commune": city.seat_id, "way": "desk",
    }  # fmt: skip
    send = partial(
        services.state,
        city=city,
        kind="goods",
        answers=answers,
        language="fr",
        external_key="form:1",
        by=None,
        now=timezone.now(),
    )
    sent = at_once(send, send)
    assert [one.pk for one in sent] == [Statement.objects.get().pk] * 2


def test_two_members_who_say_yes_make_one_need(
    at_once: Any, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    other, now = MembershipFactory(organisation=organisation).user, timezone.now()
    statement = services.prove(statement_id=stated().pk, now=now)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=now)
    answers = at_once(
        *(partial(services.adopt, statement_id=statement.pk, by=by, now=now) for by in (member, other))
    )
    assert {type(answer) for answer in answers} == {ValidationError, Statement}
    assert Need.objects.count() == 1


def test_taken_back_while_an_association_says_yes_no_need_stays_open(
    meanwhile: Any, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    now = timezone.now()
    statement = services.prove(statement_id=stated().pk, now=now)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=now)
    with transaction.atomic():
        services.adopt(statement_id=statement.pk, by=member, now=now)
        taken_back = meanwhile(
            partial(services.withdraw, statement_id=statement.pk, by=statement.person, now=now)
        )
    assert isinstance(taken_back(), Statement)
    statement.refresh_from_db()
    assert statement.stage == Stage.CLOSED
    assert not Need.objects.filter(state__in=OPEN_STATES).exists()
