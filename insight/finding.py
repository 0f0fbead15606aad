"""What a search finds: for each kind of thing, among what the reader sees of it in the town. One query each.

Who people are is looked at for the desk alone, which sees it on each offer and need. For everybody else no query
touches a name, a number or an address of a person: what is found or not says nothing of them, and neither does its
time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from django.contrib.postgres.search import SearchQuery
from django.db import connection, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.access import DESK, has_role
from accounts.models import Membership, Organisation, User
from catalogue.folding import folded
from cities.models import City, Commune
from insight.query import Query
from needs.models import Need, NeedWords
from offers.models import Offer, OfferWords

SHOWN = 20
# How much of a typed word must stand in a row, when none stands there as typed (pg_trgm.word_similarity_threshold): a
# letter that is missing in the midst of six leaves 3/7.
LIKENESS = 0.4

# The rows of one kind in which a word stands.
Bearing = Callable[[str], list[QuerySet]]


@dataclass(frozen=True, slots=True)
class Found:
    """At most `SHOWN` of each kind, the latest first, and one more where there are more. `is_exact`: as it was
    typed.
    """

    offers: Sequence[Offer]
    needs: Sequence[Need]
    organisations: Sequence[Organisation]
    is_exact: bool = True

    def __bool__(self) -> bool:
        return bool(self.offers or self.needs or self.organisations)


def find(user: User, city: City, query: Query) -> Found:
    """What somebody sees in the town that answers to this; by likeness where nothing does as it was typed."""
    if not query:
        return Found([], [], [])
    knows_people = has_role(user, city, DESK)
    found = _find(user, city, query, knows_people=knows_people, lookup="contains")
    if found or not query.like:
        return found
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(LIKENESS)])
        similar = Query(words=query.like)
        return _find(user, city, similar, knows_people=knows_people, lookup="trigram_word_similar")


def _find(user: User, city: City, query: Query, *, knows_people: bool, lookup: str) -> Found:
    people = partial(_people, lookup=lookup) if knows_people else None
    return Found(
        offers=_latest(
            _offers(Offer.objects.visible_to(user).filter(city=city), query, people, lookup).select_related(
                "commune", "owner"
            )
        ),
        needs=_latest(
            _needs(Need.objects.visible_to(user).filter(city=city), query, people, lookup).select_related(
                "commune", "organisation"
            )
        ),
        organisations=list(
            _organisations(
                Organisation.objects.visible_to(user).filter(city=city), query, people, lookup
            ).order_by("name", "pk")[: SHOWN + 1]
        ),
        is_exact=lookup == "contains",
    )


def _latest(rows: QuerySet) -> list:
    return list(rows.order_by("-created_at", "-pk")[: SHOWN + 1])


# --- One kind of thing each ----------------------------------------------------------------------------

People = Callable[[Query], QuerySet]


def _offers(seen: QuerySet, query: Query, people: People | None, lookup: str) -> QuerySet:
    if query.reference:
        return seen.filter(reference__startswith=query.reference)

    def bearing(word: str) -> list[QuerySet]:
        rows = [
            _saying(OfferWords, word, lookup),
            Offer.objects.filter(commune__in=_communes(word, lookup)),
        ]
        return (
            rows if people is None else [*rows, Offer.objects.filter(owner__in=people(Query(words=(word,))))]
        )

    contact: list[QuerySet] = (
        [] if people is None else [Offer.objects.filter(owner__in=people(_contact(query)))]
    )
    return _answering(seen, query, bearing, contact)


def _needs(seen: QuerySet, query: Query, people: People | None, lookup: str) -> QuerySet:
    if query.reference:
        return seen.filter(reference__startswith=query.reference)

    def bearing(word: str) -> list[QuerySet]:
        rows = [
            _saying(NeedWords, word, lookup),
            Need.objects.filter(commune__in=_communes(word, lookup)),
            Need.objects.filter(organisation__in=_named(Organisation.objects.all(), word, lookup)),
        ]
        return (
            rows if people is None else [*rows, Need.objects.filter(person__in=people(Query(words=(word,))))]
        )

    contact: list[QuerySet] = (
        [] if people is None else [Need.objects.filter(person__in=people(_contact(query)))]
    )
    return _answering(seen, query, bearing, contact)


def _organisations(seen: QuerySet, query: Query, people: People | None, lookup: str) -> QuerySet:
    """Those that bear the name, the number or the address; for the desk, also by one of their members."""
    if query.reference:
        return seen.none()

    def of_members(wanted: Query) -> QuerySet:
        assert people is not None
        members = Membership.objects.filter(user__in=people(wanted))
        return Organisation.objects.filter(pk__in=members.values("organisation"))

    def bearing(word: str) -> list[QuerySet]:
        rows = [
            _named(Organisation.objects.all(), word, lookup),
            Organisation.objects.filter(Q(rna__startswith=word.upper()) | Q(siret__startswith=word)),
        ]
        return rows if people is None else [*rows, of_members(Query(words=(word,)))]

    # Its own number and address are on its page for whoever sees it.
    contact = [_reached(Organisation.objects.all(), _contact(query))]
    return _answering(
        seen, query, bearing, contact if people is None else [*contact, of_members(_contact(query))]
    )


# --- What they are made of -----------------------------------------------------------------------------


def _answering(seen: QuerySet, query: Query, bearing: Bearing, contact: list[QuerySet]) -> QuerySet:
    """Those in which each word stands, wherever, and those that are reached by the number or address.

    Every way in which a word may stand is a query with an index of its own: joined by OR, none would be used.
    """
    ways = [rows for rows in contact if query.digits or query.address]
    if query.words:
        # As sets: how many rows bear several words nobody can estimate, and a join would go through them one by one.
        first, *others = [_union(bearing(word)) for word in query.words]
        ways.append(first.intersection(*others) if others else first)
    return seen.filter(pk__in=_union(ways)) if ways else seen.none()


def _union(rows: list[QuerySet]) -> QuerySet:
    first, *others = [one if one.query.combinator else one.order_by().values("pk") for one in rows]
    return first.union(*others) if others else first


def _contact(query: Query) -> Query:
    return Query(digits=query.digits, address=query.address)


def _people(query: Query, *, lookup: str) -> QuerySet:
    people = User.objects.order_by()
    if query.words:
        for word in query.words:
            people = _named(people, word, lookup)
        return people.values("pk")
    return _reached(people, query).values("pk")


def _saying(model: type[OfferWords | NeedWords], word: str, lookup: str) -> QuerySet:
    """By the beginning of one of its words; with a slip, by its title alone. Its key is the row's own."""
    if lookup == "contains":
        begun = SearchQuery(f"'{word}':*", config="simple", search_type="raw")
        return model._default_manager.filter(words=begun)
    return model._default_manager.filter(**{f"name__{lookup}": word})


def _named(rows: QuerySet, word: str, lookup: str) -> QuerySet:
    return rows.alias(called=folded("name")).filter(**{f"called__{lookup}": word})


def _reached(rows: QuerySet, query: Query) -> QuerySet:
    if query.digits:
        # As text: the field itself would complete what it is compared with to a number.
        # A number that nobody has proven finds nobody.
        numbered = rows.exclude(phone_proof="") if rows.model is User else rows
        return numbered.alias(number=Cast("phone", TextField())).filter(number__contains=query.digits)
    if query.address:
        return rows.alias(written=Cast("email", TextField())).filter(written__contains=query.address)
    return rows.none()


def _communes(word: str, lookup: str) -> QuerySet:
    """By the beginning of a word of the name, or of a postcode (`Commune.search`); with a slip, by the name alone."""
    if lookup == "contains":
        return Commune.objects.order_by().filter(search__contains=f" {word}").values("pk")
    return Commune.objects.order_by().filter(**{f"name_key__{lookup}": word}).values("pk")
