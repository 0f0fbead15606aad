"""What is asked about a visit, during it, of its host, and about an empty dwelling."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import selectors as accounts
from accounts.forms import ServiceForm
from accounts.models import User
from catalogue.contacts import EmailField, PhoneField
from catalogue.forms import DayField, RadioCards, WholeField
from catalogue.meaning import units_of
from catalogue.times import hour_words
from cities.days import at_hour, local_time
from cities.forms import CommuneField
from cities.models import City
from homes.models import Dwelling, Extract, Refusal, Stage, Visit, Wish
from homes.selectors import needs_extract
from offers.models import Offer

FIRST_HOUR, LAST_HOUR, STEP = 8 * 60, 20 * 60 + 30, 30
USUAL_HOUR = 14 * 60
VALID_MONTHS = (3, 6, 12, 18, 24, 36)
# How the owner of a dwelling is reached.
CONTACT = ("owner_phone", "owner_email")
YES_NO = (("yes", _("Oui")), ("no", _("Non")))
PATH: list[Stage] = [stage for stage in Stage if stage != Stage.DROPPED]


class PlanForm(ServiceForm):
    """When a home is visited, and by whom of the team; nobody visits their own."""

    day = DayField(label=_("Quel jour\u202f?"))
    hour = forms.TypedChoiceField(label=_("À quelle heure\u202f?"), coerce=int, initial=USUAL_HOUR)
    visitor = forms.ModelChoiceField(
        label=_("Qui vient\u202f?"), queryset=User.objects.none(), empty_label=None
    )

    def __init__(
        self, data: Any = None, *, offer: Offer, by: User, visit: Visit | None = None, prefix: str = ""
    ) -> None:
        city = offer.city
        here = local_time(visit.starts_at, city) if visit else None
        initial = {
            "visitor": visit.visitor_id if visit else by.pk,
            "day": here.date() if here else None,
            "hour": here.hour * 60 + here.minute if here else USUAL_HOUR,
        }
        super().__init__(data, initial=initial, prefix=prefix)
        self._city = city
        self.fields["visitor"].queryset = accounts.desk_of(city).exclude(pk=offer.owner_id)  # type: ignore[attr-defined]
        minutes = sorted({*range(FIRST_HOUR, LAST_HOUR + 1, STEP), initial["hour"]})
        self.fields["hour"].choices = [  # type: ignore[attr-defined]
            (minute, hour_words(minute)) for minute in minutes
        ]

    def starts_at(self) -> datetime:
        return at_hour(self.cleaned_data["day"], time(*divmod(self.cleaned_data["hour"], 60)), self._city)


class SeenForm(ServiceForm):
    """What was seen so far: one field for each question, and a few words beside it. Saved as it is, or, when one
    `concludes`, with all that is needed.
    """

    use_required_attribute = False

    extract = forms.ChoiceField(
        label=_("Extrait de casier judiciaire regardé"),
        help_text=_("Regardez-le, rendez-le. N’en gardez ni copie, ni photo, ni contenu."),
        choices=Extract.choices,
        required=False,
        widget=RadioCards(layout="inline"),
    )
    charter_on = DayField(label=_("Charte signée le"), required=False)
    note = forms.CharField(
        label=_("Note de l’équipe"),
        help_text=_("L’hôte ne la lit pas."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, data: Any = None, *, visit: Visit, asked: list[dict[str, str]], concludes: bool = True
    ) -> None:
        said = {"extract": visit.extract, "charter_on": visit.charter_on, "note": visit.note}
        super().__init__(data, initial=said)
        self._asked = asked
        self.fields["charter_on"].required = concludes
        self.fields["extract"].required = concludes and needs_extract(visit.offer)
        for number, known in enumerate(asked):
            self.fields[f"answer_{number}"] = forms.ChoiceField(
                label=known["question"],
                choices=YES_NO,
                required=concludes,
                initial=known["answer"],
                widget=RadioCards(layout="inline"),
            )
            self.fields[f"words_{number}"] = forms.CharField(
                label=_("Précision"), max_length=200, required=False, initial=known["note"]
            )

    def questions(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"answer_{n}"], self[f"words_{n}"]) for n in range(len(self._asked))]

    def seen(self) -> dict[str, Any]:
        answers = [
            {
                "question": known["question"],
                "answer": self.cleaned_data[f"answer_{number}"],
                "note": self.cleaned_data[f"words_{number}"],
            }
            for number, known in enumerate(self._asked)
        ]
        said = {name: self.cleaned_data[name] for name in ("extract", "charter_on", "note")}
        return {**said, "answers": [answer for answer in answers if answer["answer"] or answer["note"]]}


class RefusalForm(ServiceForm):
    refusal = forms.ChoiceField(
        label=_("Pour quelle raison\u202f?"), choices=Refusal.choices, widget=RadioCards
    )


class WishForm(ServiceForm):
    wish = forms.ChoiceField(
        label=_("Quand plutôt\u202f?"), choices=Wish.choices, initial=Wish.AFTERNOON, widget=RadioCards
    )


class QuestionsForm(ServiceForm):
    """The town's own list, and for how long a visit counts."""

    questions = forms.CharField(
        label=_("Questions"),
        help_text=_("Une par ligne, à laquelle on répond par oui ou par non. Vide\u202f: notre liste."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    visit_valid_months = forms.TypedChoiceField(label=_("Une visite vaut"), coerce=int)

    def __init__(self, data: Any = None, *, questions: list[str], city: City) -> None:
        super().__init__(
            data, initial={"questions": "\n".join(questions), "visit_valid_months": city.visit_valid_months}
        )
        self.fields["visit_valid_months"].choices = [  # type: ignore[attr-defined]
            (months, ngettext("%(n)s mois", "%(n)s mois", months) % {"n": months})
            for months in sorted({*VALID_MONTHS, city.visit_valid_months})
        ]

    def lines(self) -> list[str]:
        return str(self.cleaned_data["questions"]).splitlines()


class DwellingForm(ServiceForm):
    """What is known of an empty dwelling. `hides_contact`: how its owner is reached is neither shown nor changed."""

    title = forms.CharField(
        label=_("Nom"),
        help_text=_("Pour s’y retrouver\u202f: «\u00a0T3 rue du Moulin\u00a0»."),
        max_length=120,
    )
    commune = CommuneField()
    address = forms.CharField(label=_("Adresse"), max_length=200, required=False)
    capacity = WholeField(label=_("Places"), min_value=1, max_value=50, units=units_of("capacity"))
    owner_name = forms.CharField(label=_("Propriétaire"), max_length=120, required=False)
    owner_phone = PhoneField(
        label=_("Téléphone"), required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    owner_email = EmailField(label=_("E-mail"), required=False)
    rent = WholeField(
        label=_("Loyer par mois, en euros"),
        min_value=0,
        max_value=20_000,
        required=False,
        units=units_of("rent"),
    )
    lease_from = DayField(label=_("Début du bail"), required=False)
    lease_until = DayField(label=_("Fin du bail"), required=False)
    note = forms.CharField(
        label=_("Note de l’équipe"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(
        self, data: Any = None, *, city: City, dwelling: Dwelling | None = None, hides_contact: bool = False
    ) -> None:
        known = {name: getattr(dwelling, name) for name in self.base_fields} if dwelling else {}
        super().__init__(data, initial=known)
        if hides_contact:
            for name in CONTACT:
                del self.fields[name]
        self.fields["commune"].city = city  # type: ignore[attr-defined]


class StepForm(ServiceForm):
    stage = forms.ChoiceField(label=_("Étape"), choices=Stage.choices, widget=RadioCards(layout="inline"))
    due_on = DayField(label=_("Suite prévue le"), required=False)

    def __init__(self, data: Any = None, *, dwelling: Dwelling) -> None:
        following = (
            PATH[min(PATH.index(Stage(dwelling.stage)) + 1, len(PATH) - 1)]
            if dwelling.stage in PATH
            else Stage.FOUND
        )
        super().__init__(data, initial={"stage": following, "due_on": None})


class CostForm(ServiceForm):
    what = forms.CharField(label=_("Dépense"), max_length=120)
    euros = WholeField(label=_("Montant en euros"), units=units_of("rent"))
    day = DayField(label=_("Date"))

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"day": today})
