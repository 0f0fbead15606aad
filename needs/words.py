"""How a need is said: its title, its facts, what became of it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Organisation
from catalogue.fields.needs import CHILDREN, HOUSEHOLD, NEED
from catalogue.fields.shared import LONGEST_TITLE
from catalogue.labels import (
    category_label,
    euros,
    goods_label,
    km_words,
    language_names,
    listed,
    quantity_words,
)
from catalogue.saying import Fact, Saying, facts_of, unsaid, what
from catalogue.slots import parse_slot
from catalogue.times import appointment_words, day_range, days_words, slot_words
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind, Rhythm
from needs.models import Need, NeedState


def household_words(
    *, women: int, men: int, children: int, couple: bool = False, lone_minor: bool = False
) -> str:
    """ "une femme et 2 enfants", "un couple, un homme et un enfant", "un mineur isolé".

    Who the adult is to the children nobody has said: she may be an aunt, or a sister.
    """
    if lone_minor:
        return ngettext("un mineur isolé", "%(n)s mineurs isolés", children) % {"n": children}
    parts = []
    if couple and women + men >= 2:
        parts.append(_("un couple"))
        # One of each where there is one of each, else two of the same.
        taken_women = 1 if women and men else min(women, 2)
        women, men = women - taken_women, men - (2 - taken_women)
    if women:
        parts.append(ngettext("une femme", "%(n)s femmes", women) % {"n": women})
    if men:
        parts.append(ngettext("un homme", "%(n)s hommes", men) % {"n": men})
    if children:
        parts.append(ngettext("un enfant", "%(n)s enfants", children) % {"n": children})
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s et %(last)s") % {"first": listed(parts[:-1]), "last": parts[-1]}


def suggested_title(answers: Mapping[str, Any]) -> str:
    """A title made of the other answers: "Une femme et 2 enfants", "Literie, 10 objets", "Interprétariat (tigrinya),
    mardi 8 décembre, 14 h à 15 h 30".
    """
    if answers["kind"] == Kind.HOUSING:
        return capfirst(
            household_words(
                women=answers["adult_women"],
                men=answers["adult_men"],
                children=sum(answers[name] for name in CHILDREN),
                couple=answers["couple"],
                lone_minor=answers["lone_minor"],
            )
        )
    what = goods_label(
        answers["category"],
        answers.get("items") or [],
        answers.get("sizes") or [],
        answers.get("item_words") or "",
    )
    pair = [*(answers.get("languages_from") or ()), *(answers.get("languages_to") or ())]
    what = _between(what, answers["category"], pair)
    if answers.get("rhythm") == Rhythm.ONCE and answers["first_day"] == answers["last_day"]:
        amount = appointment_words(answers["first_day"], map(parse_slot, answers["slots"]))
    else:
        amount = quantity_words(answers["kind"], answers["quantity"], answers.get("rhythm", ""))
    what = capfirst(what)
    return f"{what[: LONGEST_TITLE - len(amount) - 2]}, {amount}"


def _between(what: str, category: str, languages: Sequence[str]) -> str:
    """ "Interprétariat (tigrigna, français)": where languages meet, which."""
    if category not in LANGUAGE_PAIR_CATEGORIES or not languages:
        return what
    return f"{what} ({language_names(languages)})"


def asked_of_citizen(need: Need) -> str:
    """What it is about, for whoever is asked to give it: nothing that its people typed."""
    return _between(what(need, with_words=False), need.category, [*need.languages_from, *need.languages_to])


def suggested_title_of(need: Need) -> str:
    """The title that a stored need would be given."""
    names = (
        "kind",
        "category",
        "quantity",
        "rhythm",
        "first_day",
        "last_day",
        "slots",
        "languages_from",
        "languages_to",
        "couple",
        "lone_minor",
        "items",
        "sizes",
        "item_words",
        *HOUSEHOLD,
    )
    return suggested_title({name: getattr(need, name) for name in names})


def public_title(
    *,
    kind: str,
    category: str,
    items: Sequence[str],
    sizes: Sequence[str],
    quantity: float,
    people: int,
    rhythm: str,
    languages: Sequence[str] = (),
) -> str:
    """What everybody may read of a need, made of figures and codes alone: never what an association wrote.

    `languages`: those that are asked for, for whoever is asked to interpret.
    """
    if kind == Kind.HOUSING:
        return ngettext("Un logement pour une personne", "Un logement pour %(n)s personnes", people) % {
            "n": people
        }
    about = _between(goods_label(category, items, sizes), category, languages)
    return listed((capfirst(about), quantity_words(kind, quantity, rhythm)))


def public_title_of(need: Need, *, quantity: int) -> str:
    """As `public_title`, of a stored need and of so much of it, for whoever is asked."""
    return public_title(
        kind=need.kind,
        category=need.category,
        items=need.items,
        sizes=need.sizes,
        quantity=need.hours_of(quantity),
        people=need.people,
        rhythm=need.rhythm,
        languages=[*need.languages_from, *need.languages_to],
    )


def when_words(need: Need, first_day: date, last_day: date, *, today: date | None = None) -> str:
    """Days of a need, or of a match for it: "du 3 au 20 mars"; of what is needed once, "mardi 8 décembre, 14 h à
    15 h 30", or "une fois, du 3 au 20 mars".
    """
    if need.rhythm != Rhythm.ONCE:
        return day_range(first_day, last_day, today=today)
    if first_day == last_day:
        return appointment_words(first_day, map(parse_slot, need.slots), today=today)
    return _("une fois, %(days)s") % {"days": day_range(first_day, last_day, today=today)}


def given_words(need: Need, quantity: int) -> str:
    """So much of it: "10 objets", "2 h par semaine"; of an appointment no more than it is long, "1 h 30"."""
    return quantity_words(need.kind, need.hours_of(quantity), need.rhythm)


def amount(need: Need) -> str:
    """How much is asked: "3 personnes", "10 objets", "2 h par semaine", "2 h"."""
    if need.kind == Kind.HOUSING:
        return ngettext("%(n)s personne", "%(n)s personnes", need.quantity) % {"n": need.quantity}
    if need.kind == Kind.GOODS:
        return listed((capfirst(what(need)), given_words(need, need.quantity)))
    return given_words(need, need.quantity)


def state_words(need: Need) -> tuple[str, str]:
    """The tag's colour and its words; `organisation` is read, so select it."""
    if need.is_open and need.organisation and need.organisation.state == Organisation.State.PENDING:
        return "warn", _("En attente de vérification")
    if need.is_open and need.organisation and need.organisation.state == Organisation.State.SUSPENDED:
        return "stop", _("En pause")
    return {
        NeedState.DRAFT: ("planned", _("Brouillon")),
        NeedState.OPEN: ("planned", _("Nous cherchons")),
        NeedState.PARTLY_MET: ("warn", _("En partie trouvé")),
        NeedState.MET: ("ok", _("Trouvé")),
        NeedState.WITHDRAWN: ("brand", _("Retiré")),
        NeedState.EXPIRED: ("brand", _("Date passée")),
    }[NeedState(need.state)]


