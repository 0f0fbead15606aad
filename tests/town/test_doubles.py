"""One person who is in here twice: made one with everything kept, and two again exactly."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Consent, ContactReading, User
from accounts.selectors import agrees_to_appeals, find_person
from matching import links
from matching import services as matches
from matching.models import Decision, Hold, Match
from needs.models import Need
from notifications import links as message_links
from notifications import preferences, reach
from notifications.channels.call.models import Call
from notifications.events import Refusable
from notifications.models import Bounce, Message, Preference
from notifications.reach import blind, bounced
from offers.models import Offer, OfferEdit, OfferState
from outreach.appeals import links as appeal_links
from outreach.appeals.models import Appeal, Asked
from stays.models import Sponsorship
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CommuneFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory
from town import record, selectors, services
from town.models import Double
from town.services.doubles import MOVED, UNDONE_WITHIN

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db


class Twice:
    """Jeanne, entered by phone and registered online, each time with an offer that somebody counts on."""

    def __init__(self, place: Place) -> None:
        self.place, now = place, timezone.now()
        self.by_phone = UserFactory(phone_only=True, name="Jeanne R.")
        self.online = UserFactory(name="jeanne r.", email="jeanne@exemple.fr")
        EmailAddress.objects.create(user=self.online, email="jeanne@exemple.fr", verified=True, primary=True)
        self.matches = []
        for owner in (self.by_phone, self.online):
            accounts.record_consent(
                user=owner, purpose="contact", wording_version="1", how="phone", by=place.coordinator, now=now
            )
            match = suggested_match(city=place.city, now=now, offer={"owner": owner})
            matches.propose(match_id=match.pk, by=place.coordinator, now=now)
            accounts.log_contact_reading(
                subject=owner, reason="offer", city=place.city, by=place.coordinator, now=now
            )
            self.matches.append(match)

    def merge(self, *, now=None, has_called: bool = True) -> Double:
        return services.merge(
            city=self.place.city,
            kept_id=self.by_phone.pk,
            other_id=self.online.pk,
            has_called=has_called,
            by=self.place.coordinator,
            now=now or timezone.now(),
        )

    def state(self) -> dict[str, object]:
        """All that is of the two, as the database has it."""
        people = User.objects.filter(pk__in=[self.by_phone.pk, self.online.pk]).order_by("pk")
        state: dict[str, object] = {
            "people": list(people.values("pk", "email", "phone", "name", "is_active", "merged_into")),
            "addresses": list(EmailAddress.objects.order_by("pk").values("pk", "user", "email", "verified")),
            "holds": list(Hold.objects.order_by("pk").values()),
            "matches": list(Match.objects.order_by("pk").values("pk", "state", "offer", "need", "quantity")),
            "decisions": list(Decision.objects.order_by("pk").values()),
            "choices": list(Preference.objects.order_by("pk").values()),
        }
        for name in MOVED:
            model, _dot, key = name.rpartition(".")
            state[name] = list(apps.get_model(model).objects.order_by("pk").values_list("pk", key))
        return state


@pytest.fixture
def twice(place: Place) -> Twice:
    return Twice(place)


def test_every_key_to_a_person_is_moved_or_stays_with_who_acted() -> None:
    stays = {
        # Who did or decided something: the row says who it was, and rows of changes are never changed.
        "by", "given_by", "recorded_by", "reader", "verified_by", "called_by", "seen_by", "set_by", "entered_by",
        "vetted_by", "asked_by", "answered_by", "given_back_by", "reported_by", "closed_by", "drafted_by", "sent_by",
        "invited_by", "taken_back_by", "undone_by", "agreed_by", "concluded_by", "defined_by", "ended_by", "extract_by",
        "handed_by", "lifted_by", "removed_by", "proposed_by", "named_by", "lifting_by", "proven_by",
        "taken_by", "checked_by", "sorted_by",
    }  # fmt: skip
    # A part, a device or a key of a row that acts no more: nobody with a part is merged, the rest rests.
    rest = {
        "accounts.User_groups.user", "accounts.User_user_permissions.user", "accounts.CityRole.user",
        "accounts.Membership.user", "accounts.Session.user", "accounts.ApiToken.user", "accounts.PersonEdit.person",
        "accounts.User.merged_into", "accounts.ContactReading.subject", "accounts.DataCopy.person",
        "accounts.RoleChange.person", "accounts.FactorReset.person", "accounts.MembershipChange.person",
        "account.EmailAddress.user",
        "mfa.Authenticator.user", "socialaccount.SocialAccount.user",
        "push.Device.person", "oncall.Shift.person", "agenda.Subscription.person",
        "outreach.Subscription.person",
        "town.Invitation.person", "town.Double.kept", "town.Double.other", "admin.LogEntry.user",
        # All that somebody is, is erased or held as one (privacy.standing.whole).
        "privacy.Erasure.person", "privacy.LegalHold.person", "privacy.Notice.person",
        # Of the team, which comes to a home or is named in a note.
        "homes.Visit.visitor", "desk.Mention.person", "followups.Reader.person", "followups.Concerned.person",
        # Who answers for a place, of the team or of its association.
        "shelters.Shelter.host",
    }  # fmt: skip
    keys = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is User and field.name not in stays
    }
    assert keys == {*MOVED, *rest}


def test_one_has_all_that_two_had_and_no_hold_is_lost(twice: Twice) -> None:
    before = twice.state()
    twice.merge()
    after = twice.state()
    for name in ("holds", "matches", "decisions"):
        assert after[name] == before[name]
    kept = User.objects.get(pk=twice.by_phone.pk)
    assert Offer.objects.filter(owner=kept).count() == 2
    # Whose contact was read is not rewritten; who looks for one finds both.
    assert ContactReading.objects.filter(subject=kept).count() == 1
    found = record.page(twice.place.city, record.Asked(person=kept.pk, kind="readings"))
    assert sum(len(line.says) for line in found.lines) == 2
    assert (
        Message.objects.filter(recipient=kept, event="match_question").exclude(channel="inapp").count() == 2
    )
    assert (kept.email, str(kept.phone)) == ("jeanne@exemple.fr", str(twice.by_phone.phone))
    assert find_person(email="jeanne@exemple.fr") == kept
    # The same consent twice is one; the other stays as the proof that it is.
    assert Consent.objects.filter(user=kept).count() == 1
    assert Consent.objects.count() == 2
    edit = OfferEdit.objects.get(what__has_key="owner")
    assert (edit.what, edit.by) == ({"owner": [twice.online.pk, kept.pk]}, twice.place.coordinator)
    # The question still has its answer.
    matches.accept(match_id=twice.matches[1].pk, by=kept, now=timezone.now())


def test_a_link_that_was_sent_before_still_opens(twice: Twice) -> None:
    path = links.answer_path(twice.matches[1], twice.online)
    twice.merge()
    assert Client().get(path).status_code == 200
    assert Client().post(path, {"answer": "accept"}).status_code < 400
    twice.matches[1].refresh_from_db()
    assert twice.matches[1].state == "accepted"


def test_the_links_to_refuse_and_to_be_called_act_for_the_row_that_is_kept(twice: Twice) -> None:
    city, now = twice.place.city, timezone.now()
    accounts.record_consent(
        user=twice.by_phone, purpose="appeals", wording_version="1", how="web", by=twice.by_phone, now=now
    )
    refuse = appeal_links.refuse_path(twice.online, city)
    token = message_links.token(twice.online)
    call_me = message_links.call_me_path(twice.online.pk, city, f"match:{twice.matches[1].pk}")
    twice.merge()
    kept = User.objects.get(pk=twice.by_phone.pk)
    assert agrees_to_appeals(kept)
    assert Client().post(refuse).status_code == 200
    assert not agrees_to_appeals(kept)
    assert message_links.person_of(token) == kept
    assert Client().get(call_me).status_code == 200
    Client().post(call_me, {"suits": "evening"})
    assert Message.objects.get(event="call_wanted").recipient == kept


def test_undone_it_is_exactly_as_before(twice: Twice) -> None:
    before = twice.state()
    row = twice.merge()
    assert twice.state() != before
    for _twice in range(2):
        services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    assert twice.state() == before
    assert find_person(email="jeanne@exemple.fr") == twice.online
    # And again, and back again.
    services.undo(double_id=twice.merge().pk, by=twice.place.coordinator, now=timezone.now())
    assert twice.state() == before


def test_what_came_since_stays_where_it_came(twice: Twice) -> None:
    row = twice.merge()
    since = OfferFactory(owner_id=twice.by_phone.pk, city=twice.place.city)
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    since.refresh_from_db()
    assert since.owner_id == twice.by_phone.pk
    assert (
        twice.matches[1].offer.__class__.objects.get(pk=twice.matches[1].offer_id).owner_id == twice.online.pk
    )


def _sponsors(match: Match, by: User) -> Sponsorship:
    return Sponsorship.objects.create(
        match=match,
        sponsor=match.offer.owner,
        need=match.need,
        framed_by=OrganisationFactory(city=match.city, verified=True),
        aims="Parler français",
        ends_on=match.last_day,
        agreed_at=timezone.now(),
        agreed_by=by,
    )


def test_what_holds_one_at_a_time_goes_along_and_comes_back(twice: Twice) -> None:
    kept, other, by, now = twice.by_phone, twice.online, twice.place.coordinator, timezone.now()
    sponsorship = _sponsors(twice.matches[1], by)
    appeals = [
        Appeal.objects.create(city=twice.place.city, wanted=1, reach_km=5, drafted_by=by, drafted_at=now)
        for _ in range(2)
    ]
    for appeal, person in ((appeals[0], kept), (appeals[0], other), (appeals[1], other)):
        Asked.objects.create(appeal=appeal, person=person, at=now)
    call = _called(twice, other)
    Bounce.objects.create(person=other, channel="email", address=blind(other.email), error="550", at=now)
    before = twice.state()
    row = twice.merge()
    assert Sponsorship.objects.get(sponsor=kept) == sponsorship
    assert sorted(Asked.objects.filter(person=kept).values_list("appeal", flat=True)) == [
        appeal.pk for appeal in appeals
    ]
    assert Call.objects.get(person=kept) == call
    kept.refresh_from_db()
    assert bounced([kept]) == {kept.pk: {"email"}}
    services.undo(double_id=row.pk, by=by, now=timezone.now())
    assert twice.state() == before


def _called(it: Twice, person: User) -> Call:
    now = timezone.now()
    return Call.objects.create(
        message=Message.objects.filter(recipient=person)[0],
        person=person,
        by=it.place.coordinator,
        began_at=now,
        taken_until=now + timedelta(minutes=10),
    )


def _chosen(person: User, **said) -> None:
    nothing = {"refused_channels": [], "refused_sorts": [], "paused_until": None, "rings_at_night": False}
    preferences.choose(person=person, **nothing | said, by=person, now=timezone.now())


def test_what_only_the_other_has_refused_stays_refused(twice: Twice) -> None:
    _chosen(twice.online, refused_sorts=["digest"])
    before = twice.state()
    row = twice.merge()
    assert reach.wish_of(User.objects.get(pk=twice.by_phone.pk)).refused_sorts == ["digest"]
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    assert twice.state() == before


def test_of_two_choices_all_that_was_refused_is_and_the_later_pause_holds(twice: Twice) -> None:
    soon, later = timezone.localdate() + timedelta(days=3), timezone.localdate() + timedelta(days=9)
    _chosen(twice.by_phone, refused_channels=["sms"], paused_until=soon)
    _chosen(twice.online, refused_sorts=["digest"], paused_until=later)
    before = twice.state()
    row = twice.merge()
    kept = User.objects.get(pk=twice.by_phone.pk)
    wish = reach.wish_of(kept)
    assert (wish.refused_channels, wish.refused_sorts, wish.paused_until) == (["sms"], ["digest"], later)
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    assert twice.state() == before
    # What they choose in between is theirs.
    row = twice.merge()
    preferences.refuse(person=kept, sort=Refusable.FOLLOW_UP, by=kept, now=timezone.now())
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    wish = Preference.objects.get(person=kept)
    assert (wish.refused_sorts, wish.paused_until) == (["digest", "follow_up"], soon)


def _both_sponsor(it: Twice) -> None:
    for match in it.matches:
        _sponsors(match, it.place.coordinator)


def _both_called(it: Twice) -> None:
    _called(it, it.by_phone)
    _called(it, it.online)


def _two_addresses(it: Twice) -> None:
    User.objects.filter(pk=it.by_phone.pk).update(email="autre@exemple.fr")


def _not_proven(it: Twice) -> None:
    EmailAddress.objects.update(verified=False)


def _proven_before(it: Twice) -> None:
    User.objects.filter(pk=it.online.pk).update(email="voisine@exemple.fr")


def _of_a_team(it: Twice) -> None:
    CityRoleFactory(city=it.place.city, user=it.online)


def _of_an_association(it: Twice) -> None:
    MembershipFactory(user=it.online)


def _elsewhere(it: Twice) -> None:
    OfferFactory(owner=it.online)


def _closed(it: Twice) -> None:
    User.objects.filter(pk=it.online.pk).update(is_active=False)


def _of_one_another(it: Twice) -> None:
    Need.objects.filter(pk=it.matches[0].need_id).update(organisation=None, person=it.online)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (_two_addresses, "son adresse e-mail"),
        (_not_proven, "faites d’abord confirmer l’adresse"),
        (_proven_before, "faites d’abord confirmer l’adresse"),
        (_both_sponsor, "parrainage"),
        (_both_called, "appelées en ce moment"),
        (_of_a_team, "un rôle"),
        (_of_an_association, "un rôle"),
        (_elsewhere, "une autre ville"),
        (_closed, "fermé"),
        (_of_one_another, "ne s’aide pas elle-même"),
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
    assert not Double.objects.exists()


def test_the_account_of_who_called_goes_to_nobody_who_was_not_asked_for_at_that_number(
    twice: Twice, client: Client
) -> None:
    with pytest.raises(ValidationError, match="numéro connu"):
        twice.merge(has_called=False)
    # The other way round as well: what a caller has would go to whoever has the address.
    with pytest.raises(ValidationError, match="numéro connu"):
        services.merge(
            city=twice.place.city,
            kept_id=twice.online.pk,
            other_id=twice.by_phone.pk,
            has_called=False,
            by=twice.place.coordinator,
            now=timezone.now(),
        )
    client.force_login(twice.place.coordinator)
    decide = twice.place.address("decide_double", twice.by_phone.pk, twice.online.pk)
    assert "numéro connu" in client.post(decide, {"same": "yes"}, follow=True).text
    assert not Double.objects.exists()
    client.post(decide, {"same": "yes", "has_called": "on"})
    assert Double.objects.get().is_same


def test_an_offer_that_nobody_has_confirmed_makes_no_pair(place: Place) -> None:
    caller = UserFactory(phone_only=True, name="Jeanne R.")
    commune = OfferFactory(city=place.city, owner=caller).commune
    posted = OfferFactory(
        city=place.city, commune=commune, owner__name="Jeanne R.", state=OfferState.UNCONFIRMED
    )
    assert selectors.likely_doubles(place.city) == []
    OfferFactory(city=place.city, commune=commune, owner=posted.owner)
    ((one, other),) = selectors.likely_doubles(place.city)
    assert (one.is_proven, other.is_proven, one.has_phone_alone) == (False, False, True)
    EmailAddress.objects.create(user=posted.owner, email=posted.owner.email, verified=True, primary=True)
    ((one, other),) = selectors.likely_doubles(place.city)
    assert (one.is_proven, other.is_proven) == (False, True)


def test_it_cannot_be_undone_after_a_month_or_when_contacts_have_changed(twice: Twice) -> None:
    row = twice.merge()
    by = twice.place.coordinator
    with pytest.raises(ValidationError, match="plus d’un mois"):
        services.undo(double_id=row.pk, by=by, now=row.at + UNDONE_WITHIN + timedelta(seconds=1))
    kept = User.objects.get(pk=twice.by_phone.pk)
    staff = UserFactory(is_staff=True)
    accounts.correct_person(
        user=kept, fields={"email": "neuve@exemple.fr"}, by=staff, now=timezone.now() + timedelta(minutes=1)
    )
    with pytest.raises(ValidationError, match="ont changé depuis"):
        services.undo(double_id=row.pk, by=by, now=timezone.now() + timedelta(minutes=2))


def test_by_the_coordination_of_the_town_alone(twice: Twice) -> None:
    ids = {"city": twice.place.city, "kept_id": twice.by_phone.pk, "other_id": twice.online.pk}
    for other in (twice.place.administrator, CityRoleFactory().user):
        with pytest.raises(PermissionDenied):
            services.merge(**ids, has_called=True, by=other, now=NOW)
        with pytest.raises(PermissionDenied):
            services.tell_apart(**ids, by=other, now=NOW)
    row = twice.merge()
    with pytest.raises(PermissionDenied):
        services.undo(double_id=row.pk, by=twice.place.administrator, now=NOW)


def test_of_two_who_merge_them_in_one_moment_one_does(at_once) -> None:
    from .test_team import _place

    twice = Twice(_place())
    answers = at_once(twice.merge, twice.merge)
    assert sorted(type(answer).__name__ for answer in answers) == ["Double", "ValidationError"]
    assert Offer.objects.filter(owner=twice.by_phone).count() == 2


def test_whoever_answers_while_they_are_merged_is_heard(transactional_db, meanwhile) -> None:
    from .test_team import _place

    twice = Twice(_place())
    match = twice.matches[1]
    with transaction.atomic():
        matches.locked(match.pk)
        merged = meanwhile(twice.merge)  # it waits for what they offer, and holds nothing that we need
        matches.accept(match_id=match.pk, by=twice.online, now=timezone.now())
    assert merged().moved["offers.Offer.owner"] == [match.offer_id]
    assert Decision.objects.get(match=match, act="accept").by == twice.online


def test_the_page_shows_them_side_by_side_until_it_is_said(twice: Twice, client: Client) -> None:
    place = twice.place
    bischheim = CommuneFactory(insee="67043", name="Bischheim")
    OfferFactory(city=place.city, owner__name="Jeanne R.", commune=bischheim)
    OfferFactory(city=place.city, owner__name="Odile T.", address="12 quai des Bateliers")
    client.force_login(place.coordinator)
    page = client.get(place.address("doubles")).content.decode()
    assert all(match.offer.reference in page for match in twice.matches)
    assert "jeanne@exemple.fr" not in page
    assert "Odile" not in page
    decide = place.address("decide_double", twice.by_phone.pk, twice.online.pk)
    assert "e-mail confirmée" in page
    client.post(decide, {"same": "yes", "has_called": "on"})
    assert selectors.likely_doubles(place.city) == []
    page = client.get(place.address("doubles")).content.decode()
    assert "Défaire" in page
    client.post(place.address("undo_double", Double.objects.get().pk))
    assert len(selectors.likely_doubles(place.city)) == 1
    client.post(decide, {"same": "no"})
    assert selectors.likely_doubles(place.city) == []
    answer = client.post(decide, {"same": "yes"}, follow=True)
    assert "changé entre-temps" in answer.content.decode()


# --- A number ------------------------------------------------------------------------------------------


def test_one_number_is_perhaps_one_person_and_a_couple_is_told_apart(place: Place) -> None:
    called = UserFactory(phone="+33612345678", email=None, name="Jeanne R.")
    online = UserFactory(phone="+33612345678", phone_proof="", name="J. Roy")
    for owner in (called, online):
        OfferFactory(city=place.city, owner=owner)
    ((one, other),) = selectors.likely_doubles(place.city)
    assert (one.user, other.user) == (called, online)
    ids = {"city": place.city, "kept_id": called.pk, "other_id": online.pk}
    services.tell_apart(**ids, by=place.coordinator, now=NOW)
    assert selectors.likely_doubles(place.city) == []


def test_a_number_goes_along_with_its_proof_and_comes_back_with_it(twice: Twice) -> None:
    online, by_phone = User.objects.get(pk=twice.online.pk), User.objects.get(pk=twice.by_phone.pk)
    number = by_phone.phone
    row = services.merge(
        city=twice.place.city, kept_id=online.pk, other_id=by_phone.pk, has_called=True,
        by=twice.place.coordinator, now=timezone.now(),
    )  # fmt: skip
    online.refresh_from_db()
    by_phone.refresh_from_db()
    assert (online.proven_phone, by_phone.phone) == (number, None)
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    online.refresh_from_db()
    by_phone.refresh_from_db()
    assert (online.phone, by_phone.proven_phone) == (None, number)


def test_the_same_number_proven_for_one_is_proven_for_both_as_long_as_they_are_one(twice: Twice) -> None:
    User.objects.filter(pk=twice.online.pk).update(phone=twice.by_phone.phone)
    row = services.merge(
        city=twice.place.city, kept_id=twice.online.pk, other_id=twice.by_phone.pk, has_called=True,
        by=twice.place.coordinator, now=timezone.now(),
    )  # fmt: skip
    assert User.objects.get(pk=twice.online.pk).proven_phone == twice.by_phone.phone
    services.undo(double_id=row.pk, by=twice.place.coordinator, now=timezone.now())
    assert User.objects.get(pk=twice.online.pk).proven_phone is None
    assert User.objects.get(pk=twice.by_phone.pk).proven_phone == twice.by_phone.phone
