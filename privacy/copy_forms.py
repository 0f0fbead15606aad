"""Who is on the line, and how their copy reaches them."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.phones import on_the_line
from catalogue.forms import RadioCards
from cities.models import City
from privacy import copying

WHY_NOT = {
    "address": _("Cette personne a une adresse e-mail\u202f: elle prend sa copie elle-même, dans "
                 "«\u00a0Mon compte\u00a0»."),
    "towns": _("Une autre ville connaît aussi cette personne\u202f: sa copie se demande au délégué à la protection des "
               "données."),
}  # fmt: skip


class CallerForm(forms.Form):
    """Number and name, as the caller says them; `person` is who they are."""

    phone = forms.CharField(
        label=_("Téléphone"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=_("Nom, comme la personne le dit"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    person: User

    def __init__(self, data: Any = None, *, city: City) -> None:
        super().__init__(data)
        self.city = city

    def clean(self) -> dict[str, Any]:
        typed: dict[str, Any] = super().clean() or {}
        if self.errors:
            return typed
        found = on_the_line(phone=typed["phone"], name=typed["name"], city=self.city).person
        # The same words whether the number or the name is another's.
        if found is None:
            raise forms.ValidationError(_("Personne n’est connu ici sous ce numéro et ce nom."))
        try:
            copying.check_by_desk(found, self.city)
        except copying.NotByThisDesk as refusal:
            raise forms.ValidationError(WHY_NOT[refusal.why]) from None
        self.person = found
        return typed


class HandOverForm(forms.Form):
    how = forms.ChoiceField(
        label=_("Comment la personne reçoit-elle sa copie\u202f?"),
        choices=[(how.value, how.label) for how in copying.HANDED_OVER],
        widget=RadioCards,
        error_messages={"required": _("Choisissez un moyen.")},
    )
