"""OVHcloud, by its own library, which signs each request.

Its format: POST /sms/{service}/jobs, answered by {"ids": […], "validReceivers": […], "invalidReceivers": […]}
(https://eu.api.ovh.com/console/?section=/sms).
"""

from typing import Any, Self
from urllib.parse import quote

import ovh
from django.conf import settings
from ovh.exceptions import APIError
from requests.exceptions import RequestException

from notifications import verdicts
from notifications.channel_transport import NotSent, Unknown
from notifications.channels.sms import alphabet


class OvhGateway:
    """`connect` asks for the service's time, with which every request is signed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @classmethod
    def connect(cls) -> Self:
        try:
            client = ovh.Client(
                endpoint=settings.SMS_OVH_ENDPOINT,
                application_key=settings.SMS_OVH_APPLICATION_KEY,
                application_secret=settings.SMS_OVH_APPLICATION_SECRET,
                consumer_key=settings.SMS_OVH_CONSUMER_KEY,
                timeout=settings.SMS_TIMEOUT,
            )
            _ = client.time_delta
        except (APIError, RequestException) as error:
            raise NotSent(f"connect {type(error).__name__}", retry=True, stop=True) from error
        return cls(client)

    def send(self, *, number: str, text: str, reference: str) -> str:
        is_short = alphabet.alphabet_of(text) == alphabet.GSM
        job: dict[str, Any] = {
            "receivers": [number],
            "message": text,
            "charset": "UTF-8",
            "coding": "7bit" if is_short else "8bit",
            "priority": "high",
            "tag": reference,
            # No advertising: nothing is added to the text, and it leaves at night too.
            "noStopClause": True,
        }
        job |= {"sender": settings.SMS_SENDER} if settings.SMS_SENDER else {"senderForResponse": True}
        try:
            # Not `post()`: it tells neither a line that broke from one that never was, nor the status.
            response = self._client.raw_call(
                "POST", f"/sms/{quote(settings.SMS_OVH_SERVICE)}/jobs", data=job, need_auth=True
            )
        except RequestException as error:
            raise verdicts.of_no_answer(error) from error
        except APIError as error:
            # The library itself: without all its keys it sends nothing.
            raise NotSent(f"sign {type(error).__name__}", retry=True, stop=True) from error
        if refusal := verdicts.of_status(response):
            raise refusal
        try:
            report = response.json()
            refused, taken = report["invalidReceivers"], report["ids"]
        except (ValueError, KeyError, TypeError) as error:
            raise Unknown("no reference", stop=False) from error
        if refused:
            raise NotSent("number refused", retry=False)
        return str(taken[0]) if taken else ""

    def close(self) -> None:
        # The library has no word for it.
        self._client._session.close()
