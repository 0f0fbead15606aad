"""What somebody chooses about the messages to them."""

from datetime import date, time, timedelta
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.formats import time_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import ServiceForm
from accounts.models import User
from catalogue.contacts import PhoneField, shown
from catalogue.forms.days import DayField
from cities.models import QUIET_FROM, QUIET_UNTIL
from notifications import channel_registry
from notifications.callbacks import Suits
from notifications.events import Refusable
from notifications.models import DIGEST_CHOICES, Preference

LONGEST_PAUSE = timedelta(days=366)


class PreferenceForm(ServiceForm):
    """Boxes that are ticked say yes: what is not ticked is refused."""

    channels = forms.MultipleChoiceField(
        label=_("Vous pouvez m’écrire"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Si vous ne cochez rien, la ville vous appelle."),
    )
    rings_at_night = forms.BooleanField(
        label=_("Un SMS peut m’arriver entre 21\u00a0h et 8\u00a0h"),
        help_text=_("Seulement si quelqu’un cherche un toit pour la nuit même."),
        required=False,
    )
    quiet_from = forms.TypedChoiceField(
        label=_("Ne m’écrivez pas à partir de"), required=False, coerce=time.fromisoformat, empty_value=None
    )
    quiet_until = forms.TypedChoiceField(
        label=_("… et jusqu’à"),
        required=False,
        coerce=time.fromisoformat,
        empty_value=None,
        help_text=_("Ce qui ne presse pas attend la fin de ces heures."),
    )
    digest_hours = forms.MultipleChoiceField(
        label=_("Ce qui peut attendre m’arrive à"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--inline"}),
        help_text=_("Le résumé du jour et les nouvelles à donner. Sans choix\u202f: aux heures habituelles."),
    )
    days_off = forms.MultipleChoiceField(
        label=_("Mes jours sans résumé"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--inline"}),
    )
    sorts = forms.MultipleChoiceField(
        label=_("Envoyez-moi aussi"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Sans rappel, une proposition que vous ne confirmez pas s’arrête d’elle-même."),
    )
    paused_until = DayField(
        label=_("Ne me demandez rien de nouveau jusqu’au"),
        required=False,
        help_text=_("Pendant une pause, ce qui est déjà convenu continue. Vide\u202f: pas de pause."),
    )

    def __init__(self, data: Any = None, *, person: User, chosen: Preference, today: date) -> None:
        is_paused = chosen.paused_until is not None and chosen.paused_until >= today
        ways = _ways(person)
        # The team alone has a digest.
        is_of_team = person.city_roles.exists()
        works_here = is_of_team or person.memberships.exists()
        sorts = [sort for sort in Refusable if sort != Refusable.DIGEST or is_of_team]
        initial = {
            "channels": [name for name in ways if name not in chosen.refused_channels],
            "rings_at_night": chosen.rings_at_night,
            "quiet_from": _hour(chosen.quiet_from),
            "quiet_until": _hour(chosen.quiet_until),
            "digest_hours": chosen.digest_hours,
            "days_off": [str(day) for day in chosen.days_off],
            "sorts": [sort.value for sort in sorts if sort not in chosen.refused_sorts],
            "paused_until": chosen.paused_until if is_paused else None,
        }
        super().__init__(data, initial=initial)
        self._chosen, self._today = chosen, today
        channels = channel_registry.all_channels()
        self.fields["channels"].choices = [  # type: ignore[attr-defined]
            (name, channels[name].label) for name in ways
        ]
        self.fields["sorts"].choices = [(sort.value, sort.label) for sort in sorts]  # type: ignore[attr-defined]
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].choices = _hours()  # type: ignore[attr-defined]
        if works_here:
            self.fields["digest_hours"].choices = [  # type: ignore[attr-defined]
                (hour, time_format(time.fromisoformat(hour))) for hour in DIGEST_CHOICES
            ]
            self.fields["days_off"].choices = [  # type: ignore[attr-defined]
                (str(day), capfirst(WEEKDAYS[day])) for day in range(7)
            ]
        else:
            del self.fields["digest_hours"], self.fields["days_off"]
        if not ways:
            del self.fields["channels"], self.fields["quiet_from"], self.fields["quiet_until"]
        if not any(channels[name].rings for name in ways):
            del self.fields["rings_at_night"]

    def clean_paused_until(self) -> date | None:
        day: date | None = self.cleaned_data["paused_until"]
        if day and day < self._today:
            raise forms.ValidationError(_("Ce jour est passé."))
        if day and day > self._today + LONGEST_PAUSE:
            raise forms.ValidationError(_("Choisissez un jour d’ici un an."))
        return day

    def chosen(self) -> dict[str, Any]:
        """As `preferences.choose` takes it; what was not asked stays as it is."""
        return {
            "refused_channels": self._refused("channels", self._chosen.refused_channels),
            "refused_sorts": self._refused("sorts", self._chosen.refused_sorts),
            "paused_until": self.cleaned_data["paused_until"],
            "rings_at_night": self.cleaned_data.get("rings_at_night", self._chosen.rings_at_night),
            **self._quiet_hours(),
            "digest_hours": self.cleaned_data.get("digest_hours", self._chosen.digest_hours),
            "days_off": [int(day) for day in self.cleaned_data.get("days_off", self._chosen.days_off)],
        }

    def _quiet_hours(self) -> dict[str, time | None]:
        """Both or none: who chose one of them keeps the usual other."""
        if "quiet_from" not in self.fields:
            return {"quiet_from": self._chosen.quiet_from, "quiet_until": self._chosen.quiet_until}
        begins, ends = self.cleaned_data.get("quiet_from"), self.cleaned_data.get("quiet_until")
        if begins is None and ends is None:
            return {"quiet_from": None, "quiet_until": None}
        return {"quiet_from": begins or QUIET_FROM, "quiet_until": ends or QUIET_UNTIL}

    def _refused(self, field: str, before: list[str]) -> list[str]:
        if field not in self.fields:
            return before
        asked = [value for value, _label in self.fields[field].choices]  # type: ignore[attr-defined]
        kept = set(before) - set(asked)
        return sorted(kept | set(asked) - set(self.cleaned_data[field]))


def _hour(chosen: time | None) -> str:
    return chosen.isoformat("minutes") if chosen else ""


def _hours() -> list[tuple[str, str]]:
    hours = [time(hour) for hour in range(24)]
    return [("", gettext("comme la ville")), *((_hour(hour), time_format(hour)) for hour in hours)]


class CallMeForm(forms.Form):
    """When a call suits, and the number where we have none."""

    suits = forms.ChoiceField(
        label=_("Quand vous appeler\u202f?"),
        choices=Suits.choices,
        initial=Suits.SOON,
        widget=forms.RadioSelect,
    )
    number = PhoneField(
        label=_("Votre numéro de téléphone"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78.")},
    )

    def __init__(self, data: Any = None, *, has_number: bool) -> None:
        super().__init__(data)
        if has_number:
            del self.fields["number"]

    def given_number(self) -> str:
        given = self.cleaned_data.get("number")
        return shown(given) if given else ""


def _ways(person: User) -> list[str]:
    """The channels of machines that are able to reach this person."""
    return [name for name in channel_registry.reaching(person) if name in channel_registry.by_machine()]
