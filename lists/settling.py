"""What a list and somebody here say differently, settled: values as an edit keeps them, written by the services."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import User
from catalogue.imports import digest
from catalogue.models import Entry
from cities.days import local_day
from cities.models import Commune
from lists.models import Line
from needs import services as needs
from needs.models import Need
from offers import services as offers
from offers.models import Offer


def settle_offer(line: Line, *, take: bool, by: User, now: datetime) -> None:
    """The offer of this line, as its list says, or as it is. ValidationError by field."""
    assert line.offer_id is not None
    offer = Offer.objects.get(pk=line.offer_id)
    new = {name: pair[1] for name, pair in line.said["differs"].items()}
    if take:
        offers.change(offer_id=offer.pk, by=by, now=now, **offer_values(new))
    offers.note_listed(offer_id=offer.pk, listed=_listed(offer, new))


def settle_need(line: Line, *, take: bool, by: User, now: datetime) -> None:
    """The same of a need."""
    assert line.need_id is not None
    need = Need.objects.select_related("city").get(pk=line.need_id)
    new = {name: pair[1] for name, pair in line.said["differs"].items()}
    if take:
        fields = values(Need, new)
        needs.change(need_id=need.pk, fields=fields, by=by, now=now, today=local_day(now, need.city))
    needs.note_listed(need_id=need.pk, listed=_listed(need, new))


def offer_values(new: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an edit as `offers.services.change` takes them."""
    windows = new.get("windows")
    return {
        "fields": values(Offer, {name: value for name, value in new.items() if name != "windows"}),
        "windows": None
        if windows is None
        else [
            (date.fromisoformat(first), date.fromisoformat(last) if last else None) for first, last in windows
        ],
    }


def values(model: type[Entry], new: Mapping[str, Any]) -> dict[str, Any]:
    """Values of an edit as the model has them."""
    found: dict[str, Any] = {}
    for name, value in new.items():
        field = model._meta.get_field(name)
        assert isinstance(field, models.Field)
        if name == "commune":
            found[name] = Commune.objects.get(pk=value)
        else:
            found[name] = value if value is None or isinstance(field, ArrayField) else field.to_python(value)
    return found


def _listed(entry: Entry, new: Mapping[str, Any]) -> dict[str, str]:
    return {**entry.listed, **{name: digest(value) for name, value in new.items()}}
