"""Who is known at ProConnect by which number."""

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from accounts import contact_mails
from accounts.access import is_in_a_team, require
from accounts.models import User
from accounts.provider import PROCONNECT


@transaction.atomic
def link_proconnect(*, user: User, number: str, by: User, now: datetime) -> bool:
    """From now on this account is opened by this number there and by no other one; False where it was another's, or
    has another: an address that an employer gives to somebody else opens nothing. The person is told of the first time.

    Raises MailNotSentError: then nothing is linked.
    """
    require(by == user and is_in_a_team(user))
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    of_them = SocialAccount.objects.filter(provider=PROCONNECT, user=user).first()
    if of_them is not None:
        return of_them.uid == number
    if SocialAccount.objects.filter(provider=PROCONNECT, uid=number).exists():
        return False
    link = SocialAccount.objects.create(user=user, provider=PROCONNECT, uid=number)
    SocialAccount.objects.filter(pk=link.pk).update(date_joined=now)
    contact_mails.tell_of_proconnect(user)
    return True
