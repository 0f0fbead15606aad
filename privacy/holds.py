"""Legal holds: what two persons of a town's administration agree must not be lost, and two agree may be."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from accounts.townspeople import is_of
from cities.models import City
from privacy import standing
from privacy.models import LegalHold


@transaction.atomic
def ask(*, city: City, person: User, reason: str, by: User, now: datetime) -> LegalHold:
    """One of the administration asks; it stands once another agrees. Asked again, it is the same. ValidationError
    without a reason, of whoever has nothing to do with the town or is gone, and of oneself.
    """
    require(has_role(by, city, ADMINISTRATION))
    people = standing.whole(person)
    # An erasure at this very moment is before it, or after.
    root = User.objects.select_for_update(no_key=True).get(pk=people[0].pk)
    if root.anonymised_at is not None:
        raise ValidationError(_("Les données de cette personne sont déjà effacées."), code="gone")
    if not any(is_of(one, city) for one in people):
        raise ValidationError(_("Cette personne n’a rien à voir avec cette ville."))
    if by in people:
        raise ValidationError(_("On ne décide pas pour soi-même. Demandez à une autre personne."))
    if not reason.strip():
        raise ValidationError({"reason": _("Dites pourquoi.")})
    known = LegalHold.objects.filter(city=city, person=root, lifted_at=None).first()
    return known or LegalHold.objects.create(
        city=city, person=root, reason=reason.strip()[:500], asked_by=by, asked_at=now
    )


@transaction.atomic
def agree(*, hold_id: int, by: User, now: datetime) -> LegalHold:
    """Another one of the administration: it stands from now on, of whoever is still here. Twice changes nothing."""
    hold = _locked(hold_id, by)
    if hold.set_at is None and hold.lifted_at is None:
        _another(by, hold.asked_by_id)
        if hold.person.anonymised_at is not None:
            raise ValidationError(_("Les données de cette personne sont déjà effacées."), code="gone")
        hold.set_at, hold.set_by = now, by
        hold.save(update_fields=["set_at", "set_by"])
    return hold


@transaction.atomic
def lift(*, hold_id: int, by: User, now: datetime) -> LegalHold:
    """The first asks for its end, the second ends it. What never stood, one takes back alone. Twice by the same person
    changes nothing.
    """
    hold = _locked(hold_id, by)
    if hold.lifted_at is not None:
        return hold
    if hold.set_at is None:
        hold.lifted_at, hold.lifted_by = now, by
    elif hold.lifting_at is None:
        hold.lifting_at, hold.lifting_by = now, by
    elif hold.lifting_by_id != by.pk:
        hold.lifted_at, hold.lifted_by = now, by
    hold.save(update_fields=["lifting_at", "lifting_by", "lifted_at", "lifted_by"])
    return hold


@transaction.atomic
def keep(*, hold_id: int, by: User) -> LegalHold:
    """It goes on: its end is asked for no more."""
    hold = _locked(hold_id, by)
    if hold.lifted_at is None and hold.lifting_at is not None:
        hold.lifting_at = hold.lifting_by = None
        hold.save(update_fields=["lifting_at", "lifting_by"])
    return hold


def _locked(hold_id: int, by: User) -> LegalHold:
    # The person first, as an erasure locks them.
    person_id = LegalHold.objects.values_list("person", flat=True).get(pk=hold_id)
    person = User.objects.select_for_update(no_key=True).get(pk=person_id)
    hold = LegalHold.objects.select_for_update(of=("self",)).select_related("city").get(pk=hold_id)
    hold.person = person
    require(has_role(by, hold.city, ADMINISTRATION) and by not in standing.whole(person))
    return hold


def _another(by: User, first: int) -> None:
    if by.pk == first:
        raise ValidationError(_("Une autre personne de l’administration doit être d’accord."))
