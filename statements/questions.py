"""The questions of a statement, in their order: one a page. Each has a name in its address and in its recording."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Question:
    """`lead`: what stands under it, where it needs saying."""

    name: str
    text: "StrPromise"
    lead: "StrPromise | str" = ""


KIND = Question("besoin", _("De quoi avez-vous besoin\u202f?"))
_QUESTIONS = (
    Question("qui", _("Combien êtes-vous\u202f?"), _("Vous, et les personnes qui dorment avec vous.")),
    Question(
        "logement",
        _("Qu’est-ce qui est important\u202f?"),
        _("Vous pouvez ne rien cocher."),
    ),
    Question("duree", _("Pour combien de temps\u202f?"), _("À peu près. Cela peut changer.")),
    Question("objets", _("Quels objets\u202f?")),
    Question("lesquels", _("Lesquels, et combien\u202f?"), _("Dans votre langue, si c’est plus facile.")),
    Question("aide", _("Quelle aide\u202f?")),
    Question("langues", _("Entre quelles langues\u202f?")),
    Question("rythme", _("Une fois, ou chaque semaine\u202f?")),
    Question("quand", _("Quand\u202f?")),
    Question("ou", _("Où êtes-vous\u202f?"), _("La commune suffit. Nous ne demandons pas d’adresse.")),
    Question(
        "parler", _("Quelles langues parlez-vous\u202f?"), _("Nous cherchons quelqu’un qui vous comprend.")
    ),
    Question(
        "autre", _("Voulez-vous ajouter quelque chose\u202f?"), _("Vous pouvez laisser cette page vide.")
    ),
    Question(
        "reponse",
        _("Comment vous répondre\u202f?"),
        _("Rien n’est montré à personne avant que vous ayez confirmé."),
    ),
    Question("vous", _("Comment vous appeler\u202f?"), _("Sans nom de famille.")),
)
QUESTIONS: Mapping[str, Question] = {one.name: one for one in (KIND, *_QUESTIONS)}

_OF_KIND: Mapping[str, tuple[str, ...]] = {
    Kind.HOUSING: ("qui", "logement", "duree"),
    Kind.GOODS: ("objets", "lesquels"),
    Kind.SKILL: ("aide", "langues", "rythme"),
}
_OF_ALL = ("quand", "ou", "parler", "autre", "reponse", "vous")


def asked(kind: str, answers: Mapping[str, Any], *, is_known: bool) -> list[Question]:
    """The questions after the first one. `is_known`: how to answer somebody who is signed in, we know."""
    names = [*_OF_KIND[kind], *_OF_ALL]
    if answers.get("category") not in LANGUAGE_PAIR_CATEGORIES:
        names = [name for name in names if name != "langues"]
    if is_known:
        names.remove("reponse")
    return [QUESTIONS[name] for name in names]
