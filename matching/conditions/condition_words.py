"""What people read of a condition that may give: mails, the question and its answers, and what a yes changes."""

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from catalogue.labels import euros, language_names, listed, quantity_words
from catalogue.saying import titled, what
from catalogue.slots import parse_slot
from catalogue.times import day_range, slot_words
from catalogue.vocabulary import Kind
from matching import links
from matching.models import ConditionQuestion
from matching.reasons.sentences import count_of_days, day_of, exact_km
from notifications.wording.texts import BuiltIn, Reader, Text

CONDITION_QUESTION = BuiltIn(
    name="condition_asked",
    events=("condition_asked",),
    reader=Reader.POSTER,
    title=gettext_lazy("Une condition peut-elle changer\u202f? %(need)s"),
    body=gettext_lazy(
        "Bonjour,\n\nPour votre besoin «\u00a0%(need)s\u00a0» (%(reference)s), une proposition est presque "
        "possible.\n\n%(gap)s %(ask)s\n\nVous êtes libre de dire non. Si vous dites oui, votre besoin change "
        "tout de suite, et la ville regarde la suite."
    ),
    required=("need", "gap", "ask"),
)


def condition_question(question: ConditionQuestion, person: User) -> Text:
    """To whoever posted the need: what is nearly possible, and what would have to change."""
    return CONDITION_QUESTION.filled(
        {
            "need": titled(question.need),
            "reference": question.need.reference,
            "gap": condition_gap(question),
            "ask": condition_ask(question),
        },
        action_label=_("Répondre oui ou non"),
        action_url=links.condition_path(question, person),
    )


def condition_answered(question: ConditionQuestion, person: User) -> Text:
    """To the desk: what was said. Its new suggestions come by themselves."""
    need = question.need
    gives = question.answer == ConditionQuestion.Answer.GIVES
    titles = (_("Réponse\u202f: oui, %(change)s. %(need)s"), _("Réponse\u202f: la condition reste. %(need)s"))
    change = change_words(question.rule, question.params)
    return Text(
        title=titles[0 if gives else 1] % {"change": change, "need": titled(need)},
        body=(
            _(
                "Bonjour,\n\n«\u00a0%(need)s\u00a0» (%(reference)s), %(commune)s\u202f: oui, %(change)s. Le besoin "
                "est changé, les nouvelles pistes arrivent dans le dossier."
            )
            if gives
            else _(
                "Bonjour,\n\n«\u00a0%(need)s\u00a0» (%(reference)s), %(commune)s\u202f: la condition reste. La "
                "question «\u00a0%(change)s\u00a0» n’est plus posée tant que le besoin ne change pas."
            )
        )
        % {
            "need": titled(need),
            "reference": need.reference,
            "commune": need.commune.name,
            "change": change,
        },
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[need.city.slug, need.reference]),
    )


def condition_gap(question: ConditionQuestion) -> str:
    """What is nearly possible, and what keeps it from being so: no more of the offer than its conditions."""
    thing = _WHAT[question.need.kind]()
    if question.need.kind == Kind.GOODS:
        thing = _("%(title)s (%(what)s)") % {"title": thing, "what": what(question.offer, with_words=False)}
    return _GAPS[question.rule](thing, question.params)


def condition_ask(question: ConditionQuestion) -> str:
    """The question itself, to be answered with yes or no."""
    return _ASKS[question.rule](question.params)


def condition_change(question: ConditionQuestion) -> str:
    """What a yes makes of the need."""
    return _NEW_CONDITIONS[question.rule](question.params)


def change_words(rule: str, params: Mapping[str, Any]) -> str:
    """A change in few words, for the desk: "avec 24 km"."""
    return _CHANGES[rule](params)


def _hours(p: Mapping[str, Any]) -> str:
    return listed(slot_words(parse_slot(text)) for text in p["offered"])


_WHAT: dict[str, Callable[[], str]] = {
    Kind.HOUSING: lambda: _("Un logement"),
    Kind.GOODS: lambda: _("Une proposition"),
    Kind.SKILL: lambda: _("Une personne"),
}

