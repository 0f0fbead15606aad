"""The table of an offer's fields."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue.fields.goods import (
    ITEM_COLUMNS,
    ONE_ITEM,
    ONE_SIZE,
    SIZE_COLUMNS,
    name_offered,
    offered_size,
)
from catalogue.fields.shapes import (
    FARTHEST,
    PAST,
    TOO_FAR,
    Day,
    Flag,
    Languages,
    Number,
    Slots,
    Text,
    Word,
    Words,
)
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
from catalogue.fields.table import ANONYMISE, Field, Rule, Table, Values, code, page, part, rule
from catalogue.items import LONGEST_WORDS
from catalogue.vocabulary import (
    CATEGORIES,
    HOUSING_FORMS,
    LANGUAGE_PAIR_CATEGORIES,
    Category,
    Condition,
    DwellingState,
    HandOver,
    Household,
    Kind,
)

Period = tuple[date, date | None]
DETAIL = page("offers:detail")
HOUSING, GOODS, SKILL = (Kind.HOUSING,), (Kind.GOODS,), (Kind.SKILL,)
REMINDER = _(
    "N’écrivez aucun nom de famille, et rien sur les papiers, l’origine, la religion ou la santé de quelqu’un."
)

ROWS = (
    Field(
        name="kind",
        label=_("Nature"),
        question=_("Votre aide"),
        errors={"required": _("Choisissez ce que vous proposez.")},
        shape=KIND,
        required=True,
        steps=("kind",),
        meaning="Decides the unit of `capacity`: persons, items, hours a week. It never changes",
        columns=("nature", "type"),
        use=(rule("category"),),
    ),
    Field(
        name="category",
        label=_("Quoi"),
        question=_("Catégorie"),
        errors={
            "required": _("Choisissez une catégorie."),
            "invalid_choice": _("Choisissez une catégorie de la liste."),
        },
        shape=Word(choices=Category),
        required=True,
        steps=("category",),
        meaning="for housing, the form of the home",
        columns=("catégorie",),
        use=(rule("category"),),
    ),
    Field(
        name="item",
        label=_("Objet"),
        question=_("Quel objet\u202f?"),
        errors={"required": _("Dites de quel objet il s’agit.")},
        shape=ONE_ITEM,
        kinds=GOODS,
        required=True,
        steps=("item",),
        meaning="in words (`couette`, `cot`) or by its code; it decides the category. Empty: what the title names "
        "for certain; what has no name here is `other`",
        example="couette 140",
        columns=ITEM_COLUMNS,
        use=(rule("item"), part("fit"), DETAIL),
    ),
    # Of a thing that has no name in the catalogue; it comes with the item.
    Field(
        name="item_words",
        label=_("Objet, en quelques mots"),
        shape=Text(longest=LONGEST_WORDS),
        kinds=GOODS,
        asked=False,
        beside="item",
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="size",
        label=_("Taille"),
        question=_("Quelle taille\u202f?"),
        hint=_("Sans taille, nous ne pouvons pas le proposer à qui en demande une."),
        shape=ONE_SIZE,
        kinds=GOODS,
        beside="item",
        steps=("goods",),
        meaning="of an item that has sizes, as people write it (`6 ans`, `M`, `38`, `140`) or by its code; `mixed`: "
        "several",
        example="140",
        columns=SIZE_COLUMNS,
        use=(rule("size"), part("fit"), DETAIL),
    ),
    Field(
        name="capacity",
        label=_("Combien"),
        errors={
            "required": _("Indiquez un nombre, par exemple 1."),
            "invalid": _("Écrivez un nombre en chiffres, par exemple 2."),
            "min_value": _("Indiquez au moins 1."),
        },
        shape=Number(least=1, most=LARGEST),
        required=True,
        steps=("goods", "guests", "hours"),
        meaning="persons (1 to 50), items (1 to 10,000) or hours a week (1 to 80), as the kind says",
        columns=("capacité", "places", "quantité"),
        use=(rule("capacity"), part("fit")),
    ),
    Field(
        name="condition",
        label=_("État"),
        question=_("Dans quel état\u202f?"),
        shape=Word(choices=Condition),
        kinds=GOODS,
        categories=tuple(c for c in CATEGORIES[Kind.GOODS] if c not in (Category.FOOD, Category.HYGIENE)),
        steps=("details",),
        columns=("état",),
        use=(DETAIL,),
    ),
    Field(
        name="best_before",
        label=_("À consommer avant le"),
        shape=Day(),
        kinds=GOODS,
        categories=(Category.FOOD,),
        steps=("goods",),
        meaning="food: a day",
        columns=("à consommer avant",),
        use=(rule("dates"), DETAIL),
    ),
    Field(
        name="hand_over",
        label=_("Remise"),
        question=_("Comment se fait la remise\u202f?"),
        errors={"required": _("Dites si vous livrez ou si l’on vient chercher.")},
        shape=Word(choices=HandOver),
        kinds=GOODS,
        required=True,
        steps=("where",),
        columns=("remise",),
        use=(DETAIL,),
    ),
    Field(
        name="languages_from",
        label=_("Depuis la langue"),
        question=_("De quelles langues\u202f?"),
        hint=_("Les langues que vous comprenez."),
        shape=Languages(),
        kinds=SKILL,
        categories=LANGUAGE_PAIR_CATEGORIES,
        required=True,
        steps=("pair",),
        meaning="interpreting and translation: from these; required there",
        columns=FROM_COLUMNS,
        use=(rule("languages"),),
    ),
    Field(
        name="languages_to",
        label=_("Vers la langue"),
        question=_("Vers quelles langues\u202f?"),
        hint=_("Si vous traduisez dans les deux sens, cochez-les des deux côtés."),
        shape=Languages(),
        kinds=SKILL,
        categories=LANGUAGE_PAIR_CATEGORIES,
        required=True,
        steps=("pair",),
        meaning="interpreting and translation: to these; required there",
        columns=TO_COLUMNS,
        use=(rule("languages"),),
    ),
    Field(
        name="commune",
        label=_("Où"),
        question=_("Dans quelle commune\u202f?"),
        required=True,
        steps=("where",),
        meaning="INSEE code of the commune",
        columns=COMMUNE_COLUMNS,
        use=PLACE,
    ),
    Field(
        name="address",
        label=_("Adresse (cachée)"),
        question=_("Adresse"),
        hint=_("Elle reste cachée. Elle n’est donnée qu’après votre oui."),
        shape=Text(longest=200),
        steps=("where",),
        meaning="hidden until contacts are exchanged",
        columns=("adresse",),
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="reach_km",
        label=_("Distance possible"),
        question=_("Jusqu’où pouvez-vous aller\u202f?"),
        shape=Number(most=LONGEST_REACH_KM, whole=False, assumed=0, usual=(0, 2, 5, 10, 20, 50)),
        follows=HOUSING_FORMS,
        steps=("where",),
        meaning="how far the citizen travels or delivers, in km; 0 for a home",
        columns=REACH_COLUMNS,
        use=PLACE,
    ),
    Field(
        name="remote",
        label=_("à distance"),
        question=_("Possible aussi à distance"),
        hint=_("Par téléphone ou en visio."),
        shape=Flag(),
        kinds=SKILL,
        steps=("where",),
        columns=("à distance",),
        use=(rule("distance"),),
    ),
    Field(
        name="accepts",
        label=_("Pour qui"),
        question=_("Qui pouvez-vous accueillir\u202f?"),
        hint=_("Si vous ne cochez rien\u202f: tout le monde, sauf un mineur isolé."),
        shape=Words(
            choices=Household,
            only=(
                Household.WOMEN,
                Household.FAMILIES,
                Household.COUPLES,
                Household.MEN,
                Household.LONE_MINORS,
            ),
            synonyms={
                "femmes": "women",
                "femme": "women",
                "hommes": "men",
                "homme": "men",
                "couple": "couples",
                "famille": "families",
                "familles": "families",
                "mineurs": "lone_minors",
                "mineurs_isoles": "lone_minors",
                "mineur_isole": "lone_minors",
            },
        ),
        kinds=HOUSING,
        steps=("guests",),
        meaning="empty: everyone but lone minors",
        columns=("accepte", "accueille"),
        use=(rule("household"),),
    ),
    Field(
        name="dwelling_state",
        label=_("État du logement"),
        question=_("Dans quel état est le logement\u202f?"),
        shape=Word(
            choices=DwellingState,
            synonyms={
                **dict.fromkeys(
                    (
                        "pret",
                        "bon_etat",
                        "en_bon_etat",
                        "habitable",
                        "neuf",
                        "ok",
                        "rien_a_faire",
                        "meuble",
                        "renove",
                    ),
                    "ready",
                ),
                **dict.fromkeys(
                    ("travaux_legers", "rafraichissement", "a_rafraichir", "quelques_travaux"), "light_works"
                ),
                **dict.fromkeys(
                    ("gros_travaux", "travaux_importants", "inhabitable", "en_travaux"), "to_renovate"
                ),
            },
        ),
        kinds=HOUSING,
        categories=(Category.EMPTY_DWELLING,),
        required=True,
        steps=("guests",),
        meaning="empty dwellings",
        columns=("état logement",),
        use=(rule("open"), DETAIL),
    ),
    Field(
        name="rent",
        label=_("Loyer"),
        question=_("Loyer par mois, en euros"),
        hint=_("0 si vous le prêtez."),
        errors={
            "invalid": _("Écrivez le loyer en chiffres, par exemple 450."),
            "min_value": _("Le loyer ne peut pas être négatif."),
            "max_value": _("Vérifiez ce loyer\u202f: il dépasse 5 000 € par mois."),
        },
        shape=Number(most=HIGHEST_RENT),
        kinds=HOUSING,
        categories=(Category.WHOLE_DWELLING, Category.EMPTY_DWELLING),
        steps=("details",),
        meaning="whole and empty dwellings: euros a month; 0: lent",
        columns=("loyer",),
        use=(rule("rent"), DETAIL),
    ),
    Field(
        name="shared_home",
        label=_("logement partagé avec vous"),
        question=_("Vous partagez la cuisine ou la salle de bains"),
        shape=Flag(),
        kinds=HOUSING,
        categories=(Category.SHARED_ROOM, Category.SEPARATE_ROOM, Category.COLLECTIVE_PLACE),
        follows=(Category.SHARED_ROOM, Category.COLLECTIVE_PLACE),
        steps=("details",),
        meaning="in the citizen's own home; it follows from the category, but for a separate room",
        columns=("logement partagé",),
        use=(rule("shared_home"),),
    ),
    Field(
        name="step_free",
        label=_("sans marche à monter"),
        question=_("De plain-pied, ou avec ascenseur"),
        hint=_("Aucune marche à monter."),
        shape=Flag(),
        kinds=HOUSING,
        steps=("details",),
        columns=("plain-pied", "accessible"),
        use=(rule("step_free"),),
    ),
    Field(
        name="pets_accepted",
        label=_("animal possible"),
        question=_("Un animal est possible"),
        shape=Flag(),
        kinds=HOUSING,
        steps=("details",),
        columns=("animaux", "animaux acceptés"),
        use=(rule("pets"),),
    ),
    Field(
        name="smoking",
        label=_("on peut fumer"),
        question=_("On peut fumer à l’intérieur"),
        shape=Flag(),
        kinds=HOUSING,
        steps=("details",),
        columns=("fumeur",),
        use=(rule("smoke_free"), DETAIL),
    ),
    Field(
        name="longest_stay_days",
        label=_("Séjour"),
        question=_("Pour combien de temps au plus\u202f?"),
        shape=Number(least=1, most=LONGEST_DAYS, usual=(3, 7, 14, 30, 90, 180, 365)),
        kinds=HOUSING,
        steps=("details",),
        meaning="days; empty: no limit",
        columns=("durée max jours",),
        use=(rule("stay"), DETAIL),
    ),
    Field(
        name="notice_days",
        label=_("Vous prévenir"),
        question=_("Combien de temps avant faut-il vous prévenir\u202f?"),
        shape=Number(most=365, assumed=0, usual=(0, 1, 2, 3, 7, 14)),
        kinds=HOUSING,
        steps=("details",),
        meaning="days of notice needed",
        columns=("préavis jours",),
        use=(rule("notice"), DETAIL),
    ),
    Field(
        name="nearest_stop",
        label=_("Arrêt le plus proche"),
        question=_("Arrêt de bus, de tram ou gare le plus proche"),
        shape=Text(longest=80),
        kinds=HOUSING,
        steps=("details",),
        columns=("arrêt",),
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="slots",
        label=_("Moments"),
        question=_("Quels moments de la semaine\u202f?"),
        hint=_("Si vous ne cochez rien, nous voyons ensemble."),
        shape=Slots(),
        kinds=SKILL,
        steps=("hours",),
        example="mon 18:00-20:00|sat 09:00-12:00",
        columns=("créneaux",),
        use=(rule("slots"),),
    ),
    Field(
        name="languages",
        label=_("Langues parlées"),
        question=_("Quelles langues parlez-vous\u202f?"),
        shape=Languages(),
        follows=LANGUAGE_PAIR_CATEGORIES,
        steps=("details",),
        meaning="spoken",
        example="fr|ti",
        columns=LANGUAGE_COLUMNS,
        erasure=ANONYMISE,
        use=(part("language"),),
    ),
    Field(
        name="title",
        label=_("Titre"),
        hint=_("Nous l’avons écrit à partir de vos réponses. Vous pouvez le changer."),
        errors={"required": _("Donnez un titre, même court.")},
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
        hint=REMINDER,
        shape=Text(longest=LONGEST_TEXT),
        steps=("details",),
        meaning="**never** nationality, religion, papers, health, or anybody's surname",
        columns=TEXT_COLUMNS,
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="diploma",
        label=_("Diplôme"),
        question=_("Diplôme, ou numéro d’inscription"),
        shape=Text(longest=80),
        kinds=SKILL,
        categories=(
            Category.INTERPRETING,
            Category.TRANSLATION,
            Category.LEGAL_HELP,
            Category.HEALTH_ORIENTATION,
        ),
        steps=("details",),
        meaning="diploma or bar number, where the category calls for it",
        columns=("diplôme",),
        erasure=ANONYMISE,
        use=(DETAIL,),
    ),
    Field(
        name="share_with_linked",
        label=_("Villes voisines"),
        question=_("Montrer aussi ma proposition aux villes voisines"),
        shape=Flag(),
        steps=("you",),
        meaning="the citizen agreed that linked towns see it",
        columns=("partager", "villes voisines"),
        use=(rule("city"),),
    ),
    *own_rows(app="offers", model="offer"),
    Field(name="owner", label=_("Citoyen"), asked=False, use=(part("courtesy"), DETAIL)),
    Field(
        name="answers_need",
        label=_("Répond au besoin"),
        asked=False,
        use=(DETAIL, page("desk:case")),
    ),
    Field(name="confirmed_at", label=_("Confirmée le"), asked=False, use=(part("freshness"),)),
    Field(name="reminded_at", asked=False, use=(code("offers.asking.remind_stale"),)),
    Field(
        name="paused_until",
        label=_("En pause jusqu’au"),
        asked=False,
        use=(code("offers.services.resume_paused"),),
    ),
    Field(name="merged_into", label=_("Réunie à"), asked=False, use=(code("offers.services.reopen_double"),)),
    Field(name="vetted_at", label=_("Visite faite le"), asked=False, use=(DETAIL,)),
    Field(
        name="vetted_by", label=_("Visite faite par"), asked=False, use=(page("admin:offers_offer_change"),)
    ),
    Field(name="first_day", asked=False, use=(rule("dates"),)),
    Field(name="last_day", asked=False, use=(rule("dates"),)),
    Field(name="days", asked=False, use=(rule("dates"),)),
    # What is packed follows the fields that it is made of.
    Field(name="packed", asked=False, erasure=ANONYMISE, use=(rule("dates"), rule("capacity"))),
)


def _follow(fields: dict[str, Any]) -> dict[str, Any]:
    """A home does not travel, what is collected neither; a room at home is shared, and a place for many; an interpreter
    speaks.
    """
    fields = name_offered(fields)
    category = fields["category"]
    if fields["kind"] == Kind.HOUSING:
        fields["reach_km"] = 0
        fields["shared_home"] = category in (Category.SHARED_ROOM, Category.COLLECTIVE_PLACE) or (
            category == Category.SEPARATE_ROOM and bool(fields.get("shared_home"))
        )
    if fields["kind"] == Kind.GOODS and fields.get("hand_over") == HandOver.COLLECTED:
        fields["reach_km"] = 0
    if category in LANGUAGE_PAIR_CATEGORIES:
        both = [*fields.get("languages_from", []), *fields.get("languages_to", [])]
        fields["languages"] = list(dict.fromkeys([*fields.get("languages", []), *both]))
    return fields


def _of_the_kind(fields: Values) -> None:
    if fields["category"] not in CATEGORIES[fields["kind"]]:
        raise ValidationError(
            {"category": _("Cette catégorie ne correspond pas à la nature de la proposition.")}
        )


def _names_languages(fields: Values) -> None:
    if fields["category"] not in LANGUAGE_PAIR_CATEGORIES:
        return
    for name in ("languages_from", "languages_to"):
        if not fields.get(name):
            raise ValidationError({name: _("Dites depuis quelles langues et vers quelles langues.")})


def check_periods(periods: Sequence[Period], *, today: date, before: Sequence[Period] = ()) -> None:
    """ValidationError under "windows" when changed periods, in order, are all over, or one is too far away."""
    if not periods or list(periods) == list(before):
        return
    end = periods[-1][1]
    if end is not None and end < today:
        raise ValidationError({"windows": PAST})
    for first, last in set(periods) - set(before):
        if max(first, last or first) > today + FARTHEST:
            raise ValidationError({"windows": TOO_FAR})


def check_best_before(best_before: date | None, periods: Sequence[Period]) -> None:
    """ValidationError under "best_before" when what is offered is there only after that day."""
    if best_before is not None and periods and periods[0][0] > best_before:
        raise ValidationError(
            {"best_before": _("Cette date vient avant le premier jour de la proposition. Vérifiez les deux.")}
        )


OFFER = Table(
    ROWS,
    follow=_follow,
    rules=(
        Rule(("kind", "category"), _of_the_kind),
        Rule(("category", "languages_from", "languages_to"), _names_languages),
        Rule(("item", "size"), offered_size),
    ),
)
