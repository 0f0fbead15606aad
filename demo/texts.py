"""What the invented people write. Plain French as it is met at such desks; nobody and nothing in it is real.

`{a|b}` stands for one of its words, drawn when the text is used. Never a surname, an origin, papers or a diagnosis:
the demonstration must not show what the forms forbid.
"""

import re
from functools import cache
from random import Random

from catalogue.items import Item, find_item
from catalogue.vocabulary import Category

_CHOICE = re.compile(r"\{([^{}]*)\}")


def spoken(rng: Random, text: str) -> str:
    """The text with one word drawn for each `{a|b}`."""
    return _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)


# --- Homes offered ---------------------------------------------------------------------------------------

# By form, as far as the number of beds allows: (title for one, title for several).
HOMES: dict[str, list[tuple[str, str]]] = {
    Category.SHARED_ROOM: [
        ("Chambre chez l’habitant, un lit", "Chambre chez l’habitant, {n} lits"),
        ("Chambre d’ami au {calme|premier étage|rez-de-chaussée}", "Deux chambres d’amis, {n} lits"),
        ("Chambre de mon fils parti étudier", "Étage libre dans notre maison, {n} lits"),
        ("Chambre {claire|au calme|sur jardin}", "Grande chambre familiale, {n} lits"),
        ("Canapé-lit dans un bureau fermé", "Chambres des enfants partis, {n} lits"),
    ],
    Category.SEPARATE_ROOM: [
        ("Chambre avec entrée indépendante", "Deux pièces au fond de la cour, {n} lits"),
        ("Studio attenant à la maison", "Dépendance aménagée, {n} lits"),
        ("Chambre sous les toits, avec lavabo", "Rez-de-jardin indépendant, {n} lits"),
    ],
    Category.WHOLE_DWELLING: [
        ("Studio meublé", "Appartement entier, {n} places"),
        ("Petit deux-pièces meublé", "Trois-pièces meublé, {n} places"),
        ("Studio près du tram", "Maison de famille, {n} places"),
    ],
    Category.EMPTY_DWELLING: [
        ("Studio vide, à louer", "Appartement vide, {n} places"),
        ("Logement de l’ancien commerce", "Maison à rafraîchir, {n} places"),
    ],
}
HOME_TEXTS = [
    "Nous sommes {un couple de retraités|une famille avec deux enfants|deux colocataires|un couple et un chat}. "
    "La salle de bains est {partagée|séparée}.",
    "Cuisine à partager, chacun son étagère. Le soir on mange {souvent ensemble|quand on veut}.",
    "J’ai déjà accueilli {une fois|deux fois|plusieurs fois}, cela s’est bien passé.",
    "Draps et serviettes fournis. Il y a {un petit bureau|une armoire|une commode} et le wifi.",
    "Quartier calme, école à {cinq|dix} minutes à pied, marché le {mardi|jeudi|samedi}.",
    "Je travaille la journée, la maison est tranquille. Merci de prévenir {la veille|deux jours avant}.",
    "Petit jardin, place pour {un vélo|une poussette|des jeux d’enfants}.",
    "Nous partons en août, le reste de l’année c’est possible.",
]
EMPTY_TEXTS = [
    "Le logement est libre depuis {l’automne|un an|deux ans}. Nous préférons passer par une association.",
    "Loyer à discuter avec une association qui signe le bail.",
    "La cuisine est à refaire, l’eau et l’électricité sont en état.",
]
STOPS = {
    "strasbourg": ["tram A, Lycée Couffignal", "tram B, Rotonde", "tram C, Neudorf", "tram D, Aristide Briand",
                   "tram E, Campus d’Illkirch", "tram F, Elsau", "bus C1, Vosges", "bus G, Gare centrale"],
    "grenoble": ["tram A, Auguste Delaune", "tram A, Pôle Sud", "tram B, Gières Plaine des sports",
                 "tram C, Le Prisme", "tram D, Neyrpic", "tram E, Louise Michel", "bus C1, Maupertuis",
                 "bus C4, Eybens centre"],
}  # fmt: skip
STREETS = [
    "rue des Tilleuls", "rue du Verger", "impasse des Lilas", "rue de la Forge", "allée des Platanes", "rue du Puits",
    "rue des Vignes", "rue de l’École", "chemin du Moulin", "rue des Jardins", "rue du Lavoir", "place du Marché",
    "rue des Hirondelles", "rue du Canal", "rue des Noyers", "allée du Parc", "rue des Roses", "rue du Four",
]  # fmt: skip

# --- Things offered: (title, fewest, most) ---------------------------------------------------------------

