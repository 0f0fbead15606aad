"""What is decided about a stay and is no act on its match alone."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalogue.vocabulary import Kind
from matching import progress
from matching import services as matching
from matching.lifecycle import Role
from matching.models import CONTACT_STATES
from needs import services as needs
from needs.models import Need

ASKS = frozenset({Role.COORDINATOR, Role.ASSOCIATION})


@transaction.atomic
def look_for_next_home(*, match_id: int, until: date, by: User, now: datetime) -> Need:
    """Look for a home for the days after this one, until then: its need goes on, and what of it no home has yet is
    looked for, whoever hosts now.

    ValidationError by field; PermissionDenied for who does not speak for the need.
    """
    match = matching.locked(match_id)
    if not matching.roles_of(by, match) & ASKS:
        raise PermissionDenied
    if match.need.kind != Kind.HOUSING or match.state not in CONTACT_STATES:
        raise ValidationError({"until": _("Il n’y a pas de séjour à faire suivre.")})
    if until <= match.last_day:
        raise ValidationError({"until": _("Choisissez un jour après la fin prévue.")})
    needs.lengthen(need=match.need, last_day=until, by=by, now=now)
    need = progress.record(match.need_id, by=by, now=now)
    needs.mark_due(need_ids=[need.pk], now=now)
    return need
