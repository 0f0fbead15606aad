"""Who may open which address: one row an address, tried as every kind of person. What a row does not name is closed.

An address more without a row here fails.
"""

import uuid
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from accounts.links import stop_token
from accounts.models import PersonEdit, Role, Scope, User
from accounts.services import issue_token, record_consent
from agenda import links as agenda_links
from agenda import services as agenda
from between import services as between
from between.models import Line, PublishedHousehold, PublishedPlaces
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from desk import services as desk
from directory import agents
from directory import asking as referring
from directory import links as links_of_referrals
from directory import services as directory
from followups import links as followup_links
from followups import services as followups
from followups.models import CheckIn, FollowUp
from front.models import HomePicture
from homes import links as links_of_homes
from homes import services as homes
from insight import services as insight
from lists import services as lists
from matching import conditions, links, plans, services
from matching.models import TownAgreement
from notifications import links as links_of_messages
from notifications.channels.sms import links as links_of_sms
from notifications.inbox.models import MailReply
from offers import links as links_of_offers
from offers import services as offers
from oncall import services as oncall
from outreach import links as links_of_letters
from outreach import services as letters
from outreach.appeals import links as links_of_appeals
from outreach.appeals import services as appeals
from outreach.models import Subscription
from privacy import holds
from privacy import messages as letters_of_privacy
from privacy.models import Notice
from shelters import services as shelters
from statements import links as links_of_statements
from statements import services as statements
from tests.addresses import names
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer, suggested_match
from tests.factories.notifications import MessageFactory
from tests.factories.whatif import counted_figures
from town import links as links_of_the_town
from town import services as town
from voice import services as voice
from webhooks import services as webhooks
from whatif.models import Question

pytestmark = pytest.mark.django_db

PEOPLE = (
    "visitor", "citizen", "stranger", "member", "manager", "other_member", "suspended_member", "operator",
    "coordinator", "administrator", "elsewhere", "installer",
)  # fmt: skip
EVERYBODY = frozenset(PEOPLE)
SIGNED_IN = EVERYBODY - {"visitor"}
CITIZEN, MEMBER = frozenset({"citizen"}), frozenset({"member", "manager"})
COORDINATOR, ADMINISTRATOR = frozenset({"coordinator"}), frozenset({"administrator"})
DESK = frozenset({"operator", "coordinator"})
TEAM_OF_TOWN = DESK | ADMINISTRATOR
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """For whom the address opens, which words it takes after the town's, and who is told that it is not for them.

    To everybody else there is nothing at the address; a visitor is asked to sign in, unless `hides`.
    `only_open`: a town that is not open to the public has no such page. `is_kept`: a program may keep it, which it may
    of no other, for nobody is in it but in one's agenda, which is for one's own calendar to keep.
    """

    opens: frozenset[str]
    words: tuple[str, ...] = ()
    refuses: frozenset[str] = NOBODY
    hides: bool = False
    only_open: bool = False
    is_kept: bool = False


PUBLIC = Row(EVERYBODY)
OWN = Row(SIGNED_IN)
TOWN = Row(EVERYBODY, only_open=True)

