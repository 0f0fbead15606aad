"""How long what is kept: one table from which the nightly task works, docs/privacy.md and "Vos données" are written.

To keep something shorter or longer, change its row. Whom a legal hold protects, no row touches.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cities.days import local_day
from directory import asking
from followups.models import Incident, IncidentChange
from homes.models import Dwelling
from matching.lifecycle import ACTIVE
from matching.models import Match
from needs.models import OPEN_STATES, Need
from notifications.inbox.selectors import kinds
from notifications.models import Bounce, Message, MessageState
from notifications.services import queue
from offers import services as offers
from offers.models import Offer, OfferState
from privacy import contact, emptying, erasing, rows, selectors
from privacy.messages import before_it_goes
from privacy.models import Erasure, LegalHold, Notice
from sealing.seals import NOTHING
from town.services.traces import forget_old
from webhooks.models import Delivery, Event

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

log = logging.getLogger(__name__)

YEAR = timedelta(days=365)
TWO_YEARS = timedelta(days=731)
GRACE = timedelta(days=30)
_AT_ONCE = 1_000
# So that a first night does not write to a whole town.
MOST_NOTICES_A_NIGHT = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """`forget` does it, and says how many rows; None where another task does, every night as well."""

    what: "StrPromise"
    kept: "StrPromise"
    since: "StrPromise"
    why: "StrPromise"
    forget: Callable[[datetime], int] | None


def run(*, by: None, now: datetime) -> None:
    """Everything that has been kept long enough goes."""
    for rule in RULES:
        if rule.forget is None:
            continue
        try:
            log.info("forgotten %s: %s", rule.forget.__name__.strip("_"), rule.forget(now))
        except Exception:
            # What fails of one is tried again tomorrow, and stops none of the others.
            log.exception("forgetting %s", rule.forget.__name__.strip("_"))


# --- People of whom nothing was heard -------------------------------------------------------------------


def look_after_silent(now: datetime) -> int:
    """Tell people that their data will go, and have those go who were told and said nothing; how many were asked for.

    Whoever was heard of meanwhile is told again in two years.
    """
    waiting = Notice.objects.filter(kept_at=None, followed_at=None)
    due = waiting.filter(erase_on__lte=now.date()).order_by("pk")
    followed = sum(_follow(notice_id, now=now) for notice_id in list(due.values_list("pk", flat=True)))
    told = waiting.filter(person=OuterRef("pk"))
    for person in contact.silent_since(now - TWO_YEARS, now=now).exclude(Exists(told))[:MOST_NOTICES_A_NIGHT]:
        _warn(person, now=now)
    return followed


@transaction.atomic
def keep(*, notice_id: int, by: User, now: datetime) -> Notice:
    """By the person: their data stay for as long again. Twice changes nothing."""
    notice = Notice.objects.select_for_update().get(pk=notice_id, person=by)
    if notice.kept_at is None and notice.followed_at is None:
        notice.kept_at = now
        notice.save(update_fields=["kept_at"])
    return notice


@transaction.atomic
def _follow(notice_id: int, *, now: datetime) -> bool:
    notice = Notice.objects.select_for_update(of=("self",)).select_related("person").get(pk=notice_id)
    if notice.kept_at is not None or notice.followed_at is not None:
        return False  # they said so while we looked
    is_silent = contact.silent_since(notice.sent_at, now=now).filter(pk=notice.person_id).exists()
    if is_silent:
        notice.followed_at = now
        erasing.ask(person=notice.person, how=Erasure.How.UNUSED, by=None, now=now)
    else:
        notice.kept_at = now
    notice.save(update_fields=["followed_at", "kept_at"])
    return is_silent


@transaction.atomic
def _warn(person: User, *, now: datetime) -> None:
    city = selectors.town_of(person)
    day = local_day(now, city) if city else now.date()
    notice = Notice.objects.create(person=person, sent_at=now, erase_on=day + GRACE)
    queue(
        recipient=person,
        event="data_to_go",
        subject_key=f"notice:{notice.pk}",
        city=city,
        compose=partial(before_it_goes, notice),
        now=now,
    )


# --- What goes though its person stays -------------------------------------------------------------------


def _forget_never_proven(now: datetime) -> int:
    """Offers of which nobody ever proved the address: taken back and emptied, so that their owner is known for less."""
    never = Offer.objects.filter(state=OfferState.UNCONFIRMED, created_at__lt=now - GRACE).exclude(
        owner__in=_held()
    )
    keys = list(never.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
    return sum(_forget_offer(never.filter(pk=key), now=now) for key in keys)


@transaction.atomic
def _forget_offer(never: QuerySet[Offer], *, now: datetime) -> bool:
    """One of them, unless it was proven while the others were looked at, or somebody is to be kept since."""
    offer = never.select_for_update(of=("self",), no_key=True).select_related("owner").first()
    if offer is None:
        return False
    offers.withdraw(offer_id=offer.pk, by=offer.owner, now=now)
    _empty_with(Offer, [offer.pk])
    return True


def _forget_never_opened(now: datetime) -> int:
    """Accounts whose address nobody ever proved, with nothing in them: nobody is there to be told."""
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    offered = Offer.objects.filter(~Q(title=NOTHING) | Q(confirmed_at__isnull=False), owner=OuterRef("pk"))
    needed = Need.objects.filter(person=OuterRef("pk"))
    told = Notice.objects.filter(person=OuterRef("pk"))
    never = contact.silent_since(now - GRACE, now=now).filter(
        ~Exists(proven),
        ~Exists(offered),
        ~Exists(needed),
        ~Exists(told),
        email__isnull=False,
        last_login=None,
        phone_proof="",
    )
    asked = 0
    for person in never.exclude(pk__in=_held())[:_AT_ONCE]:
        erasing.ask(person=person, how=Erasure.How.UNUSED, by=None, now=now)
        asked += 1
    return asked


def _forget_closed_offers(now: datetime) -> int:
    before = now - TWO_YEARS
    lived_in = Match.objects.filter(
        Q(state__in=sorted(ACTIVE)) | Q(changed_at__gte=before) | Q(need__person__in=_held()),
        offer=OuterRef("pk"),
    )
    closed = Offer.objects.filter(state=OfferState.WITHDRAWN, changed_at__lt=before).exclude(title=NOTHING)
    return _empty_each(Offer, closed.exclude(Exists(lived_in)).exclude(owner__in=_held()))


def _forget_closed_needs(now: datetime) -> int:
    """Also those of associations, which nobody's erasure reaches."""
    before = now - TWO_YEARS
    goes_on = Match.objects.filter(
        Q(state__in=sorted(ACTIVE)) | Q(changed_at__gte=before) | Q(offer__owner__in=_held()),
        need=OuterRef("pk"),
    )
    closed = Need.objects.filter(changed_at__lt=before, last_day__lt=before.date()).exclude(
        Q(state__in=OPEN_STATES) | Q(title=NOTHING)
    )
    return _empty_each(Need, closed.exclude(Exists(goes_on)).exclude(person__in=_held()))


