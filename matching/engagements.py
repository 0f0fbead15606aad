"""What a citizen's offers are asked for, have promised and have given, on their own pages (`offers.engagements`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.labels import listed
from catalogue.times import until, weekday_and_day
from catalogue.vocabulary import Kind
from cities.days import local_day
from matching.models import Match
from matching.models import MatchState as S
from needs.words import given_words, public_title_of, when_words
from offers.engagements import Engagement, Turn
from offers.models import Offer

# Nobody has acted on these, or the desk alone.
_NOT_TOLD = (S.SUGGESTED, S.SUPERSEDED, S.DISMISSED)
_TURNS = {
    S.PROPOSED: Turn.YOURS, S.ACCEPTED: Turn.THEIRS, S.CONFIRMED: Turn.AGREED, S.UNDER_WAY: Turn.UNDER_WAY,
}  # fmt: skip


def tell(offers: Sequence[Offer], *, now: datetime) -> Mapping[int, Sequence[Engagement]]:
    """Of each offer what concerns its owner, what waits for them first, then the latest; a question that waits for its
    turn is nobody's yet. One query.
    """
    matches = (
        Match.objects.filter(offer__in=offers, waits_since=None)
        .exclude(state__in=_NOT_TOLD)
        .select_related("city", "need__commune", "hold")
        .order_by("-changed_at", "-pk")
    )
    told: dict[int, list[Engagement]] = defaultdict(list)
    for match in matches:
        told[match.offer_id].append(_engagement(match, now=now))
    return {offer: sorted(lines, key=lambda line: line.turn) for offer, lines in told.items()}


def _engagement(match: Match, *, now: datetime) -> Engagement:
    turn = Turn.YOURS if match.is_asked_longer else _TURNS.get(S(match.state), Turn.OVER)
    today = local_day(now, match.city)
    return Engagement(
        turn=turn,
        title=public_title_of(match.need, quantity=match.quantity),
        days=when_words(match.need, match.first_day, match.last_day, today=today),
        says=_says(match, now=now),
        url=reverse("matching:mine_one", args=[match.city.slug, match.pk]),
        first_day=match.first_day,
        last_day=match.ended_on or match.last_day,
        thanks=_thanks(match, today=today),
    )


def _says(match: Match, *, now: datetime) -> str:
    """Where it stands, and what its reader can do."""
    if match.longer_until is not None and match.longer_by is not None:
        return _("On vous demande de continuer jusqu’au %(day)s. Réponse attendue\u202f: %(when)s") % {
            "day": weekday_and_day(match.longer_until),
            "when": until(match.longer_by, now),
        }
    if match.state == S.PROPOSED and match.answer_by is not None:
        return _("Réponse attendue\u202f: %(when)s") % {"when": until(match.answer_by, now)}
    if match.state == S.ACCEPTED and match.confirm_by is not None:
        return _("L’autre réponse est attendue\u202f: %(when)s") % {"when": until(match.confirm_by, now)}
    return {
        S.CONFIRMED: _("Un empêchement\u202f? Dites-le ici, tout le monde est prévenu."),
        S.UNDER_WAY: _("Un souci\u202f? Dites-le ici, la ville s’en occupe."),
        S.COMPLETED: _("C’est terminé. Merci."),
        S.BROKEN_OFF: _("Cela s’est arrêté plus tôt."),
        S.DECLINED: _("Vous avez dit non. Merci d’avoir répondu."),
        S.LAPSED: _("La question est restée sans réponse. Ce n’est pas grave."),
        S.REFUSED: _("L’association ne l’a pas retenu."),
        S.CANCELLED: _("Cela ne se fait plus."),
    }[S(match.state)]


def _thanks(match: Match, *, today: date) -> str:
    """What was given, without a name: of a stay the nights that are over, of the rest what was promised and is done."""
    if match.state not in (S.UNDER_WAY, S.COMPLETED, S.BROKEN_OFF):
        return ""
    if match.need.kind != Kind.HOUSING:
        return given_words(match.need, match.quantity) if match.state == S.COMPLETED else ""
    end = min(match.hold.last_day, match.ended_on or match.hold.last_day, today - timedelta(days=1))
    nights = (end - match.hold.first_day).days + 1
    if nights < 1:
        return ""
    people = ngettext("%(n)s personne", "%(n)s personnes", match.quantity) % {"n": match.quantity}
    return listed((people, ngettext("%(n)s nuit", "%(n)s nuits", nights) % {"n": nights}))
