"""When a visit is, for calendars: an hour, by the clocks of the home's town."""

from collections.abc import Mapping
from datetime import UTC, timedelta

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import DESK, has_role
from accounts.models import User
from catalogue.calendars import Entry
from homes.models import Visit, VisitState
from homes.models.visits import VisitQuerySet
from notifications.invitations import Composer, from_town

LENGTH = timedelta(hours=1)


def with_edits(visits: VisitQuerySet) -> VisitQuerySet:
    """Each with `changes`, how often it has changed, and with all that its date in a calendar is made of."""
    return visits.select_related("visitor", "offer__city", "offer__commune", "offer__owner").annotate(
        changes=Count("edits")
    )


def entry(visit: Visit, *, title: str, place: str, url: str, is_cancelled: bool = False) -> Entry:
    """Of a visit that `with_edits` has read."""
    city = visit.offer.city
    return Entry(
        key=f"visit.{visit.pk}",
        starts=visit.starts_at.astimezone(UTC),
        ends=visit.starts_at.astimezone(UTC) + LENGTH,
        title=title,
        details=f"{city.name} {city.phone}".strip(),
        place=place,
        url=url,
        changed_at=visit.changed_at.astimezone(UTC),
        sequence=visit.changes,  # type: ignore[attr-defined]
        is_cancelled=is_cancelled or visit.state == VisitState.CANCELLED,
    )


def commune_of(visit: Visit) -> str:
    """Where it is, as far as an agenda that is passed on may know."""
    return str(visit.offer.commune.name)


def page_of(visit: Visit, *, is_owner: bool) -> str:
    """The path of the page for whoever has it in their agenda; they sign in there."""
    slug = visit.offer.city.slug
    if is_owner:
        return reverse("homes:offer", args=[slug, visit.offer.reference])
    return reverse("homes:visit", args=[slug, visit.pk])


def title_of(visit: Visit, *, is_owner: bool) -> str:
    if is_owner:
        return _("Visite de votre logement")
    return _("Visite du logement %(reference)s") % {"reference": visit.offer.reference}


def _invite(visit_id: int, reader: User) -> tuple[str, bytes] | None:
    """For the host and for whoever comes; from the calendar of whoever comes no more it goes."""
    visit = with_edits(Visit.objects.filter(pk=visit_id)).first()
    if visit is None or not reader.email:
        return None
    is_owner = visit.offer.owner_id == reader.pk
    if not is_owner and not has_role(reader, visit.offer.city, DESK):
        return None
    address = f"{visit.offer.address}, {commune_of(visit)}" if visit.offer.address else commune_of(visit)
    return from_town(
        entry(
            visit,
            title=title_of(visit, is_owner=is_owner),
            place=address,
            url=page_of(visit, is_owner=is_owner),
            is_cancelled=not is_owner and visit.visitor_id != reader.pk,
        ),
        city=visit.offer.city,
        reader=reader,
    )


INVITATIONS: Mapping[str, Composer] = dict.fromkeys(
    ("visit_planned", "visit_moved", "visit_cancelled"), _invite
)