def progress_words(need: Need) -> str:
    """How far it has come: "10 nuits sur 41", "4 sur 10", "1 h sur 3 par semaine"; nothing before a part is found."""
    if not need.given_quantity:
        return ""
    parts = []
    if need.given_quantity < need.quantity or not need.lasts:
        parts.append(_quantity_progress(need))
    if need.lasts and (need.given_days < need.days or not parts):
        parts.append(days_of(need, need.given_days))
    return " · ".join(parts)


def _quantity_progress(need: Need) -> str:
    figures = {"n": need.given_quantity, "all": need.quantity}
    if need.kind == Kind.HOUSING:
        return ngettext("%(n)s personne sur %(all)s", "%(n)s personnes sur %(all)s", figures["n"]) % figures
    if need.lasts:
        return _("%(n)s h sur %(all)s par semaine") % figures
    return _("%(n)s sur %(all)s") % figures


def days_of(need: Need, days: int) -> str:
    """So many of the days that it asks for: "10 nuits sur 41"."""
    figures = {"n": days, "all": need.days}
    if need.kind == Kind.HOUSING:
        return ngettext("%(n)s nuit sur %(all)s", "%(n)s nuits sur %(all)s", figures["n"]) % figures
    return ngettext("%(n)s jour sur %(all)s", "%(n)s jours sur %(all)s", figures["n"]) % figures


def days_left(need: Need, today: date) -> str:
    """How much time an open need has left: "commence dans 3 jours", "encore 12 jours", "dernier jour"."""
    if not need.is_open or need.last_day < today:
        return ""
    if need.first_day > today:
        days = (need.first_day - today).days
        return ngettext("commence demain", "commence dans %(n)s jours", days) % {"n": days}
    days = (need.last_day - today).days
    if not days:
        return _("dernier jour")
    return ngettext("encore un jour", "encore %(n)s jours", days) % {"n": days}


