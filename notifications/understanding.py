"""What a text says when it says one thing: yes, no, later, call me, stop. Everything else is for a person to read.

A text counts only when all of it is one of these words, whatever its alphabet, case, accents and surrounding signs, and
what is only polite: "Bonjour, oui merci !" is a yes, "oui mais pas avant 20h" is not. Nor is what its own signs put in
doubt: "Oui ?", "oui 👎", "oui 😢", "-1". "D'accord, merci" may say no more than that it was read. Who asks to be called
may go on and say when: a person reads that.
"""

import re
import unicodedata
from collections.abc import Mapping

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Said(TextChoices):
    """What a text says, where it says one thing and no other."""

    YES = "yes", _("oui")
    NO = "no", _("non")
    LATER = "later", _("plus tard")
    CALL_ME = "call_me", _("demande à être appelé")
    STOP = "stop", _("ne plus recevoir de SMS")
    START = "start", _("recevoir de nouveau des SMS")
    UNCLEAR = "unclear", _("à lire par une personne")


# One line a language. Left out on purpose, for a person to read: "ok" (it may say no more than "read"), the Pashto yes
# (in Arabic the same letters say "he"), the Dari "خیر" (in Arabic "good"), "la" (an Arabic no to some, a French word to
# others), and languages of which nobody here is sure.
_WORDS: Mapping[Said, Mapping[str, tuple[str, ...]]] = {
    Said.YES: {
        "*": ("1",),
        "fr": ("oui", "oui bien sûr", "oui d’accord", "oui je peux", "ouais", "d’accord"),
        "en": ("yes", "yes I can", "yeah", "yep", "y"),
        "ar": ("نعم", "أيوه", "أيوة", "أجل", "موافق", "موافقة"),
        "uk": ("так",),
        "ru": ("да",),
        "prs": ("بله", "بلی", "آری"),
        "ti": ("እወ",),
        "am": ("አዎ", "አዎን"),
        "so": ("haa",),
        "tr": ("evet",),
        "es": ("sí",),
        "pt": ("sim",),
        "de": ("ja",),
    },
    Said.NO: {
        "*": ("2",),
        "fr": ("non", "non désolé", "non désolée", "n"),
        "en": ("no", "no sorry", "nope"),
        "ar": ("لا", "كلا"),
        "uk": ("ні",),
        "ru": ("нет",),
        "prs": ("نه", "نخیر"),
        "ti": ("ኣይፋል", "አይፋል", "ኣይፋሉን"),
        "am": ("አይ", "አይደለም"),
        "so": ("maya",),
        "tr": ("hayır",),
        "pt": ("não",),
        "de": ("nein",),
    },
    Said.LATER: {
        "fr": ("plus tard", "pas maintenant", "pas encore"),
        "en": ("later", "not now", "not yet"),
        "ar": ("لاحقا", "فيما بعد", "بعدين", "ليس الآن"),
        "uk": ("пізніше", "потім", "не зараз"),
        "ru": ("позже", "потом", "не сейчас"),
        "prs": ("بعدا", "بعدتر"),
        "tr": ("sonra", "daha sonra"),
        "es": ("más tarde", "luego"),
        "pt": ("mais tarde", "depois"),
        "de": ("später",),
    },
    Said.STOP: {
        "*": ("stop", "sms stop", "stopp"),
        "fr": ("arrêt", "arrêter", "arrêtez", "stoppez", "désabonner", "désinscrire", "désinscription"),
        "en": ("unsubscribe", "opt out"),
        "ar": ("توقف", "توقفوا", "قف", "أوقف", "أوقفوا", "إيقاف", "ستوب", "إلغاء الاشتراك"),
        "uk": ("стоп", "стоп смс", "зупинити", "зупиніть", "припиніть", "відписатися", "відписка"),
        "ru": ("остановить", "остановите", "прекратите", "отписаться", "отписка"),
        "prs": ("توقف کنید", "لغو اشتراک"),
        "am": ("አቁም", "አቁሙ"),
        "tr": ("durdur", "durdurun"),
        "es": ("parar", "pare", "basta", "baja", "darme de baja"),
        "de": ("abmelden",),
    },
    Said.START: {
        "*": ("start",),
        "fr": ("reprendre", "reprise"),
        "ar": ("ابدأ", "استئناف"),
        "uk": ("старт",),
    },
    Said.CALL_ME: {
        "fr": (
            "rappelez-moi", "rappelle-moi", "appelez-moi", "appelle-moi", "rappel svp", "merci de me rappeler",
            "merci de m’appeler", "vous pouvez me rappeler", "pouvez-vous me rappeler", "à rappeler",
        ),
        "en": ("call me", "call me back", "please call", "please call me", "can you call me", "ring me"),
        "ar": ("اتصل بي", "اتصلوا بي", "اتصلي بي", "كلمني", "كلموني", "أرجو الاتصال بي", "الرجاء الاتصال بي"),
        "uk": ("зателефонуйте", "передзвоніть", "подзвоніть", "наберіть мене"),
        "ru": ("перезвоните", "позвоните"),
        "prs": ("به من زنگ بزنید", "زنگ بزنید", "با من تماس بگیرید"),
        "ti": ("ደውሉለይ", "ደውለለይ", "ደውልለይ"),
        "am": ("ደውሉልኝ", "ይደውሉልኝ"),
        "so": ("i soo wac", "ii soo wac", "isoo wac"),
        "tr": ("beni arayın", "beni ara", "arayın"),
        "es": ("llámeme", "llámame", "llámenme"),
        "pt": ("ligue-me", "liga-me", "telefone-me", "me ligue"),
        "de": ("rufen Sie mich an", "bitte anrufen", "bitte um Rückruf"),
    },
}  # fmt: skip

