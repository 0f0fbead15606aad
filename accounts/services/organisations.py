"""Associations: registered, verified, suspended, changed; and who speaks for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors
from accounts.access import COORDINATION, forget_roles, has_role, require
from accounts.models import (
    Membership,
    MembershipChange,
    Organisation,
    OrganisationEdit,
    OrganisationReview,
    User,
)
from catalogue import changes
from catalogue.constraints import insert_checked
from cities.models import City

LAST_MANAGER = gettext_lazy(
    "L’association garde une personne responsable. Dites d’abord qui d’autre le devient, ou invitez quelqu’un."
)
NOBODY_TOLD = gettext_lazy("Cochez au moins une personne\u202f: sinon, personne ne saurait rien.")


@transaction.atomic
def register_organisation(
    *,
    city: City,
    name: str,
    rna: str = "",
    siret: str = "",
    email: str = "",
    phone: Any = "",
    about: str = "",
    by: User,
    now: datetime,
) -> Organisation:
    """An association that awaits its verification, with `by` as its manager; posted twice, it is one.

    Others may have said the same number: it is nobody's until a desk has verified one of them. Raises ValidationError.
    """
    organisation = Organisation(
        city=city,
        name=name.strip(),
        rna=rna,
        siret=siret,
        email=email,
        phone=phone or "",
        about=about,
        created_at=now,
    )
    organisation.clean_fields()
    User.objects.select_for_update(no_key=True).get(
        pk=by.pk
    )  # posted twice in one moment, the second waits here
    known = Organisation.objects.filter(
        city=city, rna=organisation.rna, siret=organisation.siret, memberships__user=by
    )
    if (same := known.first()) is not None:
        return same
    insert_checked(organisation, loaded=["city"])
    set_member(user=by, organisation=organisation, role=Membership.Role.MANAGER, by=by, now=now)
    return organisation


@transaction.atomic
def verify_organisation(*, organisation: Organisation, by: User, now: datetime) -> Organisation:
    """Let the association's needs be matched; coordinators of its city only. Twice changes nothing.

    Raises ValidationError where another that is verified has its number: one of the two claims what is not theirs.
    """
    organisation = Organisation.objects.get(pk=organisation.pk)
    # All in one order: two desks that verify two of them at once would else wait for each other.
    claimed = Organisation.objects.filter(Q(pk=organisation.pk) | organisation.same_number)
    list(claimed.select_for_update(of=("self",)).order_by("pk"))
    organisation = _locked(organisation, by)
    if organisation.state != Organisation.State.VERIFIED:
        same = Organisation.objects.filter(organisation.same_number).order_by("pk")
        if verified := next((one for one in same if one.is_verified), None):
            raise ValidationError(
                _("%(name)s est vérifiée avec ce numéro. Si elle l’a pris à tort, suspendez-la d’abord.")
                % {"name": verified}
            )
        organisation.verified_at, organisation.verified_by = now, by
        _move(organisation, Organisation.State.VERIFIED, reason="", by=by, now=now)
    return organisation


@transaction.atomic
def suspend_organisation(*, organisation: Organisation, reason: str, by: User, now: datetime) -> Organisation:
    """Stop matching the association's needs; coordinators of its city only. Twice changes nothing.

    Raises ValidationError without a reason: whoever lifts it wants to know.
    """
    organisation = _locked(organisation, by)
    if not reason.strip():
        raise ValidationError({"reason": _("Dites pourquoi\u202f: l’équipe le lira.")})
    if organisation.state != Organisation.State.SUSPENDED:
        _move(organisation, Organisation.State.SUSPENDED, reason=reason, by=by, now=now)
    return organisation


@transaction.atomic
def change_organisation(
    *, organisation: Organisation, fields: Mapping[str, Any], by: User, now: datetime
) -> Organisation:
    """Correct what an association says of itself; the installation's staff only. Raises ValidationError by field."""
    require(by.is_staff)
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    before = changes.values(organisation)
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.full_clean()
    edit = OrganisationEdit(organisation=organisation, by=by, at=now)
    changes.save_changed(organisation, before, edit=edit)
    return organisation


@transaction.atomic
def set_member(*, user: User, organisation: Organisation, role: str, by: User, now: datetime) -> Membership:
    """Let a person speak for an association, in this role; those who register it, its managers, and the installation's
    staff.
    """
    # One after the other: who joins twice in one moment joins once.
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    is_first = by == user and not organisation.memberships.exists()
    require(by.is_staff or is_first or _manages(by, organisation))
    member = Membership.objects.select_for_update().filter(user=user, organisation=organisation).first()
    before = None if member is None else member.role
    if member is None:
        member = Membership(user=user, organisation=organisation)
    member.role = role
    if before != role:
        member.full_clean()
        if before is None:
            member.save(force_insert=True)
        else:
            member.save(update_fields=["role"])
        MembershipChange.objects.create(
            person=user, organisation=organisation, what={"role": [before, role]}, by=by, at=now
        )
    forget_roles(user)
    return member


