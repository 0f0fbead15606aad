"""What is promised on `/vos-donnees/`, sentence by sentence. docs/privacy.md names the test that holds each, and
tests/privacy/test_papers.py fails for a promise without one. A promise that no test holds is not made.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Promise:
    key: str
    words: "StrPromise"


@dataclass(frozen=True, slots=True)
class Chapter:
    title: "StrPromise"
    promises: tuple[Promise, ...]


CHAPTERS = (
    Chapter(
        _("Ce qui existe sur vous"),
        (
            Promise(
                "copy",
                _(
                    "Tout ce que nous gardons sur vous tient en un fichier. Vous le prenez dans «\u00a0Mon "
                    "compte\u00a0»."
                ),
            ),
            Promise(
                "copy-by-phone",
                _("Vous n’avez que le téléphone\u202f? Votre ville vous en donne une copie sur papier."),
            ),
            Promise(
                "never-asked",
                _(
                    "Nous ne demandons jamais la nationalité, l’origine, la religion, les papiers, la santé, ni le nom "
                    "de famille des personnes accueillies."
                ),
            ),
            Promise(
                "of-use",
                _("Chaque question sert à quelque chose\u202f: ce qui ne sert à rien n’est pas demandé."),
            ),
        ),
    ),
    Chapter(
        _("Qui voit quoi"),
        (
            Promise(
                "after-two-yes",
                _("Votre nom et vos coordonnées ne sont donnés qu’une fois que chacun a dit oui."),
            ),
            Promise("thirty-days", _("L’association ne les voit plus trente jours après la fin.")),
            Promise(
                "suspended", _("Une association suspendue ou une personne qui l’a quittée ne les voit plus.")
            ),
            Promise(
                "readings",
                _("Chaque fois que quelqu’un lit vos coordonnées, c’est noté, et vous lisez la liste."),
            ),
            Promise("reports", _("Qui signale un problème reste confidentiel.")),
        ),
    ),
    Chapter(
        _("Combien de temps"),
        (
            Promise(
                "two-years",
                _(
                    "Deux ans après le dernier contact, tout est effacé. Nous vous prévenons trente jours avant, et un "
                    "geste suffit pour rester."
                ),
            ),
            Promise("traces", _("La liste de qui a lu ou écrit quoi est gardée deux ans.")),
            Promise("letter", _("Une adresse qui n’a pas confirmé la lettre est oubliée après sept jours.")),
            Promise("sessions", _("Où votre compte était ouvert est effacé chaque nuit, une fois fermé.")),
        ),
    ),
    Chapter(
        _("Vous décidez"),
        (
            Promise(
                "consent",
                _("Vous retirez votre accord quand vous voulez\u202f: ce qui en dépend s’arrête aussitôt."),
            ),
            Promise(
                "erase",
                _(
                    "Vous faites effacer vos données en un geste, ou par téléphone\u202f: rien ne dit plus qui vous "
                    "étiez."
                ),
            ),
            Promise("sharing", _("Les villes voisines ne voient vos propositions que si vous l’acceptez.")),
            Promise("cookies", _("Aucun suivi, et rien ne vient d’un autre site.")),
        ),
    ),
)
PROMISES = tuple(promise for chapter in CHAPTERS for promise in chapter.promises)
