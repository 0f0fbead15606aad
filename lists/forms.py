"""What is asked of somebody who takes a list in."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from catalogue.fields import NEED, OFFER, Flag, Word, Words
from catalogue.imports.guessing import Guess
from lists.kinds import COLUMNS, FIXABLE, label
from lists.models import LONGEST_NAME, Sender, What
from lists.selectors import WordQuestion

NOTHING = "nothing"


class UploadForm(forms.Form):
    """A file, what it holds, and who sends it."""

    # Which of the two senders is to be said depends on what it holds: no browser may ask for both.
    use_required_attribute = False

    what = forms.ChoiceField(
        label=gettext_lazy("Cette liste contient"),
        choices=[
            (What.OFFERS, gettext_lazy("des propositions\u202f: logements, objets, temps")),
            (What.NEEDS, gettext_lazy("des besoins d’une association")),
        ],
        widget=forms.RadioSelect,
        initial=What.OFFERS,
    )
    name = forms.CharField(
        label=gettext_lazy("De qui viennent ces propositions"),
        max_length=LONGEST_NAME,
        help_text=gettext_lazy(
            "Par exemple «\u00a0Paroisse de la Meinau\u00a0». Donnez chaque fois le même nom\u202f: ses colonnes "
            "seront reconnues, et ses lignes aussi."
        ),
    )
    organisation = forms.ModelChoiceField(
        label=gettext_lazy("De quelle association sont ces besoins"),
        queryset=Organisation.objects.none(),
        help_text=gettext_lazy("Seulement pour une liste de besoins."),
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy(
            "xlsx, xls, ods ou csv. Il est gardé chiffré une semaine, puis effacé. Rien n’est enregistré avant que "
            "vous l’ayez dit."
        ),
    )

    def __init__(self, *args: Any, senders: Iterable[Sender], organisations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.fields["name"].widget.attrs
        known["list"], self.senders = "sources-connues", senders
        organisation = self.fields["organisation"]
        assert isinstance(organisation, forms.ModelChoiceField)
        organisation.queryset = organisations
        self.fields["name"].error_messages["required"] = _("Dites de qui vient cette liste.")
        organisation.error_messages["required"] = _("Choisissez l’association dont sont ces besoins.")
        if self.is_bound:
            of_needs = self.data.get(self.add_prefix("what")) == What.NEEDS
            self.fields["name"].required, organisation.required = not of_needs, of_needs


class ColumnsForm(forms.Form):
    """Which of ours each column of the file is, and what holds for all lines of a column that the file lacks."""

    def __init__(
        self,
        *args: Any,
        sender: Sender,
        header: Sequence[str],
        guesses: Sequence[Guess],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        what = sender.what
        ours = [(column.name, capfirst(label(what, column.name))) for column in COLUMNS[what]]
        ours.sort(key=lambda pair: pair[1].casefold())
        self.columns = [f"column-{at}" for at in range(len(header))]
        for at, (text, guess) in enumerate(zip(header, guesses, strict=True)):
            self.fields[self.columns[at]] = forms.ChoiceField(
                label=text or _("colonne %(n)s, sans nom") % {"n": at + 1},
                choices=[("", _("ne pas lire")), *ours],
                initial=guess.name,
                required=False,
            )
        self.fixed = {name: f"fixed-{name}" for name in FIXABLE[what]}
        for name, field in self.fixed.items():
            self.fields[field] = _fixed_field(what, name, sender.fixed.get(name, ""))

    def chosen(self) -> list[str]:
        """Of each column in its order, which of ours it is."""
        return [self.cleaned_data[name] for name in self.columns]

    def for_all(self) -> dict[str, str]:
        """By column, what holds for all lines."""
        return {name: self.cleaned_data[field] for name, field in self.fixed.items()}


def _fixed_field(what: str, name: str, said: str) -> forms.Field:
    choices = _choices(what, name)
    options: dict[str, Any] = {"label": capfirst(label(what, name)), "required": False, "initial": said}
    if choices is None:
        return forms.CharField(max_length=200, **options)
    return forms.ChoiceField(choices=[("", "–"), *choices], **options)


def _choices(what: str, name: str) -> list[tuple[str, Any]] | None:
    """The words that a column holds, where there are few."""
    table = OFFER if what == What.OFFERS else NEED
    if name not in table:
        return None
    match table[name].shape:
        case Flag():
            return [("oui", _("oui")), ("non", _("non"))]
        case Word(choices=choices) | Words(choices=choices):
            return list(choices.choices)
    return None


class AnswersForm(forms.Form):
    """What words of the list mean, each asked once."""

    def __init__(self, *args: Any, what: str, questions: Sequence[WordQuestion], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = questions
        for one in questions:
            self.fields[one.name] = _answer_field(what, one)

    def answers(self) -> dict[str, dict[str, str]]:
        """By column and word, what it means; "" for a cell that counts as empty. What nobody answered is left out."""
        said: dict[str, dict[str, str]] = {}
        for one in self.questions:
            meant = self.cleaned_data.get(one.name)
            if isinstance(meant, list):
                meant = "|".join(meant)
            if meant:
                is_empty = NOTHING in meant.split("|") or meant.strip() in ("-", "–", "—")
                said.setdefault(one.column.name, {})[one.text] = "" if is_empty else meant
        return said


def _answer_field(what: str, one: WordQuestion) -> forms.Field:
    title = _("«\u00a0%(text)s\u00a0» dans la colonne «\u00a0%(column)s\u00a0» veut dire") % {
        "text": one.text,
        "column": label(what, one.column.name),
    }
    choices = _choices(what, one.column.name)
    options: dict[str, Any] = {"label": title, "required": False}
    if choices is None and one.choices:
        choices = [(text, text) for text in one.choices]
    if choices is None:
        return forms.CharField(
            max_length=200,
            help_text=_("%(message)s Écrivez-le autrement, ou un tiret pour une cellule vide.")
            % {"message": capfirst(one.message)},
            **options,
        )
    if not one.column.required:
        choices = [*choices, (NOTHING, _("rien\u202f: laisser vide"))]
    table = OFFER if what == What.OFFERS else NEED
    name = one.column.name
    if name in table and isinstance(table[name].shape, Words):
        return forms.MultipleChoiceField(
            choices=choices,
            widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--inline"}),
            **options,
        )
    return forms.ChoiceField(
        choices=choices, widget=forms.RadioSelect(attrs={"class": "choices--inline"}), **options
    )
