"""Short addresses that no town may have: a page of the site stands there, or would be looked for there."""

import re
from collections.abc import Iterator
from functools import cache

from django.conf import settings
from django.urls import URLResolver, get_resolver

# Where people and programs look for what is no town, whether or not this installation has it.
_ALWAYS = frozenset({"admin", "api", "demo", "media", "static", "www"})
_FIRST = re.compile(r"\^?([\w-]+)")


@cache
def reserved_words() -> frozenset[str]:
    """The first word of every address of the site that stands below no town, and a few more."""
    static = str(settings.STATIC_URL).strip("/").partition("/")[0]
    return frozenset({*_ALWAYS, static, *_first_words(get_resolver())} - {""})


def _first_words(resolver: URLResolver) -> Iterator[str]:
    for one in resolver.url_patterns:
        route = str(one.pattern)
        if found := _FIRST.match(route):
            yield found[1].lower()
        elif not route and isinstance(one, URLResolver):
            yield from _first_words(one)