ROWS = {
    # Of no town
    "cities": PUBLIC,
    "healthz": PUBLIC,
    "manifest": PUBLIC,
    "readyz": PUBLIC,
    "metrics": Row(NOBODY, hides=True),  # for whoever has its word: tests/test_metrics.py
    "set_language": PUBLIC,
    "legal": PUBLIC,
    "status": PUBLIC,
    "robots": Row(EVERYBODY, is_kept=True),
    "sitemap": Row(EVERYBODY, is_kept=True),
    "favicon": Row(EVERYBODY, is_kept=True),
    "accessibility": PUBLIC,
    "privacy": PUBLIC,
    "catalogue:guesses": PUBLIC,
    "catalogue:sizes": PUBLIC,
    "cities:communes": Row(EVERYBODY, is_kept=True),
    "api": PUBLIC,
    "schema": PUBLIC,
    # Signing in
    "account_login": PUBLIC,
    "account_request_login_code": PUBLIC,
    "account_confirm_login_code": PUBLIC,
    "account_signup": PUBLIC,
    "account_inactive": PUBLIC,
    "account_logout": PUBLIC,
    "mfa_index": OWN,
    "mfa_activate_totp": OWN,
    "mfa_deactivate_totp": Row(NOBODY),
    "mfa_reauthenticate": Row(NOBODY, refuses=SIGNED_IN),  # without a second factor yet,
    "mfa_view_recovery_codes": Row(NOBODY),
    "mfa_generate_recovery_codes": OWN,
    "mfa_authenticate": PUBLIC,
    "mfa_add_webauthn": OWN,
    "mfa_remove_webauthn": Row(NOBODY, ("passkey",)),  # nobody has one yet
    "mfa_reauthenticate_webauthn": Row(NOBODY, refuses=SIGNED_IN),  # likewise
    "mfa_login_webauthn": PUBLIC,
    # ProConnect, which this installation has not (tests/accounts/test_proconnect.py)
    "proconnect": Row(NOBODY, hides=True),
    "proconnect_callback": Row(NOBODY, hides=True),
    # One's account: nobody reads another's
    "accounts:home": OWN,
    "accounts:add_token": OWN,
    "accounts:change_address": OWN,
    "accounts:confirm": OWN,
    "accounts:stop_change": Row(EVERYBODY, ("stop",)),
    "sms:my_phone": OWN,
    "accounts:end_elsewhere": OWN,
    "accounts:end_one": Row(SIGNED_IN, ("session",)),
    "accounts:revoke_token": Row(CITIZEN, ("token",)),
    "accounts:withdraw_consent": Row(CITIZEN, ("consent",)),
    "accounts:give_consent_again": Row(CITIZEN, ("consent",)),
    "accounts:agree_to_appeals": OWN,
    "my_data:mine": OWN,
    "my_data:readings": OWN,
    "my_data:of_caller": Row(DESK),
    "security": PUBLIC,
    "security_txt": Row(NOBODY, hides=True),  # the installation has no contact
    "papers:town": Row(ADMINISTRATOR),
    "papers:official": Row(ADMINISTRATOR),
    "accounts:told": Row(frozenset({"manager"}), ("association",)),
    "privacy:erase": OWN,
    "privacy:take_back": OWN,
    "privacy:keep": Row(EVERYBODY, ("keep_link",)),
    "privacy:erase_caller": Row(DESK, ("caller",)),
    "privacy:holds": Row(ADMINISTRATOR),
    "privacy:decide_hold": Row(ADMINISTRATOR, ("hold", "lever")),
    # The town
    "home": TOWN,
    "front:help": TOWN,
    "front:welcome": Row(EVERYBODY, ("language",), only_open=True),
    "front:feed": Row(EVERYBODY, only_open=True, is_kept=True),
    "front:oembed": Row(NOBODY, hides=True),  # of no address that it is asked about (tests/front/test_elsewhere.py)
    "front:frame": Row(EVERYBODY, ("language",), only_open=True, is_kept=True),
    "front:picture": Row(EVERYBODY, ("digest", "webp"), is_kept=True),
    "front:overview": Row(ADMINISTRATOR),
    "front:words": Row(ADMINISTRATOR, ("language",)),
    "front:edit_picture": Row(ADMINISTRATOR),
    "front:preview": Row(ADMINISTRATOR),
    "front:posters": Row(ADMINISTRATOR),
    "front:poster": Row(ADMINISTRATOR, ("language",)),
    "front:embed": Row(ADMINISTRATOR),
    "city_css": Row(EVERYBODY, is_kept=True),
    "algorithm": TOWN,
    "algorithm_json": TOWN,
    "first_town:open": Row(NOBODY, ("word",), hides=True),  # there is a town (tests/town/test_first_town.py)
    # What its administration sees to
    "town:home": Row(ADMINISTRATOR),
    "town:close": Row(ADMINISTRATOR),
    "town:settings": Row(ADMINISTRATOR, ("group",)),
    "town:charter": TOWN,
    "town:team": Row(DESK | ADMINISTRATOR),
    "town:leave": Row(DESK | ADMINISTRATOR),
    "town:invite": Row(ADMINISTRATOR),
    "town:take_back": Row(ADMINISTRATOR, ("invitation",)),
    "town:member": Row(ADMINISTRATOR, ("colleague",)),
    "town:reset_factor": Row(ADMINISTRATOR, ("colleague",)),
    "town:association": Row(MEMBER, ("association",)),
    "town:invite_colleague": Row(frozenset({"manager"}), ("association",)),
    "town:leave_association": Row(MEMBER, ("association",)),
    "town:colleague": Row(frozenset({"manager"}), ("association", "member_key")),
    "town:take_back_colleague": Row(frozenset({"manager"}), ("of_association",)),
    "town:invitation": Row(EVERYBODY, ("invitation_link",)),
    "town:linked": Row(ADMINISTRATOR),
    "town:doubles": Row(COORDINATOR),
    "town:decide_double": Row(COORDINATOR, ("first", "second")),
    "town:undo_double": Row(COORDINATOR, ("double",)),
    "town:decide_offer_double": Row(COORDINATOR, ("first", "second")),
    "town:undo_offer_double": Row(COORDINATOR, ("offer_double",)),
    "town:record": Row(ADMINISTRATOR),
    "town:answer_link": Row(ADMINISTRATOR, ("link_request",)),
    "town:end_link": Row(ADMINISTRATOR, ("linked_town",)),
    # Associations
    "accounts:register_organisation": TOWN,
    "accounts:organisations": Row(COORDINATOR),
    "accounts:verify_organisation": Row(COORDINATOR, ("organisation",)),
    "accounts:suspend_organisation": Row(COORDINATOR, ("organisation",)),
    # Offers
    "offers:new": TOWN,
    "offers:step": Row(EVERYBODY, ("step",), only_open=True),
    "offers:check": TOWN,
    "offers:device": TOWN,
    "offers:go_on": Row(EVERYBODY, ("draft_link",), only_open=True),
    "offers:sent": Row(NOBODY, ("offer",), hides=True),  # in the browser that sent it alone
    "offers:picture": Row(CITIZEN | DESK, ("goods",), hides=True),  # and in the browser that sent it
    "offers:proven": Row(CITIZEN, ("offer",)),
    "offers:mine": OWN,
    "offers:detail": Row(CITIZEN | DESK, ("offer",)),
    "offers:pause": Row(CITIZEN | DESK, ("offer",)),
    "offers:pause_until": Row(CITIZEN | DESK, ("offer",)),
    "offers:revive": Row(CITIZEN, ("offer",)),
    "offers:resume": Row(CITIZEN | DESK, ("offer",)),
    "offers:reconfirm": Row(CITIZEN | DESK, ("offer",)),
    "offers:enter": Row(DESK),
    "callers:enter": Row(DESK),
    "callers:known": Row(DESK),
    "offers:town": Row(DESK),
    "offers:contact": Row(DESK, ("offer",)),
    "offers:called": Row(DESK, ("offer",)),
    # Visits of homes, and dwellings on their way
    "homes:visits": Row(COORDINATOR),
    "homes:visit": Row(COORDINATOR, ("visit",)),
    "homes:act": Row(COORDINATOR, ("visit", "annuler")),
    "homes:questions": Row(ADMINISTRATOR),
    "homes:offer": Row(CITIZEN | DESK, ("offer",)),
    "homes:begin": Row(COORDINATOR, ("offer",)),
    "homes:host": Row(EVERYBODY, ("visit_link",)),
    "homes:dwellings": Row(COORDINATOR),
    "homes:new_dwelling": Row(COORDINATOR),
    "homes:dwelling": Row(COORDINATOR, ("dwelling",)),
    "homes:dwelling_contact": Row(COORDINATOR, ("dwelling",)),
    "homes:step": Row(COORDINATOR, ("dwelling",)),
    "homes:cost": Row(COORDINATOR, ("dwelling",)),
    # Needs
    "needs:public": TOWN,
    "needs:new": TOWN,
    "needs:several": Row(frozenset({"member", "manager", "other_member"}) | DESK),
    "needs:mine": OWN,
    "needs:detail": Row(MEMBER | DESK, ("need",)),
    # What persons concerned state
    "statements:start": TOWN,
    "statements:tonight": TOWN,
    "statements:question": Row(EVERYBODY, ("draft", "stated_question"), only_open=True),
    "statements:check": Row(EVERYBODY, ("draft",), only_open=True),
    "statements:listen": Row(EVERYBODY, ("stated_question", "language"), is_kept=True),
    "statements:own": Row(EVERYBODY, ("statement_link",)),
    "statements:number": Row(frozenset({"member", "manager", "other_member"}) | DESK),
    "statements:asked": Row(frozenset({"member", "manager", "other_member", "suspended_member"})),
    "statements:entrust": Row(COORDINATOR),
    "statements:recordings": Row(ADMINISTRATOR),
    # The directory
    "voice:say": TOWN,
    "voice:rules": TOWN,
    "voice:proposal": Row(EVERYBODY, ("proposal",), only_open=True),
    "voice:opinion": Row(EVERYBODY, ("opinion",), only_open=True),
    "voice:sort": Row(DESK),
    "voice:group": Row(DESK, ("remark_group",)),
    "voice:proposals": Row(COORDINATOR | ADMINISTRATOR),
    "voice:proposal_new": Row(COORDINATOR | ADMINISTRATOR),
    "voice:steer": Row(COORDINATOR | ADMINISTRATOR, ("proposal",)),
    "whatif:index": Row(COORDINATOR | ADMINISTRATOR),
    "whatif:foreseen": Row(COORDINATOR | ADMINISTRATOR),
    "whatif:one": Row(COORDINATOR | ADMINISTRATOR, ("whatif",)),
    "whatif:drawing": Row(COORDINATOR | ADMINISTRATOR, ("whatif",)),
    "whatif:stop": Row(COORDINATOR | ADMINISTRATOR, ("whatif",)),
    "directory:public": TOWN,
    "directory:detail": Row(EVERYBODY, ("listed_service",), only_open=True),
    "directory:structures": Row(EVERYBODY, only_open=True, is_kept=True),
    "directory:services": Row(EVERYBODY, only_open=True, is_kept=True),
    "directory:refer": Row(MEMBER | DESK, ("need",)),
    "directory:answer": Row(EVERYBODY, ("referral_link",)),
    "directory:kept": Row(MEMBER | TEAM_OF_TOWN | {"other_member"}),
    "directory:new": Row(MEMBER | TEAM_OF_TOWN | {"other_member"}),
    "directory:edit": Row(MEMBER | TEAM_OF_TOWN, ("listed_service",)),
    "directory:who": Row(MEMBER | TEAM_OF_TOWN | {"other_member"}),
    "directory:who_new": Row(MEMBER | TEAM_OF_TOWN | {"other_member"}),
    "directory:who_edit": Row(MEMBER | TEAM_OF_TOWN, ("agent_card",)),
    # Matches
    "matching:edit_offer": Row(CITIZEN | DESK, ("offer",)),
    "matching:edit_need": Row(MEMBER | DESK, ("need",)),
    "matching:withdraw_offer": Row(CITIZEN | DESK, ("offer",)),
    "matching:offer_for_need": Row(NOBODY, ("offer",), hides=True),  # of an offer that was made for one
    "matching:still_there": Row(EVERYBODY, ("offer_link",)),
    "matching:need_tonight": Row(MEMBER | DESK, ("need",)),
    "matching:withdraw_need": Row(MEMBER | DESK, ("need",)),
    "desk:queue": Row(COORDINATOR),
    "desk:case": Row(COORDINATOR, ("need",)),
    "matching:linked_towns": Row(COORDINATOR),
    "matching:answer_linked_town": Row(COORDINATOR, ("agreement",)),
    "matching:ask_linked_town": Row(COORDINATOR, ("match",)),
    "between:overview": Row(COORDINATOR),
    "between:publish_household": Row(COORDINATOR),
    "between:publish_places": Row(COORDINATOR),
    "between:ask": Row(COORDINATOR, ("household", "linked_places")),
    "between:close_household": Row(COORDINATOR, ("household",)),
    "between:close_places": Row(COORDINATOR, ("own_places",)),
    "between:answer": Row(COORDINATOR, ("said_yes",)),
    "desk:take": Row(COORDINATOR, ("need",)),
    "desk:same_household": Row(COORDINATOR, ("need", "other_need")),
    "desk:give_back": Row(COORDINATOR, ("need",)),
    "desk:thread": Row(COORDINATOR, ("need",)),
    "desk:said": Row(COORDINATOR, ("need",)),
    "desk:in_turn": Row(COORDINATOR, ("need",)),
    "desk:colleagues": Row(COORDINATOR, ("need",)),
    "desk:compare": Row(COORDINATOR, ("need",)),
    "desk:live": Row(COORDINATOR, ("need",)),
    "desk:queue_live": Row(COORDINATOR),
    "desk:hand_over": Row(COORDINATOR, ("need",)),
    "desk:note": Row(COORDINATOR, ("need",)),
    "desk:flag": Row(COORDINATOR, ("need",)),
    "desk:lift_flag": Row(COORDINATOR, ("flag",)),
    "desk:filters": Row(COORDINATOR),
    "desk:forget_view": Row(COORDINATOR, ("view",)),
    "matching:propose_relay": Row(COORDINATOR, ("need",)),
    "matching:why_not": Row(COORDINATOR, ("need",)),
    "matching:why_not_of_offer": Row(COORDINATOR, ("offer",)),
    "desk:act": Row(COORDINATOR, ("match", "act")),
    "desk:contact": Row(COORDINATOR, ("match",)),
    "desk:call": Row(COORDINATOR, ("match", "side")),
    "matching:condition_gains": Row(COORDINATOR, ("need",)),
    "matching:ask_condition": Row(COORDINATOR, ("need", "offer_number", "rule")),
    "matching:plans": Row(COORDINATOR),
    "matching:sorting": Row(COORDINATOR),
    "matching:sort": Row(COORDINATOR, ("list", "offer")),
    "matching:plan": Row(COORDINATOR, ("plan",)),
    "matching:rescans": Row(COORDINATOR),
    # Lists taken in and given out
    "lists:lists": Row(COORDINATOR),
    "lists:give_out": Row(COORDINATOR),
    "lists:one": Row(COORDINATOR, ("list_number",)),
    "lists:columns": Row(COORDINATOR, ("list_number",)),
    "lists:words": Row(COORDINATOR, ("list_number",)),
    "lists:start": Row(COORDINATOR, ("list_number",)),
    "lists:to_mend": Row(COORDINATOR, ("list_number", "file_form")),
    "lists:settle": Row(COORDINATOR, ("list_number", "line")),
    "lists:undo": Row(COORDINATOR, ("list_number",)),
    "lists:forget": Row(COORDINATOR, ("list_number",)),
    "matching:weights": Row(COORDINATOR | ADMINISTRATOR),
    "matching:mine": OWN,
    "matching:mine_one": Row(CITIZEN | MEMBER | COORDINATOR, ("match",)),
    "matching:my_condition": Row(MEMBER | DESK, ("question",)),
    "matching:calendar": Row(CITIZEN | MEMBER, ("confirmed",)),
    "matching:explanation": Row(CITIZEN | MEMBER | COORDINATOR, ("match",)),
    "matching:explanation_pdf": Row(CITIZEN | MEMBER | COORDINATOR, ("match",)),
    # Places for many
    "shelters:list": Row(MEMBER | COORDINATOR | {"other_member", "suspended_member"}),
    "shelters:new": Row(MEMBER | COORDINATOR | {"other_member"}),
    "shelters:shelter": Row(MEMBER | COORDINATOR, ("shelter",)),
    "shelters:edit": Row(MEMBER | COORDINATOR, ("shelter",)),
    "shelters:close": Row(MEMBER | COORDINATOR, ("shelter",)),
    "shelters:see": Row(COORDINATOR, ("shelter",)),
    "shelters:add_nights": Row(MEMBER | COORDINATOR, ("shelter",)),
    "shelters:add_shifts": Row(MEMBER | COORDINATOR, ("shelter",)),
    "shelters:nights": Row(MEMBER | COORDINATOR, ("nights",)),
    "shelters:close_some": Row(MEMBER | COORDINATOR, ("nights",)),
    "shelters:take_back": Row(MEMBER | COORDINATOR, ("nights",)),
    "shelters:resume": Row(MEMBER | COORDINATOR, ("nights",)),
    "shelters:of_offer": Row(MEMBER | COORDINATOR, ("nights_offer",)),
    # What a placement is once people have met
    "stays:tonight": Row(COORDINATOR),
    "stays:free_beds": Row(COORDINATOR),
    "stays:one": Row(CITIZEN | MEMBER | COORDINATOR, ("confirmed",)),
    "stays:act": Row(CITIZEN | MEMBER | COORDINATOR, ("confirmed", "stay_act")),
    "stays:sponsorship": Row(NOBODY, ("confirmed",)),  # it is none (tests/stays/test_sponsorship.py)
    "stays:agreement": Row(COORDINATOR, ("home",)),
    "stays:of_need": Row(MEMBER | DESK, ("need",)),
    "stays:calendar": Row(CITIZEN | DESK, ("offer",)),
    # By a signed link: whoever holds it
    "matching:answer": Row(EVERYBODY, ("link",)),
    "matching:linked_calendar": Row(EVERYBODY, ("confirmed_link",)),
    "matching:linked_explanation": Row(EVERYBODY, ("link",)),
    "matching:linked_explanation_pdf": Row(EVERYBODY, ("link",)),
    "matching:condition": Row(EVERYBODY, ("condition_link",)),
    "followups:answer": Row(EVERYBODY, ("followup_link",)),
    "followups:check_in": Row(EVERYBODY, ("check_in_link",)),
    "followups:signal_linked": Row(EVERYBODY, ("report_link",)),
    "followups:to_chase": Row(COORDINATOR),
    # Reports and calls
    "oncall:rota": Row(COORDINATOR | ADMINISTRATOR),
    "oncall:cover": Row(COORDINATOR),
    "oncall:act": Row(COORDINATOR | ADMINISTRATOR, ("shift", "annuler")),
    # Other systems that are told
    "webhooks:list": Row(ADMINISTRATOR),
    "webhooks:one": Row(ADMINISTRATOR, ("endpoint",)),
    "webhooks:rotate": Row(ADMINISTRATOR, ("endpoint",)),
    "webhooks:remove": Row(ADMINISTRATOR, ("endpoint",)),
    "webhooks:replay": Row(ADMINISTRATOR, ("endpoint", "webhook_delivery")),
    "webhooks:act": Row(ADMINISTRATOR, ("endpoint", "essai")),
    # Nobody is named: the administration reads (tests/followups/test_incidents.py)
    "followups:incidents": Row(ADMINISTRATOR),
    "followups:incident": Row(ADMINISTRATOR, ("incident",)),
    "followups:report": Row(DESK),
    "followups:about": Row(SIGNED_IN, ("offer",)),
    "followups:signal": Row(CITIZEN | MEMBER | DESK, ("confirmed",)),
    "notifications:inbox:list": Row(DESK),
    "notifications:inbox:seen": Row(DESK, ("mail", "heard")),
    "inbox_door:receive": Row(NOBODY, ("word",), hides=True),
    "notifications:call_me": Row(EVERYBODY, ("call_me",)),
    # The letter of a town
    "outreach:ask": TOWN,
    "outreach:confirm": Row(EVERYBODY, ("letter_confirm",)),
    "outreach:leave": Row(EVERYBODY, ("letter_leave",)),
    "outreach:appeals:list": Row(COORDINATOR | ADMINISTRATOR),
    "outreach:appeals:new": Row(COORDINATOR | ADMINISTRATOR),
    "outreach:appeals:page": Row(COORDINATOR | ADMINISTRATOR, ("appeal",)),
    "outreach:appeals:send": Row(COORDINATOR | ADMINISTRATOR, ("appeal",)),
    "outreach:appeals:stop": Row(COORDINATOR | ADMINISTRATOR, ("appeal",)),
    "outreach:appeals:refuse": Row(EVERYBODY, ("appeal_refuse",)),
    "outreach:issues": Row(COORDINATOR | ADMINISTRATOR),
    "outreach:issue": Row(COORDINATOR | ADMINISTRATOR, ("issue",)),
    "outreach:send": Row(COORDINATOR | ADMINISTRATOR, ("issue",)),
    "notifications:wordings": Row(ADMINISTRATOR),
    "notifications:wording": Row(ADMINISTRATOR, ("text", "language", "form")),
    "notifications:restore_wording": Row(ADMINISTRATOR, ("text", "language", "form")),
    "notifications:choose": Row(EVERYBODY, ("choices",)),
    "notifications:refuse": Row(EVERYBODY, ("choices", "sort")),
    "my_messages": OWN,
    "notifications:call:list": Row(DESK),
    "notifications:call:one": Row(DESK, ("call",)),
    "notifications:call:take": Row(DESK, ("call",)),
    "notifications:call:outcome": Row(DESK, ("call",)),
    "notifications:call:recognise": Row(DESK, ("call",)),
    "notifications:call:answer": Row(DESK, ("call",)),
    "notifications:call:send_again": Row(DESK, ("call",)),
    "notifications:call:undelivered": Row(DESK),
    "notifications:call:send_all_again": Row(DESK),
    # What a town can know of itself
    "insight:search": OWN,
    "insight:public": TOWN,
    "insight:team": Row(COORDINATOR),
    "insight:today": Row(COORDINATOR),
    "insight:indicators": Row(COORDINATOR),
    "insight:export": Row(COORDINATOR),
    "insight:remove_indicator": Row(COORDINATOR, ("indicator",)),
    # One's own agenda, and its secret address
    "agenda:page": OWN,
    "agenda:feed": Row(EVERYBODY, ("agenda",), is_kept=True),
    "notifications:team:room": Row(ADMINISTRATOR),
    "notifications:team:trial": Row(NOBODY),  # there is no place yet
    "notifications:team:leave": Row(ADMINISTRATOR),
    # One's own messages on the site
    "notifications:inapp:list": OWN,
    "notifications:inapp:one": Row(frozenset({"member"}), ("told",)),
    "email:news": Row(NOBODY, ("word",), hides=True),
    # Push: one's own devices, and the script that a browser fetches by itself
    "push:worker": Row(EVERYBODY, is_kept=True),
    "push:add": Row(NOBODY, refuses=SIGNED_IN),  # the installation has no key
    "push:remove": Row(SIGNED_IN, ("device",)),
    # SMS: a short address for whoever holds it; the rest for a gateway that knows the word
    "sms:link": Row(EVERYBODY, ("short_link",)),
    "sms:receipts": Row(NOBODY, ("word",), hides=True),
    "sms:replies": Row(NOBODY, ("word",), hides=True),
    # The API
    **dict.fromkeys(
        (
            "api-me", "api-town-list", "api-commune-list", "api-vocabulary-list", "api-item-list",
            "api-organisation-list", "api-visit-list", "api-condition-list", "api-plan-list", "api-followup-list",
            "api-outcome-list", "api-call-list", "api-event-list", "api-match-export", "api-outcome-export",
            "api-directory-list",
            "api-offer-bulk", "api-need-bulk",
        ),
        OWN,
    ),
    # Whoever answers the phone reads a town's offers and needs, and takes none of its lists away.
    **dict.fromkeys(
        ("api-offer-export", "api-need-export"), Row(SIGNED_IN - {"operator"}, refuses=frozenset({"operator"}))
    ),
    "api-commune-detail": Row(SIGNED_IN, ("insee",)),
    "api-directory-detail": Row(SIGNED_IN, ("listed_service",), only_open=True),
    "api-call-detail": Row(DESK, ("call",)),
    **{f"api-call-{act}": Row(DESK, ("call",)) for act in ("take", "recognise", "note")},
    "api-visit-detail": Row(CITIZEN | COORDINATOR, ("visit",)),
    **{
        f"api-visit-{act}": Row(COORDINATOR, ("visit",), refuses=CITIZEN)
        for act in ("conclude", "cancel")
    },
    **{
        f"api-visit-{act}": Row(CITIZEN | COORDINATOR, ("visit",))
        for act in ("refuse", "move", "other-time")
    },
    "api-visit-decline": Row(CITIZEN, ("visit",), refuses=COORDINATOR),
    **{
        f"api-case-{part}": Row(COORDINATOR, ("need",))
        for part in ("near-misses", "relays", "propose-relay")
    },
    "api-condition-detail": Row(MEMBER | DESK, ("question",)),
    "api-condition-say": Row(MEMBER | DESK, ("question",)),
    "api-plan-detail": Row(COORDINATOR, ("plan",)),
    "api-plan-accept": Row(COORDINATOR, ("plan",)),
    "api-followup-detail": Row(MEMBER | COORDINATOR, ("followup",)),
    "api-followup-say": Row(MEMBER | COORDINATOR, ("followup",)),
    "api-offer-list": OWN,
    "api-offer-detail": Row(CITIZEN | DESK, ("offer",)),
    "api-offer-pause": Row(CITIZEN | DESK, ("offer",)),
    "api-offer-resume": Row(CITIZEN | DESK, ("offer",)),
    "api-offer-reconfirm": Row(CITIZEN | DESK, ("offer",)),
    "api-offer-withdraw": Row(CITIZEN | DESK, ("offer",)),
    "api-need-list": OWN,
    "api-need-detail": Row(MEMBER | DESK, ("need",)),
    "api-need-withdraw": Row(MEMBER | DESK, ("need",)),
    "api-match-list": OWN,
    "api-match-why-not": OWN,
    "api-match-detail": Row(CITIZEN | MEMBER | COORDINATOR, ("match",)),
    **{
        f"api-match-{act}": Row(CITIZEN | MEMBER | COORDINATOR, ("match",))
        for act in (
            "propose", "dismiss", "decline", "confirm", "reconfirm", "refuse", "cancel", "break-off", "start",
            "ask-longer", "not-longer", "shorten", "hand-over",
        )
    },
    "api-match-accept": Row(CITIZEN | COORDINATOR, ("match",), refuses=MEMBER),
    "api-match-stay-longer": Row(CITIZEN | MEMBER | COORDINATOR, ("match",)),
}  # fmt: skip


