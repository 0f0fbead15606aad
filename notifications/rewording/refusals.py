"""Why a text is refused, in words, beside the field in which it stands."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from cities.models import City
from notifications.rewording import samples
from notifications.wording.checking import Problem
from notifications.wording.models import Form
from notifications.wording.selectors import wrong_with
from notifications.wording.texts import BuiltIn

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
# A link of our own in an SMS has about as many; a longer one fills a segment by itself.
LONGEST_LINK = 40


def refuse_wrong(
    city: City, built_in: BuiltIn, *, form: Form, language: str, title: str, body: str, by: User
) -> None:
    """Raises ValidationError, by field, with everything that speaks against these words."""
    wrong = wrong_with(built_in, form=form, title=title, body=body)
    refused = {field: [in_words(problem) for problem in found] for field, found in wrong.items()}
    if form == Form.SHORT and not refused:
        refused = {"body": _wrong_as_sms(city, built_in, language=language, body=body, by=by)}
    if any(refused.values()):
        raise ValidationError({field: said for field, said in refused.items() if said})


def in_words(problem: Problem) -> str:
    said = {
        "empty": _("Écrivez un texte."),
        "unknown": _("Ligne %(line)s\u202f: «\u00a0{%(what)s}\u00a0» n’existe pas dans ce message."),
        "brace": _("Ligne %(line)s\u202f: une accolade ne sert qu’à entourer un élément, comme {dates}."),
        "control": _(
            "Ligne %(line)s\u202f: un signe invisible s’est glissé dans le texte. Retapez la ligne."
        ),
        "missing": _("Il manque «\u00a0{%(what)s}\u00a0»\u202f: ce message promet cette information."),
        "long": _("C’est trop long\u202f: %(what)s signes au plus."),
        "lines": _("L’objet tient sur une ligne."),
    }[problem.code]
    return said % {"line": problem.line, "what": problem.what}


def _wrong_as_sms(city: City, built_in: BuiltIn, *, language: str, body: str, by: User) -> list[str]:
    links = [link for link in _LINK.findall(body) if len(link) > LONGEST_LINK]
    said = [_("Ce lien est trop long pour un SMS\u202f: %(link)s") % {"link": link} for link in links]
    sample = samples.made_up(
        city, built_in, form=Form.SHORT, language=language, title="", body=body, reader=by
    )
    if not sample.sms:
        said.append(
            _(
                "C’est trop long\u202f: avec le lien et ce qui l’entoure, un message tient en %(n)s SMS au plus."
            )
            % {"n": settings.SMS_MAX_SEGMENTS}
        )
    return said
