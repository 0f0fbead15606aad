"""Which column a header means, as people and their web forms write it. A header that is not known is left alone.

Words are compared, not likeness: a near header of *another* column is never taken for it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from catalogue.items.words import words_of
from catalogue.meaning import folded
from catalogue.spreadsheets.meanings import UNSAID

# Besides the names and synonyms that columns have: what else they are called, by the column's name. Small words,
# plurals, accents and marks do not count; "nb" is "nombre", "tel" is "telephone" (below). What is marked "~" may
# well be something else: it is the column only where no other header is, the first of these before the others.
_CALLED: Mapping[str, str] = {
    "id": "n|no|num|numero|identifiant|id offre|id besoin|numero offre|numero besoin|numero ligne|n ligne"
    "|identifiant unique|id number|الرقم|المعرف|~reference",
    "kind": "vous proposez|que proposez vous|ce que vous proposez|je propose|type de proposition|type demande"
    "|nature demande|what do you offer|type of help|тип|вид|вид допомоги|نوع المساعدة|nature|type|type aide"
    "|nature aide|nature besoin|type besoin|type offre|kind of help|النوع|~besoin",
    "category": "type|competence|competence propose|savoir faire|type competence|type chambre|hebergement type"
    "|type hebergement propose|type bien|категорія|категория|тип житла|نوع السكن|categorie|sous categorie"
    "|categorie aide|type logement|forme logement|type hebergement|category of help|الفئة|~domaine",
    "item": "objet|article|designation|quel objet|objet propose|type objet|item",
    "items": "objet|article|designation|quel objet|objet demande|objet recherche|type objet|item",
    "size": "taille|pointure|dimension",
    "sizes": "taille|pointure|dimension",
    "commune": "commune|commune residence|commune logement|commune souhaitee|ou habitez vous|dans quelle commune"
    "|quelle commune|quelle ville habitez vous|municipality|code insee|insee|code commune|code insee commune|insee code"
    "|~localite|~lieu|~lieu residence|~lieu hebergement|~lieu logement|~secteur|~secteur souhaite|~ou",
    "capacity": "place possible|nombre place max|nombre place maximum|nombre max place|capacite max|capacite maximale"
    "|capacite personne|nombre couchage disponible|accueil max|кількість місць|кількість осіб|количество мест|العدد"
    "|capacite|capacite accueil|capacite hebergement|place|nombre place|place disponible|nombre place disponible"
    "|nombre personne|nombre personne accueillie|nombre max personne|nombre maximum personne|couchage|nombre couchage"
    "|quantite|nombre|combien personne pouvez vous accueillir|combien place|nombre place propose"
    "|how many people can you host|how many people|number of place|number of people|number of guest|combien"
    "|nombre heure|heure par semaine|nombre heure par semaine|عدد الأماكن|عدد الأشخاص|السعة",
    "available": "quand|dispo|date possible|periode possible|доступність|du au|date du au|periode du au"
    "|disponible du au|disponibilite du au|from to|disponibilite|disponible|date disponibilite|periode disponibilite"
    "|periode|quand etes vous disponible|availability|available|date availability|disponibilite date|التوفر",
    "available_from": "доступно з|з|с|date arrivee possible|date entree|date de disponibilite|من|متاح ابتداء من"
    "|disponible partir|disponible a partir|disponible des|disponible le|disponible du|disponible depuis|date debut"
    "|debut|debut disponibilite|date debut disponibilite|partir|a partir|a partir quand|a partir quelle date|du"
    "|available from|from|start date|date disponible|a partir quand etes vous disponible|libre a partir|libre le"
    "|متاح من|من تاريخ",
    "available_until": "disponible au|disponibilite au|date au|periode au|jusqu a quelle date|доступно до|до|إلى|الى"
    "|jusqu|disponible jusqu|jusqu au|disponible jusqu au|jusqu a quand|date fin|fin|fin disponibilite|au"
    "|date fin disponibilite|until|available until|end date|to|حتى|إلى تاريخ",
    "first_day": "date entree souhaitee|a compter|besoin a partir|з|с|من|date debut|debut|du|partir|a partir"
    "|date arrivee|arrivee|a partir quand|date entree|premier jour|from|start date|من تاريخ",
    "last_day": "до|إلى|الى|besoin jusqu|date fin|fin|au|jusqu|jusqu au|date depart|depart|dernier jour|date sortie"
    "|until|end date|to|حتى|إلى تاريخ",
    "languages": "мови|мова|языки|langue maternelle|autre langue|langue 1|langue 2|langue 3|langue usuelle|langue"
    "|langue parlee|quelle langue parlez vous|langue que vous parlez|language|spoken language|language spoken"
    "|langue comprise|which language do you speak|what language do you speak|اللغات|اللغة",
    "languages_from": "langue source|traduit de|langue depart|from language",
    "languages_to": "langue cible|traduit vers|langue arrivee|to language",
    "contact_name": "prenom|nom|nom famille|first name|given name|name|last name|surname|family name|ім'я|имя"
    "|прізвище|اسم|الاسم|اللقب|~nom et prenom|~nom prenom|~prenom nom|~prenom et nom|~nom famille et prenom"
    "|~nom complet|~full name|~your name|~الاسم الكامل|~nom contact|~contact name|~nom hebergeur|~nom hote"
    "|~nom personne|~hebergeur|~qui|~nom benevole|~benevole",
    "contact_email": "mail 1|mail 2|email 1|email 2|mail pro|mail perso|ел пошта|електронна пошта|пошта|почта|البريد"
    "|email|mail|adresse email|courriel|adresse courriel|adresse electronique|email address|email contact"
    "|adresse messagerie|your email|البريد الإلكتروني",
    "contact_phone": "telephone 1|telephone 2|telephone fixe|fixe|tel fixe|telephone domicile|telephone travail"
    "|telephone bureau|autre telephone|whatsapp|телефон|номер телефону|جوال|رقم الجوال|telephone|numero telephone"
    "|telephone portable|portable|mobile|telephone mobile|numero portable|gsm|numero mobile|phone|phone number"
    "|mobile phone|n telephone|telephone contact|رقم الهاتف|الهاتف",
    "address": "adresse rue|rue|complement adresse|адреса|адрес|adresse|adresse postale|adresse complete"
    "|adresse logement|address|العنوان",
    "text": "commentaire precision|precision commentaire|observations diverse|divers|autre|autre precision"
    "|remarque eventuelle|коментар|примітки|комментарий|ملاحظة|commentaire|remarque|observation|precision|description"
    "|note|information complementaire|autre information|info complementaire|information|comment|message|notes|ملاحظات",
    "title": "titre|intitule|objet annonce|title",
    "accepts": "qui souhaitez vous accueillir|qui accueillir|type public|public souhaite|profil|profil souhaite"
    "|accepte|accueille|public|public accueilli|public accepte|qui pouvez vous accueillir|pour qui|profil accepte"
    "|personne acceptee|personne accueillie|who can you host",
    "step_free": "accessible mobilite reduite|accessibilite pmr|logement accessible pmr"
    "|votre logement est il accessible pmr|rez chaussee ou ascenseur|accessible handicape|plain pied|accessible"
    "|accessible pmr|pmr|accessibilite|acces pmr|accessible fauteuil|accessible fauteuil roulant|logement accessible"
    "|wheelchair accessible|step free",
    "step_free_needed": "plain pied|accessible|pmr|acces pmr|accessibilite|accessible pmr|besoin pmr|fauteuil roulant"
    "|wheelchair",
    "pets_accepted": "acceptez vous les animaux|pets allowed|are pets allowed|animal possible|animal ok|animal"
    "|animal accepte|acceptez vous animal|animal domestique|pet|pet accepted|animal de compagnie accepte",
    "pets": "animal|animal domestique|animal de compagnie|pet",
    "smoking": "fumeur accepte|smoking allowed|fumeur|logement fumeur|smoker|smoking",
    "smoke_free": "non fumeur|logement non fumeur|sans tabac|sans fumee|non smoking",
    "smoke_free_needed": "non fumeur|logement non fumeur|sans tabac",
    "longest_stay_days": "duree max|duree maximum|duree maximale"
    "|duree max mois|duree max semaine|duree maximum mois|duree accueil mois|duree hebergement mois|duree sejour mois"
    "|duree max sejour|duree max accueil|duree max hebergement|duree max jour|duree maximum jour|duree maximale jour"
    "|duree sejour max jour|duree max en jour|~duree sejour|~duree accueil|~duree hebergement|~duree",
    "notice_days": "preavis|delai prevenance|preavis jour|delai jour|delai prevenance jour|preavis en jour",
    "reach_km": "distance|rayon|distance max|distance maximum|perimetre|rayon action|rayon action km|distance km"
    "|rayon km|distance max km",
    "rent": "loyer|loyer mensuel euro|loyer mensuel|loyer euro|loyer par mois|loyer mois|rent|monthly rent"
    "|montant loyer",
    "rent_up_to": "loyer possible|loyer max|loyer maximum|budget loyer|budget",
    "slots": "disponibilite horaire|creneau disponible|dispo horaire|creneau|creneau horaire|jour et heure"
    "|jour horaire|moment disponible|disponibilite hebdomadaire|disponibilite par semaine|quand dans la semaine"
    "|time slot|weekly slot|~horaire|~jour disponible|~jour",
    "remote": "a distance|distance possible visio|en visio|visio|remote",
    "remote_ok": "a distance|en visio|visio|remote",
    "adult_women": "femme|nombre femme|femme adulte|nombre femme adulte|women",
    "adult_men": "homme|nombre homme|homme adulte|nombre homme adulte|men",
    "children": "enfant|nombre enfant|nombre enfant mineur|children|number of children",
    "children_under_3": "0 3 an|0 2 an|moins 3 an|moin 3 an|enfant 0 3 an|enfant 0 3|enfant 0 2|nourrisson"
    "|enfant moin 3 an|enfant moins 3 an|bebe|nombre bebe|enfant 0 2 an|enfant de 0 a 2 an",
    "children_3_to_11": "3 11 an|3 12 an|enfant 3 11|enfant 3 12 an|enfant 3 a 12 an|enfant 3 a 11 an"
    "|enfant de 3 a 11 an|enfant 3 11 an",
    "children_12_to_17": "12 17 an|12 18 an|13 17 an|enfant 12 17|enfant 12 18 an|enfant 12 a 18 an|adolescente"
    "|enfant 12 a 17 an|enfant de 12 a 17 an|ado|adolescent|enfant 12 17 an",
    "household": "composition familiale|composition famille|composition foyer|composition menage|foyer|menage|famille"
    "|household|composition|typologie foyer|family|composition familial",
    "couple": "couple|en couple",
    "lone_minor": "mineur isole|mna|mineur non accompagne",
    "people": "pour combien personne|nombre beneficiaire|beneficiaire|кількість осіб|personne|nombre personne"
    "|combien personne|effectif|nombre personne concernee|number of people|عدد الأشخاص",
    "quantity": "quantite|nombre|combien|quantity",
    "urgency": "терміновість|urgence|degre urgence|niveau urgence|urgency|~priorite|~delai",
    "confirmed_on": "confirme le|confirmee le|derniere confirmation|date confirmation|date derniere confirmation"
    "|mise a jour le",
    "registered_at": "enregistre le|enregistree le|horodateur|timestamp|date inscription|date enregistrement"
    "|inscrit le|date reponse|date creation|submitted at",
    "social_worker": "travailleur social|accompagnement|referent|referent social|accompagnant|referente",
    "case_reference": "reference dossier|dossier|numero dossier|ref dossier|n dossier",
    "standing": "statut|status|statut offre|statut proposition|statut demande|etat demande|etat offre"
    "|etat proposition|статус|الحالة",
    "consent": "rgpd|consentement|consent|accord rgpd|autorisation donnee",
    "children_ages": "age enfant|age de chaque enfant|age mineur|age enfant mineur|children age|age of children"
    "|вік дітей|اعمار الاطفال",
    "lat": "latitude",
    "lon": "longitude",
    "city": "ville|ville residence|votre ville|ville logement|town|city|місто|город|المدينة|مدينة",
    "postcode": "code postal|cp|code poste|postal code|zip|postcode|zip code|індекс|поштовий індекс|индекс"
    "|الرمز البريدي",
}  # fmt: skip
_ALIKE = {
    "nb": "nombre", "nbr": "nombre", "nbre": "nombre", "tel": "telephone", "tél": "telephone", "pers": "personne",
    "dispo": "disponible", "disponibles": "disponible", "mails": "mail", "emails": "email", "maxi": "max",
    "quantites": "quantite",
    "qte": "quantite", "qté": "quantite", "prenoms": "prenom", "commentaires": "commentaire", "portables": "portable",
    "animaux": "animal", "creneaux": "creneau", "euros": "euro", "adr": "adresse", "num": "numero", "no": "numero",
    "languages": "language", "cat": "categorie", "dispos": "disponible", "ans": "an", "ref": "reference",
}  # fmt: skip
_SMALL = words_of(
    "de du des la le les l d un une votre vos mon ma mes son sa ses en et the your my of a s svp "
    "merci obligatoire facultatif required optional veuillez indiquer preciser"
)
# In brackets, what only says how to fill the column in: "(5 chiffres)", "(JJ/MM/AAAA)", "(séparées par |)", "(s)".
_HOW = re.compile(
    r"\((?:s|e|es|x|\*|\d{1,2}|nb|nbre|nombre|pers\.?|personnes?|km|kms|jours?|j|prenoms?|first|given|portables?|mobiles?"
    r"|mois|semaines?|ans"
    r"|(?:en )?(?:€|euros?)[^()]*"
    r"|[^()]*(?:chiffres?|digits|separe|ex\b|ex\.|exemple|format|jj|aaaa|yyyy|oui|yes|obligatoire|facultati"
    r"|required|optional|\.\.|si possible|si connue?|plusieurs|reponses?|laisse[rz]?|vide|coche[rz]?|choix"
    r"|check|select|hidden|cachee?|en chiffres)[^()]*)\)|\[[^\]]*\]"
)
# Among these, the unit of the numbers beneath.
_UNIT = re.compile(r"[(\[](?:en )?(?:(mois|semaines?|jours?|j|ans|kms?)|(?:€|euros?)([^()\[\]]*))[)\]]")
# Money is by the month.
_BY_MONTH = re.compile(r" ?(?:/|par|per) ?(?:mois|month)\b|\bmensuel\w*")
_OF_OTHER_TIME = re.compile(
    r"/|\b(?:par|per|by|la|le|semaines?|hebdo\w*|jours?|journ\w+|nuit\w*|ans?|annee|annuel\w*|week\w*|days?|nights?"
    r"|years?)\b"
)
_BOTH_ENDS = {"du", "au"}
# Of footnotes.
_NOTES = re.compile(r"[¹²³⁰-⁹†‡§]")
# What a bare number is of must be said: three days, or three months?
_OF_SOME_UNIT = frozenset({"longest_stay_days"})
# Long questions of web forms, by the words that tell them: that somebody agrees to their data being used, and neither
# the contrary nor a use of its own, nor who asked.
_TOLD_BY = {
    "consent": re.compile(
        r"(?=.*\b(?:rgpd|gdpr|consentement|consent|donnees personnelles|mes donnees|my data)\b)"
        r"(?=.*\b(?:accord|accepte[rz]?|consen\w+|autoris\w+|agree\w*|accept)\b)"
        r"(?!.*\b(?:ne|n|pas|non|no|not|sans|refus\w*|oppos\w*|retrai\w*|retir\w*|revo\w*|withdr\w*|photo\w*|image\w*"
        r"|video\w*|transmi\w*|transmett\w*|partag\w*|shar\w+|tiers|autres?|newsletter|lettre)\b)"
        r"(?!.*\b(?:lue?|recueillie?|donnee?|obtenue?|signee?|saisie?) par\b)"
    )
}
# Before the question of a web form: "1.", "Q3 -", "2)".
_NUMBERED = re.compile(r"^(?:q ?)?\d{1,2} ?[.):-] ?(?=\D)")


class Named(Protocol):
    """A column, as far as its names go."""

    @property
    def name(self) -> str: ...

    @property
    def synonyms(self) -> tuple[str, ...]: ...


class Measured(Named, Protocol):
    """A column that may hold numbers: with the units that they may be of."""

    @property
    def units(self) -> Mapping[str, float]: ...


def unit_of(column: Measured, header: str) -> str:
    """The unit that a header gives to the numbers beneath ("Durée max (mois)"); `UNSAID` where one is needed; "" for
    the column's own, which its very name says.
    """
    told = folded(header).removeprefix(column.name).strip(" *:")
    if not told:
        return ""
    named = set(re.findall(r"[^\W\d_]+", told)) & column.units.keys()
    if not named and column.name in _OF_SOME_UNIT:
        return UNSAID
    return next((word for word in sorted(named) if column.units[word] != 1), "")


def found_in(header: Sequence[str], columns: Sequence[Measured]) -> dict[str, list[int]]:
    """Where each column stands: by its very names first, then as people call it. A column in several places has them
    all: which is meant is not guessed. A header whose unit is none of the column's is another thing.
    """
    called = _called(tuple((one.name, one.synonyms) for one in columns))
    ours = {one.name: one for one in columns}
    found: dict[str, dict[int, list[int]]] = {}
    for at, text in enumerate(header):
        written = _NOTES.sub("", text)
        name, rank = _meant(written, called, ours.keys())
        if name and _is_of_unit(ours[name], written):
            found.setdefault(name, {}).setdefault(rank, []).append(at)
    return {name: by_rank[min(by_rank)] for name, by_rank in found.items()}


@dataclass(frozen=True, slots=True)
class _Names:
    """What a header may say → the one column that is called so: its very names, word by word, small words aside; and
    (column, small words aside) → how far from sure it is, 0 being sure.
    """

    exactly: Mapping[str, str]
    wordly: Mapping[str, str]
    loosely: Mapping[str, str]
    ranks: Mapping[tuple[str, str], int]


def _meant(written: str, called: _Names, names: Collection[str]) -> tuple[str, int]:
    """The column that a header means, "" for none, and how far from sure it is."""
    for text in (written, _HOW.sub(" ", folded(written))):
        if name := called.exactly.get(_exact(text)):
            return name, 0
    if not written:
        return "", 0
    words = _words(written)
    said = called.wordly.get(" ".join(words))
    # "Du au" is neither the first day nor the last.
    if said is None and not _BOTH_ENDS.issubset(words):
        said = called.loosely.get(_loose(written)) or next(
            (one for one, told in _TOLD_BY.items() if one in names and told.match(folded(written))), None
        )
    return (said, called.ranks.get((said, _loose(written)), 0)) if said else ("", 0)


def _is_of_unit(column: Measured, header: str) -> bool:
    """Whether the unit that a header has in brackets, if any, is one that the column knows."""
    for unit, beside_money in _UNIT.findall(folded(header)):
        is_money = "€" in column.units
        if unit and unit not in column.units and not (is_money and unit == "mois"):
            return False
        if not unit and (not is_money or _OF_OTHER_TIME.search(_BY_MONTH.sub("", beside_money))):
            return False
    return True


@lru_cache(maxsize=16)
def _called(columns: tuple[tuple[str, tuple[str, ...]], ...]) -> _Names:
    """ "Dispo", "Dispo le" and "Du au" are told apart by their small words alone."""
    owners: dict[str, set[str]] = {}
    by_words: dict[str, set[str]] = {}
    ranks: dict[tuple[str, str], int] = {}
    for name, _synonyms in columns:
        for rank, called in enumerate(_CALLED.get(name, "").split("|")):
            bare = called.removeprefix("~")
            owners.setdefault(_loose(bare), set()).add(name)
            by_words.setdefault(" ".join(_words(bare)), set()).add(name)
            if bare != called:
                ranks.setdefault((name, _loose(bare)), rank)
    # What small words alone tell apart ("langues de", "langues") is read only as it stands.
    rest: dict[str, set[str]] = {}
    for name, synonyms in columns:
        for called in (name.replace("_", " "), *synonyms):
            if _loose(called) not in owners:
                rest.setdefault(_loose(called), set()).add(name)
    exactly = {_exact(called): name for name, synonyms in columns for called in (name, *synonyms)}
    return _Names(exactly, _of_one(by_words), _of_one({**rest, **owners}), ranks)


def _of_one(owners: Mapping[str, set[str]]) -> dict[str, str]:
    return {called: next(iter(names)) for called, names in owners.items() if called and len(names) == 1}


def _exact(text: str) -> str:
    """Lower case, no accents, words joined by "_"."""
    return re.sub(r"[^\w]+", "_", folded(text)).strip("_")


@lru_cache(maxsize=4096)
def _words(text: str) -> list[str]:
    """The words of a header, in one spelling each."""
    bare = _HOW.sub(" ", _NUMBERED.sub("", folded(text).strip()))
    bare = (
        re.sub(r"\be ?-? ?mail", "email", bare)
        .replace("numero de n", "n")
        .replace("n°", " numero ")
        .replace("no.", " numero ")
    )
    words = [_ALIKE.get(word, word) for word in re.findall(r"[^\W_]+|€", bare)]
    return [_singular(_ALIKE.get(word, word)) for word in words]


@lru_cache(maxsize=4096)
def _loose(text: str) -> str:
    words = _words(text)
    kept = [word for word in words if word not in _SMALL]
    kept = ["euro" if word == "€" else "email" if word == "mail" else word for word in kept]
    return " ".join(kept or words)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.isascii() and word[-1] in "sx" else word
