"""The API of a case: why no offer fits a need, whether a condition can give, and homes one after the other."""

from typing import Any

import django_filters
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import COORDINATION, has_role
from accounts.endpoints import Conflict, Endpoint, lock
from accounts.models import Scope
from accounts.operations import problems
from catalogue.filters import YesNo, of_town
from cities.days import local_day
from engine import RULE_CODES
from matching import conditions, relays, selectors
from matching.conditions import condition_words
from matching.conditions.condition_views import why_not_asked
from matching.lifecycle import NotPossible
from matching.models import ConditionQuestion
from matching.presentation import refusal_words
from matching.reasons import facts
from needs.models import Need
from offers.models import Offer

CASES, CONDITIONS = ["cases"], ["conditions"]
ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description="The question's number.")


class NearMissSerializer(serializers.Serializer):
    """An offer that only one condition keeps from being possible."""

    offer = serializers.CharField(source="miss.offer.reference")
    rule = serializers.ChoiceField(RULE_CODES, source="miss.rule")
    text = serializers.CharField(source="miss.sentence", help_text="In the language of the request.")
    gap = serializers.FloatField(
        source="miss.gap", allow_null=True, help_text="By how much, in the rule's unit."
    )
    distance_km = serializers.FloatField(source="miss.distance_km")
    change = serializers.CharField(help_text="What the need would have to give; empty: only the offer could.")
    can_be_asked = serializers.BooleanField(source="asks", help_text="Whether `conditions/` takes it now.")


class RelayPartSerializer(serializers.Serializer):
    """The days of one home."""

    offer = serializers.CharField(max_length=11, help_text="Reference of a home.")
    offer_revision = serializers.IntegerField(help_text="Which version of it was looked at: send it back.")
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class DaysSerializer(serializers.Serializer):
    first_day = serializers.DateField()
    last_day = serializers.DateField()


class RelaySerializer(serializers.Serializer):
    """Two or three homes, one after the other."""

    nights = serializers.IntegerField()
    parts = RelayPartSerializer(many=True)
    left = DaysSerializer(many=True, help_text="Days that no home has.")


class RelaysSerializer(serializers.Serializer):
    """The best relays, the best first; none where one home has all the days."""

    need_revision = serializers.IntegerField(help_text="Send it back with the one that you propose.")
    nights = serializers.IntegerField(help_text="How many the need still lacks.")
    relays = RelaySerializer(many=True)


class WantedRelaySerializer(serializers.Serializer):
    """The relay that is proposed, as it was read."""

    need_revision = serializers.IntegerField()
    parts = RelayPartSerializer(many=True, min_length=2, max_length=3)  # type: ignore[call-arg]


class AskedSerializer(serializers.Serializer):
    """The matches whose hosts, or whose towns, are asked."""

    matches = serializers.ListField(child=serializers.IntegerField(), help_text="Their numbers.")


