"""The page and the PDF that explain one match to whoever it concerns: parse, read, render."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import ANYBODY, SIGNED_IN, person, town_page
from accounts.models import User
from cities.models import City
from matching import links
from matching.explanations import Explanation, Reader, explain, headings
from matching.explanations.document import as_pdf
from matching.lifecycle import DESK, Role
from matching.link_pages import behind_link
from matching.models import Match, Scan
from matching.reasons import facts
from matching.roles import roles_of


@town_page(SIGNED_IN)
@require_safe
def page(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """For whoever is signed in and may see the match."""
    user = person(request)
    match = _match(user, city, pk)
    reader = _reader(user, match)
    back = (
        reverse("desk:case", args=[city.slug, match.need.reference])
        if reader.is_desk
        else reverse("matching:mine_one", args=[city.slug, pk])
    )
    document = reverse("matching:explanation_pdf", args=[city.slug, pk])
    return _page(request, match, reader, pdf=document, back=back)


@town_page(SIGNED_IN)
@require_safe
def pdf(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The same as a document."""
    user = person(request)
    match = _match(user, city, pk)
    return _pdf(request, match, _reader(user, match))


@town_page(ANYBODY)
@require_safe
@behind_link(signed_in="matching:explanation")
def linked_page(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """For whoever holds the link of a mail, as for the answer itself: no signing in."""
    match, reader = _granted(city, token)
    document = reverse("matching:linked_explanation_pdf", args=[city.slug, token])
    return _page(
        request, match, reader, pdf=document, back=reverse("matching:answer", args=[city.slug, token])
    )


@town_page(ANYBODY)
@require_safe
@behind_link(signed_in="matching:explanation_pdf")
def linked_pdf(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The same as a document."""
    match, reader = _granted(city, token)
    return _pdf(request, match, reader)


def _match(user: User, city: City, pk: int) -> Match:
    visible = Match.objects.visible_to(user).select_related(
        "city", "offer__owner", "offer__commune", "offer__city", "need__commune", "need__city", "need__organisation",
        "need__person",
    ).prefetch_related("decisions__by")  # fmt: skip
    return get_object_or_404(visible, pk=pk, city=city)


def _granted(city: City, token: str) -> tuple[Match, Reader]:
    """The match of a link, and what its holder may read: never as the desk, even for somebody of the desk.

    Raises LinkExpired or LinkBroken.
    """
    grant = links.read(token)
    reader = get_object_or_404(User, pk=grant.user_id, is_active=True)
    match = _match(reader, city, grant.subject_id)
    return match, _reader(reader, match, but=DESK)


def _reader(user: User, match: Match, *, but: frozenset[Role] = frozenset()) -> Reader:
    return Reader.of(roles_of(user, match) - but)


def _explained(match: Match, reader: Reader, now: datetime) -> Explanation:
    facts.explained([match], now=now)
    return explain(match, reader, scan=Scan.objects.filter(need=match.need_id).first())


def _public_url(request: HttpRequest, match: Match) -> str:
    return request.build_absolute_uri(reverse("algorithm", args=[match.city.slug]))


def _page(request: HttpRequest, match: Match, reader: Reader, *, pdf: str, back: str) -> HttpResponse:
    return render(
        request,
        "matching/explanation.html",
        {
            "match": match,
            "it": _explained(match, reader, timezone.now()),
            "words": headings(_public_url(request, match)),
            "pdf": pdf,
            "back": back,
        },
    )


def _pdf(request: HttpRequest, match: Match, reader: Reader) -> HttpResponse:
    now = timezone.now()
    document = as_pdf(_explained(match, reader, now), public_url=_public_url(request, match), now=now)
    return HttpResponse(
        document,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="explication-{match.pk}.pdf"'},
    )
