"""One word is an answer, in any writing; anything more is for a person to read."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.understanding import _MEANING, _SAD, _WORDS, Said, understood

YES = [
    *(
        "oui 🙏",
        "oui ❤️",
        "oui 😊",
        "oui :)",
        "🙂 oui",
        "oui 🙆‍♂️",
        "oui d'accord, merci",
        "Bonjour, d'accord",
        "أجل",
    ),
    *(
        "OUI",
        "oui",
        " Oui ! ",
        "«Oui»",
        "oui.",
        "ＯＵＩ",
        "Oui 👍",
        "\u200eoui\u200f",
        "OUI merci",
        "D'accord",
        "d’accord",
    ),
    *(
        "YES",
        "Yes, please!",
        "نعم",
        "نَعَم",
        "نعـــم",
        "\u202bنعم\u202c",
        "نعم!",
        "ﻧﻌﻢ",
        "أيوة",
        "ايوه",
        "Так",
        "ТАК!",
    ),
    *(
        "Bonjour, oui",
        "oui svp",
        "OUI, merci beaucoup !",
        "oui s'il vous plaît",
        "Bonsoir oui merci",
        "oui 👍🏽",
    ),
    *(
        "так, будь ласка",
        "да, спасибо",
        "sí, gracias",
        "بله تشکر",
        "السلام عليكم، نعم",
        "ja bitte",
        "evet teşekkürler",
    ),
    *("да", "بله", "بلی", "እወ", "አዎ", "evet", "SÍ", "si", "Haa", "1", "1.", "١", "۱", "1️⃣"),
]
NO = [
    *(
        "NON",
        "non.",
        "Non, merci",
        "non désolé",
        "NO",
        "No thanks",
        "لا",
        "لأ",
        "لَا",
        "لا شكراً",
        "كلا",
        "ﻻ",
        "Ні",
        "НЕТ",
    ),
    *(
        "merci, non",
        "ні, дякую",
        "нет спасибо",
        "no, gracias",
        "نه، تشکر",
        "لا، شكرا جزيلا",
        "nein danke",
        "non 🙅",
    ),
    *("نه", "نخیر", "ኣይፋል", "አይ", "HAYIR", "hayır", "Maya", "Não", "nein", "2", "٢", "۲"),
]
LATER = [
    *(
        "Plus tard",
        "plus tard...",
        "PAS MAINTENANT",
        "later",
        "لاحقًا",
        "لاحقا",
        "بعدين",
        "пізніше",
        "потом",
        "بعدا",
    ),
]
STOP = [
    *("Bonjour STOP 36180", "STOP au 36180 merci", "stop les sms svp"),
    *(
        "STOP au 36180",
        "STOP 36180",
        "STOP36180",
        "Stop les SMS",
        "stop pub",
        "stop, svp",
        "STOP ?",
        "arrêtez svp",
    ),
    *(
        "stoppez",
        "stop por favor",
        "СТОП СМС",
        "відписатися",
        "отписаться",
        "توقفوا من فضلكم",
        "إلغاء الاشتراك",
    ),
    *("الغاء الاشتراك", "لغو اشتراک", "አቁም", "basta", "durdurun", "abmelden", "please stop"),
    *(
        "STOP",
        "stop",
        "Stop !",
        "STOP SMS",
        "Arrêt",
        "ARRET",
        "désabonner",
        "توقف",
        "توقّف",
        "стоп",
        "unsubscribe",
    ),
]
CALL_ME = [
    *("Bonjour, rappelez-moi svp", "السلام عليكم، اتصلوا بي", "добрий день, передзвоніть"),
    *(
        "Rappelez-moi",
        "rappelez moi après 18h svp",
        "APPELEZ-MOI !",
        "call me back",
        "اتصلوا بي غدا",
        "передзвоніть",
    ),
    *(
        "перезвоните",
        "به من زنگ بزنید",
        "beni arayın",
        "ደውሉልኝ",
        "llámeme",
        "merci de me rappeler demain matin",
    ),
]
UNCLEAR = [
    *("oui 😢", "oui 😂", "oui 🤷", "oui ⏳", "oui :(", "oui :/", "oui :-(", "oui ;(", "نعم 😕"),
    *("D'accord, merci", "merci, d'accord", "d’accord merci beaucoup", "موافق شكرا", "موافقة، شكرا لكم"),
    *(
        "oui mais…",
        "Oui… mais",
        "non merci pas ce soir",
        "oui pour ce soir",
        "Oui ?",
        "oui ??",
        "نعم؟",
        "так?",
        "oui 👎",
    ),
    *(
        "oui ❌",
        "non 👍",
        "oui 🤔",
        "-1",
        "+1",
        "− 2",
        "o\u0336u\u0336i\u0336",
        "1 oui",
        "oui 2",
        "½",
        "1/2",
        "pas d'accord",
    ),
    *(
        "نعم ان شاء الله",
        "نعم، إن شاء الله",
        "ان شاء الله",
        "لا مشكلة",
        "لا مانع",
        "нет проблем",
        "no problem",
        "да нет",
    ),
    *(
        "так, але",
        "так, але не сьогодні",
        "да, но",
        "sí, pero",
        "no hay problema",
        "بله اما",
        "evet ama",
        "ja aber",
        "ja nein",
    ),
    *(
        "merci",
        "Bonjour",
        "شكرا",
        "danke",
        "merci oui merci non",
        "oui désolé",
        "Non stop",
        "stop ou non",
        "ne dites pas stop",
    ),
    *("إلغاء", "cancel", "quit", "oui oui", "pas ce soir"),
    *(
        "",
        "   ",
        "👍",
        "oui mais pas avant 20h",
        "oui non",
        "oui ou non",
        "OK",
        "ok",
        "je ne sais pas",
        "nous",
        "3",
    ),
    *("12", "1 ou 2", "21", "Oui pour 2 personnes seulement", "non, mais ma voisine oui", "qui êtes-vous ?"),
    *(
        "ne dites pas oui",
        "نعم لكن بعد الثامنة",
        "لا أعرف",
        "так, але після 20",
        "خير",
        "هو",
        "oui" * 30,
        "o ui",
    ),
    *("Je conduis, je vous rappelle", "ne me rappelez pas", "rappelez-moire", "ça me rappelle quelque chose"),
]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        *((Said.YES, text) for text in YES),
        *((Said.NO, text) for text in NO),
        *((Said.LATER, text) for text in LATER),
        *((Said.STOP, text) for text in STOP),
        *((Said.CALL_ME, text) for text in CALL_ME),
        (Said.START, "Start"),
        *((Said.UNCLEAR, text) for text in UNCLEAR),
    ],
)
def test_what_is_understood(said, text):
    assert understood(text) == said


def test_no_word_means_two_things():
    meanings = {}
    for said, languages in _WORDS.items():
        for words in languages.values():
            for word in words:
                meanings.setdefault(understood(word), set()).add(said)
    assert meanings == {said: {said} for said in _WORDS}


@given(
    st.sampled_from(sorted(word for word, said in _MEANING.items() if said != Said.CALL_ME)),
    st.text(min_size=1),
)
def test_more_than_a_word_of_ours_is_never_taken_for_it(word, more):
    text = f"{word} {more} {word}"
    assert understood(text) == Said.UNCLEAR or understood(more) == Said.UNCLEAR


@given(st.sampled_from([text for texts in (YES, NO, LATER, STOP) for text in texts]), st.data())
def test_signs_around_it_and_its_case_change_nothing(text, data):
    signs = st.text(st.sampled_from(" .!…،;:\"'«»()\n\t\u200e\u200f\u2066\u2069*~"), max_size=5)
    around = (
        data.draw(signs) + data.draw(st.sampled_from([text, text.upper(), text.lower()])) + data.draw(signs)
    )
    assume(not _SAD.search(around) or _SAD.search(text))
    assert understood(around) == understood(text)


@given(st.text())
def test_any_text_is_understood_or_left_to_a_person(text):
    assert understood(text) in Said
