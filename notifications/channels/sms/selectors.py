"""Reading what concerns SMS."""

from django.db.models import Q

from accounts.models import User
from accounts.phones import people_at
from cities.models import City
from notifications import answers
from notifications.channels.sms.channel import NAME
from notifications.channels.sms.models import Stop
from notifications.models import Message, MessageState


def is_stopped(number: str) -> bool:
    """Whether the holder of this number (E.164) wrote STOP."""
    return Stop.objects.in_force(number).exists()


def who_answers(number: str) -> tuple[User | None, bool]:
    """Who writes from this number (E.164), and whether it can be nobody else.

    Several may share it. Then it is whoever alone is waited for, else whoever alone was ever asked; where that tells
    nothing, whoever was asked last, and the desk finds out.
    """
    people = [person for person in people_at(number) if person.is_active]
    if len(people) < 2:
        return (people[0] if people else None), True
    asked = {person: question for person in people if (question := last_question(person))}
    waited_for = [person for person, question in asked.items() if still_asks(question)]
    if len(waited_for or asked) == 1:
        return (waited_for or list(asked))[0], True
    latest = sorted(
        asked, key=lambda person: (asked[person].claimed_at or asked[person].created_at, person.pk)
    )
    return (latest or people)[-1], False


def last_question(person: User) -> Message | None:
    """The question that was put to this person last by SMS, whatever has become of it since.

    Also when nobody knows whether it arrived: somebody who answers has read it.
    """
    left = Q(sent_at__isnull=False) | Q(state__in=[MessageState.SENDING, MessageState.UNCERTAIN])
    asked = Message.objects.filter(left, recipient=person, channel=NAME, event__in=answers.events())
    return asked.select_related("city").order_by("-claimed_at", "-id").first()


def still_asks(question: Message) -> bool:
    """Whether that question still waits for its answer."""
    return Message.objects.filter(pk=question.pk).with_reason().exists()


def town_that_spoke_last(person: User) -> City | None:
    """The town of the latest message to this person, by whatever channel: it is the one that they know."""
    told = Message.objects.filter(recipient=person, city__isnull=False)
    latest = told.select_related("city").order_by("-created_at", "-id").first()
    return latest.city if latest else None
