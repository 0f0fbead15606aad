"""What a program looks up before it writes: towns, communes, the words that fields take, items of goods."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.endpoints import Endpoint
from accounts.operations import problems
from catalogue import vocabulary
from catalogue.items import ITEMS, LONGEST_TYPED, Item, find_item
from cities.models import City, Commune
from cities.places import LONGEST_WRITTEN
from cities.selectors import CommuneNotFound, commune_by_insee, open_cities, suggest_communes

TAGS = ["reference"]
# The lists of words that fields of offers and needs take.
LISTS = {
    "kind": vocabulary.Kind,
    "category": vocabulary.Category,
    "urgency": vocabulary.Urgency,
    "household": vocabulary.Household,
    "rhythm": vocabulary.Rhythm,
    "condition": vocabulary.Condition,
    "dwelling_state": vocabulary.DwellingState,
    "hand_over": vocabulary.HandOver,
    "rent_payer": vocabulary.RentPayer,
}


class TownSerializer(serializers.ModelSerializer):
    """A town that takes offers and needs."""

    city = serializers.CharField(source="slug", help_text="Its short name, as every `city` says it.")
    name = serializers.CharField()
    commune = serializers.CharField(source="seat_id", help_text="INSEE code of its seat.")
    timezone = serializers.CharField(help_text="Its days begin there.")

    class Meta:
        model = City
        fields = ("city", "name", "commune", "timezone")


class TownEndpoint(Endpoint):
    serializer_class = TownSerializer
    queryset = City.objects.none()
    pagination_class = None

    @extend_schema(tags=TAGS, summary="List towns", responses={200: TownSerializer(many=True), **problems()})
    def list(self, request: Request) -> Response:
        return Response(TownSerializer(open_cities().order_by("slug"), many=True).data)


class CommuneSerializer(serializers.Serializer):
    """A commune of the official gazetteer."""

    insee = serializers.CharField(help_text="Its INSEE code, as every `commune` says it.")
    name = serializers.CharField()
    postcodes = serializers.ListField(child=serializers.CharField())
    department = serializers.CharField(source="department_name")
    former = serializers.CharField(
        help_text="The name of before by which it was found; empty for today's.", required=False
    )


class CommuneEndpoint(Endpoint):
    serializer_class = CommuneSerializer
    queryset = Commune.objects.none()
    pagination_class = None
    lookup_field = "insee"
    lookup_value_regex = "[0-9][0-9AB][0-9]{3}"

    def shown(self) -> dict[str, Any]:
        try:
            return CommuneSerializer(commune_by_insee(self.kwargs["insee"])).data
        except CommuneNotFound as failure:
            raise Http404 from failure

    @extend_schema(
        tags=TAGS,
        summary="Find communes",
        description="By the beginning of a name or a postcode, of before a merger too; the ten that fit best.",
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, required=True, description="What was typed.")],
        responses={200: CommuneSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        found = suggest_communes(_typed(request, most=LONGEST_WRITTEN))
        rows = [{**CommuneSerializer(one.commune).data, "former": one.former} for one in found]
        return Response(rows)

    def parameters(self) -> dict[str, bool]:
        return {"q": False} if self.action == "list" else {}

    @extend_schema(tags=TAGS, summary="Read a commune", responses={200: CommuneSerializer, **problems(404)})
    def retrieve(self, request: Request, insee: str) -> Response:
        return self.answer()


def _typed(request: Request, *, most: int) -> str:
    typed = request.query_params.get("q", "")
    if not typed.strip() or len(typed) > most or "\x00" in typed:
        raise ValidationError({"q": _("Écrivez de 1 à %(most)d signes.") % {"most": most}})
    return typed


class WordSerializer(serializers.Serializer):
    word = serializers.CharField(help_text="What fields take.")
    name = serializers.CharField(help_text="In the language of the request.")


class WordListSerializer(serializers.Serializer):
    """The words of one list."""

    name = serializers.ChoiceField(list(LISTS), help_text="The field that takes them.")
    words = WordSerializer(many=True)


class VocabularyEndpoint(Endpoint):
    serializer_class = WordListSerializer
    pagination_class = None

    @extend_schema(
        tags=TAGS,
        summary="List the words that fields take",
        description="With what they are called on the pages.",
        responses={200: WordListSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        rows = [
            {"name": name, "words": [{"word": word, "name": label} for word, label in words.choices]}
            for name, words in LISTS.items()
        ]
        return Response(WordListSerializer(rows, many=True).data)


class ItemSerializer(serializers.Serializer):
    """A thing of the catalogue of goods."""

    item = serializers.CharField(source="code", help_text="As `item` and `items` say it; it never changes.")
    category = serializers.ChoiceField(vocabulary.Category.choices)
    name = serializers.CharField(help_text="In the language of the request.")
    sizes = serializers.SerializerMethodField(
        help_text="The sizes that it has, as `size` and `sizes` say them."
    )

    def get_sizes(self, item: Item) -> list[str]:
        return list(item.sizes.sizes.codes) if item.sizes else []


class ItemEndpoint(Endpoint):
    serializer_class = ItemSerializer
    pagination_class = None

    @extend_schema(
        tags=TAGS,
        summary="List items of goods",
        description="All of them; with `q` the one that somebody means, in the language of the request, or several "
        "where that is not sure.",
        parameters=[OpenApiParameter("q", OpenApiTypes.STR, description="What somebody calls it.")],
        responses={200: ItemSerializer(many=True), **problems()},
    )
    def list(self, request: Request) -> Response:
        items = list(ITEMS)
        if "q" in request.query_params:
            found = find_item(_typed(request, most=LONGEST_TYPED))
            items = [found.certain] if found.certain else list(found.suggestions)
        return Response(ItemSerializer(items, many=True).data)

    def parameters(self) -> dict[str, bool]:
        return {"q": False}
