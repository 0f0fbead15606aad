"""Towns opened, their settings changed, and who did it: here, because `cities` knows no person."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import selectors
from accounts.models import CityEdit, Role, User
from accounts.services.people import ensure_person
from accounts.services.roles import give_role, take_all_roles
from catalogue.changes import given, save_changed, values
from cities.models import City, Commune
from cities.names import locative_of


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
def found_town(
    *,
    seat: Commune,
    email: str,
    name: str = "",
    language: str = "fr",
    slug: str = "",
    town_name: str = "",
    whole_epci: bool = False,
    by: None,
    now: datetime,
    **settings: Any,
) -> City:
    """A town that nobody sees yet, with its first administrator, who does the rest on its pages.

    `name` and `language` are that person's. Without a name of its own the town has its seat's; without a `slug`, one
    made of it. `whole_epci`: its territory is the seat's whole intercommunality. `settings` are further fields of City.
    Raises ValidationError with what is wrong, and then there is neither.
    """
    if whole_epci and not seat.epci_code:
        raise ValidationError(
            {"epci_code": _("%(seat)s ne fait partie d’aucune intercommunalité.") % {"seat": seat.name}}
        )
    first = ensure_person(email=email, name=name, language=language, by=by, now=now)
    town_name = town_name or seat.name
    city = create_city(
        slug=slug or slugify(town_name),
        name=town_name,
        locative=locative_of(town_name),
        seat=seat,
        epci_code=seat.epci_code if whole_epci else "",
        is_open=False,
        by=by,
        now=now,
        **settings,
    )
    give_role(user=first, city=city, role=Role.ADMINISTRATOR, by=by, now=now)
    return city


@transaction.atomic
def remove_town(*, city_id: int, by: User | None, now: datetime) -> None:
    """A town that is closed and in which nothing happened is none any more: nobody has a role in it, and its address is
    free. What was written of it stays. Raises ValidationError with what stands in the way.
    """
    # Nothing can come to name the town while its row is held so.
    city = City.objects.select_for_update().get(pk=city_id)
    if city.is_open:
        raise ValidationError(_("Fermez la ville au public avant de la supprimer."))
    if selectors.what_keeps(city):
        raise ValidationError(_("Cette ville n’est pas vide\u202f: elle peut être fermée, et reste."))
    take_all_roles(city=city, by=by, now=now)
    update_city(city_id=city_id, changes={"removed_at": now}, by=by, now=now)


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
