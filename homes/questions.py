"""What is looked at in a home, where a town has no list of its own. Short, and answered by yes or no."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

BUILT_IN: "tuple[StrPromise, ...]" = (
    _("Les personnes accueillies ont une chambre à part, qui ferme."),
    _("Il y a un vrai lit pour chaque personne."),
    _("La salle de bains et les toilettes sont propres, et ferment."),
    _("On peut cuisiner, ou des repas sont prévus."),
    _("Le logement est sec, aéré et chauffé."),
    _("Un détecteur de fumée fonctionne."),
    _("Rien de dangereux n’est à portée des enfants."),
    _("L’adresse, les marches et le nombre de places sont comme annoncés."),
    _("Tout le foyer est d’accord pour accueillir."),
    _("L’hôte sait que la ville appelle, et qui appeler en cas de souci."),
)
