"""Needs as the API reads and writes them."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.bulk import MOST_ROWS, RowKeyField
from accounts.serializers import PersonSerializer
from catalogue.fields import NEED
from catalogue.serializers import EntrySerializer, ReadEntry, written
from needs.models import Need

WRITTEN = written(NEED)


class NeedChangeSerializer(EntrySerializer):
    """What can be changed. Fields that the kind or the category does not call for are not kept."""

    table = NEED
    optional = ("quantity",)

    class Meta:
        model = Need
        fields: tuple[str, ...] = WRITTEN


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


class NeedRowSerializer(NewNeedSerializer):
    """One new need of many."""

    key = RowKeyField()

    class Meta(NewNeedSerializer.Meta):
        fields = ("key", *NewNeedSerializer.Meta.fields)


class NeedRowsSerializer(serializers.Serializer):
    """New needs."""

    rows = NeedRowSerializer(many=True, min_length=1, max_length=MOST_ROWS)  # type: ignore[call-arg]


class NeedSerializer(ReadEntry):
    """A need, for those who posted it and the town's desk."""

    table = NEED

    organisation = serializers.SerializerMethodField(help_text="RNA or SIRET number; null for a person's.")
    organisation_name = serializers.SerializerMethodField()

    class Meta:
        model = Need
        fields = (
            "reference", "city", "kind", "state", *WRITTEN,
            "given_days", "given_quantity",
            "commune_name", "organisation", "organisation_name", "source", "created_at", "changed_at",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field({"type": ["string", "null"]})
    def get_organisation(self, need: Need) -> str | None:
        return (need.organisation.rna or need.organisation.siret) if need.organisation else None

    @extend_schema_field({"type": ["string", "null"]})
    def get_organisation_name(self, need: Need) -> str | None:
        return need.organisation.name if need.organisation else None


class NeedWithdrawalSerializer(serializers.Serializer):
    """Why, if one wishes to say."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)
