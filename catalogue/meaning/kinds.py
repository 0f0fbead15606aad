"""What is offered or needed, as people call it: the kind and the category, from "hébergement" to "aide aux devoirs"."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import override

from catalogue.labels import listed
from catalogue.meaning.text import SIGNS_OF_DOUBT, Reading, Unclear, folded
from catalogue.vocabulary import CATEGORIES, Category, Kind

# Besides the values and the labels in every language of the product, as `_name` leaves them: without "s" at the ends of
# words, articles and what stands in brackets.
_KINDS: Mapping[str, str] = {
    Kind.HOUSING: "hebergement|hebergement citoyen|hebergement solidaire|accueil chez moi|accueil a domicile|toit"
    "|un toit|heberger|accommodation|lodging|shelter|hosting|سكن|ايواء|житло|жилье|помешкання",
    Kind.GOODS: "don|don materiel|don en nature|don objet|materiel|don de materiel|bien|bien materiel|affaire"
    "|donation|item|thing|stuff|речи|вещи|اغراض|تبرع",
    Kind.SKILL: "competence|savoir faire|temp|benevolat|service|benevole|don de temp|coup de main|accompagnement"
    "|volunteering|volunteer|time|help|допомога|волонтерство|تطوع|مهارات",
}
# What is certain, and what may be several: then it is asked once for all rows that say the same.
_CATEGORIES: Mapping[str, str] = {
    Category.SHARED_ROOM: "chambre chez habitant|chambre chez moi|chambre chez nous|chambre ami|chambre amis"
    "|chambre d'ami|chambre partagee|chambre dans mon logement|chambre dans logement occupe|chez habitant"
    "|spare room|room in my home|room in host home|guest room|room in shared home",
    Category.SEPARATE_ROOM: "chambre separee|chambre avec entree independante|chambre entree independante"
    "|separate room|dependance|chambre de bonne|chambre de service|studio attenant",
    Category.WHOLE_DWELLING: "logement entier|appartement entier|maison entiere|logement complet|logement meuble"
    "|studio|studio meuble|appartement meuble|maison meublee|logement independant|logement autonome"
    "|appartement independant|gite|whole apartment|whole flat|entire home|entire place|entire apartment|whole house"
    "|furnished flat|furnished apartment",
    Category.EMPTY_DWELLING: "logement vide|appartement vide|maison vide|logement vacant|logement non meuble"
    "|appartement non meuble|logement inoccupe|studio vide|studio non meuble|maison non meublee|empty flat|empty house"
    "|unfurnished flat|unfurnished apartment",
    Category.COLLECTIVE_PLACE: "lieu d'accueil collectif|lieu collectif|hebergement collectif|accueil collectif|gymnase"
    "|dortoir|accueil de nuit|centre d'hebergement|day centre|night shelter|dormitory|gymnasium|collective place",
    Category.CLOTHES: "vetement|habit|vestiaire|textile|chaussure|vetement et chaussure|clothing|одяг|ملابس",
    Category.FURNITURE: "meuble|mobilier|ameublement|меблі|اثاث",
    Category.HOUSEHOLD_EQUIPMENT: "equipement maison|electromenager|vaisselle|petit electromenager|gros electromenager"
    "|ustensile|cuisine equipement|equipement menager|kitchenware|household good|appliance",
    Category.BEDDING: "literie|linge de lit|linge de maison|couchage|couverture|draps|drap|bed linen|bed linens",
    Category.HYGIENE: "hygiene|produit hygiene|produit d'hygiene|kit hygiene|toiletries|hygiene product",
    Category.FOOD: "alimentation|alimentaire|nourriture|denree|aide alimentaire|colis alimentaire|denree alimentaire"
    "|epicerie|groceries|їжа|طعام",
    Category.BABY: "bebe|puericulture|materiel de puericulture|materiel bebe|petite enfance|article de puericulture"
    "|baby good|baby item",
    Category.SCHOOL: "ecole|scolaire|fourniture scolaire|materiel scolaire|rentree scolaire|school supply",
    Category.BICYCLE: "velo|bicyclette|bike|cycle",
    Category.DIGITAL: "numerique|informatique|ordinateur|telephonie|materiel informatique|computer|electronic",
    Category.INTERPRETING: "interpretariat|interprete|interpretation|interpreter|переклад усний|ترجمة فورية",
    Category.TRANSLATION: "traduction|traducteur|traductrice|traduction ecrite|traduction de document",
    Category.FRENCH_LESSONS: "cour de francai|francai|fle|cour fle|cour de fle|cour de langue|alphabetisation"
    "|francai langue etrangere|apprentissage du francai|apprentissage francai|conversation en francai"
    "|conversation francaise|french class|french course|french lesson",
    Category.LEGAL_HELP: "aide juridique|juridique|conseil juridique|droit|acces au droit|avocat|permanence juridique"
    "|legal|legal aid|legal advice",
    Category.PAPERWORK: "aide aux demarche|demarche|aide administrative|demarche administrative|administratif"
    "|accompagnement administratif|aide aux demarche administrative|ecrivain public|administrative help",
    Category.SCHOOL_SUPPORT: "soutien scolaire|aide aux devoir|devoir|accompagnement scolaire|soutien aux devoir"
    "|aide scolaire|homework|homework help|tutoring",
    Category.SPONSORSHIP: "parrainage|marrainage|parrain|marraine|binome|mentorat|buddy|mentoring",
    Category.TRANSPORT: "transport|vehicule|conduite|covoiturage|chauffeur|trajet|demenagement|aide au demenagement"
    "|driving|driver|ride|moving help",
    Category.MEALS: "repa|cuisine|plat cuisine|preparation de repa|distribution de repa|cooking|meal",
    Category.HEALTH_ORIENTATION: "orientation sante|sante|accompagnement sante|medical|health",
    Category.JOB_MENTORING: "accompagnement vers emploi|emploi|aide a emploi|recherche d'emploi|recherche emploi"
    "|insertion professionnelle|aide au cv|cv|job|job search|employment",
    Category.OUTINGS: "sortie|loisir|sortie culturelle|culture et loisir|activite|balade|visite|leisure|outing",
    Category.RECEPTION: "accueil et veille|permanence|permanence d'accueil|veille|veille de nuit"
    "|accueil du soir|accueil sur place|reception|welcome desk|night watch",
}
_SEVERAL: Mapping[tuple[str, ...], str] = {
    (Category.SHARED_ROOM, Category.SEPARATE_ROOM): "chambre|room|une chambre|private room|chambre privee"
    "|chambre individuelle|chambre simple|chambre double|chambre seule|piece|bedroom|кімната|غرفة|غرفة منفصلة"
    "|окрема кімната",
    (Category.WHOLE_DWELLING, Category.EMPTY_DWELLING): "appartement|appart|apt|maison|flat|apartment|house|villa"
    "|duplex|квартира|شقة",
    (Category.SHARED_ROOM,): "canape|canape lit|canape convertible|clic clac|salon|canape dans le salon|sejour"
    "|canape lit dans le salon|clic clac dans le salon|matelas|lit d'appoint|couch|sofa|sofa bed|colocation",
}  # fmt: skip
_DWELLINGS = (Category.WHOLE_DWELLING, Category.EMPTY_DWELLING)
_DWELLING_TYPE = re.compile(r"(?:appartement |appart |logement )?[tf] ?\d(?: ?bi)?")
_FURNISHED = re.compile(r"meublée?[(·.]?e?\)?s?")
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_ARTICLES = re.compile(r"\b(?:la|le|les|l'|un|une|the)(?=[ ]|(?<='))")
_NOT_A_WORD = re.compile(rf"[^\w'{SIGNS_OF_DOUBT}]+")


def read_kind(text: str) -> Reading[str]:
    """A `Kind`, as it or one of its categories is called. Unclear."""
    if _is_furnished(text):
        raise _unknown(text, Kind, (Kind.HOUSING, Kind.GOODS))
    name = _name(text)
    kind = _kinds().get(name)
    if kind is None and (category := _categories().get(name)):
        kind = _kind_of(category)
    if kind is None and (may_be := _may_be(name)):
        kind = _kind_of(may_be[0])
    if kind is None:
        raise _unknown(text, Kind, Kind)
    return Reading(kind)


def read_category(text: str) -> Reading[str]:
    """A `Category` as people call it. What may be several, or is a kind, is asked. Unclear."""
    if _is_furnished(text):
        raise _unknown(text, Category, (Category.WHOLE_DWELLING, Category.FURNITURE))
    name = _name(text)
    category = _categories().get(name)
    if category is not None:
        label = str(Category(category).label)
        return Reading(category, "" if name in (_name(category), _name(label)) else label)
    may_be = _may_be(name)
    if not may_be and (kind := _kinds().get(name)):
        may_be = CATEGORIES[kind]
    if may_be:
        raise Unclear(
            _("«\u00a0%(text)s\u00a0»\u202f: laquelle de ces catégories\u202f? %(known)s.")
            % {"text": text, "known": listed(str(Category(one).label) for one in may_be)},
            written=text,
            choices=[str(one) for one in may_be],
        )
    raise _unknown(text, Category, ())


def _is_furnished(text: str) -> bool:
    """ "Meublé" is no "meuble", from which only its accent tells it; capitals often have none."""
    said = unicodedata.normalize("NFC", text).strip(" .!,;:")
    return bool(_FURNISHED.fullmatch(said.casefold())) or (said.isupper() and folded(said) == "meuble")


def is_kind(text: str) -> bool:
    """Whether it says a kind, and no more."""
    return _name(text) in _kinds()


def _kind_of(category: str) -> str:
    return next(str(kind) for kind, categories in CATEGORIES.items() if category in categories)


def _may_be(name: str) -> tuple[str, ...]:
    return _several().get(name) or (_DWELLINGS if _DWELLING_TYPE.fullmatch(name) else ())


def _unknown(text: str, words: type[TextChoices], choices: Iterable[str]) -> Unclear:
    return Unclear(
        _("«\u00a0%(text)s\u00a0» n’est pas dans la liste\u202f: %(known)s.")
        % {"text": text, "known": listed(str(label) for label in words.labels)},
        written=text,
        choices=[str(one) for one in choices],
    )


def _name(text: str) -> str:
    """A name as it is compared: small letters, one "s" less, nothing in brackets, no article."""
    bare = _IN_BRACKETS.sub(" ", folded(text)) if not text.strip().startswith("(") else folded(text)
    words = _NOT_A_WORD.sub(" ", _ARTICLES.sub(" ", bare.replace("_", " "))).split()
    return " ".join(word[:-1] if len(word) > 3 and word[-1] in "sx" else word for word in words)


@lru_cache(maxsize=1)
def _kinds() -> dict[str, str]:
    return _called(Kind, _KINDS)


@lru_cache(maxsize=1)
def _categories() -> dict[str, str]:
    return _called(Category, _CATEGORIES)


@lru_cache(maxsize=1)
def _several() -> dict[str, tuple[str, ...]]:
    return {_name(word): may_be for may_be, words in _SEVERAL.items() for word in words.split("|")}


def _called(choices: type[TextChoices], words: Mapping[str, str]) -> dict[str, str]:
    """Name → value: by the values, the labels in every language, and what else people say."""
    found = {_name(str(value)): str(value) for value in choices.values}
    found |= {_name(str(label)): str(value) for value, label in choices.choices}
    for code, _language in settings.LANGUAGES:
        with override(code):
            for value, label in choices.choices:
                found.setdefault(_name(str(label)), str(value))
    for value, some in words.items():
        for word in some.split("|"):
            found.setdefault(_name(word), str(value))
    return found
