"""The form of each question, those of the desk, and the file in which a question is read aloud."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.models import LowerCaseEmailField, Organisation
from catalogue.contacts import EmailField, EmailInput, NameField, PhoneField, region_of
from catalogue.fields.needs import CHILDREN, HOUSEHOLD, NEED, REMINDER
from catalogue.fields.shared import LARGEST
from catalogue.forms import CountField, LanguagesField, LanguagesWidget, RadioCards, form_field
from catalogue.references import read_reference
from catalogue.vocabulary import CATEGORIES, Category, Kind, Rhythm, Urgency
from cities.forms import CommuneField
from cities.models import City
from notifications import channel_registry
from statements import sounds
from statements.models import Way
from statements.selectors import LETTER

# Days, as people say them.
_LONG = [(7, _("Quelques nuits")), (30, _("Un mois")), (90, _("Trois mois")), (180, _("Plus longtemps"))]


class QuestionForm(forms.Form):
    """One question. `answers`: what was said before; `said` is what it says to keep, in plain values."""

    use_required_attribute = False
    # Fields that hang on the town, or on what was said before.
    more: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Of all fields that it may ask, whatever was said before."""
        return (*cls.base_fields, *cls.more)

    def __init__(self, data: Any = None, *, city: City, kind: str, answers: Mapping[str, Any], **kwargs: Any):
        self.city, self.kind, self.answers = city, kind, answers
        super().__init__(data, **kwargs)

    def said(self) -> dict[str, Any]:
        """Of a valid form: the answers, as they are kept."""
        return dict(self.cleaned_data)


class WhoForm(QuestionForm):
    more = tuple(HOUSEHOLD)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= {
            name: CountField(most=LARGEST[Kind.HOUSING], label=NEED[name].label, initial=0)
            for name in HOUSEHOLD
        }

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        total = sum(said.get(name) or 0 for name in HOUSEHOLD)
        if not self.errors and not total:
            self.add_error(None, _("Dites combien vous êtes."))
        elif not self.errors and total > LARGEST[Kind.HOUSING]:
            self.add_error(None, _("C’est plus de monde que nous ne pouvons en noter. Appelez la ville."))
        return said

    def said(self) -> dict[str, Any]:
        said = {name: self.cleaned_data[name] or 0 for name in HOUSEHOLD}
        # Children who say that no adult is with them.
        alone = not said["adult_women"] + said["adult_men"] and any(said[name] for name in CHILDREN)
        return {**said, "lone_minor": alone}


class HomeForm(QuestionForm):
    step_free_needed = forms.BooleanField(label=_("Nous ne pouvons pas monter d’escalier"), required=False)
    pets = forms.BooleanField(label=_("Nous avons un animal"), required=False)
    couple = forms.BooleanField(label=_("Nous sommes en couple"), required=False)


class LongForm(QuestionForm):
    days = forms.TypedChoiceField(
        label=_("Durée"),
        choices=_LONG,
        coerce=int,
        widget=RadioCards,
        error_messages={"required": _("Choisissez une durée.")},
    )


class ThingsForm(QuestionForm):
    """Of goods and of skills alike: which category."""

    more = ("category",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"] = forms.ChoiceField(
            label=_("Catégorie"),
            choices=[(value, capfirst(Category(value).label)) for value in CATEGORIES[self.kind]],
            widget=RadioCards(layout="two"),
            error_messages={"required": _("Choisissez une catégorie.")},
        )


class WhichForm(QuestionForm):
    item_words = forms.CharField(
        label=_("Lesquels\u202f?"), max_length=NEED["item_words"].longest, required=False
    )
    quantity = CountField(
        least=1,
        most=99,
        label=_("Combien\u202f?"),
        initial=1,
        error_messages={"required": _("Dites combien.")},
    )


class PairForm(QuestionForm):
    languages_from = LanguagesField(
        label=_("Votre langue"),
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
        error_messages={"required": _("Dites quelle langue.")},
    )


class RhythmForm(QuestionForm):
    rhythm = forms.ChoiceField(
        label=_("Rythme"),
        choices=[(Rhythm.ONCE, _("Une seule fois")), (Rhythm.WEEKLY, _("Chaque semaine"))],
        widget=RadioCards(
            hints={
                Rhythm.ONCE: _("Un rendez-vous, un document, un déménagement."),
                Rhythm.WEEKLY: _("Des cours, un parrainage."),
            }
        ),
        error_messages={"required": _("Choisissez l’un des deux.")},
    )


