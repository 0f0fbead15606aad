"""Whose each row is: which rows of which table tell of a person, and which they only wrote or read.

One table for the whole product, beside the register of its fields; `tests/privacy/test_rows.py` fails until every model
stands in it, as of somebody or with why it is of nobody. Erasure, "Mes données" and retention ask it and nothing else.

* subject: the row tells of them, or was told to them; it is erased with them;
* author: they did it or wrote it, for a town or an association, of somebody or something else. The row stays when they
  are erased, and says that nobody by name did it;
* reader: it shows what they have read of others.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import F, Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import In

from accounts.models import User


class As(StrEnum):
    SUBJECT = "subject"
    AUTHOR = "author"
    READER = "reader"


@dataclass(frozen=True, slots=True)
class Of:
    """Paths, separated by spaces, from the row to people. `also`: rows that tell of them and no path leads from."""

    subject: str = ""
    author: str = ""
    reader: str = ""
    also: "Callable[[User], Q] | None" = None


# The word with which a message's `subject_key` begins, and the table of the number that follows.
SPOKEN_OF: dict[str, str] = {
    "agreement": "matching.TownAgreement",
    "appeal": "appeals.Appeal",
    "call": "notifications.Message",
    "case": "matching.CaseTaken",
    "check_in": "followups.CheckIn",
    "city": "cities.City",
    "condition": "matching.ConditionQuestion",
    "day": "cities.City",
    "followup": "followups.FollowUp",
    "incident": "followups.Incident",
    "invitation": "town.Invitation",
    "letter": "outreach.Subscription",
    "link": "town.LinkRequest",
    "mail": "inbox.MailReply",
    "match": "matching.Match",
    "message": "notifications.Message",
    "need": "needs.Need",
    "note": "desk.Note",
    "notice": "privacy.Notice",
    "offer": "offers.Offer",
    "organisation": "accounts.Organisation",
    "person": "accounts.User",
    "referral": "directory.Referral",
    "reply": "sms.Reply",
    "review": "accounts.OrganisationReview",
    "rota": "cities.City",
    "shift": "oncall.Shift",
    "sms": "cities.City",
    "statement": "statements.Statement",
    "visit": "homes.Visit",
    "webhook": "webhooks.Endpoint",
}

# Of a message: "check_in:12", whatever else its key says.
_SUBJECT = Func(F("subject_key"), Value("^[a-z_]+:[0-9]+"), function="SUBSTRING", output_field=TextField())


def model_of(label: str) -> type[Model]:
    return apps.get_model(label)


def of(label: str, person: User, *roles: As) -> QuerySet[Any]:
    """The rows of that table that are this person's in one of these roles (in any, without)."""
    model = apps.get_model(label)
    whose = ROWS[label]
    if isinstance(whose, str):
        return model._default_manager.none()
    return model._base_manager.filter(_condition(whose, person, roles or tuple(As))).order_by("pk")


