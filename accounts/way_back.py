"""Back to the page that somebody came from, as the form that they sent names it."""

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme


def way_back(request: HttpRequest, name: str, otherwise: str, *arguments: Any) -> HttpResponseRedirect:
    """To the path in the form's field `name`, if it is one of this site; else to `otherwise`, an address or its name
    with its words.
    """
    path = request.POST.get(name, "")
    if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return HttpResponseRedirect(path)
    return redirect(otherwise, *arguments)
