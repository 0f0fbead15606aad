"""What the database itself keeps of each write: which tables, of which town and about whom, and which values.

One table for the whole product; `tests/test_audit.py` fails until every model stands in it, as what is noted or with
why it is not. `manage.py migrate` makes its triggers (`config/management/commands/migrate.py`); what they write is
`town.models.AuditRow`. A value is noted only where the register of personal data lets its field be kept; of all other
fields, that they changed (docs/adr/0028).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from privacy.register import REGISTER


@dataclass(frozen=True, slots=True)
class Noted:
    """Paths from the row to the key of its town, to whom it is about and to what people call it; "" where it has none.

    `by`: who did it, of a row that says so. `unwatched`: fields that the service counts and people do not decide on.
    `when`: an SQL condition on {row}, for a table in which the engine writes as well; of an update, on either.
    """

    city: str = ""
    about: str = ""
    reference: str = ""
    by: str = ""
    unwatched: str = ""
    when: str = ""


_OF_OFFER = ("offer__city", "offer__owner", "offer__reference")
_OF_NEED = ("need__city", "need__person", "need__reference")
_OF_MATCH = ("match__city", "match__offer__owner", "match__need__reference")
# The trigger of what is inserted, and how the name of its function begins.
_NEW, _OF_NEW = "audit_new", "audit_of_new_"
# Marks of the engine on an offer or a need, and what it works out of the rest.
_ENGINE = "revision scan_due_at changed_at band reach_class listed"

# Of each model: what is noted, or why nothing is.
TABLES: dict[str, Noted | str] = {
    # --- cities
    "cities.Commune": "The State's list of communes, loaded from a file.",
    "cities.City": Noted("id", reference="name"),
    "cities.City_linked": Noted("from_city"),
    # --- accounts
    "accounts.User": Noted(about="id", unwatched="last_login"),
    "accounts.User_groups": Noted(about="user"),
    "accounts.User_user_permissions": Noted(about="user"),
    "accounts.CityRole": Noted("city", "user"),
    "accounts.Membership": Noted("organisation__city", "user", "organisation__name"),
    "accounts.ApiToken": Noted(about="user", unwatched="last_used_at"),
    "accounts.Consent": Noted(about="user"),
    "accounts.DataCopy": Noted("city", about="person"),
    "accounts.Session": "Who is signed in, and what their browser remembers.",
    "accounts.ContactReading": Noted("city", "subject", "reference", by="reader"),
    "accounts.Organisation": Noted("city", reference="name"),
    "accounts.OrganisationReview": Noted("organisation__city", reference="organisation__name", by="by"),
    "accounts.PersonEdit": Noted(about="person", by="by"),
    "accounts.FactorReset": Noted(about="person"),
    "accounts.RoleChange": Noted("city", "person", by="by"),
    "accounts.OrganisationEdit": Noted("organisation__city", reference="organisation__name", by="by"),
    "accounts.MembershipChange": Noted("organisation__city", "person", "organisation__name", by="by"),
    "accounts.CityEdit": Noted("city", by="by"),
    # --- notifications
    "notifications.Message": "The outbox: each message is the proof of itself, and comes of what is noted.",
    "notifications.Preference": Noted(about="person"),
    "notifications.PreferenceEdit": Noted(about="preference__person", by="by"),
    "notifications.Bounce": "What a mail server answered.",
    "notifications.Outage": "What the service finds out about a channel.",
    "notifications.UnderWay": "Which message a worker is handing over.",
    "call.Call": Noted("message__city", "person"),
    "push.Device": Noted(about="person", unwatched="last_ok_at"),
    "wording.Wording": Noted("city", reference="name"),
    "wording.WordingEdit": Noted("wording__city", reference="wording__name", by="by"),
    "sms.Reply": Noted("city", "person"),
    "sms.Spending": "What the service counts.",
    "sms.Stop": Noted(),
    "inbox.MailReply": Noted("city", "person"),
    "team.Room": Noted("city", unwatched="last_ok_at"),
    "team.RoomChange": Noted("city", by="by"),
    # --- webhooks
    "webhooks.Endpoint": Noted("city", unwatched="failures failing_since next_try_at"),
    "webhooks.EndpointEdit": Noted("endpoint__city", by="by"),
    "webhooks.Forgotten": "Up to which place events are gone.",
    "webhooks.Event": "What other systems may ask for: each says of a row that is noted itself.",
    "webhooks.Delivery": "What was sent to another system: each is the proof of itself.",
    # --- oncall
    "oncall.Shift": Noted("city", "person"),
    "oncall.ShiftChange": Noted("shift__city", "shift__person", by="by"),
    # --- offers and needs
    "offers.Offer": Noted(
        "city",
        "owner",
        "reference",
        # Its days are those of its windows.
        unwatched=f"{_ENGINE} days packed first_day last_day reminded_at",
    ),
    "offers.Window": Noted(*_OF_OFFER),
    "offers.OfferPicture": Noted(*_OF_OFFER),
    "offers.SharedDraft": Noted(
        "city",
        reference="number",
        by="taken_by",
        unwatched="answers",
        # That an operator reads it; what its owner answers meanwhile is not decided on.
        when="{row}.taken_by_id IS NOT NULL",
    ),
    "offers.OfferWords": "Made of the words of its offer, so that a search finds it.",
    "offers.OfferChange": Noted(*_OF_OFFER, by="by"),
    "offers.OfferEdit": Noted(*_OF_OFFER, by="by"),
    "needs.Need": Noted(
        "city",
        "person",
        "reference",
        unwatched=f"{_ENGINE} urgency_rank given_days given_quantity uncovered_from",
    ),
    "needs.NeedWords": "Made of the words of its need, so that a search finds it.",
    "needs.NeedChange": Noted(*_OF_NEED, by="by"),
    "needs.NeedEdit": Noted(*_OF_NEED, by="by"),
    # --- statements
    "statements.Statement": Noted("city", "person", "reference"),
    "statements.StatementChange": Noted(
        "statement__city", "statement__person", "statement__reference", by="by"
    ),
    "statements.Recording": Noted("city", reference="question"),
    # --- directory
    "directory.Service": Noted("city", reference="name", unwatched="listed"),
    "directory.ServiceEdit": Noted("service__city", reference="service__name", by="by"),
    "directory.Referral": Noted("need__city", "need__person", "need__reference"),
    "directory.ReferralChange": Noted(
        "referral__need__city", "referral__need__person", "referral__need__reference", by="by"
    ),
    "directory.AgentCard": Noted("city"),
    # --- voice
    "voice.Remark": "Written without a name: a note would say who was signed in. Who sorts it, the row says.",
    "voice.Comment": "Written without a name: a note would say who was signed in. Who sorts it, the row says.",
    "voice.RemarkGroup": Noted("city"),
    "voice.RemarkGroupEdit": Noted("group__city", by="by"),
    # Who comments counts it up, and is nobody's.
    "voice.Proposal": Noted("city", unwatched="comment_count"),
    "voice.ProposalEdit": Noted("proposal__city", by="by"),
    # --- lists
    "lists.Sender": Noted("city", reference="name"),
    "lists.ListImport": Noted(
        "city",
        unwatched="line_done new changed known disputed bad kept_on failures moved_at lines notices",
    ),
    "lists.FilePart": "A part of a file as it came, for a week.",
    "lists.Line": "What became of a line: the offer or need that it made is noted.",
    # --- what if
    "whatif.Question": Noted("city", unwatched="figures state years cpu_seconds tries moved_at"),
    # --- homes
    "homes.Visit": Noted(*_OF_OFFER, unwatched="changed_at reminded_at"),
    "homes.VisitChange": Noted(
        "visit__offer__city", "visit__offer__owner", "visit__offer__reference", by="by"
    ),
    "homes.Checklist": Noted("city"),
    "homes.ChecklistChange": Noted("checklist__city", by="by"),
    "homes.Dwelling": Noted("city", unwatched="changed_at"),
    "homes.DwellingChange": Noted("dwelling__city", by="by"),
    "homes.Cost": Noted("dwelling__city"),
    # --- matching
    "matching.Match": Noted(
        "city",
        "offer__owner",
        "need__reference",
        unwatched="changed_at waits_since remind_at",
        # A suggestion is the engine's, and nobody has decided on it.
        when="{row}.state <> 'suggested'",
    ),
    "matching.Decision": Noted(*_OF_MATCH, by="by"),
    "matching.Hold": Noted(*_OF_MATCH),
    "matching.TownAgreement": Noted("city", reference="match__need__reference"),
    "matching.ConditionQuestion": Noted(*_OF_NEED),
    "matching.CaseTaken": Noted("city", reference="need__reference"),
    "matching.DeskReminder": "How often the service has reminded the desk.",
    "matching.HouseholdVerdict": Noted("city", reference="lower__reference"),
    "matching.Plan": Noted(
        "city",
        unwatched="state started_at finished_at fingerprint algorithm objective bound first_come greedy in_time "
        "people_asked people people_first_come scarcity ahead",
    ),
    "matching.PlanLine": "What the engine works out for a plan.",
    "matching.PlanGap": "What the engine works out for a plan.",
    "matching.Scan": "What the engine finds.",
    "matching.Rescan": Noted(unwatched="finished_at"),
    "matching.RescanPart": "What the engine finds.",
    "matching.WeightsChange": Noted("city", by="by"),
    # --- shelters
    "shelters.Shelter": Noted("city", reference="name", unwatched="changed_at"),
    "shelters.ShelterEdit": Noted("shelter__city", reference="shelter__name", by="by"),
    "shelters.Nights": Noted("shelter__city", reference="shelter__name"),
    "shelters.Shift": Noted("shelter__city", reference="shelter__name"),
    # --- between
    "between.PublishedHousehold": Noted("city", "need__person", "need__reference"),
    "between.Wish": Noted("household__city", "household__need__person", "household__need__reference"),
    "between.PublishedPlaces": Noted("city", "offer__owner", "offer__reference"),
    "between.Line": Noted("household__city", "household__need__person", "household__need__reference"),
    # --- stays and followups
    "stays.Sponsorship": Noted("match__city", "sponsor", "need__reference"),
    "stays.SponsorshipEdit": Noted(
        "sponsorship__match__city", "sponsorship__sponsor", "sponsorship__need__reference", by="by"
    ),
    "followups.FollowUp": Noted(*_OF_MATCH, unwatched="asked_at"),
    "followups.CheckIn": Noted(*_OF_MATCH, unwatched="asked_at"),
    "followups.Outcome": Noted(*_OF_MATCH),
    # Who has reported it, and as what, is for those who read reports.
    "followups.Incident": Noted(
        "city", "offer__owner", "offer__reference", unwatched="what reported_as reported_by"
    ),
    "followups.Reader": Noted("city", "person"),
    "followups.Concerned": Noted("incident__city", reference="incident__offer__reference"),
    "followups.IncidentChange": Noted(
        "incident__city", "incident__offer__owner", "incident__offer__reference", by="by"
    ),
    # --- desk, agenda
    "desk.Note": Noted("city", reference="need__reference"),
    "desk.Mention": Noted("note__city", "person", "note__need__reference"),
    "desk.Flag": Noted("city", reference="need__reference"),
    "desk.SavedView": Noted("city"),
    "agenda.Subscription": Noted(about="person", unwatched="last_read_at"),
    # --- outreach
    "outreach.Subscription": Noted("city", "person"),
    "outreach.Issue": Noted("city", unwatched="queued_at"),
    "outreach.IssueEdit": Noted("issue__city", by="by"),
    "appeals.Appeal": Noted("city", unwatched="next_at"),
    "appeals.Appeal_needs": Noted("appeal__city", reference="need__reference"),
    "appeals.AppealEdit": Noted("appeal__city", by="by"),
    "appeals.Asked": "Whom the service asks for an appeal, thousands at a time; each is the proof of itself.",
    # --- front: of a picture that it was written, not its bytes
    "front.HomeWords": Noted("city", reference="language"),
    "front.HomeWordsEdit": Noted("words__city", reference="words__language", by="by"),
    "front.HomePicture": Noted("city", unwatched="small preview"),
    "front.HomePictureEdit": Noted("picture__city", by="by"),
    # --- town, insight
    "town.Invitation": Noted("city", "person"),
    "town.Double": Noted("city", "kept"),
    "town.OfferDouble": Noted("city", "kept__owner", "kept__reference"),
    "town.LinkRequest": Noted("city"),
    "town.OfficialRequest": Noted("city"),
    "town.AuditRow": "These are the notes.",
    "privacy.Erasure": Noted("city", "person"),
    "privacy.LegalHold": Noted("city", "person"),
    "privacy.Notice": Noted(about="person"),
    "insight.OwnIndicator": Noted("city", reference="name"),
    # --- Django's and allauth's own tables
    "account.EmailAddress": Noted(about="user"),
    "account.EmailConfirmation": "Codes on their way; what they prove changes the address, which is noted.",
    "mfa.Authenticator": Noted(about="user", unwatched="last_used_at"),
    "socialaccount.SocialAccount": Noted(about="user", unwatched="last_login extra_data"),
    "socialaccount.SocialApp": "Empty: ProConnect is in the settings.",
    "socialaccount.SocialToken": "Empty: no token is kept.",
    "sessions.Session": "Empty: sessions are accounts.Session.",
    "admin.LogEntry": "The administration's own list of what is noted here, with names.",
    "auth.Group": Noted(),
    "auth.Group_permissions": Noted(),
    "auth.Permission": "Made of the code.",
    "contenttypes.ContentType": "Made of the code.",
}


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    table: str
    sql: str


def triggers() -> Iterator[Trigger]:
    """What the database has to have, in full."""
    for label, noted in TABLES.items():
        if isinstance(noted, Noted):
            yield from _of(apps.get_model(label), noted)


def kept_columns(model: type[models.Model]) -> list[str]:
    """The columns whose old and new value may be noted."""
    keep = set(REGISTER[model._meta.label].keep.split())
    return [str(field.column) for field in model._meta.concrete_fields if field.name in keep or keep == {"*"}]


def install(connection: BaseDatabaseWrapper) -> list[str]:
    """Make the triggers what they must be, where they are not or are switched off, and say which were touched.

    Of a database that is only migrated in part: those of the tables that are there.
    """
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if "town_auditrow" not in tables:
            return []
        cursor.execute(
            "SELECT tgname, relname, CASE WHEN tgenabled = 'O' THEN obj_description(t.oid, 'pg_trigger') END"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid JOIN pg_proc p ON p.oid = tgfoid"
            " WHERE proname IN ('audit', %s || relname)",
            [_OF_NEW],
        )
        there = {(name, table): sql for name, table, sql in cursor.fetchall()}
        wanted = {(one.name, one.table): one.sql for one in triggers() if one.table in tables}
        touched = []
        for name, table in sorted(there.keys() | wanted.keys()):
            sql = wanted.get((name, table))
            if sql and sql == there.get((name, table)):
                continue
            touched.append(f"{table}.{name}")
            on = f"{connection.ops.quote_name(name)} ON {connection.ops.quote_name(table)}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {on}")
            if (name, table) in there and name == _NEW:
                cursor.execute(f"DROP FUNCTION {connection.ops.quote_name(_function(table))}")
            if sql:
                cursor.execute(sql)
                cursor.execute(f"COMMENT ON TRIGGER {on} IS {_quoted(sql)}")
        # A database that was restored has the rights of a new one: anybody's.
        functions = ["audit", *(_function(table) for name, table in wanted if name == _NEW)]
        listed = ", ".join(f"{connection.ops.quote_name(one)}()" for one in functions)
        cursor.execute(f"REVOKE EXECUTE ON FUNCTION {listed} FROM PUBLIC")
        return touched


def _of(model: type[models.Model], noted: Noted) -> Iterator[Trigger]:
    table = model._meta.db_table
    unwatched = [_column(model, name) for name in noted.unwatched.split()]
    given = (
        _path(model, noted.city),
        _path(model, noted.about),
        _path(model, noted.reference),
        _path(model, noted.by),
        "{" + ",".join(unwatched) + "}",
        "{" + ",".join(name for name in kept_columns(model) if name not in unwatched) + "}",
    )
    does = f"EXECUTE FUNCTION audit({', '.join(map(_quoted, given))})"
    if not noted.when:
        yield Trigger(_NEW, table, _of_new(model, noted, unwatched))
        yield _trigger("audit", table, "UPDATE OR DELETE", does)
        return
    # Row by row, so that what the engine writes fires nothing.
    new, old = noted.when.format(row="NEW"), noted.when.format(row="OLD")
    for event, when in (("INSERT", new), ("UPDATE", f"{new} OR {old}"), ("DELETE", old)):
        yield _trigger(f"audit_{event.lower()}", table, event, f"WHEN ({when}) {does}")


def _of_new(model: type[models.Model], noted: Noted, unwatched: Collection[str]) -> str:
    """The notes of all rows of an INSERT or a COPY in one statement, which is planned once: row by row, with the paths
    followed as `audit()` follows them, they were half of what an import cost the database.

    Each path is a subquery for each row: no plan made for one row may read a whole table for a thousand.
    """
    table = model._meta.db_table
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    watched = fields.keys() - set(unwatched)
    what = "'{}'"
    if noted.by and {"state", "to_state"} & watched:
        to = "to_state" if "to_state" in watched else "state"
        was = 'made."from_state"' if "from_state" in watched else "NULL"
        what = f"""jsonb_build_object('state', jsonb_build_array({was}, made."{to}"))"""
    if "what" in watched and fields["what"].db_type(connection) == "jsonb":
        names = """SELECT jsonb_object_agg(key, '[null, null]'::jsonb) FROM jsonb_object_keys(made."what") AS key"""
        what = f"""CASE WHEN jsonb_typeof(made."what") = 'object' THEN coalesce(({names}), '{{}}') ELSE {what} END"""
    by, city, about, reference = (
        _followed(_path(model, path)) for path in (noted.by, noted.city, noted.about, noted.reference)
    )
    function = f'"{_function(table)}"()'
    # Names of our own models.
    return f"""CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO town_auditrow
        ("at", "transaction", "table", "key", "act", "what", "actor", "city", "about", "reference", "role")
    SELECT
        transaction_timestamp(), pg_current_xact_id()::text::bigint, {_quoted(table)},
        {'made."id"' if "id" in fields else "NULL"}::bigint, 'insert', {what},
        coalesce({by}, nullif(current_setting('accorde.actor', true), ''))::bigint,
        coalesce({city}, nullif(current_setting('accorde.town', true), ''))::bigint,
        {about}::bigint, left(coalesce({reference}, ''), 200), session_user
    FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER "{_NEW}" AFTER INSERT ON "{table}" REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION {function}"""  # noqa: S608


def _followed(path: str) -> str:
    """ "offer_id>offers_offer.city_id", from the row `made`, in SQL: a text, or NULL."""
    first, *steps = path.split(">")
    found = f'made."{first}"' if first else "NULL"
    for step in steps:
        table, column = step.split(".")
        found = f'(SELECT "{column}" FROM "{table}" WHERE "id" = {found})'  # noqa: S608
    return f"{found}::text"


def _function(table: str) -> str:
    return f"{_OF_NEW}{table}"


def _trigger(name: str, table: str, upon: str, does: str) -> Trigger:
    return Trigger(name, table, f'CREATE TRIGGER "{name}" AFTER {upon} ON "{table}" FOR EACH ROW {does}')


def _path(model: type[models.Model], path: str) -> str:
    """`offer__city` as the trigger follows it: "offer_id>offers_offer.city_id"."""
    steps: list[str] = []
    for name in path.split("__") if path else []:
        step = _column(model, name)
        steps.append(f"{model._meta.db_table}.{step}" if steps else step)
        related = model._meta.get_field(name).related_model
        if isinstance(related, type):
            model = related
    return ">".join(steps)


def _column(model: type[models.Model], name: str) -> str:
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)
    return str(field.column)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
