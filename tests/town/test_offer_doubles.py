"""One offer that is in here twice: one goes on, what was promised stays where it was, and two again exactly."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from followups import services as followups
from followups.models import End
from homes import services as homes
from matching import counted_on
from matching import services as matches
from matching.models import Decision, Hold, Match, MatchState
from notifications.models import Message
from offers import services as offers
from offers.models import Offer, OfferChange, OfferState
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.factories.offers import OfferFactory
from town import selectors, services
from town.models import OfferDouble

from .conftest import Place

pytestmark = pytest.mark.django_db
HOME = {"address": "3 rue du Puits", "title": "Chambre sur cour"}


class Twice:
    """A room that was entered by phone and posted online: the same owner, the same address."""

    def __init__(self, place: Place, **second: object) -> None:
        self.place = place
        self.kept = due_offer(city=place.city, now=timezone.now(), **HOME)
        self.other = due_offer(
            city=place.city, now=timezone.now(), **{"owner": self.kept.owner, **HOME, **second}
        )

    def merge(self, *, kept: Offer | None = None, has_called: bool = False) -> OfferDouble:
        kept = kept or self.kept
        return services.merge_offers(
            city=self.place.city,
            kept_id=kept.pk,
            other_id=(self.kept if kept == self.other else self.other).pk,
            has_called=has_called,
            by=self.place.coordinator,
            now=timezone.now(),
        )

    def undo(self, row: OfferDouble, *, now=None) -> OfferDouble:
        return services.undo_offers(double_id=row.pk, by=self.place.coordinator, now=now or timezone.now())

    def ask(self, offer: Offer) -> Match:
        """Somebody is asked with this one of the two."""
        need = due_need(city=self.place.city, now=timezone.now())
        drain(timezone.now())
        match = Match.objects.get(need=need, offer=offer)
        return matches.propose(match_id=match.pk, by=self.place.coordinator, now=timezone.now())

    def state(self) -> dict[str, object]:
        """All that is of the two, but for what says that they were looked at."""
        return {
            "offers": list(
                Offer.objects.order_by("pk").values(
                    "pk", "state", "owner", "merged_into", "paused_until", "confirmed_at", "vetted_at"
                )
            ),
            "holds": list(Hold.objects.order_by("pk").values()),
            "asked": list(
                Match.objects.exclude(state__in=["suggested", "superseded"])
                .order_by("pk")
                .values("pk", "state")
            ),
            "decisions": list(Decision.objects.order_by("pk").values()),
        }


@pytest.fixture
def twice(place: Place) -> Twice:
    return Twice(place)


def test_the_other_one_is_closed_and_leads_to_the_one_that_goes_on(twice: Twice, client: Client) -> None:
    need = due_need(city=twice.place.city, now=timezone.now())
    drain(timezone.now())
    assert Match.objects.suggested().filter(need=need).count() == 2
    twice.merge()
    drain(timezone.now())
    assert [match.offer for match in Match.objects.suggested().filter(need=need)] == [twice.kept]
    twice.other.refresh_from_db()
    assert (twice.other.state, twice.other.merged_into) == (OfferState.WITHDRAWN, twice.kept)
    change = OfferChange.objects.get(act="merge")
    assert (change.offer, change.by, change.from_state) == (twice.other, twice.place.coordinator, "active")
    # A link both ways, for the owner and for the desk; no message.
    for reader in (twice.kept.owner, twice.place.coordinator):
        client.force_login(reader)
        for one, leads_to in ((twice.kept, twice.other), (twice.other, twice.kept)):
            page = client.get(reverse("offers:detail", args=[twice.place.city.slug, one.reference])).text
            assert leads_to.reference in page
    client.force_login(twice.kept.owner)
    mine = client.get(reverse("offers:mine", args=[twice.place.city.slug])).text
    assert f"C’est la même que {twice.kept.reference}, qui continue" in mine
    assert not Message.objects.filter(recipient=twice.kept.owner).exists()


@pytest.mark.parametrize("how", ["active", "paused", "until a day", "expired"])
def test_undone_it_is_exactly_as_before(twice: Twice, how: str) -> None:
    by, now = twice.other.owner, timezone.now()
    if how == "paused":
        offers.pause(offer_id=twice.other.pk, by=by, now=now)
    elif how == "until a day":
        day = timezone.localdate() + timedelta(days=9)
        offers.pause_until(offer_id=twice.other.pk, last_day=day, by=by, now=now)
    elif how == "expired":
        Offer.objects.filter(pk=twice.other.pk).update(state=OfferState.EXPIRED)
    asked = twice.ask(twice.kept)
    before = twice.state()
    row = twice.merge()
    assert twice.state() != before
    for _twice in range(2):
        twice.undo(row)
    assert twice.state() == before
    drain(timezone.now())
    # And again, and back again.
    twice.undo(twice.merge())
    assert twice.state() == before
    matches.accept(match_id=asked.pk, by=by, now=timezone.now())


def _accepted(it: Twice) -> None:
    matches.accept(match_id=it.ask(it.other).pk, by=it.other.owner, now=timezone.now())


def _asked(it: Twice) -> None:
    it.ask(it.other)


def _under_way(it: Twice) -> None:
    match = it.ask(it.other)
    Match.objects.filter(pk=match.pk).update(state=MatchState.UNDER_WAY)


def _visited(it: Twice) -> None:
    Offer.objects.filter(pk=it.kept.pk).update(vetted_at=None, vetted_by=None)


def _visit_planned(it: Twice) -> None:
    homes.plan(
        offer_id=it.other.pk,
        starts_at=timezone.now() + timedelta(days=2),
        visitor=it.place.coordinator,
        by=it.place.coordinator,
        now=timezone.now(),
    )


def _withdrawn(it: Twice) -> None:
    offers.withdraw(offer_id=it.kept.pk, by=it.kept.owner, now=timezone.now())


def _reported(it: Twice) -> None:
    followups.report_incident(
        offer_id=it.other.pk, text="La porte ne ferme pas.", by=it.place.coordinator, now=timezone.now()
    )


def _unconfirmed(it: Twice) -> None:
    Offer.objects.filter(pk=it.other.pk).update(state=OfferState.UNCONFIRMED)


def _another_sort(it: Twice) -> None:
    Offer.objects.filter(pk=it.other.pk).update(category="whole_dwelling")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (_asked, "interrogé, attendu ou accueilli"),
        (_accepted, "interrogé, attendu ou accueilli"),
        (_under_way, "interrogé, attendu ou accueilli"),
        (_visited, "a été visitée"),
        (_visit_planned, "visite est prévue"),
        (_withdrawn, "retirée, suspendue"),
        (_reported, "retirée, suspendue"),
        (_unconfirmed, "retirée, suspendue"),
        (_another_sort, "de la même sorte"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_moves_nothing(
    twice: Twice, how: Callable[[Twice], None], words: str
) -> None:
    how(twice)
    before = twice.state()
    with pytest.raises(ValidationError, match=words):
        twice.merge()
    assert twice.state() == before
    assert not OfferDouble.objects.exists()


@pytest.mark.parametrize("how", [_asked, _accepted, _visited, _visit_planned])
def test_then_the_other_way_round_is_possible_and_nothing_is_lost(
    twice: Twice, how: Callable[[Twice], None]
) -> None:
    how(twice)
    holds = list(Hold.objects.values())
    twice.merge(kept=twice.other)
    assert list(Hold.objects.values()) == holds
    assert Offer.objects.get(pk=twice.other.pk).is_open


def test_objects_that_were_given_are_not_there_a_second_time(place: Place) -> None:
    it = Twice.__new__(Twice)
    it.place = place
    it.kept = due_offer(city=place.city, kind=Kind.GOODS, now=timezone.now())
    it.other = due_offer(city=place.city, kind=Kind.GOODS, now=timezone.now(), owner=it.kept.owner)
    need = due_need(city=place.city, kind=Kind.GOODS, quantity=4, now=timezone.now())
    drain(timezone.now())
    match = Match.objects.get(need=need, offer=it.other)
    matches.propose(match_id=match.pk, by=place.coordinator, now=timezone.now())
    Match.objects.filter(pk=match.pk).update(state=MatchState.COMPLETED)
    with pytest.raises(ValidationError, match="déjà donnée"):
        it.merge()
    it.merge(kept=it.other)


def test_of_two_persons_only_a_home_is_the_same_and_one_of_them_was_asked(
    place: Place, client: Client
) -> None:
    it = Twice(place, owner=OfferFactory(city=place.city, title="Ailleurs").owner)
    with pytest.raises(ValidationError, match="Appelez d’abord"):
        it.merge()
    it.merge(has_called=True)
    client.force_login(it.other.owner)
    mine = client.get(reverse("offers:mine", args=[place.city.slug])).text
    assert "Une autre personne propose le même logement" in mine
    page = client.get(reverse("offers:detail", args=[place.city.slug, it.other.reference])).text
    assert it.kept.reference not in mine + page  # whose it is stays the desk's to know
    goods = [due_offer(city=place.city, kind=Kind.GOODS, now=timezone.now()) for _ in range(2)]
    it.kept, it.other = goods
    with pytest.raises(ValidationError, match="d’un même logement"):
        it.merge(has_called=True)


def test_a_report_of_either_suspends_the_one_that_goes_on_and_holds_it_one(twice: Twice) -> None:
    row = twice.merge()
    by, now = twice.place.coordinator, timezone.now()
    incident = followups.report_incident(
        offer_id=twice.other.pk, text="La porte ne ferme pas.", by=by, now=now
    )
    assert incident.offer == twice.kept
    twice.kept.refresh_from_db()
    assert twice.kept.state == OfferState.FROZEN
    with pytest.raises(ValidationError, match="Décidez d’abord du signalement"):
        twice.undo(row)
    first, second = (
        CityRoleFactory(city=twice.place.city, role=Role.ADMINISTRATOR).user for _reader in range(2)
    )
    ending = followups.propose_end(
        incident_id=incident.pk, end=End.SETTLED, conclusion="Réparée.", by=first, now=now
    )
    followups.confirm_end(incident_id=incident.pk, proposed_at=ending.proposed_at, by=second, now=now)
    Offer.objects.filter(pk=twice.other.pk).update(vetted_at=now, vetted_by=by)
    twice.undo(row)
    other = Offer.objects.get(pk=twice.other.pk)
    assert other.is_open
    assert other.vetted_at is None, "what was known of the home is looked at anew"


def test_what_was_never_reported_stays_visited(twice: Twice) -> None:
    Offer.objects.update(vetted_at=timezone.now(), vetted_by=twice.place.coordinator)
    twice.undo(twice.merge())
    assert Offer.objects.get(pk=twice.other.pk).vetted_at is not None


def test_an_exclusion_is_not_got_round_by_making_two_of_it(twice: Twice) -> None:
    row = twice.merge()
    by, now = twice.place.coordinator, timezone.now()
    incident = followups.report_incident(offer_id=twice.kept.pk, text="Un fait.", by=by, now=now)
    first, second = (
        CityRoleFactory(city=twice.place.city, role=Role.ADMINISTRATOR).user for _reader in range(2)
    )
    ending = followups.propose_end(
        incident_id=incident.pk, end=End.EXCLUDED, conclusion="Non.", by=first, now=now
    )
    followups.confirm_end(incident_id=incident.pk, proposed_at=ending.proposed_at, by=second, now=now)
    with pytest.raises(ValidationError, match="retirée par la ville"):
        twice.undo(row)
    assert Offer.objects.get(pk=twice.other.pk).state == OfferState.WITHDRAWN


def test_a_report_on_what_was_joined_waits_for_who_undoes_it(twice: Twice, meanwhile) -> None:
    """Both take the two offers in the order of their keys: neither waits for the other for ever."""
    row = twice.merge()
    assert twice.kept.pk < twice.other.pk, "from what was closed to what goes on is the other order"
    with transaction.atomic():
        Offer.objects.select_for_update(no_key=True).get(pk=twice.kept.pk)
        report = meanwhile(
            lambda: followups.report_incident(
                offer_id=twice.other.pk, text="Porte", by=twice.place.coordinator, now=timezone.now()
            )
        )
        twice.undo(row)
    assert report().offer == twice.other, "it stands by itself again"
    assert Offer.objects.get(pk=twice.other.pk).state == OfferState.FROZEN
    assert Offer.objects.get(pk=twice.kept.pk).state != OfferState.FROZEN


def test_it_is_undone_within_a_month_and_in_order(twice: Twice) -> None:
    row = twice.merge()
    with pytest.raises(ValidationError, match="plus d’un mois"):
        twice.undo(row, now=row.at + selectors.UNDONE_WITHIN + timedelta(seconds=1))
    third = due_offer(city=twice.place.city, now=timezone.now(), owner=twice.kept.owner, **HOME)
    further = services.merge_offers(
        city=twice.place.city,
        kept_id=third.pk,
        other_id=twice.kept.pk,
        has_called=False,
        by=twice.place.coordinator,
        now=timezone.now(),
    )
    with pytest.raises(ValidationError, match="Défaites cela d’abord"):
        twice.undo(row)
    twice.undo(further)
    twice.undo(row)
    assert set(Offer.objects.values_list("merged_into", flat=True)) == {None}


def test_by_the_coordination_of_the_town_alone(twice: Twice) -> None:
    ids = {"city": twice.place.city, "kept_id": twice.kept.pk, "other_id": twice.other.pk}
    for other in (twice.place.administrator, CityRoleFactory().user, twice.kept.owner):
        with pytest.raises(PermissionDenied):
            services.merge_offers(**ids, has_called=True, by=other, now=timezone.now())
        with pytest.raises(PermissionDenied):
            services.tell_offers_apart(**ids, by=other, now=timezone.now())
    row = twice.merge()
    with pytest.raises(PermissionDenied):
        services.undo_offers(double_id=row.pk, by=twice.kept.owner, now=timezone.now())
    elsewhere = due_offer(city=CityRoleFactory().city, now=timezone.now())
    for key in (elsewhere.pk, twice.kept.pk):
        with pytest.raises(ValidationError, match="Choisissez deux"):
            services.merge_offers(
                **{**ids, "other_id": key}, has_called=True, by=twice.place.coordinator, now=timezone.now()
            )


def test_the_database_keeps_what_was_joined_closed(twice: Twice) -> None:
    twice.merge()
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Offer.objects.filter(pk=twice.other.pk).update(state=OfferState.ACTIVE)
    assert violated(failure.value) == "offer_merged_is_closed"
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Offer.objects.filter(pk=twice.other.pk).update(merged_into=twice.other)
    assert violated(failure.value) == "offer_merged_is_closed"


def test_which_look_like_one(place: Place) -> None:
    def pairs() -> list[set[int]]:
        return [{one.pk, other.pk} for one, other in selectors.likely_offer_doubles(place.city)]

    it = Twice(place)
    assert pairs() == [{it.kept.pk, it.other.pk}]
    neighbour = due_offer(city=place.city, now=timezone.now(), address=" 3 RUE du puits")
    assert len(pairs()) == 3
    offers.withdraw(offer_id=neighbour.pk, by=neighbour.owner, now=timezone.now())
    # Another room of one host, another thing, other languages: no pair.
    due_offer(city=place.city, now=timezone.now(), owner=it.kept.owner, address="12 quai des Bateliers")
    for said in ({"item": "duvet"}, {"item": "pillow"}):
        OfferFactory(city=place.city, goods=True, owner=it.kept.owner, **said)
    for languages in (["ti"], ["ar"]):
        OfferFactory(city=place.city, interpreting=True, owner=it.kept.owner, languages_from=languages)
    OfferFactory(city=place.city, unconfirmed=True, owner=it.kept.owner, **HOME)
    assert pairs() == [{it.kept.pk, it.other.pk}]
    services.tell_offers_apart(
        city=place.city, kept_id=it.other.pk, other_id=it.kept.pk, by=place.coordinator, now=timezone.now()
    )
    assert pairs() == []


def test_the_page_shows_them_side_by_side_until_it_is_said(twice: Twice, client: Client) -> None:
    place = twice.place
    match = twice.ask(twice.other)
    client.force_login(place.coordinator)
    page = client.get(place.address("doubles")).text
    assert "La même proposition, deux fois" in page
    assert "quelqu’un est interrogé ou attendu" in page
    assert "3 rue du Puits" not in page
    decide = place.address("decide_offer_double", twice.kept.pk, twice.other.pk)
    refused = client.post(decide, {"keep": twice.kept.pk}, follow=True).text
    assert f"Avec {twice.other.reference}, quelqu’un est interrogé" in refused
    client.post(decide, {"keep": twice.other.pk})
    assert Offer.objects.get(pk=twice.kept.pk).merged_into_id == twice.other.pk
    assert Match.objects.get(pk=match.pk).state == "proposed"
    assert selectors.likely_offer_doubles(place.city) == []
    assert "Propositions réunies ce mois-ci" in client.get(place.address("doubles")).text
    client.post(place.address("undo_offer_double", OfferDouble.objects.get().pk))
    assert len(selectors.likely_offer_doubles(place.city)) == 1
    client.post(decide, {"keep": "both"})
    assert selectors.likely_offer_doubles(place.city) == []
    assert "changé entre-temps" in client.post(decide, {"keep": twice.kept.pk}, follow=True).text


# --- At once -------------------------------------------------------------------------------------------


def _twice() -> Twice:
    from .test_team import _place

    return Twice(_place())


def test_of_two_who_keep_each_another_one_does(at_once) -> None:
    it = _twice()
    answers = at_once(it.merge, lambda: it.merge(kept=it.other))
    assert sorted(type(answer).__name__ for answer in answers) == ["OfferDouble", "ValidationError"]
    assert Offer.objects.filter(state=OfferState.ACTIVE).count() == 1


def test_whoever_is_asked_while_they_are_joined_is_asked_or_nothing_is_joined(at_once) -> None:
    it = _twice()
    need = due_need(city=it.place.city, now=timezone.now())
    drain(timezone.now())
    match = Match.objects.get(need=need, offer=it.other)
    at_once(
        lambda: matches.propose(match_id=match.pk, by=it.place.coordinator, now=timezone.now()),
        it.merge,
    )
    match.refresh_from_db()
    it.other.refresh_from_db()
    assert (match.state == "proposed") == (it.other.merged_into_id is None)


def test_whoever_takes_theirs_back_while_they_are_joined_has_one_or_none(at_once) -> None:
    it = _twice()
    at_once(
        lambda: counted_on.withdraw_offer(
            offer_id=it.kept.pk, read=counted_on.ALL, by=it.kept.owner, now=timezone.now()
        ),
        it.merge,
    )
    it.kept.refresh_from_db()
    it.other.refresh_from_db()
    assert it.kept.state == OfferState.WITHDRAWN
    # Joined before, or left to stand by itself: never joined to what was gone already.
    first = OfferChange.objects.filter(act__in=["merge", "withdraw"]).order_by("pk").first()
    assert (first.act == "merge") == (it.other.merged_into_id is not None)