def _forget_reports(now: datetime) -> int:
    closed = Incident.objects.filter(closed_at__lt=now - TWO_YEARS).exclude(text=NOTHING)
    kept = closed.filter(
        Q(offer__owner__in=_held()) | Q(match__need__person__in=_held()) | Q(reported_by__in=_held())
    )
    done = 0
    for pks in _by_parts(closed.exclude(pk__in=kept.values("pk"))):
        with transaction.atomic():
            changes = IncidentChange.objects.filter(incident__in=pks).exclude(reason="")
            emptying.empty_rows("followups.IncidentChange", list(changes.values_list("pk", flat=True)))
            done += emptying.empty_rows("followups.Incident", pks)
    return done


def _forget_messages(now: datetime) -> int:
    """Their words, once what they speak of is over for a year; that they went out stays."""
    before = now - YEAR
    old = (
        Message.objects.filter(created_at__lt=before)
        .exclude(body=NOTHING)
        .exclude(state__in=[MessageState.QUEUED, MessageState.HELD, MessageState.SENDING])
    )
    recent = Match.objects.filter(Q(state__in=sorted(ACTIVE)) | Q(changed_at__gte=before))
    # An old message of a match that goes on: its contacts are still looked up there.
    speaks = rows.said_of("match", recent)
    held = Q(pk__in=[])
    for person in User.objects.filter(pk__in=_held()):
        held |= Q(pk__in=rows.of("notifications.Message", person, rows.As.SUBJECT).order_by().values("pk"))
    return _empty_all(old.exclude(speaks).exclude(held))


