"""Messages for tests."""

from datetime import UTC, datetime

import factory

from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory


class MessageFactory(factory.django.DjangoModelFactory):
    """A mail that is due since Monday 9 March 2026, 10:00 in Strasbourg; `to_call=True` for a call."""

    class Meta:
        model = Message

    class Params:
        to_call = factory.Trait(channel="call", recipient=factory.SubFactory(UserFactory, phone_only=True))

    recipient = factory.SubFactory(UserFactory)
    city = factory.SubFactory(CityFactory)
    channel = "email"
    event = "offer_receipt"
    subject_key = factory.Sequence(lambda n: f"offer:{n}")
    language = "fr"
    title = "Votre proposition est enregistrée (P-3467-CDFG)"
    body = "Bonjour,\n\nMerci. Votre proposition « Chambre » est enregistrée.\n\nStrasbourg"
    action_label = "Voir ma proposition"
    action_url = "/strasbourg/propositions/P-3467-CDFG/"
    due_at = datetime(2026, 3, 9, 9, tzinfo=UTC)
    created_at = datetime(2026, 3, 9, 9, tzinfo=UTC)
