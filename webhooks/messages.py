"""What a town's administration is told of its endpoints. Never the whole address: it may hold a secret word."""

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.reasons import Words, subject_id
from notifications.services import Text
from webhooks.models import Endpoint


def stopped(endpoint: Endpoint) -> Text:
    """Nothing has arrived for days: it is called no more until somebody says so."""
    return Text(
        title=_("Un webhook ne répond plus"),
        body=_(
            "Bonjour,\n\nDepuis plusieurs jours, %(host)s ne prend plus ce que nous lui annonçons. Nous avons arrêté "
            "d’essayer. Ce qui attendait est gardé trente jours\u202f: réparez la destination, puis reprenez."
        )
        % {"host": endpoint.host},
        action_label=_("Voir les webhooks"),
        action_url=reverse("webhooks:one", args=[endpoint.city.slug, endpoint.pk]),
    )


def _is_stopped() -> Exists:
    return Exists(Endpoint.objects.filter(pk=subject_id(), stopped_at__isnull=False, removed_at__isnull=True))


REASONS = {"webhook_stopped": _is_stopped}
GONE: Words = {"webhook_stopped": gettext_lazy("la destination a repris, ou n’est plus là")}
