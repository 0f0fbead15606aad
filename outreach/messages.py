"""What the letter of a town says: what anybody may read on its public pages, and what the town adds."""

from collections.abc import Callable
from datetime import datetime

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from catalogue.times import day_range
from cities.days import local_day
from cities.models import City
from insight.figures import sum_words
from insight.published import published
from needs.selectors import public_needs
from notifications.endings import Ending
from notifications.models import Message
from notifications.reasons import Words, subject_id
from notifications.wording.texts import Text
from outreach import links
from outreach.models import Issue, Subscription
from outreach.selectors import CONFIRM_EVENT, EVENT

MOST_NEEDS = 10


def please_confirm(subscription: Subscription) -> Text:
    """To an address that somebody typed: only whoever reads it can say yes."""
    return Text(
        title=_("Recevoir la lettre de %(city)s\u202f?") % {"city": subscription.city.name},
        body=_(
            "Bonjour,\n\nCette adresse a été donnée pour recevoir la lettre de %(city)s\u202f: les besoins du moment "
            "et ce que l’entraide a permis. Confirmez, et vous la recevrez.\n\nCe n’était pas vous\u202f? Ne faites "
            "rien\u202f: l’adresse est effacée dans sept jours."
        )
        % {"city": subscription.city.name},
        action_label=_("Oui, je veux la recevoir"),
        action_url=links.confirm_path(subscription),
    )


def letter(issue: Issue, *, language: str, now: datetime) -> Text:
    """An issue in the language that is active: the town's words, the public list, the figures of its home page."""
    city = issue.city
    parts = [_("Bonjour,"), issue.words.get(language, ""), _needs(city, now), _figures(city, now)]
    return Text(
        title=_("Les besoins du moment, %(city)s") % {"city": city.name},
        body="\n\n".join(filter(None, parts)),
        action_label=_("Voir tous les besoins"),
        action_url=reverse("needs:public", args=[city.slug]),
    )


def _needs(city: City, now: datetime) -> str:
    today = local_day(now, city)
    found = public_needs(city, today=today)
    shown = list(found[:MOST_NEEDS])
    if not shown:
        return _("Rien à chercher en ce moment")
    lines = [
        f"– {need.title} · {need.commune} · {day_range(need.first_day, need.last_day, today=today)}"
        for need in shown
    ]
    if more := found.count() - len(shown):
        lines.append(ngettext("et %(count)s autre", "et %(count)s autres", more) % {"count": more})
    return _("Besoins du moment") + "\n" + "\n".join(lines)


def _figures(city: City, now: datetime) -> str:
    """The same as the town's public page (docs/adr/0026)."""
    found = published(city, today=local_day(now, city))
    offers, people = found.total("offers"), found.total("people_helped")
    said_offers = npgettext("nombre", "proposition", "propositions", offers.number)
    said_people = ngettext("personne aidée", "personnes aidées", people.number)
    return f"{sum_words(offers)} {said_offers} · {sum_words(people)} {said_people}"


def _still_wanted() -> Exists:
    return Exists(Subscription.objects.filter(pk=subject_id(), confirmed_at__isnull=False))


def _still_to_confirm() -> Exists:
    return Exists(Subscription.objects.filter(pk=subject_id(), confirmed_at=None))


def _leave(message: Message) -> str:
    assert message.city is not None
    return links.leave_address(int(message.subject_key.split(":")[1]), message.city.slug)


# While the messages of an event have their reason.
REASONS: dict[str, Callable[[], Exists]] = {EVENT: _still_wanted, CONFIRM_EVENT: _still_to_confirm}
GONE: Words = dict.fromkeys(REASONS, gettext_lazy("l’adresse a confirmé, ou a quitté la liste"))
ENDINGS = {
    EVENT: Ending(
        why=gettext_lazy("Vous recevez cette lettre parce que vous l’avez demandée."),
        label=gettext_lazy("Ne plus recevoir cette lettre"),
        address=_leave,
    ),
    CONFIRM_EVENT: Ending(
        why=gettext_lazy("Vous recevez ce message parce que quelqu’un a donné votre adresse."),
        label=gettext_lazy("Effacer mon adresse"),
        address=_leave,
        is_list=False,
    ),
}
