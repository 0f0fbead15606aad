"""People as the API writes and reads them."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.models import Consent
from catalogue.serializers import EmailField, NameField, PhoneField


class PersonSerializer(serializers.Serializer):
    """Somebody for whom the town's desk writes: known by an e-mail, a phone, or both."""

    email = EmailField(required=False, max_length=254)
    phone = PhoneField(required=False, help_text="E.164, or as written in France.")
    name = NameField(
        required=False, max_length=120, help_text="As the person wishes to be called; no surname needed."
    )
    is_another = serializers.BooleanField(
        default=False,
        help_text="Two people may share a number: this is nobody of those whom the town knows by it. Without it a name "
        "that differs from theirs is refused (400, `name`).",
    )
    consent = serializers.ChoiceField(
        choices=[Consent.How.PHONE.value, Consent.How.PAPER.value],
        help_text="How the person agreed that the town keeps these answers. Without it nothing is registered.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("email") and not attrs.get("phone"):
            raise serializers.ValidationError(
                {"phone": [_("Notez un téléphone ou une adresse e-mail pour répondre.")]}
            )
        return attrs


class ContactSerializer(serializers.Serializer):
    """How to reach somebody; what is unknown is empty."""

    name = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    address = serializers.CharField()
