"""A list begins a step, one of a sender at a time."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from catalogue.constraints import violated
from lists.models import (
    AT_WORK,
    Fate,
    ListImport,
    Step,
)
from notifications.wake_up import wake_on_commit

TASK = "lists.tasks.work"


class Busy(ValidationError):
    """Somebody else imports a list of this sender just now: `other`."""

    def __init__(self, other: ListImport) -> None:
        who = other.by or _("une commande")
        super().__init__(
            _(
                "%(who)s importe déjà une liste de cette source. Attendez qu’elle soit finie\u202f: rien n’est perdu."
            )
            % {"who": who},
            code="busy",
        )
        self.other = other


def locked(list_id: int, by: User) -> ListImport:
    found = ListImport.objects.select_for_update(of=("self",)).select_related("sender", "city", "by")
    one = found.get(pk=list_id)
    require(has_role(by, one.city, COORDINATION))
    return one


def refuse_at_work(one: ListImport) -> None:
    if one.step in AT_WORK:
        raise ValidationError(_("Un travail est en cours sur cette liste. Attendez qu’il soit fini."))
    if one.step in (Step.DONE, Step.UNDONE) or one.emptied_at is not None:
        raise ValidationError(_("Cette liste est close."))


def start(one: ListImport, step: Step, *, now: datetime, wake: bool = True) -> ListImport:
    one.step, one.line_done, one.failures, one.trouble, one.moved_at = step, 0, 0, "", now
    fields = ["step", "line_done", "failures", "trouble", "moved_at"]
    if step != Step.UNDOING:
        for fate in Fate.values:
            setattr(one, fate, 0)
        fields += Fate.values
    try:
        with transaction.atomic():
            one.save(update_fields=fields)
    except IntegrityError as error:
        if violated(error) != "list_one_at_a_time":
            raise
        running = ListImport.objects.filter(sender=one.sender, step__in=(Step.IMPORTING, Step.UNDOING))
        raise Busy(running.exclude(pk=one.pk).select_related("by").first() or one) from error
    if step != Step.UNDOING:
        one.all_lines.all().delete()
    if wake:
        wake_on_commit(TASK)
    return one