# What is polite and says nothing, before an answer or after it. Not "désolé": beside a yes it would be a doubt.
_POLITE: Mapping[str, tuple[str, ...]] = {
    "fr": (
        "bonjour", "bonsoir", "salut", "merci", "merci beaucoup", "merci bien",
        "svp", "s’il vous plaît", "s’il te plaît",
    ),
    "en": ("hello", "hi", "please", "thanks", "thank you"),
    "ar": ("السلام عليكم", "مرحبا", "شكرا", "شكرا لكم", "شكرا جزيلا", "من فضلك", "من فضلكم", "لو سمحتم"),
    "uk": ("добрий день", "вітаю", "дякую", "будь ласка"),
    "ru": ("здравствуйте", "добрый день", "спасибо", "пожалуйста"),
    "prs": ("سلام", "تشکر", "متشکرم", "ممنون", "لطفا"),
    "tr": ("merhaba", "teşekkürler", "teşekkür ederim", "lütfen"),
    "es": ("hola", "buenos días", "buenas tardes", "gracias", "muchas gracias", "por favor"),
    "pt": ("olá", "bom dia", "obrigado", "obrigada", "por favor"),
    "de": ("hallo", "guten Tag", "danke", "bitte"),
}  # fmt: skip

# A question back, a sign that says the contrary or shrugs, what is struck through, a number with a sign: no answer.
_QUESTION = re.compile("[?？؟፧⁇⁈⁉❓❔🤔🤷\u0335-\u0338\u20e0]|[-+\u2212\u2013]\\s*\\d")
_SAYS_YES = re.compile("[👍✅✔👌🆗🙆]")
# Beside a yes no other sign may stand, for nobody can list those that take it back: "oui 😢", "oui :(".
_HARMLESS = frozenset("👍✅✔☑👌🆗🙆🙏❤♥💙💛😊🙂☺😀😃😄♂♀")
_SAD = re.compile(r"[:;=]['’-]?[(\[/\\|]")
# To one who is told something these say no more than "read", once there are thanks beside them.
_AGREED = ("d’accord", "موافق", "موافقة")
_THANKS = re.compile(r"\b(?:merci|شكرا|thanks|thank you)\b")

# A longer text is somebody's own words.
LONGEST = 40
_NOT_WORDS = re.compile(r"[^\w\s]|_")
# Letters that are told apart on keyboards, not by readers.
_ALIKE = str.maketrans(
    {"ى": "ي", "ی": "ي", "ې": "ي", "ک": "ك", "ة": "ه", "ـ": "", "ı": "i", "ʼ": "", "ß": "s"}
)


def understood(text: str) -> Said:
    """What a text says; UNCLEAR when it says more than one word of ours, or another."""
    bare = _bare(text)
    if _CALL_ME.match(bare) or _CALL_ME.match(_to_the_point(bare)):
        return Said.CALL_ME
    if len(bare) > LONGEST:
        return Said.UNCLEAR
    point = _to_the_point(bare)
    if _STOP.fullmatch(bare) or _STOP.fullmatch(point):
        return Said.STOP
    said = _MEANING.get(bare) or _MEANING.get(point, Said.UNCLEAR)
    return (
        Said.UNCLEAR if _is_doubtful(said, text) or (point in _ONLY_AGREED and _THANKS.search(bare)) else said
    )


def _is_doubtful(said: Said, text: str) -> bool:
    """Whether the signs of an answer speak against it."""
    if said == Said.YES and (_SAD.search(text) or any(map(_is_other_sign, text))):
        return True
    if said == Said.NO and _SAYS_YES.search(text):
        return True
    return said in (Said.YES, Said.NO, Said.LATER) and bool(_QUESTION.search(text))


def _is_other_sign(sign: str) -> bool:
    return unicodedata.category(sign) == "So" and sign not in _HARMLESS


def _to_the_point(bare: str) -> str:
    """Without what is polite at its beginning and end."""
    before = None
    while bare != before:
        before, bare = bare, _POLITE_AROUND.sub("", bare)
    return bare


def _bare(text: str) -> str:
    """A text without what does not change its meaning.

    Presentation forms, accents, harakat, tatweel, marks of direction, case, signs and emoji around words; the digits of
    every script are ours. An apostrophe parts words as a space does.
    """
    letters = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    kept = (sign for sign in letters if unicodedata.category(sign) not in ("Mn", "Cf", "Me"))
    plain = "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in kept)
    return " ".join(_NOT_WORDS.sub(" ", plain.translate(_ALIKE)).split())


_MEANING: Mapping[str, Said] = {
    _bare(word): said for said, languages in _WORDS.items() for words in languages.values() for word in words
}

_ONLY_AGREED = frozenset(map(_bare, _AGREED))

_POLITE_WORDS = "|".join(re.escape(_bare(word)) for words in _POLITE.values() for word in words)
_POLITE_AROUND = re.compile(f"^(?:{_POLITE_WORDS})(?: |$)|(?:^| )(?:{_POLITE_WORDS})$")
# As advertisers have taught everybody: "STOP au 36180".
_STOP = re.compile(r"stop ?(?:(?:sms|pub|au|aux|les|tout|all|\d{4,6})(?: |$))*")
_CALL_ME = re.compile(
    f"(?:{'|'.join(re.escape(word) for word, said in _MEANING.items() if said == Said.CALL_ME)})(?!\\S)"
)
