"""Every address of the product, by its name."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver

# Django's own pages, behind `is_staff` and a second factor (tests/accounts/test_pages.py).
FRAMEWORK = {"admin"}


def names(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all addresses below, each behind its namespaces."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            if not FRAMEWORK & set(inner):
                yield from names(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join((*spaces, pattern.name))
