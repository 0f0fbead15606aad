"""Fields and widgets that the forms of offers and needs share. All work without JavaScript."""

from catalogue.forms.cards import CheckboxCards, RadioCards
from catalogue.forms.languages import FIRST_LANGUAGES, LanguagesField, LanguagesWidget, find_language
from catalogue.forms.slots import SlotsField, SlotsWidget, in_week_order, read_slot, slot_text

__all__ = [
    "FIRST_LANGUAGES",
    "CheckboxCards",
    "LanguagesField",
    "LanguagesWidget",
    "RadioCards",
    "SlotsField",
    "SlotsWidget",
    "find_language",
    "in_week_order",
    "read_slot",
    "slot_text",
]
