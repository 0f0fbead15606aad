"""Matches as the API reads them: explained to everybody concerned, and no more of the other side than may be known."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts import selectors as accounts
from accounts.models import User
from accounts.serializers import ContactSerializer
from catalogue.fields import NEED, OFFER
from catalogue.serializers import ReadEntry
from catalogue.vocabulary import Urgency
from cities.days import local_day
from engine import RULE_CODES
from engine.vocabulary import PARTS
from matching import standing
from matching.forms import REASONS
from matching.lifecycle import Act, Role
from matching.models import Match, MatchState
from matching.reasons.sentences import NOTES, reason_sentence
from matching.roles import possible
from matching.selectors import contacts_are_open, who_calls
from needs.models import Need
from offers.models import Offer

# Reasons that tell a citizen nothing of the need but its distance, dates and size, or tell of their own offer alone.
TOLD_TO_CITIZENS = frozenset(
    {
        "distance", "same_place", "remote", "all_days", "some_days", "on_a_day", "places_exact", "places_to_spare",
        "whole_quantity", "part_quantity", "confirmation_unknown", "confirmed", "asked", "not_asked", "linked_city",
        "notice", "stay", "rent",
    }
)  # fmt: skip
# How often a citizen was asked, and when they last confirmed, is between them and the town.
HIDDEN_FROM_ASSOCIATIONS = frozenset({"confirmation_unknown", "confirmed", "asked", "not_asked"})
# Of an offer, what whoever it was found for reads. A field more is told to the other side only when it is named here.
CONDITIONS = (
    "kind", "category", "shared_home", "accepts", "step_free", "pets_accepted", "smoking", "longest_stay_days",
    "notice_days", "rent", "dwelling_state", "item", "size", "condition", "best_before", "hand_over", "remote",
    "languages", "languages_from", "languages_to", "slots",
)  # fmt: skip
# How fine figures are outside the desk. The proximity is the distance in another unit: told exactly, three needs at
# known places would find the door of a home.
VALUE_DECIMALS, POINTS_DECIMALS, KM_DECIMALS = 2, 1, 1


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, and what they are in each town and association: two queries for any number of matches."""

    user: User
    coordinates: frozenset[int]
    operates: frozenset[int]
    organisations: frozenset[int]

    @classmethod
    def of(cls, user: User) -> "Reader":
        roles = list(accounts.roles_of(user))
        return cls(
            user=user,
            coordinates=frozenset(one.city_id for one in roles if one.role == Role.COORDINATOR),
            operates=frozenset(one.city_id for one in roles if one.role == Role.OPERATOR),
            organisations=frozenset(accounts.organisations_of(user).values_list("pk", flat=True)),
        )

    def is_desk(self, match: Match) -> bool:
        return match.city_id in self.coordinates

    def owns(self, match: Match) -> bool:
        return match.offer.owner_id == self.user.pk

    def needs(self, match: Match) -> bool:
        need = match.need
        return need.person_id == self.user.pk or need.organisation_id in self.organisations

    def speaks(self, match: Match) -> bool:
        """Whether they act for whoever posted the need: nobody does for a suspended association."""
        organisation = match.need.organisation
        return self.needs(match) and not (organisation is not None and organisation.is_suspended)

    def roles(self, match: Match) -> frozenset[Role]:
        """As `roles_of`, without a query."""
        found = {
            Role.COORDINATOR: self.is_desk(match),
            Role.OPERATOR: match.city_id in self.operates,
            Role.CITIZEN: self.owns(match),
            Role.ASSOCIATION: self.speaks(match),
        }
        return frozenset(role for role, has_it in found.items() if has_it)


class PlaceSerializer(serializers.Serializer):
    insee = serializers.CharField()
    name = serializers.CharField()


class MatchedNeedSerializer(ReadEntry):
    """The need. A citizen reads category, days, number of persons and commune; the rest is null."""

    table = NEED

    commune = PlaceSerializer()
    reference = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    urgency = serializers.ChoiceField(Urgency.choices, allow_null=True)
    quantity = serializers.IntegerField(allow_null=True)

    class Meta:
        model = Need
        fields = (
            "kind", "category", "items", "sizes", "first_day", "last_day", "rhythm", "slots", "people", "commune",
            "reference", "title", "urgency", "quantity",
        )  # fmt: skip
        read_only_fields = fields


class MatchedOfferSerializer(ReadEntry):
    """The offer. An association reads category and conditions; `reference`, `title` and `commune` are then null."""

    table = OFFER

    reference = serializers.CharField(allow_null=True)
    title = serializers.CharField(allow_null=True)
    commune = PlaceSerializer(allow_null=True)
    vetted = serializers.BooleanField(allow_null=True, help_text="The home was visited. Read by the desk.")

    class Meta:
        model = Offer
        fields = (*CONDITIONS, "reference", "title", "commune", "vetted")
        read_only_fields = fields


