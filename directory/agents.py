"""What is written of the cards of those who answer: entered, changed, said to hold, removed, and gone after a year.

The town's team keeps all of its cards; a member of a verified association keeps that association's. Who changed which
field is noted by the database; no old value is, since a card names a person.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require
from accounts.models import User
from catalogue.languages import MOST_LANGUAGES
from cities.models import City
from directory import selectors
from directory.models import AgentCard

# A card that nobody has said to hold for so long is deleted.
KEPT_FOR = timedelta(days=365)
FIELDS = ("organisation", "name", "themes", "words", "languages", "hours", "phone", "email", "is_public")


@transaction.atomic
def add(*, city: City, fields: Mapping[str, Any], by: User, now: datetime) -> AgentCard:
    """Enter a card; whoever does says that it holds. ValidationError by field."""
    card = AgentCard(city=city, checked_at=now, checked_by=by, created_at=now, **_known(fields))
    require(selectors.may_keep(by, card))
    _checked(card)
    card.save(force_insert=True)
    return card


@transaction.atomic
def change(*, card_id: int, fields: Mapping[str, Any], by: User, now: datetime) -> AgentCard:
    """Change what it says, and say that it holds now. ValidationError by field."""
    card = _locked(card_id, by)
    said = _known(fields)
    for name, value in said.items():
        setattr(card, name, value)
    # It may not be given away to an association that somebody else speaks for.
    require(selectors.may_keep(by, card))
    _checked(card)
    _confirm(card, by, now, also=said)
    return card


@transaction.atomic
def confirm(*, card_id: int, by: User, now: datetime) -> AgentCard:
    """Somebody who keeps it has looked: it holds as it stands."""
    card = _locked(card_id, by)
    _confirm(card, by, now)
    return card


@transaction.atomic
def remove(*, card_id: int, by: User) -> None:
    """Delete it, with the name that it bears."""
    _locked(card_id, by).delete()


@transaction.atomic
def forget(*, by: None, now: datetime) -> int:
    """Delete what nobody has said to hold for a year, whoever keeps it; how many cards."""
    old = AgentCard.objects.filter(checked_at__lte=now - KEPT_FOR)
    return old.delete()[0]


def _locked(card_id: int, by: User) -> AgentCard:
    """AgentCard.DoesNotExist once somebody else has removed it."""
    card = (
        AgentCard.objects.select_for_update(of=("self",))
        .select_related("city", "organisation")
        .get(pk=card_id)
    )
    require(selectors.may_keep(by, card))
    return card


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Only what may be written."""
    return {name: value for name, value in fields.items() if name in FIELDS}


def _checked(card: AgentCard) -> None:
    errors: dict[str, Any] = {}
    try:
        card.full_clean(exclude=["city", "checked_by"], validate_unique=False)
    except ValidationError as refusal:
        errors = refusal.update_error_dict(errors)
    if not (card.themes or card.words):
        errors["themes"] = ValidationError(_("Choisissez un besoin, ou écrivez quelques mots."))
    if not (card.phone or card.email):
        errors["phone"] = ValidationError(_("Donnez un téléphone ou un e-mail."))
    if len(card.languages) > MOST_LANGUAGES:
        errors["languages"] = ValidationError(_("Gardez douze langues au plus."))
    if card.organisation is not None and card.organisation.city_id != card.city_id:
        errors["organisation"] = ValidationError(_("Cette association n’est pas de cette ville."))
    if errors:
        raise ValidationError(errors)


def _confirm(card: AgentCard, by: User, now: datetime, also: Mapping[str, Any] | None = None) -> None:
    card.checked_at, card.checked_by, card.asked_at = now, by, None
    card.save(update_fields=["checked_at", "checked_by", "asked_at", *(also or ())])
