"""Writing people, roles, associations, consents, keys and the settings of towns.

Each service is atomic, takes keywords only, and ends in its actor and moment.
"""

from accounts.services.api_keys import issue_token, revoke_token, token_digest, use_token
from accounts.services.consents import (
    agree_to_appeals,
    give_consent_again,
    log_contact_reading,
    note_data_copy,
    record_consent,
    withdraw_consent,
)
from accounts.services.contact_changes import change_email, stop_change
from accounts.services.organisations import (
    change_member,
    change_organisation,
    choose_told,
    leave_all,
    register_organisation,
    remove_member,
    set_member,
    suspend_organisation,
    verify_organisation,
)
from accounts.services.people import (
    Contact,
    correct_person,
    ensure_people,
    ensure_person,
    forget_person,
    merge_people,
    note_erased,
    unmerge_people,
    update_profile,
)
from accounts.services.phones import doubt_phone, give_up_phone, prove_phone, write_phone
from accounts.services.proconnect import link_proconnect
from accounts.services.roles import give_role, register_leaving, set_roles, take_role
from accounts.services.second_factors import reset_second_factor
from accounts.services.sessions import end_all, end_elsewhere, end_one
from accounts.services.towns import (
    create_city,
    found_town,
    link_cities,
    remove_town,
    unlink_cities,
    update_city,
)
from accounts.sign_in import start_code_sign_in

__all__ = [
    "Contact",
    "agree_to_appeals",
    "change_email",
    "change_member",
    "change_organisation",
    "choose_told",
    "correct_person",
    "create_city",
    "doubt_phone",
    "end_all",
    "end_elsewhere",
    "end_one",
    "ensure_people",
    "ensure_person",
    "forget_person",
    "found_town",
    "give_consent_again",
    "give_role",
    "give_up_phone",
    "issue_token",
    "leave_all",
    "link_cities",
    "link_proconnect",
    "log_contact_reading",
    "merge_people",
    "note_data_copy",
    "note_erased",
    "prove_phone",
    "record_consent",
    "register_leaving",
    "register_organisation",
    "remove_member",
    "remove_town",
    "reset_second_factor",
    "revoke_token",
    "set_member",
    "set_roles",
    "start_code_sign_in",
    "stop_change",
    "suspend_organisation",
    "take_role",
    "token_digest",
    "unlink_cities",
    "unmerge_people",
    "update_city",
    "update_profile",
    "use_token",
    "verify_organisation",
    "withdraw_consent",
    "write_phone",
]