GOODS: dict[str, list[tuple[str, int, int]]] = {
    Category.CLOTHES: [
        ("Manteaux d’hiver {femme|homme}, taille {S|M|L|XL}", 2, 6),
        ("Vêtements d’enfant, {4|6|8|10|12} ans", 5, 25),
        ("Chaussures {d’homme, 42|d’homme, 44|de femme, 38|d’enfant, 30}", 1, 5),
        ("{Pulls|Pantalons} {femme|homme}, taille {S|M|L}", 4, 15),
        ("{Bonnets|Écharpes|Gants}", 4, 20),
        ("Manteaux d’enfant, {4|6|8|10} ans", 1, 5),
        ("{Vêtements de grossesse|Survêtements}, taille {S|M|L}", 5, 12),
    ],
    Category.FURNITURE: [
        ("Table et quatre chaises", 1, 1),
        ("Canapé-lit deux places, {gris|bleu|beige}", 1, 1),
        ("Armoire {en pin|blanche|à deux portes}", 1, 2),
        ("Lit simple {90|140} cm", 1, 3),
        ("Lits superposés {en bois|en métal}", 1, 1),
        ("Commode à {trois|quatre|cinq} tiroirs", 1, 2),
        ("Bureau {d’écolier|d’étudiant}", 1, 2),
        ("Étagères {en pin|métalliques|blanches}", 1, 5),
        ("Chaises {pliantes|de cuisine|empilables}", 2, 8),
    ],
    Category.HOUSEHOLD_EQUIPMENT: [
        ("Réfrigérateur {avec congélateur|d’appoint}", 1, 1),
        ("Lave-linge, {5|7|8} kg", 1, 1),
        ("Vaisselle pour {quatre|six|huit}", 12, 40),
        ("Casseroles et poêles", 3, 12),
        ("Plaque de cuisson à deux feux", 1, 2),
        ("Micro-ondes", 1, 1),
        ("{Aspirateur|Fer à repasser}", 1, 1),
        ("{Lampes de chevet|Ampoules}", 2, 10),
        ("Radiateur d’appoint", 1, 3),
        ("{Bouilloire|Cafetière}", 1, 1),
    ],
    Category.BEDDING: [
        ("Couettes {une personne|deux personnes}", 1, 6),
        ("{Draps|Linge de lit}, {90|140} cm", 2, 12),
        ("Matelas {90 × 190|140 × 190}, propre", 1, 3),
        ("Couvertures {en laine|polaires}", 2, 12),
        ("Oreillers neufs", 2, 10),
        ("Serviettes de toilette", 4, 20),
    ],
    Category.HYGIENE: [
        ("{Savons|Shampoings|Dentifrices|Brosses à dents}", 10, 60),
        ("Protections périodiques", 10, 80),
        ("Rasoirs", 5, 30),
        ("Trousses de toilette préparées", 5, 25),
    ],
    Category.FOOD: [
        ("Cartons de conserves", 6, 48),
        ("Colis alimentaires", 4, 20),
        ("Légumes du jardin", 5, 30),
        ("{Riz|Pâtes|Lentilles}, par kilo", 10, 60),
        ("{Lait infantile|Petits pots pour bébé}", 6, 24),
        ("{Pommes|Confitures} de la maison", 5, 40),
    ],
    Category.BABY: [
        ("Poussette {pliante|tout-terrain|double}", 1, 1),
        ("Lit bébé à barreaux, avec matelas", 1, 2),
        ("Couches, taille {2|3|4}", 30, 200),
        ("Vêtements de bébé, {3|6|12|18} mois", 8, 40),
        ("Siège auto {groupe 1|groupe 2|dos à la route}", 1, 1),
        ("{Chaise haute|Baignoire} de bébé", 1, 1),
    ],
    Category.SCHOOL: [
        ("Cartables", 2, 10),
        ("Fournitures pour la rentrée, {CP|CM1|sixième}", 5, 40),
        ("{Dictionnaires|Méthodes de français}", 3, 15),
        ("Calculatrices de collège", 1, 6),
    ],
    Category.BICYCLE: [
        ("Vélo de ville {femme|homme|adulte}, révisé", 1, 2),
        ("Vélo d’enfant {16|20|24} pouces", 1, 3),
        ("{Casques de vélo|Antivols}", 1, 3),
    ],
    Category.DIGITAL: [
        ("Ordinateur portable reconditionné", 1, 4),
        ("Téléphone avec son chargeur", 1, 3),
        ("Imprimante", 1, 1),
        ("Tablette {dix pouces|pour enfant}", 1, 2),
    ],
}
GOODS_TEXTS = [
    "{Propre|Comme neuf|Peu servi}, dans une maison sans fumeur.",
    "À venir chercher {le soir|le samedi matin|après 18 h}, rez-de-chaussée.",
    "Déjà {démonté|emballé|en cartons}, tient dans {un break|un coffre|une remorque}.",
    "Je peux garder {deux semaines|un mois} de plus si besoin.",
    "Troisième étage sans ascenseur, être {deux|trois} pour descendre.",
    "Nous déménageons fin du mois.",
    "Les enfants ont grandi, cela peut servir à d’autres.",
    "",
]

