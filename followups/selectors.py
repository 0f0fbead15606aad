"""Reading follow-ups and reports."""

from django.db.models import F, QuerySet

from accounts.models import User
from cities.models import City
from followups.links import Grant
from followups.models import FollowUp, Incident


def granted(grant: Grant, *, city_slug: str) -> FollowUp | None:
    """The question of a link, while its person still may see the match; None when it asks nothing of them."""
    person = User.objects.filter(pk=grant.user_id, is_active=True).first()
    if person is None:
        return None
    return (
        FollowUp.objects.visible_to(person)
        .filter(match__city__slug=city_slug, asked_at__isnull=False)
        .select_related("match__city", "match__need", "match__offer", "answered_by")
        .filter(pk=grant.subject_id)
        .first()
    )


def incidents_of(city: City, user: User) -> QuerySet[Incident]:
    """The town's reports for a coordinator: open ones first, the latest first."""
    return (
        Incident.objects.visible_to(user)
        .filter(city=city)
        .select_related("offer", "reported_by", "closed_by")
        .order_by(F("closed_at").desc(nulls_first=True), "-reported_at", "-pk")
    )
