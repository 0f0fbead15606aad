"""Any gateway that takes an SMS as one HTTP request: the settings say how it looks.

The body is written as a JSON object whose values may hold {number}, {text}, {reference} and {sender}; it leaves as JSON
or as a form.
"""

import json
from typing import Any, Self

import requests
from django.conf import settings
from requests.exceptions import RequestException
from urllib3.exceptions import HTTPError

from notifications import verdicts
from notifications.channel_transport import Unknown
from notifications.channels.sms import payloads

DEFAULT_BODY = '{"to": "{number}", "text": "{text}", "from": "{sender}", "reference": "{reference}"}'
# Where requests puts it: some gateways want everything in the address.
_PLACES = {"json": "json", "form": "data", "GET": "params"}
# An answer holds a reference, not a book.
LONGEST_ANSWER = 64 * 1024


class HttpGateway:
    """Opens no line before the first message: each says by itself whether it could."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.headers.update(json.loads(settings.SMS_HTTP_HEADERS or "{}"))

    @classmethod
    def connect(cls) -> Self:
        return cls()

    def send(self, *, number: str, text: str, reference: str) -> str:
        values = {"number": number, "text": text, "reference": reference, "sender": settings.SMS_SENDER}
        body = _filled_in(json.loads(settings.SMS_HTTP_BODY or DEFAULT_BODY), values)
        place = _PLACES.get(settings.SMS_HTTP_METHOD) or _PLACES[settings.SMS_HTTP_FORMAT]
        try:
            response = self._session.request(
                settings.SMS_HTTP_METHOD,
                settings.SMS_HTTP_URL,
                timeout=settings.SMS_TIMEOUT,
                allow_redirects=False,
                stream=True,
                **{place: body},
            )
            with response:
                if refusal := verdicts.of_status(response):
                    raise refusal
                answer = response.raw.read(LONGEST_ANSWER, decode_content=True)
        except RequestException as error:
            raise verdicts.of_no_answer(error) from error
        except HTTPError as error:
            raise Unknown(f"answer {type(error).__name__}") from error
        if not settings.SMS_HTTP_REFERENCE:
            return reference  # its receipts speak of ours
        found = payloads.at(_json(answer), settings.SMS_HTTP_REFERENCE)
        if not found:
            # Many say 200 and put the refusal into the answer; without its reference nobody knows.
            raise Unknown("no reference", stop=False)
        return found

    def close(self) -> None:
        self._session.close()


def _filled_in(template: Any, values: dict[str, str]) -> Any:
    """The template with its placeholders replaced, once: what stands in a text is no placeholder."""
    if isinstance(template, dict):
        return {key: _filled_in(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled_in(value, values) for value in template]
    if isinstance(template, str):
        return payloads.PLACEHOLDER.sub(lambda found: values[found[1]], template)
    return template


def _json(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None
