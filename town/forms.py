"""What an administrator of a town types: its settings, a group at a time."""

from copy import copy
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from cities.forms import CityForm
from cities.models import City
from town.groups import Group

_HOURS = "phone_hours_in"


class SettingsForm(ServiceForm, CityForm):
    """The fields of one group; what is wrong with them the model says, and what is right the service writes."""

    charter_url = forms.URLField(
        label=capfirst(City._meta.get_field("charter_url").verbose_name),
        help_text=City._meta.get_field("charter_url").help_text,
        required=False,
        assume_scheme="https",
    )

    class Meta:
        model = City
        fields = [name for name in CityForm.Meta.fields if name not in ("slug", "linked", "weights")] + [
            "charter_url",
            "charter_text",
        ]
        widgets = {
            "brand_colour": forms.TextInput(attrs={"type": "color"}),
            "accent_colour": forms.TextInput(attrs={"type": "color"}),
            "quiet_from": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "quiet_until": forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
            "charter_text": forms.Textarea(attrs={"rows": 12}),
        }

    def __init__(self, data: Any = None, *, city: City, group: Group) -> None:
        # A copy: a page that shows the refusal must not show what was refused in its header.
        super().__init__(data, instance=copy(city))
        self.fields = {name: self.fields[name] for name in group.fields if name != _HOURS}
        self._languages: list[str] = []
        if _HOURS in group.fields:
            self._add_hours(city)

    def _add_hours(self, city: City) -> None:
        """One more line a language, after the French one."""
        hours = City._meta.get_field("phone_hours")
        for code, language in settings.LANGUAGES:
            if code == settings.LANGUAGE_CODE:
                continue
            self._languages.append(code)
            self.fields[f"hours_{code}"] = forms.CharField(
                label=_("Heures d’appel (%(language)s)") % {"language": language},
                max_length=hours.max_length,
                required=False,
                initial=city.phone_hours_in.get(code, ""),
            )
        self.order_fields(["phone", "phone_hours", *(f"hours_{code}" for code in self._languages)])

    def changes(self) -> dict[str, Any]:
        """What differs from what is stored, as the service takes it."""
        changed = {
            name: self.cleaned_data[name] for name in self.changed_data if not name.startswith("hours_")
        }
        if any(name.startswith("hours_") for name in self.changed_data):
            said = {code: self.cleaned_data[f"hours_{code}"].strip() for code in self._languages}
            changed[_HOURS] = {code: text for code, text in said.items() if text}
        return changed
