"""When somebody was last heard of: what two years are counted from."""

from datetime import datetime

from django.apps import apps
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from accounts.models import Consent, Session, User
from cities.days import TownDay
from directory.links import VALID_FOR
from directory.models import LIVE, Referral
from matching.lifecycle import ACTIVE
from matching.models import Match
from needs.models import OPEN_STATES, Need
from notifications.inbox.selectors import kinds
from notifications.models import Message
from offers.models import Offer, OfferState
from privacy.models import Erasure, LegalHold, Notice
from shelters.models import Shelter
from statements.models import Stage, Statement
from town.models import AuditRow

# What shows that somebody was there, and when: the person and the moment. What they wrote themselves, signed in or by a
# link, the database's notes have; the rest comes by another way than a page.
_SIGNS: tuple[tuple[str | type[Model], str, str], ...] = (
    (AuditRow, "actor", "at"),
    (Session, "user", "used_at"),
    (Consent, "user", "given_at"),
    *((model, "person", "received_at") for model in kinds().values()),
    (Message, "recipient", "opened_at"),
    (Message, "recipient", "answered_at"),
    # Somebody of the desk had them on the line.
    ("call.Call", "person", "ended_at"),
    (Offer, "owner", "confirmed_at"),
    (Offer, "owner", "created_at"),
    (Need, "person", "created_at"),
    (Notice, "person", "kept_at"),
)


def heard_since(moment: datetime | F) -> Q:
    """Whether somebody was heard of after this moment, as a condition on people."""
    heard = Q(created_at__gt=moment) | Q(last_login__gt=moment)
    for label, whose, when in _SIGNS:
        model = apps.get_model(label) if isinstance(label, str) else label
        signs = model._base_manager.filter(**{whose: OuterRef("pk"), f"{when}__gt": moment})
        if model._meta.label == "call.Call":
            signs = signs.filter(outcome__in=["reached", "not_for_me"])
        heard |= Q(Exists(signs))
    return heard


def counted_on(now: datetime) -> Q:
    """Whether something goes on with them: it is not for want of contact that their data go. Whoever answers for a
    service by its mail has nothing but a link.
    """
    received = Referral.objects.annotate(mail=Lower("service__email")).filter(
        state__in=LIVE, service__organisation=None, mail=OuterRef("email"), answer_by__gt=now - VALID_FOR
    )
    matches = Match.objects.filter(state__in=sorted(ACTIVE))
    offers = Offer.objects.filter(owner=OuterRef("pk")).filter(
        Q(state__in=[OfferState.ACTIVE, OfferState.FROZEN])
        | Q(state=OfferState.PAUSED, paused_until__gte=TownDay(now, "city__timezone"))
    )
    return (
        Q(is_staff=True)
        | Q(city_roles__isnull=False)
        | Q(memberships__isnull=False)
        | Q(Exists(matches.filter(offer__owner=OuterRef("pk"))))
        | Q(Exists(matches.filter(need__person=OuterRef("pk"))))
        | Q(Exists(offers))
        | Q(Exists(Shelter.objects.filter(host=OuterRef("pk"), closed_at=None)))
        | Q(Exists(Need.objects.filter(person=OuterRef("pk"), state__in=OPEN_STATES)))
        | Q(Exists(Statement.objects.filter(person=OuterRef("pk"), stage__in=[Stage.WAITING, Stage.OFFERED])))
        | Q(Exists(received))
        | Q(Exists(LegalHold.objects.standing().filter(person=OuterRef("pk"))))
        | Q(Exists(Erasure.objects.filter(person=OuterRef("pk"), done_at=None, taken_back_at=None)))
    )


def silent_since(moment: datetime, *, now: datetime) -> QuerySet[User]:
    """People who were not heard of since, and of whom nothing goes on."""
    here = User.objects.filter(anonymised_at=None, merged_into=None)
    return here.exclude(heard_since(moment)).exclude(counted_on(now)).order_by("pk")
