"""Needs as the API reads and writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import PersonSerializer
from catalogue.serializers import CommuneField, DayField, EntrySerializer, language_list, slot_list, word_list
from catalogue.vocabulary import HOUSING_FORMS, Category, Kind
from needs.models import LARGEST_QUANTITY, Need

LARGEST_HOUSEHOLD = LARGEST_QUANTITY[Kind.HOUSING]
LONGEST_MIN_DAYS = 3_660
HOUSEHOLD = ("adult_women", "adult_men", "children_under_3", "children_3_to_11", "children_12_to_17")
WRITTEN = (
    "category", "title", "text", "commune", "reach_km", "first_day", "last_day", "min_days", "quantity",
    "part_useful", "people", "urgency", "case_reference", "languages", "languages_from", "languages_to", "slots",
    *HOUSEHOLD, "lone_minor", "couple", "step_free_needed", "pets", "shared_home_ok", "forms", "social_worker",
    "remote_ok",
)  # fmt: skip
_COUNT = {"help_text": "Housing.", "max_value": LARGEST_HOUSEHOLD}
HELP: dict[str, dict[str, Any]] = {
    **dict.fromkeys(HOUSEHOLD, _COUNT),
    "kind": {"help_text": "Decides the unit of `quantity`: persons, items, hours a week. It never changes."},
    "category": {"help_text": "Goods and skills; empty for housing."},
    "text": {"help_text": "Nothing about anybody's surname, origin, religion, papers or health."},
    "reach_km": {"help_text": "How far the beneficiary can go."},
    "min_days": {
        "help_text": "Shortest useful unbroken stretch; null: a single day helps.",
        "min_value": 1,
        "max_value": LONGEST_MIN_DAYS,
    },
    "quantity": {
        "help_text": "Items or hours a week. For housing it is the household's size, whatever is sent.",
        "required": False,
        "min_value": 1,
        "max_value": max(LARGEST_QUANTITY.values()),
    },
    "part_useful": {"help_text": "Whether part of the quantity already helps."},
    "people": {
        "help_text": "How many persons it concerns. For housing, the household's size.",
        "min_value": 1,
        "max_value": 10_000,
    },
    "case_reference": {"help_text": "Your own, read by your association and the town alone. No surname."},
    "lone_minor": {"help_text": "Housing."},
    "couple": {"help_text": "Housing."},
    "step_free_needed": {"help_text": "Housing."},
    "pets": {"help_text": "Housing."},
    "shared_home_ok": {"help_text": "Housing."},
    "social_worker": {"help_text": "Housing. First name and service of whoever accompanies."},
    "remote_ok": {"help_text": "Skills."},
}


class NeedChangeSerializer(EntrySerializer):
    """What can be changed."""

    first_day = DayField()
    last_day = DayField(help_text="Included.")
    forms = word_list(HOUSING_FORMS, "Housing. Forms that suit; empty: all.")
    languages = language_list("Spoken, as BCP 47 codes.")
    languages_from = language_list("Interpreting and translation: from.")
    languages_to = language_list("Interpreting and translation: to.")
    slots = slot_list("Skills. Weekly slots, `mon 18:00-20:00`.")

    class Meta:
        model = Need
        fields = WRITTEN
        extra_kwargs = HELP


class NewNeedSerializer(NeedChangeSerializer):
    """A new need: for one of your associations, for a person (the town's desk alone), else for yourself."""

    organisation = serializers.CharField(
        required=False, max_length=20, help_text="RNA or SIRET number of the association that posts it."
    )
    person = PersonSerializer(
        required=False,
        help_text="For the town's desk alone: the person concerned, when no association posts.",
    )

    class Meta(NeedChangeSerializer.Meta):
        fields = ("city", "kind", *WRITTEN, "organisation", "person")


class NeedSerializer(NeedChangeSerializer):
    """A need, for those who posted it and the town's desk."""

    category = serializers.ChoiceField(Category.choices, allow_blank=True, help_text="Empty for housing.")
    forms = serializers.ListField(child=serializers.CharField())
    languages = serializers.ListField(child=serializers.CharField())
    languages_from = serializers.ListField(child=serializers.CharField())
    languages_to = serializers.ListField(child=serializers.CharField())
    slots = serializers.ListField(child=serializers.CharField())
    commune = CommuneField()
    commune_name = serializers.CharField(source="commune.name")
    organisation = serializers.SerializerMethodField(help_text="RNA or SIRET number; null for a person's.")
    organisation_name = serializers.SerializerMethodField()

    class Meta(NeedChangeSerializer.Meta):
        fields = (
            "reference", "city", "kind", "state", *WRITTEN,
            "commune_name", "organisation", "organisation_name", "source", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {}

    @extend_schema_field({"type": ["string", "null"]})
    def get_organisation(self, need: Need) -> str | None:
        return (need.organisation.rna or need.organisation.siret) if need.organisation else None

    @extend_schema_field({"type": ["string", "null"]})
    def get_organisation_name(self, need: Need) -> str | None:
        return need.organisation.name if need.organisation else None


class NeedWithdrawalSerializer(serializers.Serializer):
    """Why, if one wishes to say."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