def test_every_address_has_its_row() -> None:
    assert set(names(get_resolver())) == set(ROWS)


@dataclass(frozen=True, slots=True)
class World:
    """A town with one record of each kind, who stands how to it, and the words that name the records."""

    slug: str
    people: dict[str, User | None]
    words: dict[str, Any]

    def address(self, name: str) -> str:
        values = [self.words[word] for word in ROWS[name].words]
        try:
            return reverse(name, args=[self.slug, *values])
        except NoReverseMatch:  # of no town
            return reverse(name, args=values)


def build() -> World:
    now = timezone.now()
    city = CityFactory(slug="strasbourg", name="Strasbourg", charter_text="Accueillir.")
    association = OrganisationFactory(city=city, verified=True)
    people: dict[str, User | None] = {
        "visitor": None,
        "citizen": UserFactory(),
        "stranger": UserFactory(),
        "member": MembershipFactory(organisation=association).user,
        "manager": MembershipFactory(organisation=association, role="manager").user,
        "other_member": MembershipFactory(organisation__city=city, organisation__verified=True).user,
        "suspended_member": MembershipFactory(organisation__city=city, organisation__suspended=True).user,
        "elsewhere": CityRoleFactory().user,
        "installer": UserFactory(is_superuser=True, is_staff=True),
    }
    for role in Role:
        people[role.value] = CityRoleFactory(city=city, role=role).user
    citizen, member, coordinator = (people[who] for who in ("citizen", "member", "coordinator"))

    taken_in = lists.receive(
        sender=lists.sender_of_offers(city=city, name="Paroisse", now=now),
        name="liste.csv",
        content=[b"id;kind\n1;housing\n"],
        by=coordinator,
        now=now,
    )
    match = suggested_match(
        city=city,
        now=now,
        offer={"owner": citizen, "confirmed_at": now},
        need={"organisation": association},
    )
    services.propose(match_id=match.pk, by=coordinator, now=now)
    over = suggested_match(
        city=city,
        now=now,
        kind=Kind.GOODS,
        offer={"owner": citizen},
        need={"organisation": association},
    )
    for act, by in ((services.propose, coordinator), (services.accept, citizen), (services.confirm, member)):
        act(match_id=over.pk, by=by, now=now)
    followup = FollowUp.objects.create(
        match=over, due_on=timezone.localdate(now), asked_at=now, created_at=now
    )
    far = due_offer(city=city, now=now, latitude=city.seat.latitude + 15 / 111.2, capacity=2)
    asking = due_need(
        city=city, now=now, organisation=association, adult_women=2, children_3_to_11=0, people=2, quantity=2
    )
    drain(now)
    question = conditions.ask(need_id=asking.pk, offer_id=far.pk, rule="distance", by=coordinator, now=now)
    plan = plans.ask(
        city_id=city.pk, kind="", urgency="", need_ids=[], budget_seconds=10, by=coordinator, now=now
    )
    incident = followups.report_incident(offer_id=far.pk, text="Un fait", by=coordinator, now=now)
    administrator = people["administrator"]
    invitation = town.invite(
        city=city, email="lea@exemple.fr", language="fr", roles=["operator"], by=administrator, now=now
    )
    double = town.tell_apart(city=city, kept_id=citizen.pk, other_id=far.owner_id, by=coordinator, now=now)
    offer_double = town.tell_offers_apart(
        city=city, kept_id=far.pk, other_id=over.offer_id, by=coordinator, now=now
    )
    linked_town = CityFactory()
    city.linked.add(linked_town)
    household, linked_places, own_places, line = between_towns(city, linked_town, coordinator, now)
    request = town.ask_link(city=city, other=CityFactory(), by=administrator, now=now)
    token, _secret = issue_token(user=citizen, name="Tableur", scopes=Scope.values, by=citizen, now=now)
    consent = record_consent(
        user=citizen, purpose="contact", wording_version="1", by=citizen, now=now - timedelta(days=1)
    )
    neighbour = suggested_match(
        city=CityFactory(),
        now=now,
        kind=Kind.GOODS,
        need={"category": "furniture"},
        offer={"category": "furniture"},
    )
    agreement = TownAgreement.objects.create(
        city=city, match=neighbour, asked_by=coordinator, asked_at=now, answer_by=now + timedelta(days=1)
    )
    shift = oncall.cover(
        city=city, rank=1, starts_at=now, ends_at=now + timedelta(days=1), by=coordinator, now=now
    )
    key = str(uuid.uuid4())
    draft = offers.share(city=city, key=key, answers={"key": key, "answers": {}, "checked": False}, now=now)
    offers.take_up(city=city, number=draft.number, by=coordinator, now=now)
    letter = Subscription.objects.create(city=city, person=UserFactory(), language="fr", asked_at=now)
    administrator = people["administrator"]
    endpoint = webhooks.add(
        city=city, url="https://93.184.216.34/", happenings=["need.met"], by=administrator, now=now
    )
    visit = homes.plan(
        offer_id=match.offer_id,
        starts_at=now + timedelta(days=1),
        visitor=coordinator,
        by=coordinator,
        now=now,
    )
    dwelling = homes.find_dwelling(
        city=city, fields={"title": "T2", "commune": city.seat, "capacity": 2}, by=coordinator, now=now
    )
    home = suggested_match(city=city, now=now, need={"organisation": association})
    for act, by in (
        (services.propose, coordinator),
        (services.accept, home.offer.owner),
        (services.confirm, member),
    ):
        act(match_id=home.pk, by=by, now=now)
    statement = statements.state(
        city=city,
        kind=Kind.GOODS,
        answers={
            "category": "bedding", "quantity": 2, "urgency": "this_week", "commune": city.seat_id, "way": "desk",
        },
        language="fr",
        external_key="form:1",
        by=None,
        now=now,
    )  # fmt: skip
    statements.record(
        city=city, question="qui", language="fr", content=b"OggS" + bytes(40), by=administrator, now=now
    )
    listed_service = directory.add(
        city=city,
        fields={
            "organisation": association,
            "name": "Permanence",
            "about": "Une juriste répond.",
            "thematics": ["sante--acces-aux-soins"],
            "commune": city.seat,
        },
        by=member,
        now=now,
    )
    agent_card = agents.add(
        city=city,
        fields={"organisation": association, "name": "Nadia", "words": "école", "phone": "+33353018001"},
        by=member,
        now=now,
    )
    shelter = shelters.found(
        city=city,
        organisation=association,
        fields={
            "name": "Gymnase", "commune": city.seat, "address": "1 rue", "phone": "", "arrives_from": None,
            "arrives_until": None, "rules": "",
        },
        by=member,
        now=now,
    )  # fmt: skip
    nights = shelters.add_nights(
        shelter_id=shelter.pk,
        fields={
            "capacity": 9, "accepts": [], "step_free": True, "pets_accepted": False, "longest_stay_days": None,
        },
        first_day=timezone.localdate(now) + timedelta(days=300),
        last_day=None,
        by=member,
        now=now,
    )  # fmt: skip
    referral, _is_told = referring.ask(need_id=asking.pk, service=listed_service, by=coordinator, now=now)
    french = {"fr": "Des cours le soir"}
    begun = {"by": administrator, "now": now - timedelta(days=8)}
    proposal = voice.draft(city=city, titles=french, texts=french, weights=None, **begun)
    today = local_day(now, city)
    voice.open_to_comments(proposal_id=proposal.pk, until=today - timedelta(days=1), **begun)
    judged = voice.record_opinion(
        proposal_id=proposal.pk, on=today, verdict="for", texts=french, by=administrator, now=now
    )
    whatif = Question.objects.create(
        city=city, by=administrator, at=now, moved_at=now, coordinators=1, figures=counted_figures()
    )
    words = {
        "whatif": whatif.pk,
        "proposal": proposal.pk,
        "opinion": judged.opinion,
        "remark_group": voice.begin_group(city=city, titles=french, by=coordinator, now=now).pk,
        "listed_service": listed_service.pk,
        "agent_card": agent_card.pk,
        "shelter": shelter.pk,
        "nights_offer": nights.offer.reference,
        "nights": nights.pk,
        "referral_link": links_of_referrals.answer_path(referral, member).split("/")[-2],
        "statement_link": links_of_statements.own_path(statement).split("/")[-2],
        "draft": "abcdefghijk",
        "stated_question": "qui",
        "visit": visit.pk,
        "visit_link": links_of_homes.host_path(visit).split("/")[-2],
        "dwelling": dwelling.pk,
        "home": home.pk,
        "stay_act": "start",
        "endpoint": endpoint.pk,
        "webhook_delivery": webhooks.send_test(endpoint_id=endpoint.pk, by=administrator, now=now).pk,
        "essai": "essai",
        "shift": shift.pk,
        "annuler": "annuler",
        "agreement": agreement.pk,
        "token": token.pk,
        "passkey": 1,
        "session": "0123456789abcdef",
        "consent": consent.pk,
        "association": association.pk,
        "organisation": OrganisationFactory(city=city).pk,
        "step": "category",
        "list": "propositions",
        "offer": match.offer.reference,
        "goods": due_offer(city=city, now=now, owner=citizen, kind=Kind.GOODS).reference,
        "offer_number": far.pk,
        "need": asking.reference,
        "other_need": match.need.reference,
        "rule": "distance",
        "match": match.pk,
        "act": "propose",
        "side": "propose",
        "plan": plan.pk,
        "question": question.pk,
        "link": links.answer_path(match, citizen).split("/")[-2],
        "offer_link": links_of_offers.still_there_path(match.offer).split("/")[-2],
        "confirmed": over.pk,
        "digest": HomePicture.objects.create(
            city=city,
            state=HomePicture.State.SHOWN,
            descriptions={"fr": "La place"},
            small=b"1",
            preview=b"1",
            width=1,
            height=1,
            digest="abc",
            added_at=now,
        ).digest,
        "webp": "webp",
        "confirmed_link": links.answer_path(over, citizen).split("/")[-2],
        "agenda": agenda_links.token(agenda.renew(person=citizen, by=citizen, now=now)),
        "condition_link": links.condition_path(question, member).split("/")[-2],
        "followup": followup.pk,
        "insee": city.seat_id,
        "followup_link": followup_links.answer_path(followup, member).split("/")[-2],
        "report_link": links.report_path(over, citizen).rstrip("/").rpartition("/")[2],
        "check_in_link": followup_links.check_in_path(
            CheckIn.objects.create(
                match=home, side="poster", due_on=timezone.localdate(now), asked_at=now - timedelta(days=10)
            ),
            member,
        ).split("/")[-2],
        "keep_link": letters_of_privacy.keep_path(
            Notice.objects.create(person=citizen, sent_at=now, erase_on=now.date())
        ).split("/")[-2],
        "caller": citizen.pk,
        "hold": holds.ask(city=city, person=citizen, reason="Tribunal", by=administrator, now=now).pk,
        "lever": "lever",
        "mail": "mail",
        "heard": MailReply.objects.create(
            person=citizen,
            message=MessageFactory(recipient=citizen, city=city),
            city=city,
            text="Bonjour",
            said="unclear",
            became="read_by_desk",
            digest="1",
            received_at=now,
        ).pk,
        "call_me": links_of_messages.call_me_path(citizen.pk, city, f"match:{match.pk}").split("/")[-2],
        "choices": links_of_messages.token(citizen),
        "sort": "reminders",
        "letter_confirm": links_of_letters.confirm_path(letter).split("/")[-2],
        "letter_leave": links_of_letters.leave_path(letter.pk, city.slug).split("/")[-2],
        "appeal": appeals.draft(
            city=city, needs=[asking], words={}, wanted=1, reach_km=5, by=coordinator, now=now
        ).pk,
        "appeal_refuse": links_of_appeals.refuse_path(citizen, city).split("/")[-2],
        "issue": letters.draft(city=city, words={}, by=coordinator, now=now).pk,
        "indicator": insight.define(
            city=city, fields={"name": "Vélos", "subject": "offers"}, by=coordinator, now=now
        ).pk,
        "text": "match_question",
        "language": "fr",
        "form": "email",
        "incident": incident.pk,
        "flag": desk.set_flag(
            need=asking, day=local_day(now, city), words="Rappeler", by=coordinator, now=now
        ).pk,
        "list_number": taken_in.pk,
        "line": taken_in.all_lines.create(number=2, fate="bad").pk,
        "file_form": "csv",
        "view": desk.save_view(city=city, name="Urgents", query="panier=decider", by=coordinator, now=now).pk,
        "short_link": links_of_sms.short_address(MessageFactory(city=city)).split("/")[-2],
        "word": "un-mot",
        "device": 1,
        "group": "delais",
        "first": citizen.pk,
        "second": far.owner_id,
        "double": double.pk,
        "offer_double": offer_double.pk,
        "invitation": invitation.pk,
        "of_association": town.invite_colleague(
            organisation=association,
            email="sam@exemple.fr",
            language="fr",
            role="member",
            by=people["manager"],
            now=now,
        ).pk,
        "member_key": member.pk,
        "draft_link": links_of_offers.draft_path(draft).split("/")[-2],
        "invitation_link": links_of_the_town.invitation_path(invitation).split("/")[-2],
        "colleague": coordinator.pk,
        "stop": stop_token(
            PersonEdit.objects.create(person=citizen, by=citizen, at=now, what={"name": ["A", "B"]})
        ),
        "link_request": request.pk,
        "linked_town": linked_town.pk,
        "household": household.pk,
        "linked_places": linked_places.pk,
        "own_places": own_places.pk,
        "said_yes": line.pk,
        "told": MessageFactory(recipient=member, city=city, channel="inapp", state="sent", sent_at=now).pk,
        "call": MessageFactory(to_call=True, city=city, due_at=now, created_at=now).pk,
    }
    return World(city.slug, people, words)


