"""What hosts, those who come and the desk are told of visits, and while what is so."""

from collections.abc import Callable

from django.db.models import Exists
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.saying import titled
from homes import links, words
from homes.models import Visit, VisitState, Wish
from notifications.reasons import Words, subject_id
from notifications.wording.texts import BuiltIn, Reader, Text

Compose = Callable[[Visit], Text]

# --- To the host --------------------------------------------------------------------------------------------

PLANNED = BuiltIn(
    name="visit_planned",
    events=("visit_planned",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Visite de votre logement\u202f: %(when)s"),
    body=gettext_lazy(
        "Bonjour,\n\nAvant d’accueillir quelqu’un, nous venons voir le logement que vous proposez "
        "(«\u00a0%(title)s\u00a0»)\u202f: %(when)s. %(visitor)s vient chez vous, pour une heure au plus.\n\n"
        "Ce moment ne vous va pas\u202f? Dites-le en deux gestes, nous en cherchons un autre.\n\n%(city)s"
    ),
    required=("when", "visitor"),
)
MOVED = BuiltIn(
    name="visit_moved",
    events=("visit_moved",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("La visite change\u202f: %(when)s"),
    body=gettext_lazy(
        "Bonjour,\n\nLa visite de votre logement («\u00a0%(title)s\u00a0») change\u202f: elle est maintenant "
        "%(when)s. %(visitor)s vient chez vous.\n\nCe moment ne vous va pas\u202f? Dites-le en deux gestes, nous en "
        "cherchons un autre.\n\n%(city)s"
    ),
    required=("when", "visitor"),
)
CANCELLED = BuiltIn(
    name="visit_cancelled",
    events=("visit_cancelled",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("La visite n’aura pas lieu (%(when)s)"),
    body=gettext_lazy(
        "Bonjour,\n\nLa visite de votre logement («\u00a0%(title)s\u00a0»), prévue %(when)s, n’aura pas lieu. Vous "
        "n’avez rien à faire.\n\n%(city)s"
    ),
    required=("when",),
)
PASSED = BuiltIn(
    name="visit_passed",
    events=("visit_passed",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Merci, votre logement peut accueillir"),
    body=gettext_lazy(
        "Bonjour,\n\nMerci de nous avoir reçus. Votre logement («\u00a0%(title)s\u00a0») convient, et cette visite "
        "vaut jusqu’au %(valid_until)s.\n\nQuand un besoin lui correspond, nous vous posons la question. Vous pourrez "
        "toujours dire non.\n\n%(city)s"
    ),
    required=("title", "valid_until"),
)
REFUSED = BuiltIn(
    name="visit_refused",
    events=("visit_refused",),
    reader=Reader.CITIZEN,
    title=gettext_lazy("Merci de nous avoir reçus"),
    body=gettext_lazy(
        "Bonjour,\n\nMerci de nous avoir ouvert votre porte. Pour l’instant, nous ne pourrons pas proposer ce "
        "logement («\u00a0%(title)s\u00a0»).\n\n%(reason)s\n\nSi quelque chose change, dites-le-nous\u202f: nous "
        "revenons volontiers. Et il y a d’autres façons d’aider.\n\n%(city)s"
    ),
    required=("reason",),
)
TEXTS = (PLANNED, MOVED, CANCELLED, PASSED, REFUSED)


def planned(visit: Visit) -> Text:
    return _appointment(PLANNED, visit)


def moved(visit: Visit) -> Text:
    return _appointment(MOVED, visit)


def cancelled(visit: Visit) -> Text:
    values = {"title": titled(visit.offer), "when": words.when_words(visit), "city": visit.offer.city.name}
    return CANCELLED.filled(values, **_to_offer(visit))


def passed(visit: Visit) -> Text:
    assert visit.valid_until is not None
    until = words.until_words(visit.valid_until)
    return PASSED.filled(
        {"title": titled(visit.offer), "valid_until": until, "city": visit.offer.city.name},
        **_to_offer(visit),
    )


def refused(visit: Visit) -> Text:
    said = words.TO_HOST[visit.refusal]
    return REFUSED.filled(
        {"title": titled(visit.offer), "reason": said, "city": visit.offer.city.name}, **_to_offer(visit)
    )


OF_EVENT: dict[str, Compose] = {"visit_planned": planned, "visit_moved": moved}


def _appointment(built_in: BuiltIn, visit: Visit) -> Text:
    return built_in.filled(
        {
            "title": titled(visit.offer),
            "when": words.when_words(visit),
            "visitor": visit.visitor,
            "city": visit.offer.city.name,
        },
        action_label=_("Voir la visite, ou la déplacer"),
        action_url=links.host_path(visit),
    )


def _to_offer(visit: Visit) -> dict[str, str]:
    return {
        "action_label": _("Voir ma proposition"),
        "action_url": reverse("offers:detail", args=[visit.offer.city.slug, visit.offer.reference]),
    }


# --- To whoever comes, and to the desk ----------------------------------------------------------------------


def yours(visit: Visit) -> Text:
    """To whoever of the team comes, when somebody else has said so."""
    return _to_team(
        visit,
        _("Votre visite\u202f: %(when)s"),
        _("Bonjour,\n\nVous visitez le logement %(reference)s, «\u00a0%(title)s\u00a0», %(when)s."),
    )


def not_yours(visit: Visit) -> Text:
    """To whoever would have come."""
    return _to_team(
        visit,
        _("Vous ne visitez plus le logement %(reference)s"),
        _(
            "Bonjour,\n\nLa visite du logement %(reference)s, «\u00a0%(title)s\u00a0», n’est plus pour vous, ou "
            "n’aura pas lieu."
        ),
    )


def other_time(visit: Visit) -> Text:
    """To the desk: the host would rather have another moment."""
    return _to_team(
        visit,
        _("Une visite à déplacer (%(reference)s)"),
        _(
            "Bonjour,\n\nLa visite du logement %(reference)s, prévue %(when)s, ne va pas à son hôte. Sa "
            "réponse\u202f: %(wish)s."
        ),
        wish=Wish(visit.wish).label,
    )


def declined(visit: Visit) -> Text:
    """To the desk: the host has called it off."""
    return _to_team(
        visit,
        _("Une visite annulée par son hôte (%(reference)s)"),
        _(
            "Bonjour,\n\nLa visite du logement %(reference)s, prévue %(when)s, est annulée par son hôte. Le logement "
            "reste à visiter."
        ),
    )


def runs_out(visit: Visit) -> Text:
    """To the desk, a month before."""
    return _to_team(
        visit,
        _("Un logement à visiter de nouveau (%(reference)s)"),
        _(
            "Bonjour,\n\nLa visite du logement %(reference)s, «\u00a0%(title)s\u00a0», vaut jusqu’au %(until)s. "
            "Passé ce jour, il ne pourra plus être proposé sans une nouvelle visite."
        ),
    )


def ran_out(visit: Visit) -> Text:
    """To the desk, when it is so."""
    return _to_team(
        visit,
        _("La visite du logement %(reference)s ne vaut plus"),
        _(
            "Bonjour,\n\nLa visite du logement %(reference)s, «\u00a0%(title)s\u00a0», valait jusqu’au %(until)s. Il "
            "ne peut plus être proposé avant une nouvelle visite. Ce qui est promis reste promis."
        ),
        leads_to=(
            _("Visiter de nouveau"),
            reverse("homes:offer", args=[visit.offer.city.slug, visit.offer.reference]),
        ),
    )


def _to_team(
    visit: Visit, title: str, body: str, *, leads_to: tuple[str, str] | None = None, **more: object
) -> Text:
    """`leads_to`: what the button says, and where it leads; to the visit, unless something else is to be done."""
    offer = visit.offer
    label, url = leads_to or (_("Voir la visite"), reverse("homes:visit", args=[offer.city.slug, visit.pk]))
    values = {
        "reference": offer.reference,
        "title": titled(offer),
        "when": words.when_words(visit),
        "until": words.until_words(visit.valid_until) if visit.valid_until else "",
        **more,
    }
    return Text(
        title=title % values,
        body=body % values,
        action_label=label,
        action_url=url,
    )


# --- While what is so ---------------------------------------------------------------------------------------


def _to_come() -> Exists:
    return Exists(Visit.objects.planned().filter(pk=subject_id(), starts_at__gt=Now()))


def _wished() -> Exists:
    """Still to be moved, or called off and not planned anew."""
    unmoved = Visit.objects.filter(pk=subject_id(), state=VisitState.CANCELLED, offer__vetted_at__isnull=True)
    return Exists(unmoved | Visit.objects.planned().filter(pk=subject_id()).exclude(wish=""))


def _passed() -> Exists:
    return Exists(Visit.objects.filter(pk=subject_id(), state=VisitState.PASSED))


def _refused() -> Exists:
    return Exists(Visit.objects.filter(pk=subject_id(), state=VisitState.REFUSED))


def _counts() -> Exists:
    """It is still the one by which the home may be proposed."""
    return Exists(Visit.objects.standing().filter(pk=subject_id()))


def _counts_no_more() -> Exists:
    return Exists(Visit.objects.filter(pk=subject_id(), offer__vetted_at__isnull=True))


REASONS: dict[str, Callable[[], Exists]] = {
    "visit_planned": _to_come,
    "visit_moved": _to_come,
    "visit_answered": _wished,
    "visit_passed": _passed,
    "visit_refused": _refused,
    "visit_runs_out": _counts,
    "visit_ran_out": _counts_no_more,
}
GONE: Words = {
    **dict.fromkeys(
        ("visit_planned", "visit_moved"), gettext_lazy("la visite est faite, déplacée ou annulée")
    ),
    "visit_answered": gettext_lazy("la visite est déplacée, ou faite"),
    **dict.fromkeys(("visit_passed", "visit_refused"), gettext_lazy("la visite a été reprise")),
    **dict.fromkeys(("visit_runs_out", "visit_ran_out"), gettext_lazy("le logement est visité de nouveau")),
}
