"""Filters for templates: days, moments, languages, slots and quantities as people say them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone

from catalogue import labels, languages, saying, times
from catalogue.contacts import shown
from cities.days import local_day

register = template.Library()


@register.filter
def dialled(phone: Any) -> str:
    """ "06 12 34 56 78"; a foreign number with its country."""
    return shown(phone) if phone else ""


@register.filter
def day_range(first: date, last: date | None) -> str:
    """`{{ window.first_day|day_range:window.last_day }}` → "du 3 au 20 mars"."""
    return times.day_range(first, last, today=timezone.localdate())


@register.filter
def day_words(day: date) -> str:
    """ "3 mars"."""
    return times.day_words(day, today=timezone.localdate())


@register.filter
def weekday_and_day(day: date) -> str:
    """ "mardi 8 décembre"."""
    return times.weekday_and_day(day)


@register.filter
def days_words(days: int) -> str:
    """ "18 jours"."""
    return times.days_words(days)


@register.filter
def ago(moment: datetime) -> str:
    """ "il y a 12 min"."""
    return times.ago(moment, timezone.now())


@register.filter
def since(moment: datetime) -> str:
    """ "depuis 12 min"."""
    return times.since(moment, timezone.now())


@register.filter
def until(moment: datetime) -> str:
    """ "ce soir à 20 h"."""
    return times.until(moment, timezone.now())


@register.filter
def day_and_hour(moment: datetime) -> str:
    """ "3 mars 2026 à 9 h 05"."""
    return times.day_and_hour(timezone.localtime(moment))


@register.filter
def urgency(need: Any) -> str:
    """How urgent a need is by now, in the town's own day."""
    return str(need.urgency_on(local_day(timezone.now(), need.city)))


@register.filter
def language_names(codes: Iterable[str]) -> str:
    """ "français, anglais" from codes."""
    return labels.language_names(codes)


@register.filter
def language_name(code: str) -> str:
    """ "français" from a code."""
    return languages.language_name(code)


@register.filter
def listed(words: Iterable[object]) -> str:
    """ "a, b, c", with the reader's own comma."""
    return labels.listed(words)


@register.filter
def kind_label(kind: str) -> str:
    """ "Logement"."""
    return labels.kind_label(kind)


@register.filter
def category_label(category: str) -> str:
    """ "Chambre chez l’habitant"."""
    return labels.category_label(category)


@register.filter
def what(entry: Any) -> str:
    """ "couette, 140 cm" of an offer or a need; the category of what is no object."""
    return saying.what(entry)


@register.filter
def what_in_codes(entry: Any) -> str:
    """The same for the other side of a match, who reads nothing that its people typed."""
    return saying.what(entry, with_words=False)


@register.filter
def titled(entry: Any) -> str:
    """The title, with the item and size where it does not say them."""
    return saying.titled(entry)


@register.filter
def euros(amount: int) -> str:
    """ "1 200 €"."""
    return labels.euros(amount)


@register.filter
def household_names(households: Iterable[str]) -> str:
    """ "une femme seule, un couple"."""
    return labels.household_names(households)


@register.simple_tag
def quantity_words(kind: str, quantity: int) -> str:
    """`{% quantity_words offer.kind offer.capacity %}` → "3 places", "10 objets", "2 h par semaine"."""
    return labels.quantity_words(kind, quantity)
