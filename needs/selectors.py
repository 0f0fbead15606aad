"""Reading needs: one's own, and the little that everybody may read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from accounts.access import DESK, associations_of, has_role
from accounts.models import Organisation, User
from accounts.selectors import organisations_of
from catalogue import help_link
from catalogue.vocabulary import Kind
from cities.models import City
from engine.goods import ANY
from engine.vocabulary import URGENCIES
from needs import turns
from needs.models import OPEN_STATES, Need, NeedChange, NeedEdit, NeedQuerySet
from needs.urgency import urgency_order, urgency_rank_on
from needs.words import HOUSEHOLD, public_title

# So many of what looks the same, the latest.
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class PublicNeed:
    """A need as everybody sees it: figures, days and commune; no text, no association. Its reference opens nothing."""

    reference: str
    kind: str
    category: str
    items: list[str]
    sizes: list[str]
    urgency_rank: int
    quantity: int
    people: int
    rhythm: str
    first_day: date
    last_day: date
    commune: str
    insee: str
    created_at: datetime

    @property
    def urgency(self) -> str:
        return URGENCIES[self.urgency_rank]

    @property
    def title(self) -> str:
        """ "Un logement pour 3 personnes", "Couette, 140 cm, 10 objets"."""
        return public_title(
            kind=self.kind,
            category=self.category,
            items=self.items,
            sizes=self.sizes,
            quantity=self.quantity,
            people=self.people,
            rhythm=self.rhythm,
        )

    def help_path(self, city: City, *, today: date) -> str:
        """To an offer that begins with what everybody reads here; of several things that would do, with none."""
        words = help_link.query(
            kind=self.kind,
            need=self.reference,
            category=self.category,
            item=self.items[0] if len(self.items) == 1 else "",
            size=self.sizes[0] if len(self.items) == len(self.sizes) == 1 else "",
            commune=self.insee,
            first_day=max(self.first_day, today),
            last_day=self.last_day,
            capacity=self.quantity,
        )
        return f"{reverse('offers:new', args=[city.slug])}?{words}"


class PublicNeeds:
    """Published needs, the most urgent first: sliced, counted and iterated, each row a `PublicNeed`.

    The columns are named here, so that no template can reach any other.
    """

    COLUMNS = (
        "reference", "kind", "category", "items", "sizes", "urgency_today", "quantity", "people", "rhythm",
        "first_day", "last_day", "commune__name", "commune", "created_at",
    )  # fmt: skip

    def __init__(self, needs: QuerySet[Need], *, today: date) -> None:
        ranked = needs.annotate(urgency_today=urgency_rank_on(today))
        self._rows = ranked.order_by("urgency_today", "-created_at", "-id").values_list(*self.COLUMNS)

    def count(self) -> int:
        """How many are published: one query."""
        return self._rows.count()

    def __iter__(self) -> Iterator[PublicNeed]:
        return (PublicNeed(*row) for row in self._rows)

    def __getitem__(self, part: slice) -> list[PublicNeed]:
        return [PublicNeed(*row) for row in self._rows[part]]


def public_needs(city: City, *, today: date, kind: str = "") -> PublicNeeds:
    """Open needs of a town, of verified associations and of persons, without anything that they wrote."""
    needs = published(city)
    return PublicNeeds(needs.filter(kind=kind) if kind else needs, today=today)


def published(city: City) -> NeedQuerySet:
    """The needs of a town's public list."""
    return Need.objects.open().filter(city=city)


def own_needs(user: User, city: City, *, today: date, closed: bool = False) -> QuerySet[Need]:
    """One's associations' needs, one's own, and those that one entered for a caller, each with its `turn`.

    Those that are open by whose turn it is, then the most urgent; one that is closed and waits for its poster stands
    among them. The closed ones as they were posted, the latest first.
    """
    mine = Q(person=user) | Q(organisation__in=associations_of(user)) | Q(entered_by=user)
    needs = Need.objects.visible_to(user).filter(mine, city=city).annotate(turn=turns.turn())
    needs = needs.select_related("commune", "organisation", "city")
    is_on_board = Q(state__in=OPEN_STATES) | Q(turn=turns.Turn.YOURS)
    if closed:
        return needs.exclude(is_on_board).order_by("-created_at", "-id")
    return needs.filter(is_on_board).order_by("turn", *urgency_order(today))