class WhenForm(QuestionForm):
    urgency = forms.ChoiceField(
        label=_("Quand"),
        widget=RadioCards,
        error_messages={"required": _("Dites pour quand.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [
            (Urgency.TONIGHT, _("Ce soir")),
            (Urgency.THIS_WEEK, _("Cette semaine")),
            (Urgency.PLANNED, _("Plus tard")),
        ]
        # Hours have a day of their own, agreed upon.
        chosen = words[1:] if self.kind == Kind.SKILL else words
        self.fields["urgency"].choices = chosen  # type: ignore[attr-defined]


class WhereForm(QuestionForm):
    more = ("commune",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = CommuneField(label=_("Commune"))
        field.city = self.city
        self.fields["commune"] = field

    def said(self) -> dict[str, Any]:
        return {"commune": self.cleaned_data["commune"].pk}


class LanguagesForm(QuestionForm):
    languages = LanguagesField(
        label=_("Langues"),
        required=False,
        widget=LanguagesWidget(attrs={"class": "choices--inline"}),
    )


class WordsForm(QuestionForm):
    more = ("text",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"] = form_field(
            NEED["text"],
            label=_("Ce que vous voulez nous dire"),
            help_text=REMINDER,
            required=False,
            max_length=600,
            widget=forms.Textarea(attrs={"rows": 4}),
        )


class WayForm(QuestionForm):
    way = forms.ChoiceField(
        label=_("Moyen"),
        choices=Way.choices,
        widget=RadioCards(
            hints={
                Way.MAIL: _("Nous envoyons un code."),
                Way.DESK: _("Vous y montrez un numéro, sur votre téléphone ou sur papier."),
            }
        ),
        error_messages={"required": _("Choisissez un moyen.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cards: Any = self.fields["way"].widget
        cards.hints[Way.PHONE] = (
            _("Nous envoyons un code par SMS.")
            if channel_registry.sends_codes()
            else _("Vous confirmez ensuite en appelant la ville.")
        )


class YouForm(QuestionForm):
    """Their first name and where they are reached; and that they agree to what becomes of it."""

    more = ("phone", "email")

    name = NameField(
        label=_("Votre prénom"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    agrees = forms.BooleanField(
        label=_("Je suis d’accord pour que la ville garde ces réponses et les transmette à une association."),
        help_text=_("L’association vous contacte. Vous pouvez tout retirer quand vous voulez."),
        error_messages={"required": _("Sans votre accord, nous ne pouvons rien garder.")},
    )

    def __init__(self, *args: Any, is_known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        way = "" if is_known else self.answers.get("way")
        if way == Way.PHONE:
            self.fields["phone"] = PhoneField(
                region=region_of(self.city.seat_id),
                label=_("Votre téléphone"),
                error_messages={
                    "required": _("Écrivez votre numéro."),
                    "invalid": _("Ce numéro n’est pas complet. Écrivez-le par exemple 06 12 34 56 78."),
                },
            )
        elif way == Way.MAIL:
            self.fields["email"] = EmailField(
                label=_("Votre adresse e-mail"),
                widget=EmailInput(attrs={"autocomplete": "email"}),
                error_messages={
                    "required": _("Écrivez votre adresse e-mail."),
                    "invalid": _("Cette adresse n’est pas complète. Écrivez par exemple prenom@exemple.org."),
                },
            )
        self.order_fields(["name", "phone", "email", "agrees"])

    def clean_email(self) -> str:
        return str(LowerCaseEmailField.normalised(self.cleaned_data["email"]))

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            name: self.cleaned_data[name] for name in ("name", "email") if name in self.cleaned_data
        }
        if "phone" in self.cleaned_data:
            said["phone"] = self.cleaned_data["phone"].as_e164
        return said


FORMS: Mapping[str, type[QuestionForm]] = {
    "qui": WhoForm,
    "logement": HomeForm,
    "duree": LongForm,
    "objets": ThingsForm,
    "lesquels": WhichForm,
    "aide": ThingsForm,
    "langues": PairForm,
    "rythme": RhythmForm,
    "quand": WhenForm,
    "ou": WhereForm,
    "parler": LanguagesForm,
    "autre": WordsForm,
    "reponse": WayForm,
    "vous": YouForm,
}


class NumberForm(forms.Form):
    """The number that a person shows at a desk or to an association."""

    number = forms.CharField(
        label=_("Le numéro que montre la personne"),
        help_text=_("Par exemple D-4KQ7-2MXN."),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "ltr"}),
        error_messages={"required": _("Écrivez le numéro.")},
    )

    def clean_number(self) -> str:
        found = read_reference(self.cleaned_data["number"], prefix=LETTER)
        if found is None:
            raise ValidationError(_("Ce numéro n’est pas complet. Il compte une lettre et huit signes."))
        return found


class EntrustForm(forms.Form):
    """Which association is asked to look after it. `listed`: those of `organisations`, where they are read already."""

    organisation = forms.ModelChoiceField(
        label=_("À quelle association\u202f?"),
        queryset=Organisation.objects.none(),
        empty_label=_("Choisissez"),
        error_messages={"required": _("Choisissez une association.")},
    )

    def __init__(
        self,
        *args: Any,
        organisations: QuerySet[Organisation],
        listed: Sequence[Organisation] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["organisation"]
        field.queryset = organisations
        if listed is not None:
            field.choices = [("", field.empty_label), *((one.pk, str(one)) for one in listed)]


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Pourquoi"),
        help_text=REMINDER,
        max_length=300,
        error_messages={"required": _("Dites pourquoi, en quelques mots.")},
    )


class RecordingForm(forms.Form):
    """A question read aloud in one language. Cleans `file` to its bytes."""

    question = forms.ChoiceField(label=_("Question"))
    language = forms.ChoiceField(label=_("Langue"))
    file = forms.FileField(
        label=_("Fichier"),
        help_text=_("MP3, M4A, Ogg ou WAV, %(most)s ko au plus.") % {"most": sounds.MOST_BYTES // 1024},
        error_messages={"required": _("Choisissez un fichier.")},
    )

    def __init__(self, *args: Any, questions: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["question"].choices = questions  # type: ignore[attr-defined]
        self.fields["language"].choices = settings.LANGUAGES  # type: ignore[attr-defined]

    def clean_file(self) -> bytes:
        sent = self.cleaned_data["file"]
        content = bytes(sent.read(sounds.MOST_BYTES + 1))
        sounds.media_type(content)  # refuses what is too long, or no sound
        return content
