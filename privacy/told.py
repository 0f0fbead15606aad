"""What "Mes données" shows of each table, in which words, and what it leaves out and why.

`tests/privacy/test_dossier.py` fails until every field of every table that tells of people (`privacy.rows`) stands
here: shown, given as a code, or left out with its reason. To add a field: put its name in one of these lists.

What is shown of others (GDPR art. 15(4)): that somebody else did or read something, when and for which town or
association, and what was agreed with them. Never who they are: a key to another person reads "someone_else", and their
names, numbers and addresses are cut out of every text (`privacy.others`). A report of a problem is shown to whoever
made it, and to nobody whom it is about; so is what the other side said of a stay. What a person did as a member of a
team or an association is counted: its contents tell of others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


class Section(StrEnum):
    ME = "me"
    OFFERS = "offers"
    NEEDS = "needs"
    MATCHES = "matches"
    MESSAGES = "messages"
    WORK = "work"
    TRACES = "traces"


SECTIONS: Mapping[Section, "StrPromise"] = {
    Section.ME: _("Vous et votre compte"),
    Section.OFFERS: _("Ce que vous proposez"),
    Section.NEEDS: _("Ce que vous demandez"),
    Section.MATCHES: _("Ce qui a été prévu avec d’autres"),
    Section.MESSAGES: _("Vos messages et vos appels"),
    Section.WORK: _("Votre rôle dans une ville ou une association"),
    Section.TRACES: _("Qui a lu ou changé vos données"),
}


class Out(StrEnum):
    """Why something is not in the archive."""

    SECRET = "secret"  # noqa: S105  # a word
    TECHNICAL = "technical"
    DERIVED = "derived"
    OTHERS = "others"
    REPORTS = "reports"
    PROCEDURES = "procedures"


REASONS: Mapping[Out, "StrPromise"] = {
    Out.SECRET: _("Les clés, les codes et les liens secrets\u202f: ils ouvrent votre compte."),
    Out.TECHNICAL: _("Les repères du logiciel, qui ne disent rien de vous."),
    Out.DERIVED: _("Ce qui se calcule à partir de ce qui est montré ici."),
    Out.OTHERS: _("Ce qui parle d’autres personnes, leurs noms et leurs coordonnées."),
    Out.REPORTS: _(
        "Les signalements faits par d’autres\u202f: ils restent confidentiels, pour protéger chacun."
    ),
    Out.PROCEDURES: _("Ce que deux personnes de la ville ont décidé de garder pour une procédure."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Names of fields, separated by spaces; `*` for all of a table that is not ours. `shown` on the page and in the
    JSON; `codes` in the JSON alone; `out` in neither. `title`: what people call it, else the model's own name.
    """

    section: Section
    shown: str = ""
    codes: str = ""
    out: Mapping[Out, str] = field(default_factory=dict)
    title: "StrPromise | None" = None


ME, OFFERS, NEEDS, MATCHES = Section.ME, Section.OFFERS, Section.NEEDS, Section.MATCHES
MESSAGES, WORK, TRACES = Section.MESSAGES, Section.WORK, Section.TRACES
SECRET, TECHNICAL, DERIVED = Out.SECRET, Out.TECHNICAL, Out.DERIVED
OTHERS, REPORTS, PROCEDURES = Out.OTHERS, Out.REPORTS, Out.PROCEDURES

_HISTORY = _("Vos changements")
_ENGINE = {TECHNICAL: "external_key listed revision scan_due_at item_checked_at band reach_class"}

