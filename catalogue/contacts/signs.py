"""Signs that nobody types and that come along when something is copied, and words for nothing."""

import re
import unicodedata

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_SPACES = re.compile(r"\s+")
# "aucun", "pas d'adresse", "n'a pas de mail", "sans", "NC", "/": instead of leaving the cell empty.
_NOTHING = re.compile(
    r"(?:[-–—_./\\|*?…]+|x+|0|n\.?[ac]\.?|n/[acr]|n\.?r\.?|ns|nsp|nul|null|none|nan|no|non|nope|aucune?s?|neant|nil|vide|sans|rien|"
    r"(?:je |il |elle |on )?(?:ne |n')?(?:en a|en ont|sait|veut|souhaite|possede) pas|pas|pas encore|refuse|"
    r"inconnue?|unknown|absente?|empty|indisponible|"
    r"(?:non |pas )(?:communiquee?|renseignee?|precisee?|connue?|fournie?|donnee?|disponible|applicable)|"
    r"(?:(?:il |elle |ils |elles )?(?:n'?|n )?(?:a |ont |ai |en )?(?:a |ai )?(?:pas|point|aucune?|sans|no|ne sait pas)"
    r"(?: (?:encore|de|d|d'|l'))*(?: ?(?:adresses?|e-?mails?|mails?|courriels?|telephones?|tel|portables?|mobiles?|"
    r"fixes?|numeros?|phone|internet|connexion))(?: (?:mail|e-?mail|electronique|number|address))?))"
)


def bare(text: str) -> str:
    """Without invisible signs and marks of direction, any run of spaces as one."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def plain_digits(text: str) -> str:
    """Arabic, Persian, Bengali and all other digits as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def says_nothing(text: str) -> bool:
    """Whether a word stands where there is nothing to say.

    >>> says_nothing("n’a pas d'adresse")
    True
    """
    plain = bare(text).casefold().replace("’", "'")
    if not plain.isascii():
        decomposed = unicodedata.normalize("NFKD", plain)
        plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    plain = plain.strip(" .()[]\"'")
    return not plain or _NOTHING.fullmatch(plain) is not None
