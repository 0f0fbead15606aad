"""What is asked of whoever opens an installation's first town."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from catalogue.contacts import EmailField, NameField
from cities.forms import CommuneField
from cities.models import City
from cities.selectors import epcis_named, names_epci

# How many towns of an intercommunality are named to choose a seat among.
_NAMED = 3


def _of_city(name: str, **options: Any) -> Any:
    """The field of a town's settings, as its own page asks for it."""
    field: Any = City._meta.get_field(name)
    return field.formfield(label=capfirst(field.verbose_name), **options)


class OpeningForm(ServiceForm):
    """The town, how it is reached, its colours, and who administers it; the rest its own pages ask."""

    SEAT, EPCI = "seat", "epci"

    seat = CommuneField(label=_("Commune siège"))
    territory = forms.ChoiceField(
        label=_("Territoire"),
        choices=[(SEAT, _("La commune seule")), (EPCI, _("Toute son intercommunalité"))],
        initial=SEAT,
        widget=forms.RadioSelect,
    )
    town_name = forms.CharField(
        label=_("Nom"), max_length=80, required=False, help_text=_("Vide\u202f: celui de la commune siège.")
    )
    slug = forms.SlugField(
        label=_("Adresse courte"),
        max_length=50,
        required=False,
        help_text=_("Ce qui suit le nom du site, comme strasbourg. Vide\u202f: d’après le nom."),
    )
    phone = _of_city("phone", required=False)
    phone_hours = _of_city("phone_hours", required=False)
    brand_colour = _of_city("brand_colour", widget=forms.TextInput(attrs={"type": "color"}))
    accent_colour = _of_city("accent_colour", widget=forms.TextInput(attrs={"type": "color"}))
    email = EmailField(
        label=_("Adresse e-mail de la première personne qui administre la ville"),
        help_text=_("Elle se connecte par un code reçu à cette adresse, et ajoute une double vérification."),
    )
    name = NameField(label=_("Son nom"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Sa langue"))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"language": settings.LANGUAGE_CODE})
        team = [
            (code, name) for code, name in settings.LANGUAGES if code not in settings.LANGUAGES_FOR_THE_PUBLIC
        ]
        self.fields["language"].choices = team  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever names an intercommunality is told which of its communes may be its seat."""
        cleaned = super().clean() or {}
        typed = (self.data.get("seat") or "").strip()
        if "seat" in self.errors and (sentence := seats_of(typed)):
            self.errors["seat"] = self.error_class([sentence])
        return cleaned

    def town(self) -> dict[str, Any]:
        """As `accounts.services.found_town` takes it."""
        said = dict(self.cleaned_data)
        whole = said.pop("territory") == self.EPCI or names_epci(self.data.get("seat", ""), said["seat"])
        return {"whole_epci": whole, **said}


def seats_of(typed: str) -> str:
    """What to write where an intercommunality was named; "" where none was."""
    return " ".join(
        gettext(
            "%(epci)s est une intercommunalité\u202f: écrivez sa commune siège (%(seats)s…) et choisissez toute "
            "l’intercommunalité."
        )
        % {"epci": name, "seats": ", ".join(commune.name for commune in communes[:_NAMED])}
        for name, communes in list(epcis_named(typed).items())[:_NAMED]
    )