def _forget_written(now: datetime) -> int:
    before = now - YEAR
    texts = [
        rows_.filter(received_at__lt=before).exclude(Q(text="") | Q(text=NOTHING))
        for rows_ in (model._default_manager.all() for model in kinds().values())
    ]
    return sum(_empty_all(found.exclude(person__in=_held())) for found in texts)


def _forget_bounces(now: datetime) -> int:
    return _empty_all(Bounce.objects.filter(at__lt=now - YEAR).exclude(person__in=_held()))


def _forget_dwellings(now: datetime) -> int:
    dropped = Dwelling.objects.filter(stage="dropped", changed_at__lt=now - TWO_YEARS)
    return _empty_each(Dwelling, dropped.exclude(title=NOTHING))


def _forget_deliveries(now: datetime) -> int:
    old = now - timedelta(days=90)
    return _empty_all(Delivery.objects.filter(created_at__lt=old)) + _empty_all(
        Event.objects.filter(at__lt=old)
    )


def _forget_traces(now: datetime) -> int:
    return forget_old(now=now, but_of=_held())


def _forget_referred_contacts(now: datetime) -> int:
    return asking.forget_contacts(but_of=_held(), now=now)


def _held() -> QuerySet[Any, int]:
    """Whom a legal hold protects, as all that they are."""
    standing = LegalHold.objects.standing().values("person")
    return User.objects.filter(Q(pk__in=standing) | Q(merged_into__in=standing)).order_by().values("pk")


def _empty_all(found: QuerySet[Any]) -> int:
    """Rows of one table, emptied or deleted; how many."""
    label = found.model._meta.label
    return sum(emptying.empty_rows(label, pks) for pks in _by_parts(found))


def _empty_each(model: type[Model], found: QuerySet[Any]) -> int:
    """Rows, each with all rows of other tables that tell of it; how many."""
    done = 0
    for pks in _by_parts(found):
        with transaction.atomic():
            _empty_with(model, pks)
        done += len(pks)
    return done


def _by_parts(found: QuerySet[Any]) -> Iterator[list[Any]]:
    """Their keys, for short transactions, the oldest first: whoever writes meanwhile waits for none of them."""
    last = 0
    while pks := list(found.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_AT_ONCE]):
        yield pks
        last = pks[-1]


def _empty_with(model: type[Model], pks: Iterable[Any]) -> None:
    for label, theirs in rows.that_tell_of(model, list(pks)):
        emptying.empty_rows(label, list(theirs))


