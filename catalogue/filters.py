"""Filters that the API's lists of offers and needs share."""

import django_filters

from catalogue.vocabulary import Kind


class EntryFilter(django_filters.FilterSet):
    """By town, kind, reference and last change; each app adds its own."""

    city = django_filters.CharFilter(field_name="city__slug", help_text="Short name of a town.")
    reference = django_filters.CharFilter(lookup_expr="iexact")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)
    commune = django_filters.CharFilter(field_name="commune_id", help_text="INSEE code.")
    changed_since = django_filters.IsoDateTimeFilter(
        field_name="changed_at",
        lookup_expr="gte",
        help_text="Changed at this moment or later (ISO 8601; write `+` as `%2B`).",
    )