def between_towns(
    city: City, other: City, by: User, now: datetime
) -> tuple[PublishedHousehold, PublishedPlaces, PublishedPlaces, Line]:
    """A household with places of a linked town for it, and somebody there who has said yes to this one's places."""
    today = local_day(now, city)
    there = CityRoleFactory(city=other).user

    def published(town: City, wish: City, desk: User) -> PublishedHousehold:
        need = due_need(city=town, now=now)
        return between.publish_household(
            need_id=need.pk, wishes=[wish], how="phone", yes_on=today, by=desk, now=now
        )

    def places(town: City, desk: User) -> PublishedPlaces:
        offer = due_offer(city=town, now=now, share_with_linked=True)
        return between.publish_places(
            offer_id=offer.pk, people=3, first_day=today, last_day=today + timedelta(days=60), services="",
            by=desk, now=now,
        )  # fmt: skip

    asking, own_places = published(other, city, there), places(city, by)
    line = between.record_yes(
        household_id=asking.pk, places_id=own_places.pk, how="phone", yes_on=today, by=there, now=now
    )
    return published(city, other, by), places(other, there), own_places, line


def session_of(person: User | None) -> SimpleCookie:
    """Somebody's cookies, signed in once: what they do at an address is rolled back, the session's end as well."""
    client = Client()
    if person is not None:
        client.force_login(person)
    return client.cookies


