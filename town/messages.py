"""What those who are invited, who are handed something, and who decide are told of a town and its team."""

from collections.abc import Callable, Sequence

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation, OrganisationReview, User
from catalogue.labels import listed
from catalogue.times import weekday_and_hour
from cities.days import local_time
from cities.models import City
from notifications.reasons import Words, subject_id
from notifications.services import Text
from notifications.wording.texts import BuiltIn, Reader
from town import links
from town.models import Invitation, LinkRequest
from town.selectors import Owned, decided
from town.words import owned_words, role_names


def invitation(row: Invitation) -> Text:
    """To whoever is invited, with their link."""
    if row.organisation is not None:
        return _to_association(row, row.organisation)
    return Text(
        title=_("Rejoignez l’équipe de %(city)s") % {"city": row.city.name},
        body=_(
            "Bonjour,\n\n%(who)s vous invite dans l’équipe d’accueil de %(city)s. Votre rôle\u202f: %(roles)s.\n\n"
            "Le lien est pour vous seul et sert jusqu’au %(until)s. Si cette invitation n’est pas pour vous, ne "
            "faites rien."
        )
        % {
            "who": row.invited_by,
            "city": row.city.name,
            "roles": role_names(row.roles),
            "until": weekday_and_hour(local_time(row.expires_at, row.city)),
        },
        action_label=_("Voir l’invitation"),
        action_url=links.invitation_path(row),
    )


def _to_association(row: Invitation, organisation: Organisation) -> Text:
    return Text(
        title=_("Rejoignez %(association)s") % {"association": organisation.name},
        body=_(
            "Bonjour,\n\n%(who)s vous invite à rejoindre %(association)s sur le service d’accueil de %(city)s. Votre "
            "rôle\u202f: %(roles)s.\n\n"
            "Le lien est pour vous seul et sert jusqu’au %(until)s. Si cette invitation n’est pas pour vous, ne "
            "faites rien."
        )
        % {
            "who": row.invited_by,
            "association": organisation.name,
            "city": row.city.name,
            "roles": role_names(row.roles),
            "until": weekday_and_hour(local_time(row.expires_at, row.city)),
        },
        action_label=_("Voir l’invitation"),
        action_url=links.invitation_path(row),
    )


def association_handed_over(organisation: Organisation, *, former: User) -> Text:
    """To the member who is responsible for an association from now on, since somebody else is no more."""
    return Text(
        title=_("Vous êtes responsable de %(association)s") % {"association": organisation.name},
        body=_(
            "Bonjour,\n\n%(who)s vous passe la main\u202f: vous êtes responsable de %(association)s. Vous invitez les "
            "collègues, et vous choisissez qui reçoit nos messages."
        )
        % {"who": former, "association": organisation.name},
        action_label=_("Voir l’équipe"),
        action_url=reverse("town:association", args=[organisation.city.slug, organisation.pk]),
    )


def handed_over(city: City, *, former: User, things: Sequence[Owned]) -> Text:
    """To the colleague who now has what somebody else had."""
    return Text(
        title=_("%(who)s part\u202f: la suite est à vous") % {"who": former},
        body=_("Bonjour,\n\nCe que suivait %(who)s vous est confié\u202f: %(what)s.")
        % {"who": former, "what": listed(owned_words(thing.row) for thing in things)},
        action_label=_("Voir les dossiers"),
        action_url=reverse("desk:queue", args=[city.slug]),
    )


def association_waits(organisation: Organisation) -> Text:
    """To the coordinators: nothing of it is matched until they have looked."""
    return Text(
        title=_("%(name)s attend d’être vérifiée") % {"name": organisation.name},
        body=_(
            "Bonjour,\n\n%(name)s vient de s’inscrire. Ses besoins attendent votre vérification\u202f: ils ne sont "
            "rapprochés d’aucune proposition avant."
        )
        % {"name": organisation.name},
        action_label=_("Voir les associations"),
        action_url=reverse("accounts:organisations", args=[organisation.city.slug]),
    )