# Of each table with rows that tell of people, or why nothing of it is given.
TOLD: dict[str, Shown | Out] = {
    # --- them
    "accounts.User": Shown(
        ME,
        "name email phone phone_proven_at language created_at last_login",
        "phone_proof contact_changes is_active is_staff is_superuser merged_into anonymised_at groups user_permissions",
        {SECRET: "password"},
        _("Votre compte"),
    ),
    "account.EmailAddress": Shown(ME, "email verified", "primary user"),
    "account.EmailConfirmation": Out.SECRET,
    "mfa.Authenticator": Shown(
        ME, "created_at last_used_at", "type user", {SECRET: "data"}, _("Double vérification")
    ),
    "socialaccount.SocialAccount": Shown(
        ME, "date_joined last_login", "provider uid user", {TECHNICAL: "extra_data"}, _("ProConnect")
    ),
    "accounts.PersonEdit": Shown(ME, "at by what", "person", title=_HISTORY),
    "accounts.Consent": Shown(
        ME, "purpose given_at how recorded_by withdrawn_at wording_version", "user", title=_("Vos accords")
    ),
    "accounts.Session": Shown(
        ME,
        "device signed_in_at used_at expire_date",
        "user",
        {SECRET: "session_key session_data"},
        _("Où votre compte est ouvert"),
    ),
    "accounts.ApiToken": Shown(
        ME, "name scopes created_at expires_at last_used_at revoked_at", "prefix user", {SECRET: "digest"}
    ),
    "accounts.User_groups": Out.TECHNICAL,
    "accounts.User_user_permissions": Out.TECHNICAL,
    "town.Double": Shown(
        ME,
        "at city is_same undone_at",
        "kept other by undone_by moved contact",
        title=_("Deux fois le même compte"),
    ),
    # --- offers
    "offers.Offer": Shown(
        OFFERS,
        "reference state kind category title text item item_words size condition best_before hand_over capacity "
        "languages languages_from languages_to slots remote diploma accepts dwelling_state rent shared_home step_free "
        "pets_accepted smoking longest_stay_days notice_days commune address nearest_stop reach_km latitude longitude "
        "share_with_linked answers_need source entered_by vetted_at vetted_by confirmed_at reminded_at paused_until "
        "created_at changed_at city",
        "owner merged_into",
        {**_ENGINE, DERIVED: "first_day last_day days packed"},
    ),
    "offers.OfferWords": Out.DERIVED,
    "offers.OfferPicture": Shown(OFFERS, "offer added_at", "content width height"),
    "offers.Window": Shown(OFFERS, "offer first_day last_day"),
    "offers.OfferChange": Shown(OFFERS, "offer at from_state to_state by reason", "act", title=_HISTORY),
    "offers.OfferEdit": Shown(OFFERS, "offer at by what", title=_HISTORY),
    "town.OfferDouble": Shown(
        OFFERS, "at city is_same undone_at", "kept other from_state paused_until by undone_by"
    ),
    "homes.Visit": Shown(
        OFFERS,
        "offer starts_at visitor state wish extract extract_on extract_by charter_on answers note refusal "
        "concluded_at concluded_by valid_until reminded_at created_at changed_at",
    ),
    "homes.VisitChange": Shown(OFFERS, "visit at by what", title=_HISTORY),
    "lists.Line": Shown(
        OFFERS,
        "offer number fate said",
        "list need taken_back",
        title=_("Listes dans lesquelles vous étiez"),
    ),
    "lists.FilePart": Out.OTHERS,
    # --- needs
    "needs.Need": Shown(
        NEEDS,
        "reference state kind category title text urgency first_day last_day min_days quantity people part_useful "
        "adult_women adult_men children_under_3 children_3_to_11 children_12_to_17 lone_minor couple forms "
        "shared_home_ok step_free_needed pets smoke_free_needed rent_up_to rent_payer items item_words sizes languages "
        "languages_from languages_to rhythm slots remote_ok commune reach_km latitude longitude social_worker "
        "case_reference given_days given_quantity source entered_by organisation created_at changed_at city",
        "person uncovered_from",
        {**_ENGINE, DERIVED: "urgency_rank"},
    ),
    "needs.NeedWords": Out.DERIVED,
    "needs.NeedChange": Shown(NEEDS, "need at from_state to_state by reason", "act", title=_HISTORY),
    "needs.NeedEdit": Shown(NEEDS, "need at by what", title=_HISTORY),
    "statements.Statement": Shown(
        NEEDS,
        "reference stage kind urgency name answers commune first_day language way proof proven_at proven_by "
        "organisation need asked_to_give_at created_at changed_at city",
        "person external_key",
        title=_("Ce que vous avez exprimé vous-même"),
    ),
    "statements.StatementChange": Shown(
        NEEDS, "statement at from_state to_state by organisation reason", "act", title=_HISTORY
    ),
    "directory.Referral": Shown(
        NEEDS,
        "need service state words contact consented_at asked_at asked_by answer_by reminded_at answered_at day hour "
        "answer forget_on",
        title=_("Les services à qui l’on a demandé de vous recevoir"),
    ),
    "directory.ReferralChange": Shown(
        NEEDS, "referral at from_state to_state by reason", "act", title=_HISTORY
    ),
    "desk.Note": Shown(NEEDS, "need at by text", "city"),
    "desk.Mention": Shown(WORK, "note", "person"),
    "desk.Flag": Shown(NEEDS, "need day words at by lifted_at lifted_by", "city"),
    "matching.CaseTaken": Shown(NEEDS, "need at by handed_by given_back_at given_back_by", "city"),
    "matching.Scan": Shown(
        NEEDS,
        "need scanned_at feasible suggested",
        "revision lowest_standing algorithm",
        {OTHERS: "near_misses"},
        _("Nos recherches"),
    ),
    "matching.HouseholdVerdict": Shown(NEEDS, "at by", "city lower higher joined"),
    "appeals.Appeal_needs": Shown(NEEDS, "need appeal", title=_("Appels à l’aide pour vos besoins")),
    # --- matches
    "matching.Match": Shown(
        MATCHES,
        "state offer need first_day last_day quantity distance_km asked_at answer_by confirm_by ended_on created_at "
        "changed_at city",
        "rank score part_values weight_values algorithm longer_until longer_by rehouse_from waits_since remind_at",
        {TECHNICAL: "need_revision offer_revision", OTHERS: "facts"},
    ),
    "matching.Decision": Shown(
        MATCHES,
        "match at from_state to_state by reason note",
        "act role change",
        {TECHNICAL: "plan_number relay"},
    ),
    "matching.Hold": Shown(MATCHES, "match first_day last_day quantity", "offer need released beside"),
    "matching.PlanLine": Shown(
        MATCHES,
        "offer need first_day last_day quantity",
        "rank score part_values distance_km value ahead match",
        {TECHNICAL: "plan need_revision offer_revision"},
        _("Essais de répartition"),
    ),
    "matching.PlanGap": Shown(
        MATCHES, "need missing", "days people reason", {TECHNICAL: "plan"}, _("Manques vus par un essai")
    ),
    "matching.ConditionQuestion": Shown(
        MATCHES,
        "offer need asked_at asked_by answer answered_at answered_by",
        "rule params change",
        {TECHNICAL: "need_revision"},
    ),
    "matching.TownAgreement": Shown(
        MATCHES,
        "match city asked_at asked_by answer_by first_day last_day answer answered_at answered_by",
        out={TECHNICAL: "plan_number relay"},
    ),
    "between.PublishedHousehold": Shown(
        NEEDS,
        "need city yes_on how published_at recorded_by closed_at",
        title=_("Ce que d’autres villes ont pu lire de votre besoin"),
    ),
    "between.Wish": Shown(NEEDS, "city rank", "household", title=_("Les villes que vous avez nommées")),
    "between.Line": Shown(
        NEEDS,
        "people first_day last_day state yes_on how recorded_at recorded_by answered_at answered_by",
        "household places",
        title=_("Les places d’une autre ville qu’on vous a proposées"),
    ),
    "between.PublishedPlaces": Shown(
        OFFERS,
        "offer city people first_day last_day services published_at recorded_by closed_at",
        title=_("Les places montrées à d’autres villes"),
    ),
    "stays.Sponsorship": Shown(
        MATCHES, "match need sponsor framed_by aims ends_on agreed_at agreed_by ended_at"
    ),
    "stays.SponsorshipEdit": Shown(MATCHES, "sponsorship at by what", title=_HISTORY),
    "followups.FollowUp": Shown(MATCHES, "match due_on asked_at answer answered_at answered_by created_at"),
    "followups.CheckIn": Shown(
        MATCHES,
        "match due_on asked_at answer note answered_at answered_by",
        "side",
        title=_("Nouvelles d’un séjour"),
    ),
    "followups.Outcome": Shown(MATCHES, "match at answer note by"),
    "followups.Incident": Shown(
        MATCHES,
        "reported_at text phone call_when city",
        "offer match what reported_as reported_by",
        {REPORTS: "state end conclusion proposed_by proposed_at closed_by closed_at"},
        _("Ce que vous avez signalé"),
    ),
    "followups.Concerned": Out.REPORTS,
    "followups.IncidentChange": Out.REPORTS,
    # --- messages
    "notifications.Message": Shown(
        MESSAGES,
        "created_at recipient channel title body state sent_at delivered_at opened_at answered_at called_by city",
        "event subject_key priority repeat_of language short wording action_label impersonal why due_at attempts "
        "tried_since claimed_at",
        {SECRET: "action_url values", TECHNICAL: "last_error connection provider_ref"},
    ),
    "notifications.Preference": Shown(
        MESSAGES,
        "refused_channels refused_sorts paused_until rings_at_night quiet_from quiet_until digest_hours days_off",
        "person",
    ),
    "notifications.PreferenceEdit": Shown(MESSAGES, "at by what", "preference", title=_HISTORY),
    "notifications.Bounce": Shown(
        MESSAGES, "channel at", "person address provider is_general", {TECHNICAL: "error"}
    ),
    "call.Call": Shown(MESSAGES, "began_at ended_at outcome again_at by", "message person taken_until"),
    "push.Device": Shown(MESSAGES, "name created_at last_ok_at", "person", {SECRET: "endpoint p256dh auth"}),
    "sms.Reply": Shown(
        MESSAGES,
        "received_at text became seen_at seen_by city",
        "said message person",
        {TECHNICAL: "provider_ref"},
    ),
    "sms.Stop": Shown(MESSAGES, "number at lifted_at"),
    "inbox.MailReply": Shown(
        MESSAGES,
        "received_at sender text became files seen_at seen_by city",
        "said message person is_cut",
        {TECHNICAL: "digest"},
    ),
    "outreach.Subscription": Shown(
        MESSAGES, "city asked_at confirmed_at", "language person", title=_("Lettres de votre ville")
    ),
    "appeals.Asked": Shown(MESSAGES, "at appeal", "person", title=_("Demandes d’aide reçues")),
    "agenda.Subscription": Shown(MESSAGES, "created_at last_read_at revoked_at", "person", {SECRET: "key"}),
    # --- a part in a town or an association
    "accounts.CityRole": Shown(WORK, "city role given_at given_by", "user"),
    "accounts.FactorReset": Shown(ME, "at by note", "person", title=_("Votre double vérification retirée")),
    "accounts.RoleChange": Shown(WORK, "city at by what", "person"),
    "accounts.Membership": Shown(
        WORK, "organisation role is_told is_fallback", "user", title=_("Vos associations")
    ),
    "accounts.MembershipChange": Shown(WORK, "organisation at by what", "person"),
    "oncall.Shift": Shown(WORK, "city rank starts_at ends_at wanted_at cancelled_at created_at", "person"),
    "oncall.ShiftChange": Shown(WORK, "shift at by what", title=_HISTORY),
    "followups.Reader": Shown(WORK, "city named_at named_by", "person"),
    "desk.SavedView": Shown(WORK, "city name at", "query by"),
    "town.Invitation": Shown(
        WORK,
        "city organisation invited_at invited_by expires_at accepted_at taken_back_at",
        "person roles taken_back_by",
    ),
    # --- who read or changed what is theirs
    "accounts.ContactReading": Shown(
        TRACES, "read_at city reason reference", "reader subject", title=_("Qui a lu vos coordonnées")
    ),
    "accounts.DataCopy": Shown(TRACES, "at how by city", "person", title=_("Copies de vos données")),
    # What it waits for would tell of a report.
    "privacy.Erasure": Shown(
        TRACES,
        "how reason asked_at done_at taken_back_at",
        "person city asked_by",
        {PROCEDURES: "waits_for"},
        _("Vos demandes d’effacement"),
    ),
    "privacy.LegalHold": PROCEDURES,
    "privacy.Notice": Shown(
        TRACES, "sent_at erase_on kept_at followed_at", "person", title=_("Nos préavis avant d’effacer")
    ),
    "town.AuditRow": Shown(
        TRACES,
        "at table act",
        "actor about city",
        {TECHNICAL: "transaction key role", DERIVED: "what reference"},
        _("Chaque écriture qui vous concerne"),
    ),
    "admin.LogEntry": Shown(
        TRACES,
        "action_time",
        "user action_flag content_type",
        {OTHERS: "object_id object_repr change_message"},
    ),
}