def met(url: str, session: SimpleCookie) -> set[str]:
    """What somebody meets with each method that the address knows: opens, is kept, signs in, refused, nothing."""
    client = Client()
    client.cookies = deepcopy(session)
    found = set()
    for method in ("get", "post", "patch") if is_api(url) else ("get", "post"):
        with transaction.atomic():
            if is_api(url):
                response = getattr(client, method)(url, content_type="application/json")
            else:
                response = getattr(client, method)(url)
            transaction.set_rollback(True)
        if response.streaming:
            b"".join(response.streaming_content)  # to its end, so that a file that was made for it is closed
        if response.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            found.add(word(response))
    return found


def is_api(url: str) -> bool:
    return url.startswith("/api/v1/")


def word(response: Any) -> str:
    """A form that is refused, or an act that comes too late, opened."""
    status = response.status_code
    to_sign_in = reverse("account_login") + "?"
    if status == HTTPStatus.UNAUTHORIZED or response.get("Location", "").startswith(to_sign_in):
        return "signs in"
    opens = "opens" if "no-store" in response["Cache-Control"] else "is kept"
    return {HTTPStatus.FORBIDDEN: "refused", HTTPStatus.NOT_FOUND: "nothing"}.get(status, opens)


def promised(row: Row, who: str) -> str:
    if who in row.opens:
        return "is kept" if row.is_kept else "opens"
    if who in row.refuses:
        return "refused"
    return "signs in" if who == "visitor" and not row.hides else "nothing"


def test_who_opens_what() -> None:
    world = build()
    wrong = {
        (name, who): found
        for who, person in world.people.items()
        for session in [session_of(person)]
        for name, row in ROWS.items()
        if (found := met(world.address(name), session)) != {promised(row, who)}
    }
    assert not wrong


def test_what_a_town_shows_before_it_is_open() -> None:
    """Its own people see what they always do; to the public it is not there."""
    world = build()
    City.objects.filter(slug=world.slug).update(is_open=False)
    wrong = {
        (name, who): found
        for who in ("visitor", "coordinator")
        for session in [session_of(world.people[who])]
        for name, row in ROWS.items()
        if (found := met(world.address(name), session))
        != {"nothing" if row.only_open and who in row.opens else promised(row, who)}
    }
    assert not wrong
