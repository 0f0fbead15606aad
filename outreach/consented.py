"""What becomes of a town's letter, and of its appeals, when somebody takes back their agreement: see
accounts.consequences. Of appeals nothing is to be written: who no longer agrees is asked no more, and what waits in the
outbox has lost its reason (`appeals.messages`).
"""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.consequences import Consequence, Foreseen, GoesOn
from accounts.models import Consent, User
from outreach import links, services
from outreach.models import Subscription


def foresee(person: User, purpose: str) -> Foreseen:
    """In sentences. The letter was asked for by itself: it ends with the contact that it needs, else on its page."""
    if purpose == Consent.Purpose.APPEALS:
        return Foreseen(
            [
                _(
                    "Nous ne vous demandons plus d’aide pour d’autres besoins, même si une demande allait partir."
                )
            ],
            comes_back=[
                _("Nous vous demanderons parfois de l’aide pour d’autres besoins près de chez vous.")
            ],
        )
    letters = list(Subscription.objects.filter(person=person).select_related("city").order_by("city__name"))
    words = [_("La lettre de %(city)s") % {"city": letter.city.name} for letter in letters]
    if purpose == Consent.Purpose.RECORD:
        return Foreseen([_("%(letter)s ne vous est plus envoyée.") % {"letter": letter} for letter in words])
    if purpose == Consent.Purpose.CONTACT:
        pages = [links.leave_path(letter.pk, letter.city.slug) for letter in letters]
        return Foreseen(goes_on=[GoesOn(*line) for line in zip(words, pages, strict=True)])
    return Foreseen()


def taken_back(person: User, purpose: str, by: User, now: datetime) -> None:
    if purpose == Consent.Purpose.RECORD:
        for letter in list(Subscription.objects.filter(person=person).order_by("pk")):
            services.leave(subscription_id=letter.pk, by=None, now=now)


def given_again(person: User, purpose: str, by: User, now: datetime) -> None:
    """A letter is asked for anew, and confirmed by its address."""


CONSEQUENCE = Consequence(foresee=foresee, taken_back=taken_back, given_again=given_again)
