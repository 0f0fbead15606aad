"""The table of a need's fields."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from catalogue.fields.goods import (
    ITEM_COLUMNS,
    SIZE_COLUMNS,
    SOME_ITEMS,
    SOME_SIZES,
    name_needed,
    needed_sizes,
    of_one_category,
)
from catalogue.fields.shapes import Day, Flag, Languages, Number, Slots, Text, Word, Words
from catalogue.fields.shared import (
    COMMUNE_COLUMNS,
    FROM_COLUMNS,
    HIGHEST_RENT,
    KIND,
    LANGUAGE_COLUMNS,
    LARGEST,
    LONGEST_DAYS,
    LONGEST_REACH_KM,
    LONGEST_TEXT,
    LONGEST_TITLE,
    PLACE,
    REACH_COLUMNS,
    TEXT_COLUMNS,
    TO_COLUMNS,
    own_rows,
)
from catalogue.fields.table import ANONYMISE, Field, Rule, Table, Values, page, part, rule
from catalogue.items import LONGEST_WORDS
from catalogue.slots import parse_slot
from catalogue.vocabulary import (
    CATEGORIES,
    HOUSING_FORMS,
    LANGUAGE_PAIR_CATEGORIES,
    Category,
    Kind,
    RentPayer,
    Rhythm,
    Urgency,
)

MOST_PEOPLE = 10_000
HOUSEHOLD = ("adult_women", "adult_men", "children_under_3", "children_3_to_11", "children_12_to_17")
ADULTS, CHILDREN = HOUSEHOLD[:2], HOUSEHOLD[2:]
DETAIL = page("needs:detail")
PROGRESS = (DETAIL, page("needs:mine"), page("desk:queue"), page("desk:case"))
HOUSING, GOODS, SKILL = (Kind.HOUSING,), (Kind.GOODS,), (Kind.SKILL,)
NOT_HOUSING = (Kind.GOODS, Kind.SKILL)
# Said wherever words can be typed: what is not needed is not written down.
REMINDER = _("Pas de nom de famille, pas d’origine, pas de papiers, pas de santé.")


def _persons(name: str, label: Any, meaning: str, *columns: str) -> Field:
    return Field(
        name=name,
        label=label,
        shape=Number(most=LARGEST[Kind.HOUSING], assumed=0),
        kinds=HOUSING,
        meaning=meaning,
        columns=columns,
        use=(rule("household"), rule("capacity")),
    )


ROWS = (
    Field(
        name="kind",
        label=_("Nature"),
        shape=KIND,
        required=True,
        meaning="Decides the unit of `quantity`: persons, items, hours a week. It never changes",
        columns=("nature", "type"),
        use=(rule("category"),),
    ),
    _persons("adult_women", _("Femmes"), "", "femmes"),
    _persons("adult_men", _("Hommes"), "", "hommes"),
    _persons(
        "children_under_3",
        _("Enfants de moins de 3 ans"),
        "children by age",
        "enfants moins de 3 ans",
        "enfants_0_2",
    ),
    _persons("children_3_to_11", _("De 3 à 11 ans"), "children by age", "enfants 3 à 11 ans", "enfants_3_11"),
    _persons(
        "children_12_to_17", _("De 12 à 17 ans"), "children by age", "enfants 12 à 17 ans", "enfants_12_17"
    ),
    Field(
        name="couple",
        label=_("En couple"),
        question=_("Deux adultes sont en couple"),
        shape=Flag(),
        kinds=HOUSING,
        columns=("en couple",),
        use=(rule("household"),),
    ),
    Field(
        name="lone_minor",
        label=_("Un mineur isolé"),
        hint=_("Sans adulte de sa famille."),
        shape=Flag(),
        kinds=HOUSING,
        columns=("mineur isolé",),
        use=(rule("household"),),
    ),
    Field(
        name="category",
        label=_("Quoi"),
        errors={"required": _("Choisissez une catégorie.")},
        shape=Word(choices=Category),
        kinds=NOT_HOUSING,
        required=True,
        meaning="empty for housing, or in a spreadsheet the one form that suits",
        columns=("catégorie",),
        use=(rule("category"),),
    ),
    Field(
        name="items",
        label=_("Objet"),
        question=_("Quel objet\u202f?"),
        shape=SOME_ITEMS,
        kinds=GOODS,
        meaning="those that would do, the preferred one first, in words (`couette`, `cot`) or by code; they decide "
        "the category. `any`: whatever the category holds. Empty: what the title names for certain",
        example="couette|couverture",
        columns=ITEM_COLUMNS,
        use=(rule("item"), part("fit"), DETAIL),
    ),
    # Of a thing that has no name in the catalogue; it comes with the items.
    Field(
        name="item_words",
        label=_("Objet, en quelques mots"),
        shape=Text(longest=LONGEST_WORDS),
        kinds=GOODS,
        asked=False,
        beside="items",
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="sizes",
        label=_("Taille"),
        question=_("Quelle taille\u202f?"),
        hint=_("Plusieurs réponses possibles. Rien\u202f: toutes conviennent."),
        shape=SOME_SIZES,
        kinds=GOODS,
        beside="items",
        meaning="those that would do, the preferred one first, as people write them (`6 ans`, `M`, `38`, `140`) or by "
        "code; empty: any",
        example="140|200",
        columns=SIZE_COLUMNS,
        use=(rule("size"), part("fit"), DETAIL),
    ),
    Field(
        name="forms",
        label=_("Formes possibles"),
        question=_("Formes de logement possibles"),
        hint=_("Rien de coché\u202f: toutes conviennent."),
        shape=Words(choices=Category, only=HOUSING_FORMS),
        kinds=HOUSING,
        meaning="the forms that suit; empty: any. A form in `category` counts as the only one",
        columns=("formes", "formes de logement"),
        use=(rule("category"),),
    ),
    Field(
        name="shared_home_ok",
        label=_("Logement partagé"),
        question=_("Un logement partagé convient"),
        hint=_("Chez une personne ou une famille."),
        shape=Flag(assumed=True),
        kinds=HOUSING,
        columns=("logement partagé ok", "logement partagé"),
        use=(rule("shared_home"),),
    ),
    Field(
        name="step_free_needed",
        label=_("Accès"),
        question=_("Plain-pied ou ascenseur nécessaire"),
        shape=Flag(),
        kinds=HOUSING,
        columns=("plain-pied", "accessible"),
        use=(rule("step_free"),),
    ),
    Field(
        name="pets",
        label=_("Animal"),
        question=_("Avec un animal"),
        shape=Flag(),
        kinds=HOUSING,
        columns=("animaux", "animal"),
        use=(rule("pets"),),
    ),
    Field(
        name="smoke_free_needed",
        label=_("Sans fumée"),
        question=_("Personne ne fume dans le logement"),
        shape=Flag(),
        kinds=HOUSING,
        meaning="a home where nobody smokes indoors",
        columns=("non fumeur",),
        use=(rule("smoke_free"),),
    ),
    Field(
        name="rent_up_to",
        label=_("Loyer possible"),
        question=_("Loyer possible par mois, en euros"),
        hint=_("Vide\u202f: seulement un logement prêté."),
        errors={
            "invalid": _("Écrivez le loyer en chiffres, par exemple 450."),
            "min_value": _("Le loyer ne peut pas être négatif."),
            "max_value": _("Vérifiez ce loyer\u202f: il dépasse 5 000 € par mois."),
        },
        shape=Number(most=HIGHEST_RENT),
        kinds=HOUSING,
        meaning="euros a month that somebody pays; empty: 0",
        columns=("loyer possible", "loyer max"),
        use=(rule("rent"),),
    ),
    Field(
        name="rent_payer",
        label=_("Qui paie le loyer"),
        question=_("Qui paie ce loyer\u202f?"),
        shape=Word(
            choices=RentPayer, synonyms={"foyer": "household", "association": "association", "aide": "aid"}
        ),
        kinds=HOUSING,
        meaning="who pays it; required with a rent",
        columns=("qui paie le loyer",),
        use=(DETAIL,),
    ),
    Field(
        name="rhythm",
        label=_("Rythme"),
        question=_("Une seule fois, ou chaque semaine\u202f?"),
        errors={"required": _("Dites si c’est une seule fois, ou chaque semaine.")},
        shape=Word(
            choices=Rhythm,
            synonyms={"une_fois": "once", "ponctuel": "once", "hebdomadaire": "weekly"},
            assumed=Rhythm.WEEKLY.value,
        ),
        kinds=SKILL,
        meaning="empty: weekly; an appointment is needed once, on one day, in one slot",
        columns=("rythme",),
        use=(rule("dates"), rule("slots")),
    ),
    Field(
        name="quantity",
        label=_("Combien"),
        question=_("Combien\u202f?"),
        errors={
            "required": _("Dites combien."),
            "min_value": _("Il en faut au moins un."),
            "max_value": _("Un besoin compte 10 000 objets au plus."),
        },
        shape=Number(least=1, most=LARGEST),
        required=True,
        follows=HOUSING_FORMS,
        meaning="items (1 to 10,000) or hours (1 to 80) a week, or in all of what is needed once; for housing the "
        "household's size, whatever is sent",
        columns=("quantité",),
        use=(rule("capacity"), part("fit")),
    ),
    Field(
        name="people",
        label=_("Personnes concernées"),
        question=_("Pour combien de personnes\u202f?"),
        shape=Number(least=1, most=MOST_PEOPLE, assumed=1),
        follows=HOUSING_FORMS,
        meaning="how many persons it concerns; for housing the household's size",
        columns=("personnes",),
        use=(DETAIL, rule("capacity")),
    ),
    Field(
        name="part_useful",
        label=_("Une partie est déjà utile"),
        shape=Flag(),
        meaning="whether a part of it already helps",
        columns=("partie utile",),
        use=(rule("capacity"),),
    ),
    Field(
        name="languages_from",
        label=_("Depuis la langue"),
        question=_("Depuis quelle langue\u202f?"),
        hint=_("Pour l’interprétariat et la traduction."),
        shape=Languages(),
        kinds=SKILL,
        categories=LANGUAGE_PAIR_CATEGORIES,
        meaning="interpreting and translation: from these; one of the two is required there",
        columns=FROM_COLUMNS,
        use=(rule("languages"),),
    ),
    Field(
        name="languages_to",
        label=_("Vers la langue"),
        question=_("Vers quelle langue\u202f?"),
        hint=_("Rien de coché\u202f: vers le français."),
        shape=Languages(),
        kinds=SKILL,
        categories=LANGUAGE_PAIR_CATEGORIES,
        meaning="interpreting and translation: to these",
        columns=TO_COLUMNS,
        use=(rule("languages"),),
    ),
    Field(
        name="slots",
        label=_("Moments de la semaine"),
        question=_("À quels moments de la semaine\u202f?"),
        hint=_("Rien de coché\u202f: tous conviennent."),
        shape=Slots(),
        kinds=SKILL,
        example="mon 18:00-20:00|sat 09:00-12:00",
        columns=("créneaux",),
        use=(rule("slots"),),
    ),
    Field(
        name="remote_ok",
        label=_("À distance"),
        question=_("Possible à distance"),
        shape=Flag(),
        kinds=SKILL,
        columns=("à distance",),
        use=(rule("distance"),),
    ),
    Field(
        name="urgency",
        label=_("Urgence"),
        question=_("Pour quand\u202f?"),
        errors={"required": _("Dites pour quand.")},
        shape=Word(choices=Urgency, assumed=Urgency.PLANNED.value),
        required=True,
        columns=("urgence",),
        use=(page("desk:queue"), page("matching:plan"), rule("dates")),
    ),
    Field(
        name="first_day",
        label=_("Du"),
        question=_("À partir du"),
        shape=Day(may_be_past=True, edge="first"),
        required=True,
        meaning="the first of the days asked",
        columns=("du", "premier jour", "début"),
        use=(rule("dates"), part("dates")),
    ),
    Field(
        name="last_day",
        label=_("Au"),
        question=_("Jusqu’au"),
        shape=Day(edge="last"),
        required=True,
        meaning="the last of the days asked, itself included",
        columns=("au", "dernier jour", "fin"),
        use=(rule("dates"), part("dates")),
    ),
    Field(
        name="min_days",
        label=_("Durée minimale utile"),
        question=_("Durée minimale utile, en jours"),
        hint=_("En dessous, ce n’est pas la peine de nous proposer quelque chose."),
        errors={"invalid": _("Écrivez un nombre entier, par exemple 7.")},
        shape=Number(least=1, most=LONGEST_DAYS),
        meaning="shortest useful unbroken stretch; empty: all the days for housing, 1 otherwise",
        columns=("durée min jours", "jours min"),
        use=(rule("dates"),),
    ),
    Field(
        name="commune",
        label=_("Où"),
        question=_("Dans quelle commune\u202f?"),
        required=True,
        meaning="INSEE code of the commune",
        columns=COMMUNE_COLUMNS,
        use=PLACE,
    ),
    Field(
        name="reach_km",
        label=_("Distance possible"),
        question=_("Jusqu’à combien de kilomètres\u202f?"),
        hint=_("La distance possible autour de cette commune."),
        errors={
            "required": _("Indiquez une distance, par exemple 10."),
            "invalid": _("Écrivez une distance en kilomètres, par exemple 10."),
            "min_value": _("La distance doit être comprise entre 0 et 500 km."),
            "max_value": _("La distance doit être comprise entre 0 et 500 km."),
        },
        shape=Number(most=LONGEST_REACH_KM, whole=False, assumed=0),
        meaning="how far the beneficiary can go, in km",
        columns=REACH_COLUMNS,
        use=PLACE,
    ),
    Field(
        name="languages",
        label=_("Langues parlées"),
        hint=_("Pour que les personnes se comprennent."),
        shape=Languages(),
        meaning="spoken",
        example="fr|ti",
        columns=LANGUAGE_COLUMNS,
        erasure=ANONYMISE,
        use=(part("language"),),
    ),
    Field(
        name="title",
        label=_("Titre"),
        hint=_("Vide, nous le composons avec vos réponses."),
        shape=Text(longest=LONGEST_TITLE),
        required=True,
        meaning="in a spreadsheet, empty: the category's name",
        columns=("titre",),
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="text",
        label=_("Précisions"),
        question=_("Ce qu’il est utile de savoir"),
        hint=REMINDER,
        shape=Text(longest=LONGEST_TEXT),
        meaning="**never** nationality, religion, papers, health, or a beneficiary's surname",
        columns=TEXT_COLUMNS,
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="social_worker",
        label=_("Personne qui accompagne"),
        hint=_("Le prénom et le service, pour que l’hôte sache à qui parler."),
        shape=Text(longest=120),
        kinds=HOUSING,
        meaning="first name and service of whoever accompanies the household; needed for a lone minor",
        columns=("accompagnement", "travailleur social"),
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="case_reference",
        label=_("Votre référence de dossier"),
        hint=_("Elle n’est lue que par votre association et la ville. Pas de nom de famille."),
        shape=Text(longest=40),
        meaning="the association's own, read by it and the town alone; no surname",
        columns=("référence dossier", "dossier"),
        erasure=ANONYMISE,
        use=(DETAIL, page("desk:case")),
    ),
    *own_rows(app="needs", model="need"),
    Field(name="organisation", label=_("Association"), asked=False, use=(rule("open"), page("desk:case"))),
    Field(name="person", label=_("Personne concernée"), asked=False, use=(page("desk:case"),)),
    Field(name="urgency_rank", asked=False, use=(page("desk:queue"),)),
    Field(
        name="given_days",
        asked=False,
        meaning="of a need that lasts: on how many of its days something is given",
        use=PROGRESS,
    ),
    Field(
        name="given_quantity",
        asked=False,
        meaning="how much is given: the least on one of those days, or in all of what is given once",
        use=PROGRESS,
    ),
    Field(
        name="uncovered_from",
        asked=False,
        meaning="of a need that lasts and is given something: the first of its days that is not covered",
        use=(page("desk:queue"), page("desk:case")),
    ),
)


def _follow(fields: dict[str, Any]) -> dict[str, Any]:
    """A household says its own size, and has no category: the forms that suit it say what is wanted. Goods have that of
    their item. Skills are needed each week unless it is said that once will do.
    """
    fields = name_needed(fields)
    if fields["kind"] == Kind.HOUSING:
        fields["people"] = fields["quantity"] = sum(fields.get(name, 0) for name in HOUSEHOLD)
        fields["category"] = ""
    if fields["kind"] == Kind.SKILL:
        fields["rhythm"] = fields.get("rhythm") or Rhythm.WEEKLY.value
    return fields


def _of_the_kind(fields: Values) -> None:
    if fields["kind"] != Kind.HOUSING and fields.get("category") not in CATEGORIES[fields["kind"]]:
        raise ValidationError({"category": _("Cette catégorie ne correspond pas à la nature du besoin.")})


def _names_languages(fields: Values) -> None:
    pair = fields.get("category") in LANGUAGE_PAIR_CATEGORIES
    if pair and not fields.get("languages_from") and not fields.get("languages_to"):
        raise ValidationError({"languages_from": _("Dites quelle langue est demandée.")})


def _household(fields: Values) -> None:
    """Who they are: somebody, not too many, and children with an adult unless a minor is alone."""
    if fields["kind"] != Kind.HOUSING:
        return
    adults, children = (sum(fields.get(name, 0) for name in names) for names in (ADULTS, CHILDREN))
    wrong: dict[str, Any] = {}
    if not adults + children:
        wrong["adult_women"] = _("Dites combien de personnes cherchent un toit.")
    elif adults + children > LARGEST[Kind.HOUSING]:
        wrong["adult_women"] = _("Un foyer compte 50 personnes au plus. Postez plusieurs besoins.")
    if fields.get("lone_minor"):
        if adults:
            wrong["lone_minor"] = _("Un mineur isolé n’est pas accompagné d’un adulte.")
        elif not children:
            wrong["lone_minor"] = _("Notez son âge plus haut, parmi les enfants.")
    elif children and not adults:
        wrong["lone_minor"] = _("Des enfants sans adulte\u202f? Cochez cette case, ou ajoutez un adulte.")
    if fields.get("couple") and adults < 2:
        wrong["couple"] = _("Un couple compte deux adultes.")
    if wrong:
        raise ValidationError(wrong)


def _is_accompanied(fields: Values) -> None:
    """A minor who is alone is housed with an association beside them, which says who."""
    # With an adult it is no lone minor: `_household` says so.
    is_alone = fields.get("lone_minor") and not any(fields.get(name) for name in ADULTS)
    if fields["kind"] == Kind.HOUSING and is_alone and not fields.get("social_worker"):
        raise ValidationError(
            {
                "social_worker": _(
                    "Un mineur isolé est accompagné. Dites par qui : le prénom et l’association."
                )
            }
        )


def _room_is_shared(fields: Values) -> None:
    if list(fields.get("forms", ())) == [Category.SHARED_ROOM] and not fields.get("shared_home_ok", True):
        raise ValidationError(
            {
                "shared_home_ok": _(
                    "Une chambre chez l’habitant est un logement partagé. Cochez cette case, ou une autre forme."
                )
            }
        )


def _rent_is_paid(fields: Values) -> None:
    if fields.get("rent_up_to") and not fields.get("rent_payer"):
        raise ValidationError({"rent_payer": _("Dites qui paie ce loyer.")})
    if fields.get("rent_payer") and not fields.get("rent_up_to"):
        raise ValidationError({"rent_up_to": _("Dites jusqu’à quel loyer.")})


def _days(fields: Values) -> None:
    first, last, least = (fields.get(name) for name in ("first_day", "last_day", "min_days"))
    if not first or not last:
        return
    if last < first:
        raise ValidationError({"last_day": _("La fin doit venir après le début.")})
    if least and least > (last - first).days + 1:
        raise ValidationError(
            {"min_days": _("La durée minimale doit tenir entre le premier et le dernier jour.")}
        )


def _once(fields: Values) -> None:
    """An appointment is on its own weekday; of several days, each slot is on one of theirs."""
    first, last, slots = (fields.get(name) for name in ("first_day", "last_day", "slots"))
    if fields.get("rhythm") != Rhythm.ONCE or not first or not last or not slots:
        return
    days = {(first + timedelta(days=number)).weekday() for number in range(min((last - first).days + 1, 7))}
    for slot in map(parse_slot, slots):
        if slot.weekday in days:
            continue
        if first == last:
            said = _("Le %(date)s est un %(day)s. Choisissez un moment de ce jour-là, ou une autre date.")
            figures = {"date": date_format(first, "DATE_FORMAT"), "day": WEEKDAYS[first.weekday()]}
        else:
            said = _("Aucun %(day)s entre ces deux dates. Choisissez un autre moment, ou d’autres dates.")
            figures = {"day": WEEKDAYS[slot.weekday]}
        raise ValidationError({"slots": ValidationError(said, code="weekday", params=figures)})


NEED = Table(
    ROWS,
    follow=_follow,
    rules=(
        Rule(("kind", "category"), _of_the_kind),
        Rule(("category", "languages_from", "languages_to"), _names_languages),
        Rule(("items",), of_one_category),
        Rule(("items", "sizes"), needed_sizes),
        Rule((*HOUSEHOLD, "couple", "lone_minor"), _household),
        Rule(("lone_minor", "social_worker"), _is_accompanied),
        Rule(("forms", "shared_home_ok"), _room_is_shared),
        Rule(("rent_up_to", "rent_payer"), _rent_is_paid),
        Rule(("first_day", "last_day", "min_days"), _days),
        Rule(("rhythm", "slots", "first_day", "last_day"), _once),
    ),
)