class PartSerializer(serializers.Serializer):
    """One line of the sum: value × weight = points, exact for the desk and rounded for anybody else."""

    part = serializers.ChoiceField(PARTS)
    value = serializers.FloatField(help_text="0 to 1; outside the desk to 2 decimals.")
    weight = serializers.FloatField(help_text="The most points it can give, as the town had set it.")
    points = serializers.FloatField(help_text="Outside the desk to 1 decimal.")


class ReasonSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="Stable word.")
    params = serializers.DictField(help_text="The figures, days and words of the sentence.")
    good = serializers.BooleanField(help_text="Whether it speaks for the pairing.")
    text = serializers.CharField(help_text="The sentence, in the language of the request.")


class MatchSerializer(serializers.Serializer):
    """A need with an offer: how it was ranked, where it stands, what you can do."""

    id = serializers.IntegerField()
    city = serializers.CharField(help_text="Short name of the town.")
    state = serializers.ChoiceField(MatchState.choices)
    need = MatchedNeedSerializer()
    offer = MatchedOfferSerializer()
    first_day = serializers.DateField(help_text="First day that both can.")
    last_day = serializers.DateField()
    quantity = serializers.IntegerField(help_text="What the offer would give, in the kind's unit.")
    distance_km = serializers.FloatField()
    rank = serializers.IntegerField(
        allow_null=True, help_text="Place among the need's best. Read by the desk."
    )
    score = serializers.FloatField(
        help_text="0 to 100: the sum of the parts' points; outside the desk to 1 decimal."
    )
    parts = PartSerializer(many=True, help_text="The six parts of the score.")
    algorithm = serializers.CharField(help_text="Version of the algorithm that made the score.")
    reasons = ReasonSerializer(
        many=True, help_text="Why. Those that would tell too much of the other side are left out."
    )
    acts = serializers.ListField(
        child=serializers.ChoiceField([act.value for act in Act]),
        help_text="What would be accepted from you now.",
    )
    asked_at = serializers.DateTimeField(allow_null=True)
    answer_by = serializers.DateTimeField(allow_null=True, help_text="Until when the citizen may answer.")
    confirm_by = serializers.DateTimeField(
        allow_null=True,
        help_text="Until when the association may confirm a yes, or says that what is confirmed still holds.",
    )
    longer_until = serializers.DateField(
        allow_null=True, help_text="The last day until which the host is asked to go on."
    )
    longer_by = serializers.DateTimeField(allow_null=True, help_text="Until when that answer is waited for.")
    ended_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class MatchDetailSerializer(MatchSerializer):
    """The same, with the contacts of the other side once confirmed, and until thirty days after the end."""

    citizen_contact = ContactSerializer(
        allow_null=True, help_text="For the association and the desk; each reading is logged."
    )
    association_contact = ContactSerializer(
        allow_null=True, help_text="For the citizen and the desk: whoever posted the need."
    )


class NoteSerializer(serializers.Serializer):
    note = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="For the town's desk. No name, no health."
    )


class UntilSerializer(NoteSerializer):
    """A later day."""

    until = serializers.DateField(help_text="The last day that is asked for.")


class HandedOverSerializer(NoteSerializer):
    """How much was handed over."""

    quantity = serializers.IntegerField(min_value=1, help_text="At most what was promised.")


def answer_serializer(act: Act) -> type[NoteSerializer]:
    """The body of an act that asks for a reason: one of those that make sense for it."""
    reason = serializers.ChoiceField([reason.value for reason in REASONS[act]])
    name = "".join(word.title() for word in act.split("_"))
    return type(f"{name}Serializer", (NoteSerializer,), {"reason": reason, "__doc__": "Why."})


# --- Shapes --------------------------------------------------------------------------------------------


def as_read(match: Match, reader: Reader, *, now: datetime) -> dict[str, Any]:
    """A match as this person may read it, for `MatchSerializer`."""
    is_desk = reader.is_desk(match)
    reads_need, reads_offer = is_desk or reader.needs(match), is_desk or reader.owns(match)
    return {
        "id": match.pk,
        "city": match.city.slug,
        "state": match.state,
        "need": _need(match.need, in_full=reads_need),
        "offer": _offer(match.offer, in_full=reads_offer, for_desk=is_desk),
        "first_day": match.first_day,
        "last_day": match.last_day,
        "quantity": match.quantity,
        "distance_km": round(match.distance_km, KM_DECIMALS),
        "rank": match.rank if is_desk else None,
        "score": match.score if is_desk else round(match.score, POINTS_DECIMALS),
        "parts": [_part(match, part, exact=is_desk) for part in PARTS],
        "algorithm": match.algorithm,
        "reasons": [
            _reason(fact, exact=is_desk)
            for fact in match.facts or ()
            if (reads_need or fact["code"] in TOLD_TO_CITIZENS)
            and (reads_offer or fact["code"] not in HIDDEN_FROM_ASSOCIATIONS)
        ],
        "acts": sorted(
            act
            for act in possible(match, reader.roles(match))
            if standing.would_be_taken(match, act, now=now)
        ),
        "asked_at": match.asked_at,
        "answer_by": match.answer_by,
        "confirm_by": match.confirm_by,
        "longer_until": match.longer_until,
        "longer_by": match.longer_by,
        "ended_on": match.ended_on,
        "created_at": match.created_at,
        "changed_at": match.changed_at,
    }


