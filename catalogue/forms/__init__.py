"""Fields and widgets that the forms of offers and needs share. All work without JavaScript."""

from catalogue.forms.asking import form_field
from catalogue.forms.cards import CheckboxCards, RadioCards
from catalogue.forms.days import DayField, DayInput
from catalogue.forms.languages import FIRST_LANGUAGES, LanguagesField, LanguagesWidget, find_language
from catalogue.forms.numbers import ChoiceOfNumber, CountField
from catalogue.forms.slots import SlotsField, SlotsWidget, in_week_order, read_slot, slot_text
from catalogue.forms.things import SizesField, SizesWidget, ThingsField, ThingsWidget

__all__ = [
    "FIRST_LANGUAGES", "CheckboxCards", "ChoiceOfNumber", "CountField", "DayField", "DayInput", "LanguagesField",
    "LanguagesWidget", "RadioCards", "SizesField", "SizesWidget", "SlotsField", "SlotsWidget", "ThingsField",
    "ThingsWidget", "find_language", "form_field", "in_week_order", "read_slot", "slot_text",
]  # fmt: skip
