"""The town that an address names."""

from django.http import HttpRequest

from cities.models import City


def town_of(request: HttpRequest) -> City | None:
    """The town below whose address the page stands, open or not; read once for a request."""
    slug = request.resolver_match.kwargs.get("city_slug") if request.resolver_match else None
    if not slug:
        return None
    if not hasattr(request, "_town"):
        request._town = City.objects.filter(slug=slug).first()  # type: ignore[attr-defined]
    found: City | None = request._town  # type: ignore[attr-defined]
    return found