RULES: tuple[Rule, ...] = (
    Rule(
        _("Tout ce qui dit qui vous êtes"),
        _("deux ans, un préavis, puis 30 jours"),
        _("le dernier contact"),
        _("pour vous retrouver si vous revenez"),
        look_after_silent,
    ),
    Rule(
        _("Une proposition dont personne n’a confirmé l’adresse"),
        _("30 jours"),
        _("son dépôt"),
        _("le temps de retrouver le code"),
        _forget_never_proven,
    ),
    Rule(
        _("Un compte dont personne n’a confirmé l’adresse"),
        _("30 jours"),
        _("son dernier contact"),
        _("le temps de retrouver le code"),
        _forget_never_opened,
    ),
    Rule(
        _("Les textes d’une proposition retirée, et l’adresse du logement"),
        _("deux ans"),
        _("la fin du dernier accueil, de la dernière aide ou du dernier prêt"),
        _("pour répondre d’une décision"),
        _forget_closed_offers,
    ),
    Rule(
        _("Les textes d’un besoin terminé, et les notes de l’équipe"),
        _("deux ans"),
        _("la fin du dernier accueil, de la dernière aide ou du dernier prêt"),
        _("pour répondre d’une décision"),
        _forget_closed_needs,
    ),
    Rule(
        _("Les textes d’un signalement"),
        _("deux ans"),
        _("sa clôture"),
        _("pour répondre d’une décision, et protéger si cela recommence"),
        _forget_reports,
    ),
    Rule(
        _("Ce que disent nos messages"),
        _("un an"),
        _("la fin de ce dont ils parlent"),
        _("pour savoir ce qui a été dit"),
        _forget_messages,
    ),
    Rule(
        _("Ce que vous nous écrivez par SMS ou par mail"),
        _("un an"),
        _("sa réception"),
        _("pour y répondre"),
        _forget_written,
    ),
    Rule(
        _("L’empreinte d’une adresse qui n’existe pas"),
        _("un an"),
        _("le refus du serveur"),
        _("pour ne plus y écrire"),
        _forget_bounces,
    ),
    Rule(
        _("Le contact du propriétaire d’un logement abandonné"),
        _("deux ans"),
        _("l’abandon"),
        _("pour ne pas redemander"),
        _forget_dwellings,
    ),
    Rule(
        _("Ce qui est envoyé à d’autres logiciels de la ville (des références)"),
        _("90 jours"),
        _("l’envoi"),
        _("pour renvoyer ce qui s’est perdu"),
        _forget_deliveries,
    ),
    Rule(
        _("Qui a écrit quoi, et qui a lu un contact"),
        _("deux ans"),
        _("le jour même"),
        _("pour en répondre"),
        _forget_traces,
    ),
    Rule(
        _("Un besoin exprimé que personne n’a confirmé"),
        _("14 jours"),
        _("l’envoi"),
        _("le temps de confirmer"),
        None,  # statements.services.forget_unproven
    ),
    Rule(
        _("Les réponses d’un besoin exprimé que personne ne suit"),
        _("un an"),
        _("le dernier changement"),
        _("le temps de trouver une association"),
        None,  # statements.services.close_forgotten
    ),
    Rule(
        _("Ce que vous écrivez sans nom\u202f: ce qui manque, une remarque sur une règle"),
        _("un an"),
        _("le jour même"),
        _("pour que l’équipe de la ville le lise et y réponde"),
        None,  # voice.tasks.forget_texts
    ),
    Rule(
        _("Qui répond pour un service\u202f: nom, téléphone et e-mail de travail"),
        _("un an\u202f; qui tient la fiche l’efface quand il veut"),
        _("la dernière vérification"),
        _("pour que les fiches restent justes"),
        None,  # directory.tasks.ask_to_check
    ),
    Rule(
        _("Comment vous joindre, donné à un service avec votre accord"),
        _("30 jours\u202f; un refus l’efface aussitôt"),
        _("le jour donné par ce service"),
        _("pour qu’il vous reçoive"),
        _forget_referred_contacts,
    ),
    Rule(
        _("Ce qu’on écrit à un service pour vous, et sa réponse"),
        _("deux ans"),
        _("la fin du dernier accueil, de la dernière aide ou du dernier prêt"),
        _("pour répondre d’une décision"),
        None,  # _forget_closed_needs: with the words of the need
    ),
    Rule(
        _("Un tableau qu’une association envoie à la ville"),
        _("sept jours"),
        _("son import"),
        _("le temps de corriger des lignes, ou d’annuler"),
        None,  # lists.tasks.sweep
    ),
    Rule(
        _("Un brouillon que vous continuez sur un autre appareil ou par téléphone"),
        _("deux jours"),
        _("la demande du lien"),
        _("le temps de le finir"),
        None,  # offers.tasks.forget_drafts
    ),
    Rule(
        _("Une connexion"),
        _("30 jours sans visite, 90 jours au plus\u202f; 12 heures pour l’équipe"),
        _("la dernière visite, et son début"),
        _("pour rester connecté"),
        None,  # accounts.tasks.forget_past_sessions
    ),
    Rule(
        _("Une adresse donnée pour la lettre, et jamais confirmée"),
        _("sept jours"),
        _("la demande"),
        _("le temps de confirmer"),
        None,  # outreach.tasks.forget_unconfirmed
    ),
)
