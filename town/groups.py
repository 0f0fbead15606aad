"""The settings of a town, in the groups of its pages: each field that a town decides on stands in one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Group:
    """`slug` stands in the address of its page; `fields` are fields of City."""

    slug: str
    title: "StrPromise"
    lead: "StrPromise"
    fields: tuple[str, ...]


GROUPS = (
    Group(
        "ville",
        _("Nom et territoire"),
        _("Comment la ville s’appelle ici, d’où elle part, et si elle est ouverte au public."),
        ("name", "locative", "seat", "epci_code", "timezone", "is_open"),
    ),
    Group(
        "contact",
        _("Nous joindre"),
        _("Ce que lisent les personnes qui préfèrent appeler ou écrire, dans leur langue."),
        ("phone", "phone_hours", "phone_hours_in", "email"),
    ),
    Group(
        "couleurs",
        _("Couleurs"),
        _("Celles de vos pages et de vos e-mails. Nous vérifions qu’elles se lisent."),
        ("brand_colour", "accent_colour"),
    ),
    Group(
        "delais",
        _("Délais"),
        _("Le temps laissé pour répondre selon l’urgence, et quand l’équipe est alertée de nouveau."),
        (
            "answer_hours_tonight",
            "answer_hours_this_week",
            "answer_hours_planned",
            "escalate_after_minutes",
            "follow_up_after_days",
        ),
    ),
    Group(
        "accords",
        _("Accords"),
        _(
            "À qui l’on demande avant de mettre en relation. Pour ce qui n’est pas coché, l’accord est présumé."
        ),
        ("asks_citizen_for", "asks_association_for", "homes_asked_at_once"),
    ),
    Group(
        "plan",
        _("Plan"),
        _("Jusqu’où le plan regarde en avant, pour ne pas user aujourd’hui ce qui manquera demain."),
        ("looks_ahead_days",),
    ),
    Group(
        "regles",
        _("Règles"),
        _("Qui est entendu avant que la ville change ce que compte la note."),
        ("weights_need_opinion",),
    ),
    Group(
        "messages",
        _("Messages"),
        _("À quelles heures l’on n’écrit pas, et combien l’on écrit au plus."),
        ("quiet_from", "quiet_until", "messages_a_week", "sms_monthly_limit"),
    ),
    Group(
        "fraicheur",
        _("Propositions à jour"),
        _("Quand l’on demande si une proposition tient toujours, et quand elle expire sans réponse."),
        ("remind_after_days", "expire_after_days", "visit_valid_months"),
    ),
    Group(
        "charte",
        _("Charte de l’hébergement"),
        _("Ce à quoi s’engagent les personnes qui accueillent\u202f: une adresse, ou un texte à lire ici."),
        ("charter_url", "charter_text"),
    ),
)
BY_SLUG = {group.slug: group for group in GROUPS}
