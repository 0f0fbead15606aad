"""A client that shows pages as a browser does: with the parts that they load after themselves, in their places."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

_LOADED = re.compile(
    r'<(?P<tag>div|p)\s+hx-get="(?P<url>[^"]+)"\s+hx-trigger="load"[^>]*>.*?href="[^"]*".*?</(?P=tag)>', re.S
)


class Loading:
    """A test client, signed in or not; what its pages load has to be there."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, *args: Any, **more: Any) -> HttpResponse:
        return self._whole(self.client.get(*args, **more))

    def post(self, *args: Any, **more: Any) -> HttpResponse:
        return self._whole(self.client.post(*args, **more))

    def _whole(self, response: HttpResponse) -> HttpResponse:
        response.content = _LOADED.sub(self._part, response.content.decode()).encode()
        return response

    def _part(self, found: re.Match[str]) -> str:
        part = self.client.get(unescape(found["url"]), headers={"HX-Request": "true"})
        assert part.status_code == 200, found["url"]
        page: str = part.content.decode()
        return page
