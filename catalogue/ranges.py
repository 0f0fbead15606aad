"""Bytes that are sent in part, as Safari asks for sounds (RFC 9110, 14): Django's own responses are always whole."""

import re

from django.http import HttpRequest, HttpResponse

# No longer than any number of bytes: what somebody made up may have thousands of digits, and `int` refuses those.
_ASKED = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE)


def sent_in_part(request: HttpRequest, content: bytes, *, content_type: str) -> HttpResponse:
    """All of it, or the one range that is asked for (206); 416 where that begins behind the end.

    Whatever else is asked for, several ranges too, is answered with all, as the standard allows. So is a range of what
    somebody has in part already (If-Range): we name no version that it could be of.
    """
    whole = HttpResponse(content, content_type=content_type, headers={"Accept-Ranges": "bytes"})
    asked = _ASKED.fullmatch(request.headers.get("Range", "").strip())
    if (
        asked is None
        or request.method != "GET"
        or "If-Range" in request.headers
        or asked[1] == asked[2] == ""
    ):
        return whole
    size = len(content)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if asked[2] and int(asked[2]) < first:
            return whole  # no range at all
    else:
        first, last = max(size - int(asked[2]), 0), size - 1
    if first > last:
        headers = {"Content-Range": f"bytes */{size}", "Accept-Ranges": "bytes"}
        return HttpResponse(status=416, headers=headers)
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Accept-Ranges": "bytes"}
    return HttpResponse(content[first : last + 1], content_type=content_type, status=206, headers=headers)