_GAPS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "distance": lambda what, p: (
        _("%(what)s est à %(distance)s\u202f; vous aviez dit %(asked)s.")
        % {"what": what, "distance": exact_km(p["distance_km"]), "asked": exact_km(p["reach_km"])}
    ),
    "dates": lambda what, p: (
        _("%(what)s est libre %(run)s d’affilée, %(range)s\u202f; il vous en faut %(asked)s.")
        % {
            "what": what,
            "run": count_of_days(p["run_days"]),
            "range": day_range(day_of(p["first_day"]), day_of(p["last_day"])),
            "asked": p["least_days"],
        }
    ),
    "notice": lambda what, p: (
        _(
            "%(what)s convient, si l’on prévient %(notice)s avant\u202f: %(run)s, %(range)s\u202f; "
            "il vous en faut %(asked)s."
        )
        % {
            "what": what,
            "notice": count_of_days(p["notice_days"]),
            "run": count_of_days(p["run_days"]),
            "range": day_range(day_of(p["first_day"]), day_of(p["last_day"])),
            "asked": p["least_days"],
        }
    ),
    "stay": lambda what, p: (
        _("%(what)s convient, pour un séjour de %(run)s au plus, %(range)s\u202f; il vous en faut %(asked)s.")
        % {
            "what": what,
            "run": count_of_days(p["run_days"]),
            "range": day_range(day_of(p["first_day"]), day_of(p["last_day"])),
            "asked": p["least_days"],
        }
    ),
    "rent": lambda what, p: (
        _("%(what)s convient, avec un loyer de %(rent)s par mois.") % {"what": what, "rent": euros(p["rent"])}
    ),
    "smoke_free": lambda what, p: _("%(what)s convient, mais on y fume.") % {"what": what},
    "capacity": lambda what, p: (
        _("%(what)s couvre une partie\u202f: %(given)s sur %(asked)s.")
        % {
            "what": what,
            "given": p["quantity"],
            "asked": quantity_words(p["kind"], p["asked"], p.get("rhythm", "")),
        }
    ),
    "step_free": lambda what, p: _("%(what)s convient, mais sans plain-pied ni ascenseur.") % {"what": what},
    "pets": lambda what, p: _("%(what)s convient, mais n’accepte pas les animaux.") % {"what": what},
    "shared_home": lambda what, p: (
        _("%(what)s convient, mais se partage avec la personne qui y vit.") % {"what": what}
    ),
    "languages": lambda what, p: (
        _("%(what)s parle les autres langues demandées, mais pas celle-ci\u202f: %(languages)s.")
        % {"what": what, "languages": language_names(p["missing"])}
    ),
    "slots": lambda what, p: (
        _("%(what)s est libre à d’autres heures que les vôtres\u202f: %(hours)s.")
        % {"what": what, "hours": _hours(p)}
    ),
}


def _fewer_days(p: Mapping[str, Any]) -> str:
    return ngettext(
        "Est-ce que %(n)s jour peut aller\u202f?",
        "Est-ce que %(n)s jours peuvent aller\u202f?",
        p["run_days"],
    ) % {"n": p["run_days"]}


_ASKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("Est-ce que %(km)s peuvent aller\u202f?") % {"km": exact_km(p["to_km"])},
    **dict.fromkeys(("dates", "notice", "stay"), _fewer_days),
    "rent": lambda p: _("Pouvez-vous payer %(rent)s par mois\u202f?") % {"rent": euros(p["rent"])},
    "smoke_free": lambda p: _("Est-ce qu’un logement où l’on fume peut aller\u202f?"),
    "capacity": lambda p: _("Est-ce qu’une partie peut déjà aider\u202f?"),
    "step_free": lambda p: _("Est-ce que des marches peuvent aller\u202f?"),
    "pets": lambda p: _("Est-ce que cela peut aller sans l’animal\u202f?"),
    "shared_home": lambda p: _("Est-ce qu’un logement partagé peut aller\u202f?"),
    "languages": lambda p: (
        _("Est-ce que cela peut aller sans %(languages)s\u202f?")
        % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("Est-ce que d’autres heures peuvent aller\u202f?"),
}

_NEW_CONDITIONS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("votre besoin va jusqu’à %(km)s") % {"km": exact_km(p["to_km"])},
    **dict.fromkeys(
        ("dates", "notice", "stay"),
        lambda p: _("votre besoin accepte dès %(days)s d’affilée") % {"days": count_of_days(p["run_days"])},
    ),
    "rent": lambda p: (
        _("votre besoin accepte un loyer jusqu’à %(rent)s par mois") % {"rent": euros(p["rent"])}
    ),
    "smoke_free": lambda p: _("votre besoin accepte un logement où l’on fume"),
    "capacity": lambda p: _("votre besoin accepte d’être couvert en partie"),
    "step_free": lambda p: _("votre besoin ne demande plus de plain-pied ni d’ascenseur"),
    "pets": lambda p: _("votre besoin ne compte plus d’animal"),
    "shared_home": lambda p: _("votre besoin accepte un logement partagé"),
    "languages": lambda p: (
        _("votre besoin ne demande plus\u202f: %(languages)s") % {"languages": language_names(p["missing"])}
    ),
    "slots": lambda p: _("votre besoin ne demande plus d’heures précises"),
}

_CHANGES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "distance": lambda p: _("avec %(km)s") % {"km": exact_km(p["to_km"])},
    **dict.fromkeys(
        ("dates", "notice", "stay"), lambda p: _("avec %(days)s") % {"days": count_of_days(p["run_days"])}
    ),
    "rent": lambda p: _("avec un loyer de %(rent)s") % {"rent": euros(p["rent"])},
    "smoke_free": lambda p: _("avec la fumée"),
    "capacity": lambda p: _("avec une partie"),
    "step_free": lambda p: _("sans plain-pied"),
    "pets": lambda p: _("sans animal"),
    "shared_home": lambda p: _("avec un logement partagé"),
    "languages": lambda p: _("sans %(languages)s") % {"languages": language_names(p["missing"])},
    "slots": lambda p: _("à d’autres heures"),
}