def facts(need: Need, today: date) -> list[dict[str, Any]]:
    """All that was said, as label and value; what was left empty has no value."""
    sayings: dict[str, Saying] = {
        **dict.fromkeys(("kind", "title", "urgency", *HOUSEHOLD, "couple", "lone_minor"), unsaid),
        **dict.fromkeys(("quantity", "last_day"), unsaid),
        "slots": lambda it: [] if _is_appointment(it) else [(_said("slots"), _slots(it))],
        "adult_women": lambda it: [
            (_("Pour qui"), capfirst(_household_of(it))),
            (_("Âge des enfants"), "" if it.lone_minor and not it.children else _ages(it)),
        ],
        "category": lambda it: [
            (_said("category"), listed((category_label(it.category), given_words(it, it.quantity))))
        ],
        "items": lambda it: [
            (_said("items"), goods_label(it.category, it.items, words=it.item_words) if it.items else "")
        ],
        "people": lambda it: [] if it.kind == Kind.HOUSING else [(_said("people"), str(it.people))],
        "part_useful": _part_useful,
        "forms": lambda it: [
            (_said("forms"), listed(category_label(form) for form in it.forms) or _("Toutes"))
        ],
        "shared_home_ok": lambda it: [
            (_said("shared_home_ok"), _("convient") if it.shared_home_ok else _("ne convient pas"))
        ],
        "step_free_needed": lambda it: [
            (
                _said("step_free_needed"),
                _("plain-pied ou ascenseur nécessaire") if it.step_free_needed else "",
            )
        ],
        "smoke_free_needed": lambda it: [
            (_said("smoke_free_needed"), _("nécessaire") if it.smoke_free_needed else "")
        ],
        "rent_up_to": lambda it: [(_said("rent_up_to"), _rent(it))],
        "rent_payer": unsaid,
        "remote_ok": lambda it: [(_said("remote_ok"), _("possible") if it.remote_ok else "")],
        "first_day": lambda it: [
            (_("Quand"), capfirst(when_words(it, it.first_day, it.last_day, today=today)))
        ],
        "min_days": lambda it: [(_said("min_days"), days_words(it.min_days) if it.min_days else "")],
        "commune": lambda it: [(_said("commune"), it.commune.label)],
        "reach_km": lambda it: [(_said("reach_km"), km_words(it.reach_km))],
    }
    return facts_of(need, NEED, sayings=sayings, today=today)


def _said(name: str) -> Any:
    return NEED[name].label


def _is_appointment(need: Need) -> bool:
    """Its hours then stand with its day."""
    return need.rhythm == Rhythm.ONCE and need.first_day == need.last_day


def _slots(need: Need) -> str:
    return listed(slot_words(parse_slot(slot)) for slot in need.slots)


def _rent(need: Need) -> str:
    if not need.rent_up_to:
        return ""
    return _("jusqu’à %(rent)s par mois, payé par %(payer)s") % {
        "rent": euros(need.rent_up_to),
        "payer": need.get_rent_payer_display() or _("quelqu’un d’autre"),
    }


def _part_useful(need: Need) -> list[Fact]:
    if need.kind == Kind.HOUSING:
        return [(_("En plusieurs endroits"), _("possible") if need.part_useful else "")]
    return [(_said("part_useful"), _("oui") if need.part_useful else _("non"))]


def next_steps(need: Need) -> list[str]:
    """What follows the receipt, in the order in which it happens."""
    steps = [
        _("La ville choisit une proposition et demande à la personne si elle est d’accord."),
        _("Vous êtes prévenu dès qu’elle dit oui, et vous confirmez."),
        _("Vous recevez alors ses coordonnées, et elle les vôtres."),
    ]
    if need.organisation and not need.organisation.is_verified:
        return [_("La ville vérifie votre association. Votre besoin est gardé en attendant."), *steps]
    return [_("Nous cherchons tout de suite parmi les propositions."), *steps]


def _household_of(need: Need) -> str:
    return household_words(
        women=need.adult_women,
        men=need.adult_men,
        children=need.children,
        couple=need.couple,
        lone_minor=need.lone_minor,
    )


def _ages(need: Need) -> str:
    bands = (
        (need.children_under_3, _("moins de 3 ans")),
        (need.children_3_to_11, _("de 3 à 11 ans")),
        (need.children_12_to_17, _("de 12 à 17 ans")),
    )
    return listed(f"{count} {band}" for count, band in bands if count)
