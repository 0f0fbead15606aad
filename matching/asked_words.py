"""What is said to whoever has just asked people: what has left, what leaves in the morning, what waits for its turn."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.times import until
from matching import telling
from matching.models import Match, MatchState
from notifications.selectors import calls_who_has_no_address, leaves_later


def sentences(matches: Iterable[Match], *, now: datetime) -> list[str]:
    """Of matches just proposed by this town: "C’est demandé\u202f: 3 questions sont parties.", "8 questions partent
    demain à 8\u00a0h."; and who can only be called. Nothing of those whose consent is presumed.
    """
    asked = [match for match in matches if match.state == MatchState.PROPOSED]
    told = [match for match in asked if match.waits_since is None]
    keys = {f"match:{match.pk}" for match in told}
    later = leaves_later(telling.QUESTION, keys) if keys else {}
    found = []
    if len(told) > len(later):
        found.append(
            ngettext(
                "C’est demandé\u202f: %(n)s personne reçoit la question.",
                "C’est demandé\u202f: %(n)s questions sont parties.",
                len(told) - len(later),
            )
            % {"n": len(told) - len(later)}
        )
    for moment, count in sorted(Counter(later.values()).items()):
        found.append(
            ngettext(
                "%(n)s question est prête\u202f: elle part %(when)s.",
                "%(n)s questions sont prêtes\u202f: elles partent %(when)s.",
                count,
            )
            % {"n": count, "when": until(moment, now)}
        )
    if len(asked) > len(told):
        found.append(
            ngettext(
                "%(n)s question partira dès que cette personne pourra la recevoir.",
                "%(n)s questions partiront dès que ces personnes pourront les recevoir.",
                len(asked) - len(told),
            )
            % {"n": len(asked) - len(told)}
        )
    # Whoever has no address may be reached by SMS.
    without_address = any(not match.offer.owner.email for match in told)
    if without_address and calls_who_has_no_address(telling.QUESTION, keys):
        found.append(_("Qui n’a pas d’e-mail attend dans «\u00a0À appeler\u00a0»."))
    return found
