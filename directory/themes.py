"""What a service is for: our few themes in plain words, each a group of the thematics of data.inclusion (v1).

A service keeps the thematics alone: what was read from a file goes out as it came in.
"""

from collections.abc import Iterable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from catalogue.meaning import folded


class Theme(models.TextChoices):
    """In the order in which people look: a bed and a meal first."""

    SHELTER = "shelter", _("Logement et hébergement")
    FOOD = "food", _("Repas et colis alimentaires")
    THINGS = "things", _("Vêtements et équipement")
    HEALTH = "health", _("Santé et écoute")
    RIGHTS = "rights", _("Droits, asile et conseil juridique")
    PAPERWORK = "paperwork", _("Démarches et courriers")
    FRENCH = "french", _("Apprendre le français")
    CHILDREN = "children", _("École et enfants")
    FAMILY = "family", _("Violences, conflits, aide à un proche")
    WORK = "work", _("Travail et formation")
    TRANSPORT = "transport", _("Transports")
    DIGITAL = "digital", _("Internet et téléphone")
    MONEY = "money", _("Argent et dettes")
    MEETING = "meeting", _("Rencontres, sport et culture")


_LAW, _THINGS, _FAMILY = "difficultes-administratives-ou-juridiques", "equipement-et-alimentation", "famille"
# By theme, its thematics. The first is what our own form means by the theme.
THEMATICS: Mapping[Theme, tuple[str, ...]] = {
    Theme.SHELTER: (
        "logement-hebergement--rechercher-une-solution-dhebergement-temporaire",
        "logement-hebergement--acheter-un-logement",
        "logement-hebergement--changer-de-logement",
        "logement-hebergement--louer-un-logement",
        "logement-hebergement--reduire-les-impayes-de-loyer",
        "logement-hebergement--se-maintenir-dans-le-logement",
        "logement-hebergement--sinformer-sur-les-demarches-liees-a-lacces-au-logement",
    ),
    Theme.FOOD: (f"{_THINGS}--alimentation",),
    Theme.THINGS: (f"{_THINGS}--habillement", f"{_THINGS}--electromenager", f"{_THINGS}--aide-menagere"),
    Theme.HEALTH: (
        "sante--acces-aux-soins",
        "sante--addictions",
        "sante--constituer-un-dossier-mdph-invalidite",
        "sante--sante-mentale",
        "sante--sante-sexuelle",
    ),
    Theme.RIGHTS: (
        f"{_LAW}--accompagnement-pour-lacces-aux-droits",
        f"{_LAW}--accompagnement-pour-lacces-a-la-citoyennete",
        f"{_LAW}--beneficier-dune-mesure-daccompagnement-adapte",
        f"{_LAW}--connaitre-ses-droits-face-a-une-discrimination",
        f"{_LAW}--prendre-en-compte-une-problematique-judiciaire",
    ),
    Theme.PAPERWORK: (f"{_LAW}--accompagnement-aux-demarches-administratives",),
    Theme.FRENCH: (
        "lecture-ecriture-calcul--maitriser-le-francais",
        "lecture-ecriture-calcul--maitriser-le-calcul",
    ),
    Theme.CHILDREN: (f"{_FAMILY}--soutien-a-la-parentalite-et-a-leducation", f"{_FAMILY}--garde-denfants"),
    Theme.FAMILY: (
        f"{_FAMILY}--surmonter-conflits-separation-violence",
        f"{_FAMILY}--prise-en-charge-personne-dependante",
        f"{_FAMILY}--soutien-aidants",
    ),
    Theme.WORK: (
        "trouver-un-emploi--repondre-a-des-offres-demploi",
        "trouver-un-emploi--convaincre-un-recruteur-en-entretien",
        "trouver-un-emploi--faire-des-candidatures-spontanees",
        "trouver-un-emploi--maintien-dans-lemploi",
        "trouver-un-emploi--suivre-ses-candidatures-et-relancer-les-employeurs",
        "choisir-un-metier--confirmer-son-choix-de-metier",
        "choisir-un-metier--connaitre-les-opportunites-demploi",
        "choisir-un-metier--decouvrir-un-metier-ou-un-secteur-dactivite",
        "choisir-un-metier--identifier-ses-points-forts-et-ses-competences",
        "creer-une-entreprise--definir-son-projet-de-creation-dentreprise",
        "creer-une-entreprise--developper-son-entreprise",
        "creer-une-entreprise--structurer-son-projet-de-creation-dentreprise",
        "preparer-sa-candidature--developper-son-reseau",
        "preparer-sa-candidature--organiser-ses-demarches-de-recherche-demploi",
        "preparer-sa-candidature--realiser-un-cv-et-ou-une-lettre-de-motivation",
        "preparer-sa-candidature--valoriser-ses-competences",
        "se-former--monter-son-dossier-de-formation",
        "se-former--trouver-sa-formation",
        "souvrir-a-linternational--connaitre-les-opportunites-demploi-a-letranger",
        "souvrir-a-linternational--sinformer-sur-les-aides-pour-travailler-a-letranger",
        "souvrir-a-linternational--sorganiser-suite-a-son-retour-en-france",
    ),
    Theme.TRANSPORT: (
        "mobilite--mobilite-douce-partagee-collective",
        "mobilite--acceder-a-un-vehicule",
        "mobilite--entretenir-reparer-son-vehicule",
        "mobilite--etre-accompagne-dans-son-parcours-mobilite",
        "mobilite--financer-ma-mobilite",
        "mobilite--preparer-un-permis",
    ),
    Theme.DIGITAL: (
        "numerique--acceder-a-une-connexion-internet",
        "numerique--acceder-a-des-services-en-ligne",
        "numerique--acquerir-un-equipement",
        "numerique--maitriser-les-fondamentaux-du-numerique",
    ),
    Theme.MONEY: (
        "difficultes-financieres--ameliorer-sa-gestion-budgetaire",
        "difficultes-financieres--acquerir-une-autonomie-budgetaire",
        "difficultes-financieres--mettre-en-place-une-mesure-de-protection-financiere",
        "difficultes-financieres--prevenir-une-degradation-de-la-situation-financiere",
        "difficultes-financieres--situation-dendettement-surendettement",
    ),
    Theme.MEETING: (
        "remobilisation--lien-social",
        "remobilisation--activites-sportives-et-culturelles",
        "remobilisation--benevolat-action-citoyenne",
        "remobilisation--bien-etre-confiance-en-soi",
    ),
}
_LONG_ENOUGH = 4
THEME_OF: Mapping[str, Theme] = {code: theme for theme, codes in THEMATICS.items() for code in codes}


def themes_of(thematics: Iterable[str]) -> list[Theme]:
    """The themes of a service, each once, in their order."""
    found = {THEME_OF[code] for code in thematics if code in THEME_OF}
    return [theme for theme in Theme if theme in found]


def themes_named(word: str) -> set[Theme]:
    """Those in whose name, in French or in the reader's language, some word begins so; none for less than 4 letters."""
    said = folded(word)
    if len(said) < _LONG_ENOUGH:
        return set()
    found = {theme for theme in Theme if _names(theme, said)}
    with override("fr"):
        return found | {theme for theme in Theme if _names(theme, said)}


def _names(theme: Theme, said: str) -> bool:
    words = folded(str(theme.label)).replace(",", " ").replace("،", " ").split()
    return any(word.startswith(said) for word in words)


def with_themes(thematics: Iterable[str], themes: Iterable[str]) -> list[str]:
    """The thematics of a service once somebody chose its themes: those of a theme that stays are as they were."""
    kept = [code for code in thematics if THEME_OF.get(code) in set(themes)]
    before = themes_of(kept)
    return sorted([*kept, *(THEMATICS[Theme(theme)][0] for theme in themes if Theme(theme) not in before)])