def that_tell_of(model: type[Model], pks: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """These rows and those of every table that tell of them, by their keys: of offers or needs, which may be an
    association's, or of dwellings. Reports are not among them: they have an end of their own.
    """
    person = _OWN_KEY.get(model._meta.label, "")
    for label, whose in ROWS.items():
        other = model_of(label)
        if label.startswith("followups.Incident"):
            continue
        direct = [field.name for field in other._meta.local_concrete_fields if field.related_model is model]
        through = whose.subject.split() if isinstance(whose, Of) and person else []
        paths = {*direct, *(path.rpartition("__")[0] for path in through if path.endswith(person))} - {""}
        if other is model:
            yield label, pks
        elif paths:
            told = reduce(or_, (Q(**{f"{path}__in": pks}) for path in sorted(paths)))
            yield label, list(other._base_manager.filter(told).values_list("pk", flat=True))


def said_of(word: str, about: QuerySet[Any]) -> Q:
    """Of messages: those that speak of one of these rows."""
    keys = about.annotate(_key=Concat(Value(f"{word}:"), Cast("pk", TextField()), output_field=TextField()))
    return Q(In(_SUBJECT, keys.order_by().values("_key")))


def tables(*roles: As) -> Iterator[tuple[str, Of]]:
    """The tables that have rows of people in one of these roles (in any, without)."""
    for label, whose in ROWS.items():
        if isinstance(whose, Of) and _is_of_somebody(whose, roles or tuple(As)):
            yield label, whose


def _is_of_somebody(whose: Of, roles: tuple[As, ...]) -> bool:
    return any(getattr(whose, role) for role in roles) or (As.SUBJECT in roles and whose.also is not None)


def _condition(whose: Of, person: User, roles: tuple[As, ...]) -> Q:
    paths = [path for role in roles for path in getattr(whose, role).split()]
    conditions = [Q(**{path: person.pk}) for path in paths]
    if whose.also is not None and As.SUBJECT in roles:
        conditions.append(whose.also(person))
    # An empty Q would be every row.
    return reduce(or_, conditions) if conditions else Q(pk__in=[])


def _messages_about(person: User) -> Q:
    """What was said to others of an offer, a match or a report of theirs may hold their name, number and address."""
    said = Q(pk__in=[])
    for word, label in SPOKEN_OF.items():
        whose = ROWS[label]
        if isinstance(whose, Of) and whose.subject:
            rows: QuerySet[Model] = apps.get_model(label)._base_manager.filter(
                _condition(Of(subject=whose.subject), person, (As.SUBJECT,))
            )
            said |= said_of(word, rows)
    return said | Q(pk__in=_quoting(person))


def _quoting(person: User) -> list[int]:
    """Of another's need, and quoted there: "quelqu'un peut aider", a list of the day. What is said is sealed: of the
    messages of their towns since they came each is opened.
    """
    theirs = [
        row
        for label in ("offers.Offer", "needs.Need")
        for row in of(label, person, As.SUBJECT).values_list("reference", "city", "created_at")
    ]
    if not theirs:
        return []
    references, towns, moments = zip(*theirs, strict=True)
    said = apps.get_model("notifications.Message")._base_manager.filter(
        Q(subject_key__startswith="need:") | Q(subject_key__startswith="day:"),
        city__in=set(towns),
        created_at__gte=min(moments),
    )
    return [
        pk
        for pk, body in said.values_list("pk", "body").iterator()
        if any(reference in body for reference in references)
    ]


def _from_their_address(person: User) -> Q:
    return Q(person__isnull=True, sender=person.email) if person.email else Q(pk__in=[])


def _their_number(person: User) -> Q:
    """What was said from a number is of whoever has proven it, and of nobody where several have."""
    if not person.phone or not person.phone_proof:
        return Q(pk__in=[])
    others = (
        User.objects.filter(phone=person.phone, merged_into=None)
        .exclude(phone_proof="")
        .exclude(pk=person.pk)
    )
    return Q(pk__in=[]) if others.exists() else Q(number=str(person.phone))


def _listed_by_name(person: User) -> Q:
    """The administration's list repeats how its objects are called; of a person by their name."""
    return Q(
        content_type__app_label="accounts",
        content_type__model="user",
        object_id=str(person.pk),
    )


# By which paths rows of others lead through an offer, and through a need.
_OWN_KEY = {"offers.Offer": "offer__owner", "needs.Need": "need__person"}
_OFFER = "offer__owner"
_NEED = "need__person"
_MATCH = "match__offer__owner match__need__person"
_TOWN = "Of the town: places, settings and words, and nothing of a person."
_ENGINE = "What the engine works out, in numbers."

# Of each model: whose its rows are, or why nobody's.
ROWS: dict[str, Of | str] = {
    # --- cities
    "cities.Commune": "The State's list of communes.",
    "cities.City": _TOWN,
    "cities.City_linked": _TOWN,
    # --- accounts
    "accounts.User": Of(subject="pk"),
    "accounts.Session": Of(subject="user"),
    "accounts.User_groups": Of(subject="user"),
    "accounts.User_user_permissions": Of(subject="user"),
    "accounts.CityRole": Of(subject="user", author="given_by"),
    "accounts.PersonEdit": Of(subject="person", author="by"),
    "accounts.FactorReset": Of(subject="person", author="by"),
    "accounts.RoleChange": Of(subject="person", author="by"),
    "accounts.MembershipChange": Of(subject="person", author="by"),
    "accounts.OrganisationEdit": Of(author="by"),
    "accounts.CityEdit": Of(author="by"),
    # An association's own contacts, which its managers change; its last one hands it on before they go.
    "accounts.Organisation": Of(author="verified_by"),
    "accounts.OrganisationReview": Of(author="by"),
    "accounts.Membership": Of(subject="user"),
    "accounts.Consent": Of(subject="user", author="recorded_by"),
    "accounts.DataCopy": Of(subject="person", author="by"),
    "accounts.ContactReading": Of(subject="subject", reader="reader"),
    "accounts.ApiToken": Of(subject="user"),
    # --- notifications
    "notifications.Message": Of(subject="recipient", author="called_by", also=_messages_about),
    "notifications.Preference": Of(subject="person"),
    "notifications.PreferenceEdit": Of(subject="preference__person", author="by"),
    "notifications.Bounce": Of(subject="person"),
    "notifications.Outage": "What the service finds out about a channel.",
    "notifications.UnderWay": "Which message a worker is handing over.",
    "call.Call": Of(subject="person", author="by"),
    "push.Device": Of(subject="person"),
    "front.HomeWords": _TOWN,
    "front.HomeWordsEdit": Of(author="by"),
    "front.HomePicture": _TOWN,
    "front.HomePictureEdit": Of(author="by"),
    "wording.Wording": _TOWN,
    "wording.WordingEdit": Of(author="by"),
    "sms.Reply": Of(subject="person message__recipient", author="seen_by"),
    "sms.Spending": "What the service counts.",
    "sms.Stop": Of(also=_their_number),
    "inbox.MailReply": Of(
        subject="person message__recipient",
        author="seen_by",
        also=_from_their_address,
    ),
    "team.Room": Of(author="set_by"),
    "team.RoomChange": Of(author="by"),
    # --- webhooks
    "webhooks.Endpoint": "Addresses of the town's other systems.",
    "webhooks.EndpointEdit": Of(author="by"),
    "webhooks.Delivery": "References and events, and nothing of a person.",
    "webhooks.Forgotten": "Up to which place events are gone.",
    "webhooks.Event": "References and events, and nothing of a person.",
    # --- oncall
    "oncall.Shift": Of(subject="person"),
    "oncall.ShiftChange": Of(subject="shift__person", author="by"),
    # --- offers
    "offers.Offer": Of(subject="owner", author="entered_by vetted_by"),
    "offers.OfferWords": Of(subject=_OFFER),
    # Of whoever begins an offer, mostly before they have an account: two days at most (`offers.services.drafts`).
    "offers.SharedDraft": Of(author="taken_by"),
    "offers.OfferPicture": Of(subject=_OFFER),
    "offers.Window": Of(subject=_OFFER),
    "offers.OfferChange": Of(subject=_OFFER, author="by"),
    "offers.OfferEdit": Of(subject=_OFFER, author="by"),
    # --- homes
    "homes.Visit": Of(subject=_OFFER, author="visitor extract_by concluded_by"),
    "homes.VisitChange": Of(subject="visit__offer__owner", author="by"),
    "homes.Checklist": _TOWN,
    "homes.ChecklistChange": Of(author="by"),
    # Their owners have no account; what is kept of them goes by `privacy.retention`.
    "homes.Dwelling": "Of owners without an account: by retention, or by the coordinators when asked.",
    "homes.Cost": Of(author="by"),
    "homes.DwellingChange": Of(author="by"),
    # --- needs; an association's own needs are of nobody who has an account
    "needs.Need": Of(subject="person", author="entered_by"),
    "needs.NeedWords": Of(subject=_NEED),
    "needs.NeedChange": Of(subject=_NEED, author="by"),
    "needs.NeedEdit": Of(subject=_NEED, author="by"),
    # --- matching
    "matching.Match": Of(subject=f"{_OFFER} {_NEED}"),
    "matching.Decision": Of(subject=_MATCH, author="by"),
    "matching.Hold": Of(subject=f"{_OFFER} {_NEED}"),
    "matching.Scan": Of(subject=_NEED),
    "matching.WeightsChange": Of(author="by"),
    "matching.Rescan": Of(author="by"),
    "matching.RescanPart": _ENGINE,
    "matching.Plan": Of(author="by"),
    "matching.PlanLine": Of(subject=f"{_OFFER} {_NEED}"),
    "matching.PlanGap": Of(subject=_NEED),
    "matching.ConditionQuestion": Of(subject=f"{_OFFER} {_NEED}", author="asked_by answered_by"),
    "matching.CaseTaken": Of(subject=_NEED, author="by handed_by given_back_by"),
    "matching.TownAgreement": Of(subject=_MATCH, author="asked_by answered_by"),
    "matching.HouseholdVerdict": Of(subject="lower__person higher__person joined__person", author="by"),
    "matching.DeskReminder": "How often the service has reminded the desk.",
    # --- voice: nobody knows who wrote a text, so that it is of nobody, and goes after a year
    "voice.Remark": Of(author="sorted_by"),
    "voice.Comment": Of(author="sorted_by"),
    "voice.RemarkGroup": _TOWN,
    "voice.RemarkGroupEdit": Of(author="by"),
    "voice.Proposal": _TOWN,
    "voice.ProposalEdit": Of(author="by"),
    # --- directory
    "directory.Service": Of(author="checked_by"),
    "directory.ServiceEdit": Of(author="by"),
    "directory.AgentCard": Of(author="checked_by"),
    "directory.Referral": Of(subject=_NEED, author="asked_by"),
    "directory.ReferralChange": Of(subject="referral__need__person", author="by"),
    # --- shelters
    "shelters.Shelter": Of(author="host"),
    "shelters.ShelterEdit": Of(author="by"),
    "shelters.Nights": "Which offer is the beds of which place.",
    "shelters.Shift": "Which need is a shift of which place.",
    # --- between
    "between.PublishedHousehold": Of(subject=_NEED, author="recorded_by"),
    "between.Wish": Of(subject="household__need__person"),
    "between.PublishedPlaces": Of(subject=_OFFER, author="recorded_by"),
    "between.Line": Of(subject="household__need__person", author="recorded_by answered_by"),
    # --- stays
    "statements.Statement": Of(subject="person", author="proven_by"),
    "statements.StatementChange": Of(subject="statement__person statement__need__person", author="by"),
    "statements.Recording": Of(author="by"),
    "stays.Sponsorship": Of(subject=f"sponsor {_MATCH} {_NEED}", author="agreed_by"),
    "stays.SponsorshipEdit": Of(
        subject="sponsorship__sponsor sponsorship__match__offer__owner sponsorship__match__need__person "
        "sponsorship__need__person",
        author="by",
    ),
    # --- followups
    "followups.FollowUp": Of(subject=_MATCH, author="answered_by"),
    "followups.CheckIn": Of(subject=_MATCH, author="answered_by"),
    "followups.Outcome": Of(subject=_MATCH, author="by"),
    "followups.Reader": Of(subject="person", author="named_by"),
    # Whoever reports gives a number and says in their own words what happened to them.
    "followups.Incident": Of(subject=f"{_OFFER} {_MATCH} reported_by", author="proposed_by closed_by"),
    "followups.Concerned": Of(subject="person", author="by"),
    "followups.IncidentChange": Of(
        subject="incident__offer__owner incident__match__offer__owner incident__match__need__person "
        "incident__reported_by",
        author="by",
    ),
    # --- desk
    "desk.Note": Of(subject=_NEED, author="by"),
    "desk.Mention": Of(subject="person note__need__person", author="note__by"),
    "desk.Flag": Of(subject=_NEED, author="by lifted_by"),
    "desk.SavedView": Of(subject="by"),
    # --- what if: counts and settings, and who asked
    "whatif.Question": Of(author="by"),
    # --- lists
    "lists.Sender": "Who sends lists to a town, and what their words mean: by the coordinators when asked.",
    "lists.ListImport": Of(author="by undone_by"),
    # A file that somebody's line stands in goes whole with them.
    "lists.FilePart": Of(subject="list__all_lines__offer__owner list__all_lines__need__person"),
    "lists.Line": Of(subject=f"{_OFFER} {_NEED}"),
    # --- agenda
    "agenda.Subscription": Of(subject="person"),
    # --- outreach
    "outreach.Subscription": Of(subject="person"),
    "outreach.Issue": Of(author="drafted_by sent_by"),
    "outreach.IssueEdit": Of(author="by"),
    "appeals.Appeal": Of(author="drafted_by sent_by ended_by"),
    "appeals.Appeal_needs": Of(subject=_NEED),
    "appeals.AppealEdit": Of(author="by"),
    "appeals.Asked": Of(subject="person"),
    # --- town
    "town.Invitation": Of(subject="person", author="invited_by taken_back_by"),
    "town.Double": Of(subject="kept other", author="by undone_by"),
    "town.OfferDouble": Of(subject="kept__owner other__owner", author="by undone_by"),
    "town.OfficialRequest": Of(author="by"),
    "town.LinkRequest": Of(author="asked_by answered_by"),
    "town.AuditRow": Of(subject="about", author="actor"),
    # --- privacy
    "privacy.Erasure": Of(subject="person", author="asked_by"),
    "privacy.LegalHold": Of(subject="person", author="asked_by set_by lifting_by lifted_by"),
    "privacy.Notice": Of(subject="person"),
    # --- insight
    "insight.OwnIndicator": Of(author="defined_by removed_by"),
    # --- Django's and allauth's own tables
    "account.EmailAddress": Of(subject="user"),
    "account.EmailConfirmation": Of(subject="email_address__user"),
    "mfa.Authenticator": Of(subject="user"),
    "socialaccount.SocialAccount": Of(subject="user"),
    "socialaccount.SocialApp": "Empty: ProConnect is in the settings.",
    "socialaccount.SocialToken": "Empty: no token is kept.",
    "sessions.Session": "Empty: sessions are accounts.Session.",
    "admin.LogEntry": Of(subject="user", also=_listed_by_name),
    "auth.Group": "A name for rights.",
    "auth.Group_permissions": "A name for rights.",
    "auth.Permission": "Made of the code.",
    "contenttypes.ContentType": "Made of the code.",
}