@transaction.atomic
def choose_told(
    *, organisation: Organisation, told: Collection[int], fallback: int | None, by: User, now: datetime
) -> None:
    """To which active members (by their keys) an association's messages go, and who is told of a question that none of
    those has opened in its time; its managers only. Raises ValidationError by field.
    """
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    require(Organisation.objects.managed_by(by).contains(organisation))
    active = set(selectors.members_of(organisation).values_list("pk", flat=True))
    if active.isdisjoint(told):
        raise ValidationError({"told": NOBODY_TOLD})
    if fallback is not None and fallback not in active:
        raise ValidationError({"fallback": _("Cette personne n’est plus membre. Choisissez-en une autre.")})
    if fallback in told:
        raise ValidationError(
            {"fallback": _("Cette personne reçoit déjà nos messages. Choisissez-en une autre.")}
        )
    members = Membership.objects.select_for_update().filter(organisation=organisation)
    # Whoever was the fallback first: there is never a second.
    for member in members.order_by("-is_fallback", "pk"):
        before = changes.values(member)
        if member.user_id in active:
            member.is_told = member.user_id in told
        member.is_fallback = member.user_id == fallback
        edit = MembershipChange(person_id=member.user_id, organisation=organisation, by=by, at=now)
        changes.save_changed(member, before, edit=edit)


@transaction.atomic
def change_member(
    *,
    user: User,
    organisation: Organisation,
    role: str | None,
    successor: User | None = None,
    by: User,
    now: datetime,
) -> None:
    """Let a member have this role in their association, or none: they leave, as they may by themselves; its managers.

    `successor`, another active member, is its manager in the same act: an association keeps one. Raises ValidationError
    when nobody would be left who decides for it, and of who is no member.
    """
    organisation = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    require(_manages(by, organisation) or (by == user and role is None))
    members = {member.user_id: member for member in selectors.team_of(organisation)}
    if user.pk not in members:
        raise ValidationError(_("Cette personne n’est plus membre de l’association."))
    if successor is not None:
        require(_manages(by, organisation))
        if successor.pk not in members or successor == user:
            raise ValidationError(
                {"successor": _("Cette personne n’est plus membre. Choisissez-en une autre.")}
            )
        _set_role(organisation, members[successor.pk], Membership.Role.MANAGER, by=by, now=now)
    manager = Membership.Role.MANAGER
    if role != manager and not any(
        member.role == manager for member in members.values() if member.user_id != user.pk
    ):
        raise ValidationError({"successor": LAST_MANAGER}, code="last_manager")
    _set_role(organisation, members[user.pk], role, by=by, now=now)


def _manages(by: User, organisation: Organisation) -> bool:
    return by.is_active and Organisation.objects.managed_by(by).contains(organisation)


def _set_role(
    organisation: Organisation, member: Membership, role: str | None, *, by: User, now: datetime
) -> None:
    before = member.role
    if role == before:
        return
    if role is None:
        member.delete()
    else:
        member.role = role
        member.save(update_fields=["role"])
    MembershipChange.objects.create(
        person_id=member.user_id,
        organisation=organisation,
        what={"role": [before, role]},
        by=by,
        at=now,
    )
    forget_roles(member.user)


@transaction.atomic
def remove_member(*, user: User, organisation: Organisation, by: User, now: datetime) -> None:
    """A person no longer speaks for an association; nothing happens when they did not."""
    require(by.is_staff)
    member = Membership.objects.select_for_update().filter(user=user, organisation=organisation).first()
    if member is not None:
        role = member.role
        member.delete()
        MembershipChange.objects.create(
            person=user, organisation=organisation, what={"role": [role, None]}, by=by, at=now
        )
    forget_roles(user)


@transaction.atomic
def leave_all(*, person: User, now: datetime) -> None:
    """Somebody who decides for none of their associations alone is gone: they leave them all."""
    for member in Membership.objects.filter(user=person).select_related("organisation"):
        _set_role(member.organisation, member, None, by=person, now=now)


def _locked(organisation: Organisation, by: User) -> Organisation:
    organisation = Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    require(by.is_superuser or has_role(by, organisation.city, COORDINATION))
    return organisation


def _move(organisation: Organisation, state: str, *, reason: str, by: User, now: datetime) -> None:
    organisation.state = state
    organisation.save(update_fields=["state", "verified_at", "verified_by"])
    review = OrganisationReview(organisation=organisation, state=state, reason=reason.strip(), by=by, at=now)
    review.full_clean()
    review.save()
