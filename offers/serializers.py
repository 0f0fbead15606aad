"""Offers as the API reads and writes them."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonSerializer
from catalogue.serializers import CommuneField, DayField, EntrySerializer, language_list, slot_list, word_list
from catalogue.vocabulary import MOST_PERIODS, Household
from offers.models import LARGEST_CAPACITY, Condition, DwellingState, HandOver, Offer

LONGEST_STAY = 3_660

WRITTEN = (
    "category", "title", "text", "commune", "address", "reach_km", "capacity", "share_with_linked", "windows",
    "languages", "languages_from", "languages_to", "slots",
    "shared_home", "accepts", "step_free", "pets_accepted", "smoking", "longest_stay_days", "notice_days",
    "nearest_stop", "rent", "dwelling_state",
    "condition", "best_before", "hand_over",
    "remote", "diploma",
)  # fmt: skip
HELP: dict[str, dict[str, Any]] = {
    "kind": {"help_text": "Decides the unit of `capacity`: persons, items, hours a week. It never changes."},
    "category": {"help_text": "For housing, the form of the home."},
    "text": {"help_text": "Nothing about anybody's name, origin, religion, papers or health."},
    "reach_km": {"help_text": "How far the citizen travels or delivers; 0 for a home."},
    "capacity": {
        "help_text": "Persons, items or hours a week, as the kind says.",
        "min_value": 1,
        "max_value": max(LARGEST_CAPACITY.values()),
    },
    "share_with_linked": {"help_text": "The citizen agrees that linked towns may see it."},
    "shared_home": {"help_text": "Housing. Follows from the category, but for a separate room."},
    "step_free": {"help_text": "Housing."},
    "pets_accepted": {"help_text": "Housing."},
    "smoking": {"help_text": "Housing."},
    "longest_stay_days": {
        "help_text": "Housing. Null: no limit.",
        "min_value": 1,
        "max_value": LONGEST_STAY,
    },
    "notice_days": {"help_text": "Housing. Days needed beforehand.", "max_value": 366},
    "nearest_stop": {"help_text": "Housing."},
    "rent": {"help_text": "Housing. Euros a month; null or 0: lent.", "max_value": 100_000},
    "dwelling_state": {"help_text": "Empty dwellings."},
    "condition": {"help_text": "Goods."},
    "hand_over": {"help_text": "Goods."},
    "remote": {"help_text": "Skills."},
    "diploma": {"help_text": "Skills. Diploma or bar number, where the category calls for it."},
}


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
    """What can be changed. Fields that the kind does not call for are ignored by the matching."""

    windows = WindowSerializer(  # type: ignore[call-arg]  # of the list that `many` makes
        many=True, allow_empty=False, max_length=MOST_PERIODS, help_text="They replace those there were."
    )
    accepts = word_list(list(Household), "Housing. Empty: everyone but lone minors.")
    best_before = DayField(required=False, allow_null=True, help_text="Food.")
    languages = language_list("Spoken, as BCP 47 codes.")
    languages_from = language_list("Interpreting and translation: from.")
    languages_to = language_list("Interpreting and translation: to.")
    slots = slot_list("Skills. Weekly slots, `mon 18:00-20:00`.")

    class Meta:
        model = Offer
        fields = WRITTEN
        extra_kwargs = HELP


class NewOfferSerializer(OfferChangeSerializer):
    """A new offer."""

    owner = PersonSerializer(
        required=False, help_text="For the town's desk alone: whose offer it is. Left out: your own."
    )

    class Meta(OfferChangeSerializer.Meta):
        fields = ("city", "kind", *WRITTEN, "owner")


class OfferSerializer(OfferChangeSerializer):
    """An offer, for its owner and the town's desk."""

    windows = WindowSerializer(many=True)
    accepts = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    languages_from = serializers.ListField(child=serializers.CharField())
    languages_to = serializers.ListField(child=serializers.CharField())
    slots = serializers.ListField(child=serializers.CharField())
    commune = CommuneField()
    commune_name = serializers.CharField(source="commune.name")
    dwelling_state = serializers.ChoiceField(DwellingState.choices, allow_blank=True)
    condition = serializers.ChoiceField(Condition.choices, allow_blank=True)
    hand_over = serializers.ChoiceField(HandOver.choices, allow_blank=True)
    address = serializers.SerializerMethodField(help_text="Read back by the owner alone, else empty.")
    vetted = serializers.SerializerMethodField(help_text="Housing: the home was visited.")

    class Meta(OfferChangeSerializer.Meta):
        fields = (
            "reference", "city", "kind", "state", *WRITTEN,
            "commune_name", "vetted", "confirmed_at", "source", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {}

    @extend_schema_field({"type": "string"})
    def get_address(self, offer: Offer) -> str:
        return offer.address if offer.owner_id == self.context["request"].user.pk else ""

    def get_vetted(self, offer: Offer) -> bool:
        return offer.vetted_at is not None


class WithdrawalSerializer(serializers.Serializer):
    """Why, if one wishes to say."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