def with_contacts(match: Match, reader: Reader, *, now: datetime) -> dict[str, Any]:
    """The same with the other side's contacts, when they are open; for `MatchDetailSerializer`."""
    is_open = contacts_are_open(match, today=local_day(now, match.city))
    is_desk = reader.is_desk(match)
    shape = as_read(match, reader, now=now)
    shape["citizen_contact"] = (
        _citizen(match, for_desk=is_desk) if is_open and (is_desk or reader.speaks(match)) else None
    )
    shape["association_contact"] = (
        _association(match, for_desk=is_desk) if is_open and (is_desk or reader.owns(match)) else None
    )
    return shape


def _part(match: Match, part: str, *, exact: bool) -> dict[str, Any]:
    value, weight = match.parts[part], match.weights[part]
    points = value * weight
    return {
        "part": part,
        "value": value if exact else round(value, VALUE_DECIMALS),
        "weight": weight,
        "points": points if exact else round(points, POINTS_DECIMALS),
    }


def _reason(fact: dict[str, Any], *, exact: bool) -> dict[str, Any]:
    params = fact["params"]
    if not exact and "distance_km" in params:
        params = {**params, "distance_km": round(params["distance_km"], KM_DECIMALS)}
    return {**fact, "params": params, "text": reason_sentence(fact["code"], params)}


def _need(need: Need, *, in_full: bool) -> dict[str, Any]:
    return {
        "kind": need.kind,
        "category": need.category,
        "rhythm": need.rhythm,
        "slots": need.slots,
        "items": need.items,
        "sizes": need.sizes,
        "first_day": need.first_day,
        "last_day": need.last_day,
        "people": need.people,
        "commune": {"insee": need.commune_id, "name": need.commune.name},
        "reference": need.reference if in_full else None,
        "title": need.title if in_full else None,
        "urgency": need.urgency if in_full else None,
        "quantity": need.quantity if in_full else None,
    }


def _offer(offer: Offer, *, in_full: bool, for_desk: bool) -> dict[str, Any]:
    return {
        **{name: getattr(offer, name) for name in CONDITIONS},
        "reference": offer.reference if in_full else None,
        "title": offer.title if in_full else None,
        "commune": {"insee": offer.commune_id, "name": offer.commune.name} if in_full else None,
        "vetted": offer.vetted_at is not None if for_desk else None,
    }


def _citizen(match: Match, *, for_desk: bool) -> dict[str, str]:
    """The desk reads a number that nobody has proven yet as well: it is the desk that proves it."""
    owner, offer = match.offer.owner, match.offer
    return {
        "name": owner.name,
        "phone": str((owner.phone if for_desk else owner.proven_phone) or ""),
        "email": owner.email or "",
        "address": ", ".join(part for part in (offer.address, offer.commune.name) if part),
    }


def _association(match: Match, *, for_desk: bool) -> dict[str, str]:
    """The desk reads of whoever posted the need, also when they act no more."""
    contact = match.need.organisation or match.need.person if for_desk else who_calls(match)
    assert contact is not None  # need_has_a_poster
    return {
        "name": contact.name,
        "phone": str(
            (contact.proven_phone if isinstance(contact, User) and not for_desk else contact.phone) or ""
        ),
        "email": contact.email or "",
        "address": "",
    }


class UnmetSerializer(serializers.Serializer):
    """A rule that a pair breaks; `open` once for each cause, which `params` names."""

    code = serializers.ChoiceField(RULE_CODES, source="rule")
    params = serializers.DictField(help_text="Numbers, days, words and lists of them.")
    text = serializers.CharField(source="sentence", help_text="The same in the language asked for.")


class PairNoteSerializer(serializers.Serializer):
    code = serializers.ChoiceField(NOTES)
    params = serializers.DictField(help_text="Numbers.")
    text = serializers.CharField(source="sentence", help_text="The same in the language asked for.")


class WhyNotSerializer(serializers.Serializer):
    """Why a pair does not match; of one that is possible, where it stands."""

    need = serializers.CharField(source="need.reference")
    offer = serializers.CharField(source="offer.reference")
    possible = serializers.BooleanField(source="is_possible")
    unmet = UnmetSerializer(many=True, help_text="Every rule that the pair breaks; none when it is possible.")
    score = serializers.FloatField(allow_null=True, help_text="0 to 100.")
    rank = serializers.IntegerField(allow_null=True, help_text="Among all offers possible for the need.")
    possible_offers = serializers.IntegerField(
        source="possible", allow_null=True, help_text="How many offers are possible for the need."
    )
    notes = PairNoteSerializer(many=True, help_text="Whether a possible pair is suggested, or why not yet.")
    match = serializers.IntegerField(
        source="match.pk", default=None, allow_null=True, help_text="The pair's live match, if there is one."
    )
