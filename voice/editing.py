"""What a town's team types of groups, proposals, opinions and answers: in French, then in other languages."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, NamedTuple

from django import forms
from django.conf import settings
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.forms import LinesField, ServiceForm
from catalogue.forms.days import DayField
from voice.models import Proposal, RemarkGroup
from voice.progress import GroupState, Verdict
from voice.words import LONGEST_TEXT, LONGEST_TITLE


class Asked(NamedTuple):
    """A text that is asked for in each language."""

    label: Any
    longest: int
    is_needed: bool = True
    help: Any = ""


class LanguagesForm(ServiceForm):
    """For each text one field a language, "title_fr"; the French ones stand before the others."""

    ASKED: ClassVar[Mapping[str, Asked]] = {}

    def __init__(self, data: Any = None, *, words: Mapping[str, Mapping[str, str]], **options: Any) -> None:
        initial = {f"{name}_{code}": text for name, said in words.items() for code, text in said.items()}
        super().__init__(data, initial={**initial, **options.pop("initial", {})}, **options)
        for code, language in settings.LANGUAGES:
            for name, asked in self.ASKED.items():
                self.fields[f"{name}_{code}"] = self._field(asked, code, language)

    def said(self, name: str) -> dict[str, str]:
        """A text by language, as typed."""
        return {code: self.cleaned_data[f"{name}_{code}"] for code, _language in settings.LANGUAGES}

    @property
    def french(self) -> list[forms.BoundField]:
        return [self[f"{name}_{settings.LANGUAGE_CODE}"] for name in self.ASKED]

    @property
    def others(self) -> list[forms.BoundField]:
        return [
            self[f"{name}_{code}"]
            for code, _language in settings.LANGUAGES
            if code != settings.LANGUAGE_CODE
            for name in self.ASKED
        ]

    @property
    def more(self) -> list[forms.BoundField]:
        """What is asked besides."""
        texts = {field.name for field in (*self.french, *self.others)}
        return [field for field in self if field.name not in texts]

    @staticmethod
    def _field(asked: Asked, code: str, language: object) -> forms.CharField:
        is_french = code == settings.LANGUAGE_CODE
        attrs = {"lang": code, "dir": "rtl" if get_language_info(code)["bidi"] else "ltr"}
        is_long = asked.longest > LONGEST_TITLE
        return LinesField(
            label=asked.label
            if is_french
            else _("%(what)s (%(language)s)") % {"what": asked.label, "language": language},
            help_text=asked.help if is_french else "",
            max_length=asked.longest,
            required=is_french and asked.is_needed,
            widget=forms.Textarea(attrs={**attrs, "rows": 5}) if is_long else forms.TextInput(attrs=attrs),
        )


def key_of(sent: str) -> int:
    """The key of a row, as a page sends it; 0, which no row has, for anything else."""
    return int(sent) if sent.isdecimal() and len(sent) < 19 else 0


GROUP_TITLE = Asked(
    _("Ce qui manque, en quelques mots"), LONGEST_TITLE, help=_("Public\u202f: aucun nom, aucune adresse.")
)


class NewGroupForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {"title": GROUP_TITLE}

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, words={})


class GroupForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {
        "title": GROUP_TITLE,
        "answer": Asked(_("Réponse de la ville"), LONGEST_TEXT, is_needed=False),
    }
    state = forms.ChoiceField(label=_("Où cela en est"), choices=GroupState.choices, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, group: RemarkGroup) -> None:
        words = {"title": group.titles, "answer": group.answers}
        super().__init__(data, words=words, initial={"state": group.state})


class ProposalForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {
        "title": Asked(_("Titre"), LONGEST_TITLE),
        "text": Asked(_("Ce qui changerait, et pourquoi"), LONGEST_TEXT),
    }

    def __init__(self, data: Any = None, *, proposal: Proposal | None = None) -> None:
        super().__init__(data, words={"title": proposal.titles, "text": proposal.texts} if proposal else {})


class OpenForm(ServiceForm):
    until = DayField(label=_("Remarques ouvertes jusqu’au"))

    def __init__(self, data: Any = None, *, until: date | None = None) -> None:
        super().__init__(data, prefix="open", initial={"until": until})


class OpinionForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {"opinion": Asked(_("L’avis, en mots"), LONGEST_TEXT)}
    on = DayField(label=_("Jour de l’avis"))
    verdict = forms.ChoiceField(label=_("Sens de l’avis"), choices=Verdict.choices, widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, proposal: Proposal) -> None:
        initial = {"on": proposal.opinion_on, "verdict": proposal.verdict}
        super().__init__(data, words={"opinion": proposal.opinion_texts}, prefix="opinion", initial=initial)


class AnswerForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {"answer": Asked(_("Réponse de la ville"), LONGEST_TEXT)}

    def __init__(self, data: Any = None, *, proposal: Proposal) -> None:
        super().__init__(data, words={"answer": proposal.answers}, prefix="answer")


class DropForm(LanguagesForm):
    ASKED: ClassVar[Mapping[str, Asked]] = {"answer": Asked(_("Pourquoi la ville y renonce"), LONGEST_TEXT)}

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, words={}, prefix="drop")
