"""What goes when a person is erased is sealed as long as it stays, or says why it need not be."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from privacy.register import REGISTER
from sealing.fields import Encrypted, EncryptedPairsField
from sealing.rotation import FACTORS

CODE = "one of a list of ours"
OPAQUE = "a provider's or the product's own name for it, drawn by chance"
DIGEST = "a digest"
SEARCHED = "found by parts of it, ordered by it or joined on it in the database: not encrypted yet"
OTHERS = "a table of Django's or allauth's that stays empty here"
# Private texts in clear: why.
IN_CLEAR = {
    "accounts.User.password": DIGEST,
    "accounts.User.email": SEARCHED,
    "accounts.User.phone": SEARCHED,
    "accounts.User.name": SEARCHED,
    "accounts.User.phone_proof": CODE,
    "accounts.Session.session_key": "what a browser presents; worth nothing after the session's end",
    "accounts.Session.device": "“Firefox · Android”, as millions have it",
    "accounts.CityRole.role": CODE,
    "accounts.Membership.role": CODE,
    "accounts.Organisation.email": SEARCHED,
    "accounts.Organisation.phone": SEARCHED,
    "accounts.ContactReading.reason": CODE,
    "accounts.ContactReading.reference": "the reference of an offer or a need",
    "accounts.ApiToken.scopes": CODE,
    "accounts.ApiToken.prefix": "the part of a key that is public",
    "accounts.ApiToken.digest": DIGEST,
    "notifications.Message.action_label": "the words of a button",
    "notifications.Message.impersonal": "what others may read along, without anything of a person",
    "notifications.Message.last_error": CODE,
    "notifications.Message.provider_ref": OPAQUE,
    "notifications.Bounce.channel": CODE,
    "notifications.Bounce.address": DIGEST,
    "notifications.Bounce.provider": DIGEST,
    "notifications.Bounce.error": CODE,
    "sms.Reply.provider_ref": OPAQUE,
    "webhooks.Endpoint.happenings": CODE,
    "webhooks.Event.happening": CODE,
    "webhooks.Event.references": "references and numbers of rows",
    "webhooks.Delivery.key": OPAQUE,
    "webhooks.Delivery.subject": "the number of a row",
    "webhooks.Delivery.happening": CODE,
    "webhooks.Delivery.state": CODE,
    "webhooks.Delivery.outcome": CODE,
    "offers.SharedDraft.number": "six digits, worth nothing after two days, and to the desk of its town alone",
    "offers.Offer.external_key": "what a form, a file or a program counts its rows by",
    "offers.Offer.title": SEARCHED,
    "offers.Offer.text": SEARCHED,
    "offers.Offer.item_words": SEARCHED,
    "offers.Offer.languages": CODE,
    "offers.OfferWords.name": SEARCHED,
    "offers.OfferWords.words": SEARCHED,
    "offers.Offer.listed": DIGEST,
    "needs.Need.listed": DIGEST,
    "lists.Sender.name": SEARCHED,
    "lists.Line.fate": CODE,
    "needs.Need.external_key": "what a form, a file or a program counts its rows by",
    "needs.Need.title": SEARCHED,
    "needs.Need.text": SEARCHED,
    "needs.Need.item_words": SEARCHED,
    "needs.Need.case_reference": SEARCHED,
    "needs.Need.languages": CODE,
    "statements.Statement.external_key": "what a form counts its rows by",
    "needs.NeedWords.name": SEARCHED,
    "needs.NeedWords.words": SEARCHED,
    "agenda.Subscription.key": "a half of an address, of which SECRET_KEY is the other",
    "outreach.Subscription.language": CODE,
    "directory.AgentCard.languages": CODE,
    "directory.AgentCard.themes": CODE,
    "voice.Remark.language": CODE,
    "voice.Remark.form_key": "by chance, of a form and of nobody",
    "voice.Comment.language": CODE,
    "voice.Comment.form_key": "by chance, of a form and of nobody",
    "account.EmailAddress.email": SEARCHED,
    "account.EmailConfirmation.key": OTHERS,
    "mfa.Authenticator.type": CODE,
    "socialaccount.SocialAccount.provider": CODE,
    "socialaccount.SocialAccount.uid": "by which number ProConnect knows them",
    "socialaccount.SocialAccount.extra_data": "empty: nothing of what it says is kept",
    "socialaccount.SocialToken.token": "empty: no token is kept",
    "socialaccount.SocialToken.token_secret": "empty: no token is kept",
    "sessions.Session.session_key": OTHERS,
    "sessions.Session.session_data": OTHERS,
    "admin.LogEntry.object_id": OPAQUE,
    "admin.LogEntry.object_repr": "what technicians did under /admin/, by the names of rows: not encrypted yet",
    "admin.LogEntry.change_message": "names of fields",
}


def telling(field: models.Field) -> bool:
    """Whether a text can stand in it."""
    if isinstance(field, ArrayField):
        return telling(field.base_field)
    texts = (models.CharField, models.TextField, models.JSONField)
    return isinstance(field, texts) or field.get_internal_type() == "SearchVectorField"


def private() -> Iterator[tuple[str, models.Field]]:
    """Each field with a text that is emptied or deleted at erasure."""
    for label, marks in REGISTER.items():
        names = {*marks.anonymise.split(), *marks.delete.split()}
        for field in apps.get_model(label)._meta.local_concrete_fields:
            if (field.name in names or "*" in names) and telling(field):
                yield f"{label}.{field.name}", field


PRIVATE = dict(private())


def is_sealed_by_code(field: models.Field) -> bool:
    column = f"{field.model._meta.db_table}.{field.column}"
    return isinstance(field, Encrypted | EncryptedPairsField) or column == FACTORS


@pytest.mark.parametrize("name", sorted(PRIVATE))
def test_a_private_text_is_sealed_or_says_why_not(name: str) -> None:
    assert is_sealed_by_code(PRIVATE[name]) != (name in IN_CLEAR)


def test_no_reason_is_left_of_what_is_no_private_text() -> None:
    assert sorted(set(IN_CLEAR) - set(PRIVATE)) == []


def test_most_are_sealed() -> None:
    assert len([field for field in PRIVATE.values() if is_sealed_by_code(field)]) > 55
