"""How what people type is cut into words that can be compared, in each language whose grammar we know.

A language that is not here still finds items by its translations: word by word, as they are written there.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "’": "'", "ʼ": "'", "ـ": "", "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي"}
)
_HIDDEN = re.compile(r"[\u200b-\u200f\u2066-\u2069\u061c\ufeff]")
# Raised figures are those of a footnote, but for "m²": "2²" is two, not twenty-two.
_RAISED = re.compile(r"(?<=[^\W_])(?<![mM])[¹²³⁰⁴-⁹]+")
_BETWEEN_DIGITS_AND_LETTERS = re.compile(r"(?<=\d)(?=[^\W\d_])|(?<=[^\W\d_])(?=\d)")


def fold(text: str) -> str:
    """Lower case without accents or vowel signs, plain digits, letters apart from digits.

    >>> fold("Matelas 140×190, d’été")
    "matelas 140x190, d'ete"
    """
    if text.isascii():
        return text.lower()
    plain = _RAISED.sub("", _HIDDEN.sub("", text.casefold())).replace("×", "x")
    plain = "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() else char
        for char in unicodedata.normalize("NFKD", plain).casefold()
        if not unicodedata.combining(char)
    )
    return plain.translate(_LETTERS)


def spaced(folded: str) -> str:
    """Digits apart from letters: "90x190" is "90 x 190", "6ans" is "6 ans"."""
    return _BETWEEN_DIGITS_AND_LETTERS.sub(" ", folded)


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written in one line."""
    return frozenset(text.split())


def _same(word: str) -> str:
    return word


def _french(word: str) -> str:
    bare = word[:-1] if len(word) > 3 and word[-1] in "sx" else word
    return bare.replace("ph", "f")


