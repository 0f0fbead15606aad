"""The team of a town, or of an association: invited, come, changed, gone, and what somebody who goes still had."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as people
from accounts import services as accounts
from accounts.access import ADMINISTRATION, COORDINATION, has_role, require
from accounts.models import Membership, Organisation, User
from cities.models import City
from followups import services as followups
from matching import tonight
from notifications.services import queue
from oncall import services as oncall
from town import links, messages, selectors
from town.models import Invitation

CLOSED = gettext_lazy("Cette invitation n’est plus valable. Demandez-en une autre à qui vous a invité.")
# Of an association; whoever has so many unanswered has another way to reach people.
MOST_WAITING = 20
# Each is a mail to somebody who has asked for nothing: so many in a day, taken back or not, and one to each address.
A_DAY = timedelta(days=1)
MOST_A_DAY_TO_TOWN, MOST_A_DAY_TO_ASSOCIATION = 100, 30


@transaction.atomic
def invite(
    *, city: City, email: str, name: str = "", language: str, roles: Collection[str], by: User, now: datetime
) -> Invitation:
    """Invite somebody to the team by mail; an invitation that still waited is taken back. Raises ValidationError, also
    when the address or the team has had as many invitations as may go out in a day.

    Whoever is known already is told in their own language.
    """
    require(may_invite(by, city, None))
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    person = accounts.ensure_person(email=email, name=name, language=language, by=by, now=now)
    if people.roles_held(person, city) >= set(roles):
        raise ValidationError({"email": _("Cette personne a déjà ce rôle dans votre ville.")})
    return _invited(city, None, person, roles, by=by, now=now)


@transaction.atomic
def invite_colleague(
    *,
    organisation: Organisation,
    email: str,
    name: str = "",
    language: str,
    role: str,
    by: User,
    now: datetime,
) -> Invitation:
    """The same to an association, once the town has verified it, by one of its managers."""
    organisation = (
        Organisation.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city")
        .get(pk=organisation.pk)
    )
    require(may_invite(by, organisation.city, organisation))
    if not organisation.is_verified:
        raise ValidationError(_("La ville vérifie d’abord votre association. Vous inviterez ensuite."))
    person = accounts.ensure_person(email=email, name=name, language=language, by=by, now=now)
    if people.team_of(organisation).filter(user=person).exists():
        raise ValidationError({"email": _("Cette personne fait déjà partie de l’association.")})
    waiting = Invitation.objects.waiting().of(organisation.city, organisation)
    if waiting.exclude(person=person).count() >= MOST_WAITING:
        raise ValidationError(
            _("Trop d’invitations attendent une réponse. Annulez celles qui ne servent plus.")
        )
    return _invited(organisation.city, organisation, person, [role], by=by, now=now)


def may_invite(by: User, city: City, organisation: Organisation | None) -> bool:
    """Who decides for a town's team, or for an association's."""
    if organisation is None:
        return has_role(by, city, ADMINISTRATION)
    return by.is_active and Organisation.objects.managed_by(by).contains(organisation)


def _invited(
    city: City,
    organisation: Organisation | None,
    person: User,
    roles: Collection[str],
    *,
    by: User,
    now: datetime,
) -> Invitation:
    ours = Invitation.objects.of(city, organisation)
    of_today = ours.filter(invited_at__gt=now - A_DAY)
    if of_today.filter(person=person).exists():
        raise ValidationError(
            {
                "email": _(
                    "Une invitation est déjà partie à cette adresse il y a moins d’un jour. Réessayez demain."
                )
            }
        )
    if of_today.count() >= (MOST_A_DAY_TO_TOWN if organisation is None else MOST_A_DAY_TO_ASSOCIATION):
        raise ValidationError(
            _("Beaucoup d’invitations sont parties aujourd’hui. Vous pourrez en envoyer d’autres demain.")
        )
    for earlier in ours.waiting().filter(person=person):
        take_back(invitation_id=earlier.pk, by=by, now=now)
    row = Invitation(
        city=city,
        organisation=organisation,
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
    require(may_invite(by, row.city, row.organisation))
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
    if not row.is_open(now) or not may_invite(row.invited_by, row.city, row.organisation):
        raise ValidationError(CLOSED, code="closed")
    row.accepted_at = now
    row.save(update_fields=["accepted_at"])
    if row.organisation is not None:
        _join(row, row.organisation, now=now)
        return row
    for role in row.roles:
        accounts.give_role(user=by, city=row.city, role=role, by=row.invited_by, now=now)
    return row


def _join(row: Invitation, organisation: Organisation, *, now: datetime) -> None:
    """Whoever has come in meanwhile keeps what they are there."""
    (role,) = row.roles
    if role == Membership.Role.MEMBER and people.team_of(organisation).filter(user=row.person_id).exists():
        return
    accounts.set_member(user=row.person, organisation=organisation, role=role, by=row.invited_by, now=now)


@transaction.atomic
def change_colleague(
    *,
    organisation: Organisation,
    user: User,
    role: str | None,
    successor: User | None,
    by: User,
    now: datetime,
) -> None:
    """`accounts.services.change_member`, and whoever is its manager from then on is told."""
    was_manager = successor is not None and _is_manager(successor, organisation)
    accounts.change_member(
        user=user, organisation=organisation, role=role, successor=successor, by=by, now=now
    )
    if successor is not None and successor != by and not was_manager:
        queue(
            recipient=successor,
            event="work_handed_over",
            subject_key=f"organisation:{organisation.pk}:{now:%Y%m%d%H%M%S}",
            city=organisation.city,
            compose=partial(messages.association_handed_over, organisation, former=user),
            now=now,
        )


def _is_manager(user: User, organisation: Organisation) -> bool:
    return people.team_of(organisation).filter(user=user, role=Membership.Role.MANAGER).exists()


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
