"""The questions of "Je propose mon aide": what each asks, and which follow one another for each kind of help."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.fields import OFFER
from catalogue.vocabulary import Kind
from offers.forms import CONTACT, WHEN

Words = Any  # a lazy translation


@dataclass(frozen=True, slots=True)
class Step:
    """One question: the rows of the table whose `steps` name it, then fields of its own.

    `part` stands beside its number; `alone` means that its one field is the question itself; with `one_tap` each
    choice is a button that goes on; what is `optional` may be passed over.
    """

    name: str
    part: Words
    question: Words
    lead: Words = ""
    alone: bool = False
    one_tap: bool = False
    optional: bool = False
    own: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.own, *sorted(OFFER.at_step(self.name), key=_place_on_page))


# How a thing is handed over, and how far, stands together, after the place.
_AFTER_THE_PLACE = ("hand_over", "reach_km", "remote")


def _place_on_page(name: str) -> int:
    return _AFTER_THE_PLACE.index(name) + 1 if name in _AFTER_THE_PLACE else 0


def _steps() -> dict[str, Step]:
    steps = (
        Step("kind", _("Votre aide"), _("Que pouvez-vous proposer\u202f?"), alone=True, one_tap=True),
        Step("category", _("Votre aide"), _("De quoi s’agit-il\u202f?"), alone=True, one_tap=True),
        Step(
            "item",
            _("Vos objets"),
            _("Quel objet proposez-vous\u202f?"),
            _(
                "Écrivez-le comme vous le dites, avec le nombre et la taille\u202f: 30 couettes 140, un lit bébé."
            ),
            alone=True,
        ),
        Step(
            "goods",
            _("Vos objets"),
            _("Dites-nous-en un peu plus"),
        ),
        Step(
            "pair",
            _("Vos langues"),
            _("Entre quelles langues\u202f?"),
            _("Plusieurs réponses possibles."),
        ),
        Step(
            "where",
            _("Le lieu et les dates"),
            _("Où, et à partir de quand\u202f?"),
            _("Seule la commune est montrée aux associations. L’adresse reste cachée."),
            own=WHEN,
        ),
        Step(
            "guests",
            _("Votre logement"),
            _("Qui pouvez-vous accueillir\u202f?"),
            _("Vous pourrez toujours dire non à une demande."),
        ),
        Step("hours", _("Votre temps"), _("Combien de temps, et quand\u202f?")),
        Step(
            "details",
            _("Facultatif"),
            _("Précisions (facultatif)"),
            _("Dites ce qui est vrai. Le reste, nous vous le demanderons s’il le faut."),
            optional=True,
        ),
        # Asked on the last page, beside the answers.
        Step("you", _("Vous"), _("Comment vous joindre\u202f?"), own=(*CONTACT, "no_phone", "consent")),
    )
    return {step.name: step for step in steps}


STEPS = _steps()
ORDER: dict[str, tuple[str, ...]] = {
    "": ("kind", "category"),
    Kind.HOUSING: ("kind", "category", "where", "guests", "details"),
    Kind.GOODS: ("kind", "item", "category", "goods", "where", "details"),
    Kind.SKILL: ("kind", "category", "pair", "where", "hours", "details"),
}
# Where a home has places and hours have a number: the question that asks how much.
CAPACITY_STEPS = {Kind.HOUSING: "guests", Kind.GOODS: "goods", Kind.SKILL: "hours"}
# Until the kind is chosen, nobody knows how many questions follow: the longest list is announced.
MOST = max(len(order) for order in ORDER.values())
