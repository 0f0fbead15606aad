"""What is told about a statement: to its author, to the coordinators, to the association that is asked."""

from collections.abc import Callable

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.reasons import Words, subject_id
from notifications.wording.texts import Text
from statements import links
from statements.models import Stage, Statement


def received(statement: Statement) -> Text:
    """To its author, once their contact is proven."""
    return Text(
        title=_("Votre besoin est reçu (%(reference)s)") % {"reference": statement.reference},
        body=_(
            "Bonjour,\n\nNous avons bien reçu votre besoin. L’équipe de la ville le lit et cherche une association "
            "pour vous aider. Vous serez prévenu.\n\nVous pouvez voir où en est votre besoin, ou le retirer, par ce "
            "lien. Gardez-le.\n\n%(contact)s"
        )
        % {"contact": statement.city.contact},
        action_label=_("Voir mon besoin"),
        action_url=links.own_path(statement),
    )


def adopted(statement: Statement) -> Text:
    """To its author: who looks after it now."""
    by = statement.organisation.name if statement.organisation else statement.city.name
    return Text(
        title=_("Votre besoin est suivi (%(reference)s)") % {"reference": statement.reference},
        body=_("Bonjour,\n\n%(name)s suit maintenant votre besoin et vous contactera.\n\n%(contact)s")
        % {"name": by, "contact": statement.city.contact},
        action_label=_("Voir mon besoin"),
        action_url=links.own_path(statement),
    )


def give_back(statement: Statement) -> Text:
    """To its author, once, after the first news of their stay."""
    return Text(
        title=_("Et vous, qu’aimeriez-vous donner\u202f?"),
        body=_(
            "Bonjour,\n\nVous parlez une langue, vous avez un métier, une heure par semaine\u202f? Si vous en avez "
            "envie, vous pouvez aider à votre tour. Rien ne vous oblige, et nous ne vous le demanderons qu’une fois."
        ),
        action_label=_("Proposer quelque chose"),
        action_url=reverse("offers:new", args=[statement.city.slug]),
    )


def waits(statement: Statement) -> Text:
    """To the coordinators of the town."""
    return Text(
        title=_("Un besoin à confier (%(reference)s)") % {"reference": statement.reference},
        body=_(
            "Une personne a exprimé un besoin et confirmé son contact. Confiez-le à une association, ou suivez-le "
            "vous-mêmes."
        ),
        action_label=_("Voir les besoins à confier"),
        action_url=reverse("statements:entrust", args=[statement.city.slug]),
    )


def offered(statement: Statement) -> Text:
    """To the members of the association that is asked."""
    return Text(
        title=_("Pouvez-vous suivre ce besoin\u202f? (%(reference)s)") % {"reference": statement.reference},
        body=_(
            "%(town)s vous demande de suivre le besoin d’une personne qui l’a exprimé elle-même. Si vous acceptez, il "
            "devient un besoin de votre association, et vous voyez comment la joindre."
        )
        % {"town": statement.city.name},
        action_label=_("Lire et répondre"),
        action_url=reverse("statements:asked", args=[statement.city.slug]),
    )


def _in(*stages: Stage) -> Callable[[], Exists]:
    return lambda: Exists(Statement.objects.filter(pk=subject_id(), stage__in=stages))


REASONS: dict[str, Callable[[], Exists]] = {
    "statement_received": _in(Stage.WAITING, Stage.OFFERED, Stage.ADOPTED),
    "statement_waits": _in(Stage.WAITING),
    "statement_offered": _in(Stage.OFFERED),
    "statement_adopted": _in(Stage.ADOPTED),
    "statement_give_back": _in(Stage.ADOPTED),
}
GONE: Words = {
    "statement_received": gettext_lazy("la personne a retiré son besoin"),
    "statement_waits": gettext_lazy("le besoin est confié, ou retiré"),
    "statement_offered": gettext_lazy("l’association a répondu, ou le besoin est retiré"),
    "statement_adopted": gettext_lazy("le besoin est retiré"),
    "statement_give_back": gettext_lazy("le besoin est retiré"),
}
