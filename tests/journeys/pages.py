"""Every page that somebody can open with a link: whose it is, and where. The steps of an offer are in walks.py."""

from collections.abc import Callable
from dataclasses import dataclass

from accounts.links import stop_token
from accounts.models import PersonEdit
from homes import links as visits
from matching.links import report_path
from notifications import links
from offers.links import draft_path, still_there_path
from offers.models import SharedDraft
from outreach import links as letters
from outreach.appeals import links as appeals
from tests.journeys.town import HERE, Town
from town import links as invitations

Path = Callable[[Town], str]


@dataclass(frozen=True, slots=True)
class Page:
    """`who` is a person of Town, "" a visitor; `status` what the page answers with.

    `unfolds` is False where a hundred parts unfold, all alike.
    """

    name: str
    who: str
    path: Path
    status: int = 200
    unfolds: bool = True


def _at(rest: str) -> Path:
    return lambda town: f"/{HERE}/{rest}"


def _offer(name: str, rest: str = "") -> Path:
    return lambda town: f"/{HERE}/propositions/{town.offers[name].reference}/{rest}"


def _need(name: str, rest: str = "") -> Path:
    return lambda town: f"/{HERE}/besoins/{town.needs[name].reference}/{rest}"


def _case(name: str) -> Path:
    return lambda town: f"/{HERE}/bureau/{town.needs[name].reference}/"


def _why_not(need: str, offer: str = "") -> Path:
    def path(town: Town) -> str:
        typed = f"?reference={town.offers[offer].reference}" if offer else "?reference=bonjour"
        return f"{_case(need)(town)}pourquoi-pas/{typed}"

    return path


def _why_not_of_offer(offer: str, need: str) -> Path:
    return lambda town: f"{_offer(offer, 'pourquoi-pas/')(town)}?reference={town.needs[need].reference}"


def _plan(name: str) -> Path:
    return lambda town: f"/{HERE}/bureau/plan/{town.plan_ids[name]}/"


def _asked(name: str) -> Path:
    return lambda town: town.answer_path(name, town.citizen)


def _explained(name: str) -> Path:
    return lambda town: f"/{HERE}/explication/{town.matches[name].pk}/"


def _stay(name: str) -> Path:
    return lambda town: f"/{HERE}/accueils/{town.matches[name].pk}/"


def _stays_of(name: str) -> Path:
    return lambda town: f"/{HERE}/besoins/{town.matches[name].need.reference}/accueils/"


def _confirms(name: str) -> Path:
    return lambda town: town.answer_path(name, town.member)


def _visit(name: str) -> Path:
    return lambda town: f"/{HERE}/bureau/visites/{town.visits[name].pk}/"


def _association(town: Town) -> str:
    return f"/{HERE}/associations/{town.member.memberships.get().organisation_id}/"


def _consent(town: Town) -> str:
    return f"/compte/accords/{town.citizen.consents.earliest('pk').pk}/retirer/"


def _change_to_stop(town: Town) -> str:
    """Behind the link that whoever had a contact before has in the mail."""
    citizen, made_at = town.citizen, town.citizen.created_at
    made = {"what": {"name": ["J. R.", "Jeanne R."]}}
    change, _is_new = PersonEdit.objects.get_or_create(person=citizen, by=citizen, at=made_at, defaults=made)
    return f"/compte/changement/{stop_token(change)}/"


def _draft(town: Town) -> str:
    """Behind the link that goes on with a draft on another device."""
    assert town.draft is not None
    return draft_path(town.draft)


def _told(town: Town) -> str:
    return f"/compte/association/{town.member.memberships.get().organisation_id}/messages/"


