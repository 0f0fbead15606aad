"""One offer that is in here twice: one goes on, the other is closed in its favour, and two again within a month
(docs/adr/0030).
"""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue.vocabulary import Kind
from cities.models import City
from followups import selectors as followups
from followups.models import End
from homes import selectors as homes
from matching.lifecycle import ACTIVE
from matching.models import Hold, Match
from offers import services as offers
from offers.models import Offer, OfferState
from town.models import OfferDouble
from town.selectors import STANDING, UNDONE_WITHIN


@transaction.atomic
def merge_offers(
    *, city: City, kept_id: int, other_id: int, has_called: bool, by: User, now: datetime
) -> OfferDouble:
    """`other` is closed in favour of `kept`. Raises ValidationError where that cannot be: nothing that is promised with
    it may be counted on a home, or on objects, that the other one promises again.

    `has_called`: somebody asked one of the two, which must be where they are two persons.
    """
    require(has_role(by, city, COORDINATION))
    kept, other = _locked(city, kept_id, other_id)
    _check(kept, other, has_called=has_called)
    row = OfferDouble(
        city=city,
        kept=kept,
        other=other,
        is_same=True,
        from_state=other.state,
        paused_until=other.paused_until,
    )
    row.by, row.at = by, now
    offers.close_double(offer_id=other.pk, kept_id=kept.pk, by=by, now=now)
    row.save(force_insert=True)
    return row


@transaction.atomic
def tell_offers_apart(*, city: City, kept_id: int, other_id: int, by: User, now: datetime) -> OfferDouble:
    """They are two, and are not asked about again."""
    require(has_role(by, city, COORDINATION))
    kept, other = _locked(city, *sorted((kept_id, other_id)))
    known = OfferDouble.objects.standing().filter(kept=kept, other=other, is_same=False).first()
    return known or OfferDouble.objects.create(
        city=city, kept=kept, other=other, is_same=False, by=by, at=now
    )


@transaction.atomic
def undo_offers(*, double_id: int, by: User, now: datetime) -> OfferDouble:
    """As it was said before: what was closed is open again as it was. Twice changes nothing.

    Raises ValidationError after a month, when the one that goes on was joined further, is held back by a report or was
    taken back after one, or when whoever made the offer has closed their account. After another end of a report the
    home is to be visited anew.
    """
    found = OfferDouble.objects.select_related("city").get(pk=double_id)
    kept, other = _locked(found.city, found.kept_id, found.other_id)
    row = OfferDouble.objects.select_for_update(of=("self",)).get(pk=double_id)
    require(has_role(by, found.city, COORDINATION))
    if row.undone_at is not None:
        return row
    if row.is_same:
        ends = followups.ended_on(kept, since=row.at)
        _check_undo(row, kept, other, ends, now=now)
        offers.reopen_double(
            offer_id=other.pk, state=row.from_state, paused_until=row.paused_until, by=by, now=now
        )
        if ends:  # it is the same home, and what was known of it was looked at anew
            offers.end_visit(offer_id=other.pk, by=by, now=now)
    row.undone_at, row.undone_by = now, by
    row.save(update_fields=["undone_at", "undone_by"])
    return row


def _locked(city: City, *keys: int) -> list[Offer]:
    """Both offers, in the order asked for: nobody is asked for either until this is over."""
    rows = Offer.objects.select_for_update(no_key=True, of=("self",)).select_related("owner")
    found = {offer.pk: offer for offer in rows.filter(city=city, pk__in=keys).order_by("pk")}
    if len(found) < len(set(keys)) or len(found) < 2:
        raise ValidationError(_("Choisissez deux propositions."))
    return [found[key] for key in keys]


def _check(kept: Offer, other: Offer, *, has_called: bool) -> None:
    if not {kept.state, other.state} <= set(STANDING):
        raise ValidationError(
            _(
                "L’une de ces propositions est retirée, suspendue, ou pas encore confirmée. Regardez de nouveau."
            )
        )
    if kept.category != other.category:
        raise ValidationError(_("Ces deux propositions ne sont pas de la même sorte."))
    if kept.owner_id != other.owner_id:
        if kept.kind != Kind.HOUSING:
            raise ValidationError(_("Deux personnes ne font la même proposition que d’un même logement."))
        if not has_called:
            raise ValidationError(
                _("Appelez d’abord l’une des deux personnes, et demandez si c’est le même logement.")
            )
    said = {"reference": other.reference}
    if Match.objects.filter(offer=other, state__in=ACTIVE).exists():
        raise ValidationError(
            _(
                "Avec %(reference)s, quelqu’un est interrogé, attendu ou accueilli. Gardez plutôt celle-là, ou "
                "attendez la fin."
            )
            % said
        )
    if other.kind == Kind.GOODS and Hold.objects.filter(offer=other).exists():
        raise ValidationError(
            _(
                "De %(reference)s, une partie est déjà donnée. Gardez plutôt celle-là\u202f: elle sait ce qui reste."
            )
            % said
        )
    if other.vetted_at is not None and kept.vetted_at is None:
        raise ValidationError(_("C’est %(reference)s qui a été visitée. Gardez plutôt celle-là.") % said)
    if homes.planned_of(other) is not None:
        raise ValidationError(
            _(
                "Une visite est prévue pour %(reference)s. Gardez plutôt celle-là, ou annulez d’abord la visite."
            )
            % said
        )


def _check_undo(row: OfferDouble, kept: Offer, other: Offer, ends: Collection[str], *, now: datetime) -> None:
    if now - row.at > UNDONE_WITHIN:
        raise ValidationError(_("C’était il y a plus d’un mois\u202f: cela ne se défait plus."))
    if kept.merged_into_id is not None:
        raise ValidationError(_("Cette proposition a été réunie à une autre depuis. Défaites cela d’abord."))
    if kept.state == OfferState.FROZEN:
        raise ValidationError(
            _("Un signalement suspend %(reference)s. Décidez d’abord du signalement.")
            % {"reference": kept.reference}
        )
    if End.EXCLUDED in ends:
        raise ValidationError(
            _("%(reference)s est retirée par la ville depuis. Cela ne se défait plus.")
            % {"reference": kept.reference}
        )
    if not other.owner.is_active:
        raise ValidationError(_("La personne qui a fait cette proposition a fermé son compte."))
