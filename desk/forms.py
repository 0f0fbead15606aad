"""What a coordinator asks of the queue, and what they write on a case."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from desk.baskets import NOBODY, Age, Basket
from desk.models import LONGEST_NAME, LONGEST_NOTE, LONGEST_WORDS


class FilterForm(forms.Form):
    """What is asked of the queue: sent by GET, so that the address keeps it."""

    panier = forms.ChoiceField(label=_("Où en est le dossier"), choices=Basket.choices)
    nature = forms.ChoiceField(label=_("Nature"), required=False)
    urgence = forms.ChoiceField(label=_("Urgence"), required=False)
    association = forms.ChoiceField(label=_("Association"), required=False)
    commune = forms.ChoiceField(label=_("Commune"), required=False)
    qui = forms.ChoiceField(label=_("Qui s’en occupe"), required=False)
    age = forms.ChoiceField(label=_("Attend"), required=False)

    def __init__(
        self,
        *,
        initial: dict[str, Any],
        organisations: list[tuple[int, str]],
        communes: list[tuple[str, str]],
        team: QuerySet[User],
    ) -> None:
        super().__init__(initial=initial)
        everything = ("", _("Peu importe"))
        of: dict[str, Any] = {
            "nature": Kind.choices,
            "urgence": Urgency.choices,
            "association": organisations,
            "commune": communes,
            "qui": [(NOBODY, _("Personne")), *((person.pk, str(person)) for person in team)],
            "age": Age.choices,
        }
        for name, choices in of.items():
            self.fields[name].choices = [everything, *choices]  # type: ignore[attr-defined]


class ViewForm(forms.Form):
    """A name for what is looked at."""

    name = forms.CharField(label=_("Nom de la vue"), max_length=LONGEST_NAME)


class NoteForm(forms.Form):
    text = forms.CharField(
        label=_("Note pour l’équipe"),
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Avec @ et un nom, cette personne est prévenue. Pas de santé, pas de papiers."),
    )


class FlagForm(forms.Form):
    words = forms.CharField(label=_("À faire"), max_length=LONGEST_WORDS)
    day = forms.DateField(label=_("Quel jour"), widget=forms.DateInput(attrs={"type": "date"}))