PAGES = [
    Page("cities", "", lambda town: "/"),
    Page("home", "", _at("")),
    Page("help", "", _at("aide/")),
    Page("status", "", lambda town: "/etat/"),
    Page("needs-public", "", _at("besoins/")),
    Page("needs-come-in", "", _at("besoins/poster/")),
    Page("statement-start", "", _at("j-ai-besoin/")),
    Page("statement-tonight", "", _at("j-ai-besoin/ce-soir/")),
    Page("voice", "", _at("ce-qui-manque/")),
    Page("voice-sort", "operator", _at("bureau/ce-qui-manque/")),
    Page("voice-rules", "", _at("regles/")),
    Page("voice-proposals", "administrator", _at("bureau/regles/")),
    Page("voice-proposal-new", "administrator", _at("bureau/regles/nouveau/")),
    Page("directory", "", _at("annuaire/")),
    Page("directory-filtered", "", _at("annuaire/?besoin=food&quand=soir")),
    Page("directory-kept", "administrator", _at("annuaire/gerer/")),
    Page("directory-new", "administrator", _at("annuaire/gerer/nouveau/")),
    Page("directory-who", "administrator", _at("annuaire/qui-repond/")),
    Page("directory-who-asked", "member", _at("annuaire/qui-repond/?mots=%C3%A9cole+dari")),
    Page("directory-who-new", "member", _at("annuaire/qui-repond/nouveau/")),
    Page("statements-number", "member", _at("j-ai-besoin/numero/")),
    Page("statements-asked", "member", _at("j-ai-besoin/confies/")),
    Page("statements-entrust", "coordinator", _at("bureau/besoins-a-confier/")),
    Page("town-close", "administrator", _at("ma-ville/fermer/")),
    Page("statements-recordings", "administrator", _at("bureau/voix/")),
    Page("algorithm", "", _at("algorithme/")),
    Page("explained-by-link", "", lambda town: _asked("proposed")(town) + "explication/"),
    Page("legal", "", lambda town: "/mentions-legales/"),
    Page("accessibility", "", lambda town: "/accessibilite/"),
    Page("privacy", "", lambda town: "/vos-donnees/"),
    Page("security", "", lambda town: "/securite/"),
    Page("api", "", lambda town: "/api/", unfolds=False),
    Page("sign-in", "", lambda town: "/connexion/"),
    Page("first-time", "", lambda town: "/connexion/premiere-fois/"),
    Page("join", "", _at("associations/inscription/")),
    Page("not-found", "", _at("nulle-part/"), 404),
    Page("asked", "", _asked("proposed")),
    Page("asked-no", "", lambda town: _asked("proposed")(town) + "?non"),
    Page("said-yes", "", _asked("accepted")),
    Page("said-no", "", _asked("declined")),
    Page("said-nothing", "", _asked("lapsed")),
    Page("citizen-contacts", "", _asked("confirmed")),
    Page("to-confirm", "", _confirms("accepted")),
    Page("to-refuse", "", lambda town: _confirms("accepted")(town) + "?non"),
    Page("association-contacts", "", _confirms("confirmed")),
    Page("link-altered", "", lambda town: _asked("proposed")(town)[:-4] + "/", 404),
    Page("still-there", "", lambda town: still_there_path(town.offers["small0"])),
    Page("still-there-said", "", lambda town: still_there_path(town.offers["room"])),
    Page("offer-to-confirm", "", lambda town: still_there_path(town.offers["waiting"])),
    Page("condition", "", lambda town: town.condition_path("far")),
    Page("condition-given", "", lambda town: town.condition_path("given")),
    Page("condition-kept", "", lambda town: town.condition_path("kept")),
    Page("condition-moot", "", lambda town: town.condition_path("moot")),
    Page("followup", "", lambda town: town.followup_path("asked")),
    Page("followup-answered", "", lambda town: town.followup_path("answered")),
    Page("check-in", "", lambda town: town.check_in_path()),
    Page("call-me", "", lambda town: links.call_me_path(town.person.pk, town.city, "need:1")),
    Page("messages-chosen", "", lambda town: f"/{HERE}/messages/{links.token(town.citizen)}/"),
    Page("messages-link-altered", "", _at("messages/autre/"), 404),
    Page("messages-own", "coordinator", lambda town: "/compte/messages/"),
    Page("agenda-none", "member", lambda town: "/compte/agenda/"),
    Page("agenda", "coordinator", lambda town: "/compte/agenda/"),
    Page("visit-host", "", lambda town: visits.host_path(town.visits["planned"])),
    Page("visit-link-altered", "", lambda town: visits.host_path(town.visits["planned"])[:-4] + "/", 404),
    Page("visits-of-home-host", "citizen", _offer("room", "visites/")),
    Page("visits", "coordinator", _at("bureau/visites/")),
    Page("visits-planned", "coordinator", _at("bureau/visites/?vue=prevues")),
    Page("visits-done", "coordinator", _at("bureau/visites/?vue=faites")),
    Page("visits-of-home", "coordinator", _offer("flat", "visites/")),
    Page("visit", "coordinator", _visit("planned")),
    Page("visit-passed", "coordinator", _visit("passed")),
    Page("visit-refused", "coordinator", _visit("refused")),
    Page("visit-questions", "administrator", _at("bureau/visites/questions/")),
    Page("dwellings", "coordinator", _at("bureau/logements-vides/")),
    Page("dwelling", "coordinator", lambda town: f"/{HERE}/bureau/logements-vides/{town.dwelling_id}/"),
    Page("dwelling-new", "coordinator", _at("bureau/logements-vides/nouveau/")),
    Page("shelters", "member", _at("lieux/")),
    Page("shelter", "coordinator", lambda town: f"/{HERE}/lieux/{town.shelter_id}/"),
    Page("shelter-new", "member", _at("lieux/nouveau/")),
    Page("shelter-edit", "member", lambda town: f"/{HERE}/lieux/{town.shelter_id}/modifier/"),
    Page("shelter-beds", "member", lambda town: f"/{HERE}/lieux/{town.shelter_id}/places/"),
    Page("shelter-shifts", "member", lambda town: f"/{HERE}/lieux/{town.shelter_id}/benevoles/"),
    Page("shelter-nights", "member", lambda town: f"/{HERE}/lieux/places/{town.nights_id}/"),
    Page("offers-mine", "citizen", _at("propositions/")),
    Page("offer", "citizen", _offer("room")),
    Page("offer-edit", "citizen", _offer("room", "modifier/")),
    Page("offer-picture", "citizen", _offer("duvets", "photo/")),
    Page("offer-go-on", "", _draft),
    Page("offer-go-on-over", "", lambda town: draft_path(SharedDraft(pk=0, city=town.city)), 410),
    Page("offer-withdraw", "citizen", _offer("room", "retirer/")),
    Page("matches-mine", "citizen", _at("demandes/")),
    Page("match-mine", "citizen", lambda town: f"/{HERE}/demandes/{town.matches['proposed'].pk}/"),
    Page("explained-citizen", "citizen", _explained("confirmed")),
    Page("account", "citizen", lambda town: "/compte/"),
    Page("consent", "citizen", _consent),
    Page("my-data", "citizen", lambda town: "/compte/mes-donnees/"),
    Page("who-read-mine", "citizen", lambda town: "/compte/mes-donnees/lectures/"),
    Page("account-number", "citizen", lambda town: "/compte/numero/"),
    Page("account-address", "citizen", lambda town: "/compte/adresse/"),
    Page("account-confirm", "citizen", lambda town: "/compte/confirmer/"),
    Page("account-change-to-stop", "", _change_to_stop),
    Page("account-change-too-old", "", lambda town: "/compte/changement/x/", status=404),
    Page("offers-none", "newcomer", _at("propositions/")),
    Page("matches-none", "newcomer", _at("demandes/")),
    Page("need-own", "person", _need("own")),
    Page("needs-mine-person", "person", _at("besoins/mes-besoins/")),
    Page("needs-kind", "member", _at("besoins/poster/")),
    Page("need-new-housing", "member", _at("besoins/poster/?nature=housing")),
    Page("need-new-goods", "member", _at("besoins/poster/?nature=goods")),
    Page("need-new-skill", "member", _at("besoins/poster/?nature=skill")),
    Page("needs-several", "member", _at("besoins/poster/plusieurs/")),
    Page("needs-mine", "member", _at("besoins/mes-besoins/")),
    Page("need", "member", _need("tonight")),
    Page("need-receipt", "member", _need("tonight", "?recu=1")),
    Page("need-edit", "member", _need("tonight", "modifier/")),
    Page("need-tonight", "member", _need("alone", "ce-soir/")),
    Page("need-withdraw", "member", _need("tonight", "retirer/")),
    Page("association-matches", "member", _at("demandes/")),
    Page("explained-association", "member", _explained("confirmed")),
    Page("association-team", "member", lambda town: f"{_association(town)}equipe/"),
    Page("association-invite", "member", lambda town: f"{_association(town)}equipe/inviter/"),
    Page("association-colleague", "member", lambda town: f"{_association(town)}equipe/{town.member.pk}/"),
    Page("association-leave", "member", lambda town: f"{_association(town)}equipe/quitter/"),
    Page("association-account", "member", lambda town: "/compte/"),
    Page("association-told", "member", _told),
    Page("desk", "coordinator", _at("bureau/")),
    Page("case", "coordinator", _case("tonight")),
    Page("desk-filters", "coordinator", _at("bureau/filtres/")),
    Page("desk-running", "coordinator", _at("bureau/?panier=en-cours")),
    Page("desk-side", "coordinator", _at("bureau/#desk-side")),
    Page("case-goods", "coordinator", _case("duvets")),
    Page("case-alone", "coordinator", _case("alone")),
    Page("case-relay", "coordinator", _case("relay")),
    Page("case-thread", "coordinator", lambda town: f"{_case('tonight')(town)}fil/"),
    Page("case-said", "coordinator", lambda town: f"{_case('tonight')(town)}messages/"),
    Page("case-in-turn", "coordinator", lambda town: f"{_case('relay')(town)}tour-a-tour/"),
    Page("case-colleagues", "coordinator", lambda town: f"{_case('tonight')(town)}equipe/"),
    Page("case-compare", "coordinator", lambda town: f"{_case('tonight')(town)}comparer/"),
    Page("why-not", "coordinator", _why_not("alone", "small1")),
    Page("why-not-possible", "coordinator", _why_not("tonight", "flat")),
    Page("why-not-unknown", "coordinator", _why_not("alone")),
    Page("why-not-of-offer", "coordinator", _why_not_of_offer("room", "duvets")),
    Page("case-may-it-give", "coordinator", _case("may-it-give-far")),
    Page("case-condition-kept", "coordinator", _case("may-it-give-kept")),
    Page("condition-noted", "coordinator", lambda town: f"/{HERE}/demandes/conditions/{town.questions['far'].pk}/"),
    Page("condition-gains", "coordinator", lambda town: f"{_case('alone')(town)}conditions/"),
    Page("case-asked", "coordinator", lambda town: f"/{HERE}/bureau/{town.matches['proposed'].need.reference}/"),
    Page("plans", "coordinator", _at("bureau/plan/")),
    Page("plans-ticked", "coordinator", lambda town: f"/{HERE}/bureau/plan/?besoin={town.needs['tonight'].reference}"),
    Page("plan", "coordinator", _plan("made")),
    Page("plan-stale", "coordinator", _plan("stale")),
    Page("plan-failed", "coordinator", _plan("failed")),
    Page("plan-waiting", "coordinator", _plan("waiting")),
    Page("associations", "coordinator", _at("associations/")),
    Page("to-chase", "coordinator", _at("a-relancer/")),
    Page("incidents", "administrator", _at("signalements/")),
    Page("incident-new", "operator", _at("signalements/nouveau/")),
    Page("incident", "administrator", lambda town: f"/{HERE}/signalements/{town.incident_id}/"),
    Page("incident-ending", "administrator", lambda town: f"/{HERE}/signalements/{town.ending_id}/"),
    Page("signal", "citizen", lambda town: f"/{HERE}/signaler/{town.matches['confirmed'].pk}/"),
    Page("signalled", "member", lambda town: f"/{HERE}/signaler/{town.matches['confirmed'].pk}/?merci"),
    Page("signal-about", "citizen", lambda town: f"/{HERE}/signaler/au-sujet-de/{town.offers['far'].reference}/"),
    Page("signal-linked", "", lambda town: report_path(town.matches["confirmed"], town.citizen)),
    Page("case-suspended", "coordinator", lambda town: f"/{HERE}/bureau/{town.matches['held'].need.reference}/"),
    Page("explained-desk", "coordinator", _explained("proposed")),
    Page("weights", "coordinator", _at("bureau/notation/")),
    Page("sorting", "coordinator", _at("bureau/objets/")),
    Page("sleeping", "coordinator", _at("accueils/")),
    Page("free-beds", "coordinator", _at("accueils/libres/")),
    Page("stay", "coordinator", _stay("confirmed")),
    Page("stay-of-host", "citizen", _stay("confirmed")),
    Page("stays-of-need", "member", _stays_of("confirmed")),
    Page("home-calendar", "coordinator", _offer("room", "calendrier/")),
    Page("linked-towns", "coordinator", _at("bureau/villes-liees/")),
    Page("between", "coordinator", _at("entre-villes/")),
    Page("between-household", "coordinator", _at("entre-villes/foyers/nouveau/")),
    Page("between-places", "coordinator", _at("entre-villes/places/nouvelles/")),
    Page(
        "between-asked",
        "coordinator",
        lambda town: f"/{HERE}/entre-villes/foyers/{town.household_id}/places/{town.linked_places_id}/",
    ),
    Page("rota", "coordinator", _at("bureau/astreintes/")),
    Page("webhooks", "administrator", _at("bureau/webhooks/")),
    Page("webhook", "administrator", lambda town: f"/{HERE}/bureau/webhooks/{town.endpoint_id}/"),
    Page("two-factors", "coordinator", lambda town: "/compte/double-verification/"),
    Page("passkey", "coordinator", lambda town: "/compte/double-verification/cle/"),
    Page("rescans", "coordinator", _at("bureau/recalculs/")),
    Page("what-if", "coordinator", _at("bureau/et-si/")),
    Page("foreseen", "coordinator", _at("bureau/et-si/prevu/")),
    Page("lists", "coordinator", _at("bureau/listes/")),
    Page("list-columns", "coordinator", lambda town: f"/{HERE}/bureau/listes/{town.list_ids[0]}/colonnes/"),
    Page("list-tried", "coordinator", lambda town: f"/{HERE}/bureau/listes/{town.list_ids[1]}/"),
    Page("town-offers", "coordinator", _at("propositions/ville/")),
    Page("town-offer", "coordinator", _offer("flat")),
    Page("coordinator-account", "coordinator", lambda town: "/compte/"),
    Page("team-channel", "administrator", _at("equipe/canal/")),
    Page("administrator-account", "administrator", lambda town: "/compte/"),
    Page("calls", "operator", _at("appels/")),
    Page("messages", "coordinator", _at("messages/")),
    Page("message", "coordinator", lambda town: f"/{HERE}/messages/{town.told_id}/"),
    Page("search", "coordinator", _at("chercher/?q=chambre")),
    Page("figures", "", _at("chiffres/")),
    Page("figures-team", "coordinator", _at("chiffres/equipe/")),
    Page("figures-today", "coordinator", _at("chiffres/equipe/aujourd-hui/")),
    Page("figures-by-commune", "coordinator", _at("chiffres/equipe/?by=commune&months=12&kind=housing")),
    Page("indicators", "coordinator", _at("chiffres/equipe/indicateurs/")),
    Page("search-nothing", "member", _at("chercher/?q=introuvable")),
    Page("letter-ask", "", _at("lettre/")),
    Page("letter-confirm", "", lambda town: letters.confirm_path(town.subscription)),
    Page("letter-leave", "", lambda town: letters.leave_path(town.subscription.pk, HERE)),
    Page("letter-link-altered", "", _at("lettre/quitter/autre/"), 404),
    Page("letters", "administrator", _at("lettre/equipe/")),
    Page("letter", "administrator", lambda town: f"/{HERE}/lettre/equipe/{town.issue_id}/"),
    Page("appeals", "administrator", _at("lettre/appels/")),
    Page(
        "appeal-new", "administrator",
        lambda town: f"/{HERE}/lettre/appels/nouveau/?besoin={town.needs['tonight'].reference}",
    ),
    Page("appeal", "administrator", lambda town: f"/{HERE}/lettre/appels/{town.appeal_id}/"),
    Page("appeals-refuse", "", lambda town: appeals.refuse_path(town.citizen, town.city)),
    Page("town", "administrator", _at("ma-ville/")),
    Page("town-front", "administrator", _at("ma-ville/accueil/")),
    Page("town-front-words", "administrator", _at("ma-ville/accueil/textes/ar/")),
    Page("town-front-picture", "administrator", _at("ma-ville/accueil/image/")),
    Page("town-front-preview", "administrator", _at("ma-ville/accueil/apercu/?brand_colour=%23113355")),
    Page("town-posters", "administrator", _at("ma-ville/affiches/")),
    Page("town-embed", "administrator", _at("ma-ville/sur-votre-site/")),
    Page("town-settings", "administrator", _at("ma-ville/reglages/delais/")),
    Page("town-team", "administrator", _at("ma-ville/equipe/")),
    Page("town-team-colleague", "coordinator", _at("ma-ville/equipe/")),
    Page("town-invite", "administrator", _at("ma-ville/equipe/inviter/")),
    Page("town-member", "administrator", lambda town: f"/{HERE}/ma-ville/equipe/{town.coordinator.pk}/"),
    Page("town-leave", "coordinator", _at("ma-ville/equipe/quitter/")),
    Page("town-invitation", "", lambda town: invitations.invitation_path(town.invitation)),
    Page("doubles", "coordinator", _at("ma-ville/doublons/")),
    Page("town-papers", "administrator", _at("ma-ville/papiers/")),
    Page("official-requests", "administrator", _at("ma-ville/demandes-officielles/")),
    Page("town-record", "administrator", _at("ma-ville/registre/")),
    Page("town-linked", "administrator", _at("ma-ville/villes/")),
    Page("town-colours", "administrator", _at("ma-ville/reglages/couleurs/")),
    Page("charter", "", _at("charte/")),
    Page("wordings", "administrator", _at("textes/")),
    Page("wording", "administrator", _at("textes/match_question/ar/email/")),
    Page("wording-sms", "administrator", _at("textes/match_question/fr/sms/")),
    Page("written", "operator", _at("ecrits/")),
    Page("written-all", "operator", _at("ecrits/?toutes=1")),
    Page("undelivered", "operator", _at("appels/non-remis/")),
    Page("call", "operator", lambda town: f"/{HERE}/appels/{town.call_id}/"),
    Page("erase", "citizen", lambda town: "/compte/effacer/"),
    Page("erase-caller", "operator", lambda town: f"/{HERE}/appels/{town.citizen.pk}/effacer/"),
    Page("holds", "administrator", _at("ma-ville/conservations/")),
    Page("caller-copy", "operator", _at("appel/donnees/")),
    Page("caller-offer", "operator", _at("appel/")),
    Page("caller-need", "operator", _at("appel/?entering=besoin:housing")),
]  # fmt: skip

