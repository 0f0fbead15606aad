"""One person who is in here twice: made one, with everything kept, and two again within a month (docs/adr/0025)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as people
from accounts import services as accounts
from accounts.access import COORDINATION, has_role, require
from accounts.models import Consent, PersonEdit, User
from accounts.sign_in import has_proven_address
from cities.models import City
from matching.models import Match, MatchState
from needs import services as needs
from needs.models import Need
from notifications import preferences
from notifications.models import Message, Preference, PreferenceEdit
from offers import services as offers
from offers.models import Offer
from stays.models import Sponsorship
from town.models import Double
from town.selectors import UNDONE_WITHIN

OFFERS, NEEDS = "offers.Offer.owner", "needs.Need.person"
# What is about a person or said to them, and goes along. What somebody did stays with the row that did it, and whose
# contact was read with the row that was read: nobody rewrites that.
MOVED = (
    OFFERS, NEEDS, "accounts.Consent.user", "notifications.Message.recipient",
    "notifications.Preference.person", "notifications.Bounce.person", "call.Call.person", "sms.Reply.person",
    "inbox.MailReply.person", "stays.Sponsorship.sponsor", "appeals.Asked.person", "statements.Statement.person",
)  # fmt: skip
# In `Double.moved`, beside these: the change that made one of two choices of messages.
_UNITED = "notifications.PreferenceEdit"
_IN_HAND = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED, MatchState.UNDER_WAY)


@transaction.atomic
def merge(*, city: City, kept_id: int, other_id: int, has_called: bool, by: User, now: datetime) -> Double:
    """Make two rows of a person one: what `other` has is `kept`'s. Raises ValidationError where that cannot be.

    `has_called`: somebody asked at the number known, which must be where one is known by a number alone: whoever has
    the other's address signs in to what is theirs from then on.
    """
    require(has_role(by, city, COORDINATION))
    kept, other = _locked(kept_id, other_id)
    _check(city, kept, other)
    _check_identity(kept, other, has_called=has_called)
    moved = {name: ids for name, ids in _movable(kept, other) if ids}
    _move(moved, to=kept, by=by, now=now)
    contact = accounts.merge_people(kept=kept, other=other, by=by, now=now)
    if edit := preferences.unite(kept=kept, other=other, by=by, now=now):
        moved[_UNITED] = [edit.pk]
    return Double.objects.create(
        city=city, kept=kept, other=other, is_same=True, moved=moved, contact=contact, by=by, at=now
    )


@transaction.atomic
def tell_apart(*, city: City, kept_id: int, other_id: int, by: User, now: datetime) -> Double:
    """They are two, and are not asked about again."""
    require(has_role(by, city, COORDINATION))
    kept, other = _locked(*sorted((kept_id, other_id)))
    known = Double.objects.standing().filter(city=city, kept=kept, other=other, is_same=False).first()
    return known or Double.objects.create(city=city, kept=kept, other=other, is_same=False, by=by, at=now)


@transaction.atomic
def undo(*, double_id: int, by: User, now: datetime) -> Double:
    """As it was said before: exactly what was moved goes back, what came since stays. Twice changes nothing.

    Raises ValidationError after a month, when one was merged further, or their contact has changed since.
    """
    found = Double.objects.get(pk=double_id)
    kept, other = _locked(found.kept_id, found.other_id)
    row = Double.objects.select_for_update(of=("self",)).select_related("city").get(pk=double_id)
    require(has_role(by, row.city, COORDINATION))
    if row.undone_at is not None:
        return row
    if row.is_same:
        _check_undo(row, kept, other, now=now)
        back = {
            name: list(_rows(name, kept).filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))
            for name, ids in row.moved.items()
            if name in MOVED
        }
        for edit in PreferenceEdit.objects.filter(pk__in=row.moved.get(_UNITED, [])):
            preferences.part(edit=edit, by=by, now=now)
        accounts.unmerge_people(kept=kept, other=other, moved=row.contact, by=by, now=now)
        _move(back, to=other, by=by, now=now)
    row.undone_at, row.undone_by = now, by
    row.save(update_fields=["undone_at", "undone_by"])
    return row


def _locked(*keys: int) -> list[User]:
    """Both rows, in the order asked for; nothing new can point at them until this is over.

    What they offer and need first, as `matching.services.locked` does: whoever answers for a match at this moment holds
    those, and is about to point at the person.
    """
    theirs = (Offer.objects.filter(owner__in=keys), Need.objects.filter(person__in=keys))
    for rows in theirs:
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    found = {user.pk: user for user in User.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    if len(found) < len(keys):
        raise ValidationError(_("Choisissez deux personnes."))
    return [found[key] for key in keys]


def _check(city: City, kept: User, other: User) -> None:
    both = [kept, other]
    if not all(one.is_active and one.merged_into_id is None for one in both):
        raise ValidationError(
            _("L’une de ces personnes est déjà réunie à une autre, ou son compte est fermé.")
        )
    if people.have_a_part(both):
        raise ValidationError(
            _("L’une de ces personnes a un rôle dans une équipe ou une association. Retirez-le d’abord.")
        )
    if kept.email and other.email:
        raise ValidationError(
            _("Chacune a son adresse e-mail, et se connecte avec. Demandez à la personne laquelle garder.")
        )
    elsewhere = [
        rows.exclude(city=city)
        for rows in (Offer.objects.filter(owner__in=both), Need.objects.filter(person__in=both))
    ]
    if any(rows.exists() for rows in elsewhere):
        raise ValidationError(
            _("L’une de ces personnes a des propositions ou des besoins dans une autre ville.")
        )
    if Sponsorship.objects.current().filter(sponsor__in=both).count() > 1:
        raise ValidationError(
            _("Chacune parraine quelqu’un en ce moment, et une personne n’a qu’un parrainage à la fois.")
        )
    # By its name, as the keys above: what is in a channel's folder is its own.
    calls = apps.get_model("call.Call")._default_manager
    if calls.filter(person__in=both, ended_at=None).count() > 1:
        raise ValidationError(_("Les deux sont appelées en ce moment. Attendez la fin de ces appels."))
    if Match.objects.filter(offer__owner__in=both, need__person__in=both, state__in=_IN_HAND).exists():
        raise ValidationError(
            _(
                "Une mise en relation en cours va de l’une à l’autre\u202f: une personne ne s’aide pas elle-même."
            )
        )


def _check_identity(kept: User, other: User, *, has_called: bool) -> None:
    """A name and a commune are known to every neighbour: the address is proven, and the number was called."""
    both = [kept, other]
    if any(one.email and not has_proven_address(one) for one in both):
        raise ValidationError(
            _(
                "Personne n’a prouvé que cette adresse e-mail est la sienne\u202f: faites d’abord confirmer l’adresse."
            )
        )
    if not has_called and any(one.phone and not one.email for one in both):
        raise ValidationError(
            _("Appelez d’abord au numéro connu, et demandez si c’est bien la même personne.")
        )


def _check_undo(row: Double, kept: User, other: User, *, now: datetime) -> None:
    if now - row.at > UNDONE_WITHIN:
        raise ValidationError(_("C’était il y a plus d’un mois\u202f: cela ne se défait plus."))
    if kept.anonymised_at is not None:
        raise ValidationError(_("Les données de cette personne sont effacées."))
    if kept.merged_into_id is not None:
        raise ValidationError(_("Cette personne a été réunie à une autre depuis. Défaites cela d’abord."))
    since = PersonEdit.objects.filter(person=kept, at__gt=row.at)
    if row.contact and since.filter(what__has_any_keys=row.contact).exists():
        raise ValidationError(
            _("Les coordonnées ont changé depuis\u202f: nous ne savons plus à qui elles sont.")
        )


def _movable(kept: User, other: User) -> Iterator[tuple[str, list[int]]]:
    """By table and key, the rows of `other` that `kept` has not already."""
    same: dict[str, Any] = {
        "accounts.Consent.user": Exists(
            Consent.objects.filter(
                user=kept,
                withdrawn_at=None,
                purpose=OuterRef("purpose"),
                wording_version=OuterRef("wording_version"),
            )
        )
        & Q(withdrawn_at=None),
        "notifications.Message.recipient": Exists(
            Message.objects.filter(
                recipient=kept,
                event=OuterRef("event"),
                subject_key=OuterRef("subject_key"),
                channel=OuterRef("channel"),
                repeat_of=None,
            )
        )
        & Q(repeat_of=None),
        # Theirs are united.
        "notifications.Preference.person": Exists(Preference.objects.filter(person=kept)),
        "appeals.Asked.person": Exists(_rows("appeals.Asked.person", kept).filter(appeal=OuterRef("appeal"))),
    }
    for name in MOVED:
        rows = _rows(name, other)
        if name in same:
            rows = rows.exclude(same[name])
        yield name, list(rows.order_by("pk").values_list("pk", flat=True))


def _rows(name: str, user: User) -> QuerySet[Any]:
    model, _dot, key = name.rpartition(".")
    return apps.get_model(model)._default_manager.filter(**{key: user})


def _move(moved: dict[str, list[int]], *, to: User, by: User, now: datetime) -> None:
    for name, ids in moved.items():
        if name == OFFERS:
            offers.change_owner(offer_ids=ids, owner=to, by=by, now=now)
        elif name == NEEDS:
            needs.change_person(need_ids=ids, person=to, by=by, now=now)
        else:
            model, _dot, key = name.rpartition(".")
            apps.get_model(model)._default_manager.filter(pk__in=ids).update(**{key: to})