class CaseEndpoint(Endpoint):
    """What the desk sees beside a need; to anybody else it is not there."""

    area = Scope.MATCHES
    queryset = Need.objects.none()
    serializer_class = RelaysSerializer
    lookup_field = "reference"
    lookup_value_regex = "[Bb]-[0-9A-Za-z]{4}-[0-9A-Za-z]{4}"

    def get_object(self) -> Need:
        needs = Need.objects.visible_to(self.actor).select_related("city", "commune", "organisation")
        need = needs.filter(reference=self.kwargs["reference"].upper()).first()
        if need is None or not has_role(self.actor, need.city, COORDINATION):
            raise Http404
        return need

    @extend_schema(
        tags=CASES,
        summary="Which offers fit but for one condition?",
        description="Coordinators. As the engine last found them.",
        filters=False,
        responses={200: NearMissSerializer(many=True), **problems(404)},
    )
    @action(detail=True, methods=["get"], url_path="near-misses", versioned=False, pagination_class=None)
    def near_misses(self, request: Request, reference: str) -> Response:
        need, now = self.get_object(), timezone.now()
        scan = conditions.scan_of(need)
        misses = selectors.near_misses(self.actor, need, scan)
        facts.explained([], near_misses=misses, now=now)
        lines = conditions.lines(scan, misses, today=local_day(now, need.city))
        return Response(NearMissSerializer(lines, many=True).data)

    @extend_schema(
        tags=CASES,
        summary="Which homes could follow one another?",
        description="Coordinators. Worked out now, where no home alone has all the days.",
        filters=False,
        responses={200: RelaysSerializer, **problems(404)},
    )
    @action(detail=True, methods=["get"], versioned=False, pagination_class=None)
    def relays(self, request: Request, reference: str) -> Response:
        need, now = self.get_object(), timezone.now()
        suggested = list(selectors.suggestions(self.actor, need, today=local_day(now, need.city)))
        found = relays.find(need, suggested, now=now)
        told = {
            "need_revision": need.revision,
            "nights": found.nights,
            "relays": [
                {
                    "nights": one.nights,
                    "parts": [
                        {
                            "offer": part.offer.reference,
                            "offer_revision": part.offer_revision,
                            "first_day": part.first_day,
                            "last_day": part.last_day,
                        }
                        for part in one.parts
                    ],
                    "left": [{"first_day": first, "last_day": last} for first, last in one.left],
                }
                for one in found.relays
            ],
        }
        return Response(RelaysSerializer(told).data)

    @extend_schema(
        tags=CASES,
        summary="Ask the hosts of a relay",
        description="Coordinators. All of its homes, or none.",
        request=WantedRelaySerializer,
        responses={200: AskedSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="relays/propose", versioned=False)
    def propose_relay(self, request: Request, reference: str) -> Response:
        need, said = self.get_object(), self.said(WantedRelaySerializer)
        numbers = dict(
            Offer.objects.filter(reference__in=[part["offer"].upper() for part in said["parts"]]).values_list(
                "reference", "pk"
            )
        )
        try:
            parts = [
                relays.Wanted(
                    numbers[part["offer"].upper()],
                    part["offer_revision"],
                    part["first_day"],
                    part["last_day"],
                )
                for part in said["parts"]
            ]
            asked = relays.propose(
                need_id=need.pk,
                need_revision=said["need_revision"],
                parts=parts,
                by=self.actor,
                now=timezone.now(),
            )
        except relays.NotWhole as failure:
            raise Conflict(refusal_words(failure.failure), code=failure.failure.why) from failure
        except NotPossible as failure:
            raise Conflict(refusal_words(failure), code=failure.why) from failure
        except (KeyError, ValueError, ObjectDoesNotExist) as error:
            said_of_parts = _("Deux ou trois logements de cette ville, l’un après l’autre.")
            raise ValidationError({"parts": said_of_parts}) from error
        return Response(AskedSerializer({"matches": [match.pk for match in asked]}).data)


class QuestionSerializer(serializers.Serializer):
    """Whether one condition of a need can give, asked of whoever posted it."""

    id = serializers.IntegerField()
    need = serializers.CharField(source="need.reference")
    offer = serializers.SerializerMethodField(
        help_text="Reference; read by coordinators of the town, else null."
    )
    rule = serializers.ChoiceField(RULE_CODES)
    text = serializers.SerializerMethodField(help_text="The question, in the language of the request.")
    answer = serializers.ChoiceField(
        ConditionQuestion.Answer.choices, allow_blank=True, help_text="Empty: not answered yet."
    )
    asked_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)

    def get_offer(self, question: ConditionQuestion) -> str | None:
        reads = has_role(self.context["request"].user, question.need.city, COORDINATION)
        return question.offer.reference if reads else None

    def get_text(self, question: ConditionQuestion) -> str:
        return condition_words.condition_ask(question)


class NewQuestionSerializer(serializers.Serializer):
    """A near miss whose condition is asked about."""

    need = serializers.CharField(max_length=11, help_text="Reference of a need.")
    offer = serializers.CharField(max_length=11, help_text="Reference of the offer that would fit.")
    rule = serializers.ChoiceField(RULE_CODES)


