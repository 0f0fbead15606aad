"""The page of each kind of need."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.forms import RadioCards
from catalogue.forms.things import SizesField, ThingsField, meant_in, moved_note, pieces_note
from catalogue.items import ITEM, Said, for_whom, sizes_of
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind, Rhythm
from engine.goods import ANY, MIXED
from needs.forms import appointments
from needs.forms.base import NeedForm
from needs.models import Need

# What is missing of goods that nobody has named.
NEEDED: dict[str, Any] = {
    "items": _("Dites de quel objet il s’agit, ou choisissez une catégorie."),
    "category": _("Choisissez une catégorie."),
}


class HousingNeedForm(NeedForm):
    """A home for a household."""

    kind = Kind.HOUSING
    SECTIONS = (
        (
            _("Qui cherche un toit"),
            (
                "adult_women", "+adult_men",
                "children_under_3", "+children_3_to_11", "+children_12_to_17",
                "couple", "lone_minor",
            ),
        ),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (
            _("Quel logement"),
            (
                "shared_home_ok", "step_free_needed", "pets", "smoke_free_needed", "part_useful", "forms", "rent_up_to",
                "+rent_payer",
            ),
        ),
        (_("Pour bien faire"), ("text",)),
    )  # fmt: skip
    PLACES = {"quantity": "adult_women", "people": "adult_women"}
    OWN = {
        "part_useful": {"label": _("Le foyer peut être logé en plusieurs endroits")},
    }


class GoodsNeedForm(NeedForm):
    """A number of items."""

    kind = Kind.GOODS
    first_days = 30
    SECTIONS = (
        (_("De quoi avez-vous besoin"), ("items", "sizes", "category", "quantity", "+people", "part_useful")),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (_("Pour bien faire"), ("text",)),
    )
    OWN = {
        "items": {"help_text": _("Écrivez-le comme vous le dites\u202f: couette 140, lit bébé, téléphone.")},
        "category": {
            "label": _("Catégorie"),
            "help_text": _("Si l’objet n’est pas dans la liste, ou si tout objet de la catégorie convient."),
            "required": False,
            "widget": forms.Select(),
        },
        "quantity": {"initial": 1},
        "people": {"initial": 1},
        "part_useful": {
            "help_text": _("Plusieurs personnes peuvent alors se partager votre besoin."),
            "initial": True,
        },
    }

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        category: Any = self.fields["category"]
        category.choices = [("", "—"), *category.choices]
        items, sizes = self.fields["items"], self.fields["sizes"]
        assert isinstance(items, ThingsField)
        assert isinstance(sizes, SizesField)
        items.stored = self.initial.get("items", ())
        said = meant_in(self.data, "items", boxes=items.widget.boxes) if self.is_bound else items.stored
        sizes.widget.items = [one.item for one in said]
        sizes.widget.beside = "items"

    def _as_stored(self, need: Need) -> dict[str, Any]:
        said = [Said(item, words=need.item_words) for item in need.items if item != ANY]
        return {**super()._as_stored(need), "items": said}

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        said: list[Said] = answers.get("items") or []
        if "items" not in self.errors:
            self._name(answers, said)
        answers = super().clean()
        if "items" in self.errors:
            self.errors.pop("category", None)  # it follows from the object
        return answers

    def _name(self, answers: dict[str, Any], said: list[Said]) -> None:
        """What is named, with what it says of sizes, number and category; what follows is said (`notes`)."""
        typed = answers.get("sizes") or []
        answers["items"] = list(dict.fromkeys(one.item for one in said)) or [ANY]
        answers["item_words"] = next((one.words for one in said if one.words), "")
        try:
            named = tuple(size for one in said for size in one.sizes)
            sizes = for_whom(named, sizes_of(answers["items"], typed) or named)
        except ValidationError as error:
            self.add_error("sizes", error)
        else:
            answers["sizes"] = [] if MIXED in sizes else list(dict.fromkeys(sizes))
        if len(said) == 1 and (number := answers.get("quantity")):
            answers["quantity"] = said[0].pieces(number)
            if answers["quantity"] != number:
                self.notes.append(pieces_note(answers["quantity"]))
        self._find_category(answers)

    def _find_category(self, answers: dict[str, Any]) -> None:
        known = next((ITEM[code].category.value for code in answers["items"] if code in ITEM), "")
        if known:
            if answers.get("category") not in ("", None, known):
                self.notes.append(moved_note(known))
            answers["category"] = known
            self.errors.pop("category", None)
        elif not answers.get("category") and "category" not in self.errors:
            missing = "items" if answers["items"] == [ANY] else "category"
            self.add_error(missing, NEEDED[missing])


class SkillNeedForm(NeedForm):
    """Hours a week, or once; an appointment says its day, hour and length."""

    kind = Kind.SKILL
    first_days = 90
    SECTIONS = (
        (_("De quoi avez-vous besoin"), ("category", "languages_from", "languages_to")),
        (
            _("Combien de temps"),
            (
                "rhythm", appointments.DAY, f"+{appointments.HOUR}", f"+{appointments.LENGTH}",
                "quantity", "+people", "part_useful", "remote_ok",
            ),
        ),
        (_("Quand et où"), ("urgency", "first_day", "+last_day", "commune", "+reach_km")),
        (_("Pour bien faire"), ("text",)),
    )  # fmt: skip
    OWN = {
        "category": {"label": _("Quelle aide\u202f?")},
        "rhythm": {
            "initial": Rhythm.WEEKLY,
            "required": True,
            "widget": RadioCards(
                layout="two",
                hints={
                    Rhythm.WEEKLY: _("Des cours, un parrainage."),
                    Rhythm.ONCE: _("Un rendez-vous, un document, un déménagement."),
                },
            ),
        },
        "quantity": {
            "label": _("Combien d’heures\u202f?"),
            "help_text": _("Par semaine, ou en tout pour une seule fois. Un rendez-vous dit sa durée."),
            "initial": 1,
            "error_messages": {
                "required": _("Dites combien d’heures."),
                "min_value": _("Il en faut au moins une."),
                "max_value": _("Un besoin compte 80 heures par semaine au plus."),
            },
        },
        "people": {"initial": 1},
        "part_useful": {"label": _("Une partie des heures est déjà utile"), "initial": True},
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= appointments.fields(self.need)

    def _as_stored(self, need: Need) -> dict[str, Any]:
        appointment = appointments.stored(need)
        if need == self.like:  # its day is chosen anew
            appointment.pop(appointments.DAY, None)
        # Its hours are asked for with its day.
        return {**super()._as_stored(need), **appointment, **({"slots": []} if appointment else {})}

    def clean(self) -> dict[str, Any]:
        answers = self.cleaned_data
        self._clean_appointment(answers)
        if answers.get("category") not in LANGUAGE_PAIR_CATEGORIES:
            # What stands in a part of the page that does not concern this category is no answer.
            answers["languages_from"], answers["languages_to"] = [], []
            for name in ("languages_from", "languages_to"):
                self.errors.pop(name, None)
        elif not answers.get("languages_from") and "languages_from" not in self.errors:
            self.add_error("languages_from", _("Dites depuis quelle langue."))
        elif not answers.get("languages_to") and "languages_to" not in self.errors:
            answers["languages_to"] = ["fr"]
        return super().clean()

    def _clean_appointment(self, answers: dict[str, Any]) -> None:
        names = (appointments.DAY, appointments.HOUR, appointments.LENGTH)
        if answers.get("rhythm") != Rhythm.ONCE:
            # What stands in a part of the page that does not concern this rhythm is no answer.
            for name in names:
                self.errors.pop(name, None)
            return
        if set(names) & set(self.errors):
            return
        try:
            follows = appointments.answers(*(answers[name] for name in names))
        except ValidationError as refusal:
            self.add_refusal(refusal)
            return
        if follows:
            self.first_day_asked = appointments.DAY
        for name, value in follows.items():
            answers[name] = value
            self.errors.pop(name, None)


FORMS: dict[str, type[NeedForm]] = {
    form.kind: form for form in (HousingNeedForm, GoodsNeedForm, SkillNeedForm)
}
