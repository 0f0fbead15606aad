"""Offers as the API reads and writes them."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.bulk import MOST_ROWS, RowKeyField
from accounts.serializers import PersonSerializer
from catalogue.fields import OFFER
from catalogue.serializers import DayField, EntrySerializer, ReadEntry, written
from catalogue.vocabulary import MOST_PERIODS
from offers.models import Offer

WRITTEN = (*written(OFFER), "windows")


class WindowSerializer(serializers.Serializer):
    """Days on which the offer is there, first and last included."""

    first_day = DayField()
    last_day = DayField(required=False, allow_null=True, default=None, help_text="Null: open end.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        # A PATCH of the offer replaces its windows: each of them is whole all the same.
        if "first_day" not in attrs:
            raise serializers.ValidationError({"first_day": [_("Indiquez un jour.")]})
        return {"last_day": None, **attrs}


class OfferChangeSerializer(EntrySerializer):
    """What can be changed. Fields that the kind or the category does not call for are not kept."""

    table = OFFER

    windows = WindowSerializer(  # type: ignore[call-arg]  # of the list that `many` makes
        many=True, allow_empty=False, max_length=MOST_PERIODS, help_text="They replace those there were."
    )

    class Meta:
        model = Offer
        fields: tuple[str, ...] = WRITTEN


class NewOfferSerializer(OfferChangeSerializer):
    """A new offer."""

    owner = PersonSerializer(
        required=False, help_text="For the town's desk alone: whose offer it is. Left out: your own."
    )

    class Meta(OfferChangeSerializer.Meta):
        fields = ("city", "kind", *WRITTEN, "owner")


class OfferRowSerializer(NewOfferSerializer):
    """One new offer of many."""

    key = RowKeyField()

    class Meta(NewOfferSerializer.Meta):
        fields = ("key", *NewOfferSerializer.Meta.fields)


class OfferRowsSerializer(serializers.Serializer):
    """New offers."""

    rows = OfferRowSerializer(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]


class OfferSerializer(ReadEntry):
    """An offer, for its owner and the town's desk."""

    table = OFFER

    windows = WindowSerializer(many=True)
    address = serializers.SerializerMethodField(help_text="Read back by the owner alone, else empty.")
    vetted = serializers.SerializerMethodField(help_text="Housing: the home was visited.")

    class Meta:
        model = Offer
        fields = (
            "reference", "city", "kind", "state", *WRITTEN,
            "commune_name", "vetted", "confirmed_at", "source", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": "string"})
    def get_address(self, offer: Offer) -> str:
        return offer.address if offer.owner_id == self.context["request"].user.pk else ""

    def get_vetted(self, offer: Offer) -> bool:
        return offer.vetted_at is not None


class WithdrawalSerializer(serializers.Serializer):
    """Why, if one wishes to say."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