# What people call a field whose model gives it no name.
WORDS: Mapping[str, "StrPromise"] = {
    "accepted_at": _("Accepté le"),
    "act": _("Ce qui a été fait"),
    "again_at": _("Rappel prévu le"),
    "agreed_at": _("Convenu le"),
    "agreed_by": _("Convenu par"),
    "answer": _("Réponse"),
    "answer_by": _("Réponse attendue avant le"),
    "answered_at": _("Réponse le"),
    "answered_by": _("Réponse de"),
    "appeal": _("Appel n°"),
    "asked_at": _("Demandé le"),
    "asked_by": _("Demandé par"),
    "at": _("Le"),
    "became": _("Ce qui en a été fait"),
    "began_at": _("Commencé le"),
    "by": pgettext_lazy("who did it", "Par"),
    "call_when": _("Quand vous appeler"),
    "called_by": _("Appel de"),
    "cancelled_at": _("Annulé le"),
    "changed_at": _("Changé le"),
    "channel": _("Moyen"),
    "city": _("Ville"),
    "closed_at": _("Fini le"),
    "confirm_by": _("Confirmation attendue avant le"),
    "confirmed_at": _("Confirmé le"),
    "created_at": _("Créé le"),
    "days_off": _("Jours sans message"),
    "delivered_at": _("Remis le"),
    "device": _("Appareil"),
    "digest_hours": _("Heures du résumé"),
    "distance_km": _("Distance (km)"),
    "due_on": _("Prévu le"),
    "ended_at": _("Terminé le"),
    "ended_on": _("Terminé le"),
    "erase_on": _("Effacement prévu le"),
    "expires_at": _("Valable jusqu’au"),
    "feasible": _("Possibilités trouvées"),
    "fate": _("Ce que la ligne est devenue"),
    "files": _("Pièces jointes, non gardées"),
    "first_day": _("Du"),
    "how": _("Comment on vous a demandé"),
    "followed_at": _("Suivi le"),
    "forget_on": _("Effacement prévu le"),
    "from_state": _("Avant"),
    "given_at": _("Donné le"),
    "given_back_at": _("Rendu le"),
    "given_back_by": _("Rendu par"),
    "given_by": _("Donné par"),
    "given_days": _("Jours trouvés"),
    "given_quantity": _("Quantité trouvée"),
    "handed_by": _("Confié par"),
    "invited_at": _("Invité le"),
    "invited_by": _("Invité par"),
    "kept_at": _("Gardé le"),
    "last_day": _("Au"),
    "last_ok_at": _("Dernier message le"),
    "last_read_at": _("Lu le"),
    "last_used_at": _("Utilisé le"),
    "latitude": _("Point\u202f: latitude"),
    "lifted_at": _("Levé le"),
    "lifted_by": _("Levé par"),
    "longitude": _("Point\u202f: longitude"),
    "match": _("Mise en relation n°"),
    "missing": _("Il manque"),
    "name": _("Nom"),
    "named_at": _("Nommé le"),
    "named_by": _("Nommé par"),
    "need": _("Besoin"),
    "note": _("Note"),
    "hour": _("Heure"),
    "day": _("Jour"),
    "consented_at": _("Accord donné le"),
    "contact": _("Contact"),
    "referral": _("Orientation n°"),
    "service": _("Service"),
    "words": _("Mot joint"),
    "number": _("Numéro"),
    "offer": _("Proposition"),
    "opened_at": _("Ouvert le"),
    "organisation": _("Association"),
    "outcome": _("Ce qu’a donné l’appel"),
    "paused_until": _("En pause jusqu’au"),
    "people": _("Personnes concernées"),
    "phone": _("Téléphone"),
    "quantity": _("Quantité"),
    "quiet_from": _("Pas de message après"),
    "quiet_until": _("Pas de message avant"),
    "rank": _("Rang"),
    "reason": _("Raison"),
    "received_at": _("Reçu le"),
    "recipient": _("Pour"),
    "recorded_at": _("Noté le"),
    "recorded_by": _("Recueilli par"),
    "refused_channels": _("Moyens refusés"),
    "refused_sorts": _("Messages refusés"),
    "reminded_at": _("Rappelé le"),
    "reported_at": _("Signalé le"),
    "revoked_at": _("Arrêté le"),
    "rings_at_night": _("Peut sonner la nuit"),
    "said": _("Ce qui en a été dit"),
    "scanned_at": _("Cherché le"),
    "seen_at": _("Lu le"),
    "seen_by": _("Lu par"),
    "sender": _("De l’adresse"),
    "sent_at": _("Envoyé le"),
    "services": _("Ce qu’il y a dans la ville"),
    "shift": _("Astreinte n°"),
    "signed_in_at": _("Ouvert le"),
    "sponsor": _("Parrain ou marraine"),
    "sponsorship": _("Parrainage n°"),
    "state": _("Où cela en est"),
    "suggested": _("Pistes retenues"),
    "table": _("Ce qui a été écrit"),
    "taken_back_at": _("Repris le"),
    "text": _("Texte"),
    "title": _("Titre"),
    "body": _("Message"),
    "to_state": _("Après"),
    "undone_at": _("Défait le"),
    "used_at": _("Utilisé le"),
    "visit": _("Visite n°"),
    "answers": _("Réponses"),
    "asked_to_give_at": _("Invité à donner le"),
    "language": _("Langue"),
    "proof": _("Confirmé"),
    "published_at": _("Montré le"),
    "proven_at": _("Confirmé le"),
    "proven_by": _("Confirmé par"),
    "reference": _("Référence"),
    "stage": _("Où cela en est"),
    "statement": _("Besoin exprimé"),
    "urgency": _("Urgence"),
    "way": _("Comment vous répondre"),
    "kind": _("Nature"),
    "commune": _("Commune"),
    "what": _("Ce qui a changé"),
    "yes_on": _("Vous avez dit oui le"),
}
