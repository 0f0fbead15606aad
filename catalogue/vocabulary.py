"""The words that offers and needs share. Values are stable: they stand in the database, the API and spreadsheets."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from engine import vocabulary as engine


class Kind(TextChoices):
    """The three kinds. Each has its unit: persons, items, hours a week."""

    HOUSING = engine.HOUSING, _("Logement")
    GOODS = engine.GOODS, _("Objets")
    SKILL = engine.SKILL, _("Temps et savoir-faire")


class Category(TextChoices):
    """Every category of every kind; for housing the category is the form of the home."""

    SHARED_ROOM = "shared_room", _("Chambre chez l’habitant")
    SEPARATE_ROOM = "separate_room", _("Chambre indépendante")
    WHOLE_DWELLING = "whole_dwelling", _("Logement entier")
    EMPTY_DWELLING = "empty_dwelling", _("Logement vide")
    COLLECTIVE_PLACE = engine.COLLECTIVE_PLACE, _("Lieu d’accueil collectif")

    CLOTHES = "clothes", _("Vêtements")
    FURNITURE = "furniture", _("Meubles")
    HOUSEHOLD_EQUIPMENT = "household_equipment", _("Équipement de la maison")
    BEDDING = "bedding", _("Literie")
    HYGIENE = "hygiene", _("Hygiène")
    FOOD = "food", _("Alimentation")
    BABY = "baby", _("Bébé")
    SCHOOL = "school", _("École")
    BICYCLE = "bicycle", _("Vélo")
    DIGITAL = "digital", _("Numérique")

    INTERPRETING = engine.INTERPRETING, _("Interprétariat")
    TRANSLATION = engine.TRANSLATION, _("Traduction")
    FRENCH_LESSONS = "french_lessons", _("Cours de français")
    LEGAL_HELP = "legal_help", _("Aide juridique")
    PAPERWORK = "paperwork", _("Aide aux démarches")
    SCHOOL_SUPPORT = "school_support", _("Soutien scolaire")
    SPONSORSHIP = "sponsorship", _("Parrainage")
    TRANSPORT = "transport", _("Transport")
    MEALS = "meals", _("Repas")
    HEALTH_ORIENTATION = "health_orientation", _("Orientation santé")
    JOB_MENTORING = "job_mentoring", _("Accompagnement vers l’emploi")
    OUTINGS = "outings", _("Sorties")
    RECEPTION = "reception", _("Accueil et veille")


HOUSING_FORMS = (
    Category.SHARED_ROOM,
    Category.SEPARATE_ROOM,
    Category.WHOLE_DWELLING,
    Category.EMPTY_DWELLING,
    Category.COLLECTIVE_PLACE,
)
# What a person may say that they offer: places for many are entered by whoever runs them (`shelters`).
OFFERED_BY_PEOPLE = tuple(form for form in HOUSING_FORMS if form != Category.COLLECTIVE_PLACE)
GOODS_CATEGORIES = (
    Category.CLOTHES,
    Category.FURNITURE,
    Category.HOUSEHOLD_EQUIPMENT,
    Category.BEDDING,
    Category.HYGIENE,
    Category.FOOD,
    Category.BABY,
    Category.SCHOOL,
    Category.BICYCLE,
    Category.DIGITAL,
)
SKILL_CATEGORIES = (
    Category.INTERPRETING,
    Category.TRANSLATION,
    Category.FRENCH_LESSONS,
    Category.LEGAL_HELP,
    Category.PAPERWORK,
    Category.SCHOOL_SUPPORT,
    Category.SPONSORSHIP,
    Category.TRANSPORT,
    Category.MEALS,
    Category.HEALTH_ORIENTATION,
    Category.JOB_MENTORING,
    Category.OUTINGS,
    Category.RECEPTION,
)
CATEGORIES: dict[str, tuple[Category, ...]] = {
    Kind.HOUSING: HOUSING_FORMS,
    Kind.GOODS: GOODS_CATEGORIES,
    Kind.SKILL: SKILL_CATEGORIES,
}
# Where two languages meet, the languages themselves are what is offered.
LANGUAGE_PAIR_CATEGORIES = tuple(Category(category) for category in engine.LANGUAGE_CATEGORIES)

# Of one offer. They are read with it from a row of an index, which must not be long.
MOST_PERIODS = 50
TOO_MANY_PERIODS = _("Une proposition a au plus 50 périodes.")


class Household(TextChoices):
    """Whom a host accepts. An empty list accepts everyone but lone minors."""

    WOMEN = "women", _("Une femme seule")
    MEN = "men", _("Un homme seul")
    COUPLES = "couples", _("Un couple")
    FAMILIES = "families", _("Une famille avec enfants")
    LONE_MINORS = "lone_minors", _("Un mineur isolé")


class Urgency(TextChoices):
    """How soon a need must be answered; the order of the queue."""

    TONIGHT = "tonight", _("Ce soir")
    THIS_WEEK = "this_week", _("Cette semaine")
    PLANNED = "planned", _("Prévu")


class Rhythm(TextChoices):
    """How often a skill is needed. What is needed once is an appointment, a document, a move."""

    WEEKLY = engine.WEEKLY, _("chaque semaine")
    ONCE = engine.ONCE, _("une seule fois")


class Source(TextChoices):
    """By which way an offer or a need came in."""

    WEB = "web", _("Site")
    PHONE = "phone", _("Téléphone")
    IMPORT = "import", _("Fichier")
    API = "api", _("API")


class Condition(TextChoices):
    """The state of an object."""

    NEW = "new", _("neuf")
    GOOD = "good", _("bon état")
    USED = "used", _("usagé, mais utilisable")


class HandOver(TextChoices):
    DELIVERED = "delivered", _("je peux livrer")
    COLLECTED = "collected", _("à venir chercher")


class DwellingState(TextChoices):
    READY = "ready", _("prêt à habiter")
    LIGHT_WORKS = "light_works", _("petits travaux")
    TO_RENOVATE = "to_renovate", _("à rénover")


class RentPayer(TextChoices):
    HOUSEHOLD = "household", _("le foyer")
    ASSOCIATION = "association", _("l’association")
    AID = "aid", _("une aide publique")
    OTHER = "other", _("quelqu’un d’autre")