def get_need(user: User, city: City, reference: str) -> Need:
    """The need with this reference, if the reader may see it in this town. Raises Need.DoesNotExist."""
    return (
        Need.objects.visible_to(user)
        .select_related("city", "commune", "organisation", "person")
        .get(city=city, reference=reference)
    )


def changes_of(need: Need) -> QuerySet[NeedChange]:
    """The need's history of states, the first change first."""
    return NeedChange.objects.filter(need=need).select_related("by")


def edits_of(need: Need) -> list[NeedEdit]:
    """The need's history of fields, the first change first."""
    return list(NeedEdit.objects.filter(need=need).select_related("by"))


def known_needs(user: User, city: City, person: User) -> list[Need]:
    """What a caller already asks for in the town, for an operator who is about to enter it again."""
    mine = Need.objects.visible_to(user).filter(city=city, person=person, state__in=OPEN_STATES)
    return list(mine.select_related("commune", "city").order_by("-created_at")[:MOST_SHOWN])


def doubles(
    user: User,
    city: City,
    *,
    person: User | None,
    organisation: Organisation | None,
    fields: Mapping[str, Any],
    external_key: str = "",
) -> list[Need]:
    """Standing needs of the same person or association that look like this one, on days that overlap.

    `fields` may be half filled in: what is not known yet is like nothing. A home: the same household, or the same case
    file; goods: one of the same things; a skill: the same category and languages. The same page sent twice
    (`external_key`) is no double.
    """
    if person is not None:
        of_the_same = Q(person=person)
    elif organisation is not None:
        of_the_same = Q(organisation=organisation)
    else:
        return []
    alike = _alike(fields)
    if alike is None:
        return []
    standing = Need.objects.visible_to(user).filter(
        of_the_same, alike, city=city, kind=fields["kind"], state__in=OPEN_STATES
    )
    if external_key:
        standing = standing.exclude(external_key=external_key)
    first, last = fields.get("first_day"), fields.get("last_day")
    if first and last:
        standing = standing.filter(first_day__lte=last, last_day__gte=first)
    return list(standing.select_related("commune", "city").order_by("-created_at")[:MOST_SHOWN])


def _alike(fields: Mapping[str, Any]) -> Q | None:
    """What makes a need look like this one; None while too little is known."""
    kind, category = fields.get("kind"), fields.get("category")
    alike: Q | None = None
    if kind == Kind.HOUSING:
        household = {name: fields.get(name) or 0 for name in HOUSEHOLD}
        alike = Q(**household) if any(household.values()) else None
    elif kind == Kind.GOODS and (named := [code for code in fields.get("items") or () if code != ANY]):
        alike = Q(items__overlap=named)
    elif kind == Kind.GOODS and category:
        alike = Q(category=category) & (Q(items=[]) | Q(items__contains=[ANY]))
        if fields.get("item_words"):
            alike &= Q(item_words__iexact=fields["item_words"])
    elif kind == Kind.SKILL and category:
        languages = {name: fields.get(name) or [] for name in ("languages_from", "languages_to")}
        alike = Q(category=category, **languages)
    case = fields.get("case_reference")
    if alike is None or not case:
        return alike
    same_file = Q(case_reference__iexact=case)
    alike &= same_file | Q(case_reference="")  # another file is another household
    return alike | same_file if kind == Kind.HOUSING else alike


def organisations_to_post_for(user: User, city: City) -> QuerySet[Organisation]:
    """In whose name a person may post: one's associations, for the desk the town's; none suspended."""
    if has_role(user, city, DESK):
        organisations: QuerySet[Organisation] = Organisation.objects.visible_to(user).filter(city=city)
    else:
        organisations = organisations_of(user, city)
    return organisations.exclude(state=Organisation.State.SUSPENDED).order_by("name", "pk")