# --- Hours offered ---------------------------------------------------------------------------------------

SKILLS: dict[str, list[str]] = {
    Category.INTERPRETING: ["Interprète {language}", "{language} : je peux accompagner aux rendez-vous"],
    Category.TRANSLATION: ["Traduction écrite, {language}", "Je traduis des courriers, {language}"],
    Category.FRENCH_LESSONS: [
        "Cours de français, {débutants|tous niveaux|conversation}",
        "Conversation en français autour d’un café",
        "Français et lecture, {adultes|femmes|jeunes}",
        "Préparation au {A1|A2|B1}",
    ],
    Category.LEGAL_HELP: [
        "Juriste, permanence {du lundi|du jeudi}",
        "Avocate à la retraite, premiers conseils",
    ],
    Category.PAPERWORK: [
        "Aide aux courriers et formulaires",
        "Aide pour {la CAF|les impôts|la mutuelle} et les comptes en ligne",
        "J’accompagne dans les démarches, {une matinée|un après-midi} par semaine",
    ],
    Category.SCHOOL_SUPPORT: [
        "Aide aux devoirs, {primaire|collège}",
        "Soutien en mathématiques, {collège|lycée}",
        "Lecture avec les petits",
    ],
    Category.SPONSORSHIP: [
        "Parrainage d’un jeune",
        "Découvrir la ville ensemble, chaque semaine",
        "Parrain ou marraine",
    ],
    Category.TRANSPORT: [
        "Trajets en voiture, {le week-end|en soirée|le mercredi}",
        "Camionnette pour un déménagement",
    ],
    Category.MEALS: ["Repas chaud pour {quatre|six|dix}", "Un dîner à la maison, {le vendredi|le dimanche}"],
    Category.HEALTH_ORIENTATION: [
        "Infirmière, orientation vers les soins",
        "Accompagner à un rendez-vous médical",
    ],
    Category.JOB_MENTORING: [
        "CV et entretiens",
        "Recherche d’emploi dans {le bâtiment|la cuisine|l’informatique}",
    ],
    Category.OUTINGS: [
        "Sorties {en montagne|à vélo|au musée} avec des familles",
        "Football le samedi",
        "Jardin partagé",
    ],
}
SKILL_TEXTS = [
    "{Enseignante|Enseignant|Ingénieur|Bibliothécaire} à la retraite, disponible {toute l’année|jusqu’à l’été}.",
    "Je peux me déplacer {en tram|à vélo|en voiture}.",
    "De préférence {en fin de journée|le matin|en petit groupe}.",
    "Première fois pour moi, je veux bien être {accompagné|accompagnée} au début.",
    "",
]
DIPLOMAS = {
    Category.LEGAL_HELP: "Master de droit, à montrer sur demande",
    Category.HEALTH_ORIENTATION: "Diplôme d’État, à montrer sur demande",
}

# --- Needs -----------------------------------------------------------------------------------------------

# Things asked: (title with {n}, fewest, most, people for one item or None for one person in all).
GOODS_NEEDS: dict[str, list[tuple[str, int, int]]] = {
    Category.CLOTHES: [("{n} manteaux d’hiver", 2, 8), ("{n} manteaux d’enfant, {6|8} ans", 2, 4),
                       ("Vêtements d’enfant, {n} pièces", 6, 20),
                       ("{n} paires de chaussures, {38|42|44}", 1, 5)],
    Category.FURNITURE: [("{n} lits simples", 1, 3), ("Une table et des chaises", 1, 1),
                         ("Une armoire", 1, 1)],
    Category.HOUSEHOLD_EQUIPMENT: [("Un réfrigérateur", 1, 1), ("Vaisselle, {n} pièces", 8, 24),
                                   ("Un lave-linge", 1, 1), ("Casseroles et poêles, {n} pièces", 3, 8)],
    Category.BEDDING: [("{n} couettes", 3, 10), ("{n} matelas", 2, 4), ("{n} couvertures", 5, 15)],
    Category.HYGIENE: [("{n} trousses de toilette", 6, 25), ("{n} {savons|dentifrices}", 10, 40)],
    Category.FOOD: [("Épicerie, {n} kilos", 10, 30), ("Lait infantile, {n} boîtes", 4, 12)],
    Category.BABY: [("Une poussette", 1, 1), ("Un lit bébé", 1, 1), ("{n} paquets de couches", 10, 60)],
    Category.SCHOOL: [("{n} cartables garnis", 2, 6), ("Fournitures scolaires, {n} lots", 4, 12)],
    Category.BICYCLE: [("Un vélo pour aller travailler", 1, 1), ("{n} vélos d’enfant", 2, 3)],
    Category.DIGITAL: [("Un ordinateur pour une formation", 1, 1), ("{n} téléphones", 1, 3)],
}  # fmt: skip