VERIFIED = BuiltIn(
    name="association_verified",
    events=("association_verified",),
    reader=Reader.POSTER,
    title=gettext_lazy("%(association)s est vérifiée"),
    body=gettext_lazy(
        "Bonjour,\n\n%(city)s a vérifié %(association)s. Ce que vous demandez est cherché dès maintenant."
    ),
    required=("association",),
)
SUSPENDED = BuiltIn(
    name="association_suspended",
    events=("association_suspended",),
    reader=Reader.POSTER,
    title=gettext_lazy("%(association)s est suspendue"),
    body=gettext_lazy(
        "Bonjour,\n\n%(city)s a suspendu %(association)s. Vos besoins sont en pause, et la ville suit ce qui est déjà "
        "convenu.\n\nPour savoir pourquoi, et comment reprendre\u202f:\n%(contact)s"
    ),
    required=("association", "contact"),
)


def association_decided(review: OrganisationReview) -> Text:
    """To its members: what they post is matched from now on, or is not any more, and whom to ask why. The reason
    itself is the team's.
    """
    organisation, city = review.organisation, review.organisation.city
    if review.state == Organisation.State.VERIFIED:
        return VERIFIED.filled(
            {"association": organisation.name, "city": city.name},
            action_label=_("Voir mes besoins"),
            action_url=reverse("needs:mine", args=[city.slug]),
        )
    return SUSPENDED.filled(
        {"association": organisation.name, "city": city.name, "contact": city.contact},
        action_label=_("Mon compte"),
        action_url=reverse("accounts:home"),
    )


def link_asked(row: LinkRequest) -> Text:
    """To the administrators of the town that is asked."""
    return Text(
        title=_("%(city)s propose de lier vos deux villes") % {"city": row.city.name},
        body=_(
            "Bonjour,\n\nSi vous acceptez, chaque ville voit les propositions que les habitants de l’autre acceptent "
            "de partager, et demande à cette ville avant de les solliciter."
        ),
        action_label=_("Voir et répondre"),
        action_url=reverse("town:linked", args=[row.other.slug]),
    )


def link_answered(row: LinkRequest) -> Text:
    """To whoever asked."""
    accepted = row.answer == LinkRequest.Answer.ACCEPTED
    return Text(
        title=_("%(city)s\u202f: le lien est accepté") % {"city": row.other.name}
        if accepted
        else _("%(city)s\u202f: le lien est décliné") % {"city": row.other.name},
        body=_(
            "Bonjour,\n\nVos deux villes sont liées. Les propositions partagées sont cherchées dès maintenant."
        )
        if accepted
        else _("Bonjour,\n\nRien ne change pour vos deux villes."),
        action_label=_("Voir les villes liées"),
        action_url=reverse("town:linked", args=[row.city.slug]),
    )


def _waits() -> Exists:
    return Exists(Invitation.objects.waiting().filter(pk=subject_id()))


def _is_pending() -> Exists:
    return Exists(Organisation.objects.filter(pk=subject_id(), state=Organisation.State.PENDING))


def _is_so_decided() -> Exists:
    return Exists(decided().filter(pk=subject_id()))


def _is_asked() -> Exists:
    return Exists(LinkRequest.objects.waiting().filter(pk=subject_id()))


REASONS: dict[str, Callable[[], Exists]] = {
    "team_invitation": _waits,
    "association_waits": _is_pending,
    "association_verified": _is_so_decided,
    "association_suspended": _is_so_decided,
    "town_link_asked": _is_asked,
}
GONE: Words = {
    "team_invitation": gettext_lazy("l’invitation est acceptée, ou reprise"),
    "association_waits": gettext_lazy("l’association a été vérifiée, ou suspendue"),
    **dict.fromkeys(
        ("association_verified", "association_suspended"), gettext_lazy("la ville a changé d’avis depuis")
    ),
    "town_link_asked": gettext_lazy("la ville a répondu, ou la demande est reprise"),
}
