"""A confirmed match as a file for a calendar: for whoever was told otherwise than by a mail, which brings it along."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ANYBODY, SIGNED_IN, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.calendars import alone
from cities.days import local_day
from cities.models import City
from matching import invitations, links, selectors
from matching.lifecycle import DESK, Role
from matching.link_pages import behind_link
from matching.models import Match
from matching.roles import roles_of


@town_page(ANYBODY)
@require_safe
@behind_link(signed_in="matching:calendar")
def linked(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """For whoever holds the link of a message."""
    grant = links.read(token)
    reader = get_object_or_404(User, pk=grant.user_id, is_active=True)
    return _file(reader, city, grant.subject_id)


@town_page(SIGNED_IN)
@require_safe
def mine(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """For whoever is signed in."""
    return _file(person(request), city, pk)


def _file(reader: User, city: City, pk: int) -> HttpResponse:
    """For the two sides, while contacts are open to them; the address of a home is read with it."""
    now = timezone.now()
    match = get_object_or_404(invitations.with_edits(Match.objects.concerning(reader)), pk=pk, city=city)
    roles = roles_of(reader, match) - DESK
    if not roles & {Role.CITIZEN, Role.ASSOCIATION}:
        raise Http404
    if not selectors.contacts_are_open(match, today=local_day(now, city)):
        raise Http404
    if Role.CITIZEN not in roles:
        log_contact_reading(
            subject=match.offer.owner,
            reason="match",
            reference=match.offer.reference,
            city=city,
            by=reader,
            now=now,
        )
    return HttpResponse(
        alone(invitations.for_side(match, is_owner=Role.CITIZEN in roles)),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{match.need.reference}.ics"'},
    )
