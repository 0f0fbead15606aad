"""Fields and widgets that the forms of offers and needs share. All work without JavaScript."""

from catalogue.forms.asking import form_field
from catalogue.forms.cards import CheckboxCards, RadioCards
from catalogue.forms.days import DayField, DayInput
from catalogue.forms.languages import FIRST_LANGUAGES, LanguagesField, LanguagesWidget
from catalogue.forms.numbers import ChoiceOfNumber, CountField, DecimalNumberField, NumberInput, WholeField
from catalogue.forms.slots import SlotsField, SlotsWidget, slot_text
from catalogue.forms.things import SizesField, SizesWidget, ThingsField, ThingsWidget

__all__ = [
    "FIRST_LANGUAGES", "CheckboxCards", "ChoiceOfNumber", "CountField", "DayField", "DayInput", "DecimalNumberField",
    "LanguagesField", "LanguagesWidget", "NumberInput", "RadioCards", "SizesField", "SizesWidget", "SlotsField",
    "SlotsWidget", "ThingsField", "ThingsWidget", "WholeField", "form_field", "slot_text",
]  # fmt: skip
