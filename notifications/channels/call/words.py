"""What to say on the phone and what to ask, by event, in the language of whoever calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Script:
    """What to say, then what to ask."""

    say: "StrPromise"
    ask: "StrPromise"


_NEWS = Script(
    say=gettext_lazy("Donnez-lui la nouvelle ci-dessous, avec vos mots."),
    ask=gettext_lazy("A-t-elle compris\u202f? A-t-elle une question pour l’équipe\u202f?"),
)
_QUESTION = Script(
    say=gettext_lazy(
        "Ce qu’elle propose peut aider quelqu’un. Dites ce qui est demandé, les jours et le lieu, sans aucun nom."
    ),
    ask=gettext_lazy(
        "Est-ce possible pour elle\u202f? Elle peut dire non sans se justifier. Notez sa réponse sur sa page."
    ),
)
_ACCEPTED = Script(
    say=gettext_lazy("Une personne a dit oui à son besoin. Dites ce qui est proposé, les jours et le lieu."),
    ask=gettext_lazy(
        "Confirme-t-elle\u202f? Notez sa réponse sur sa page\u202f: l’aide est gardée jusque-là."
    ),
)
_AGREED = Script(
    say=gettext_lazy("C’est convenu. Lisez le jour, le lieu et le contact qui sont ci-dessous."),
    ask=gettext_lazy("A-t-elle de quoi noter\u202f? Faites répéter le numéro et l’adresse."),
)
_STILL = Script(
    say=gettext_lazy("Rappelez-lui ce qu’elle a proposé ou convenu."),
    ask=gettext_lazy("Est-ce toujours possible\u202f? Notez sa réponse sur sa page."),
)
_LONGER = Script(
    say=gettext_lazy(
        "Ce qu’elle donne a commencé. On demande si cela peut durer\u202f: dites jusqu’à quel jour."
    ),
    ask=gettext_lazy(
        "Est-ce possible pour elle\u202f? Un non ne change rien à ce qui est convenu. Notez sa réponse sur sa page."
    ),
)
_CONDITION = Script(
    say=gettext_lazy("Ce qui existe conviendrait presque à son besoin. Dites ce qui manque."),
    ask=gettext_lazy(
        "Son besoin peut-il changer sur ce point\u202f? Un non ne change rien. Notez sa réponse sur sa page."
    ),
)
_CONFIRM = Script(
    say=gettext_lazy("Quelqu’un a laissé une proposition avec ce numéro. Lisez-la."),
    ask=gettext_lazy("Est-ce bien elle\u202f? Si oui, est-elle d’accord pour que la ville la garde\u202f?"),
)
_HOW_WAS_IT = Script(
    say=gettext_lazy("Une rencontre était prévue. Vous appelez pour prendre des nouvelles."),
    ask=gettext_lazy("A-t-elle eu lieu\u202f? Tout s’est-il bien passé\u202f? Écoutez, sans insister."),
)
_WANTS_A_CALL = Script(
    say=gettext_lazy("Cette personne a écrit, ou a demandé qu’on l’appelle. Lisez d’abord ses mots."),
    ask=gettext_lazy(
        "Que voulait-elle dire\u202f? Reposez la question qui l’attendait, et notez sa réponse."
    ),
)

SCRIPTS: Mapping[str, Script] = {
    **dict.fromkeys(("match_question", "match_question_again"), _QUESTION),
    **dict.fromkeys(("match_accepted", "match_accepted_again"), _ACCEPTED),
    **dict.fromkeys(("match_confirmed", "match_moved"), _AGREED),
    **dict.fromkeys(("match_still_holds", "offer_reminder"), _STILL),
    "match_longer_asked": _LONGER,
    "condition_asked": _CONDITION,
    "offer_to_confirm": _CONFIRM,
    "followup_question": _HOW_WAS_IT,
    **dict.fromkeys(("call_wanted", "sms_to_read", "mail_to_read"), _WANTS_A_CALL),
}


def script(event: str) -> Script:
    """What is said and asked about an event; what only tells something is news."""
    return SCRIPTS.get(event, _NEWS)


def opening(*, town: str, person: str) -> str:
    """The first sentence of each call."""
    return _("«\u00a0Bonjour, ici l’équipe de %(town)s. Suis-je bien avec %(person)s\u202f?\u00a0»") % {
        "town": town,
        "person": person,
    }