# Addresses without a page of their own among these, and why not.
NO_PAGE = {
    "what is done there is sent by a form (POST), and leads to a page above": frozenset({
        "account_logout", "accounts:add_token", "accounts:agree_to_appeals", "accounts:end_elsewhere",
        "accounts:end_one",
        "accounts:revoke_token", "privacy:decide_hold", "privacy:take_back",
        "accounts:suspend_organisation",
        "accounts:verify_organisation", "accounts:give_consent_again",
        "insight:export", "insight:remove_indicator",
        "homes:act", "homes:begin", "homes:cost", "homes:dwelling_contact",
        "homes:step", "shelters:close", "shelters:close_some", "shelters:of_offer", "shelters:resume", "shelters:see",
        "shelters:take_back", "between:answer", "between:close_household", "between:close_places",
        "desk:act", "desk:flag",
        "desk:forget_view", "desk:hand_over",
        "desk:lift_flag", "desk:note",
        "matching:answer_linked_town",
        "matching:ask_condition", "matching:ask_linked_town", "desk:call", "desk:contact", "desk:give_back",
        "matching:propose_relay", "desk:same_household", "matching:sort", "desk:take",
        "notifications:call:outcome", "notifications:call:recognise", "notifications:call:take",
        "town:reset_factor", "notifications:call:send_again",
        "notifications:call:send_all_again",
        "notifications:inbox:seen", "notifications:refuse", "notifications:restore_wording",
        "notifications:team:leave", "notifications:team:trial", "offers:called", "offers:contact",
        "outreach:send", "outreach:appeals:send", "outreach:appeals:stop",
        "offers:pause", "offers:pause_until", "offers:reconfirm", "offers:revive", "offers:resume",
        "oncall:act", "oncall:cover", "push:add",
        "push:remove", "set_language", "town:answer_link", "town:decide_double",
        "town:end_link", "town:undo_double",
        "town:take_back", "town:take_back_colleague", "town:decide_offer_double", "town:undo_offer_double", "stays:act",
        "webhooks:act", "webhooks:remove", "webhooks:replay", "webhooks:rotate",
    }),
    "a step of a walk (walks.py, test_every_question, test_help.py)": frozenset({
        "account_confirm_login_code", "matching:offer_for_need", "offers:check", "offers:new", "offers:proven",
        "offers:device", "offers:sent", "offers:step",
    }),
    "a step of stating a need, and its page (test_stating.py, tests/statements)": frozenset({
        "statements:question", "statements:check", "statements:listen", "statements:own",
    }),
    "of one service, and of one that is sent to it (tests/directory)": frozenset({
        "directory:detail", "directory:edit", "directory:refer", "directory:answer", "directory:who_edit",
    }),
    "of one group, and of one proposal (test_voice.py, tests/voice)": frozenset({
        "voice:group", "voice:proposal", "voice:steer",
    }),
    "of one question (tests/whatif)": frozenset({"whatif:drawing", "whatif:one", "whatif:stop"}),
    "of an installation without a town (tests/town/test_first_town.py)": frozenset({"first_town:open"}),
    "a second factor: the pages before and after the one above (tests/accounts/test_pages.py)": frozenset({
        "account_inactive", "mfa_activate_totp", "mfa_authenticate", "mfa_deactivate_totp",
        "mfa_generate_recovery_codes", "mfa_reauthenticate", "mfa_view_recovery_codes",
    }),
    "of ProConnect (tests/accounts/test_proconnect.py)": frozenset({"proconnect", "proconnect_callback"}),
    "a passkey (test_passkey.py, tests/accounts/test_passkeys.py)": frozenset({
        "mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mfa_remove_webauthn",
    }),
    "a step of taking a list in (test_list.py, tests/lists)": frozenset({
        "lists:forget", "lists:give_out", "lists:settle", "lists:start", "lists:to_mend", "lists:undo", "lists:words",
    }),
    "on other sites, in the language of its address (tests/front/test_elsewhere.py)": frozenset({"front:frame"}),
    "another name of the page to sign in": frozenset({"account_login"}),
    "another page above, for the desk that notes an answer there (tests/notifications/channels/call)": frozenset({
        "notifications:call:answer",
    }),
    "a part of a page": frozenset({
        "callers:known", "catalogue:guesses", "catalogue:sizes", "cities:communes", "desk:live", "desk:queue_live",
    }),
    "read by programs": frozenset({
        "directory:services", "directory:structures", "favicon", "front:feed", "front:oembed", "front:picture",
        "front:poster",
        "robots", "sitemap",
        "algorithm_json", "city_css", "healthz", "manifest", "metrics", "readyz", "schema",
        "matching:explanation_pdf",
        "matching:linked_explanation_pdf", "matching:calendar", "matching:linked_calendar", "agenda:feed", "email:news",
        "stays:agreement", "stays:sponsorship", "security_txt",
        "push:worker", "sms:receipts", "sms:replies", "inbox_door:receive",
    }),
    "behind the link of a notice (tests/privacy/test_retention.py)": frozenset({"privacy:keep"}),
    "short, or kept by people, and leads to a page above": frozenset({
        "front:welcome", "offers:enter", "sms:link", "voice:opinion",
    }),
}  # fmt: skip
