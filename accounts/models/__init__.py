"""People, the associations they speak for, what they agreed to, and who changed what; a module for each idea."""

from accounts.models.api_keys import ApiToken
from accounts.models.consents import Consent, ContactReading, DataCopy
from accounts.models.edits import CityEdit, MembershipChange, OrganisationEdit, PersonEdit, RoleChange
from accounts.models.fields import LowerCaseEmailField
from accounts.models.organisations import Organisation, OrganisationReview
from accounts.models.people import CityRole, Membership, User
from accounts.models.sessions import Session
from accounts.roles import Role

__all__ = [
    "ApiToken",
    "CityEdit",
    "CityRole",
    "Consent",
    "ContactReading",
    "DataCopy",
    "LowerCaseEmailField",
    "Membership",
    "MembershipChange",
    "Organisation",
    "OrganisationEdit",
    "OrganisationReview",
    "PersonEdit",
    "Role",
    "RoleChange",
    "Session",
    "User",
]
