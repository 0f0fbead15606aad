"""A need's days in templates."""

from datetime import date

from django import template
from django.utils import timezone

from needs import words
from needs.models import Need

register = template.Library()


@register.simple_tag
def amount(need: Need, quantity: int | None = None) -> str:
    """`{% amount need %}` → "3 personnes", "10 objets", "1 h 30"; `{% amount need match.quantity %}`: of a part."""
    return words.amount(need) if quantity is None else words.given_words(need, quantity)


@register.simple_tag
def when(need: Need, first_day: date, last_day: date) -> str:
    """`{% when need match.first_day match.last_day %}` → "du 3 au 20 mars", "mardi 8 décembre, 14 h à 15 h 30"."""
    return words.when_words(need, first_day, last_day, today=timezone.localdate())
