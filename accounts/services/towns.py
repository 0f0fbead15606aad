"""Towns opened, their settings changed, and who did it: here, because `cities` knows no person."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import CityEdit, Role, User
from accounts.services.people import ensure_person
from accounts.services.roles import give_role
from catalogue.changes import given, save_changed, values
from cities.models import City, Commune


@transaction.atomic
def create_city(
    *,
    slug: str,
    name: str,
    locative: str,
    seat: Commune,
    by: User | None,
    now: datetime,
    **settings: Any,
) -> City:
    """Open a town; `settings` are further fields of City. Raises ValidationError with what is wrong."""
    said = {"slug": slug, "name": name, "locative": locative, "seat": seat, **settings}
    city = City(created_at=now, **said)
    city.full_clean()
    city.save(force_insert=True)
    CityEdit.objects.create(city=city, what=given(said, city), by=by, at=now)
    return city


@transaction.atomic
def found_town(*, slug: str, seat: Commune, email: str, name: str = "", by: None, now: datetime) -> City:
    """A town that nobody sees yet, with its first administrator, who does the rest on its pages.

    Raises ValidationError with what is wrong, and then there is neither.
    """
    city = create_city(
        slug=slug, name=seat.name, locative=f"À {seat.name}", seat=seat, is_open=False, by=by, now=now
    )
    first = ensure_person(email=email, name=name, by=by, now=now)
    give_role(user=first, city=city, role=Role.ADMINISTRATOR, by=by, now=now)
    return city


@transaction.atomic
def update_city(*, city_id: int, changes: dict[str, Any], by: User | None, now: datetime) -> City:
    """Change fields of a town. Raises ValidationError with what is wrong, and then changes nothing."""
    city = City.objects.select_for_update(no_key=True).get(pk=city_id)
    before = values(city)
    for field, value in changes.items():
        setattr(city, field, value)
    city.full_clean()
    save_changed(city, before, edit=CityEdit(city=city, by=by, at=now))
    return city


@transaction.atomic
def link_cities(*, city_id: int, other_id: int, by: User | None, now: datetime) -> None:
    """Let two towns see the offers whose citizens agree to share; once or twice is the same."""
    if city_id == other_id:
        raise ValueError("A town is not its own neighbour.")
    one, other = _both(city_id, other_id)
    if not one.linked.contains(other):
        _record_links(one, other, by=by, now=now, links=True)


@transaction.atomic
def unlink_cities(*, city_id: int, other_id: int, by: User | None, now: datetime) -> None:
    """Undo a link between two towns."""
    one, other = _both(city_id, other_id)
    if one.linked.contains(other):
        _record_links(one, other, by=by, now=now, links=False)


def _both(city_id: int, other_id: int) -> tuple[City, City]:
    locked = City.objects.select_for_update(no_key=True).filter(pk__in=[city_id, other_id]).order_by("pk")
    found = {city.pk: city for city in locked}
    return found[city_id], found[other_id]


def _record_links(one: City, other: City, *, by: User | None, now: datetime, links: bool) -> None:
    """Link or unlink, with a row for each of the two."""
    before = {city: _linked(city) for city in (one, other)}
    if links:
        one.linked.add(other)
    else:
        one.linked.remove(other)
    for city, old in before.items():
        CityEdit.objects.create(city=city, what={"linked": [old, _linked(city)]}, by=by, at=now)


def _linked(city: City) -> list[str]:
    return list(City.objects.filter(linked=city).order_by("slug").values_list("slug", flat=True))
