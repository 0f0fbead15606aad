"""Sessions that know whose they are, so that a person sees theirs and ends those that are not theirs."""

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from accounts.models.people import User
from sealing.fields import EncryptedTextField


class Session(AbstractBaseSession):
    """One browser, signed in or not. Person, device and beginning are copies of what it holds, to be found by."""

    # A form half filled in waits in it.
    session_data = EncryptedTextField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    # "Firefox · Android": what a person recognises, and nothing finer.
    device = models.CharField(max_length=60, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    # Within five minutes, and here alone; what a page asks by itself is no use of it.
    used_at = models.DateTimeField(null=True)

    @property
    def mark(self) -> str:
        """What names it on a page: its key opens the account, and stands on none."""
        return salted_hmac("accounts.session", self.session_key, algorithm="sha256").hexdigest()[:32]

    @classmethod
    def get_session_store_class(cls) -> type:
        store: type = import_string(f"{settings.SESSION_ENGINE}.SessionStore")
        return store
