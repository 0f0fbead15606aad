"""How people are reached and called, as they write it: numbers, addresses, names. One reading for forms, API, the
operator's screen, sign-in and lists.

Each reading is pure. It raises a ValidationError with a sentence, and says (`said`) what was understood differently
from how it is written.
"""

from catalogue.contacts.emails import Emails, normalised_email, read_emails
from catalogue.contacts.fields import EmailField, EmailInput, NameField, PhoneField
from catalogue.contacts.in_text import with_numbers
from catalogue.contacts.names import read_name
from catalogue.contacts.phones import (
    Phones,
    known_number,
    read_phone,
    read_phones,
    region_of,
    shown,
)

__all__ = [
    "EmailField", "EmailInput", "Emails", "NameField", "PhoneField", "Phones", "known_number",
    "normalised_email", "read_emails", "read_name", "read_phone", "read_phones", "region_of", "shown",
    "with_numbers",
]  # fmt: skip
