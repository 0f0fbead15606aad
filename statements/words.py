"""How a statement is said: what it asks for, where it stands, whom to call tonight."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from catalogue.fields.needs import HOUSEHOLD, NEED
from catalogue.vocabulary import Kind
from engine.goods import ANY, OTHER
from needs import words as of_needs
from needs.models import Need, NeedState
from statements.models import Stage, Statement

# What hours a person concerned asks for, where they say no more.
_HOURS = 2
_FOR: dict[str, int] = {Kind.GOODS: 30, Kind.SKILL: 90}


@dataclass(frozen=True, slots=True)
class Number:
    """One to call now. `writes`: by SMS as well."""

    digits: str
    what: str
    text: str
    writes: bool = False


def numbers() -> list[Number]:
    """Of the whole country and of its territories overseas; free, day and night."""
    return [
        Number("115", pgettext("numéro d’urgence", "Un lit pour cette nuit"), _("Gratuit, jour et nuit.")),
        Number(
            "112",
            pgettext("numéro d’urgence", "Danger, maladie, accident"),
            _("Gratuit, jour et nuit, dans plusieurs langues."),
        ),
        Number(
            "114",
            pgettext("numéro d’urgence", "Par SMS, pour qui n’entend pas"),
            _("Vous écrivez, on vous répond."),
            writes=True,
        ),
        Number(
            "119", pgettext("numéro d’urgence", "Un enfant seul ou en danger"), _("Gratuit, jour et nuit.")
        ),
    ]


def kinds() -> list[dict[str, Any]]:
    """What can be asked for, as the first question shows it."""
    return [
        {
            "value": Kind.HOUSING,
            "icon": "home",
            "label": _("Un toit"),
            "hint": _("Pour quelques nuits ou quelques mois."),
        },
        {
            "value": Kind.GOODS,
            "icon": "box",
            "label": _("Des objets"),
            "hint": _("Literie, vêtements, meubles, école…"),
        },
        {
            "value": Kind.SKILL,
            "icon": "speech",
            "label": _("De l’aide"),
            "hint": _("Interprète, cours de français, démarches…"),
        },
    ]


def need_fields(statement: Statement, *, today: Any, accompanied_by: str) -> dict[str, Any]:
    """The answers as fields of a need: its days begin today at the earliest. `accompanied_by`: of a lone minor."""
    said = statement.answers
    fields: dict[str, Any] = {
        "kind": statement.kind,
        "urgency": statement.urgency,
        "first_day": max(statement.first_day, today),
        "commune": statement.commune,
        "languages": said.get("languages", []),
        "text": said.get("text", ""),
        "reach_km": 10,
    }
    days = _FOR.get(statement.kind) or said["days"]
    fields["last_day"] = fields["first_day"] + timedelta(days=days - 1)
    if statement.kind == Kind.HOUSING:
        fields |= {name: said[name] for name in HOUSEHOLD}
        fields["lone_minor"] = said["lone_minor"]
        adults = said["adult_women"] + said["adult_men"]
        fields |= {name: said.get(name, False) for name in ("step_free_needed", "pets")}
        fields["couple"] = said.get("couple", False) and adults >= 2
        if said["lone_minor"]:
            fields["social_worker"] = accompanied_by
        fields["quantity"] = fields["people"] = sum(fields[name] for name in HOUSEHOLD)
        fields["shared_home_ok"] = True
    elif statement.kind == Kind.GOODS:
        fields |= {
            "category": said["category"],
            "items": [OTHER if said.get("item_words") else ANY],
            "item_words": said.get("item_words", ""),
            "quantity": said["quantity"],
            "people": 1,
            "part_useful": True,
        }
    else:
        fields |= {
            "category": said["category"],
            "rhythm": said["rhythm"],
            "quantity": _HOURS,
            "people": 1,
            "part_useful": True,
        }
        if said.get("languages_from"):
            fields |= {"languages_from": said["languages_from"], "languages_to": ["fr"]}
    fields["title"] = of_needs.suggested_title({"couple": False, "lone_minor": False, "slots": [], **fields})
    return fields


def as_need(statement: Statement, today: date) -> Need:
    """The need that it would be, not written: for its words alone."""
    fields = need_fields(statement, today=today, accompanied_by="")
    return Need(city=statement.city, **fields)


def title(statement: Statement, today: date) -> str:
    """What it asks for, in the reader's language."""
    if statement.need is not None:
        return statement.need.title
    return str(as_need(statement, today).title) if statement.answers else statement.reference


# What the questions do not ask, and a need has all the same.
_NOT_ASKED = ("forms", "shared_home_ok", "reach_km", "part_useful", "people", "quantity", "smoke_free_needed")


def facts(statement: Statement, today: date) -> list[dict[str, Any]]:
    """All that was answered, as label and value; nothing once it was erased."""
    if statement.stage == Stage.CLOSED or not (statement.answers or statement.need):
        return []
    need = statement.need or as_need(statement, today)
    asked_of_goods = ("quantity",) if need.kind == Kind.GOODS else ()
    unsaid = {str(NEED[name].label) for name in _NOT_ASKED if name not in asked_of_goods}
    return [fact for fact in of_needs.facts(need, today) if str(fact["label"]) not in unsaid]


def state(statement: Statement) -> tuple[str, str]:
    """Where it stands, for its author: a colour and a plain sentence."""
    if statement.stage == Stage.UNPROVEN:
        return "warn", _("Il reste à confirmer. Personne ne voit encore votre besoin.")
    if statement.stage == Stage.WAITING:
        return "", _("L’équipe de la ville lit votre besoin et cherche une association.")
    if statement.stage == Stage.OFFERED:
        return "", _("L’équipe de la ville a demandé à une association de vous aider. Elle doit répondre.")
    if statement.stage == Stage.CLOSED:
        if statement.need is not None:  # whose answers stay with it, as long as any need's
            return "stop", _("Votre besoin est retiré.")
        return "stop", _("Votre besoin est retiré. Vos réponses sont effacées.")
    assert statement.need is not None  # statement_adopted_is_need
    found = NeedState(statement.need.state)
    return {
        NeedState.MET: ("ok", _("C’est trouvé. On vous contacte, si ce n’est pas déjà fait.")),
        NeedState.PARTLY_MET: ("ok", _("Une partie est trouvée. Nous cherchons le reste.")),
        NeedState.WITHDRAWN: ("stop", _("Votre besoin est retiré.")),
        NeedState.EXPIRED: ("stop", _("La date est passée. Vous pouvez exprimer un nouveau besoin.")),
    }.get(found, ("", _("Nous cherchons.")))