@cache
def is_asked(category: str, title: str) -> bool:
    """Whether some need asks for what this title offers."""
    asked = {_item(category, need) for need, _fewest, _most in GOODS_NEEDS[category]}
    return _item(category, title) in asked


def _item(category: str, title: str) -> Item | None:
    drawn = _CHOICE.sub(lambda found: found[1].split("|")[0], title.replace("{n}", "2"))
    return find_item(drawn, category=category).certain


SKILL_NEEDS: dict[str, list[str]] = {
    Category.INTERPRETING: ["Interprète {language}, rendez-vous {à l’école|à la mairie|chez un bailleur}"],
    Category.TRANSLATION: ["Traduire {un courrier|un diplôme|un dossier} ({language})"],
    Category.FRENCH_LESSONS: [
        "Cours de français pour {un adulte|une mère|deux jeunes}",
        "Conversation en français",
    ],
    Category.LEGAL_HELP: ["Un avis juridique sur un bail"],
    Category.PAPERWORK: ["Aide pour {un dossier CAF|une inscription|un compte bancaire}"],
    Category.SCHOOL_SUPPORT: ["Aide aux devoirs, {primaire|collège}"],
    Category.SPONSORSHIP: ["Un parrain ou une marraine pour un jeune"],
    Category.TRANSPORT: ["Trajet en voiture pour {un déménagement|une visite|une rentrée}"],
    Category.MEALS: ["Repas du soir pour {une famille|un foyer}"],
    Category.HEALTH_ORIENTATION: ["Accompagner à un rendez-vous"],
    Category.JOB_MENTORING: ["Préparer un CV et un entretien"],
    Category.OUTINGS: ["Sorties du mercredi pour {des enfants|trois jeunes}"],
}
NEED_TEXTS = [
    "Nous restons joignables {toute la journée|jusqu’à 20 h|sur notre ligne de garde}.",
    "Un bénévole peut {aller chercher|accompagner|passer prendre}.",
    "Dossier suivi par notre équipe depuis {une semaine|un mois}.",
    "Si une partie seulement est possible, c’est déjà beaucoup.",
    "",
]
HOUSEHOLD_TEXTS = [
    "Les enfants sont scolarisés dans le quartier, rester proche serait précieux.",
    "Le foyer est autonome dans les transports.",
    "Une solution d’hôtel s’arrête {ce matin|demain|en fin de semaine}.",
    "Nous passons chaque semaine, et nous restons l’interlocuteur de l’hôte.",
    "",
]

INCIDENT = (
    "La personne accueillie dit que l’on est entré deux fois dans sa chambre sans frapper. "
    "Elle a été relogée le soir même. L’association demande un entretien avant tout nouvel accueil."
)
INCIDENT_CLOSED = (
    "L’hôte a demandé à plusieurs reprises une participation au loyer, ce qui n’était pas prévu. "
    "La famille n’a rien versé."
)
CONCLUSION = "Entretien mené avec l’hôte : malentendu sur les charges, règles rappelées par écrit."

# What the town counts with its partners, beside what all towns do.
OWN_INDICATOR = {
    "name": "Couettes demandées",
    "about": "Convenu avec le collectif des associations, pour préparer l’hiver.",
    "subject": "needs",
    "item": "duvet",
}
NOTE = (
    "@%(name)s L’association préfère être appelée le matin. J’ai laissé un message, peux-tu reprendre\u202f?"
)
FLAG = "Rappeler l’association"
VIEW = "Logements en attente"
APPEAL = (
    "Nous avons cherché parmi tout ce qui est proposé, et il manque encore ceci. Pouvez-vous aider\u202f?"
)
