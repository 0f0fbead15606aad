"""Who a key speaks for, and for which associations."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors
from accounts.endpoints import Endpoint
from accounts.models import ApiToken, Membership, Organisation, Role, Scope
from accounts.operations import problems
from catalogue.filters import of_town

ME, ORGANISATIONS = ["me"], ["organisations"]


class OrganisationSerializer(serializers.ModelSerializer):
    """An association, or a service of the town."""

    number = serializers.SerializerMethodField(
        help_text="Its RNA or SIRET number, by which needs name it as `organisation`."
    )
    name = serializers.CharField()
    city = serializers.CharField(source="city.slug", help_text="Short name of its town.")
    state = serializers.ChoiceField(
        Organisation.State.choices, help_text="Its needs are matched once the town has verified it."
    )

    class Meta:
        model = Organisation
        fields = ("number", "name", "city", "state")

    def get_number(self, organisation: Organisation) -> str:
        return organisation.rna or organisation.siret


class TownRoleSerializer(serializers.Serializer):
    city = serializers.CharField(help_text="Short name of a town.")
    role = serializers.ChoiceField(Role.choices)


class MembershipSerializer(serializers.Serializer):
    organisation = serializers.CharField(help_text="RNA or SIRET number.")
    name = serializers.CharField()
    city = serializers.CharField()
    role = serializers.ChoiceField(Membership.Role.choices)


class MeSerializer(serializers.Serializer):
    """Whose key it is, and what it opens."""

    name = serializers.CharField(help_text="As they wish to be called.")
    language = serializers.CharField(help_text="BCP 47.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField([scope.value for scope in Scope]),
        allow_null=True,
        help_text="What the key may do; null for a session, which may all that its person may.",
    )
    towns = TownRoleSerializer(many=True, help_text="For which towns they work, and as what.")
    organisations = MembershipSerializer(many=True, help_text="Of which associations they are members.")


class MeEndpoint(Endpoint):
    serializer_class = MeSerializer

    def shown(self) -> dict[str, Any]:
        user, key = self.actor, self.request.auth
        memberships = user.memberships.select_related("organisation__city").order_by(
            "organisation__name", "pk"
        )
        roles = selectors.roles_of(user).select_related("city").order_by("city__slug", "role")
        return MeSerializer(
            {
                "name": user.name,
                "language": user.language,
                "scopes": key.scopes if isinstance(key, ApiToken) else None,
                "towns": [{"city": one.city.slug, "role": one.role} for one in roles],
                "organisations": [
                    {
                        "organisation": one.organisation.rna or one.organisation.siret,
                        "name": one.organisation.name,
                        "city": one.organisation.city.slug,
                        "role": one.role,
                    }
                    for one in memberships
                ],
            }
        ).data

    @extend_schema(tags=ME, summary="Whose key this is", responses={200: MeSerializer, **problems()})
    def retrieve(self, request: Request) -> Response:
        return self.answer()


class OrganisationFilter(django_filters.FilterSet):
    """What to keep of the associations that one may see."""

    city = of_town()
    state = django_filters.MultipleChoiceFilter(choices=Organisation.State.choices)
    number = django_filters.CharFilter(method="with_number", help_text="RNA or SIRET number.")

    class Meta:
        model = Organisation
        fields: list[str] = []

    def with_number(self, rows: QuerySet[Organisation], name: str, value: str) -> QuerySet[Organisation]:
        number = "".join(value.split()).upper()
        return rows.filter(Q(rna=number) | Q(siret=number))


class OrganisationEndpoint(ListModelMixin, Endpoint):
    queryset = Organisation.objects.none()
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilter

    def get_queryset(self) -> Any:
        return Organisation.objects.visible_to(self.request.user).select_related("city").order_by("-pk")

    @extend_schema(
        tags=ORGANISATIONS,
        summary="List associations",
        description="Your own; for the town's desk all of its town.",
        responses={200: OrganisationSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)
