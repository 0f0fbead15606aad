"""Mails about a contact that changes: the code, and the news to whoever had it until then, with a link to stop it."""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.urls import reverse

from accounts.links import stop_token
from accounts.models import FactorReset, PersonEdit, User


def send_code(*, address: str, code: str) -> None:
    """Raises accounts.sign_in.MailNotSentError."""
    get_adapter().send_mail("account/email/own_code", address, {"own_code": code})


def tell_of_change(person: User, edit: PersonEdit, *, address: str | None) -> None:
    """To the address that the person had when their contact changed, if they had one. Raises MailNotSentError."""
    if address:
        context = {"stop_url": stop_url(edit), "is_address": "email" in edit.what}
        get_adapter().send_mail("account/email/contact_changed", address, context)


def tell_of_reset(reset: FactorReset) -> None:
    """To whoever lost their second factor, which was taken away for them. Raises MailNotSentError."""
    if reset.person.email:
        context = {"by": reset.by, "note": reset.note}
        get_adapter().send_mail("account/email/factor_reset", reset.person.email, context)


def tell_of_factor(person: User, *, is_added: bool, is_passkey: bool = False) -> None:
    """To whoever has an application or a passkey more or less from now on. Raises MailNotSentError."""
    if person.email:
        mail = f"{'passkey' if is_passkey else 'factor'}_{'added' if is_added else 'removed'}"
        get_adapter().send_mail(f"account/email/{mail}", person.email, {})


def tell_of_proconnect(person: User) -> None:
    """To whoever is let in by ProConnect from now on. Raises MailNotSentError."""
    get_adapter().send_mail("account/email/proconnect_added", str(person.email), {})


def stop_url(edit: PersonEdit) -> str:
    """The whole address of the page on which whoever had the contact takes it back."""
    return settings.SITE_URL + reverse("accounts:stop_change", args=[stop_token(edit)])
