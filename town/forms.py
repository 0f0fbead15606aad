"""What an administrator of a town types: its settings, a group at a time; the team; another town."""

from collections.abc import Collection
from copy import copy
from datetime import time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.access import ROLE_CHOICES
from accounts.forms import ServiceForm
from accounts.models import Membership, User
from accounts.phones import people_at
from accounts.selectors import find_person
from catalogue.contacts import EmailField, NameField
from catalogue.forms import DayField
from catalogue.references import read_reference
from cities.days import at_hour
from cities.forms import CityForm
from cities.models import City
from town.groups import Group
from town.record import Asked
from town.selectors import Owned
from town.words import owned_words

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


class InvitationForm(ServiceForm):
    email = EmailField(label=_("Adresse e-mail"))
    name = NameField(label=_("Nom"), max_length=120, required=False)
    language = forms.ChoiceField(
        label=_("Langue de l’invitation"),
        help_text=_("Une personne que nous connaissons déjà la reçoit dans la langue qu’elle a choisie."),
    )
    roles = forms.MultipleChoiceField(
        label=_("Rôles"), choices=ROLE_CHOICES, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"language": settings.LANGUAGE_CODE})
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]


class ColleagueForm(InvitationForm):
    """The same to an association: one role."""

    role = forms.ChoiceField(
        label=_("Rôle"),
        choices=Membership.Role.choices,
        initial=Membership.Role.MEMBER,
        widget=forms.RadioSelect,
        help_text=_("Une personne responsable invite les autres, et choisit qui reçoit nos messages."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        del self.fields["roles"]


class MemberForm(ServiceForm):
    """What a member is in an association. `role` is asked of a colleague alone: who leaves by themselves has none.

    Of its only manager: who of the `heirs` is its manager then.
    """

    GONE = ""

    def __init__(
        self, data: Any = None, *, role: str | None, heirs: Collection[User], asks_heir: bool
    ) -> None:
        super().__init__(data)
        if role is not None:
            self.fields["role"] = forms.ChoiceField(
                label=_("Rôle"),
                choices=[*Membership.Role.choices, (self.GONE, _("ne fait plus partie de l’association"))],
                initial=role,
                required=False,
                widget=forms.RadioSelect,
            )
        self._heirs = {str(person.pk): person for person in heirs}
        if asks_heir and self._heirs:
            choices = [("", _("Choisissez")), *((key, str(heir)) for key, heir in self._heirs.items())]
            self.fields["successor"] = forms.ChoiceField(
                label=_("Qui devient responsable\u202f?"), choices=choices, required=False
            )

    def part(self) -> dict[str, Any]:
        """As `services.change_colleague` takes it."""
        heir = self._heirs.get(self.cleaned_data.get("successor", ""))
        return {"role": self.cleaned_data.get("role") or None, "successor": heir}


class PartForm(ServiceForm):
    """Somebody's roles in the town, and for each thing that is still theirs who has it if they coordinate no more.

    `roles` is None for who leaves by themselves: they lay all of them down. `reads_reports`: whether they are named to.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        roles: Collection[str] | None,
        reads_reports: bool = False,
        owned: Collection[Owned],
        colleagues: Collection[User],
    ) -> None:
        super().__init__(data)
        if roles is not None:
            self.fields["reads_reports"] = forms.BooleanField(
                label=_("Lit les signalements"),
                required=False,
                initial=reads_reports,
                help_text=_(
                    "Ce que quelqu’un signale est confidentiel. Tant que personne n’est nommé, l’administration le lit."
                ),
            )
            self.fields["roles"] = forms.MultipleChoiceField(
                label=_("Rôles"),
                choices=ROLE_CHOICES,
                required=False,
                initial=sorted(roles),
                widget=forms.CheckboxSelectMultiple,
                help_text=_("Aucun\u202f: la personne quitte l’équipe."),
            )
        self._heirs = {str(person.pk): person for person in colleagues}
        self._keys = [thing.key for thing in owned]
        for thing in owned:
            self.fields[thing.key] = forms.ChoiceField(
                label=owned_words(thing.row),
                required=False,
                choices=[
                    ("", _("Rendre au bureau") if thing.is_case else _("Laisser libre")),
                    *(
                        (key, _("Confier à %(person)s") % {"person": heir})
                        for key, heir in self._heirs.items()
                    ),
                ],
            )

    def part(self) -> dict[str, Any]:
        """As `services.change_part` takes it."""
        heirs = {key: self._heirs.get(self.cleaned_data[key]) for key in self._keys}
        reads = bool(self.cleaned_data.get("reads_reports"))
        return {"roles": self.cleaned_data.get("roles", []), "reads_reports": reads, "heirs": heirs}


class AskLinkForm(ServiceForm):
    other = forms.ModelChoiceField(label=_("Quelle ville\u202f?"), queryset=City.objects.none())

    def __init__(self, data: Any = None, *, towns: QuerySet[City]) -> None:
        super().__init__(data)
        self.fields["other"].queryset = towns  # type: ignore[attr-defined]


def is_reference(who: str) -> bool:
    """Whether what was typed names nobody: a reference, or nothing."""
    return not who.strip() or read_reference(who) is not None


class RecordForm(forms.Form):
    """What somebody looks for in the record. Everything may be left empty."""

    who = forms.CharField(
        label=_("Au sujet de"),
        max_length=254,
        required=False,
        help_text=_("Une adresse e-mail, un numéro de téléphone ou une référence."),
    )
    by = forms.ModelChoiceField(
        label=_("Par"), queryset=User.objects.none(), required=False, empty_label=_("tout le monde")
    )
    first_day = DayField(label=_("Du"), required=False)
    last_day = DayField(label=_("Au"), required=False)
    kind = forms.ChoiceField(
        label=_("Quoi"),
        required=False,
        choices=[
            ("", _("tout")),
            ("readings", _("coordonnées lues")),
            ("offers", _("propositions et visites")),
            ("needs", _("besoins et dossiers")),
            ("matches", _("mises en relation et suites")),
            ("people", _("personnes et accords")),
            ("team", _("équipe et associations")),
            ("settings", _("réglages de la ville")),
        ],
    )

    def __init__(self, data: Any = None, *, city: City, colleagues: QuerySet[User]) -> None:
        super().__init__(data)
        self._city = city
        self.fields["by"].queryset = colleagues  # type: ignore[attr-defined]

    def clean_who(self) -> str:
        who: str = self.cleaned_data["who"].strip()
        self._found = [] if is_reference(who) else self._known_by(who)
        if len(self._found) > 1:
            raise forms.ValidationError(
                _("Plusieurs personnes ont ce numéro. Cherchez par une adresse e-mail ou une référence.")
            )
        return who

    def _known_by(self, contact: str) -> list[User]:
        person = find_person(email=contact)
        return [person] if person else people_at(contact, city=self._city)

    def asked(self) -> Asked:
        """As `record.rows` takes it; whom nobody knows has no row."""
        said = self.cleaned_data
        who, by = said["who"], said["by"]
        person = None
        if not is_reference(who):
            person = self._found[0].pk if self._found else 0
        last = said["last_day"]
        return Asked(
            person=person,
            colleague=by.pk if by else None,
            reference=read_reference(who) or "",
            since=at_hour(said["first_day"], time.min, self._city) if said["first_day"] else None,
            until=at_hour(last + timedelta(days=1), time.min, self._city) if last else None,
            kind=said["kind"],
        )
