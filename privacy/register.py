"""What becomes of each stored field when a person's data have been kept long enough.

One register for the whole product; `tests/test_personal_data.py` fails until every field of every model stands
in it. To add a field: put its name in one of the three lists of its model; of an offer or a need, its row in
`catalogue/fields` says it.

* keep: it says nothing of a person once the others are gone, or it is the proof that the law asks for;
* anonymise: emptied or made coarser in its row, which stays for the figures (a point becomes its commune's centre);
* delete: it goes with its whole row.

References between rows are kept: what they lead to is anonymised. Of an edit (`what`, old and new of each field) the
pairs of the fields that are anonymised here become `[null, null]`: see catalogue.models.FieldChange.
"""

from dataclasses import dataclass

from catalogue.fields import NEED, OFFER, Table


@dataclass(frozen=True, slots=True)
class Marks:
    """Names of fields, separated by spaces; `*` stands for all fields of a table that is not ours."""

    keep: str = ""
    anonymise: str = ""
    delete: str = ""


def _marks(table: Table) -> Marks:
    """What becomes of the fields of an offer or of a need: each row of the table says it."""
    return Marks(
        keep=table.erased("keep"), anonymise=table.erased("anonymise"), delete=table.erased("delete")
    )


_CHANGE = Marks(keep="act from_state to_state by at", anonymise="reason")

