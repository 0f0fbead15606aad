"""A town in the middle of its day: something to see on every page. Names are invented."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from datetime import time as clock
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Consent, Membership, Organisation, Role, Scope, User
from accounts.services import issue_token
from agenda import services as agenda
from between import services as between
from catalogue.vocabulary import Category, Kind, Urgency
from cities.days import local_day
from cities.models import City, Commune
from directory import agents
from followups import links as followup_links
from followups import services as followups
from followups.models import Answer, CheckIn, FollowUp, Going
from homes import selectors as visits
from homes import services as homes
from homes.models import Visit
from lists import services as lists
from lists import working
from matching import conditions, links, plans, services, sweeps
from matching.lifecycle import Reason
from matching.models import ConditionQuestion, Match, MatchState, Plan
from needs import services as needs
from needs.models import Need
from notifications.channels.sms.models import Reply
from notifications.inbox.models import MailReply
from offers import asking
from offers.models import Offer, SharedDraft
from offers.services import share
from outreach import services as letters
from outreach.appeals import services as appeals
from outreach.models import Subscription
from shelters import services as shelters
from tests.factories.accounts import (
    CityRoleFactory,
    ConsentFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.factories.needs import NeedFactory
from tests.factories.notifications import MessageFactory
from tests.factories.offers import OfferFactory
from town import services as invitations
from town.models import Invitation
from webhooks import services as webhooks
from webhooks.events import Happening

HERE = "strasbourg"


@dataclass
class Town:
    """The town, one person per role, and what they have under way."""

    city: City
    coordinator: User
    administrator: User
    operator: User
    citizen: User
    member: User
    person: User
    newcomer: User
    needs: dict[str, Need] = field(default_factory=dict)
    offers: dict[str, Offer] = field(default_factory=dict)
    matches: dict[str, Match] = field(default_factory=dict)
    followups: dict[str, FollowUp] = field(default_factory=dict)
    check_in: CheckIn | None = None
    questions: dict[str, ConditionQuestion] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    dwelling_id: int = 0
    shelter_id: int = 0
    nights_id: int = 0
    household_id: int = 0
    linked_places_id: int = 0
    incident_id: int = 0
    ending_id: int = 0
    endpoint_id: int = 0
    list_ids: tuple[int, ...] = ()  # one whose columns are to be chosen, one that was tried
    call_id: int = 0
    told_id: int = 0
    issue_id: int = 0
    appeal_id: int = 0
    subscription: Subscription | None = None
    draft: SharedDraft | None = None
    invitation: Invitation | None = None
    plan_ids: dict[str, int] = field(default_factory=dict)

    def answer_path(self, name: str, user: User) -> str:
        return links.answer_path(self.matches[name], user)

    def condition_path(self, name: str) -> str:
        return links.condition_path(self.questions[name], self.member)

    def followup_path(self, name: str) -> str:
        return followup_links.answer_path(self.followups[name], self.member)

    def check_in_path(self) -> str:
        assert self.check_in is not None
        return followup_links.check_in_path(self.check_in, self.member)


def where_it_is(hour: int, now: datetime) -> str:
    """A place on whose clocks it is this hour."""
    zones = (f"Etc/GMT{shift:+d}" for shift in range(-14, 13))
    return next(zone for zone in zones if now.astimezone(ZoneInfo(zone)).hour == hour)


def where_it_is_late(now: datetime) -> str:
    """A place on whose clocks it is about eleven at night, and midnight not near."""
    return where_it_is(23 if now.minute < 45 else 22, now)


def strasbourg(**settings: Any) -> City:
    """The town alone. Needs a gazetteer."""
    return CityFactory(
        **{"awake": True, **settings},
        slug=HERE,
        name="Strasbourg",
        locative="À Strasbourg",
        seat=Commune.objects.get(name="Strasbourg"),
        phone="03 53 01 00 00",
        phone_hours="du lundi au vendredi, 9 h – 18 h",
        email="accueil@strasbourg.example",
        charter_text="Accueillir, c’est :\n– une clé,\n– une porte qui ferme.",
    )


def build(*, now: datetime) -> Town:
    """Needs a gazetteer. Rows come from factories, every decision from its service."""
    city = strasbourg()
    CityFactory(
        awake=True,
        slug="grenoble",
        name="Grenoble",
        locative="À Grenoble",
        seat=Commune.objects.get(name="Grenoble"),
        epci_code="200040715",
    )
    association = OrganisationFactory(
        city=city, verified=True, name="Toits ouverts", phone="+33353010001", email="equipe@toits.example"
    )
    town = Town(
        city=city,
        coordinator=CityRoleFactory(city=city, user__name="Awa D.").user,
        administrator=CityRoleFactory(city=city, user__name="Ruth K.", role="administrator").user,
        operator=CityRoleFactory(city=city, role=Role.OPERATOR, user__name="Luc M.").user,
        citizen=UserFactory(name="Jeanne R.", phone="+33353010002", email="jeanne@exemple.fr"),
        member=MembershipFactory(
            organisation=association, role=Membership.Role.MANAGER, user__name="Nadia B."
        ).user,
        person=UserFactory(name="Samuel"),
        newcomer=UserFactory(name="Nouvelle personne"),
    )
    _tell_others(town, now)
    OrganisationFactory(city=city, name="Un lit, une lampe")
    OrganisationFactory(city=city, name="Fermée pour l’instant", state=Organisation.State.SUSPENDED)
    agenda.renew(person=town.coordinator, by=town.coordinator, now=now)
    issue_token(user=town.member, name="Tableur", scopes=Scope.values, by=town.member, now=now)
    _fill(town, association, now)
    ConsentFactory(user=town.citizen, purpose=Consent.Purpose.RECORD)
    town.subscription = Subscription.objects.create(
        city=city, person=UserFactory(), language="ar", asked_at=now, confirmed_at=now
    )
    _visit(town, now)
    _shelter(town, association, now)
    _between(town, now)
    _who_answers(town, association, now)
    # Entered by phone before she registered: a double.
    OfferFactory(city=city, owner=UserFactory(phone_only=True, name="Jeanne R."), state="withdrawn")
    town.invitation = invitations.invite(
        city=city,
        email="lea@exemple.fr",
        name="Léa V.",
        language="fr",
        roles=["operator"],
        by=town.administrator,
        now=now,
    )
    # A draft of a room, begun on another device.
    key, begun = str(uuid.uuid4()), {"kind": "housing", "category": "shared_room"}
    said = {name: {"data": {name: [value]}, "sent": True} for name, value in begun.items()}
    answers = {"key": key, "answers": said, "checked": False}
    town.draft = share(city=city, key=key, answers=answers, now=now)
    town.issue_id = letters.draft(city=city, words={"fr": "Merci."}, by=town.coordinator, now=now).pk
    town.appeal_id = appeals.draft(
        city=city,
        needs=[town.needs["tonight"]],
        words={},
        wanted=1,
        reach_km=10,
        by=town.coordinator,
        now=now,
    ).pk
    return town


def _tell_others(town: Town, now: datetime) -> None:
    """Two systems that are told; of one of them, all that can become of a delivery."""
    by = town.administrator
    webhooks.add(
        city=town.city, url="https://93.184.216.34/bus", happenings=[Happening.NEED_MET], by=by, now=now
    )
    endpoint = webhooks.add(
        city=town.city,
        url="https://93.184.216.35/accueil/evenements",
        happenings=Happening.values,
        by=by,
        now=now,
    )
    town.endpoint_id = endpoint.pk
    town.list_ids = _lists(town, now=now)
    for outcome in ("", "204", "503"):
        row = webhooks.send_test(endpoint_id=endpoint.pk, by=by, now=now)
        if outcome:
            row.outcome, row.milliseconds, row.tried_at, row.attempts = outcome, 120, now, 1
            row.state = "delivered" if outcome == "204" else "failed"
            row.delivered_at = now if outcome == "204" else None
            row.save(
                update_fields=["outcome", "milliseconds", "tried_at", "attempts", "state", "delivered_at"]
            )
    later = now + timedelta(hours=1)
    type(endpoint).objects.filter(pk=endpoint.pk).update(failures=3, failing_since=now, next_try_at=later)


def _lists(town: Town, *, now: datetime) -> tuple[int, int]:
    """Two lists of one sender: one that was tried, and another whose columns are to be chosen."""
    year = now.year + 1
    text = (
        "Prénom;Forme du logement;INSEE;Courriel;Places;Disponibilités;Qui accueillez-vous\n"
        f"Ana;Chambre chez l’habitant;67482;ana@liste.example;2;{year}-03-01..;femmes\n"
        f"Béa;Chambre chez l’habitant;67482;bea@liste.example;trois;{year}-03-01..;zzz\n"
        f"Cléo;Chambre chez l’habitant;67482;;1;{year}-03-01..;\n"
    ).encode()
    names = ["contact_name", "category", "commune", "contact_email", "capacity", "available", "accepts"]
    found = []
    for is_tried in (False, True):
        sender = lists.sender_of_offers(city=town.city, name="Paroisse de la Meinau", now=now)
        one = lists.receive(
            sender=sender, name="hébergeurs.csv", content=[text], by=town.coordinator, now=now
        )
        found.append(one.pk)
        if is_tried:
            lists.choose(
                list_id=one.pk,
                header=text.decode().splitlines()[0].split(";"),
                columns=names,
                fixed={"kind": "housing"},
                by=town.coordinator,
                now=now,
            )
            working.work_on_one(now=now, until=time.monotonic() + 60)
    return found[0], found[1]


def _visit(town: Town, now: datetime) -> None:
    """A visit to come whose host prefers another moment, one that passed, one that did not; a dwelling under works."""
    city, by = town.city, town.coordinator
    homes_of = {
        "planned": town.offers["room"],
        "passed": OfferFactory(city=city, title="Chambre sur cour", owner=UserFactory()),
        "refused": OfferFactory(city=city, title="Coin de salon", owner=UserFactory()),
    }
    for name, offer in homes_of.items():
        town.visits[name] = homes.plan(
            offer_id=offer.pk, starts_at=now + timedelta(days=2), visitor=town.operator, by=by, now=now
        )
    homes.ask_other_time(visit_id=town.visits["planned"].pk, wish="saturday", by=town.citizen, now=now)
    passed, refused = town.visits["passed"], town.visits["refused"]
    passed = Visit.objects.select_related("offer__city").get(pk=passed.pk)
    answers = [{**asked, "answer": "yes", "note": "Vu."} for asked in visits.asked_at(passed)]
    seen = {
        "answers": answers,
        "extract": "yes",
        "charter_on": local_day(now, city),
        "note": "Accueil très simple.",
    }
    homes.conclude(visit_id=passed.pk, seen=seen, by=by, now=now)
    homes.refuse(visit_id=refused.pk, reason="no_own_room", by=by, now=now)
    dwelling = homes.find_dwelling(
        city=city,
        fields={"title": "T3 au-dessus de l’école", "commune": city.seat, "capacity": 4, "rent": 350},
        by=by,
        now=now,
    )
    homes.add_cost(
        dwelling_id=dwelling.pk, what="Peinture", euros=800, day=local_day(now, city), by=by, now=now
    )
    homes.change_dwelling(
        dwelling_id=dwelling.pk, fields={"lease_from": local_day(now, city)}, by=by, now=now
    )
    homes.move_to(dwelling_id=dwelling.pk, stage="ready", due_on=None, by=by, now=now)
    town.dwelling_id = dwelling.pk


def _shelter(town: Town, association: Organisation, now: datetime) -> None:
    """A gymnasium that the town has seen, for the men of the street, and its evenings."""
    member = association.memberships.earliest("pk").user
    shelter = shelters.found(
        city=town.city,
        organisation=association,
        fields={
            "name": "Gymnase des Tilleuls", "commune": town.city.seat, "address": "3 rue du Stade", "phone": "",
            "arrives_from": clock(18), "arrives_until": clock(21), "rules": "Silence à partir de 22 h.",
        },
        by=member,
        now=now,
    )  # fmt: skip
    today = local_day(now, town.city)
    beds = {
        "capacity": 20, "accepts": ["men"], "step_free": True, "pets_accepted": False, "longest_stay_days": 7,
    }  # fmt: skip
    nights = shelters.add_nights(
        shelter_id=shelter.pk, fields=beds, first_day=today, last_day=None, by=member, now=now
    )
    shelters.see(shelter_id=shelter.pk, by=town.coordinator, now=now)
    shelters.add_shifts(
        shelter_id=shelter.pk,
        title="Accueil du soir",
        category=Category.RECEPTION,
        weekdays=range(7),
        start_minute=19 * 60,
        end_minute=22 * 60,
        volunteers=2,
        first_day=today + timedelta(days=8),
        last_day=today + timedelta(days=10),
        weekly=False,
        by=member,
        now=now,
    )
    town.shelter_id, town.nights_id = shelter.pk, nights.pk


def _between(town: Town, now: datetime) -> None:
    """A household that the town would house elsewhere, and places of a linked town for it."""
    there = City.objects.get(slug="grenoble")
    town.city.linked.add(there)
    desk, today = CityRoleFactory(city=there).user, local_day(now, town.city)
    first_day = today + timedelta(days=10)
    need = NeedFactory(
        city=town.city, first_day=first_day, last_day=first_day + timedelta(days=9), created_at=now
    )
    household = between.publish_household(
        need_id=need.pk, wishes=[there], how="interpreter", yes_on=today, by=town.coordinator, now=now
    )
    offer = OfferFactory(
        city=there, vetted=True, commune=there.seat, capacity=3, share_with_linked=True, confirmed_at=now
    )
    places = between.publish_places(
        offer_id=offer.pk,
        people=3,
        first_day=today,
        last_day=today + timedelta(days=60),
        services="École, dispensaire, cours de français.",
        by=desk,
        now=now,
    )
    town.household_id, town.linked_places_id = household.pk, places.pk


def _who_answers(town: Town, association: Organisation, now: datetime) -> None:
    """A card that everybody reads, and one for those who work together."""
    said = {"themes": ["children"], "languages": ["fr", "prs"], "hours": "le matin", "phone": "+33353018001"}
    everybody = {**said, "name": "Nadia, accueil de l’école", "words": "cantine, bourse", "is_public": True}
    agents.add(city=town.city, fields=everybody, by=town.administrator, now=now)
    own = {**said, "name": "Omar", "organisation": association, "email": "omar@example.org"}
    agents.add(city=town.city, fields=own, by=association.memberships.earliest("pk").user, now=now)


def _fill(town: Town, association: Organisation, now: datetime) -> None:
    city, citizen = town.city, town.citizen
    today = local_day(now, city)
    places = {name: Commune.objects.get(name=name) for name in ("Schiltigheim", "Illkirch-Graffenstaden")}

    def offer(name: str, **fields: Any) -> None:
        town.offers[name] = due_offer(city=city, now=now, **fields)

    def need(name: str, **fields: Any) -> None:
        town.needs[name] = due_need(city=city, now=now, organisation=association, **fields)

    offer("room", owner=citizen, title="Chambre chez l’habitante, trois lits", capacity=3)
    offer("flat", category=Category.WHOLE_DWELLING, title="Appartement entier, quatre places", capacity=4,
          shared_home=False, vetted=False, commune=places["Schiltigheim"])  # fmt: skip
    for number in range(5):
        # The owner of the first is asked whether it still holds.
        confirmed = now - timedelta(days=32 if number == 0 else 0)
        offer(f"small{number}", title=f"Petite chambre {number + 1}", capacity=2, confirmed_at=confirmed)
    offer("duvets", kind=Kind.GOODS, owner=citizen)
    OfferFactory(
        city=city, goods=True, title="Polaires", item="other", item_words="polaire", owner=UserFactory()
    )
    offer("interpreter", kind=Kind.SKILL)
    offer("far", title="Maison avec jardin", capacity=5, commune=places["Illkirch-Graffenstaden"])
    town.offers["waiting"] = OfferFactory(
        city=city, unconfirmed=True, owner=UserFactory(phone_only=True, name="Odile K."), title="Studio calme"
    )
    # Far from the others' days, and larger: two homes in turn, and one that is still to be visited.
    for title, since, until, vetted in (
        ("Maison mitoyenne, six lits", 60, 79, True), ("Gîte au bord du canal", 80, 110, True),
        ("Dépendance au fond du jardin", 60, 76, False),
    ):  # fmt: skip
        offer(f"relay{since}{vetted}", title=title, capacity=6, vetted=vetted,
              windows=[(today + timedelta(days=since), today + timedelta(days=until))])  # fmt: skip
    need("relay", title="Deux sœurs et quatre enfants", adult_women=2, children_3_to_11=4,
         first_day=today + timedelta(days=60), last_day=today + timedelta(days=100))  # fmt: skip
    tonight = {"first_day": today, "last_day": today + timedelta(days=17), "urgency": Urgency.TONIGHT}
    need("tonight", **tonight, languages=["prs", "en"], case_reference="C-204", text="Un enfant est écolier au Neuhof.",
         created_at=now - timedelta(minutes=12))  # fmt: skip
    need("duvets", kind=Kind.GOODS, urgency=Urgency.THIS_WEEK, created_at=now - timedelta(hours=26))
    need("interpreter", kind=Kind.SKILL, created_at=now - timedelta(days=3))
    need("alone", title="Un couple, plain-pied", step_free_needed=True, adult_women=1, adult_men=1,
         children_3_to_11=0, created_at=now - timedelta(days=4))  # fmt: skip
    town.needs["own"] = due_need(
        city=city, now=now, for_person=town.person, kind=Kind.GOODS, title="Un vélo", category=Category.BICYCLE,
        quantity=1, people=1,
    )  # fmt: skip
    asking.remind_stale(city=city, by=None, now=now)
    drain(now)
    for name in ("proposed", "accepted", "confirmed", "declined", "lapsed", "asked", "answered"):
        town.matches[name] = _asked(town, association, name, now)
    _decide(town, now)
    drain(now)
    town.incident_id = followups.report_incident(
        offer_id=town.offers["far"].pk,
        text="Le logement ne ferme pas à clé.",
        by=town.coordinator,
        now=now - timedelta(hours=3),
    ).pk
    closed = followups.report_incident(
        offer_id=town.offers["small4"].pk, text="Une adresse inexacte.", by=town.coordinator, now=now
    )
    reader = CityRoleFactory(city=city, role="operator", user__name="Ben K.").user
    for one in (reader, town.administrator):
        followups.name_reader(city=city, person=one, by=town.administrator, now=now)
    followups.propose_end(
        incident_id=closed.pk, end="settled", conclusion="L’adresse est corrigée.", by=reader, now=now
    )
    followups.confirm_end(incident_id=closed.pk, proposed_at=now, by=town.administrator, now=now)
    ending = followups.report_incident(
        offer_id=town.offers["small4"].pk, text="La clé manque.", by=town.coordinator, now=now
    )
    followups.propose_end(
        incident_id=ending.pk, end="unfounded", conclusion="La clé est là.", by=reader, now=now
    )
    town.ending_id = ending.pk
    town.matches["held"] = _held_back(town, association, now=now)
    drain(now)
    for name in ("far", "given", "kept", "moot"):
        town.questions[name] = _may_it_give(town, association, name, now)
    town.call_id = MessageFactory(
        to_call=True, city=city, recipient__name="Odile K.", due_at=now, created_at=now
    ).pk
    question = MessageFactory(
        city=city, recipient=town.citizen, event="match_question", title="Pouvez-vous aider ?",
        subject_key=f"match:{town.matches['proposed'].pk}:written", state="sent", sent_at=now, created_at=now,
    )  # fmt: skip
    for became, text in (
        ("read_by_desk", "Oui, mais pas avant 20 h."),
        ("unknown", "Bonjour, c’est pour le canapé."),
    ):
        MailReply.objects.create(
            city=city, text=text, said="unclear", became=became, digest=became, received_at=now, sender="a@exemple.fr",
            files=1, **({"message": question, "person": question.recipient} if became != "unknown" else {}),
        )  # fmt: skip
    Reply.objects.create(
        city=city,
        person=question.recipient,
        message=question,
        text="نعم",
        said="yes",
        became="late",
        received_at=now,
    )
    for state in ("failed", "uncertain"):
        MessageFactory(city=city, state=state, recipient__name="Farid B.", due_at=now, created_at=now)
    for number in range(3):
        town.told_id = MessageFactory(
            city=city, channel="inapp", recipient=town.coordinator, state="sent", sent_at=now, created_at=now,
            event="need_tonight", subject_key=f"need:{town.needs['tonight'].pk}:{number}",
            title="Un toit pour ce soir : Famille avec deux enfants",
        ).pk  # fmt: skip
    # Refused, and of a question that is still open.
    MessageFactory(
        city=city, state="failed", event="match_question_again", due_at=now, created_at=now, recipient=town.citizen,
        subject_key=f"match:{town.matches['proposed'].pk}", title="Rappel : pouvez-vous aider ?",
    )  # fmt: skip
    _plan(town, "made", now=now)
    _plan(town, "stale", now=now - timedelta(days=1), kind=Kind.HOUSING)
    _plan(town, "failed", now=now, urgency=Urgency.TONIGHT)
    Plan.objects.filter(pk=town.plan_ids["failed"]).update(state=Plan.State.FAILED)
    _plan(town, "waiting", now=now, kind=Kind.GOODS)


def _asked(town: Town, association: Organisation, name: str, now: datetime) -> Match:
    """A pairing that somebody was asked about, of a home and a household that suit nobody else."""
    # Two days ago, for those whose follow-up has been asked.
    then = now - timedelta(days=3) if name in ("asked", "answered") else now
    first_day = local_day(then, town.city)
    children = {"children_3_to_11": 0, "children_12_to_17": 4}
    need = due_need(
        city=town.city, now=then, organisation=association, title="Une mère et quatre adolescents", **children,
        first_day=first_day, last_day=first_day + timedelta(days=9), languages=["fr"],
    )  # fmt: skip
    offer = due_offer(
        city=town.city, now=then, owner=town.citizen, title="Grande chambre sous les toits", capacity=5
    )
    drain(then)
    match = Match.objects.get(need=need, offer=offer, state=MatchState.SUGGESTED)
    services.propose(match_id=match.pk, by=town.coordinator, now=then)
    return match


def _held_back(town: Town, association: Organisation, *, now: datetime) -> Match:
    """A stay that begins today, in a home that somebody has reported."""
    match = _asked(town, association, "held", now)
    services.accept(match_id=match.pk, by=town.citizen, now=now)
    services.confirm(match_id=match.pk, by=town.member, now=now)
    followups.report_incident(
        offer_id=match.offer_id, match_id=match.pk, text="La porte reste fermée.", by=town.member, now=now
    )
    return match


def _plan(town: Town, name: str, *, now: datetime, **chosen: Any) -> None:
    """A plan as asked for; made unless it is still waiting."""
    question: dict[str, Any] = {"kind": "", "urgency": "", "need_ids": [], "budget_seconds": 10, **chosen}
    plan = plans.ask(city_id=town.city.pk, by=town.coordinator, now=now, **question)
    town.plan_ids[name] = plan.pk
    if name != "waiting":
        plans.work_on_one(now=now)


def _may_it_give(town: Town, association: Organisation, name: str, now: datetime) -> ConditionQuestion:
    """A question on a condition of a need; of the first, not answered yet."""
    km = 1 / 111.2
    offer = due_offer(
        city=town.city, kind=Kind.GOODS, category=Category.FURNITURE, now=now, title="Une table et six chaises",
        latitude=town.city.seat.latitude + 23.6 * km,
    )  # fmt: skip
    need = due_need(
        city=town.city, kind=Kind.GOODS, category=Category.FURNITURE, now=now, organisation=association,
        title="Des meubles pour un premier logement",
    )  # fmt: skip
    drain(now)
    question = conditions.ask(
        need_id=need.pk, offer_id=offer.pk, rule="distance", by=town.coordinator, now=now
    )
    town.needs[f"may-it-give-{name}"] = need
    if name == "moot":
        needs.withdraw(need_id=need.pk, by=town.member, now=now)
    elif name != "far":
        conditions.answer(question_id=question.pk, gives=name == "given", by=town.member, now=now)
    return question


def _decide(town: Town, now: datetime) -> None:
    ids = {name: match.pk for name, match in town.matches.items()}
    for name in ("accepted", "confirmed", "asked", "answered"):
        services.accept(match_id=ids[name], by=town.citizen, now=now)
    for name in ("confirmed", "asked", "answered"):
        services.confirm(match_id=ids[name], by=town.member, now=now)
    services.decline(match_id=ids["declined"], by=town.citizen, now=now, reason=Reason.NOT_AVAILABLE)
    late = now - timedelta(hours=1)
    Match.objects.filter(pk=ids["lapsed"]).update(answer_by=late, asked_at=late - timedelta(hours=2))
    sweeps.lapse_unanswered(by=None, now=now)
    followups.plan_due(by=None, now=now)
    town.followups = {name: FollowUp.objects.get(match=ids[name]) for name in ("asked", "answered")}
    followups.answer(
        followup_id=town.followups["answered"].pk, answer=Answer.TOOK_PLACE, by=town.member, now=now
    )
    town.matches = {name: Match.objects.get(pk=pk) for name, pk in ids.items()}
    began = local_day(now, town.city) - timedelta(days=40)
    for side, days, answer in (("poster", 30, ""), ("host", 20, Going.TALK)):
        asked = CheckIn.objects.create(
            match=town.matches["answered"],
            side=side,
            due_on=began + timedelta(days=40 - days),
            asked_at=now - timedelta(days=days),
        )
        if answer:
            followups.say_how_it_goes(
                check_in_id=asked.pk, answer=answer, by=town.citizen, now=now, note="Un peu à l’étroit."
            )
        else:
            town.check_in = asked
