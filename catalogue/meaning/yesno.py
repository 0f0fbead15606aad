"""Yes and no, in all their dresses."""

import re

from django.utils.translation import gettext as _

from catalogue.items.words import words_of
from catalogue.meaning.text import Reading, Unclear, folded

_YES = (
    {folded(word) for word in ("так", "да", "بله", "بلی")}
    | words_of(
        "yes y oui o ouais yep yeah true vrai 1 1.0 1,0 x ok √ ✓ ✔ ☑ ✅ 👍 [x] (x) volontiers certainement absolument "
        "evidemment ja نعم ايوا"
    )
    | {
        "✔️",
        "☑️",
        "d'accord",
        "bien sur",
        "tout a fait",
        "avec plaisir",
        "bien entendu",
        "oui oui",
        "of course",
        "sans hesiter",
    }
)
_NO = {
    folded(word)
    for word in (
        "ні", "нет", "نخیر", "نه", "pas du tout", "non merci", "surtout pas", "hors de question", "pas possible",
        "en aucun cas", "not at all", "no thanks", "no way", "[ ]", "[]", "( )", "()",
    )
} | words_of("no n non false faux 0 0.0 0,0 ☐ □ 🚫 👎 jamais nope nein impossible لا كلا")  # fmt: skip
# Words that a remark may follow without any mark between.
_SAYS_YES = re.compile(r"(?:oui|yes|vrai|true|ok|✓|✔|☑|✅)(?![^\W_])[\ufe0f]?\s*(.*)")
_SAYS_NO = re.compile(r"(?:non|no|faux|false|☐|□)(?![^\W_])\s*([-–—:,;.(/].*)")
# Of what is asked, which answer is proposed first.
_LEANS_TO_NO = re.compile(
    r"\b(?:plutot non|pas|ni|non|no|interdite?s?|exclue?s?|refusee?s?|sans|bof)\b(?! de? ?(?:pb|soucis?|problemes?))"
)
_DOUBT = re.compile(
    r"\?|؟|\b(?:mais|sauf|si|seulement|uniquement|peut|parfois|voir|selon|condition|conditions|reserve|discuter|accord"
    r"|depend|possible|eventuellement|pas|non|no|ni|plus|but|except|only|unless|maybe|not|if|sometimes|oui|yes"
    r"|fum\w*|smok\w*)\b"
)


def read_yes_no(text: str) -> Reading[bool]:
    """Yes or no, a remark beside it or not ("oui, ascenseur"). Unclear when it is neither,
    or a remark leaves a doubt.
    """
    written = folded(text)
    bare = written.strip(" .!,;:")
    if bare in _YES:
        return Reading(True)
    if bare in _NO:
        return Reading(False)
    for value, pattern in ((True, _SAYS_YES), (False, _SAYS_NO)):
        if (match := pattern.fullmatch(written)) and not _DOUBT.search(match[1]):
            return Reading(value, _("oui") if value else _("non"))
    raise Unclear(
        _("oui ou non est attendu, pas «\u00a0%(text)s\u00a0».") % {"text": text.strip()},
        written=text.strip(),
        choices=("non", "oui") if _LEANS_TO_NO.search(written) else ("oui", "non"),
        code="yes_no",
    )