REGISTER: dict[str, Marks] = {
    # --- cities: places and settings, no persons
    "cities.Commune": Marks(
        keep="insee name postcodes population department_code department_name region_name is_overseas "
        "epci_code epci_name latitude longitude name_key search"
    ),
    "cities.City": Marks(
        keep="slug name locative seat epci_code is_open phone phone_hours email timezone brand_colour "
        "accent_colour remind_after_days expire_after_days answer_hours_tonight answer_hours_this_week "
        "answer_hours_planned follow_up_after_days escalate_after_minutes homes_asked_at_once looks_ahead_days "
        "sms_monthly_limit "
        "messages_a_week visit_valid_months weights_need_opinion quiet_from quiet_until "
        "asks_citizen_for asks_association_for weights created_at linked "
        "phone_hours_in charter_url charter_text removed_at"
    ),
    "cities.City_linked": Marks(keep="from_city to_city"),
    # --- accounts
    "accounts.User": Marks(
        keep="language is_active is_staff is_superuser created_at anonymised_at merged_into contact_changes",
        anonymise="email phone phone_proof phone_proven_at name password last_login groups user_permissions",
    ),
    "accounts.Session": Marks(delete="session_key session_data expire_date user device signed_in_at used_at"),
    "accounts.User_groups": Marks(delete="user group"),
    "accounts.User_user_permissions": Marks(delete="user permission"),
    "accounts.CityRole": Marks(delete="user city role given_at given_by"),
    "accounts.PersonEdit": Marks(keep="person by at", anonymise="what"),
    "accounts.FactorReset": Marks(keep="person by at", anonymise="note"),
    "accounts.RoleChange": Marks(keep="person city what by at"),
    "accounts.OrganisationEdit": Marks(keep="organisation by at", anonymise="what"),
    "accounts.MembershipChange": Marks(keep="person organisation what by at"),
    "accounts.CityEdit": Marks(keep="city what by at"),
    "accounts.Organisation": Marks(
        keep="city name rna siret about state verified_at verified_by created_at",
        # A small association's number is often somebody's own.
        anonymise="email phone",
    ),
    "accounts.OrganisationReview": Marks(keep="organisation state by at", anonymise="reason"),
    "accounts.Membership": Marks(delete="user organisation role is_told is_fallback"),
    # The proof that somebody agreed, and took it back.
    "accounts.Consent": Marks(keep="user purpose wording_version given_at how recorded_by withdrawn_at"),
    # The proof that the town answered; whose it was goes with the person's name.
    "accounts.DataCopy": Marks(keep="person how by city at"),
    "accounts.ContactReading": Marks(delete="reader subject reason reference city read_at"),
    "accounts.ApiToken": Marks(
        delete="user name prefix digest scopes created_at expires_at last_used_at revoked_at"
    ),
    # --- notifications: that a message went out is kept, its words are not
    "notifications.Message": Marks(
        keep="recipient city channel event subject_key priority repeat_of language wording state why due_at attempts "
        "tried_since claimed_at connection sent_at delivered_at opened_at answered_at called_by created_at",
        anonymise="title body short impersonal values action_label action_url last_error provider_ref",
    ),
    "notifications.Preference": Marks(
        keep="person refused_channels refused_sorts paused_until rings_at_night quiet_from quiet_until "
        "digest_hours days_off"
    ),
    "notifications.PreferenceEdit": Marks(keep="preference what by at"),
    "notifications.Bounce": Marks(delete="person channel address provider error at is_general"),
    "notifications.Outage": Marks(keep="channel since error may_lose tries next_try_at ended_at"),
    "notifications.UnderWay": Marks(keep="channel number claimed_at message_id"),
    "call.Call": Marks(keep="message person by began_at taken_until ended_at outcome again_at"),
    "push.Device": Marks(delete="person endpoint p256dh auth name created_at last_ok_at"),
    "front.HomeWords": Marks(
        keep="city language title lead offer_label need_label call_note needs_title needs_none figures_title "
        "about_title about associations_title"
    ),
    "front.HomeWordsEdit": Marks(keep="words what by at"),
    # Of a picture that is no longer shown the bytes are gone: somebody may be on it.
    "front.HomePicture": Marks(keep="city state descriptions small preview width height digest added_at"),
    "front.HomePictureEdit": Marks(keep="picture what by at"),
    "wording.Wording": Marks(keep="city name form language title body"),
    "wording.WordingEdit": Marks(keep="wording what by at"),
    "sms.Reply": Marks(
        keep="person message city said became received_at seen_at seen_by", anonymise="text provider_ref"
    ),
    "inbox.MailReply": Marks(
        keep="person message city said became received_at seen_at seen_by files is_cut digest",
        anonymise="text sender",
    ),
    "sms.Spending": Marks(keep="city month segments"),
    "team.Room": Marks(keep="city set_by set_at last_ok_at", anonymise="address name"),
    "team.RoomChange": Marks(keep="city by at", anonymise="name"),
    "sms.Stop": Marks(delete="number at lifted_at"),
    # --- webhooks: addresses of systems, and references
    "webhooks.Endpoint": Marks(
        delete="city url happenings secret former_secret renewed_at paused_at stopped_at removed_at failures "
        "failing_since next_try_at created_at"
    ),
    "webhooks.EndpointEdit": Marks(keep="endpoint by at", anonymise="what"),
    "webhooks.Delivery": Marks(
        delete="endpoint key happening subject body state due_at attempts tried_at outcome milliseconds delivered_at "
        "created_at"
    ),
    "webhooks.Forgotten": Marks(keep="place"),
    "webhooks.Event": Marks(delete="city happening subject_id references at place"),
    # --- oncall
    "oncall.Shift": Marks(keep="city person rank starts_at ends_at wanted_at cancelled_at created_at"),
    "oncall.ShiftChange": Marks(keep="shift what by at"),
    # --- offers
    "offers.Offer": _marks(OFFER),
    # What people typed, made of the fields above: with them it goes.
    "offers.OfferWords": Marks(keep="offer", anonymise="words name"),
    "offers.OfferPicture": Marks(delete="offer content width height added_at"),
    "offers.SharedDraft": Marks(delete="city key number answers made_at ends_at taken_by taken_at"),
    "offers.Window": Marks(keep="offer first_day last_day"),
    "offers.OfferChange": Marks(keep=f"{_CHANGE.keep} offer", anonymise=_CHANGE.anonymise),
    "offers.OfferEdit": Marks(keep="offer by at", anonymise="what"),
    # --- homes: that an extract was looked at is kept, and there is nothing else of it
    "homes.Visit": Marks(
        keep="offer visitor starts_at state wish extract extract_on extract_by charter_on concluded_at concluded_by "
        "valid_until refusal reminded_at created_at changed_at",
        anonymise="answers note",
    ),
    "homes.VisitChange": Marks(keep="visit by at", anonymise="what"),
    "homes.Checklist": Marks(keep="city questions"),
    "homes.ChecklistChange": Marks(keep="checklist what by at"),
    "homes.Dwelling": Marks(
        keep="city stage commune capacity rent due_on lease_from lease_until created_at changed_at",
        anonymise="title address owner_name owner_phone owner_email note",
    ),
    "homes.Cost": Marks(keep="dwelling euros day by at", anonymise="what"),
    "homes.DwellingChange": Marks(keep="dwelling by at", anonymise="what"),
    # --- needs
    "needs.Need": _marks(NEED),
    "needs.NeedWords": Marks(keep="need", anonymise="words name"),
    "needs.NeedChange": Marks(keep=f"{_CHANGE.keep} need", anonymise=_CHANGE.anonymise),
    "needs.NeedEdit": Marks(keep="need by at", anonymise="what"),
    # --- matching
    "matching.Match": Marks(
        keep="city need offer state rank score part_values weight_values facts algorithm distance_km first_day "
        "last_day quantity need_revision offer_revision answer_by confirm_by remind_at asked_at waits_since "
        "longer_until longer_by rehouse_from ended_on created_at changed_at"
    ),
    "matching.Decision": Marks(
        keep="match act from_state to_state by role reason plan_number relay change at", anonymise="note"
    ),
    "matching.Hold": Marks(keep="match offer need quantity first_day last_day released beside"),
    "matching.Scan": Marks(
        keep="need revision feasible suggested lowest_standing near_misses algorithm scanned_at"
    ),
    "matching.WeightsChange": Marks(keep="city before after opinion by at"),
    "matching.Rescan": Marks(keep="by asked_at finished_at horizon"),
    "matching.RescanPart": Marks(
        keep="rescan city kind categories departments needs feasible written unchanged failures started_at "
        "finished_at"
    ),
    "matching.Plan": Marks(
        keep="city by kind urgency need_ids budget_seconds state asked_at started_at finished_at fingerprint "
        "algorithm objective bound first_come greedy in_time people_asked people people_first_come scarcity "
        "ahead"
    ),
    "matching.PlanLine": Marks(
        keep="plan need offer quantity first_day last_day rank score part_values distance_km value need_revision "
        "offer_revision ahead match"
    ),
    "matching.PlanGap": Marks(keep="plan need missing days people reason"),
    "matching.ConditionQuestion": Marks(
        keep="need offer rule params change need_revision asked_by asked_at answer answered_by answered_at"
    ),
    "matching.CaseTaken": Marks(keep="city need by at handed_by given_back_by given_back_at"),
    "matching.TownAgreement": Marks(
        keep="city match asked_by asked_at answer_by answer answered_by answered_at"
        " first_day last_day relay plan_number"
    ),
    "matching.HouseholdVerdict": Marks(keep="city lower higher joined by at"),
    "matching.DeskReminder": Marks(keep="city need_ids round number next_at"),
    # --- statements: what a person concerned asked for goes with its answers
    "statements.Statement": Marks(
        keep="reference city person language kind urgency commune first_day way stage proof proven_at proven_by "
        "organisation need asked_to_give_at created_at changed_at",
        anonymise="name answers external_key",
    ),
    "statements.StatementChange": Marks(
        keep=f"{_CHANGE.keep} statement organisation", anonymise=_CHANGE.anonymise
    ),
    "statements.Recording": Marks(keep="city question language media_type content by at"),
    # --- voice: texts of nobody, and what a town publishes
    "voice.Remark": Marks(
        delete="city text language said_on form_key group is_set_aside sorted_at sorted_by"
    ),
    "voice.Comment": Marks(delete="proposal text language said_on form_key is_set_aside sorted_at sorted_by"),
    "voice.RemarkGroup": Marks(keep="city titles state answers created_at"),
    "voice.RemarkGroupEdit": Marks(keep="group what by at"),
    "voice.Proposal": Marks(
        keep="city titles texts weights created_at opened_at comments_until comment_count opinion_on opinion_number "
        "opinion_year verdict opinion_texts answers answered_at applied_at dropped_at weights_before drop_texts"
    ),
    "voice.ProposalEdit": Marks(keep="proposal what by at"),
    # --- directory: what services give everybody of themselves, no persons
    "directory.Service": Marks(
        keep="city organisation run_by name about thematics languages slots hours_note commune address how_to_come "
        "phone email site fees source source_id source_structure listed checked_at checked_by asked_at closed_at "
        "created_at changed_at"
    ),
    "directory.ServiceEdit": Marks(keep="service what by at"),
    # Who answers by name: it goes as a whole once it is removed, or nobody has said for a year that it holds.
    "directory.AgentCard": Marks(
        delete="city organisation name themes words languages hours phone email is_public checked_at checked_by "
        "asked_at created_at"
    ),
    "directory.Referral": Marks(
        keep="need service consented_at state asked_by asked_at answer_by reminded_at answered_at day hour forget_on",
        anonymise="words contact answer",
    ),
    "directory.ReferralChange": Marks(keep=f"{_CHANGE.keep} referral", anonymise=_CHANGE.anonymise),
    # --- shelters: what an association says of its place, no persons
    "shelters.Shelter": Marks(
        keep="city organisation host name commune arrives_from arrives_until closed_at created_at changed_at",
        anonymise="address phone rules",
    ),
    "shelters.ShelterEdit": Marks(keep="shelter by at", anonymise="what"),
    "shelters.Nights": Marks(keep="shelter offer"),
    "shelters.Shift": Marks(keep="shelter need"),
    # --- between: how many, which days, and when a person said yes; no word of anybody
    "between.PublishedHousehold": Marks(keep="city need how yes_on recorded_by published_at closed_at"),
    "between.Wish": Marks(delete="household city rank"),
    "between.PublishedPlaces": Marks(
        keep="city offer people first_day last_day recorded_by published_at closed_at", anonymise="services"
    ),
    "between.Line": Marks(
        keep="household places state how yes_on people first_day last_day recorded_by recorded_at answered_by "
        "answered_at"
    ),
    # --- stays
    "stays.Sponsorship": Marks(
        keep="match sponsor need framed_by ends_on agreed_at agreed_by ended_at", anonymise="aims"
    ),
    "stays.SponsorshipEdit": Marks(keep="sponsorship by at", anonymise="what"),
    # --- followups
    "followups.FollowUp": Marks(keep="match due_on asked_at answer answered_at answered_by created_at"),
    "followups.CheckIn": Marks(
        keep="match side due_on asked_at answer answered_at answered_by", anonymise="note"
    ),
    "followups.Outcome": Marks(keep="match answer by at", anonymise="note"),
    "followups.Reader": Marks(delete="city person named_by named_at"),
    "followups.Incident": Marks(
        keep="city offer match what reported_as reported_by reported_at state end proposed_by proposed_at closed_by "
        "closed_at",
        anonymise="text phone call_when conclusion",
    ),
    "followups.Concerned": Marks(delete="incident person by at"),
    "followups.IncidentChange": Marks(keep="incident act from_state to_state by at", anonymise="reason"),
    # --- desk
    "desk.Note": Marks(keep="city need by at", anonymise="text"),
    "desk.Mention": Marks(keep="note person"),
    "desk.Flag": Marks(keep="city need day by at lifted_by lifted_at", anonymise="words"),
    "desk.SavedView": Marks(delete="city by name query at"),
    # --- what if: counts and settings
    "whatif.Question": Marks(
        keep="city by at rooms commune answer_hours coordinators vetting_days hours figures state years cpu_seconds "
        "tries moved_at"
    ),
    # --- lists: of a file as it came, and of what became of its lines, nothing stays
    "lists.Sender": Marks(
        keep="city what key organisation created_at", anonymise="name headers fixed answers"
    ),
    "lists.ListImport": Marks(
        keep="sender city digest by at step columns lines line_done new changed known disputed bad kept_on failures "
        "moved_at imported_at undone_by undone_at emptied_at",
        anonymise="name opened_as notices trouble",
    ),
    "lists.FilePart": Marks(delete="list number content"),
    "lists.Line": Marks(delete="list number fate offer need said taken_back"),
    # --- agenda
    "agenda.Subscription": Marks(delete="person key created_at last_read_at revoked_at"),
    # --- outreach
    "outreach.Subscription": Marks(delete="city person language asked_at confirmed_at"),
    "outreach.Issue": Marks(keep="city words drafted_by drafted_at sent_by sent_at looked_at queued_at"),
    "outreach.IssueEdit": Marks(keep="issue what by at"),
    "appeals.Appeal": Marks(
        keep="city needs words wanted reach_km drafted_by drafted_at sent_by sent_at next_at ended ended_at ended_by"
    ),
    "appeals.Appeal_needs": Marks(keep="appeal need"),
    "appeals.AppealEdit": Marks(keep="appeal what by at"),
    "appeals.Asked": Marks(keep="appeal person at"),
    # --- town
    "town.Invitation": Marks(
        keep="city organisation person roles invited_by invited_at expires_at accepted_at taken_back_at taken_back_by"
    ),
    "town.Double": Marks(keep="city kept other is_same moved contact by at undone_by undone_at"),
    "town.OfferDouble": Marks(
        keep="city kept other is_same from_state paused_until by at undone_by undone_at"
    ),
    "town.OfficialRequest": Marks(keep="city day authority granted by at"),
    "town.LinkRequest": Marks(keep="city other asked_by asked_at answer answered_by answered_at"),
    # Which columns, and of a column that is kept here its values: see config/audit.py.
    "town.AuditRow": Marks(keep="at transaction table key act what actor city about reference role"),
    # --- privacy: that it was done is the proof
    "privacy.Erasure": Marks(
        keep="person city how asked_by asked_at waits_for done_at taken_back_at", anonymise="reason"
    ),
    "privacy.LegalHold": Marks(
        keep="city person asked_by asked_at set_by set_at lifting_by lifting_at lifted_by lifted_at",
        anonymise="reason",
    ),
    "privacy.Notice": Marks(keep="person sent_at erase_on kept_at followed_at"),
    # --- insight: definitions, no persons
    "insight.OwnIndicator": Marks(
        keep="city name about subject kind item state urgency commune defined_by defined_at removed_by removed_at"
    ),
    # --- Django's and allauth's own tables
    "account.EmailAddress": Marks(delete="*"),
    "account.EmailConfirmation": Marks(delete="*"),
    "mfa.Authenticator": Marks(delete="*"),
    "socialaccount.SocialAccount": Marks(delete="*"),
    "socialaccount.SocialApp": Marks(keep="*"),
    "socialaccount.SocialToken": Marks(delete="*"),
    "sessions.Session": Marks(delete="*"),
    "admin.LogEntry": Marks(delete="*"),
    "auth.Group": Marks(keep="*"),
    "auth.Group_permissions": Marks(keep="*"),
    "auth.Permission": Marks(keep="*"),
    "contenttypes.ContentType": Marks(keep="*"),
}
