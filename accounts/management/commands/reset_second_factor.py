from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts import contact_mails, selectors, services
from accounts.sign_in import MailNotSentError


class Command(BaseCommand):
    help = (
        "Take away somebody's second factor, lost with its spare codes; for the last administrator of a town, whom "
        "nobody else there can help. They are told by mail."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="by which the person signs in")
        parser.add_argument(
            "note", help="why, and how you know that it is them: it is kept, and they read it"
        )

    @transaction.atomic
    def handle(self, *args: Any, email: str, note: str, **options: Any) -> None:
        person = selectors.find_person(email=email)
        if person is None:
            raise CommandError("Nobody signs in by this address.")
        try:
            reset = services.reset_second_factor(
                user=person, city=None, note=note, by=None, now=timezone.now()
            )
            contact_mails.tell_of_reset(reset)
        except ValidationError as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        except MailNotSentError as failure:
            raise CommandError("The mail to them did not leave, so nothing was changed.") from failure