def _english(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ves"):
        return word[:-3] + "f"
    if len(word) > 4 and re.search(r"(ch|sh|ss|x)es$", word):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word[:-1] if word.endswith("fe") else word


def _arabic(word: str) -> str:
    return word[2:] if len(word) > 4 and word.startswith("ال") else word


# After `fold`, which takes the marks off й and ї. The longest first.
_SLAVIC_ENDINGS = (
    "ями", "ами", "ого", "ему", "ому", "ими", "ыми", "ов", "ев", "ів", "еи", "ои", "ам", "ям", "ах", "ях", "ою",
    "ею", "ом", "ем", "ых", "их", "ые", "ие", "ая", "яя", "ое", "ее", "ый", "ии", "ым", "им", "ую", "юю",
    "а", "я", "о", "е", "є", "у", "ю", "и", "і", "ы", "ь",
)  # fmt: skip


def _slavic(word: str) -> str:
    """Without the ending of its case and number: "ковдри", "ковдра" and "ковдру" are one word."""
    for ending in _SLAVIC_ENDINGS:
        if len(word) >= len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def _spanish(word: str) -> str:
    if len(word) > 4 and re.search(r"[^aeiou]es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _dari(word: str) -> str:
    """Without the signs of the plural, written apart or not."""
    for ending in ("هاي", "ها"):
        if len(word) >= len(ending) + 2 and word.endswith(ending):
            return word[: -len(ending)]
    return word


@dataclass(frozen=True)
class Grammar:
    """What a language does to words. Lists hold words as `fold` leaves them."""

    stem: Callable[[str], str] = _same
    # Words that say nothing; those that tie what follows to what comes before; those that tell two things apart.
    silent: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    between: frozenset[str] = frozenset()
    # Those after which stands what would do instead.
    either: frozenset[str] = frozenset()
    # What follows comes with the thing, or is said to be missing: "avec matelas", "et sa chaise", "sans matelas".
    beside: str = r"(?!)"
    without: frozenset[str] = frozenset()
    # They come before what a number of things is: "un sac de vêtements", "trois paquets de couches".
    holders: frozenset[str] = frozenset()
    # Said of a thing, it stays the thing: colours, states, places in a home.
    neutral: frozenset[str] = frozenset()
    # It makes something else of what it is said of.
    changing: frozenset[str] = frozenset()
    # Words of the same meaning, by the one that stands for them.
    same: dict[str, str] = field(default_factory=dict)
    child: str = ""
    baby: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    # The thing comes first and what is said of it after, so that a word unknown after it may be a maker's name.
    thing_first: bool = False
    # A conjunction that is written as one with the next word.
    joined_and: str = ""

    def __post_init__(self) -> None:
        for name in ("holders", "neutral", "changing"):
            written = getattr(self, name)
            object.__setattr__(self, name, written | {self.lemma(word) for word in written})

    def lemma(self, word: str) -> str:
        """A word in the form in which it is compared."""
        return self.same.get(word) or self.same.get(stem := self.stem(word)) or stem


FRENCH = Grammar(
    stem=_french,
    silent=words_of(
        "le la les l un une des ce cet cette ces mon ma mes notre nos votre vos leur leurs son sa ses je j ai"
        " tu il nous vous on y qui que est sont c s m n donne donner cherche recherche besoin propose offre"
        " bonjour merci svp urgent tres bien encore tout toute tous toutes environ divers diverses quelques"
        " plusieurs autre autres"
    ),
    links=words_of("de d du des a au aux pour en par"),
    between=words_of("et ou plus"),
    either=words_of("ou"),
    beside=r"\b(?:avec|y compris|et (?:sa|son|ses))\b",
    without=words_of("sans"),
    holders=words_of(
        "lot pack paquet set serie ensemble boite carton caisse sachet sac assortiment piece paire unite"
        " exemplaire kilo kg litre bouteille pot tube modele rouleau cageot palette stock douzaine type sorte"
    ),
    neutral=words_of(
        "neuf neuve propre lave lavee usage usagee occasion bon bonne etat comme parfait excellent correct"
        " fonctionnel fonctionne marche revise revisee reconditionne reconditionnee ancien ancienne moderne"
        " beau belle joli jolie petit petite grand grande gros grosse large long longue court courte haut bas"
        " leger legere chaud chaude epais epaisse solide simple double pliant pliante pliable empilable"
        " demontable electrique appoint complet complete blanc blanche noir noire gris grise bleu bleue rouge"
        " vert verte beige marron rose jaune orange violet violette clair claire fonce foncee uni unie bois"
        " pin chene metal metallique fer inox plastique verre cuir tissu coton laine lin velour satin flanelle"
        " polaire synthetique plume duvet hiver ete saison mi pluie froid ville campagne cuisine salon chambre"
        " maison studio salle manger bain jardin famille enfant etudiant jeune senior homme femme"
        " monsieur dame adulte mixte fille garcon taille pointure size cm mm metre place personne porte tiroir"
        " feu kg ans moi pouce groupe assorti assortie pret prete prepare preparee garni garnie aller"
        " travailler travail formation rentree ecole college lycee scolaire cp ce1 ce2 cm1 cm2 sixieme"
        " primaire maternelle frai fraiche ikea decathlon bosch samsung apple hp dell lenovo asus acer"
        " whirlpool route tour dos x go barreau cote gauche droite angle emporter debarrasser disponible"
        " gratuit non dimension different differente col manche capuche occultant occultante cabine roulette"
        " francais anglais arabe ukrainien russe espagnol persan turc fle"
    ),
    changing=words_of("chien chat animal animaux poupee barbie jouet miniature hamster deguisement collection"),
    same={
        "fille": "enfant", "garcon": "enfant", "fillette": "enfant", "ado": "enfant", "adolescent": "enfant",
        "adolescente": "enfant", "junior": "enfant", "gamin": "enfant", "ecolier": "enfant", "nourrisson": "bebe",
        "naissance": "bebe", "femmes": "femme", "dame": "femme", "monsieur": "homme", "habit": "vetement",
        "fringue": "vetement", "affaire": "vetement", "yeux": "oeil", "tele": "television", "tv": "television",
        "clef": "cle", "clic": "clic", "velos": "velo",
    },
    child="enfant",
    baby="bebe",
    numbers={
        "deux": "2", "trois": "3", "quatre": "4", "cinq": "5", "six": "6", "sept": "7", "huit": "8", "dix": "10",
        "onze": "11", "douze": "12", "quinze": "15", "vingt": "20", "trente": "30",
    },
    thing_first=True,
)  # fmt: skip
ENGLISH = Grammar(
    stem=_english,
    silent=words_of(
        "the a an my our your their his her some any i we have need needs needed looking want wanted please"
        " hello thanks give giving offer to it is are this that very quite nearly about various s"
    ),
    links=words_of("of for in from with on"),
    between=words_of("and or plus"),
    either=words_of("or"),
    beside=r"\b(?:with|including|and (?:its|his|her|their))\b",
    without=words_of("without"),
    holders=words_of(
        "lot pack packet set box bag piece pair bundle kilo kg litre bottle tube carton case unit item"
    ),
    neutral=words_of(
        "new clean used old good condition working refurbished modern nice small large big tall long short"
        " light warm thick single double folding electric white black grey gray blue red green beige brown"
        " pink yellow wood wooden metal plastic leather cotton wool fleece winter summer home kitchen bedroom"
        " living room bathroom garden family student child man woman adult unisex year month old inch size cm"
        " kg person place door drawer complete work medium size door left right free available ikea bosch"
        " samsung apple hp dell lenovo x"
    ),
    changing=words_of("dog cat pet doll toy miniature costume"),
    same={
        "children": "child", "kid": "child", "boy": "child", "girl": "child", "teen": "child", "teenager": "child",
        "toddler": "child", "women": "woman", "lady": "woman", "men": "man", "newborn": "baby", "infant": "baby",
        "clothing": "clothe", "garment": "clothe", "nappy": "nappy", "diaper": "nappy", "bedsheet": "sheet",
    },
    child="child",
    baby="baby",
    numbers={
        "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
        "nine": "9", "ten": "10", "twelve": "12",
    },
)  # fmt: skip
ARABIC = Grammar(
    stem=_arabic,
    silent=words_of(
        "اريد احتاج نحتاج عندي لدي هذا هذه من فضلك بعض"
    ),
    links=words_of("ل لل من في مع على"),
    between=words_of("و او"),
    either=words_of("او"),
    beside=r"(?:^|(?<=\s))مع(?=\s|$)",
    without=words_of("بدون"),
    holders=words_of(
        "علبه كيس زوج قطعه قطع طقم صندوق كيلو مجموعه"
    ),
    neutral=words_of(
        "جديد جديده نظيف نظيفه مستعمل مستعمله صغير صغيره كبير كبيره ابيض بيضاء اسود سوداء ازرق احمر شتوي"
        " شتويه صيفي صيفيه كهربايي كهرباييه خشب خشبي سنه سنوات شهر اشهر مقاس قياس سم شخص شخصين اطفال رجل رجالي"
        " نساء نسايي نساييه رجاليه واحد"
    ),
    same={
        "طفل": "اطفال", "ولد": "اطفال", "اولاد": "اطفال", "بنت": "اطفال", "بنات": "اطفال", "للاطفال": "اطفال",
        "لطفل": "اطفال", "طفله": "اطفال", "رضع": "رضيع", "للرضيع": "رضيع", "مواليد": "رضيع", "بيبي": "رضيع",
        "للرجال": "رجالي", "للنساء": "نسايي",
    },
    child="اطفال",
    baby="رضيع",
    numbers={"اثنان": "2", "اثنين": "2", "ثلاثه": "3", "اربعه": "4", "خمسه": "5", "سته": "6", "عشره": "10"},
    joined_and="و",
)  # fmt: skip
UKRAINIAN = Grammar(
    stem=_slavic,
    silent=words_of("я ми є маю маємо потрібен потрібна потрібно потрібні шукаю шукаємо прошу дякую наш моя мій це ще"),
    links=words_of("для з із зі на в у до від"),
    between=words_of("і та и або чи"),
    either=words_of("або чи"),
    beside=r"(?:^|(?<=\s))(?:з|із|разом з)(?=\s|$)",
    without=words_of("без"),
    holders=words_of("набір комплект пара пакет коробка ящик пачка штука шт кілограм кг пляшка упаковка"),
    neutral=words_of(
        "новии нова нове чистии чиста чисте вживании вживана стан добрии малии мала маленькии маленька великии велика"
        " білии чорнии сіріи синіи червонии зимовии зимова літніи теплии тепла деревянии металевии електричнии дім"
        " родина дитина чоловік жінка чоловіча жіноча рік роки місяць розмір см кг особа"
    ),
    same={
        "діти": "дит", "дитячии": "дит", "дитяча": "дит", "дитячі": "дит", "дитяче": "дит", "дитина": "дит",
        "дитини": "дит", "немовля": "немовл", "немовляти": "немовл", "немовлят": "немовл",
    },
    child="дит",
    baby="немовл",
    numbers={
        "один": "1", "два": "2", "дві": "2", "три": "3", "чотири": "4", "пять": "5", "шість": "6", "десять": "10",
    },
)  # fmt: skip
RUSSIAN = Grammar(
    stem=_slavic,
    silent=words_of("я мы есть имею нужен нужна нужно нужны ищу ищем прошу спасибо наш моя мои это еще"),
    links=words_of("для с со на в из до от"),
    between=words_of("и или"),
    either=words_of("или"),
    beside=r"(?:^|(?<=\s))(?:с|со|вместе с)(?=\s|$)",
    without=words_of("без"),
    holders=words_of("набор комплект пара пакет коробка ящик пачка штука шт килограмм кг бутылка упаковка"),
    neutral=words_of(
        "новыи новая новое чистыи чистая чистое состояние хорошии малыи маленькии маленькая большои большая белыи"
        " черныи серыи синии красныи зимнии зимняя летнии теплыи теплая деревянныи металлическии электрическии дом"
        " семья ребенок мужчина женщина мужская женская год лет месяц размер см кг человек"
    ),
    same={
        "дети": "дет", "детеи": "дет", "детскии": "дет", "детская": "дет", "детские": "дет", "детское": "дет",
        "ребенок": "дет", "ребенка": "дет", "младенец": "младенц", "младенца": "младенц", "младенцев": "младенц",
    },
    child="дет",
    baby="младенц",
    numbers={
        "один": "1", "два": "2", "две": "2", "три": "3", "четыре": "4", "пять": "5", "шесть": "6", "десять": "10",
    },
)  # fmt: skip
SPANISH = Grammar(
    stem=_spanish,
    silent=words_of(
        "el la los las un una unos unas este esta mi mis tu su sus yo hay tengo tenemos busco buscamos necesito"
        " necesitamos doy ofrezco por favor gracias muy casi todo toda varios varias"
    ),
    links=words_of("de del para en a con al"),
    between=words_of("y e o mas"),
    either=words_of("o"),
    beside=r"\b(?:con|incluido|y su)\b",
    without=words_of("sin"),
    holders=words_of("juego lote par paquete caja bolsa pieza unidad kilo kg litro botella conjunto"),
    neutral=words_of(
        "nuevo nueva limpio limpia usado usada bueno buena buen estado pequeno pequena grande largo larga blanco blanca"
        " negro negra gris azul rojo roja verde madera metal plastico cuero algodon lana invierno verano casa cocina"
        " salon jardin familia nino mujer hombre adulto ano mes talla cm kg persona electrico electrica"
    ),
    same={"nina": "nino", "ninas": "nino", "infantil": "nino", "recien": "bebe", "mujeres": "mujer"},
    child="nino",
    baby="bebe",
    numbers={"dos": "2", "tres": "3", "cuatro": "4", "cinco": "5", "seis": "6", "ocho": "8", "diez": "10"},
    thing_first=True,
)  # fmt: skip
DARI = Grammar(
    stem=_dari,
    silent=words_of("من ما دارم داريم لازم ضرورت نياز ميخواهم لطفا تشكر اين يك"),
    links=words_of("براي از در به"),
    between=words_of("و يا"),
    either=words_of("يا"),
    beside=r"(?:^|(?<=\s))(?:با|همراه)(?=\s|$)",
    without=words_of("بدون بي"),
    holders=words_of("جوره بسته خريطه كارتن دانه ست بوتل كيلو"),
    neutral=words_of(
        "نو جديد پاك كهنه مستعمل خوب كلان خورد كوچك بزرگ سفيد سياه آبي سرخ سبز زمستاني تابستاني گرم چوبي فلزي برقي"
        " خانه فاميل مرد زن مردانه زنانه سال ماه اندازه نفر"
    ),
    same={"طفل": "اطفال", "طفلانه": "اطفال", "كودك": "اطفال", "شيرخوار": "نوزاد"},
    child="اطفال",
    baby="نوزاد",
    numbers={"دو": "2", "سه": "3", "چهار": "4", "پنج": "5", "شش": "6", "ده": "10"},
)  # fmt: skip
GRAMMARS = {
    "fr": FRENCH, "en": ENGLISH, "ar": ARABIC,
    "uk": UKRAINIAN, "ru": RUSSIAN, "es": SPANISH, "fa-af": DARI,
}  # fmt: skip


def grammar_of(language: str) -> Grammar:
    """The grammar of a language; one that changes nothing where we know none."""
    return GRAMMARS.get(language) or Grammar()