class GivesSerializer(serializers.Serializer):
    """Whether it gives."""

    gives = serializers.BooleanField(help_text="True changes the need, which the engine then looks at again.")


class QuestionFilter(django_filters.FilterSet):
    """What to keep of the questions that one may see."""

    city = of_town("need__city__slug")
    need = django_filters.CharFilter(
        field_name="need__reference", lookup_expr="iexact", help_text="Reference of a need."
    )
    waiting = YesNo(field_name="answered_at", lookup_expr="isnull")

    class Meta:
        model = ConditionQuestion
        fields: list[str] = []


class QuestionEndpoint(ListModelMixin, Endpoint):
    area = Scope.NEEDS
    queryset = ConditionQuestion.objects.none()
    serializer_class = QuestionSerializer
    filterset_class = QuestionFilter
    lookup_value_regex = "[0-9]{1,18}"

    def get_queryset(self) -> Any:
        rows = conditions.visible_to(self.actor).select_related("need__city", "need__commune", "offer")
        return rows.order_by("-pk")

    def get_object(self) -> ConditionQuestion:
        question = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if question is None:
            raise Http404
        return question

    def locked(self) -> None:
        question = self.get_object()
        # In the order of all locks.
        lock((Need, question.need_id), (ConditionQuestion, question.pk))

    def shown(self) -> dict[str, Any]:
        return QuestionSerializer(self.get_object(), context={"request": self.request}).data

    @extend_schema(
        tags=CONDITIONS,
        summary="List questions about conditions",
        responses={200: QuestionSerializer(many=True), **problems()},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=CONDITIONS,
        summary="Read a question",
        parameters=[ID],
        responses={200: QuestionSerializer, **problems(404)},
    )
    def retrieve(self, request: Request, pk: str) -> Response:
        return self.answer()

    @extend_schema(
        tags=CONDITIONS,
        summary="Ask whether a condition can give",
        description="Coordinators, about a near miss with `can_be_asked`.",
        request=NewQuestionSerializer,
        responses={201: QuestionSerializer, **problems(409)},
    )
    def create(self, request: Request) -> Response:
        said = self.said(NewQuestionSerializer)
        need = Need.objects.visible_to(self.actor).filter(reference=said["need"].upper()).first()
        offer = Offer.objects.filter(reference=said["offer"].upper()).first()
        known = need is not None and has_role(self.actor, need.city, COORDINATION)
        if need is None or offer is None or not known:
            unknown = _("Il n’y a rien ici sous cette référence.")
            raise ValidationError({"offer" if known else "need": unknown})
        try:
            question = conditions.ask(
                need_id=need.pk, offer_id=offer.pk, rule=said["rule"], by=self.actor, now=timezone.now()
            )
        except conditions.CannotAsk as failure:
            raise Conflict(why_not_asked(failure), code=failure.why) from failure
        self.kwargs["pk"] = question.pk
        return self.answer(201)

    @extend_schema(
        tags=CONDITIONS,
        summary="Say whether it gives",
        description="Whoever posted the need, or the desk that has them on the line. The first answer counts: another "
        "one later is refused.",
        parameters=[ID],
        request=GivesSerializer,
        responses={200: QuestionSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"], url_path="answer")
    def say(self, request: Request, pk: str) -> Response:
        question, said = self.get_object(), self.said(GivesSerializer)
        try:
            answered = conditions.answer(question_id=question.pk, by=self.actor, now=timezone.now(), **said)
        except conditions.CannotAnswer as failure:
            raise exceptions.PermissionDenied(_("Ce n’est pas à vous de répondre.")) from failure
        opposite = ConditionQuestion.Answer.STAYS if said["gives"] else ConditionQuestion.Answer.GIVES
        if answered.answer == opposite:
            raise Conflict(_("Une réponse a déjà été donnée."), code="state")
        return self.answer()
