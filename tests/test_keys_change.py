"""Another SECRET_KEY: what the one before has signed holds as long as that one stands among the fallbacks."""

from typing import Any

import pytest
from django.test import Client

from accounts import links
from notifications.channels.sms import links as short
from notifications.links import message_of_reply_address, reply_address
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory

pytestmark = pytest.mark.django_db
NEW = "another-key-of-the-town-" + "z" * 40


@pytest.mark.parametrize("is_kept", [True, False])
def test_links_addresses_and_sessions_hold_with_the_key_before_and_not_without(
    settings: Any, is_kept: bool
) -> None:
    settings.MAIL_REPLY_ADDRESS = "reponses@exemple.fr"
    user, client = UserFactory(), Client()
    client.force_login(user)
    message = MessageFactory(recipient=user, action_url="/compte/")
    token = links.sign(salt="tests", subject_id=1, user=user)
    sms, mail = short.short_address(message).rstrip("/").rpartition("/")[2], reply_address(message)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if is_kept else []
    settings.SECRET_KEY = NEW
    assert (client.get("/compte/").status_code == 200) is is_kept
    assert (short.message_id(sms) == message.pk) is is_kept
    assert (message_of_reply_address(mail) == message) is is_kept
    try:
        held = links.read(token, salt="tests", valid_for=links.STOPPED_FOR).subject_id == 1
    except links.LinkBroken:
        held = False
    assert held is is_kept
    assert short.message_id(short.short_address(message).rstrip("/").rpartition("/")[2]) == message.pk
