"""A town's team: invited, come, changed, gone, and what somebody who goes still had."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as people
from accounts import services as accounts
from accounts.access import ADMINISTRATION, COORDINATION, has_role, require
from accounts.models import User
from cities.models import City
from followups import services as followups
from matching import tonight
from notifications.services import queue
from oncall import services as oncall
from town import links, messages, selectors
from town.models import Invitation

CLOSED = gettext_lazy("Cette invitation n’est plus valable. Demandez-en une autre à la ville.")


@transaction.atomic
def invite(
    *, city: City, email: str, name: str = "", language: str, roles: Collection[str], by: User, now: datetime
) -> Invitation:
    """Invite somebody to the team by mail; an invitation that still waited is taken back. Raises ValidationError.

    Whoever is known already is told in their own language.
    """
    require(has_role(by, city, ADMINISTRATION))
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    person = accounts.ensure_person(email=email, name=name, language=language, by=by, now=now)
    if people.roles_held(person, city) >= set(roles):
        raise ValidationError({"email": _("Cette personne a déjà ce rôle dans votre ville.")})
    for earlier in Invitation.objects.waiting().filter(city=city, person=person):
        take_back(invitation_id=earlier.pk, by=by, now=now)
    row = Invitation(
        city=city,
        person=person,
        roles=sorted(roles),
        invited_by=by,
        invited_at=now,
        expires_at=now + links.VALID_FOR,
    )
    row.full_clean()
    row.save(force_insert=True)
    queue(
        recipient=person,
        event="team_invitation",
        subject_key=f"invitation:{row.pk}",
        city=city,
        compose=partial(messages.invitation, row),
        now=now,
    )
    return row


@transaction.atomic
def take_back(*, invitation_id: int, by: User, now: datetime) -> None:
    """The link opens nothing any more; nothing happens when it was accepted, or taken back already."""
    row = Invitation.objects.select_for_update().get(pk=invitation_id)
    require(has_role(by, row.city, ADMINISTRATION))
    if row.accepted_at is None and row.taken_back_at is None:
        row.taken_back_at, row.taken_back_by = now, by
        row.save(update_fields=["taken_back_at", "taken_back_by"])


@transaction.atomic
def accept(*, invitation_id: int, by: User, now: datetime) -> Invitation:
    """Whoever was invited comes into the team; twice is once. Raises ValidationError when it is too late, was taken
    back, or whoever invited does not decide there any more.
    """
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation_id)
    require(row.person_id == by.pk)
    if row.accepted_at is not None:
        return row
    if not row.is_open(now) or not has_role(row.invited_by, row.city, ADMINISTRATION):
        raise ValidationError(CLOSED, code="closed")
    row.accepted_at = now
    row.save(update_fields=["accepted_at"])
    for role in row.roles:
        accounts.give_role(user=by, city=row.city, role=role, by=row.invited_by, now=now)
    return row


@transaction.atomic
def change_part(
    *,
    city: City,
    user: User,
    roles: Collection[str],
    heirs: Mapping[str, User | None],
    reads_reports: bool = False,
    by: User,
    now: datetime,
) -> None:
    """Let somebody have these roles in the town and no others; none: they leave, as they may by themselves. Whether
    they read its reports is said with them: whoever leaves reads none.

    When they coordinate no more, what they still had goes to whom `heirs` says (by `Owned.key`), the rest back to the
    desk. Raises ValidationError: for the last administrator, and for a colleague who is on call then already.
    """
    require(has_role(by, city, ADMINISTRATION) or (by == user and not roles))
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    if COORDINATION.isdisjoint(roles):
        _hand_over(city, user, heirs, by=by, now=now)
    accounts.set_roles(user=user, city=city, roles=roles, by=by, now=now)
    if reads_reports and roles:
        followups.name_reader(city=city, person=user, by=by, now=now)
    else:
        followups.no_longer_reads(city=city, person=user, by=by, now=now)


def _hand_over(city: City, user: User, heirs: Mapping[str, User | None], *, by: User, now: datetime) -> None:
    told: dict[User, list[selectors.Owned]] = defaultdict(list)
    for thing in selectors.owned(user, city, now=now):
        heir = heirs.get(thing.key)
        try:
            if thing.is_case:
                tonight.pass_on(taken_id=thing.pk, to=heir, by=by, now=now)
            else:
                oncall.hand_over(shift_id=thing.pk, to=heir, by=by, now=now)
        except oncall.AlreadyCovered as error:
            words = _("%(person)s est déjà d’astreinte à ce moment.") % {"person": heir}
            raise ValidationError({thing.key: words}) from error
        if heir is not None and heir != by:
            told[heir].append(thing)
    for heir, things in told.items():
        queue(
            recipient=heir,
            event="work_handed_over",
            subject_key=f"person:{user.pk}:{now:%Y%m%d%H%M%S}",
            city=city,
            compose=partial(messages.handed_over, city, former=user, things=things),
            now=now,
        )
